// The executor against DuckDB: the same SQL over the same data, on both back ends and over tables in every
// state (one big base, many tiny row groups merged after every commit, everything in the delta). Numbers are
// compared as numbers, everything else as text; queries with ORDER BY in order, others as bags.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { QUERIES } from './queries.ts'
import { Session } from './session.ts'

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 256, deltaRows: 300 }],
  ['tiny row groups, merged after every commit', { rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true }],
  ['a pool of eight frames, checkpoints after every commit', {
    rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true, poolFrames: 8, checkpointEvery: 1,
  }],
]

let oracle: Oracle
const answers = new Map<string, (string | null)[][]>()

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
  for (const { sql, duckdb } of QUERIES) answers.set(sql, await oracle.rows(asText(duckdb ?? sql)))
}, 60_000)

afterAll(() => oracle.close())

describe.each(STATES)('%s', (_, options) => {
  let session: Session

  beforeAll(async () => {
    session = await Session.open(options)
    for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  }, 60_000)

  afterAll(() => session.close())

  for (const { sql } of QUERIES) {
    test(sql.replace(/\s+/g, ' '), () => {
      const want = answers.get(sql)!
      const ordered = /order by/i.test(sql)
      for (const backend of ['javascript', 'webassembly', 'auto'] as const) {
        session.backend = backend
        const before = session.engine.memory.usedFrames
        const result = session.run(sql)
        expect(ourRows(result, ordered)).toEqual(comparableRows(want, result.types, ordered))
        expect(session.engine.memory.usedFrames - session.engine.pool.stats.frames).toBeLessThanOrEqual(before)
      }
    })
  }
})
