// The suites of queries over generated tables, by name: what tests compare with DuckDB and `npm run bench` times.
// A suite is what one specification asks: its tables at a scale, and its queries with their standard parameters.
import type { GeneratedTable } from './generated.ts'
import { h2oQueries } from './h2o/queries.ts'
import { h2oTables } from './h2o/tables.ts'
import { hitsQueries } from './hits/queries.ts'
import { hitsTable } from './hits/tables.ts'
import { ssbQueries } from './ssb/queries.ts'
import { ssbTables } from './ssb/tables.ts'
import { tpchQueries } from './tpch/queries.ts'
import type { NamedQuery } from './tpch/queries.ts'
import { tpchTables } from './tpch/tables.ts'

/** Tables at a scale and the queries over them. */
export interface Suite {
  readonly tables: readonly GeneratedTable[]
  readonly queries: readonly NamedQuery[]
}

/** Makers of the suites by scale: 1 is 6 M line items of TPC-H and what is comparable elsewhere. */
export const SUITES = {
  tpch: (scale: number): Suite => ({ tables: tpchTables(scale), queries: tpchQueries(scale) }),
  ssb: (scale: number): Suite => ({ tables: ssbTables(scale), queries: ssbQueries() }),
  clickbench: (scale: number): Suite => ({ tables: [hitsTable(Math.round(scale * 1e7))], queries: hitsQueries() }),
  h2o: (scale: number): Suite => ({ tables: h2oTables(Math.round(scale * 1e7)), queries: h2oQueries() }),
} as const
