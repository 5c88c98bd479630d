// Correlated subqueries become joins; there is no operator that runs a plan once per row.
//
//   EXISTS, IN as a conjunct of WHERE    semi join; negated: anti join. NOT IN also drops a row when a comparison is
//                                        NULL, so its condition is `x = y OR (x = y) IS NULL`
//   scalar aggregate, keys `o.a = i.b`   left join with the subquery grouped by b; a count of no rows is 0
//   scalar aggregate, any condition      the same, grouped by the distinct outer values it reads, which are joined
//                                        with the subquery's rows first and with the outer rows (NULL = NULL) last
//   any other scalar                     left join that refuses a second partner (dependent.ts)
//   EXISTS, IN, ANY, ALL elsewhere       counts and extremes as scalar aggregates, and an expression over them
import { sameType } from '../base/types.ts'
import { andAll, columnsOf, conjuncts, substitute } from '../../exec/plan/expression.ts'
import type {
  AggregateCall, AggregatePlan, ColumnExpression, Expression, JoinPlan, LogicalPlan, OutputColumn,
} from '../../exec/plan/logical.ts'
import { mapAggregate } from '../../exec/plan/map-plan.ts'
import { PENDING, addOuterColumns, isOuter, isPending, isPendingIndex, outerColumnsOf, outerOrdinal, refersTo,
  substituteOuter } from './correlation.ts'
import { groupedByDomain, joinDomains, valueOrZero } from './depend.ts'
import { domainOf, filterDependent, joinDependent } from './dependent.ts'
import type { Dependent } from './dependent.ts'
import { isNullable } from './grouping.ts'
import { nullSafeKeys } from './null-safe-keys.ts'
import { pullUp } from './pull-up.ts'
import type { Membership, PendingSubquery } from './subquery-value.ts'
import { equalOrNull } from './subquery-value.ts'

/** A column of the level (an input column or a marker of it) over the plan that subqueries are joined to. */
export type LevelColumn = (column: ColumnExpression) => Expression

const same: LevelColumn = column => column

/** The correlated subqueries of one query level, by the order of their markers. */
export class Unnesting {
  readonly #pending: PendingSubquery[] = []

  get count(): number {
    return this.#pending.length
  }

  /** Ordinals of the level's columns that the subqueries refer to. */
  reads(): number[] {
    return this.#pending.flatMap(({ valuePlan, value, serial }) => {
      const read = outerColumnsOf(valuePlan, serial)
      addOuterColumns(value, serial, read)
      return [...read.keys()]
    })
  }

  /** The marker column that stands for the subquery. */
  add(subquery: PendingSubquery): ColumnExpression {
    const index = PENDING + this.#pending.push(subquery) - 1
    return { kind: 'column', index, type: subquery.type, nullable: true, name: 'subquery', position: subquery.position }
  }

  /** Joins the subqueries of WHERE to the plan; gives the conditions that remain, over the plan it returns. */
  where(
    plan: LogicalPlan, conditions: readonly Expression[], over: LevelColumn = same,
  ): { plan: LogicalPlan; conditions: Expression[] } {
    let joined = plan
    const values: Expression[] = []
    for (const condition of conditions) {
      const isNot = condition.kind === 'call' && condition.fn === 'not'
      const only = isNot ? condition.args[0]! : condition
      const subquery = only.kind === 'column' && isPendingIndex(only.index)
        ? this.#pending[only.index - PENDING]! : null
      if (subquery === null || subquery.member === null || readsPending(subquery)) values.push(condition)
      else joined = memberJoin(joined, subquery, subquery.member, { isNot, over })
    }
    const done = this.expressions(joined, values, over)
    return { plan: done.plan, conditions: done.expressions }
  }

  /**
   * Joins the subqueries in expressions to the plan, and gives the expressions over the plan it returns: only the
   * markers in them are replaced. `over` says what the columns are that the subqueries refer to.
   */
  expressions(
    plan: LogicalPlan, expressions: readonly Expression[], over: LevelColumn = same,
  ): { plan: LogicalPlan; expressions: Expression[] } {
    const { plan: joined, valueOf } = this.placed(plan, expressions, over)
    return { plan: joined, expressions: expressions.map(valueOf) }
  }

  /** As {@link expressions}, with the mapping of any expression whose markers occur in these. */
  placed(
    plan: LogicalPlan, expressions: readonly Expression[], over: LevelColumn = same,
  ): { plan: LogicalPlan; valueOf: (e: Expression) => Expression } {
    const values = new Map<number, Expression>()
    let joined = plan
    const place = (index: number): Expression => {
      const known = values.get(index)
      if (known !== undefined) return known
      const subquery = this.#pending[index - PENDING]!
      const read = outerColumnsOf(subquery.valuePlan, subquery.serial)
      addOuterColumns(subquery.value, subquery.serial, read)
      for (const ordinal of read.keys()) if (isPendingIndex(ordinal)) place(ordinal)
      const attached = attach(joined, subquery, column => (
        isPendingIndex(column.index) ? values.get(column.index)! : over(column)
      ))
      joined = attached.plan
      values.set(index, attached.value)
      return attached.value
    }
    for (const index of expressions.flatMap(e => [...columnsOf(e)])) if (isPendingIndex(index)) place(index)
    const valueOf = (e: Expression): Expression => (
      isPending(e) ? substitute(e, column => values.get(column.index) ?? column) : e
    )
    return { plan: joined, valueOf }
  }
}

function readsPending({ plan, serial, member }: PendingSubquery): boolean {
  const read = outerColumnsOf(plan, serial)
  if (member!.equal !== null) addOuterColumns(member!.equal, serial, read)
  return [...read.keys()].some(isPendingIndex)
}

function dependentOf(subquery: PendingSubquery, plan: LogicalPlan, over: LevelColumn): Dependent {
  return {
    plan, serial: subquery.serial, position: subquery.position,
    columnOf: (ordinal, column) => over({ ...column, index: ordinal } as ColumnExpression),
  }
}

/** Semi or anti join of the rows with those of the subquery. */
function memberJoin(
  left: LogicalPlan, subquery: PendingSubquery, { equal, negated }: Membership,
  { isNot, over }: { isNot: boolean; over: LevelColumn },
): LogicalPlan {
  const isAnti = negated !== isNot
  const on = equal === null ? [] : conjuncts(isAnti && isNullable(equal) ? equalOrNull(equal) : equal)
  return filterDependent(left, dependentOf(subquery, subquery.plan, over), isAnti ? 'anti' : 'semi', on)
}

/** The plan with columns for the subquery's value appended, and the value over them. */
function attach(
  plan: LogicalPlan, subquery: PendingSubquery, over: LevelColumn,
): { plan: LogicalPlan; value: Expression } {
  const dependent = dependentOf(subquery, subquery.valuePlan, over)
  const found = overAggregate(subquery.valuePlan)
  const { plan: joined, values } = found === null ? joinDependent(plan, dependent, 'left', [], subquery.single)
    : joinAggregate(plan, found, dependent)
  const value = substitute(subquery.value, column => {
    const ordinal = outerOrdinal(column.index, subquery.serial)
    return ordinal >= 0 ? dependent.columnOf(ordinal, column) : isOuter(column.index) ? column : values[column.index]!
  })
  return { plan: joined, value }
}

/** A query that is one row of aggregates: the node, the select list over it, and HAVING. */
interface OverAggregate {
  readonly aggregate: AggregatePlan
  readonly items: readonly Expression[]
  readonly having: readonly Expression[]
}

function overAggregate(plan: LogicalPlan): OverAggregate | null {
  switch (plan.kind) {
    case 'aggregate': {
      if (plan.groups.length > 0) return null
      const items = plan.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
      return { aggregate: plan, items, having: [] }
    }
    case 'sort': return overAggregate(plan.input)
    case 'project': case 'filter': {
      const inner = overAggregate(plan.input)
      if (inner === null) return null
      const over = (e: Expression): Expression => (
        substitute(e, column => isOuter(column.index) ? column : inner.items[column.index]!)
      )
      return plan.kind === 'project' ? { ...inner, items: plan.expressions.map(over) }
        : { ...inner, having: [...inner.having, over(plan.predicate)] }
    }
    default: return null
  }
}

/** Left join with the aggregates, grouped by what they depend on. */
function joinAggregate(
  left: LogicalPlan, { aggregate, items, having }: OverAggregate, dependent: Dependent,
): { plan: LogicalPlan; values: Expression[] } {
  const { plan, first } = joinByKeys(left, aggregate, dependent) ?? joinByDomain(left, aggregate, dependent)
  const valueOf = (column: ColumnExpression): Expression => {
    const ordinal = outerOrdinal(column.index, dependent.serial)
    if (ordinal >= 0) return dependent.columnOf(ordinal, column)
    if (isOuter(column.index)) return column
    const index = first + column.index
    return valueOrZero(aggregate.aggregates[column.index]!, { kind: 'column', index, ...plan.output[index]! })
  }
  const condition = andAll(having.map(e => substitute(e, valueOf)))
  const values = items.map(e => substitute(e, valueOf)).map((then): Expression => condition === null ? then : {
    kind: 'case', type: then.type, branches: [{ when: condition, then }], otherwise: null, position: then.position,
  })
  return { plan, values }
}

interface Joined {
  readonly plan: LogicalPlan
  /** Column of the first aggregate. */
  readonly first: number
}

/** By the values that are compared with `=`, where nothing else refers outwards. */
function joinByKeys(left: LogicalPlan, plan: AggregatePlan, dependent: Dependent): Joined | null {
  const { serial } = dependent
  const pulled = pullUp(plan.input, serial, true)
  if (pulled === null) return null
  const over = (e: Expression): Expression => (
    substitute(e, column => isOuter(column.index) ? column : pulled.items[column.index]!)
  )
  const calls = plan.aggregates.map(call => mapAggregate(call, over))
  const pairs = pulled.conditions.map(e => keyPair(e, serial)).filter(pair => pair !== null)
  const isOpen = calls.some(call => refersInside(call, serial))
  if (pairs.length < pulled.conditions.length || isOpen) return null
  const groups = pairs.map(pair => pair.inner)
  const output: OutputColumn[] = [
    ...groups.map((e, i) => (
      { name: e.kind === 'column' ? e.name : `key${i + 1}`, type: e.type, nullable: isNullable(e) }
    )),
    ...plan.output,
  ]
  const right: LogicalPlan = { kind: 'aggregate', input: pulled.input, groups, aggregates: calls, output }
  const leftKeys = pairs.map(pair => substituteOuter(pair.outer, serial, dependent.columnOf))
  const join: JoinPlan = {
    kind: 'join', join: 'left', left, right, residual: null, leftKeys,
    rightKeys: groups.map((_, index): Expression => ({ kind: 'column', index, ...output[index]! })),
    output: [...left.output, ...output.map(column => ({ ...column, nullable: true }))],
  }
  return { plan: join, first: left.output.length + groups.length }
}

function refersInside(call: AggregateCall, serial: number): boolean {
  let refers = false
  mapAggregate(call, e => {
    refers ||= refersTo(e, serial)
    return e
  })
  return refers
}

/** For every distinct combination of the outer values that the subquery reads. */
function joinByDomain(left: LogicalPlan, aggregate: AggregatePlan, dependent: Dependent): Joined {
  const { domain, expressions } = domainOf(left, { ...dependent, plan: aggregate })
  const right = groupedByDomain(aggregate, domain)
  const join = joinDomains('left', left, right, [[], []], domain)
  const leftKeys = expressions.flatMap((e, i) => nullSafeKeys(e, domain.plan.output[i]!, domain.position))
  const rightKeys = expressions.flatMap((_, index) => (
    nullSafeKeys({ kind: 'column', index, ...right.output[index]! }, domain.plan.output[index]!, domain.position)
  ))
  return { plan: { ...join, leftKeys, rightKeys }, first: left.output.length + expressions.length }
}

interface KeyPair {
  /** Over columns of the scope only. */
  readonly outer: Expression
  /** Over the subquery's rows only. */
  readonly inner: Expression
}

/** `outer = inner` of one type, as keys of a hash join; null for other conditions. */
function keyPair(condition: Expression, serial: number): KeyPair | null {
  if (condition.kind !== 'call' || condition.fn !== 'eq') return null
  const [a, b] = condition.args as [Expression, Expression]
  if (!sameType(a.type, b.type) || a.type.blankPadded === true) return null
  const [outer, inner] = readsOnly(a, serial) ? [a, b] : [b, a]
  if (!readsOnly(outer, serial) || columnsOf(inner).size === 0 || [...columnsOf(inner)].some(isOuter)) return null
  return { outer, inner }
}

function readsOnly(e: Expression, serial: number): boolean {
  const columns = [...columnsOf(e)]
  return columns.length > 0 && columns.every(index => outerOrdinal(index, serial) >= 0)
}

