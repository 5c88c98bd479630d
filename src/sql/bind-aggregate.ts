// The call of an aggregate function, plain or over a window: its arguments and FILTER bound over the input row,
// resolved by the catalogue. Where it is collected is the caller's affair (bind-call.ts, bind-window.ts).
import { CODE } from '../base/errors.ts'
import { ORDERED_SETS, isOrderSensitive, resolveOrderedSet } from '../../exec/functions/aggregates.ts'
import { resolveAggregate } from '../../exec/functions/catalog.ts'
import type { AggregateCall, Expression } from '../../exec/plan/logical.ts'
import type { CallExpr, Expr, OrderItem } from './ast.ts'
import { at, bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce, coerceCondition, settle } from './coerce.ts'
import { expressionKey } from './expression-key.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

/** An aggregate call, its arguments and filter bound in `inner`. */
export function resolvedAggregate(expr: CallExpr, inner: ExprEnv, bind: Bind): AggregateCall {
  const { name, position, distinct } = expr
  if (ORDERED_SETS.has(name)) return orderedSet(expr, inner, bind)
  if (expr.withinGroup === true) {
    throw bindError(CODE.WRONG_OBJECT, `${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`,
      position)
  }
  if (expr.star && name !== 'count') throw bindError(CODE.WRONG_OBJECT, `${name}(*) is not possible`, position)
  if (name === 'count' && !expr.star && expr.args.length === 0) {
    throw bindError(CODE.WRONG_OBJECT, 'count(*) must be used to call a parameterless aggregate function', position)
  }
  const args = expr.args.map(arg => settleArgument(bind(arg, inner), name, inner))
  const found = at(position, () => resolveAggregate(name, args.map(arg => arg.type), distinct, position))
  const filter = expr.filter === null ? null
    : coerceCondition(bind(expr.filter, { ...inner, clause: 'FILTER' }), 'FILTER', inner.context)
  const cast = args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', inner.context))
  const call: AggregateCall = { fn: found.fn, args: cast, distinct, filter, type: found.result, position }
  return withOrder(call, expr.orderBy ?? [], inner, bind)
}

/** ORDER BY of aggregates: keys behind the arguments, where their order can be seen. */
function withOrder(call: AggregateCall, items: readonly OrderItem[], env: ExprEnv, bind: Bind): AggregateCall {
  if (items.length === 0) return call
  const keys = items.map(item => settle(bind(item.expr, env), env.context))
  if (call.distinct) {
    const known = new Set(call.args.map(expressionKey))
    const other = keys.find(key => !known.has(expressionKey(key)))
    if (other !== undefined) {
      throw bindError(CODE.INVALID_REFERENCE,
        'in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list', other.position)
    }
  }
  const json = keys.find(key => key.type.kind === 'json')
  if (json !== undefined) {
    throw bindError(CODE.UNDEFINED_FUNCTION, 'could not identify an ordering operator for type json', json.position)
  }
  if (!isOrderSensitive(call.fn)) return call
  return { ...call, args: [...call.args, ...keys], rowOrder: items.map(rowOrderOf) }
}

function rowOrderOf({ descending, nullsFirst }: OrderItem): { descending: boolean; nullsFirst: boolean } {
  return { descending, nullsFirst: nullsFirst ?? descending }
}

/** percentile_cont(f), percentile_disc(f) and mode() WITHIN GROUP (ORDER BY value): arguments value, f, value. */
function orderedSet(expr: CallExpr, inner: ExprEnv, bind: Bind): AggregateCall {
  const { name, position, orderBy = [] } = expr
  if (expr.withinGroup !== true) {
    throw bindError(CODE.WRONG_OBJECT, `WITHIN GROUP is required for ordered-set aggregate ${name}`, position)
  }
  const bound = [...orderBy.map(item => item.expr), ...expr.args].map(arg => bind(arg, inner))
  const found = resolveOrderedSet(name, bound.map(arg => arg.type), position)
  const args = bound.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', inner.context))
  const filter = expr.filter === null ? null
    : coerceCondition(bind(expr.filter, { ...inner, clause: 'FILTER' }), 'FILTER', inner.context)
  const rowOrder = [rowOrderOf(orderBy[0]!)]
  return { fn: found.fn, args: [...args, args[0]!], distinct: false, filter, type: found.result, rowOrder, position }
}

/** count('x') and min('x') take text; sum('1') is resolved by the catalogue. */
function settleArgument(arg: Expression, name: string, env: ExprEnv): Expression {
  return name === 'count' || name === 'min' || name === 'max' ? settle(arg, env.context) : arg
}
