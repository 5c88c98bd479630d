// Expected rows of logical plans, for what is decided before operators are built: the order of joins. From row
// counts, unique keys and the shapes of conditions; tables are asked for their counts and nothing is read.
//
//   scan          rows of the table                    filter    rows * selectivity, 1 for a whole key = constants
//   join a = b    |L| * |R| / distinct values of the key: the rows of the table that a unique key belongs to, or a
//                 root of the rows where nothing better is known
import type { TableAccess } from '../../storage/access.ts'
import { conjuncts } from './expression.ts'
import type { Expression, LogicalPlan, ScanPlan } from './logical.ts'
import { selectivityOf } from './selectivity.ts'

/** Rows of plans that are no tables: VALUES and the like have few. */
const UNKNOWN_ROWS = 1000
/** Of n rows without a unique key about n ** this values are distinct. */
const DISTINCT_POWER = 0.75

/** Where a column of a plan comes from. */
interface Origin {
  readonly scan: ScanPlan
  readonly ordinal: number
}

/** Estimates over one set of tables. */
export class RowEstimates {
  readonly #tables: (name: string) => TableAccess

  constructor(tables: (name: string) => TableAccess) {
    this.#tables = tables
  }

  /** Rows of a plan, at least 1. */
  rows(plan: LogicalPlan): number {
    switch (plan.kind) {
      case 'scan': return Math.max(1, this.#tables(plan.table).estimateRows())
      case 'filter': return this.#filtered(plan.input, conjuncts(plan.predicate))
      case 'project': case 'sort': case 'window': case 'lock': return this.rows(plan.input)
      case 'distinct': return this.rows(plan.input) ** DISTINCT_POWER
      case 'aggregate': return plan.groups.length === 0 ? 1 : this.rows(plan.input) ** DISTINCT_POWER
      case 'limit': {
        const limit = plan.limit?.kind === 'constant' ? Number(plan.limit.value ?? Infinity) : Infinity
        return Math.max(1, Math.min(limit, this.rows(plan.input)))
      }
      case 'values': return Math.max(1, plan.rows.length)
      case 'set': return plan.inputs.reduce((sum, input) => sum + this.rows(input), 0)
      case 'join': return this.#joined(plan)
      default: return UNKNOWN_ROWS
    }
  }

  #joined(plan: Extract<LogicalPlan, { kind: 'join' }>): number {
    const left = this.rows(plan.left)
    if (plan.join === 'semi' || plan.join === 'anti') return Math.max(1, left / 2)
    const pairs = left * this.rows(plan.right)
    const keys = plan.leftKeys.map((key, i) => [key, plan.rightKeys[i]!] as const)
    const rows = pairs / this.distinctPairs([plan.left, plan.right], keys)
      * (plan.residual === null ? 1 : selectivityOf(conjuncts(plan.residual)))
    return Math.max(1, plan.join === 'left' || plan.join === 'full' ? Math.max(left, rows) : rows)
  }

  #filtered(input: LogicalPlan, conditions: readonly Expression[]): number {
    const fixed: number[] = []
    for (const e of conditions) {
      if (e.kind !== 'call' || e.fn !== 'eq') continue
      const [a, b] = e.args as [Expression, Expression]
      if (a.kind === 'column' && b.kind !== 'column') fixed.push(a.index)
      else if (b.kind === 'column' && a.kind !== 'column') fixed.push(b.index)
    }
    if (fixed.length > 0 && this.#uniqueRows(input, fixed) > 0) return 1
    return Math.max(1, this.rows(input) * selectivityOf(conditions))
  }

  /** Pairs of rows per pair that has equal keys: how many different keys there are. */
  distinctPairs(
    sides: readonly [LogicalPlan, LogicalPlan], keys: readonly (readonly [Expression, Expression])[],
  ): number {
    if (keys.length === 0) return 1
    const positions = [0, 1].map((side) => keys.map((pair) => pair[side]!).filter((e) => e.kind === 'column')
      .map((e) => e.index))
    const unique = Math.max(...sides.map((side, i) => this.#uniqueRows(side, positions[i]!)))
    if (unique > 0) return unique
    const distinct = Math.max(...sides.map((side) => this.#baseRows(side) ** DISTINCT_POWER))
    return Math.max(1, Math.min(distinct ** keys.length, Math.max(...sides.map((side) => this.#baseRows(side)))))
  }

  /** Rows of the table whose unique key is among the columns; 0 when there is none. */
  #uniqueRows(plan: LogicalPlan, columns: readonly number[]): number {
    const origins = columns.map((at) => originOf(plan, at)).filter((origin) => origin !== null)
    for (const { scan } of origins) {
      const mine = origins.filter((origin) => origin.scan === scan).map((origin) => origin.ordinal)
      const table = this.#tables(scan.table)
      const uniques = [scan.schema.key, ...table.indexes().filter(({ definition }) => definition.unique)
        .map(({ definition }) => definition.columns)]
      const isUnique = uniques.some((key) => key.every((ordinal) => mine.includes(ordinal)))
      if (isUnique) return Math.max(1, table.estimateRows())
    }
    return 0
  }

  /** Rows of the largest table below, without its conditions: of these a key has its values. */
  #baseRows(plan: LogicalPlan): number {
    switch (plan.kind) {
      case 'filter': case 'project': case 'sort': case 'limit': return this.#baseRows(plan.input)
      case 'join': return Math.max(this.#baseRows(plan.left), this.#baseRows(plan.right))
      default: return this.rows(plan)
    }
  }
}

/** The table column that a column of a plan is a copy of; null when it is computed, or may be NULL by an outer join. */
function originOf(plan: LogicalPlan, at: number): Origin | null {
  switch (plan.kind) {
    case 'scan': return { scan: plan, ordinal: plan.columns[at]! }
    case 'filter': case 'sort': case 'limit': return originOf(plan.input, at)
    case 'project': {
      const e = plan.expressions[at]!
      return e.kind === 'column' ? originOf(plan.input, e.index) : null
    }
    default: return null
  }
}
