// Operators applied to bound operands, and operands converted to their common type: what expressions, joins and
// subqueries share. Resolution is the catalogue's (exec/functions); here the casts it wants are put in.
import { parseScalar } from '../base/scalar-parse.ts'
import type { SqlType } from '../base/types.ts'
import { commonType, resolveOperator } from '../../exec/functions/catalog.ts'
import type { CallExpression, Expression } from '../../exec/plan/logical.ts'
import type { BindContext } from './bind-context.ts'
import { at } from './bind-context.ts'
import { coerce, literalDecimal, looseText } from './coerce.ts'

interface OperatorEnv { readonly context: BindContext }

/** A call of the executor's catalogue. */
export function call(fn: string, type: SqlType, args: readonly Expression[], position?: number): CallExpression {
  return { kind: 'call', fn, type, args, position }
}

const COMPARISONS = new Set(['=', '<>', '!=', '<', '<=', '>', '>='])

/** An operator applied to bound operands. */
export function operate(
  symbol: string, left: Expression | null, right: Expression, env: OperatorEnv, position?: number,
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
export function exactLiteral(expression: Expression, other: SqlType): Expression {
  if (expression.kind !== 'constant' || expression.type.kind !== 'null' || expression.value === null) return expression
  if (other.kind !== 'decimal') return expression
  const text = expression.value as string
  const type = literalDecimal(text)
  return { ...expression, type, value: at(expression.position, () => parseScalar(type, text)) }
}

/** Expressions converted to their common type. */
export function unify(expressions: readonly Expression[], env: OperatorEnv, position?: number): Expression[] {
  const common = at(position, () => commonType(expressions.map(e => e.type), position))
  const isUntyped = expressions.some(e => e.type.kind === 'null' && !(e.kind === 'constant' && e.value === null))
  const type = common.kind === 'text' && isUntyped ? looseText(common) : common
  return expressions.map(e => coerce(e, type, 'implicit', env.context))
}
