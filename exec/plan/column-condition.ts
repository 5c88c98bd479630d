// Conditions that a conjunct of a filter puts on one column: found when a statement is planned, turned
// into an IntervalSet when it is executed and parameters are known.
//
//   price < $1                         compare
//   id IN (3, 1, $2), id IN (subquery) in
//   id = 3 OR id BETWEEN 7 AND 9       any (of lists of conditions that hold together)
//   name LIKE 'ab%'                    prefix: implied by the conjunct, which must still be checked
import { isText } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { boundInterval, isComparable, isLosslessCast } from './convert-bound.ts'
import type { BoundOp } from './convert-bound.ts'
import { conjuncts, disjuncts, isRowless } from './expression.ts'
import { EVERYTHING, intersect, unite } from './interval-set.ts'
import type { Interval, IntervalSet } from './interval-set.ts'
import type { Expression, SubqueryExpression } from './logical.ts'

export type ColumnCondition = { readonly column: number } & (
  | { readonly kind: 'compare'; readonly op: BoundOp; readonly value: Expression }
  | { readonly kind: 'in'; readonly items: readonly Expression[] }
  | { readonly kind: 'in subquery'; readonly subquery: SubqueryExpression; readonly type: SqlType }
  | { readonly kind: 'any'; readonly alternatives: readonly (readonly ColumnCondition[])[] }
  | { readonly kind: 'prefix'; readonly pattern: Expression }
)

/** What evaluating a condition needs from an execution (or from the planner, when all is constant). */
export interface ConditionValues {
  evaluate(e: Expression): Scalar
  subqueryValues(e: SubqueryExpression): readonly Scalar[]
}

const FLIPPED: Readonly<Record<string, BoundOp>> = { eq: 'eq', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' }

/** The condition of a conjunct on one column, or null. 'prefix' alone is weaker than its conjunct. */
export function conditionOf(e: Expression): ColumnCondition | null {
  if (e.kind === 'call') {
    if (e.fn in FLIPPED && e.args.length === 2) return comparisonOf(e.fn, e.args[0]!, e.args[1]!)
    if (e.fn === 'or') return anyOf(e)
    if (e.fn === 'like') return prefixOf(e.args)
    return null
  }
  if (e.kind === 'in' && !e.negated && e.items.every(isRowless)) {
    const column = columnSide(e.arg)
    if (column === null || !e.items.every((item) => isComparable(column.type, item.type))) return null
    return { kind: 'in', column: column.index, items: e.items }
  }
  if (e.kind === 'subquery' && e.mode === 'in' && e.negated !== true) {
    const column = columnSide(e.arg!)
    const type = e.plan.output[0]!.type
    if (column === null || !isComparable(column.type, type)) return null
    return { kind: 'in subquery', column: column.index, subquery: e, type }
  }
  return null
}

/** True when the condition holds exactly for the rows for which its conjunct does. */
export function isExact(condition: ColumnCondition): boolean {
  if (condition.kind === 'prefix') return false
  return condition.kind !== 'any' || condition.alternatives.every((parts) => parts.every(isExact))
}

function comparisonOf(fn: string, left: Expression, right: Expression): ColumnCondition | null {
  const column = columnSide(left)
  if (column !== null && isRowless(right) && isComparable(column.type, right.type)) {
    return { kind: 'compare', op: fn as BoundOp, column: column.index, value: right }
  }
  const other = columnSide(right)
  if (other !== null && isRowless(left) && isComparable(other.type, left.type)) {
    return { kind: 'compare', op: FLIPPED[fn]!, column: other.index, value: left }
  }
  return null
}

function anyOf(e: Expression): ColumnCondition | null {
  const alternatives: ColumnCondition[][] = []
  let column = -1
  for (const branch of disjuncts(e)) {
    const parts: ColumnCondition[] = []
    for (const part of conjuncts(branch)) {
      const condition = conditionOf(part)
      if (condition === null || (column >= 0 && condition.column !== column)) return null
      column = condition.column
      parts.push(condition)
    }
    alternatives.push(parts)
  }
  return { kind: 'any', column, alternatives }
}

function prefixOf(args: readonly Expression[]): ColumnCondition | null {
  const [text, pattern] = args
  if (args.length !== 2 || text!.kind !== 'column' || !isRowless(pattern!)) return null
  if (!isText(text!.type) || text!.type.blankPadded === true) return null
  return { kind: 'prefix', column: text!.index, pattern: pattern! }
}

/** IS NULL or IS NOT NULL of a plain column; null for other expressions. */
export function nullTestOf(e: Expression): { kind: 'is_null' | 'is_not_null'; column: number } | null {
  if (e.kind !== 'call' || (e.fn !== 'is_null' && e.fn !== 'is_not_null')) return null
  const [arg] = e.args
  return arg!.kind === 'column' ? { kind: e.fn, column: arg!.index } : null
}

/** The column of `c` or of a lossless cast of `c`. */
function columnSide(e: Expression): { index: number; type: SqlType } | null {
  if (e.kind === 'column') return { index: e.index, type: e.type }
  if (e.kind !== 'cast' || e.arg.kind !== 'column') return null
  return isLosslessCast(e.arg.type, e.type) ? { index: e.arg.index, type: e.arg.type } : null
}

/** Values of a column of type `type` that satisfy all conditions. */
export function valuesOf(
  conditions: readonly ColumnCondition[], type: SqlType, values: ConditionValues,
): IntervalSet {
  let set = EVERYTHING
  for (const condition of conditions) set = intersect(type, set, conditionSet(condition, type, values))
  return set
}

function conditionSet(condition: ColumnCondition, type: SqlType, values: ConditionValues): IntervalSet {
  switch (condition.kind) {
    case 'compare': {
      const { op, value } = condition
      return setOf(type, [boundInterval(type, op, values.evaluate(value), value.type)])
    }
    case 'in':
      return setOf(type, condition.items.map((e) => boundInterval(type, 'eq', values.evaluate(e), e.type)))
    case 'in subquery': {
      const found = values.subqueryValues(condition.subquery)
      return setOf(type, found.map((value) => boundInterval(type, 'eq', value, condition.type)))
    }
    case 'any':
      return unite(type, condition.alternatives.flatMap((parts) => [...valuesOf(parts, type, values)]))
    case 'prefix': {
      const pattern = values.evaluate(condition.pattern)
      return setOf(type, [pattern === null ? null : prefixInterval(pattern as string)])
    }
  }
}

function setOf(type: SqlType, intervals: readonly (Interval | null)[]): IntervalSet {
  return unite(type, intervals.filter((interval): interval is Interval => interval !== null))
}

/** Texts that start with the literal head of a LIKE pattern. Order is by UTF-8 bytes, that is code points. */
function prefixInterval(pattern: string): Interval {
  const wild = pattern.search(/[%_\\]/)
  const head = wild < 0 ? pattern : pattern.slice(0, wild)
  if (head === '') return EVERYTHING[0]!
  if (wild < 0) return { lower: head, lowerInclusive: true, upper: head, upperInclusive: true }
  return { lower: head, lowerInclusive: true, upper: successor(head), upperInclusive: false }
}

/** The least text above every text that starts with `head`, or null when there is none. */
function successor(head: string): string | null {
  const points = Array.from(head, (char) => char.codePointAt(0)!)
  while (points.length > 0) {
    const last = points.pop()!
    if (last < 0x10ffff) {
      return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1)
    }
  }
  return null
}

/** Every expression a condition evaluates; subqueries are not expressions here. */
export function conditionExpressions(condition: ColumnCondition): readonly Expression[] {
  switch (condition.kind) {
    case 'compare': return [condition.value]
    case 'in': return condition.items
    case 'in subquery': return [condition.subquery]
    case 'any': return condition.alternatives.flatMap((parts) => parts.flatMap(conditionExpressions))
    case 'prefix': return [condition.pattern]
  }
}
