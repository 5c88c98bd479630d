// FROM: tables, subqueries and WITH queries to a plan and the scope of its columns. Joins are in bind-join.ts.
// Comma-separated items are one product, which WHERE turns into joins.
import { CODE } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import type { LogicalPlan } from '../../exec/plan/logical.ts'
import type { DerivedRef, FromItem, TableRef } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { bindJoin } from './bind-join.ts'
import { product, renamed } from './from-source.ts'
import type { FromEnv, Source } from './from-source.ts'
import { keyColumns } from './bind-lock.ts'
import { bindCommon } from './bind-with.ts'
import { refuseSample, sampled } from './bind-sample.ts'
import { bindSystem, systemRelation } from './bind-system.ts'
import { bindView } from './bind-view.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'
import { bareOf } from './relation-name.ts'
import { bindFunctions } from './bind-function.ts'
import { isLateral, joinLateral } from './bind-lateral.ts'
import { Scope, relationColumns } from './scope.ts'

/** The comma-separated items of FROM as one product; WHERE turns it into joins. */
export function bindFrom(items: readonly FromItem[], env: FromEnv): Source {
  const [first, ...rest] = items
  if (first === undefined) return { plan: { kind: 'values', rows: [[]], output: [] }, columns: [] }
  let source = bindItem(first, env)
  for (const item of rest) {
    const lateral = new Scope(source.columns, env.lateral ?? env.parent)
    const right = bindItem(item, { ...env, lateral })
    source = isLateral(right, lateral) ? joinLateral(source, right, lateral, { join: 'inner', position: item.position })
      : product(source, right, item.position)
  }
  return source
}

function bindItem(item: FromItem, env: FromEnv): Source {
  switch (item.kind) {
    case 'table': return bindTable(item, env)
    case 'derived': return bindDerived(item, env)
    case 'function': return bindFunctions(item, env)
    case 'join': return bindJoin(item, env, bindItem)
  }
}

/** The schema of a table. Throws 42P01 with the nearest name. */
export function tableSchema(name: string, context: BindContext, position?: number): TableSchema {
  const schema = context.catalog.schema(name)
  if (schema !== undefined) return schema
  if (context.catalog.view?.(name) !== undefined) {
    throw bindError(CODE.WRONG_OBJECT, `"${name}" is a view, not a table`, position)
  }
  if (systemRelation(name) !== null) {
    throw bindError(CODE.WRONG_OBJECT, `"${name}" is a system relation, not a table`, position)
  }
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
    refuseSample(item.sample)
    const plan = bindCommon(common, env.context, item.position)
    return { plan, columns: renamed(relationColumns(plan.output, item.alias ?? item.name), item.columnAliases,
      item.position) }
  }
  const system = bindSystem(item.name, env.context)
  if (system !== null) {
    refuseSample(item.sample)
    if (env.locks) throw unsupported('FOR UPDATE or FOR SHARE of a system relation', item.position)
    const columns = relationColumns(system.output, item.alias ?? bareOf(item.name))
    return { plan: system, columns: renamed(columns, item.columnAliases, item.position) }
  }
  const view = env.context.catalog.view?.(item.name)
  if (view !== undefined) {
    refuseSample(item.sample)
    if (env.locks) throw unsupported('FOR UPDATE or FOR SHARE of a view', item.position)
    const plan = bindView(view, env.context, item.position)
    const columns = relationColumns(plan.output, item.alias ?? bareOf(item.name))
    return { plan, columns: renamed(columns, item.columnAliases, item.position) }
  }
  const schema = tableSchema(item.name, env.context, item.position)
  const plan = sampled(scanTable(schema, env.locks), item.sample, env)
  const all = relationColumns(plan.output, item.alias ?? item.name)
  const shown = env.locks ? all.filter(column => schema.columns[column.index]!.hidden !== true) : all
  const columns = renamed(shown, item.columnAliases, item.position)
  return { plan, columns: env.locks ? [...columns, ...keyColumns(item, schema)] : columns }
}

function bindDerived(item: DerivedRef, env: FromEnv): Source {
  const plan = env.context.bindQuery(item.query, env.context, item.lateral ? env.lateral ?? env.parent : env.parent,
    env.visible)
  return { plan, columns: renamed(relationColumns(plan.output, item.alias), item.columnAliases, item.position) }
}
