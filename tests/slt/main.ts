#!/usr/bin/env node
// npm run slt -- PATH...              runs .slt and .test files, and all below a folder
// npm run slt -- join.slt:42          only the query at line 42, after the statements before it
// npm run slt -- PATH --tiny          row groups of 64 rows, delta of 16, pool of 8 frames, merge after each commit
// npm run slt -- PATH --engine=duckdb     on another engine: duckdb, postgres
// npm run slt -- PATH --complete --engine=postgres   writes the expected results from it
// Prints a line per file with its records and queries per second, then what failed. Exit status 1 on a failure.
import { readFileSync, writeFileSync } from 'node:fs'
import { exclusionsOf } from './exclusions.ts'
import { completeRecords } from './complete.ts'
import type { SltEngine } from './engine.ts'
import { sltFiles } from './files.ts'
import { openSecantDb } from './secantdb-engine.ts'
import { readRecords } from './record.ts'
import { runRecords } from './runner.ts'
import type { SltOutcome } from './runner.ts'
import { TINY } from './tiny.ts'

const SHOWN_FAILURES = 10

async function openEngine(name: string, tiny: boolean): Promise<SltEngine> {
  if (name === 'secantdb') return openSecantDb(tiny ? TINY : {})
  if (name === 'duckdb') return (await import('./duckdb-engine.ts')).openDuckDb()
  if (name === 'postgres') return (await import('./postgres-engine.ts')).openPostgres()
  throw new Error(`unknown engine ${name}: secantdb, duckdb or postgres`)
}

/** Runs files by the words of a command line. Returns the exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const flags = words.filter(word => word.startsWith('--'))
  const paths = words.filter(word => !word.startsWith('--'))
  const engineName = flags.find(flag => flag.startsWith('--engine='))?.slice('--engine='.length) ?? 'secantdb'
  const unknown = flags.find(flag => !/^--(tiny|complete|engine=.*)$/.test(flag))
  if (unknown !== undefined || paths.length === 0) {
    console.error(unknown === undefined ? 'npm run slt -- PATH... [--tiny] [--engine=NAME] [--complete]'
      : `unknown option ${unknown}`)
    return 2
  }
  const total: SltOutcome = { passed: 0, skipped: 0, queries: 0, excluded: 0, failures: [] }
  const begin = performance.now()
  for (const { path, line } of paths.flatMap(sltFiles)) {
    const records = readRecords(readFileSync(path, 'utf8'))
    const engine = await openEngine(engineName, flags.includes('--tiny'))
    try {
      if (flags.includes('--complete')) writeFileSync(path, await completeRecords(engine, records))
      else {
        const started = performance.now()
        const outcome = await runRecords(engine, records, { exclusions: exclusionsOf(path), line })
        report(path, outcome, performance.now() - started)
        add(total, outcome)
      }
    } finally {
      await engine.close()
    }
  }
  const seconds = (performance.now() - begin) / 1000
  console.log(`${total.passed} passed, ${total.failures.length} failed, ${total.skipped + total.excluded} skipped`
    + ` (${total.excluded} excluded) in ${seconds.toFixed(1)} s`)
  return total.failures.length === 0 ? 0 : 1
}

function add(total: SltOutcome, one: SltOutcome): void {
  total.passed += one.passed
  total.skipped += one.skipped
  total.queries += one.queries
  total.excluded += one.excluded
  total.failures.push(...one.failures)
}

function report(path: string, outcome: SltOutcome, ms: number): void {
  const { passed, skipped, excluded, failures, queries } = outcome
  const rate = Math.round((queries / ms) * 1000).toLocaleString('en-US')
  console.log(`${path}: ${passed} passed, ${failures.length} failed, ${skipped} for other engines, `
    + `${excluded} excluded, ${rate} queries/s`)
  for (const failure of failures.slice(0, SHOWN_FAILURES)) {
    console.log(`  ${path}:${failure.line}\n${indent(failure.sql)}\n${indent(failure.message)}`)
  }
  if (failures.length > SHOWN_FAILURES) console.log(`  ... and ${failures.length - SHOWN_FAILURES} more`)
}

function indent(text: string): string {
  return text.split('\n').map(line => `    ${line}`).join('\n')
}

process.exitCode = await main(process.argv.slice(2))
