// The 22 queries of TPC-H at scale factor 0.01 give DuckDB's answers: on clean tables, and after updates, deletes
// and inserts; an old snapshot goes on answering as before.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SUITES } from '../../datasets/suites.ts'
import { openPair } from './against-duckdb.ts'
import type { Pair } from './against-duckdb.ts'

/** `npm run test:suites` has 0.1. */
const SCALE = Number(process.env['SECANTDB_SUITE_SCALE'] ?? 0.01)
const suite = SUITES.tpch(SCALE)
/** Queries whose parameters select nothing at this scale. */
const EMPTY_ANSWERS: readonly string[] = []

/** Changes that both engines understand: about a tenth of every large table, and NULLs where they may be. */
const CHANGES = [
  "UPDATE lineitem SET l_quantity = l_quantity + 1, l_comment = 'changed' WHERE l_orderkey % 16 = 1",
  "UPDATE lineitem SET l_shipmode = 'AIR', l_shipinstruct = 'DELIVER IN PERSON' WHERE l_orderkey % 32 = 5",
  'DELETE FROM lineitem WHERE l_orderkey % 64 = 2',
  "DELETE FROM orders WHERE o_orderkey % 64 = 2 AND o_orderstatus <> 'P'",
  'UPDATE orders SET o_custkey = o_custkey + 1, o_totalprice = o_totalprice * 2 WHERE o_orderkey % 32 = 3',
  "UPDATE customer SET c_acctbal = -c_acctbal, c_mktsegment = 'BUILDING' WHERE c_custkey % 11 = 0",
  `INSERT INTO orders SELECT o_orderkey + 10000000, o_custkey, 'F', o_totalprice, o_orderdate, o_orderpriority,
     o_clerk, o_shippriority, 'special requests' FROM orders WHERE o_orderkey % 32 = 4`,
  `INSERT INTO lineitem SELECT l_orderkey + 10000000, l_partkey, l_suppkey, l_linenumber, l_quantity, l_extendedprice,
     l_discount, l_tax, 'R', l_linestatus, l_shipdate, l_commitdate, l_receiptdate, l_shipinstruct, l_shipmode,
     l_comment FROM lineitem WHERE l_orderkey % 32 = 4`,
  'UPDATE partsupp SET ps_supplycost = ps_supplycost + 10 WHERE ps_partkey % 9 = 0',
  'DELETE FROM part WHERE p_partkey % 50 = 7',
  "UPDATE part SET p_name = 'forest ' || p_name WHERE p_partkey % 40 = 3",
  'UPDATE nation SET n_comment = NULL WHERE n_nationkey % 3 = 0',
]

let pair: Pair

beforeAll(async () => {
  pair = await openPair(suite)
})
afterAll(() => pair.close())

test.each(suite.queries)('$name on clean tables', async ({ name, sql }) => {
  const { ours, theirs } = await pair.answers(sql)
  expect(ours).toEqual(theirs)
  expect(ours.length > 0).toBe(!EMPTY_ANSWERS.includes(name))
})

describe('changed tables', () => {
  const before = new Map<string, unknown>()
  let old: ReturnType<Pair['db']['connect']>

  beforeAll(async () => {
    old = pair.db.connect()
    old.exec('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const { name, sql } of suite.queries) before.set(name, old.prepare(sql).raw())
    for (const change of CHANGES) await pair.change(change)
  })
  afterAll(() => old.close())

  test.each(suite.queries)('$name', async ({ name, sql }) => {
    const { ours, theirs } = await pair.answers(sql)
    expect(ours).toEqual(theirs)
    expect(old.prepare(sql).raw()).toEqual(before.get(name))
  })
})
