// Features of queries against DuckDB, topic by topic, on tables in every state (everything in the delta, small row
// groups with a dirty delta, merged after every commit) and on both back ends. No operator may keep memory.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { GROUP_QUERIES } from './features/groups.ts'
import { JOIN_QUERIES } from './features/joins.ts'
import { LATERAL_QUERIES } from './features/lateral.ts'
import { ORDERED_AGGREGATE_QUERIES } from './features/ordered-aggregates.ts'
import { SELECTION_QUERIES } from './features/selection.ts'
import { SUBQUERY_QUERIES } from './features/subqueries.ts'
import { WITH_QUERIES } from './features/with.ts'
import { Session } from './session.ts'

const TOPICS = {
  joins: JOIN_QUERIES, subqueries: SUBQUERY_QUERIES, lateral: LATERAL_QUERIES, selection: SELECTION_QUERIES,
  with: WITH_QUERIES, groups: GROUP_QUERIES, 'ordered aggregates': ORDERED_AGGREGATE_QUERIES,
} as const

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 256, deltaRows: 300 }],
  ['tiny row groups, merged after every commit', { rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true }],
]

let oracle: Oracle
const answers = new Map<string, (string | null)[][]>()

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
  for (const { sql, duckdb } of Object.values(TOPICS).flat()) {
    answers.set(sql, await oracle.rows(asText(duckdb ?? sql)))
  }
}, 60_000)

afterAll(() => oracle.close())

describe.each(STATES)('%s', (_, options) => {
  let session: Session

  beforeAll(async () => {
    session = await Session.open(options)
    for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  }, 60_000)

  afterAll(() => session.close())

  for (const [topic, queries] of Object.entries(TOPICS)) {
    describe(topic, () => {
      for (const { sql } of queries) {
        test(sql.replace(/\s+/g, ' '), () => {
          const want = answers.get(sql)!
          const ordered = /order by [^()]*$/i.test(sql)
          for (const backend of ['javascript', 'auto'] as const) {
            session.backend = backend
            const before = session.engine.memory.usedFrames
            const result = session.run(sql)
            expect(ourRows(result, ordered)).toEqual(comparableRows(want, result.types, ordered))
            expect(session.engine.memory.usedFrames - session.engine.pool.stats.frames).toBeLessThanOrEqual(before)
          }
        })
      }
    })
  }
})
