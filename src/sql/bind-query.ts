// SELECT, VALUES and the clauses around a set operation to a logical plan. The order of the nodes, from the bottom:
//
//   FROM joins -> WHERE -> aggregate -> HAVING -> project (items, hidden ORDER BY columns) -> distinct
//        -> sort -> limit -> project (without the hidden columns)
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import { some } from '../../exec/plan/expression.ts'
import type { Expression, LogicalPlan, SortKey } from '../../exec/plan/logical.ts'
import type { Expr, OrderItem, Query, SelectItem, SetOperation } from './ast.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { at, bindError, invalid } from './bind-context.ts'
import { bindExpr, condition } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { columnAt, finish, limited } from './bind-finish.ts'
import { bindFrom } from './bind-from.ts'
import { lockedTables } from './bind-lock.ts'
import { bindSetOperation } from './bind-set.ts'
import { checkUnused } from './bind-window.ts'
import { withTables } from './bind-with.ts'
import { coerce, settle } from './coerce.ts'
import { PENDING, isOpen as isOpenExpression, isPending } from './correlation.ts'
import { expressionKey } from './expression-key.ts'
import { Aggregates, MARKER, WINDOW_MARKER, isNullable } from './grouping.ts'
import type { GroupSets } from './grouping.ts'
import { unsupported } from './node-reader.ts'
import { mapExpr } from './map-expr.ts'
import { outputName } from './output-name.ts'
import { conjuncts, pushFilter } from './push-filter.ts'
import { Scope, relationColumns } from './scope.ts'
import { filterAbove, groupedRows, isGrouped, plainRows } from './level-rows.ts'
import type { Item, Level } from './level-rows.ts'
import { withSetFunctions } from './set-functions.ts'
import { Unnesting } from './unnest.ts'
import { Windows } from './windows.ts'

type Visible = ReadonlyMap<string, CommonTableBinding>

/** Binds a query inside another statement. Its output are the columns of the select list. */
export function bindQuery(query: Query, context: BindContext, parent: Scope | null, outer: Visible): LogicalPlan {
  if (query.locks.length > 0) throw unsupported('FOR UPDATE or FOR SHARE in a subquery', query.locks[0]!.position)
  return bindSelect(query, context, parent, outer)
}

/** Binds a query that is a statement, or (as {@link bindQuery}) part of one below `parent`. */
export function bindSelect(query: Query, context: BindContext, parent: Scope | null, outer: Visible): LogicalPlan {
  return bindAny(query, context, parent, outer, false)
}

/** As {@link bindSelect}. `open`: literals and parameters of the select list that nothing typed may stay so. */
function bindAny(
  written: Query, context: BindContext, parent: Scope | null, outer: Visible, open: boolean,
): LogicalPlan {
  const query = withSetFunctions(written)
  const visible = withTables(query.with, outer, parent)
  if (query.set !== null || query.rows !== null) {
    const [lock] = query.locks
    if (lock !== undefined) {
      const what = query.rows !== null ? 'VALUES' : query.set!.operation.toUpperCase()
      throw unsupported(`FOR UPDATE or FOR SHARE of ${what}`, lock.position)
    }
    return query.set !== null ? bindSet(query, query.set, context, parent, visible)
      : bindValues(query, query.rows!, context, parent, visible)
  }
  const source = bindFrom(query.from, { context, parent, visible, locks: query.locks.length > 0 })
  const scope = new Scope(source.columns, parent)
  const unnesting = new Unnesting()
  const plain: ExprEnv = { context, scope, aggregates: null, clause: 'WHERE', visible }
  const where = bindWhere(query.where, source.plan, plain)
  const aggregates = new Aggregates()
  const windows = new Windows(query.windows ?? [])
  const env: ExprEnv = { ...plain, aggregates, windows, clause: 'SELECT', unnesting }
  const isOpen = open && !query.distinct && query.groupBy.length === 0 && query.orderBy.length === 0 &&
    query.limit === null && query.offset === null
  const items = query.items.flatMap(item => bindItem(item, env, isOpen))
  const groups = query.groupBy.map(group => (
    bindGroup(group, items, query.items, { ...plain, clause: 'GROUP BY', unnesting })
  ))
  const having = query.having === null ? null
    : condition(query.having, 'HAVING', { ...env, windows: undefined, clause: 'HAVING' })
  const keys = query.orderBy.map(item => bindOrder(item, items, env))
  const on = (query.distinctOn ?? []).map(expr => {
    const key = bindOrder({ expr, descending: false, nullsFirst: null }, items, env, 'SELECT DISTINCT ON')
    return expr.position === undefined ? key : { ...key, expression: { ...key.expression, position: expr.position } }
  })
  const qualify = bindQualify(query, env)
  checkUnused(env, bindExpr)
  if (windows.calls.length > 0 && query.locks.length > 0) {
    throw unsupported('FOR UPDATE or FOR SHARE with window functions', query.locks[0]!.position)
  }
  const locked = lockedTables(query, source.columns, aggregates.calls.length > 0)
  const level: Level = {
    input: where.plan, items, groups, sets: groupSets(query), having, qualify, keys: [...on, ...keys],
    aggregates, windows, unnesting,
  }
  const rows = isGrouped(level) ? groupedRows(level) : plainRows(level)
  const above = {
    on: rows.keys.slice(0, on.length).map(key => key.expression), keys: rows.keys.slice(on.length), locked,
  }
  return finish(query, rows.plan, rows.items, above, { ...plain, clause: 'LIMIT' })
}

function groupSets({ groupingSets, groupDistinct }: Query): GroupSets | null {
  return groupingSets === null || groupingSets === undefined ? null
    : { places: groupingSets, distinct: groupDistinct === true }
}

/** QUALIFY: names that FROM does not have may be those of select items. */
function bindQualify(query: Query, env: ExprEnv): Expression | null {
  if (query.qualify === null || query.qualify === undefined) return null
  const named = mapExpr(query.qualify, part => {
    if (part.kind !== 'name' || part.path.length !== 1 || env.scope.has(part.path[0]!)) return null
    return query.items.find(item => item.alias === part.path[0])?.expr ?? null
  })
  return condition(named, 'QUALIFY', { ...env, clause: 'QUALIFY' })
}

/** WHERE above FROM, its correlated subqueries as joins. Conditions that refer outwards stand on top. */
export function bindWhere(where: Expr | null, plan: LogicalPlan, env: ExprEnv): { plan: LogicalPlan } {
  if (where === null) return { plan }
  const unnesting = new Unnesting()
  const all = conjuncts(condition(where, 'WHERE', { ...env, unnesting }))
  const isHere = (e: Expression): boolean => !isPending(e) && !isOpenExpression(e)
  const filtered = pushFilter(plan, all.filter(isHere))
  const done = unnesting.where(filtered, all.filter(e => !isHere(e)))
  return { plan: filterAbove(done.plan, done.conditions) }
}

/** The columns that an item of a select list or of RETURNING stands for. `isOpen`: untyped literals stay so. */
export function bindItem(item: SelectItem, env: ExprEnv, isOpen: boolean): Item[] {
  if (item.expr.kind === 'star') {
    const columns = env.scope.expand(item.expr.table, item.expr.position)
    env.context.onStar?.(item.expr.position, columns.map(({ index }) => env.scope.pathOf(index)))
    return columns.map(expression => ({ name: expression.name, expression }))
  }
  const bound = bindExpr(item.expr, env)
  const expression = isOpen ? bound : settle(bound, env.context)
  return [{ name: item.alias ?? outputName(item.expr), expression }]
}

/** A whole number in GROUP BY or ORDER BY is the place of a select item. */
function ordinal(expr: Expr, items: readonly Item[], clause: string): Expression | null {
  if (expr.kind !== 'literal') return null
  if (expr.form !== 'integer') throw invalid(`non-integer constant in ${clause}`, expr.position)
  const item = items[Number(expr.text) - 1]
  if (item !== undefined) return item.expression
  throw bindError(CODE.INVALID_REFERENCE, `${clause} position ${expr.text} is not in select list`, expr.position)
}

/** GROUP BY: ordinal, then input column, then output name, then expression. */
function bindGroup(group: Expr, items: readonly Item[], written: readonly SelectItem[], env: ExprEnv): Expression {
  let expression = ordinal(group, items, 'GROUP BY')
  if (expression === null && group.kind === 'name' && group.path.length === 1 && !env.scope.has(group.path[0]!)) {
    expression = aliased(group.path[0]!, items, written, group.position)
  }
  expression ??= settle(bindExpr(group, env), env.context)
  if (contains(expression, WINDOW_MARKER, PENDING)) {
    throw bindError(CODE.WINDOWING, 'window functions are not allowed in GROUP BY', group.position)
  }
  if (contains(expression, MARKER, WINDOW_MARKER)) {
    throw bindError(CODE.GROUPING, 'aggregate functions are not allowed in GROUP BY', group.position)
  }
  return expression
}

/** Whether an expression has a marker column from `first` on, below `end`. */
function contains(expression: Expression, first: number, end: number): boolean {
  return some(expression, part => part.kind === 'column' && part.index >= first && part.index < end)
}

/** The item with this output name; equal expressions under one name are no ambiguity. */
function aliased(
  name: string, items: readonly Item[], written: readonly SelectItem[] | null, position?: number,
): Expression | null {
  const found = items.filter(item => item.name === name)
  if (found.length === 0 || (written !== null && !written.some(item => item.alias === name))) return null
  const keys = new Set(found.map(item => expressionKey(item.expression)))
  if (keys.size > 1) throw bindError(CODE.AMBIGUOUS_COLUMN, `"${name}" is ambiguous`, position)
  return found[0]!.expression
}

/** ORDER BY: ordinal, then output name, then expression over the input. NULLs sort as the largest value. */
function bindOrder(item: OrderItem, items: readonly Item[], env: ExprEnv, clause = 'ORDER BY'): SortKey {
  const { expr, descending } = item
  let expression = ordinal(expr, items, clause)
  if (expression === null && expr.kind === 'name' && expr.path.length === 1) {
    expression = aliased(expr.path[0]!, items, null, expr.position)
  }
  expression ??= settle(bindExpr(expr, { ...env, clause }), env.context)
  if (expression.type.kind === 'json') {
    throw bindError(CODE.UNDEFINED_FUNCTION, 'could not identify an ordering operator for type json', expr.position)
  }
  return { expression, descending, nullsFirst: item.nullsFirst ?? descending }
}

/** Rows of VALUES with the common type of each column; columns are named column1, column2 … */
function bindValues(
  query: Query, rows: readonly (readonly Expr[])[], context: BindContext, parent: Scope | null, visible: Visible,
): LogicalPlan {
  const env: ExprEnv = { context, scope: new Scope([], parent), aggregates: null, clause: 'VALUES', visible }
  const width = rows[0]!.length
  for (const row of rows) {
    if (row.length !== width) {
      throw invalid('VALUES lists must all be the same length', row[0]?.position ?? query.position)
    }
  }
  const bound = rows.map(row => row.map(expr => bindExpr(expr, env)))
  const types: SqlType[] = Array.from({ length: width }, (_, i) =>
    at(rows[0]![i]!.position, () => commonType(bound.map(row => row[i]!.type), rows[0]![i]!.position)))
  const cast = bound.map(row => row.map((expression, i) => coerce(expression, types[i]!, 'implicit', context)))
  const output = types.map((type, i) => ({
    name: `column${i + 1}`, type, nullable: cast.some(row => isNullable(row[i]!)),
  }))
  const plan: LogicalPlan = { kind: 'values', rows: cast, output }
  const items = output.map((column, i) => ({ name: column.name, expression: columnAt(output, i) }))
  if (query.orderBy.length === 0) return limited(query, plan, env)
  const scope = new Scope(output.map((column, index) => ({ ...column, index, relation: null, plain: true })), parent)
  const keys = query.orderBy.map(item => bindOrder(item, items, { ...env, scope }))
  return finish(query, plan, items, { keys }, env)
}

/** A set operation with its ORDER BY (output names and ordinals only, as in PostgreSQL), LIMIT and OFFSET. */
function bindSet(
  query: Query, set: SetOperation, context: BindContext, parent: Scope | null, visible: Visible,
): LogicalPlan {
  const plan = bindSetOperation(set, context, branch => {
    const [lock] = branch.locks
    if (lock !== undefined) throw unsupported('FOR UPDATE or FOR SHARE in a set operation', lock.position)
    return bindAny(branch, context, parent, visible, true)
  })
  const { output } = plan
  const env: ExprEnv = { context, scope: Scope.empty, aggregates: null, clause: 'LIMIT', visible }
  if (query.orderBy.length === 0) return limited(query, plan, env)
  const items = output.map((column, i) => ({ name: column.name, expression: columnAt(output, i) }))
  const scope = new Scope(relationColumns(output, null), parent)
  const keys = query.orderBy.map(item => {
    const key = bindOrder(item, items, { ...env, scope })
    if (key.expression.kind === 'column') return key
    throw unsupported(`ORDER BY an expression over ${set.operation.toUpperCase()} (only result column names and ` +
      'positions can be used)', item.position)
  })
  return finish(query, plan, items, { keys }, env)
}
