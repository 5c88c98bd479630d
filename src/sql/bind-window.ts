// Window function calls: f(args) [FILTER (WHERE …)] OVER w | (…). The window is put together from the WINDOW
// clause by PostgreSQL's rules, its expressions are bound over the input row, and the call is collected by the
// query level it belongs to (windows.ts). Violations are 42P20 with the position of the call or the window.
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { BIGINT, typeName } from '../base/types.ts'
import { canCast, isAggregateName, isWindowName, resolveWindow } from '../../exec/functions/catalog.ts'
import { isRowless } from '../../exec/plan/expression.ts'
import type { Expression, FrameBound, SortKey, WindowFrame } from '../../exec/plan/logical.ts'
import type { CallExpr, Expr, FrameClause, FrameEnd, OrderItem, WindowDefinition } from './ast.ts'
import { resolvedAggregate } from './bind-aggregate.ts'
import { at, bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { coerce, settle } from './coerce.ts'
import { unsupported } from './node-reader.ts'
import type { CollectedCall } from './windows.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

const DEFAULT_FRAME: FrameClause = {
  mode: 'range', exclude: 'none', start: { kind: 'unbounded', side: 'preceding', offset: null },
  end: { kind: 'current', side: 'preceding', offset: null },
}

/** Binds a call with OVER. `bind` is bindExpr. */
export function bindWindowCall(expr: CallExpr, over: WindowDefinition, env: ExprEnv, bind: Bind): Expression {
  const { name, position } = expr
  const { windows } = env
  if (windows === undefined) throw refused(env.clause, position)
  const window = bindWindow(windows.resolve(over), env, bind)
  const call = resolveCall(expr, { ...env, windows: undefined, clause: 'a window function' }, bind)
  return windows.add({ ...call, ...window, position }, name)
}

/** Binds the windows of the WINDOW clause that no call uses, for their errors only. */
export function checkUnused(env: ExprEnv, bind: Bind): void {
  for (const definition of env.windows?.unused() ?? []) bindWindow(definition, env, bind)
}

function bindWindow(
  definition: WindowDefinition, env: ExprEnv, bind: Bind,
): Pick<CollectedCall, 'partition' | 'order' | 'frame'> {
  const inside: ExprEnv = { ...env, windows: undefined, clause: 'window definitions' }
  const partition = definition.partitionBy.map(item => orderable(settle(bind(item, inside), env.context), item))
  const order = definition.orderBy.map(item => bindKey(item, inside, bind))
  return { partition, order, frame: bindFrame(definition, order, inside, bind) }
}

function refused(clause: string, position?: number): Error {
  if (clause === 'an aggregate') {
    return bindError(CODE.GROUPING, 'aggregate function calls cannot contain window function calls', position)
  }
  return bindError(CODE.WINDOWING, clause === 'a window function' ? 'window function calls cannot be nested'
    : `window functions are not allowed in ${clause}`, position)
}

/** The function, its arguments and its filter. */
function resolveCall(
  expr: CallExpr, inner: ExprEnv, bind: Bind,
): Pick<CollectedCall, 'fn' | 'args' | 'filter' | 'type'> {
  const { name, position } = expr
  if (isAggregateName(name)) {
    if (expr.distinct) throw unsupported('DISTINCT in a window function', position)
    if ((expr.orderBy?.length ?? 0) > 0) throw unsupported('ORDER BY inside a window function', position)
    const { fn, args, filter, type } = resolvedAggregate(expr, inner, bind)
    return { fn, args, filter, type }
  }
  if (!isWindowName(name)) {
    throw bindError(CODE.WRONG_OBJECT,
      `OVER specified, but ${name} is not a window function nor an aggregate function`, position)
  }
  if (expr.distinct) throw unsupported('DISTINCT in a window function', position)
  if (expr.filter !== null) throw unsupported('FILTER of a window function that is no aggregate', position)
  if (expr.star) throw bindError(CODE.WRONG_OBJECT, `${name}(*) is not possible`, position)
  const bound = expr.args.map(arg => bind(arg, inner))
  const value = bound[0]
  const isValue = name !== 'ntile' && value !== undefined
  if (isValue && bound.length < 3) bound[0] = settle(value, inner.context)
  const found = at(position, () => resolveWindow(name, bound.map(arg => arg.type), position))
  const type = found.result.kind === 'null' ? settle(value!, inner.context).type : found.result
  const wanted = found.argTypes.map(arg => arg.kind === 'null' ? type : arg)
  const args = bound.map((arg, i) => coerce(arg, wanted[i]!, 'implicit', inner.context))
  return { fn: found.fn, args, filter: null, type }
}

/** ORDER BY of a window: always an expression over the input, never an output name or a place. */
function bindKey(item: OrderItem, env: ExprEnv, bind: Bind): SortKey {
  const expression = orderable(settle(bind(item.expr, env), env.context), item.expr)
  return { expression, descending: item.descending, nullsFirst: item.nullsFirst ?? item.descending }
}

function orderable(expression: Expression, { position }: Expr): Expression {
  if (expression.type.kind !== 'json') return expression
  throw bindError(CODE.UNDEFINED_FUNCTION, 'could not identify an ordering operator for type json', position)
}

function bindFrame(definition: WindowDefinition, order: readonly SortKey[], env: ExprEnv, bind: Bind): WindowFrame {
  const clause = definition.frame ?? DEFAULT_FRAME
  const { mode, exclude, start, end } = clause
  const { position } = definition
  const hasOffset = start.kind === 'offset' || end.kind === 'offset'
  if (mode === 'range' && hasOffset && order.length !== 1) {
    throw bindError(CODE.WINDOWING, 'RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column',
      position)
  }
  if (mode === 'groups' && order.length === 0) {
    throw bindError(CODE.WINDOWING, 'GROUPS mode requires an ORDER BY clause', position)
  }
  const bound = (frameEnd: FrameEnd): FrameBound => ({
    kind: frameEnd.kind, side: frameEnd.side,
    offset: frameEnd.offset === null ? null : bindOffset(frameEnd.offset, mode, order, env, bind),
  })
  return { mode, exclude, start: bound(start), end: bound(end) }
}

/** The offset of a frame end: bigint rows or groups, or what can be added to the key of a RANGE. */
function bindOffset(
  expr: Expr, mode: WindowFrame['mode'], order: readonly SortKey[], env: ExprEnv, bind: Bind,
): Expression {
  const { position } = expr
  const bound = bind(expr, { ...env, aggregates: null })
  if (!isRowless(bound)) {
    throw bindError(CODE.INVALID_REFERENCE, `argument of ${mode.toUpperCase()} must not contain variables`, position)
  }
  if (mode === 'range') return bindDistance(bound, order[0]!.expression.type, env, position)
  if (bound.type.kind !== 'null' && !canCast(bound.type, BIGINT, 'implicit')) {
    throw bindError(CODE.DATATYPE_MISMATCH,
      `argument of ${mode.toUpperCase()} must be type bigint, not type ${typeName(bound.type)}`, position)
  }
  return coerce(bound, BIGINT, 'implicit', env.context)
}

function bindDistance(bound: Expression, key: SqlType, env: ExprEnv, position?: number): Expression {
  const target: SqlType | null = key.kind === 'date' || key.kind.startsWith('timestamp') ? { kind: 'interval' }
    : key.kind === 'smallint' || key.kind === 'integer' || key.kind === 'bigint' ? BIGINT
    : key.kind === 'real' || key.kind === 'double' ? { kind: 'double' }
    : key.kind === 'decimal' ? key : null
  const from = bound.type
  const fits = target !== null && (from.kind === 'null' || from.kind === target.kind
    || (target.kind !== 'interval' && canCast(from, target, 'implicit')))
  if (!fits) {
    throw unsupported(`RANGE with offset PRECEDING/FOLLOWING for column type ${typeName(key)} and offset type ` +
      typeName(from), position)
  }
  // An offset with more digits than the key keeps them: both are compared at the finer scale.
  return target.kind === 'decimal' && from.kind === 'decimal' ? bound : coerce(bound, target, 'implicit', env.context)
}
