// Correlated subqueries become joins; there is no operator that runs a plan once per row.
//
//   EXISTS, IN as a conjunct of WHERE    semi join; negated: anti join. NOT IN also drops a row when a comparison is
//                                        NULL, so its condition is `x = y OR (x = y) IS NULL`
//   scalar aggregate, keys `o.a = i.b`   left join with the subquery grouped by b; a count of no rows is 0
//   scalar aggregate, any condition      the same, grouped by the distinct outer values it reads, which are joined
//                                        with the subquery's rows first and with the outer rows (NULL = NULL) last
//   scalar column of a primary key       left join: it has one row at most
//   EXISTS elsewhere                     count(*) > 0 as a scalar aggregate
//   IN elsewhere                         the same of the rows where the comparison is true, and where it is NULL
import { CODE } from '../base/errors.ts'
import { parseScalar } from '../base/scalar-parse.ts'
import type { SqlType, TypeKind } from '../base/types.ts'
import { BIGINT, BOOLEAN, sameType } from '../base/types.ts'
import { andAll, columnsOf, remap, some, substitute } from '../../exec/plan/expression.ts'
import type {
  AggregateCall, ColumnExpression, Expression, JoinPlan, LogicalPlan, OutputColumn,
} from '../../exec/plan/logical.ts'
import { bindError } from './bind-context.ts'
import { OUTER, PENDING, isCorrelated, isPending, outerColumns, seat } from './correlation.ts'
import type { CorrelatedQuery } from './correlation.ts'
import { MARKER, isNullable } from './grouping.ts'
import { constant } from './literal.ts'
import { unsupported } from './node-reader.ts'

/** A correlated subquery that waits for its place in the plan. */
export interface PendingSubquery {
  readonly mode: 'scalar' | 'exists' | 'in'
  readonly negated: boolean
  readonly query: CorrelatedQuery
  /** Of 'in': argument = item, over the rows of the subquery. */
  readonly equal: Expression | null
  readonly type: SqlType
  readonly position: number | undefined
}

/** The correlated subqueries of one query level, by the order of their markers. */
export class Unnesting {
  readonly #pending: PendingSubquery[] = []

  get count(): number {
    return this.#pending.length
  }

  /** The marker column that stands for the subquery. */
  add(subquery: PendingSubquery): ColumnExpression {
    const index = PENDING + this.#pending.push(subquery) - 1
    return { kind: 'column', index, type: subquery.type, nullable: true, name: 'subquery', position: subquery.position }
  }

  /** Where the newest subquery stands. */
  lastPosition(): number | undefined {
    return this.#pending[this.#pending.length - 1]?.position
  }

  /** Joins the subqueries of WHERE to the plan; gives the conditions that remain, over the plan it returns. */
  where(plan: LogicalPlan, conditions: readonly Expression[]): { plan: LogicalPlan; conditions: Expression[] } {
    let joined = plan
    const values: Expression[] = []
    for (const condition of conditions) {
      const isNot = condition.kind === 'call' && condition.fn === 'not'
      const only = isNot ? condition.args[0]! : condition
      const subquery = only.kind === 'column' && only.index >= PENDING ? this.#pending[only.index - PENDING]! : null
      if (subquery === null || subquery.mode === 'scalar') values.push(condition)
      else joined = memberJoin(joined, subquery, subquery.negated !== isNot)
    }
    const done = this.expressions(joined, values)
    return { plan: done.plan, conditions: done.expressions }
  }

  /** Joins the subqueries in expressions to the plan; gives the expressions over the plan it returns. */
  expressions(plan: LogicalPlan, expressions: readonly Expression[]): { plan: LogicalPlan; expressions: Expression[] } {
    const values = new Map<number, Expression>()
    let joined = plan
    for (const index of expressions.flatMap(e => [...columnsOf(e)])) {
      if (index < PENDING || values.has(index)) continue
      const attached = attach(joined, this.#pending[index - PENDING]!)
      joined = attached.plan
      values.set(index, attached.value)
    }
    const valueOf = (column: ColumnExpression): Expression => values.get(column.index) ?? column
    return { plan: joined, expressions: expressions.map(e => isPending(e) ? substitute(e, valueOf) : e) }
  }
}

/** Semi or anti join of the rows with those of the subquery. */
function memberJoin(left: LogicalPlan, { query, equal, position }: PendingSubquery, negated: boolean): JoinPlan {
  checkPlain(query, position)
  const conditions = [...query.conditions]
  if (equal !== null) conditions.push(negated && isNullable(equal) ? equalOrNull(equal) : equal)
  const width = left.output.length
  const residual = andAll(conditions.map(e => seat(e, width, index => index)))
  return {
    kind: 'join', join: negated ? 'anti' : 'semi', left, right: query.input, leftKeys: [], rightKeys: [], residual,
    output: left.output,
  }
}

/** Only the rows of FROM and WHERE decide about EXISTS and IN. */
function checkPlain(query: CorrelatedQuery, position: number | undefined): void {
  if (query.aggregates.length > 0 || query.isGrouped || query.isLimited) {
    throw unsupported('a correlated EXISTS or IN with aggregates, GROUP BY or LIMIT', position)
  }
}

function equalOrNull(equal: Expression): Expression {
  return { kind: 'call', fn: 'or', type: BOOLEAN, args: [equal, isNull(equal)], position: equal.position }
}

function isNull(e: Expression): Expression {
  return { kind: 'call', fn: 'is_null', type: BOOLEAN, args: [e], position: e.position }
}

const ZERO = constant(BIGINT, 0)

/** The plan with columns for the subquery's value appended, and the value over them. */
function attach(plan: LogicalPlan, subquery: PendingSubquery): { plan: LogicalPlan; value: Expression } {
  const { query, mode, position } = subquery
  if (query.isGrouped || query.isLimited) {
    throw unsupported('a correlated subquery with GROUP BY, HAVING or LIMIT here', position)
  }
  if (mode !== 'scalar') return attachMember(plan, subquery)
  if (query.aggregates.length === 0) return joinRow(plan, query, position)
  const { plan: joined, valueOf } = joinAggregates(plan, query, query.aggregates, position)
  const value = substitute(query.items[0]!, column => {
    if (column.index >= MARKER) return valueOf(column.index - MARKER)
    throw bindError(CODE.GROUPING, `column "${column.name}" must appear in the GROUP BY clause or be used in an ` +
      'aggregate function', column.position)
  })
  return { plan: joined, value }
}

/** EXISTS and IN as a value: by the number of rows, of those that are equal and of those that may be. */
function attachMember(
  plan: LogicalPlan, { query, equal, negated, position }: PendingSubquery,
): { plan: LogicalPlan; value: Expression } {
  checkPlain(query, position)
  const count = (filter: Expression | null): AggregateCall => (
    { fn: 'count_star', args: [], distinct: false, filter, type: BIGINT, position }
  )
  const calls = equal === null ? [count(null)] : [count(equal), count(isNull(equal))]
  const { plan: joined, valueOf } = joinAggregates(plan, query, calls, position)
  const has = (call: number): Expression => (
    { kind: 'call', fn: 'gt', type: BOOLEAN, args: [valueOf(call), ZERO], position }
  )
  if (equal === null) return { plan: joined, value: has(0) }
  const [yes, no] = negated ? [0, 1] : [1, 0]
  const value: Expression = {
    kind: 'case', type: BOOLEAN, position, otherwise: constant(BOOLEAN, no),
    branches: [{ when: has(0), then: constant(BOOLEAN, yes) }, { when: has(1), then: constant(BOOLEAN, null) }],
  }
  return { plan: joined, value }
}

interface Joined {
  readonly plan: LogicalPlan
  /** Value of an aggregate for a row of the plan. */
  readonly valueOf: (call: number) => Expression
}

function joinAggregates(
  left: LogicalPlan, query: CorrelatedQuery, calls: readonly AggregateCall[], position: number | undefined,
): Joined {
  const pairs = query.conditions.map(keyPair)
  const keyed = pairs.every(pair => pair !== null)
    && !calls.some(({ filter }) => filter !== null && isCorrelated(filter))
  const width = left.output.length
  const { right, leftKeys, rightKeys } = keyed
    ? groupedByKeys(query, calls, pairs.filter(pair => pair !== null))
    : groupedByOuter(left, query, calls, position)
  const plan: JoinPlan = {
    kind: 'join', join: 'left', left, right, leftKeys, rightKeys, residual: null,
    output: [...left.output, ...right.output.map(column => ({ ...column, nullable: true }))],
  }
  const first = width + right.output.length - calls.length
  const valueOf = (call: number): Expression => {
    const { name, type } = plan.output[first + call]!
    const column: Expression = { kind: 'column', index: first + call, name, type, nullable: true }
    if (!COUNTS.has(calls[call]!.fn)) return column
    return { kind: 'call', fn: 'coalesce', type, args: [column, { ...ZERO, type }] }
  }
  return { plan, valueOf }
}

const COUNTS = new Set(['count', 'count_star'])

interface GroupedSide {
  readonly right: LogicalPlan
  readonly leftKeys: readonly Expression[]
  readonly rightKeys: readonly Expression[]
}

function groupedByKeys(
  query: CorrelatedQuery, calls: readonly AggregateCall[], pairs: readonly KeyPair[],
): GroupedSide {
  const groups = pairs.map(pair => pair.inner)
  const right = aggregate(query.input, groups, calls)
  return {
    right, leftKeys: pairs.map(pair => pair.outer),
    rightKeys: groups.map((_, i) => columnAt(right.output, i)),
  }
}

/** The aggregates for every distinct combination of the outer values that the conditions read. */
function groupedByOuter(
  left: LogicalPlan, query: CorrelatedQuery, calls: readonly AggregateCall[], position: number | undefined,
): GroupedSide {
  const read = new Set<number>()
  for (const condition of query.conditions) outerColumns(condition, read)
  for (const { filter } of calls) if (filter !== null) outerColumns(filter, read)
  const outer = [...read]
  const domain = distinctColumns(left, outer)
  const width = outer.length
  const seated = (e: Expression): Expression => seat(e, width, index => outer.indexOf(index))
  const residual = andAll(query.conditions.map(seated))
  const joined: JoinPlan = {
    kind: 'join', join: 'inner', left: domain, right: query.input, leftKeys: [], rightKeys: [], residual,
    output: [...domain.output, ...query.input.output],
  }
  const shifted = calls.map(call => ({
    ...call, args: call.args.map(seated), filter: call.filter === null ? null : seated(call.filter),
  }))
  const right = aggregate(joined, outer.map((_, i) => columnAt(joined.output, i)), shifted)
  const leftKeys = outer.flatMap(index => nullSafeKeys(columnAt(left.output, index), position))
  return { right, leftKeys, rightKeys: outer.flatMap((_, i) => nullSafeKeys(columnAt(right.output, i), position)) }
}

function distinctColumns(plan: LogicalPlan, columns: readonly number[]): LogicalPlan {
  const output = columns.map(index => plan.output[index]!)
  const expressions = columns.map(index => columnAt(plan.output, index))
  return { kind: 'distinct', output, input: { kind: 'project', input: plan, expressions, output } }
}

function aggregate(
  input: LogicalPlan, groups: readonly Expression[], aggregates: readonly AggregateCall[],
): LogicalPlan {
  const output = [
    ...groups.map((e, i) => (
      { name: e.kind === 'column' ? e.name : `key${i + 1}`, type: e.type, nullable: isNullable(e) }
    )),
    ...aggregates.map(call => ({ name: call.fn, type: call.type, nullable: !COUNTS.has(call.fn) })),
  ]
  return { kind: 'aggregate', input, groups, aggregates, output }
}

/** A scalar without aggregates: the conditions must fix the primary key of the one table it reads. */
function joinRow(
  left: LogicalPlan, query: CorrelatedQuery, position: number | undefined,
): { plan: LogicalPlan; value: Expression } {
  const { input } = query
  if (!hasOneRow(query)) {
    throw unsupported('a correlated scalar subquery that may have several rows (neither an aggregate nor a whole ' +
      'primary key)', position)
  }
  const item = query.items[0]!
  const column: OutputColumn = { name: 'value', type: item.type, nullable: true }
  const right: LogicalPlan = {
    kind: 'project', input, expressions: [...input.output.map((_, i) => columnAt(input.output, i)), item],
    output: [...input.output, column],
  }
  const width = left.output.length
  const output = [...left.output, ...right.output.map(each => ({ ...each, nullable: true }))]
  const residual = andAll(query.conditions.map(e => seat(e, width, index => index)))
  const plan: JoinPlan = { kind: 'join', join: 'left', left, right, leftKeys: [], rightKeys: [], residual, output }
  return { plan, value: columnAt(output, output.length - 1) }
}

function hasOneRow({ input, conditions }: CorrelatedQuery): boolean {
  const scan = input.kind === 'filter' ? input.input : input
  if (scan.kind !== 'scan') return false
  const fixed = new Set<number>()
  for (const condition of conditions) {
    const inner = keyPair(condition)?.inner
    if (inner?.kind === 'column') fixed.add(scan.columns[inner.index]!)
  }
  return scan.schema.key.every(ordinal => fixed.has(ordinal))
}

interface KeyPair {
  /** Over the outer query's row. */
  readonly outer: Expression
  /** Over the subquery's row. */
  readonly inner: Expression
}

/** `outer = inner` of one type, as keys of a hash join; null for other conditions. */
function keyPair(condition: Expression): KeyPair | null {
  if (condition.kind !== 'call' || condition.fn !== 'eq') return null
  const [a, b] = condition.args as [Expression, Expression]
  if (!sameType(a.type, b.type) || a.type.blankPadded === true) return null
  const [outer, inner] = readsOnly(a, true) && readsOnly(b, false) ? [a, b] : [b, a]
  if (!readsOnly(outer, true) || !readsOnly(inner, false)) return null
  return { outer: remap(outer, index => index - OUTER), inner }
}

function readsOnly(e: Expression, fromOuter: boolean): boolean {
  const columns = [...columnsOf(e)]
  return columns.length > 0 && columns.every(index => index >= OUTER === fromOuter)
}

const ZERO_TEXTS: Partial<Record<TypeKind, string>> = {
  boolean: 'false', smallint: '0', integer: '0', bigint: '0', decimal: '0', real: '0', double: '0', text: '',
  date: '1970-01-01', time: '00:00:00', timestamp: '1970-01-01 00:00:00', timestamptz: '1970-01-01 00:00:00+00',
  uuid: '00000000-0000-0000-0000-000000000000', bytea: '',
}

/** Keys that are equal where two values are, and where both are NULL. */
function nullSafeKeys(column: Expression, position: number | undefined): Expression[] {
  if (column.kind === 'column' && !column.nullable) return [column]
  const zero = ZERO_TEXTS[column.type.kind]
  if (zero === undefined || column.type.blankPadded === true) {
    throw unsupported(`a correlated subquery over a nullable column of type ${column.type.kind}`, position)
  }
  const { type } = column
  return [
    { kind: 'call', fn: 'coalesce', type, args: [column, constant(type, parseScalar(type, zero))] },
    { kind: 'call', fn: 'is_null', type: BOOLEAN, args: [column] },
  ]
}

function columnAt(output: readonly OutputColumn[], index: number): ColumnExpression {
  return { kind: 'column', index, ...output[index]! }
}

/** True when nothing but plain columns of the level is read: such an expression can be an argument of IN. */
export function isPlain(e: Expression): boolean {
  return !some(e, part => part.kind === 'column' && part.index >= MARKER)
}
