// The cost model: expected microseconds of each way to reach rows and of each operator, from row counts.
// The constants are shipped defaults, measured over 2 M rows on a 2.5 GHz core, fixed costs of a statement
// (parsing, opening operators) left out; a machine's own figures can replace them. Costs are compared with
// each other and shown by EXPLAIN; nothing else depends on their scale.
import type { Expression } from './logical.ts'

export interface CostModel {
  /** One key through the index, all its columns read. */
  readonly pointLookup: number
  /** Start of a key range: two index probes and a cursor. */
  readonly rangeStart: number
  /** Start of a scan, and of each row group it reads. */
  readonly scanStart: number
  readonly groupStart: number
  /** One column of one row delivered by a cursor. */
  readonly columnRow: number
  /** A predicate over one row, and an IN list over one row. */
  readonly filterRow: number
  readonly listRow: number
  /** One expression of a projection, one aggregate, over one row. */
  readonly expressionRow: number
  /** Grouping one row by hash. */
  readonly groupRow: number
  /** Sorting: per row and per binary digit of the number of rows. */
  readonly sortRow: number
  /** Building and probing a hash table, per row. */
  readonly buildRow: number
  readonly probeRow: number
  /** Copying one column of one row into a result. */
  readonly copyValue: number
}

export const DEFAULT_COSTS: CostModel = {
  pointLookup: 1, rangeStart: 2, scanStart: 5, groupStart: 3, columnRow: 0.00004, filterRow: 0.001, listRow: 0.02,
  expressionRow: 0.0012, groupRow: 0.012, sortRow: 0.006, buildRow: 0.02, probeRow: 0.01, copyValue: 0.003,
}

/** Default selectivities where nothing is known about the values. */
export const SELECTIVITY = {
  equal: 0.005, range: 0.3, between: 0.08, like: 0.1, isNull: 0.05, other: 0.33,
} as const

/** Microseconds per row of evaluating conditions. */
export function filterCost(conditions: readonly Expression[], costs: CostModel): number {
  return conditions.reduce((sum, e) =>
    sum + (e.kind === 'in' || (e.kind === 'subquery' && e.mode === 'in') ? costs.listRow : costs.filterRow), 0)
}

/** log2 with a floor of 1, for sort costs. */
export function digits(rows: number): number {
  return Math.max(1, Math.log2(Math.max(2, rows)))
}
