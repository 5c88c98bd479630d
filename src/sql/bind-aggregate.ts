// The call of an aggregate function, plain or over a window: its arguments and FILTER bound over the input row,
// resolved by the catalogue. Where it is collected is the caller's affair (bind-call.ts, bind-window.ts).
import { CODE } from '../base/errors.ts'
import { resolveAggregate } from '../../exec/functions/catalog.ts'
import type { AggregateCall, Expression } from '../../exec/plan/logical.ts'
import type { CallExpr, Expr } from './ast.ts'
import { at, bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce, coerceCondition, settle } from './coerce.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

/** An aggregate call, its arguments and filter bound in `inner`. */
export function resolvedAggregate(expr: CallExpr, inner: ExprEnv, bind: Bind): AggregateCall {
  const { name, position, distinct } = expr
  if (expr.star && name !== 'count') throw bindError(CODE.WRONG_OBJECT, `${name}(*) is not possible`, position)
  if (name === 'count' && !expr.star && expr.args.length === 0) {
    throw bindError(CODE.WRONG_OBJECT, 'count(*) must be used to call a parameterless aggregate function', position)
  }
  const args = expr.args.map(arg => settleArgument(bind(arg, inner), name, inner))
  const found = at(position, () => resolveAggregate(name, args.map(arg => arg.type), distinct, position))
  const filter = expr.filter === null ? null
    : coerceCondition(bind(expr.filter, { ...inner, clause: 'FILTER' }), 'FILTER', inner.context)
  const cast = args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', inner.context))
  return { fn: found.fn, args: cast, distinct, filter, type: found.result, position }
}

/** count('x') and min('x') take text; sum('1') is resolved by the catalogue. */
function settleArgument(arg: Expression, name: string, env: ExprEnv): Expression {
  return name === 'count' || name === 'min' || name === 'max' ? settle(arg, env.context) : arg
}
