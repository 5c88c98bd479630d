// The queries of SSB, ClickBench and H2O over generated tables give DuckDB's answers, on clean tables and after
// changes of every kind. Sizes are small: what is proved is the meaning, `npm run bench` has the large ones.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SUITES } from '../../datasets/suites.ts'
import { openPair } from './against-duckdb.ts'
import type { Pair } from './against-duckdb.ts'

interface Case {
  readonly name: keyof typeof SUITES
  readonly scale: number
  readonly changes: readonly string[]
  /** Queries that select nothing at this scale. */
  readonly empty: readonly string[]
}

const CASES: readonly Case[] = [
  {
    name: 'ssb', scale: 0.02, empty: ['Q3.3', 'Q3.4'],
    changes: [
      'UPDATE lineorder SET lo_quantity = lo_quantity + 1, lo_discount = 2 WHERE lo_orderkey % 16 = 1',
      "UPDATE customer SET c_city = 'UNITED KI1', c_nation = 'UNITED KINGDOM' WHERE c_custkey % 7 = 0",
      "UPDATE supplier SET s_city = 'UNITED KI5', s_region = 'ASIA' WHERE s_suppkey % 5 = 0",
      'DELETE FROM lineorder WHERE lo_orderkey % 32 = 2', 'DELETE FROM part WHERE p_partkey % 20 = 3',
      `INSERT INTO lineorder SELECT lo_orderkey + 10000000, lo_linenumber, lo_custkey, lo_partkey, lo_suppkey,
         lo_orderdate, lo_orderpriority, lo_shippriority, lo_quantity, lo_extendedprice, lo_ordtotalprice, lo_discount,
         lo_revenue + 1, lo_supplycost, lo_tax, lo_commitdate, lo_shipmode FROM lineorder WHERE lo_orderkey % 32 = 4`,
    ],
  },
  {
    name: 'clickbench', scale: 0.003, empty: ['C20'],
    changes: [
      "UPDATE hits SET searchphrase = 'ещё ' || searchphrase, resolutionwidth = 1 WHERE regionid % 5 = 1",
      "UPDATE hits SET url = 'http://a.google.de/' || url, counterid = 62 WHERE userid % 7 = 1",
      'DELETE FROM hits WHERE regionid % 7 = 2', 'INSERT INTO hits SELECT * FROM hits WHERE userid % 9 = 1',
    ],
  },
  {
    name: 'h2o', scale: 0.002, empty: [],
    changes: [
      'UPDATE g SET v1 = v1 + 1, v3 = v3 * 2 WHERE id4 % 5 = 1', 'DELETE FROM g WHERE id6 % 6 = 1',
      "UPDATE g SET id3 = 'id0000000001' WHERE id5 = 7", 'INSERT INTO g SELECT * FROM g WHERE id4 < 10',
      'UPDATE x SET id3 = id3 + 1 WHERE id2 % 3 = 0', 'DELETE FROM big WHERE id3 % 5 = 0',
      "UPDATE medium SET id5 = 'id13' WHERE id2 % 4 = 0",
    ],
  },
]

describe.each(CASES)('$name', ({ name, scale, changes, empty }) => {
  const suite = SUITES[name](scale)
  let pair: Pair

  beforeAll(async () => {
    pair = await openPair(suite)
  })
  afterAll(() => pair.close())

  test.each(suite.queries)('$name on clean tables', async ({ name: query, sql }) => {
    const { ours, theirs } = await pair.answers(sql)
    expect(ours).toEqual(theirs)
    expect(ours.length > 0).toBe(!empty.includes(query))
  })

  describe('changed tables', () => {
    beforeAll(async () => {
      for (const change of changes) await pair.change(change)
    })

    test.each(suite.queries)('$name', async ({ sql }) => {
      const { ours, theirs } = await pair.answers(sql)
      expect(ours).toEqual(theirs)
    })
  })
})
