// Window functions against DuckDB, on tables in every state (everything in the delta, small row groups with a
// dirty delta, merged after every commit), and sums at the edges of exactness, which DuckDB does not share.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { Session } from './session.ts'
import { WINDOW_QUERIES } from './window-queries.ts'

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 256, deltaRows: 300 }],
  ['tiny row groups, merged after every commit', { rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true }],
]

let oracle: Oracle

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
}, 60_000)

afterAll(() => oracle.close())

describe.each(STATES)('%s', (_, options) => {
  let session: Session

  beforeAll(async () => {
    session = await Session.open(options)
    for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  }, 60_000)

  afterAll(() => session.close())

  for (const sql of WINDOW_QUERIES) {
    test(sql.replace(/\s+/g, ' '), async () => {
      const want = await oracle.rows(asText(sql))
      for (const backend of ['javascript', 'webassembly', 'auto'] as const) {
        session.backend = backend
        const before = session.engine.memory.usedFrames
        const result = session.run(sql)
        expect(ourRows(result, false)).toEqual(comparableRows(want, result.types, false))
        expect(session.engine.memory.usedFrames - session.engine.pool.stats.frames).toBeLessThanOrEqual(before)
      }
    })
  }
})
