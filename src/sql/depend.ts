// A correlated plan evaluated for many outer rows at once. depend() gives, for a plan R that refers to a scope and a
// domain D of the distinct values it reads there, the rows of R for every row of D, with the columns of D behind R's.
// References become columns on the way down, as Neumann and Kemper unnest arbitrary queries ("Unnesting Arbitrary
// Queries", BTW 2015):
//
//   nothing refers        R x D                            DISTINCT, UNION …    compare the columns of D as well
//   WHERE, select list    read columns of D                LIMIT                row_number() within a row of D
//   GROUP BY              by the columns of D as well      window functions     partition by D as well
//   aggregate, no GROUP   D left join the aggregate        joins                D on the side that refers, or on both
//                         by D; counts of nothing are 0                         with `D = D` (NULL equal to NULL)
import { BIGINT, BOOLEAN } from '../base/types.ts'
import { isCount } from '../../exec/functions/aggregates.ts'
import { andAll, remap } from '../../exec/plan/expression.ts'
import type {
  AggregateCall, AggregatePlan, ColumnExpression, Expression, JoinPlan, LimitPlan, LogicalPlan, OutputColumn, SetPlan,
  UnfoldPlan, ValuesPlan, WindowPlan,
} from '../../exec/plan/logical.ts'
import { mapAggregate, mapExpressions } from '../../exec/plan/map-plan.ts'
import { isOuter, outerColumnsOf, refersTo, substituteOuter } from './correlation.ts'
import { constant } from './literal.ts'
import { unsupported } from './node-reader.ts'
import { nullSafeKeys } from './null-safe-keys.ts'
import { columnsOfPlan } from './pull-up.ts'

/** The outer values that a plan is evaluated for. */
export interface Domain {
  /** The scope whose columns they are. */
  readonly serial: number
  /** Its distinct rows. */
  readonly plan: LogicalPlan
  /** Ordinal in the scope to column of the plan. */
  readonly places: ReadonlyMap<number, number>
  readonly position: number | undefined
}

/** The rows of `plan` for every row of the domain, whose columns stand behind its own. */
export function depend(plan: LogicalPlan, domain: Domain): LogicalPlan {
  if (outerColumnsOf(plan, domain.serial).size === 0) return crossed(plan, domain.plan)
  switch (plan.kind) {
    case 'filter': {
      const input = depend(plan.input, domain)
      return { ...plan, input, predicate: seated(plan.predicate, plan.input, domain), output: input.output }
    }
    case 'project': {
      const input = depend(plan.input, domain)
      const expressions = plan.expressions.map(e => seated(e, plan.input, domain))
      return {
        ...plan, input, expressions: [...expressions, ...domainColumns(plan.input, domain)],
        output: [...plan.output, ...domain.plan.output],
      }
    }
    case 'sort': {
      const input = depend(plan.input, domain)
      const keys = plan.keys.map(key => ({ ...key, expression: seated(key.expression, plan.input, domain) }))
      return { ...plan, input, keys, output: input.output }
    }
    case 'distinct': {
      const input = depend(plan.input, domain)
      return { ...plan, input, output: input.output }
    }
    case 'aggregate': return plan.groups.length === 0 ? dependScalar(plan, domain) : dependGroups(plan, domain)
    case 'window': return dependWindow(plan, domain)
    case 'limit': return dependLimit(plan, domain)
    case 'set': return dependSet(plan, domain)
    case 'unfold': return dependUnfold(plan, domain)
    case 'values': return dependValues(plan, domain)
    case 'join': return dependJoin(plan, domain)
    default: throw unsupported(`a reference to an outer query inside ${plan.kind}`, domain.position)
  }
}

/** The expression over the input with the domain behind it. */
function seated(e: Expression, input: LogicalPlan, domain: Domain): Expression {
  const width = input.output.length
  return substituteOuter(e, domain.serial, (ordinal, column) => (
    { ...column, index: width + domain.places.get(ordinal)! }
  ))
}

function domainColumns(input: LogicalPlan, domain: Domain): ColumnExpression[] {
  const width = input.output.length
  return domain.plan.output.map((column, i) => ({ kind: 'column', index: width + i, ...column }))
}

function crossed(left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  return {
    kind: 'join', join: 'cross', left, right, leftKeys: [], rightKeys: [], residual: null,
    output: [...left.output, ...right.output],
  }
}

/** The columns at `picks`, in that order. */
function picked(input: LogicalPlan, picks: readonly number[]): LogicalPlan {
  const output = picks.map(index => input.output[index]!)
  const expressions = picks.map((index): Expression => ({ kind: 'column', index, ...input.output[index]! }))
  return { kind: 'project', input, expressions, output }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

function seatedCalls(plan: AggregatePlan, domain: Domain): AggregateCall[] {
  return plan.aggregates.map(call => mapAggregate(call, e => seated(e, plan.input, domain)))
}

/** Aggregates grouped by the plan's groups and the domain: groups, domain, aggregates. */
export function groupedByDomain(plan: AggregatePlan, domain: Domain): LogicalPlan {
  const groups = plan.groups.map(e => seated(e, plan.input, domain))
  const output = [
    ...plan.output.slice(0, groups.length), ...domain.plan.output, ...plan.output.slice(groups.length),
  ]
  return {
    ...plan, input: depend(plan.input, domain), groups: [...groups, ...domainColumns(plan.input, domain)],
    aggregates: seatedCalls(plan, domain), output,
  }
}

function dependGroups(plan: AggregatePlan, domain: Domain): LogicalPlan {
  const grouped = groupedByDomain(plan, domain)
  const [groups, width] = [plan.groups.length, domain.plan.output.length]
  const total = grouped.output.length
  return picked(grouped, [...range(0, groups), ...range(groups + width, total), ...range(groups, groups + width)])
}

/** Without GROUP BY there is a row for every row of the domain, also where nothing is aggregated. */
function dependScalar(plan: AggregatePlan, domain: Domain): LogicalPlan {
  const grouped = groupedByDomain(plan, domain)
  const width = domain.plan.output.length
  const joined = joinDomains('left', domain.plan, grouped, [range(0, width), range(0, width)], domain)
  const values = plan.aggregates.map((call, i) => (
    valueOrZero(call, { kind: 'column', index: 2 * width + i, ...joined.output[2 * width + i]! })
  ))
  return {
    kind: 'project', input: joined, output: [...plan.output, ...domain.plan.output],
    expressions: [...values, ...columnsOfPlan(domain.plan)],
  }
}

/** An aggregate's column beside a row that may have had no group: the count of nothing is 0, the rest is NULL. */
export function valueOrZero(call: AggregateCall, column: Expression): Expression {
  if (!isCount(call.fn)) return column
  return { kind: 'call', fn: 'coalesce', type: call.type, args: [column, constant(call.type, 0)] }
}

function dependWindow(plan: WindowPlan, domain: Domain): LogicalPlan {
  const input = depend(plan.input, domain)
  const seatedPlan = mapExpressions(plan, e => seated(e, plan.input, domain)) as WindowPlan
  const partition = domainColumns(plan.input, domain)
    .map(expression => ({ expression, descending: false, nullsFirst: false }))
  const calls = seatedPlan.calls.map(call => ({ ...call, partition: call.partition + partition.length }))
  const added = plan.output.slice(plan.input.output.length)
  const window: WindowPlan = {
    ...seatedPlan, input, keys: [...partition, ...seatedPlan.keys], calls, output: [...input.output, ...added],
  }
  const [own, all] = [plan.input.output.length, input.output.length]
  return picked(window, [...range(0, own), ...range(all, all + added.length), ...range(own, all)])
}

/** LIMIT and OFFSET by the number of the row within its row of the domain. */
function dependLimit(plan: LimitPlan, domain: Domain): LogicalPlan {
  const sorted = plan.input.kind === 'sort' ? plan.input : null
  const below = sorted === null ? plan.input : sorted.input
  const input = depend(below, domain)
  const partition = domainColumns(below, domain)
    .map(expression => ({ expression, descending: false, nullsFirst: false }))
  const order = (sorted?.keys ?? []).map(key => ({ ...key, expression: seated(key.expression, below, domain) }))
  const end = { kind: 'current', side: 'preceding', offset: null } as const
  const numbered: WindowPlan = {
    kind: 'window', input, keys: [...partition, ...order], output: [
      ...input.output, { name: 'row_number', type: BIGINT, nullable: false },
    ],
    calls: [{
      fn: 'row_number', args: [], filter: null, partition: partition.length,
      order: order.length, type: BIGINT,
      frame: { mode: 'range', start: { ...end, kind: 'unbounded' }, end, exclude: 'none' },
    }],
  }
  const number: Expression = { kind: 'column', index: input.output.length, name: 'row_number', type: BIGINT,
    nullable: false }
  const limit = plan.limit === null ? null : seated(plan.limit, below, domain)
  const offset = plan.offset === null ? null : seated(plan.offset, below, domain)
  const predicate = andAll(withinLimit(number, limit, offset))
  const kept: LogicalPlan = predicate === null ? numbered
    : { kind: 'filter', input: numbered, predicate, output: numbered.output }
  return picked(kept, range(0, input.output.length))
}

/** Conditions on the number of a row; NULL as a limit or an offset is none. */
function withinLimit(number: Expression, limit: Expression | null, offset: Expression | null): Expression[] {
  const call = (fn: string, args: Expression[], type = BOOLEAN): Expression => ({ kind: 'call', fn, type, args })
  const skipped = offset === null ? null : call('coalesce', [offset, constant(BIGINT, 0)], BIGINT)
  const conditions: Expression[] = []
  if (skipped !== null) conditions.push(call('gt', [number, skipped]))
  if (limit !== null) {
    const rank = skipped === null ? number : call('sub', [number, skipped], BIGINT)
    conditions.push(call('or', [call('le', [rank, limit]), call('is_null', [limit])]))
  }
  return conditions
}

function dependUnfold(plan: UnfoldPlan, domain: Domain): LogicalPlan {
  const input = depend(plan.input, domain)
  const calls = plan.calls.map(call => ({ ...call, args: call.args.map(e => seated(e, plan.input, domain)) }))
  const [own, all, added] = [plan.input.output.length, input.output.length, plan.output.slice(plan.input.output.length)]
  const unfolded: UnfoldPlan = { ...plan, input, calls, output: [...input.output, ...added] }
  return picked(unfolded, [...range(0, own), ...range(all, all + added.length), ...range(own, all)])
}

function dependSet(plan: SetPlan, domain: Domain): LogicalPlan {
  const inputs = plan.inputs.map(input => depend(input, domain))
  return { ...plan, inputs, output: [...plan.output, ...domain.plan.output] }
}

/** Each row of VALUES that refers outwards once for every row of the domain. */
function dependValues(plan: ValuesPlan, domain: Domain): LogicalPlan {
  const output = [...plan.output, ...domain.plan.output]
  const inputs = plan.rows.map((row): LogicalPlan => ({
    kind: 'project', input: domain.plan, output,
    expressions: [
      ...row.map(e => substituteOuter(e, domain.serial, (ordinal, column) => (
        { ...column, index: domain.places.get(ordinal)! }
      ))),
      ...columnsOfPlan(domain.plan),
    ],
  }))
  return inputs.length === 1 ? inputs[0]! : { kind: 'set', operation: 'union', all: true, inputs, output }
}

function dependJoin(plan: JoinPlan, domain: Domain): LogicalPlan {
  const [inLeft, inRight] = [plan.left, plan.right].map(side => outerColumnsOf(side, domain.serial).size > 0)
  const own = [...plan.leftKeys, ...plan.rightKeys, ...(plan.residual === null ? [] : [plan.residual])]
  const inCondition = own.some(e => refersTo(e, domain.serial))
  const [left, right] = [plan.left.output.length, plan.right.output.length]
  const width = domain.plan.output.length
  const isInner = plan.join === 'inner' || plan.join === 'cross'
  if (isInner && !inLeft && inRight) {
    const joined = joinSeated(plan, plan.left, depend(plan.right, domain), domain, left + right)
    return joined
  }
  if (!inRight && plan.join !== 'full') {
    const joined = joinSeated(plan, depend(plan.left, domain), plan.right, domain, left)
    const total = joined.output.length
    if (total === left + width) return joined
    return picked(joined, [...range(0, left), ...range(left + width, total), ...range(left, left + width)])
  }
  if (plan.join === 'full' && inCondition) {
    throw unsupported('a reference to an outer query in the condition of a FULL JOIN', domain.position)
  }
  return joinBoth(plan, domain)
}

/** The join with one dependent side; the domain stands at `at` of its row. */
function joinSeated(plan: JoinPlan, left: LogicalPlan, right: LogicalPlan, domain: Domain, at: number): LogicalPlan {
  const before = plan.left.output.length
  const shift = left.output.length - before
  const move = (e: Expression): Expression => substituteOuter(
    remap(e, index => !isOuter(index) && index >= before ? index + shift : index), domain.serial,
    (ordinal, column) => ({ ...column, index: at + domain.places.get(ordinal)! })
  )
  // Keys read one side each: one that refers outwards is a condition instead.
  const keys = plan.leftKeys.map((key, i) => [key, plan.rightKeys[i]!] as const)
  const plainKeys = keys.filter(pair => !pair.some(e => refersTo(e, domain.serial)))
  const conditions = keys.filter(pair => !plainKeys.includes(pair)).map(([a, b]): Expression => (
    { kind: 'call', fn: 'eq', type: BOOLEAN, args: [a, remap(b, index => isOuter(index) ? index : index + before)] }
  ))
  if (plan.residual !== null) conditions.push(plan.residual)
  const hasCondition = plainKeys.length > 0 || conditions.length > 0
  const join = plan.join === 'cross' && hasCondition ? 'inner' : plan.join
  const rightColumns = join === 'left' ? nullable(right.output) : join === 'semi' || join === 'anti' ? [] : right.output
  return {
    ...plan, join, left, right, leftKeys: plainKeys.map(([key]) => key), rightKeys: plainKeys.map(([, key]) => key),
    residual: andAll(conditions.map(move)), output: [...left.output, ...rightColumns],
  }
}

function nullable(columns: readonly OutputColumn[]): OutputColumn[] {
  return columns.map(column => ({ ...column, nullable: true }))
}

/** Both sides for every row of the domain, joined where these are one. */
function joinBoth(plan: JoinPlan, domain: Domain): LogicalPlan {
  const [left, right] = [depend(plan.left, domain), depend(plan.right, domain)]
  const [leftWidth, rightWidth] = [plan.left.output.length, plan.right.output.length]
  const width = domain.plan.output.length
  const joined = joinSeated(plan, left, right, domain, leftWidth) as JoinPlan
  const keysAt = (from: number, plan: LogicalPlan): Expression[] => range(from, from + width).flatMap(index => (
    nullSafeKeys({ kind: 'column', index, ...plan.output[index]! }, domain.plan.output[index - from]!, domain.position)
  ))
  const full: JoinPlan = {
    ...joined, join: joined.join === 'cross' ? 'inner' : joined.join,
    leftKeys: [...joined.leftKeys, ...keysAt(leftWidth, left)],
    rightKeys: [...joined.rightKeys, ...keysAt(rightWidth, right)],
  }
  if (plan.join === 'semi' || plan.join === 'anti') return full
  const output = [...plan.output, ...domain.plan.output]
  const at = (index: number): Expression => ({ kind: 'column', index, ...full.output[index]! })
  const own = [...range(0, leftWidth), ...range(leftWidth + width, leftWidth + width + rightWidth)].map(at)
  const columns = range(0, width).map((i): Expression => plan.join !== 'full' ? at(leftWidth + i)
    : whichever(at(leftWidth + i), at(leftWidth + width + rightWidth + i)))
  return { kind: 'project', input: full, expressions: [...own, ...columns], output }
}

/** A full join's row has its domain from the side that there is. */
function whichever(left: Expression, right: Expression): Expression {
  return { kind: 'call', fn: 'coalesce', type: left.type, args: [left, right] }
}

/** `left` and `right` joined where their columns at the given places are the same row of the domain. */
export function joinDomains(
  join: 'inner' | 'left' | 'semi' | 'anti', left: LogicalPlan, right: LogicalPlan,
  [leftAt, rightAt]: readonly [readonly number[], readonly number[]], domain: Domain,
): JoinPlan {
  const keys = (plan: LogicalPlan, at: readonly number[]): Expression[] => at.flatMap((index, i) => (
    nullSafeKeys({ kind: 'column', index, ...plan.output[index]! }, domain.plan.output[i]!, domain.position)
  ))
  const rightColumns = join === 'left' ? nullable(right.output) : join === 'inner' ? right.output : []
  return {
    kind: 'join', join, left, right, leftKeys: keys(left, leftAt), rightKeys: keys(right, rightAt), residual: null,
    output: [...left.output, ...rightColumns],
  }
}
