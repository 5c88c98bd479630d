// Expressions: names to ordinals, operators and functions to catalogue entries, implicit casts made explicit.
// Function calls are in bind-call.ts.
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { BOOLEAN, decimalType, isInteger } from '../base/types.ts'
import { resolveFunction } from '../../exec/functions/catalog.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import type {
  BetweenExpr, CaseExpr, CastExpr, DistinctExpr, Expr, InExpr, IsExpr, OperatorExpr,
} from './ast.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'
import { bindCall } from './bind-call.ts'
import { call, exactLiteral, operate, unify } from './bind-operator.ts'
import { compareRows, distinctRows } from './bind-row.ts'
import { bindQuantified, bindSubquery, compareWithSubquery } from './bind-subquery.ts'
import { coerce, coerceCondition, settle } from './coerce.ts'
import { resolveType } from './column-type.ts'
import type { Aggregates } from './grouping.ts'
import { bindLiteral, constant } from './literal.ts'
import { unsupported } from './node-reader.ts'
import type { Scope } from './scope.ts'
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
    case 'subquery': return bindSubquery(expr, env, bindExpr)
    case 'quantified': return bindQuantified(expr, env, bindExpr)
    case 'case': return bindCase(expr, env)
    case 'cast': return bindCast(expr, env)
    case 'call': return bindCall(expr, env, bindExpr)
    case 'star': throw bindError(CODE.SYNTAX, '* is only allowed in a select list and in count(*)', expr.position)
    case 'row': throw unsupported('a row value here', expr.position)
    case 'default': throw bindError(CODE.SYNTAX, 'DEFAULT is not allowed in this context', expr.position)
  }
}

/** Binds a boolean condition. */
export function condition(expr: Expr, clause: string, env: ExprEnv): Expression {
  return coerceCondition(bindExpr(expr, env), clause, env.context)
}

function bindOperator(expr: OperatorExpr, env: ExprEnv): Expression {
  const { position } = expr
  if (expr.left !== null && (expr.left.kind === 'row' || expr.right.kind === 'row')) {
    if (expr.right.kind === 'subquery' && expr.right.mode === 'scalar') {
      return compareWithSubquery(expr.symbol, expr.left, expr.right, env, bindExpr, position)
    }
    return compareRows(expr.symbol, expr.left, expr.right, env, bindExpr, position)
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

function bindIs(expr: IsExpr, env: ExprEnv): Expression {
  const { position, negated } = expr
  if (expr.test === 'null' && expr.arg.kind === 'row') {
    // Not each other's opposite: a row with some NULLs is neither.
    const tests = expr.arg.items.map(arg => bindIs({ ...expr, arg }, env))
    return tests.length === 1 ? tests[0]! : call('and', BOOLEAN, tests, position)
  }
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
  if (expr.left.kind === 'row' || expr.right.kind === 'row') {
    return distinctRows(expr.left, expr.right, expr.negated, env, bindExpr, position)
  }
  const args = unify([bindExpr(expr.left, env), bindExpr(expr.right, env)], env, position)
  const distinct = call('is_distinct', BOOLEAN, args, position)
  return expr.negated ? call('not', BOOLEAN, [distinct], position) : distinct
}

function bindBetween(expr: BetweenExpr, env: ExprEnv): Expression {
  const { position } = expr
  if (expr.arg.kind === 'row') return bindRowBetween(expr, expr.arg, env)
  const arg = bindExpr(expr.arg, env)
  const low = bindExpr(expr.low, env)
  const high = bindExpr(expr.high, env)
  const within = (from: Expression, to: Expression): Expression => expr.negated
    ? call('or', BOOLEAN, [operate('<', arg, from, env, position), operate('>', arg, to, env, position)], position)
    : call('and', BOOLEAN, [operate('>=', arg, from, env, position), operate('<=', arg, to, env, position)], position)
  if (!expr.symmetric) return within(low, high)
  return call(expr.negated ? 'and' : 'or', BOOLEAN, [within(low, high), within(high, low)], position)
}

function bindRowBetween(expr: BetweenExpr, arg: Expr, env: ExprEnv): Expression {
  const { position, low, high, negated, symmetric } = expr
  const compared = (symbol: string, to: Expr): Expression => compareRows(symbol, arg, to, env, bindExpr, position)
  const within = (from: Expr, to: Expr): Expression => (
    call('and', BOOLEAN, [compared('>=', from), compared('<=', to)], position)
  )
  const inside = symmetric ? call('or', BOOLEAN, [within(low, high), within(high, low)], position) : within(low, high)
  return negated ? call('not', BOOLEAN, [inside], position) : inside
}

function bindIn(expr: InExpr, env: ExprEnv): Expression {
  const { position, negated } = expr
  if (expr.arg.kind === 'row') {
    const arg = expr.arg
    const parts = expr.items.map(item => compareRows('=', arg, item, env, bindExpr, item.position ?? position))
    const any = parts.length === 1 ? parts[0]! : call('or', BOOLEAN, parts, position)
    return negated ? call('not', BOOLEAN, [any], position) : any
  }
  const arg = bindExpr(expr.arg, env)
  if (expr.items.length === 0) return { kind: 'constant', type: BOOLEAN, value: negated ? 1 : 0 }
  const items = expr.items.map(item => exactLiteral(bindExpr(item, env), arg.type))
  const [same, ...others] = unify([arg, ...items], env, position) as [Expression, ...Expression[]]
  return { kind: 'in', type: BOOLEAN, arg: same, items: others, negated, position }
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
