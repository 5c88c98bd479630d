// Every .slt file below this folder (our own, answers written by PostgreSQL or DuckDB), and SQLite's public files
// where they are at hand: they are read from outside the repository and skipped when absent.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { exclusionsOf } from './exclusions.ts'
import { filesBelow } from './files.ts'
import { readRecords } from './record.ts'
import { runRecords } from './runner.ts'
import { openSecantDb } from './secantdb-engine.ts'

const OWN = fileURLToPath(new URL('.', import.meta.url))
const FOREIGN = fileURLToPath(new URL('../../../shared/slt/', import.meta.url))

for (const folder of [OWN, FOREIGN]) {
  test.skipIf(!existsSync(folder))(`there are files in ${folder === OWN ? 'tests/slt' : 'the shared suite'}`, () => {
    expect(filesBelow(folder).length).toBeGreaterThan(0)
  })
  for (const path of existsSync(folder) ? filesBelow(folder) : []) {
    test(relative(folder, path), async () => {
      const engine = await openSecantDb()
      try {
        const outcome = await runRecords(engine, readRecords(readFileSync(path, 'utf8')), {
          exclusions: exclusionsOf(path),
        })
        expect(outcome.failures.slice(0, 5)).toEqual([])
      } finally {
        await engine.close()
      }
    }, 600_000)
  }
}
