// What a correlated subquery is worth for a row, as an expression over the rows it is joined with (unnest.ts):
//
//   (SELECT …)             its one column; a second row is 21000
//   EXISTS (…)             count(*) > 0
//   x IN (…), (x, y) IN    true when some comparison is, else NULL when some is NULL, else false; NOT IN negated
//   x op ANY (…), op ALL   the same with the operator; with one value and an order of its type by min, max and counts
import type { SqlType } from '../base/types.ts'
import { BIGINT, BOOLEAN } from '../base/types.ts'
import { isCount } from '../../exec/functions/aggregates.ts'
import type { AggregateCall, Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import { constant } from './literal.ts'

/** EXISTS or IN where it is a condition of its own: the rows that have, or have not, a partner. */
export interface Membership {
  readonly negated: boolean
  /** Argument = item, over the subquery's columns; the argument's are outer ones. null for EXISTS. */
  readonly equal: Expression | null
}

/** A correlated subquery that waits for its place in the plan. */
export interface PendingSubquery {
  readonly plan: LogicalPlan
  /** The scope it refers to. */
  readonly serial: number
  readonly type: SqlType
  readonly position: number | undefined
  /** null when it is a value only. */
  readonly member: Membership | null
  /** What is joined for its value, one row at most for each row. */
  readonly valuePlan: LogicalPlan
  /** The value over the columns of that; the argument's columns are outer ones. */
  readonly value: Expression
  /** Several rows are possible, and 21000. */
  readonly single: boolean
}

type About = Pick<PendingSubquery, 'plan' | 'serial' | 'position'>

/** A scalar subquery. */
export function scalarSubquery(about: About): PendingSubquery {
  const value = columnAt(about.plan, 0)
  return { ...about, type: value.type, member: null, valuePlan: about.plan, value, single: true }
}

/** (a, b) = (SELECT c, d): `comparison` is over the subquery's columns, the row's are outer ones. */
export function rowSubquery(about: About, comparison: Expression): PendingSubquery {
  // Without a row the comparison is NULL, whatever it makes of NULLs.
  const plan: LogicalPlan = {
    kind: 'project', input: about.plan, output: [...about.plan.output, { name: 'one', type: BOOLEAN, nullable: false }],
    expressions: [...about.plan.output.map((_, i) => columnAt(about.plan, i)), constant(BOOLEAN, 1)],
  }
  const isThere: Expression = {
    kind: 'call', fn: 'is_not_null', type: BOOLEAN, args: [columnAt(plan, about.plan.output.length)],
  }
  const value: Expression = {
    kind: 'case', type: BOOLEAN, branches: [{ when: isThere, then: comparison }], otherwise: null,
    position: about.position,
  }
  return { ...about, type: BOOLEAN, member: null, valuePlan: plan, value, single: true }
}

/** EXISTS (subquery). */
export function existsSubquery(about: About): PendingSubquery {
  const valuePlan = aggregated(about.plan, [counted(null)])
  return {
    ...about, type: BOOLEAN, member: { negated: false, equal: null }, valuePlan, single: false,
    value: moreThanNone(columnAt(valuePlan, 0), about.position),
  }
}

/** IN, or NOT IN: `equal` is over the subquery's columns, the argument's are outer ones. */
export function inSubquery(about: About, equal: Expression, negated: boolean): PendingSubquery {
  return { ...quantified(about, equal, negated), member: { negated, equal } }
}

/** True when some comparison is true, else NULL when some is NULL, else false; `negated`: NOT that. */
export function quantified(about: About, comparison: Expression, negated: boolean): PendingSubquery {
  const { position } = about
  const valuePlan = aggregated(about.plan, [counted(comparison), counted(isNull(comparison))])
  const value: Expression = {
    kind: 'case', type: BOOLEAN, position, otherwise: constant(BOOLEAN, negated ? 1 : 0),
    branches: [
      { when: moreThanNone(columnAt(valuePlan, 0), position), then: constant(BOOLEAN, negated ? 0 : 1) },
      { when: moreThanNone(columnAt(valuePlan, 1), position), then: constant(BOOLEAN, null) },
    ],
  }
  return { ...about, type: BOOLEAN, member: null, valuePlan, value, single: false }
}

/**
 * `x op ANY (subquery)` by the subquery's extremes: `compare` makes x op value, x of outer columns. `extremes` are
 * the aggregates of which one comparison being true means that one of the column's is: max for <, min for >, both
 * for <>.
 */
export function byExtremes(
  about: About, extremes: readonly ('min' | 'max')[], compare: (value: Expression) => Expression, negated: boolean,
): PendingSubquery {
  const { position, plan } = about
  const column = columnAt(plan, 0)
  const { type } = column
  const calls: AggregateCall[] = [
    counted(null), { fn: 'count', args: [column], distinct: false, filter: null, type: BIGINT },
    ...extremes.map((fn): AggregateCall => ({ fn, args: [column], distinct: false, filter: null, type })),
  ]
  const valuePlan = aggregated(plan, calls)
  const [rows, values] = [columnAt(valuePlan, 0), columnAt(valuePlan, 1)]
  const some = extremes.map((_, i) => compare(columnAt(valuePlan, 2 + i)))
  const found: Expression = some.length === 1 ? some[0]! : { kind: 'call', fn: 'or', type: BOOLEAN, args: some }
  const any: Expression = {
    kind: 'case', type: BOOLEAN, position, otherwise: constant(BOOLEAN, null),
    branches: [
      { when: { kind: 'call', fn: 'eq', type: BOOLEAN, args: [rows, constant(BIGINT, 0)] },
        then: constant(BOOLEAN, 0) },
      { when: found, then: constant(BOOLEAN, 1) },
      // No value is NULL, so only the argument can be.
      { when: { kind: 'call', fn: 'eq', type: BOOLEAN, args: [rows, values] }, then: found },
    ],
  }
  const value: Expression = negated ? { kind: 'call', fn: 'not', type: BOOLEAN, args: [any], position } : any
  return { ...about, type: BOOLEAN, member: null, valuePlan, value, single: false }
}

function columnAt(plan: LogicalPlan, index: number): Expression {
  return { kind: 'column', index, ...plan.output[index]! }
}

/** True also where the comparison is NULL. */
export function equalOrNull(equal: Expression): Expression {
  return { kind: 'call', fn: 'or', type: BOOLEAN, args: [equal, isNull(equal)], position: equal.position }
}

function isNull(e: Expression): Expression {
  return { kind: 'call', fn: 'is_null', type: BOOLEAN, args: [e], position: e.position }
}

function counted(filter: Expression | null): AggregateCall {
  return { fn: 'count_star', args: [], distinct: false, filter, type: BIGINT }
}

function moreThanNone(count: Expression, position: number | undefined): Expression {
  return { kind: 'call', fn: 'gt', type: BOOLEAN, args: [count, constant(BIGINT, 0)], position }
}

function aggregated(input: LogicalPlan, aggregates: readonly AggregateCall[]): LogicalPlan {
  const output = aggregates.map(({ fn, type }) => ({ name: fn, type, nullable: !isCount(fn) }))
  return { kind: 'aggregate', input, groups: [], aggregates, output }
}
