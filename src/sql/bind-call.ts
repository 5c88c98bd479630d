// Function and aggregate calls. Aggregates are collected by the query level they belong to (grouping.ts) and
// stand in the expression as marker columns.
import { CODE } from '../base/errors.ts'
import { decimalType } from '../base/types.ts'
import { isAggregateName, resolveAggregate, resolveFunction } from '../../exec/functions/catalog.ts'
import type { CallExpression, Expression } from '../../exec/plan/logical.ts'
import type { CallExpr, Expr } from './ast.ts'
import { at, bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce, coerceCondition, settle } from './coerce.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

/** Binds a call; `bind` is bindExpr, handed in because expressions and calls hold each other. */
export function bindCall(expr: CallExpr, env: ExprEnv, bind: Bind): Expression {
  if (isAggregateName(expr.name)) return bindAggregate(expr, env, bind)
  const { name, position } = expr
  const only = expr.star ? '(*)' : expr.distinct ? 'DISTINCT' : expr.filter !== null ? 'FILTER' : null
  const args = expr.args.map(arg => bind(arg, env))
  const found = at(position, () => resolveFunction(name, args.map(arg => arg.type), position))
  if (only !== null) {
    throw bindError(CODE.WRONG_OBJECT, `${only} specified, but ${name} is not an aggregate function`, position)
  }
  const cast = args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', env.context))
  return withRoundedScale({ kind: 'call', fn: found.fn, args: cast, type: found.result, position })
}

/** round(x, 2) and trunc(x, 2) of a decimal have 2 digits after the point, where 2 is a constant. */
function withRoundedScale(call: CallExpression): Expression {
  const [value, digits] = call.args
  if ((call.fn !== 'round' && call.fn !== 'trunc') || value?.type.kind !== 'decimal' || digits?.kind !== 'constant') {
    return call
  }
  const scale = Number(digits.value)
  if (digits.value === null || call.type.kind !== 'decimal' || scale >= (call.type.scale ?? 0)) return call
  const kept = Math.max(0, scale)
  const whole = (call.type.precision ?? 38) - (call.type.scale ?? 0)
  return { kind: 'cast', arg: call, type: decimalType(Math.min(38, whole + kept + 1), kept), position: call.position }
}

function bindAggregate(expr: CallExpr, env: ExprEnv, bind: Bind): Expression {
  const { name, position, distinct } = expr
  if (env.aggregates === null) {
    throw bindError(CODE.GROUPING, `aggregate functions are not allowed in ${env.clause}`, position)
  }
  if (expr.star && name !== 'count') throw bindError(CODE.WRONG_OBJECT, `${name}(*) is not possible`, position)
  if (name === 'count' && !expr.star && expr.args.length === 0) {
    throw bindError(CODE.WRONG_OBJECT, 'count(*) must be used to call a parameterless aggregate function', position)
  }
  const inner: ExprEnv = { ...env, aggregates: null, clause: 'an aggregate' }
  const args = expr.args.map(arg => settleArgument(bind(arg, inner), name, inner))
  const found = at(position, () => resolveAggregate(name, args.map(arg => arg.type), distinct, position))
  const filter = expr.filter === null ? null
    : coerceCondition(bind(expr.filter, { ...inner, clause: 'FILTER' }), 'FILTER', env.context)
  const cast = args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', env.context))
  return env.aggregates.add({ fn: found.fn, args: cast, distinct, filter, type: found.result, position }, name)
}

/** count('x') and min('x') take text; sum('1') is resolved by the catalogue. */
function settleArgument(arg: Expression, name: string, env: ExprEnv): Expression {
  return name === 'count' || name === 'min' || name === 'max' ? settle(arg, env.context) : arg
}
