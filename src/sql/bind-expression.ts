// Expressions: names to ordinals, operators and functions to catalogue entries, implicit casts made explicit.
// Function calls are in bind-call.ts.
import { CODE } from '../base/errors.ts'
import { parseScalar } from '../base/scalar-parse.ts'
import type { SqlType } from '../base/types.ts'
import { BOOLEAN, decimalType, isInteger } from '../base/types.ts'
import { commonType, resolveFunction, resolveOperator } from '../../exec/functions/catalog.ts'
import type { CallExpression, Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type {
  BetweenExpr, CaseExpr, CastExpr, DistinctExpr, Expr, InExpr, IsExpr, OperatorExpr, SubqueryExpr,
} from './ast.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'
import { bindCall } from './bind-call.ts'
import { coerce, coerceCondition, literalDecimal, looseText, settle } from './coerce.ts'
import { resolveType } from './column-type.ts'
import { Correlation, asOuter } from './correlation.ts'
import type { CorrelatedQuery } from './correlation.ts'
import type { Aggregates } from './grouping.ts'
import { bindLiteral, constant } from './literal.ts'
import { unsupported } from './node-reader.ts'
import type { Scope } from './scope.ts'
import { isPlain } from './unnest.ts'
import type { Unnesting } from './unnest.ts'
import type { Windows } from './windows.ts'

/** Where an expression stands. */
export interface ExprEnv {
  readonly context: BindContext
  readonly scope: Scope
  /** Collects aggregate calls; null where they are not allowed. */
  readonly aggregates: Aggregates | null
  /** Collects window function calls; undefined where they are not allowed. */
  readonly windows?: Windows | undefined
  /** 'WHERE', 'an aggregate' and so on, for messages. */
  readonly clause: string
  readonly visible: ReadonlyMap<string, CommonTableBinding>
  /** Takes correlated subqueries; absent where they are not supported. */
  readonly unnesting?: Unnesting
}

const DEPTH_MAX = 2500
let depth = 0

/** Binds an expression. Its type may still be `null` (untyped literal or parameter): callers coerce it. */
export function bindExpr(expr: Expr, env: ExprEnv): Expression {
  if (++depth > DEPTH_MAX) {
    depth = 0
    throw bindError(CODE.PROGRAM_LIMIT, `the expression nests more than ${DEPTH_MAX} levels`, expr.position)
  }
  try {
    return bindNode(expr, env)
  } finally {
    depth = Math.max(0, depth - 1)
  }
}

function bindNode(expr: Expr, env: ExprEnv): Expression {
  switch (expr.kind) {
    case 'name': return env.scope.resolve(expr.path, expr.position)
    case 'literal': return bindLiteral(expr)
    case 'parameter': return env.context.parameters.expression(expr.index, expr.position)
    case 'operator': return bindOperator(expr, env)
    case 'logic': {
      const word = expr.op.toUpperCase()
      return call(expr.op, BOOLEAN, expr.args.map(arg => condition(arg, word, env)), expr.position)
    }
    case 'is': return bindIs(expr, env)
    case 'distinct': return bindDistinct(expr, env)
    case 'between': return bindBetween(expr, env)
    case 'in': return bindIn(expr, env)
    case 'subquery': return bindSubquery(expr, env)
    case 'case': return bindCase(expr, env)
    case 'cast': return bindCast(expr, env)
    case 'call': return bindCall(expr, env, bindExpr)
    case 'star': throw bindError(CODE.SYNTAX, '* is only allowed in a select list and in count(*)', expr.position)
    case 'row': throw unsupported('a row value here', expr.position)
    case 'default': throw bindError(CODE.SYNTAX, 'DEFAULT is not allowed in this context', expr.position)
  }
}

/** A call of the executor's catalogue. */
function call(fn: string, type: SqlType, args: readonly Expression[], position?: number): CallExpression {
  return { kind: 'call', fn, type, args, position }
}

/** Binds a boolean condition. */
export function condition(expr: Expr, clause: string, env: ExprEnv): Expression {
  return coerceCondition(bindExpr(expr, env), clause, env.context)
}

function bindOperator(expr: OperatorExpr, env: ExprEnv): Expression {
  const { position } = expr
  if (expr.left !== null && (expr.left.kind === 'row' || expr.right.kind === 'row')) {
    return bindRowComparison(expr.symbol, expr.left, expr.right, env, position)
  }
  const left = expr.left === null ? null : bindExpr(expr.left, env)
  const right = bindExpr(expr.right, env)
  if (expr.escape !== undefined) {
    const name = `${LIKE_NAMES[expr.symbol]!}_escape`
    const args = [left!, right, bindExpr(expr.escape, env)]
    const found = at(position, () => resolveFunction(name, args.map(arg => arg.type), position))
    return call(
      found.fn, found.result, args.map((arg, i) => coerce(arg, found.argTypes[i]!, 'implicit', env.context)), position
    )
  }
  return operate(expr.symbol, left, right, env, position)
}

const LIKE_NAMES: Readonly<Record<string, string>> = {
  '~~': 'like', '!~~': 'not_like', '~~*': 'ilike', '!~~*': 'not_ilike',
}

const COMPARISONS = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])

/** An operator applied to bound operands. */
export function operate(
  symbol: string, left: Expression | null, right: Expression, env: ExprEnv, position?: number,
): Expression {
  const { context } = env
  if (left !== null && COMPARISONS.has(symbol)) {
    left = exactLiteral(left, right.type)
    right = exactLiteral(right, left.type)
  }
  const [leftType, rightType] = [left?.type ?? null, right.type]
  const found = at(position, () => resolveOperator(symbol, leftType, rightType, position))
  const operands = left === null ? [right] : [left, right]
  // Anything can be concatenated to text, as PostgreSQL's anynonarray || text.
  const strength = symbol === '||' ? 'assignment' : 'implicit'
  const args = operands.map((arg, i) => coerce(arg, found.argTypes[i]!, strength, context))
  return call(found.fn, found.result, args, position)
}

/** '1.234' compared with a decimal(12,2) keeps its own digits instead of being rounded to the column's. */
function exactLiteral(expression: Expression, other: SqlType): Expression {
  if (expression.kind !== 'constant' || expression.type.kind !== 'null' || expression.value === null) return expression
  if (other.kind !== 'decimal') return expression
  const text = expression.value as string
  const type = literalDecimal(text)
  return { ...expression, type, value: at(expression.position, () => parseScalar(type, text)) }
}

function bindRowComparison(symbol: string, left: Expr, right: Expr, env: ExprEnv, position?: number): Expression {
  if (left.kind !== 'row' || right.kind !== 'row') throw unsupported('a row compared with anything but a row', position)
  if (left.items.length !== right.items.length) {
    throw bindError(CODE.SYNTAX, 'unequal number of entries in row expressions', position)
  }
  if (symbol !== '=' && symbol !== '<>') throw unsupported(`operator ${symbol} on rows`, position)
  const parts = left.items.map((item, i) =>
    operate(symbol, bindExpr(item, env), bindExpr(right.items[i]!, env), env, item.position ?? position))
  if (parts.length === 1) return parts[0]!
  return call(symbol === '=' ? 'and' : 'or', BOOLEAN, parts, position)
}

function bindIs(expr: IsExpr, env: ExprEnv): Expression {
  const { position, negated } = expr
  if (expr.test === 'null') {
    const arg = settle(bindExpr(expr.arg, env), env.context)
    return call(negated ? 'is_not_null' : 'is_null', BOOLEAN, [arg], position)
  }
  const arg = condition(expr.arg, `IS ${expr.test.toUpperCase()}`, env)
  if (expr.test === 'unknown') return call(negated ? 'is_not_null' : 'is_null', BOOLEAN, [arg], position)
  const distinct = call(
    'is_distinct', BOOLEAN, [arg, constant(BOOLEAN, expr.test === 'true' ? 1 : 0, position)], position
  )
  return negated ? distinct : call('not', BOOLEAN, [distinct], position)
}

function bindDistinct(expr: DistinctExpr, env: ExprEnv): Expression {
  const { position } = expr
  const args = unify([bindExpr(expr.left, env), bindExpr(expr.right, env)], env, position)
  const distinct = call('is_distinct', BOOLEAN, args, position)
  return expr.negated ? call('not', BOOLEAN, [distinct], position) : distinct
}

/** Expressions converted to their common type. */
function unify(expressions: readonly Expression[], env: ExprEnv, position?: number): Expression[] {
  const common = at(position, () => commonType(expressions.map(e => e.type), position))
  const isUntyped = expressions.some(e => e.type.kind === 'null' && !(e.kind === 'constant' && e.value === null))
  const type = common.kind === 'text' && isUntyped ? looseText(common) : common
  return expressions.map(e => coerce(e, type, 'implicit', env.context))
}

function bindBetween(expr: BetweenExpr, env: ExprEnv): Expression {
  const { position } = expr
  const arg = bindExpr(expr.arg, env)
  const low = bindExpr(expr.low, env)
  const high = bindExpr(expr.high, env)
  const within = (from: Expression, to: Expression): Expression => expr.negated
    ? call('or', BOOLEAN, [operate('<', arg, from, env, position), operate('>', arg, to, env, position)], position)
    : call('and', BOOLEAN, [operate('>=', arg, from, env, position), operate('<=', arg, to, env, position)], position)
  if (!expr.symmetric) return within(low, high)
  return call(expr.negated ? 'and' : 'or', BOOLEAN, [within(low, high), within(high, low)], position)
}

function bindIn(expr: InExpr, env: ExprEnv): Expression {
  const { position, negated } = expr
  if (expr.arg.kind === 'row') {
    const arg = expr.arg
    const parts = expr.items.map(item => bindRowComparison('=', arg, item, env, item.position ?? position))
    const any = parts.length === 1 ? parts[0]! : call('or', BOOLEAN, parts, position)
    return negated ? call('not', BOOLEAN, [any], position) : any
  }
  const arg = bindExpr(expr.arg, env)
  if (expr.items.length === 0) return { kind: 'constant', type: BOOLEAN, value: negated ? 1 : 0 }
  const items = expr.items.map(item => exactLiteral(bindExpr(item, env), arg.type))
  const [same, ...others] = unify([arg, ...items], env, position) as [Expression, ...Expression[]]
  return { kind: 'in', type: BOOLEAN, arg: same, items: others, negated, position }
}

function bindSubquery(expr: SubqueryExpr, env: ExprEnv): Expression {
  const { position, mode, negated } = expr
  const correlation = env.unnesting === undefined ? null : new Correlation()
  const plan = env.context.bindQuery(expr.query, env.context, env.scope.around(correlation), env.visible)
  const correlated = correlation?.query ?? null
  if (correlated !== null) return bindCorrelated(expr, correlated, plan, env)
  if (mode === 'exists') return { kind: 'subquery', mode, plan, type: BOOLEAN, position }
  if (plan.output.length !== 1) {
    throw bindError(CODE.SYNTAX, `subquery must return only one column, not ${plan.output.length}`, position)
  }
  const type = plan.output[0]!.type
  if (mode === 'scalar') return { kind: 'subquery', mode, plan, type, position }
  if (expr.arg!.kind === 'row') throw unsupported('a row compared with a subquery', position)
  const arg = bindExpr(expr.arg!, env)
  const common = at(position, () => commonType([arg.type, type], position))
  return {
    kind: 'subquery', mode, negated, type: BOOLEAN, position, arg: coerce(arg, common, 'implicit', env.context),
    plan: castOutput(plan, common),
  }
}

/** A marker for a subquery with references to this level: unnest.ts puts a join in its place. */
function bindCorrelated(expr: SubqueryExpr, query: CorrelatedQuery, plan: LogicalPlan, env: ExprEnv): Expression {
  const { position, mode, negated } = expr
  if (mode !== 'exists' && plan.output.length !== 1) {
    throw bindError(CODE.SYNTAX, `subquery must return only one column, not ${plan.output.length}`, position)
  }
  const type = mode === 'scalar' ? plan.output[0]!.type : BOOLEAN
  let equal: Expression | null = null
  if (mode === 'in') {
    if (expr.arg!.kind === 'row') throw unsupported('a row compared with a subquery', position)
    const arg = bindExpr(expr.arg!, env)
    if (!isPlain(arg)) throw unsupported('an aggregate or subquery as argument of a correlated IN', position)
    equal = operate('=', asOuter(arg), query.items[0]!, env, position)
  }
  return env.unnesting!.add({ mode, negated, query, equal, type, position })
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

function bindCase(expr: CaseExpr, env: ExprEnv): Expression {
  const { position } = expr
  const subject = expr.arg === null ? null : bindExpr(expr.arg, env)
  const whens = expr.branches.map(branch => subject === null
    ? condition(branch.when, 'CASE/WHEN', env)
    : operate('=', subject, bindExpr(branch.when, env), env, branch.when.position ?? position))
  const results = expr.branches.map(branch => bindExpr(branch.then, env))
  if (expr.otherwise !== null) results.push(bindExpr(expr.otherwise, env))
  const unified = unify(results, env, position)
  const branches = whens.map((when, i) => ({ when, then: unified[i]! }))
  const otherwise = expr.otherwise === null ? null : unified[unified.length - 1]!
  return { kind: 'case', type: widest(unified), branches, otherwise, position }
}

/** The type of CASE: that of its branches, where text without a length wins. */
function widest(results: readonly Expression[]): SqlType {
  return (
    results.find(result => result.type.kind === 'text' && result.type.maxLength === undefined) ?? results[0]!
  ).type
}

function bindCast(expr: CastExpr, env: ExprEnv): Expression {
  const arg = bindExpr(expr.arg, env)
  const target = castTarget(resolveType(expr.type), arg.type)
  const bound = coerce(arg, target, 'explicit', env.context)
  return bound.position === undefined ? { ...bound, position: expr.position } : bound
}

/** CAST(x AS NUMERIC) without precision: the digits x can have. */
function castTarget(target: SqlType, from: SqlType): SqlType {
  if (target.kind !== 'decimal' || target.precision !== undefined || from.kind === 'null') return target
  if (from.kind === 'decimal') return from
  if (isInteger(from)) return decimalType(from.kind === 'bigint' ? 19 : from.kind === 'integer' ? 10 : 5, 0)
  return decimalType(38, 10)
}
