// The suites of queries over generated tables, by name: what tests compare with DuckDB and `npm run bench` times.
// A suite is what one specification asks: its tables at a scale, and its queries with their standard parameters.
import type { GeneratedTable } from './generated.ts'
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
} as const
