// Seeded random queries against DuckDB, over merged and unmerged tables, the back ends taking turns. Run with
// SECANTDB_SEED and SECANTDB_QUERIES to search further.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { randomQuery } from './random-query.ts'
import { Session } from './session.ts'

const SEED = Number(process.env['SECANTDB_SEED'] ?? 3)
const QUERIES = Number(process.env['SECANTDB_QUERIES'] ?? 3000)

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 128, deltaRows: 100 }],
]

let oracle: Oracle

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
}, 60_000)

afterAll(() => oracle.close())

test.each(STATES)('random queries: %s', async (_, options) => {
  const session = await Session.open(options)
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  const random = new Random(SEED)
  for (let i = 0; i < QUERIES; i++) {
    const sql = randomQuery(random)
    session.backend = (['javascript', 'webassembly', 'auto'] as const)[i % 3]!
    const want = await oracle.rows(asText(sql))
    const ordered = sql.includes('ORDER BY')
    const result = session.run(sql)
    expect([sql, ...ourRows(result, ordered)]).toEqual([sql, ...comparableRows(want, result.types, ordered)])
  }
  session.close()
}, 600_000)
