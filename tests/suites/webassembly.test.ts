// Which share of the rows that kernels evaluate runs in WebAssembly, query by query: all of them, but for those listed
// here with the least share they must have. A query that falls back to JavaScript beyond that fails.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadTables } from '../../datasets/generated.ts'
import { SUITES } from '../../datasets/suites.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

interface Plan {
  readonly wasmRowFraction: number | null
}

/** Least shares of queries in which JavaScript evaluates something, and what that is. */
const PARTLY: Readonly<Record<string, readonly (readonly [query: string, share: number, why: string])[]>> = {
  tpch: [
    ['Q7', 0.99, 'names of nations in pairs'], ['Q8', 0.99, 'division of exact sums'],
    ['Q9', 0.7, "LIKE '%green%' over plain text"], ['Q11', 0.65, 'sums of products of 38 digits compared'],
    ['Q13', 0.5, "LIKE '%special%requests%' over plain text"], ['Q14', 0.99, 'division of exact sums'],
    ['Q15', 0.99, 'comparison with a sum of 38 digits'], ['Q16', 0.99, "LIKE '%Customer%Complaints%' over plain text"],
    ['Q17', 0.99, 'comparison with an average of 38 digits'], ['Q19', 0.99, 'conditions of three branches on pairs'],
    ['Q22', 0.4, 'substring of plain text'],
  ],
  ssb: [],
  clickbench: [
    ['C22', 0.9, 'min of text'], ['C23', 0.9, 'min of text'], ['C29', 0.65, 'regexp_replace, min of text'],
  ],
  h2o: [['G6', 0.5, 'median and deviation'], ['G9', 0.4, 'correlation']],
}
const SCALES: Readonly<Record<string, number>> = { tpch: 0.01, ssb: 0.01, clickbench: 0.002, h2o: 0.002 }

describe.each(Object.keys(SUITES) as (keyof typeof SUITES)[])('%s', (name) => {
  const suite = SUITES[name](SCALES[name]!)
  let db: Database

  beforeAll(async () => {
    db = await open(':memory:', { memory: '256MB', backend: 'webassembly' })
    loadTables(db, suite.tables)
  })
  afterAll(() => db.close())

  test.each(suite.queries)('$name', ({ name: query, sql }) => {
    const json = String(db.prepare(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`).raw()[0]![0])
    const [{ plan }] = JSON.parse(json) as [{ plan: Plan }]
    const least = PARTLY[name]!.find(([one]) => one === query)?.[1] ?? 1
    // Null: an index or a zone map left nothing to evaluate.
    expect(plan.wasmRowFraction ?? 1).toBeGreaterThanOrEqual(least)
  })
})
