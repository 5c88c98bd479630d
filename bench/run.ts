#!/usr/bin/env node
// npm run bench                     every workload, full sizes
// npm run bench -- point range      only these
// npm run bench -- storage          the storage workloads
// npm run bench -- --small          reduced sizes, about a minute
// npm run bench -- --engine=duckdb  only this engine
// npm run bench -- --list           what there is
// Each engine x workload x size runs in a process of its own, one after the other. The outcome goes
// to the console, to bench/results/<date>.json, as a page and a chart to bench/results/, and as a table
// to README.md.
import { execFileSync, fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CaseOrder, CaseOutcome } from './case.ts'
import { workloadNamed } from './case.ts'
import { WORKLOADS } from './catalog.ts'
import { chartOf } from './chart.ts'
import { projectRoot } from './engines/rivals.ts'
import { describeMachine } from './machine.ts'
import type { Run } from './report.ts'
import { consoleReport, pageOf, readmeTable, shownFigure } from './report.ts'
import type { Scale, Workload } from './workloads/workload.ts'
import { SEED } from './workloads/workload.ts'

const ROUNDS: Readonly<Record<Scale, number>> = { full: 7, small: 3, tiny: 1 }
/** The rivals that hold rows as objects need gigabytes of heap at ten million rows. */
const HEAP_MIB = 12_000
const README_BEGIN = '<!-- bench: written by npm run bench -->'
const README_END = '<!-- bench: end -->'

/** Runs the cases one after the other and reports. Returns the exit status. */
async function main(words: readonly string[]): Promise<number> {
  const flags = words.filter((one) => one.startsWith('--'))
  const names = words.filter((one) => !one.startsWith('--'))
  if (flags.includes('--list')) {
    for (const one of WORKLOADS) console.log(`${one.name.padEnd(12)} ${one.title}: ${one.engines.join(', ')}`)
    return 0
  }
  const scale: Scale = flags.includes('--tiny') ? 'tiny' : flags.includes('--small') ? 'small' : 'full'
  const outcomes: CaseOutcome[] = []
  let failures = 0
  const only = flags.find((one) => one.startsWith('--engine='))?.slice('--engine='.length)
  for (const order of ordersOf(names, scale).filter((one) => !only || one.engine === only)) {
    const title = `${order.workload}, ${order.rows.toLocaleString('en-US')} rows, ${order.engine}`
    try {
      const outcome = await runInChild(order)
      outcomes.push(outcome)
      const figures = outcome.measurements.map(shownFigure).join(', ')
      console.log(`${title}: ${outcome.skipped ? `skipped: ${outcome.skipped}` : figures}`)
    } catch (error) {
      failures++
      console.error(`${title}: failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const date = new Date().toISOString()
  const run = { date, commit: commitName(), scale, seed: SEED, machine: describeMachine(), outcomes }
  for (const line of consoleReport(run)) console.log(line)
  if (names.length === 0 || flags.includes('--save')) save(run)
  return failures === 0 ? 0 : 1
}

function ordersOf(names: readonly string[], scale: Scale): CaseOrder[] {
  const chosen = names.length > 0 ? names.flatMap(workloadsNamed) : WORKLOADS.filter((one) => one.group === undefined)
  return chosen.flatMap((workload) => workload.rows[scale].flatMap((rows) =>
    workload.engines.map((engine) => ({ workload: workload.name, engine, rows, rounds: ROUNDS[scale] }))))
}

/** A workload, or all of a group. */
function workloadsNamed(name: string): readonly Workload[] {
  const group = WORKLOADS.filter((one) => one.group === name)
  return group.length > 0 ? group : [workloadNamed(name)]
}

function runInChild(order: CaseOrder): Promise<CaseOutcome> {
  return new Promise((resolve, reject) => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const program = fileURLToPath(new URL(`./case.${extension}`, import.meta.url))
    const execArgv = [`--max-old-space-size=${HEAP_MIB}`]
    const child = fork(program, ['case', JSON.stringify(order)], { execArgv })
    let outcome: CaseOutcome | undefined
    child.on('message', (message) => { outcome = message as CaseOutcome })
    child.on('exit', (status) => {
      if (outcome) resolve(outcome)
      else reject(new Error(`the process ended with status ${status} and no outcome`))
    })
  })
}

function save(run: Run): void {
  const folder = join(projectRoot(), 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  const stem = run.date.slice(0, 16).replaceAll(':', '')
  writeFileSync(join(folder, `${stem}.json`), `${JSON.stringify(run, null, 1)}\n`)
  writeFileSync(join(folder, 'chart.svg'), chartOf(run.outcomes))
  writeFileSync(join(folder, 'README.md'), pageOf(run, 'chart.svg'))
  updateReadme(run)
  console.log(`saved to bench/results/${stem}.json, README.md and chart.svg`)
}

/** Puts the table between the marks in the project's README. */
function updateReadme(run: Run): void {
  const path = join(projectRoot(), 'README.md')
  const text = readFileSync(path, 'utf8')
  const table = `${README_BEGIN}\n${readmeTable(run)}\n${README_END}`
  const begin = text.indexOf(README_BEGIN)
  const end = text.indexOf(README_END)
  if (begin < 0 || end < begin) throw new Error('README.md has lost its marks for the table of results')
  writeFileSync(path, text.slice(0, begin) + table + text.slice(end + README_END.length))
}

function commitName(): string {
  try {
    const options = { cwd: projectRoot(), encoding: 'utf8' } as const
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim()
  } catch {
    return 'unknown'
  }
}

process.exitCode = await main(process.argv.slice(2))
