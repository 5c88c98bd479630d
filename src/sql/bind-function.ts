// Functions in FROM: generate_series as a node of the plan, unnest of lists as VALUES. A function of one column is
// named after its alias: `generate_series(1, 3) AS n` has the column n.
import { commonType } from '../../exec/functions/catalog.ts'
import { ORDINALITY_TYPE, isTableFunctionName, resolveTableFunction } from '../../exec/functions/series.ts'
import type { Expression, LogicalPlan, OutputColumn, TableFunctionCall } from '../../exec/plan/logical.ts'
import { BIGINT, NULL_TYPE } from '../base/types.ts'
import type { FunctionRef, TableCall } from './ast-from.ts'
import { at } from './bind-context.ts'
import { bindExpr } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce } from './coerce.ts'
import { isNullable } from './grouping.ts'
import { constant } from './literal.ts'
import { unsupported } from './node-reader.ts'
import { renamed } from './from-source.ts'
import type { FromEnv, Source } from './from-source.ts'
import { Scope, relationColumns } from './scope.ts'

/** Binds functions in FROM. */
export function bindFunctions(item: FunctionRef, env: FromEnv): Source {
  const { calls, ordinality, alias, columnAliases, position } = item
  const exprEnv: ExprEnv = {
    context: env.context, scope: new Scope([], env.lateral ?? env.parent), aggregates: null,
    clause: 'functions in FROM', visible: env.visible,
  }
  const plan = calls.every(call => call.lists !== null) ? unnested(calls, ordinality, exprEnv)
    : calls.some(call => call.lists !== null || isTableFunctionName(call.name)) ? series(item, exprEnv)
      : scalars(calls, ordinality, exprEnv)
  const relation = alias ?? (calls.length === 1 ? calls[0]!.name : null)
  const columns = relationColumns(plan.output, relation)
  // The alias of a function with one column is the name of the column too.
  const isOne = calls.length === 1 && plan.output.length === (ordinality ? 2 : 1)
  const named = isOne && alias !== null ? [{ ...columns[0]!, name: alias }, ...columns.slice(1)] : columns
  return { plan, columns: renamed(named, columnAliases, position) }
}

/** Plain functions give one row. */
function scalars(calls: readonly TableCall[], ordinality: boolean, env: ExprEnv): LogicalPlan {
  const row = calls.map(({ name, args, position }) => (
    bindExpr({ kind: 'call', name, args, star: false, distinct: false, filter: null, position }, env)
  ))
  const output = row.map((e, i): OutputColumn => ({ name: calls[i]!.name, type: e.type, nullable: isNullable(e) }))
  if (!ordinality) return { kind: 'values', rows: [row], output }
  const number = { name: 'ordinality', type: ORDINALITY_TYPE, nullable: false }
  return { kind: 'values', rows: [[...row, constant(BIGINT, 1)]], output: [...output, number] }
}

function series({ calls, ordinality, position }: FunctionRef, env: ExprEnv): LogicalPlan {
  // unnest(a, b) is one function for each array, side by side.
  const single = calls.flatMap(call => (
    call.name !== 'unnest' ? [call] : call.args.map(arg => ({ ...call, args: [arg] }))
  ))
  const bound = single.map((call): TableFunctionCall => {
    if (call.lists !== null) throw unsupported('ROWS FROM with unnest beside other functions', call.position)
    if (!isTableFunctionName(call.name)) {
      throw unsupported(`the function ${call.name} in FROM (generate_series and unnest are)`, call.position ?? position)
    }
    const args = call.args.map(arg => bindExpr(arg, env))
    const found = at(call.position, () => resolveTableFunction(call.name, args.map(arg => arg.type), call.position))
    return {
      fn: found.fn, type: found.result,
      args: args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', env.context)),
    }
  })
  const output = bound.map(({ type }, i): OutputColumn => (
    { name: single[i]!.name, type, nullable: bound.length > 1 || single[i]!.name === 'unnest' }
  ))
  if (ordinality) output.push({ name: 'ordinality', type: ORDINALITY_TYPE, nullable: false })
  const input: LogicalPlan = { kind: 'values', rows: [[]], output: [] }
  return { kind: 'unfold', input, calls: bound, ordinality, outer: false, output }
}

/** unnest(ARRAY[…], …) as rows: the lists side by side, the shorter ones filled up with NULL. */
function unnested(calls: readonly TableCall[], ordinality: boolean, env: ExprEnv): LogicalPlan {
  const lists = calls.flatMap(call => call.lists!.map(items => {
    const bound = items.map(item => bindExpr(item, env))
    const common = bound.length === 0 ? NULL_TYPE
      : at(call.position, () => commonType(bound.map(e => e.type), call.position))
    return bound.map(e => coerce(e, common, 'implicit', env.context))
  }))
  const count = Math.max(0, ...lists.map(list => list.length))
  const types = lists.map(list => list[0]?.type ?? NULL_TYPE)
  const rows = Array.from({ length: count }, (_, row): Expression[] => {
    const values = lists.map((list, i) => list[row] ?? constant(types[i]!, null))
    return ordinality ? [...values, constant(BIGINT, row + 1)] : values
  })
  const output: OutputColumn[] = types.map((type, i) => (
    { name: 'unnest', type, nullable: rows.some(row => isNullable(row[i]!)) }
  ))
  if (ordinality) output.push({ name: 'ordinality', type: ORDINALITY_TYPE, nullable: false })
  return { kind: 'values', rows, output }
}
