// Row constructors: (a, b) and ROW(a, b), compared field by field from the left as PostgreSQL does:
//
//   =, <>       AND of the equalities, OR of the inequalities
//   <, <=, …    a < c OR (a = c AND b < d): the first fields that differ decide, NULL where they cannot
//   IS DISTINCT FROM, IN, BETWEEN     from these
import { CODE } from '../base/errors.ts'
import { BOOLEAN } from '../base/types.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import type { Expr } from './ast.ts'
import { bindError } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { call, operate, unify } from './bind-operator.ts'
import { unsupported } from './node-reader.ts'

type Bind = (expr: Expr, env: ExprEnv) => Expression

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])

/** A comparison of two rows, at least one of them written as such. */
export function compareRows(
  symbol: string, left: Expr, right: Expr, env: ExprEnv, bind: Bind, position?: number,
): Expression {
  const [a, b] = fieldPairs(left, right, position)
  return compareFields(symbol, a.map(item => bind(item, env)), b.map(item => bind(item, env)), env, position)
}

/** A comparison of rows of bound fields. */
export function compareFields(
  symbol: string, left: readonly Expression[], right: readonly Expression[], env: ExprEnv, position?: number,
): Expression {
  checkWidths(left.length, right.length, position)
  if (!COMPARISONS.has(symbol)) throw unsupported(`operator ${symbol} on rows`, position)
  const compared = (i: number, by: string): Expression => operate(by, left[i]!, right[i]!, env, position)
  const last = left.length - 1
  if (symbol === '=' || symbol === '<>' || symbol === '!=') {
    const parts = left.map((_, i) => compared(i, symbol))
    return parts.length === 1 ? parts[0]! : call(symbol === '=' ? 'and' : 'or', BOOLEAN, parts, position)
  }
  let value = compared(last, symbol)
  const strict = symbol.slice(0, 1)
  for (let i = last - 1; i >= 0; i--) {
    value = call('or', BOOLEAN, [
      compared(i, strict), call('and', BOOLEAN, [compared(i, '='), value], position),
    ], position)
  }
  return value
}

/** IS DISTINCT FROM; `negated`: IS NOT DISTINCT FROM. */
export function distinctRows(
  left: Expr, right: Expr, negated: boolean, env: ExprEnv, bind: Bind, position?: number,
): Expression {
  const [a, b] = fieldPairs(left, right, position)
  const parts = a.map((item, i) => (
    call('is_distinct', BOOLEAN, unify([bind(item, env), bind(b[i]!, env)], env, position), position)
  ))
  const distinct = parts.length === 1 ? parts[0]! : call('or', BOOLEAN, parts, position)
  return negated ? call('not', BOOLEAN, [distinct], position) : distinct
}

function fieldPairs(left: Expr, right: Expr, position?: number): [readonly Expr[], readonly Expr[]] {
  if (left.kind !== 'row' || right.kind !== 'row') throw unsupported('a row compared with anything but a row', position)
  checkWidths(left.items.length, right.items.length, position)
  return [left.items, right.items]
}

function checkWidths(left: number, right: number, position?: number): void {
  if (left !== right) throw bindError(CODE.SYNTAX, 'unequal number of entries in row expressions', position)
  if (left === 0) throw unsupported('a comparison of rows of zero length', position)
}
