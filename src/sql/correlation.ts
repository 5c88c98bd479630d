// References of a subquery to the query around it. They are columns whose ordinals lie beyond all real ones:
//
//   0 …          columns of the level's own input          OUTER …      columns of the query around it
//   1,000,000 …  its aggregates, windows (grouping.ts)     PENDING …    its correlated subqueries (unnest.ts)
//
// Only the WHERE of the subquery's own level may refer outwards, and only one level; anything else is 0A000.
import { columnsOf, remap, some } from '../../exec/plan/expression.ts'
import type { AggregateCall, Expression, LogicalPlan } from '../../exec/plan/logical.ts'

export const OUTER = 4_000_000
export const PENDING = 8_000_000

/** A correlated subquery taken apart. */
export interface CorrelatedQuery {
  /** FROM with the conditions that read nothing from outside. */
  readonly input: LogicalPlan
  /** The conjuncts of WHERE with outer references, over the input. */
  readonly conditions: readonly Expression[]
  /** The select list over the input, aggregate calls as markers. */
  readonly items: readonly Expression[]
  readonly aggregates: readonly AggregateCall[]
  /** GROUP BY, HAVING or window functions. */
  readonly isGrouped: boolean
  /** LIMIT or OFFSET. */
  readonly isLimited: boolean
}

/** What one subquery refers to: open while its WHERE is bound. */
export class Correlation {
  isOpen = false
  isUsed = false
  query: CorrelatedQuery | null = null
}

/** True for conditions with references to the query around. */
export function isCorrelated(e: Expression): boolean {
  return some(e, part => part.kind === 'column' && part.index >= OUTER && part.index < PENDING)
}

/** True when a correlated subquery of this level occurs. */
export function isPending(e: Expression): boolean {
  return some(e, part => part.kind === 'column' && part.index >= PENDING)
}

/** Ordinals of the outer columns an expression reads, added to `into`. */
export function outerColumns(e: Expression, into: Set<number>): Set<number> {
  for (const index of columnsOf(e)) if (index >= OUTER && index < PENDING) into.add(index - OUTER)
  return into
}

/** The expression over a row of outer columns, placed by `outerAt`, followed after `width` columns by its own. */
export function seat(e: Expression, width: number, outerAt: (index: number) => number): Expression {
  return remap(e, index => index >= OUTER ? outerAt(index - OUTER) : index + width)
}

/** The expression with every column as one of the query around. */
export function asOuter(e: Expression): Expression {
  return remap(e, index => index + OUTER)
}
