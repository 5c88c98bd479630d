// What stands above the rows of a query level: the select list with hidden columns for sort and lock keys, DISTINCT
// [ON], ORDER BY, FOR UPDATE, LIMIT and FETCH FIRST … WITH TIES. DISTINCT ON and WITH TIES number the rows by window
// functions over the sort keys, which leave them sorted.
import { CODE } from '../base/errors.ts'
import { BIGINT, BOOLEAN } from '../base/types.ts'
import type { Expression, LockTarget, LogicalPlan, OutputColumn, SortKey } from '../../exec/plan/logical.ts'
import type { Expr, Query } from './ast.ts'
import { bindError } from './bind-context.ts'
import { bindExpr } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import type { LockedTable } from './bind-lock.ts'
import { coerce } from './coerce.ts'
import { expressionKey } from './expression-key.ts'
import { isNullable } from './grouping.ts'
import { filterAbove } from './level-rows.ts'
import type { Item } from './level-rows.ts'
import { constant } from './literal.ts'
import { Scope, columnExpression } from './scope.ts'

/** The columns of a select list. */
function outputOf(items: readonly Item[]): OutputColumn[] {
  return items.map(({ name, expression }) => ({ name, type: expression.type, nullable: isNullable(expression) }))
}

/** Column `index` of a plan. */
export function columnAt(output: readonly OutputColumn[], index: number): Expression {
  const { name, type, nullable } = output[index]!
  return { kind: 'column', index, name, type, nullable }
}

/** What stands above the select list: its sort keys, after those of DISTINCT ON, and the tables to lock. */
export interface Finish {
  readonly keys: readonly SortKey[]
  /** The expressions of DISTINCT ON. */
  readonly on?: readonly Expression[]
  readonly locked?: readonly LockedTable[]
}

/** Project, distinct, sort, lock, limit, and the projection that drops hidden sort and key columns. */
export function finish(
  query: Query, input: LogicalPlan, items: readonly Item[], { keys, on = [], locked = [] }: Finish, env: ExprEnv,
): LogicalPlan {
  const all = [...items]
  const places = new Map<string, number>()
  items.forEach((item, i) => {
    const key = expressionKey(item.expression)
    if (!places.has(key)) places.set(key, i)
  })
  const placeOf = (expression: Expression): number => {
    const key = expressionKey(expression)
    let place = places.get(key)
    if (place === undefined) {
      if (query.distinct === true) {
        throw bindError(CODE.INVALID_REFERENCE,
          'for SELECT DISTINCT, ORDER BY expressions must appear in select list', expression.position)
      }
      place = all.push({ name: 'order', expression }) - 1
      places.set(key, place)
    }
    return place
  }
  const keyPlaces = keys.map(key => placeOf(key.expression))
  const onPlaces = on.map(placeOf)
  const targets = locked.map(({ keys: columns, ...lock }): LockTarget => (
    { ...lock, columns: columns.map(column => all.push({ name: 'key', expression: columnExpression(column) }) - 1) }
  ))
  let plan: LogicalPlan = {
    kind: 'project', input, expressions: all.map(item => item.expression), output: outputOf(all),
  }
  const sortKeys = keys.map((key, i) => ({ ...key, expression: columnAt(plan.output, keyPlaces[i]!) }))
  if (query.distinct === true) plan = { kind: 'distinct', input: plan, output: plan.output }
  if (on.length > 0) plan = firstOfEach(plan, onPlaces, keyPlaces, sortKeys, on)
  if (query.withTies === true) plan = limitedWithTies(query, plan, sortKeys, env)
  else {
    if (keys.length > 0) plan = { kind: 'sort', input: plan, keys: sortKeys, output: plan.output }
    if (targets.length > 0) plan = { kind: 'lock', input: plan, targets, output: plan.output }
    plan = limited(query, plan, env)
  }
  if (plan.output.length === items.length) return plan
  const output = plan.output.slice(0, items.length)
  return { kind: 'project', input: plan, output, expressions: output.map((_, i) => columnAt(plan.output, i)) }
}

/** DISTINCT ON: the first row, in the order of the keys, of each combination of the columns `on`. */
function firstOfEach(
  input: LogicalPlan, on: readonly number[], keyPlaces: readonly number[], keys: readonly SortKey[],
  written: readonly Expression[],
): LogicalPlan {
  const wanted = new Set(on)
  const leading = keyPlaces.findIndex(place => !wanted.has(place))
  const sorted = new Set(leading < 0 ? keyPlaces : keyPlaces.slice(0, leading))
  const missing = on.findIndex(place => !sorted.has(place))
  if (leading >= 0 && missing >= 0) {
    throw bindError(CODE.INVALID_REFERENCE, 'SELECT DISTINCT ON expressions must match initial ORDER BY expressions',
      written[missing]!.position)
  }
  const partition = [...wanted].map((place): SortKey => keys[keyPlaces.indexOf(place)]
    ?? { expression: columnAt(input.output, place), descending: false, nullsFirst: false })
  const order = keys.filter((_, i) => !wanted.has(keyPlaces[i]!))
  const { plan, numbers: [number] } = numbered(input, partition, order, ['row_number'])
  return filterAbove(plan, [call('eq', [number!, constant(BIGINT, 1)])])
}

/** FETCH FIRST n ROWS WITH TIES: rows from the offset on whose rank is not beyond the last row's. */
function limitedWithTies(query: Query, input: LogicalPlan, keys: readonly SortKey[], env: ExprEnv): LogicalPlan {
  if (keys.length === 0) throw withoutOrder(query)
  const { limit, offset } = bounds(query, env)
  const { plan, numbers: [number, rank] } = numbered(input, [], keys, ['row_number', 'rank'])
  const skipped = offset === null ? null : call('coalesce', [offset, constant(BIGINT, 0)], BIGINT)
  const conditions: Expression[] = []
  if (skipped !== null) conditions.push(call('gt', [number!, skipped]))
  if (limit !== null) {
    const last = skipped === null ? limit : call('add', [limit, skipped], BIGINT)
    conditions.push(call('or', [call('le', [rank!, last]), call('is_null', [limit])]))
  }
  return filterAbove(plan, conditions)
}

function withoutOrder(query: Query): Error {
  return bindError(CODE.SYNTAX, 'WITH TIES cannot be specified without ORDER BY clause', query.limit?.position)
}

function call(fn: string, args: readonly Expression[], type = BOOLEAN): Expression {
  return { kind: 'call', fn, type, args }
}

/** The rows in the order of partition and keys, with window functions over these behind their columns. */
function numbered(
  input: LogicalPlan, partition: readonly SortKey[], order: readonly SortKey[], functions: readonly string[],
): { plan: LogicalPlan; numbers: Expression[] } {
  const end = { kind: 'current', side: 'preceding', offset: null } as const
  const calls = functions.map(fn => ({
    fn, args: [], filter: null, partition: partition.length, order: order.length, type: BIGINT,
    frame: { mode: 'range', start: { ...end, kind: 'unbounded' }, end, exclude: 'none' } as const,
  }))
  const output = [...input.output, ...functions.map(name => ({ name, type: BIGINT, nullable: false }))]
  const plan: LogicalPlan = { kind: 'window', input, keys: [...partition, ...order], calls, output }
  return { plan, numbers: functions.map((_, i) => columnAt(output, input.output.length + i)) }
}

/** LIMIT and OFFSET above the rows of a query. */
export function limited(query: Query, input: LogicalPlan, env: ExprEnv): LogicalPlan {
  if (query.withTies === true) throw withoutOrder(query)
  if (query.limit === null && query.offset === null) return input
  return { kind: 'limit', input, ...bounds(query, env), output: input.output }
}

/** The numbers of LIMIT and OFFSET; null where there is none. 2201W and 2201X below zero. */
function bounds(query: Query, env: ExprEnv): { limit: Expression | null; offset: Expression | null } {
  const count = (expr: Expr | null, clause: string): Expression | null => {
    if (expr === null || (expr.kind === 'literal' && expr.form === 'null')) return null
    const bound = bindExpr(expr, { ...env, scope: new Scope([], env.scope.parent), aggregates: null, clause })
    const value = coerce(bound, BIGINT, bound.type.kind === 'null' ? 'implicit' : 'assignment', env.context)
    if (value.kind === 'constant' && value.value !== null && Number(value.value) < 0) {
      const code = clause === 'OFFSET' ? CODE.OFFSET_COUNT : CODE.LIMIT_COUNT
      throw bindError(code, `${clause} must not be negative`, expr.position)
    }
    return value
  }
  return { limit: count(query.limit, 'LIMIT'), offset: count(query.offset, 'OFFSET') }
}
