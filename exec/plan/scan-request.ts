// What is asked of one table: the conditions of the filter above its scan, the columns and the order that are wanted;
// and what the conditions say before parameters are known. Shared by the paths through the primary key
// (choose-access.ts) and through indexes (index-path.ts).
import { assert } from '../../src/base/assert.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { TableAccess } from '../../storage/access.ts'
import type { AccessPath } from './access-path.ts'
import { conditionExpressions, valuesOf } from './column-condition.ts'
import type { ColumnCondition, ConditionValues } from './column-condition.ts'
import type { CostModel } from './cost.ts'
import { expressionText } from '../explain-expression.ts'
import { isPointSet } from './interval-set.ts'
import type { Expression } from './logical.ts'
import type { Peek } from './peek.ts'

/** A conjunct of the filter above a scan and the condition it puts on one column, if any. */
export interface Conjunct {
  readonly expression: Expression
  readonly condition: ColumnCondition | null
  /** Schema ordinal of the column of the condition or NULL test; -1 without one. */
  readonly ordinal: number
  /** IS [NOT] NULL of one column, which indexes can use. */
  readonly nullTest: 'is_null' | 'is_not_null' | null
}

export interface ScanRequest {
  /** The table's name in the statement. */
  readonly name: string
  readonly table: TableAccess
  readonly conjuncts: readonly Conjunct[]
  /** Columns the scan delivers: how many, and their ordinals. */
  readonly columnCount: number
  readonly columns: readonly number[]
  /** 'none': any path may be chosen; 'key': only one in key order; else the index whose order is wanted. */
  readonly order: 'none' | 'key' | { readonly index: string }
  readonly costs: CostModel
  /** Values of the parameters at hand, for estimates only; null when there are none. */
  readonly peek: Peek | null
  /** Expected rows of a subquery. */
  subqueryRows(condition: ColumnCondition): number
}

export interface ChosenAccess {
  readonly path: AccessPath
  /** Rows the path delivers, and its cost, before the filter that remains. */
  readonly rows: number
  readonly cost: number
  /** Conjuncts the path does not enforce. */
  readonly remaining: readonly Expression[]
}

/** How many single values the conditions leave, or null when they leave intervals. */
export function pointCount(
  conditions: readonly ColumnCondition[], schema: TableSchema, ordinal: number, request: ScanRequest,
): number | null {
  const { type } = schema.columns[ordinal]!
  if (conditions.every(isKnown)) {
    const set = valuesOf(conditions, type, PLANNING_VALUES)
    const structural = conditions.some(yieldsPoints)
    return structural && isPointSet(type, set) ? set.length : null
  }
  let least: number | null = null
  for (const condition of conditions.filter(yieldsPoints)) {
    const count = condition.kind === 'in' ? condition.items.length
      : condition.kind === 'in subquery' ? request.subqueryRows(condition)
        : condition.kind === 'any' ? condition.alternatives.length : 1
    least = Math.min(least ?? Infinity, Math.max(1, count))
  }
  return least
}

/** True for conditions that only single values satisfy, whatever the parameters. */
function yieldsPoints(condition: ColumnCondition): boolean {
  switch (condition.kind) {
    case 'compare': return condition.op === 'eq'
    case 'in': case 'in subquery': return true
    case 'any': return condition.alternatives.every((parts) => parts.some(yieldsPoints))
    case 'prefix': return false
  }
}

/** True when a condition can be evaluated at planning time. */
export function isKnown(condition: ColumnCondition): boolean {
  return conditionExpressions(condition).every((e) => e.kind === 'constant')
}

const SYMBOL = { eq: '=', lt: '<', le: '<=', gt: '>', ge: '>=' } as const

/** A condition as text for EXPLAIN. */
export function conditionText(condition: ColumnCondition, name: string): string {
  switch (condition.kind) {
    case 'compare': return `${name} ${SYMBOL[condition.op]} ${expressionText(condition.value)}`
    case 'in': return condition.items.length <= 5
      ? `${name} IN (${condition.items.map(expressionText).join(', ')})`
      : `${name} IN (${condition.items.length} values)`
    case 'in subquery': return `${name} IN (subquery)`
    case 'any': return condition.alternatives.length <= 3
      ? `(${condition.alternatives.map((p) => p.map((c) => conditionText(c, name)).join(' AND ')).join(' OR ')})`
      : `${name} in ${condition.alternatives.length} alternatives`
    case 'prefix': return `${name} LIKE ${expressionText(condition.pattern)}`
  }
}

/** Values for planning time: literals only; see isKnown. */
export const PLANNING_VALUES: ConditionValues = {
  evaluate(e: Expression): Scalar {
    assert(e.kind === 'constant', 'planner: the value of a condition is not known yet')
    return e.value
  },
  subqueryValues: () => [],
}
