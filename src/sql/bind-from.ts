// FROM: tables, subqueries, WITH queries and joins to a plan and the scope of its columns.
// A USING column stands once in `*`; its other side stays reachable by its table's name.
import { CODE } from '../base/errors.ts'
import { BOOLEAN } from '../base/types.ts'
import type { TableSchema } from '../base/types.ts'
import type { Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { DerivedRef, FromItem, JoinRef, TableRef } from './ast.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { bindError, invalid } from './bind-context.ts'
import { condition, operate } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { keyColumns } from './bind-lock.ts'
import { didYouMean } from './nearest-name.ts'
import { conjuncts, joinOn } from './push-filter.ts'
import type { ScopeColumn } from './scope.ts'
import { Scope, columnExpression, relationColumns } from './scope.ts'

/** What binding FROM needs beside its item. */
export interface FromEnv {
  readonly context: BindContext
  readonly parent: Scope | null
  readonly visible: ReadonlyMap<string, CommonTableBinding>
  /** The keys of the tables' rows are wanted too: FOR UPDATE. */
  readonly locks: boolean
}

/** A FROM item: its plan and its columns, in the order of `*`. */
export interface Source {
  readonly plan: LogicalPlan
  readonly columns: readonly ScopeColumn[]
}

/** The comma-separated items of FROM as one product; WHERE turns it into joins. */
export function bindFrom(items: readonly FromItem[], env: FromEnv): Source {
  const [first, ...rest] = items
  if (first === undefined) return { plan: { kind: 'values', rows: [[]], output: [] }, columns: [] }
  let source = bindItem(first, env)
  for (const item of rest) source = product(source, bindItem(item, env), item.position)
  return source
}

function bindItem(item: FromItem, env: FromEnv): Source {
  switch (item.kind) {
    case 'table': return bindTable(item, env)
    case 'derived': return bindDerived(item, env)
    case 'join': return bindJoin(item, env)
  }
}

/** The schema of a table. Throws 42P01 with the nearest name. */
export function tableSchema(name: string, context: BindContext, position?: number): TableSchema {
  const schema = context.catalog.schema(name)
  if (schema !== undefined) return schema
  throw bindError(CODE.UNDEFINED_TABLE, `relation "${name}" does not exist`, position,
    didYouMean(name, context.catalog.names()))
}

/** A scan of every column, hidden ones last to be found by name: they never are. */
export function scanTable(schema: TableSchema, hidden: boolean): LogicalPlan {
  const columns = schema.columns.flatMap((column, i) => column.hidden === true && !hidden ? [] : [i])
  const output = columns.map(i => {
    const { name, type, nullable } = schema.columns[i]!
    return { name, type, nullable }
  })
  return { kind: 'scan', table: schema.name, schema, columns, output }
}

function bindTable(item: TableRef, env: FromEnv): Source {
  const common = env.visible.get(item.name)
  if (common !== undefined) {
    const plan = env.context.bindQuery(common.query, env.context, null, common.visible)
    const named = renamed(relationColumns(plan.output, item.alias ?? item.name), common.columnAliases, item.position)
    return { plan, columns: renamed(named, item.columnAliases, item.position) }
  }
  const schema = tableSchema(item.name, env.context, item.position)
  const plan = scanTable(schema, env.locks)
  const all = relationColumns(plan.output, item.alias ?? item.name)
  const shown = env.locks ? all.filter(column => schema.columns[column.index]!.hidden !== true) : all
  const columns = renamed(shown, item.columnAliases, item.position)
  return { plan, columns: env.locks ? [...columns, ...keyColumns(item, schema)] : columns }
}

function bindDerived(item: DerivedRef, env: FromEnv): Source {
  const plan = env.context.bindQuery(item.query, env.context, env.parent, env.visible)
  return { plan, columns: renamed(relationColumns(plan.output, item.alias), item.columnAliases, item.position) }
}

function renamed(columns: readonly ScopeColumn[], names: readonly string[], position?: number): readonly ScopeColumn[] {
  if (names.length > columns.length) {
    throw bindError(
      CODE.INVALID_REFERENCE, `${columns.length} columns available but ${names.length} column aliases`, position
    )
  }
  return names.length === 0 ? columns : columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }))
}

function checkRelations(left: Source, right: Source, position?: number): void {
  const names = new Set(left.columns.map(column => column.relation))
  for (const { relation } of right.columns) {
    if (relation !== null && names.has(relation)) {
      throw bindError(CODE.SYNTAX, `table name "${relation}" specified more than once`, position)
    }
  }
}

function moved(columns: readonly ScopeColumn[], by: number): ScopeColumn[] {
  return columns.map(column => ({ ...column, index: column.index + by }))
}

/** Every row of one with every row of the other. 42601 when they share a name. */
export function product(left: Source, right: Source, position?: number): Source {
  checkRelations(left, right, position)
  return {
    plan: joinOn('cross', left.plan, right.plan, []),
    columns: [...left.columns, ...moved(right.columns, left.plan.output.length)],
  }
}

function bindJoin(item: JoinRef, env: FromEnv): Source {
  const left = bindItem(item.left, env)
  const right = bindItem(item.right, env)
  checkRelations(left, right, item.position)
  if (item.join === 'cross') return product(left, right, item.position)
  // RIGHT JOIN is a LEFT JOIN of the swapped sides; only the order of `*` keeps the original sides.
  const swap = item.join === 'right'
  const [outer, inner] = swap ? [right, left] : [left, right]
  const outerColumns = outer.columns
  const innerColumns = moved(inner.columns, outer.plan.output.length)
    .map(column => item.join === 'inner' ? column : { ...column, nullable: true })
  const [leftColumns, rightColumns] = swap ? [innerColumns, outerColumns] : [outerColumns, innerColumns]
  const using = item.natural ? sharedNames(leftColumns, rightColumns) : item.using
  const exprEnv: ExprEnv = {
    context: env.context, scope: new Scope([...leftColumns, ...rightColumns], env.parent), aggregates: null,
    clause: 'JOIN conditions', visible: env.visible,
  }
  const on = item.on === null ? [] : conjuncts(condition(item.on, 'JOIN/ON', exprEnv))
  on.push(...using.map(name => usingCondition(name, leftColumns, rightColumns, exprEnv, item.position)))
  const isTrue = (part: Expression): boolean => part.kind === 'constant'
    && part.type.kind === BOOLEAN.kind && part.value === 1
  const plan = joinOn(
    item.join === 'inner' ? 'inner' : 'left', outer.plan, inner.plan, on.filter(part => !isTrue(part))
  )
  return { plan, columns: mergeUsing(leftColumns, rightColumns, using, swap) }
}

function sharedNames(left: readonly ScopeColumn[], right: readonly ScopeColumn[]): string[] {
  const names = new Set(right.filter(column => column.plain).map(column => column.name))
  return left.filter(column => column.plain && names.has(column.name)).map(column => column.name)
}

function usingColumn(name: string, columns: readonly ScopeColumn[], side: string, position?: number): ScopeColumn {
  const found = columns.filter(column => column.plain && column.name === name)
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    throw bindError(
      CODE.AMBIGUOUS_COLUMN, `common column name "${name}" appears more than once in ${side} table`, position
    )
  }
  throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" specified in USING clause does not exist in ${side} table`,
    position, didYouMean(name, columns.map(column => column.name)))
}

function usingCondition(
  name: string, left: readonly ScopeColumn[], right: readonly ScopeColumn[], env: ExprEnv, position?: number,
): Expression {
  const a = columnExpression(usingColumn(name, left, 'left', position), position)
  const b = columnExpression(usingColumn(name, right, 'right', position), position)
  return operate('=', a, b, env, position)
}

/** USING columns come first and once; the preserved side gives their value. */
function mergeUsing(
  left: readonly ScopeColumn[], right: readonly ScopeColumn[], using: readonly string[], swap: boolean,
): ScopeColumn[] {
  if (using.length === 0) return [...left, ...right]
  const isMerged = (column: ScopeColumn): boolean => column.plain && using.includes(column.name)
  const [kept, dropped] = swap ? [right, left] : [left, right]
  if (new Set(using).size !== using.length) throw invalid('a column name appears more than once in USING')
  return [
    ...using.map(name => kept.find(column => column.plain && column.name === name)!),
    ...dropped.filter(isMerged).map(column => ({ ...column, plain: false })),
    ...left.filter(column => !isMerged(column)), ...right.filter(column => !isMerged(column)),
  ]
}
