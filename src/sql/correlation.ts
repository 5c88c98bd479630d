// References of a subquery to the queries around it. While a plan is being bound they are columns whose ordinals lie
// beyond all others; dependent.ts replaces them when the subquery becomes a join, so none is left in the end.
//
//   0 …          columns of the level's own input            PENDING …    its subqueries (unnest.ts)
//   1,000,000 …  its aggregates, windows (grouping.ts)       OUTER + serial * SPAN + ordinal
//                                                            column (or marker) of the scope with that serial
//
// Every scope has a serial of its own, so a reference means the same wherever the plan around it is moved to.
import { columnsOf, remap, substitute } from '../../exec/plan/expression.ts'
import type { ColumnExpression, Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import { mapExpressions, mapInputs } from '../../exec/plan/map-plan.ts'

export const PENDING = 8_000_000
const SPAN = 2 ** 24
const OUTER = 2 ** 33
/** Serials repeat after so many scopes; the scopes of one statement are neighbours. */
const SERIALS = 2 ** 26

let serials = 0
let references = 0

/** The serial of a new scope. */
export function newSerial(): number {
  serials = (serials + 1) % SERIALS
  return serials
}

/** How many outer references were ever made: a plan bound while this stays the same has none. */
export function referenceCount(): number {
  return references
}

/** The column of a scope as seen from inside a subquery. */
export function outerReference(serial: number, column: ColumnExpression): ColumnExpression {
  references++
  return { ...column, index: OUTER + serial * SPAN + column.index }
}

/** The expression with every column as one of the scope around. */
export function asOuter(e: Expression, serial: number): Expression {
  references++
  return remap(e, index => index >= OUTER ? index : OUTER + serial * SPAN + index)
}

/** True for the ordinal of a reference to a query around. */
export function isOuter(index: number): boolean {
  return index >= OUTER
}

/** The ordinal in the scope of `serial`, or -1 for other columns. */
export function outerOrdinal(index: number, serial: number): number {
  const from = OUTER + serial * SPAN
  return index >= from && index < from + SPAN ? index - from : -1
}

/** True when a subquery of this level occurs. */
export function isPendingIndex(index: number): boolean {
  return index >= PENDING && index < OUTER
}

/** True when a subquery of this level occurs. */
export function isPending(e: Expression): boolean {
  return [...columnsOf(e)].some(isPendingIndex)
}

/** True when an expression refers to any query around. */
export function isOpen(e: Expression): boolean {
  return [...columnsOf(e)].some(isOuter)
}

/** True when an expression refers to the scope of `serial`. */
export function refersTo(e: Expression, serial: number): boolean {
  return [...columnsOf(e)].some(index => outerOrdinal(index, serial) >= 0)
}

/** Replaces references to the scope of `serial`. */
export function substituteOuter(
  e: Expression, serial: number, to: (ordinal: number, column: ColumnExpression) => Expression,
): Expression {
  return substitute(e, column => {
    const ordinal = outerOrdinal(column.index, serial)
    return ordinal < 0 ? column : to(ordinal, column)
  })
}

/** References of a plan to the scope of `serial`, by ordinal, in the order of their first use. */
export function outerColumnsOf(
  plan: LogicalPlan, serial: number, into: Map<number, ColumnExpression> = new Map(),
): Map<number, ColumnExpression> {
  mapExpressions(plan, e => {
    addOuterColumns(e, serial, into)
    return e
  })
  mapInputs(plan, input => {
    outerColumnsOf(input, serial, into)
    return input
  })
  return into
}

/** As {@link outerColumnsOf} for one expression. */
export function addOuterColumns(e: Expression, serial: number, into: Map<number, ColumnExpression>): void {
  substituteOuter(e, serial, (ordinal, column) => {
    if (!into.has(ordinal)) into.set(ordinal, { ...column, index: ordinal })
    return column
  })
}

/** True when a plan refers to any query around. */
export function isOpenPlan(plan: LogicalPlan): boolean {
  let open = false
  mapExpressions(plan, e => {
    open ||= isOpen(e)
    return e
  })
  mapInputs(plan, input => {
    open ||= isOpenPlan(input)
    return input
  })
  return open
}
