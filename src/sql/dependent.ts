// Joins of rows with a query that refers to them: what correlated subqueries and LATERAL become.
//
//   pull-up     the query's own rows, its correlated conditions as conditions of the join (pull-up.ts)
//   domain      else: the query for the distinct values it refers to (depend.ts), joined on these, NULL equal to NULL
import type { Expression, JoinPlan, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import { andAll, conjuncts, remap, substitute } from '../../exec/plan/expression.ts'
import { BOOLEAN } from '../base/types.ts'
import { isOuter, outerColumnsOf, refersTo, substituteOuter } from './correlation.ts'
import { depend } from './depend.ts'
import type { Domain } from './depend.ts'
import { isNullable } from './grouping.ts'
import { constant } from './literal.ts'
import { nullSafeKeys } from './null-safe-keys.ts'
import { pullUp } from './pull-up.ts'
import type { PulledUp } from './pull-up.ts'

/** A query to be joined with the rows it refers to. */
export interface Dependent {
  readonly plan: LogicalPlan
  /** The scope it refers to. */
  readonly serial: number
  /** A column of that scope over the rows to be joined. */
  readonly columnOf: (ordinal: number, column: Expression) => Expression
  readonly position: number | undefined
}

/** The rows with the query's, and its output columns over them. */
export interface DependentRows {
  readonly plan: LogicalPlan
  readonly values: readonly Expression[]
}

/** Conditions of the join: their columns are the query's output; references to the scope are outer ones. */
export type JoinCondition = readonly Expression[]

/** Inner or left join. `single`: a row with two partners is 21000. */
export function joinDependent(
  left: LogicalPlan, dependent: Dependent, join: 'inner' | 'left', on: JoinCondition = [], single = false,
): DependentRows {
  const pulled = pullUp(dependent.plan, dependent.serial, true)
  const how = single ? { join, single: { position: dependent.position } } : { join }
  return pulled === null ? joinByDomain(left, dependent, how, on) : joinPulled(left, dependent, how, on, pulled)
}

/** Semi or anti join: the rows of `left` with, or without, a row of the query that passes the conditions. */
export function filterDependent(
  left: LogicalPlan, dependent: Dependent, join: 'semi' | 'anti', on: JoinCondition,
): LogicalPlan {
  const { serial, plan } = dependent
  const pulled = pullUp(plan, serial, false)
  if (pulled === null) return joinByDomain(left, dependent, { join }, on).plan
  const conditions = [...pulled.conditions, ...on.map(e => overItems(e, pulled.items))]
  return joinWith(left, pulled.input, { join }, conditions.map(e => seated(e, left, dependent)))
}

type How = Pick<JoinPlan, 'join' | 'single'>

function overItems(e: Expression, items: readonly Expression[]): Expression {
  return substitute(e, column => isOuter(column.index) ? column : items[column.index]!)
}

/** The expression over `left` with the query's rows behind it. */
function seated(e: Expression, left: LogicalPlan, { serial, columnOf }: Dependent): Expression {
  const width = left.output.length
  const moved = remap(e, index => isOuter(index) ? index : index + width)
  return refersTo(moved, serial) ? substituteOuter(moved, serial, columnOf) : moved
}

function joinWith(left: LogicalPlan, right: LogicalPlan, how: How, conditions: readonly Expression[]): JoinPlan {
  const residual = andAll(conditions.flatMap(e => conjuncts(e)))
  const isOuterJoin = how.join === 'left'
  const rightColumns = isOuterJoin ? right.output.map(column => ({ ...column, nullable: true }))
    : how.join === 'inner' ? right.output : []
  const isCross = how.join === 'inner' && residual === null
  return {
    kind: 'join', ...how, join: isCross ? 'cross' : how.join, left, right, leftKeys: [], rightKeys: [], residual,
    output: [...left.output, ...rightColumns],
  }
}

/** Columns that are computed below the join are NULL without a partner; those that refer outwards ask for one. */
function joinPulled(
  left: LogicalPlan, dependent: Dependent, how: How, on: JoinCondition, pulled: PulledUp,
): DependentRows {
  const { serial } = dependent
  const { input, items } = pulled
  const conditions = [...pulled.conditions, ...on.map(e => overItems(e, items))].map(e => seated(e, left, dependent))
  if (how.join === 'inner' || isOneRow(input, conditions)) {
    const isNeeded = input.output.length > 0 || !isOneRow(input, conditions)
    const plan = isNeeded ? joinWith(left, input, how, conditions) : left
    return { plan, values: items.map(e => seated(e, left, dependent)) }
  }
  const below = items.filter(e => !refersTo(e, serial))
  const hasOpen = below.length < items.length
  const marker: Expression = constant(BOOLEAN, 1)
  const added = hasOpen ? [...below, marker] : below
  const width = input.output.length
  const right: LogicalPlan = {
    kind: 'project', input, expressions: [...input.output.map((_, i) => columnAt(input.output, i)), ...added],
    output: [...input.output, ...added.map(outputOf)],
  }
  const plan = joinWith(left, right, how, conditions)
  const at = (index: number): Expression => columnAt(plan.output, left.output.length + index)
  const isThere: Expression = {
    kind: 'call', fn: 'is_not_null', type: BOOLEAN, args: [at(width + added.length - 1)],
  }
  let next = width
  const values = items.map((e): Expression => !refersTo(e, serial) ? at(next++) : {
    kind: 'case', type: e.type, otherwise: null, position: e.position,
    branches: [{ when: isThere, then: seated(e, left, dependent) }],
  })
  return { plan, values }
}

/** SELECT without FROM and WHERE: every row has its one partner. */
function isOneRow(input: LogicalPlan, conditions: readonly Expression[]): boolean {
  return input.kind === 'values' && input.rows.length === 1 && conditions.length === 0
}

function outputOf(e: Expression): OutputColumn {
  return { name: e.kind === 'column' ? e.name : 'value', type: e.type, nullable: isNullable(e) }
}

function columnAt(output: readonly OutputColumn[], index: number): Expression {
  return { kind: 'column', index, ...output[index]! }
}

function joinByDomain(left: LogicalPlan, dependent: Dependent, how: How, on: JoinCondition): DependentRows {
  const { domain, expressions } = domainOf(left, dependent)
  const right = depend(dependent.plan, domain)
  const width = dependent.plan.output.length
  const leftKeys = expressions.flatMap((e, i) => nullSafeKeys(e, domain.plan.output[i]!, domain.position))
  const rightKeys = expressions.flatMap((_, i) => (
    nullSafeKeys(columnAt(right.output, width + i), domain.plan.output[i]!, domain.position)
  ))
  const plan = joinWith(left, right, how, on.map(e => seated(e, left, dependent)))
  const isKeyed = leftKeys.length > 0 && plan.join === 'cross'
  return {
    plan: { ...plan, join: isKeyed ? 'inner' : plan.join, leftKeys, rightKeys },
    values: how.join === 'semi' || how.join === 'anti' ? []
      : dependent.plan.output.map((_, i) => columnAt(plan.output, left.output.length + i)),
  }
}

/** The distinct values of `left` that the query refers to, and these over `left`. */
export function domainOf(
  left: LogicalPlan, { plan, serial, columnOf, position }: Dependent,
): { domain: Domain; expressions: readonly Expression[] } {
  const read = outerColumnsOf(plan, serial)
  const expressions = [...read].map(([ordinal, column]) => columnOf(ordinal, column))
  const output = expressions.map(outputOf)
  const places = new Map([...read.keys()].map((ordinal, i) => [ordinal, i]))
  const rows: LogicalPlan = { kind: 'project', input: left, expressions, output }
  return { domain: { serial, plan: { kind: 'distinct', input: rows, output }, places, position }, expressions }
}
