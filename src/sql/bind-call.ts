// Function and aggregate calls. Aggregates are collected by the query level they belong to (grouping.ts) and
// stand in the expression as marker columns.
import { CODE } from '../base/errors.ts'
import { INTEGER, decimalType } from '../base/types.ts'
import { isAggregateName, isWindowName, resolveFunction } from '../../exec/functions/catalog.ts'
import type { CallExpression, Expression } from '../../exec/plan/logical.ts'
import type { CallExpr, Expr } from './ast.ts'
import { resolvedAggregate } from './bind-aggregate.ts'
import { at, bindError } from './bind-context.ts'
import { columnsOf } from '../../exec/plan/expression.ts'
import { isOuter } from './correlation.ts'
import { unsupported } from './node-reader.ts'
import { bindWindowCall } from './bind-window.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce } from './coerce.ts'
import { GROUPING } from './grouping-sets.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

/** Binds a call; `bind` is bindExpr, handed in because expressions and calls hold each other. */
export function bindCall(expr: CallExpr, env: ExprEnv, bind: Bind): Expression {
  if (expr.over !== undefined) return bindWindowCall(expr, expr.over, env, bind)
  if (expr.name === GROUPING) return bindGrouping(expr, env, bind)
  if (isAggregateName(expr.name)) return bindAggregate(expr, env, bind)
  if (isWindowName(expr.name)) {
    throw bindError(CODE.WRONG_OBJECT, `window function ${expr.name} requires an OVER clause`, expr.position)
  }
  const { name, position } = expr
  const only = expr.star ? '(*)' : expr.distinct ? 'DISTINCT' : expr.filter !== null ? 'FILTER'
    : (expr.orderBy?.length ?? 0) > 0 ? 'ORDER BY' : null
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

/** GROUPING(…) stands among the aggregates of its level, though it reads no rows. */
function bindGrouping(expr: CallExpr, env: ExprEnv, bind: Bind): Expression {
  const { position, name } = expr
  if (env.aggregates === null) {
    throw bindError(CODE.GROUPING, `grouping operations are not allowed in ${env.clause}`, position)
  }
  if (expr.args.length > 31) throw bindError(CODE.PROGRAM_LIMIT, 'GROUPING must have fewer than 32 arguments', position)
  const inner: ExprEnv = { ...env, aggregates: null, windows: undefined, clause: 'GROUPING' }
  const args = expr.args.map(arg => bind(arg, inner))
  return env.aggregates.add({ fn: GROUPING, args, distinct: false, filter: null, type: INTEGER, position }, name)
}

function bindAggregate(expr: CallExpr, env: ExprEnv, bind: Bind): Expression {
  const { name, position } = expr
  if (env.aggregates === null) {
    throw bindError(CODE.GROUPING, `aggregate functions are not allowed in ${env.clause}`, position)
  }
  const inner: ExprEnv = { ...env, aggregates: null, windows: undefined, clause: 'an aggregate' }
  const call = resolvedAggregate(expr, inner, bind)
  const read = new Set(call.args.flatMap(arg => [...columnsOf(arg)]))
  if (read.size > 0 && [...read].every(isOuter)) {
    throw unsupported('an aggregate over columns of an outer query', position)
  }
  return env.aggregates.add(call, name)
}
