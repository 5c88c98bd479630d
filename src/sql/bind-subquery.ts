// Subqueries in expressions: scalar, EXISTS, IN, ANY and ALL, of values and of rows. One that refers to nothing around
// it stays an expression, run once per execution; all others wait as markers for unnest.ts to join them.
import { CODE } from '../base/errors.ts'
import { BOOLEAN } from '../base/types.ts'
import type { SqlType } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import type { Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { Expr, QuantifiedExpr, SubqueryExpr } from './ast.ts'
import { at, bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { call, operate } from './bind-operator.ts'
import { compareFields, compareRows } from './bind-row.ts'
import { withoutWorking } from './bind-with.ts'
import { coerce } from './coerce.ts'
import { asOuter, isOpenPlan, referenceCount } from './correlation.ts'
import { constant } from './literal.ts'
import { unsupported } from './node-reader.ts'
import { byExtremes, existsSubquery, inSubquery, quantified, rowSubquery, scalarSubquery } from './subquery-value.ts'
import type { PendingSubquery } from './subquery-value.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

/** Binds a subquery expression. `bind` is bindExpr. */
export function bindSubquery(expr: SubqueryExpr, env: ExprEnv, bind: Bind): Expression {
  const { position, mode } = expr
  const before = referenceCount()
  const plan = bindBody(expr, env)
  const isOpen = referenceCount() > before && isOpenPlan(plan)
  const about = { plan, serial: env.scope.serial, position }
  switch (mode) {
    case 'exists':
      return isOpen ? pending(existsSubquery(about), env) : { kind: 'subquery', mode, plan, type: BOOLEAN, position }
    case 'scalar': {
      const { type } = oneColumn(plan, position)
      return isOpen ? pending(scalarSubquery(about), env) : { kind: 'subquery', mode, plan, type, position }
    }
    case 'in': return bindIn(expr, plan, isOpen, env, bind)
    case 'any': case 'all': return bindAny(expr, plan, env, bind)
  }
}

function bindBody({ query }: SubqueryExpr, env: ExprEnv): LogicalPlan {
  return env.context.bindQuery(query, env.context, env.scope, withoutWorking(env.visible))
}

function pending(subquery: PendingSubquery, env: ExprEnv): Expression {
  if (env.unnesting !== undefined) return env.unnesting.add(subquery)
  throw unsupported(`a correlated subquery in ${env.clause}`, subquery.position)
}

function oneColumn(plan: LogicalPlan, position?: number): { readonly type: SqlType } {
  if (plan.output.length === 1) return plan.output[0]!
  throw bindError(CODE.SYNTAX, `subquery must return only one column, not ${plan.output.length}`, position)
}

function bindIn(expr: SubqueryExpr, plan: LogicalPlan, isOpen: boolean, env: ExprEnv, bind: Bind): Expression {
  const { position, negated } = expr
  const about = { plan, serial: env.scope.serial, position }
  if (expr.arg!.kind === 'row') {
    const fields = rowOf(expr.arg!, plan, env, bind)
    return pending(inSubquery(about, compareFields('=', fields, columnsOf(plan), env, position), negated), env)
  }
  const { type } = oneColumn(plan, position)
  const arg = bind(expr.arg!, env)
  const common = at(position, () => commonType([arg.type, type], position))
  const value = coerce(arg, common, 'implicit', env.context)
  const items = castOutput(plan, common)
  if (!isOpen) return { kind: 'subquery', mode: 'in', negated, type: BOOLEAN, position, arg: value, plan: items }
  const equal = operate('=', asOuter(value, env.scope.serial), columnsOf(items)[0]!, env, position)
  return pending(inSubquery({ ...about, plan: items }, equal, negated), env)
}

const NEGATED: Readonly<Record<string, string>> = {
  '=': '<>', '<>': '=', '!=': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<',
}
const EXTREMES: Readonly<Record<string, readonly ('min' | 'max')[]>> = {
  '<': ['max'], '<=': ['max'], '>': ['min'], '>=': ['min'], '<>': ['min', 'max'], '!=': ['min', 'max'],
}

/** op ANY and op ALL; ALL is NOT … ANY of the opposite. */
function bindAny(expr: SubqueryExpr, plan: LogicalPlan, env: ExprEnv, bind: Bind): Expression {
  const { position, mode } = expr
  const symbol = expr.symbol!
  const isAll = mode === 'all'
  const about = { plan, serial: env.scope.serial, position }
  if (expr.arg!.kind === 'row') {
    const fields = rowOf(expr.arg!, plan, env, bind)
    const compared = compareFields(symbol, fields, columnsOf(plan), env, position)
    return pending(quantified(about, isAll ? call('not', BOOLEAN, [compared], position) : compared, isAll), env)
  }
  const { type } = oneColumn(plan, position)
  const arg = bind(expr.arg!, env)
  const opposite = NEGATED[symbol]
  const by = isAll ? opposite : symbol
  const extremes = by === undefined ? undefined : EXTREMES[by]
  if (extremes === undefined) {
    const compared = operate(symbol, asOuter(arg, env.scope.serial), columnsOf(plan)[0]!, env, position)
    if (compared.type.kind !== 'boolean') {
      throw bindError(CODE.WRONG_OBJECT, 'op ANY/ALL (array) requires operator to yield boolean', position)
    }
    return pending(quantified(about, isAll ? call('not', BOOLEAN, [compared], position) : compared, isAll), env)
  }
  const common = at(position, () => commonType([arg.type, type], position))
  const value = coerce(arg, common, 'implicit', env.context)
  const outer = asOuter(value, env.scope.serial)
  const compare = (end: Expression): Expression => operate(by!, outer, end, env, position)
  return pending(byExtremes({ ...about, plan: castOutput(plan, common) }, extremes, compare, isAll), env)
}

/** (a, b) op (SELECT …): NULL without a row, 21000 with two. */
export function compareWithSubquery(
  symbol: string, row: Expr, subquery: SubqueryExpr, env: ExprEnv, bind: Bind, position?: number,
): Expression {
  const plan = bindBody(subquery, env)
  const fields = rowOf(row, plan, env, bind)
  const about = { plan, serial: env.scope.serial, position }
  return pending(rowSubquery(about, compareFields(symbol, fields, columnsOf(plan), env, position)), env)
}

/** The fields of a row as outer values. 42601 when the subquery has another number of columns. */
function rowOf(row: Expr, plan: LogicalPlan, env: ExprEnv, bind: Bind): Expression[] {
  const items = row.kind === 'row' ? row.items : []
  if (items.length !== plan.output.length) {
    const [few, position] = [items.length > plan.output.length, row.position]
    throw bindError(CODE.SYNTAX, `subquery has too ${few ? 'few' : 'many'} columns`, position)
  }
  return items.map((item, i) => {
    const bound = bind(item, env)
    const typed = bound.type.kind === 'null' ? coerce(bound, plan.output[i]!.type, 'implicit', env.context) : bound
    return asOuter(typed, env.scope.serial)
  })
}

function columnsOf(plan: LogicalPlan): Expression[] {
  return plan.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
}

/** The one-column plan with its column converted. */
function castOutput(plan: LogicalPlan, type: SqlType): LogicalPlan {
  const { name, nullable, type: from } = plan.output[0]!
  if (from.kind === type.kind && from.precision === type.precision && from.scale === type.scale) return plan
  const column: Expression = { kind: 'column', index: 0, type: from, nullable, name }
  return {
    kind: 'project', input: plan, output: [{ name, nullable, type }],
    expressions: [{ kind: 'cast', type, arg: column }],
  }
}

/** op ANY or op ALL of a list: ARRAY[…]. */
export function bindQuantified(expr: QuantifiedExpr, env: ExprEnv, bind: Bind): Expression {
  const { position, symbol, all, items } = expr
  if (items.length === 0) return constant(BOOLEAN, all ? 1 : 0, position)
  const parts = items.map((item): Expression => expr.arg.kind === 'row'
    ? compareRows(symbol, expr.arg, item, env, bind, position)
    : operate(symbol, bind(expr.arg, env), bind(item, env), env, position))
  const other = parts.find(part => part.type.kind !== 'boolean')
  if (other !== undefined) {
    throw bindError(CODE.WRONG_OBJECT, 'op ANY/ALL (array) requires operator to yield boolean', position)
  }
  return parts.length === 1 ? parts[0]! : call(all ? 'and' : 'or', BOOLEAN, parts, position)
}
