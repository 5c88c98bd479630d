// Makes conversions explicit: every expression leaves here with exactly the type its place wants. Untyped
// literals are parsed, undecided parameters decided, typed constants converted now, everything else is
// wrapped in a cast. Contexts are PostgreSQL's: implicit < assignment < explicit.
import { parseDecimal } from '../base/decimal.ts'
import { CODE } from '../base/errors.ts'
import { castScalar } from '../base/scalar-cast.ts'
import { fitText, parseScalar } from '../base/scalar-parse.ts'
import type { SqlType } from '../base/types.ts'
import { BOOLEAN, TEXT, decimalType, sameType, typeName } from '../base/types.ts'
import { canCast } from '../../exec/functions/catalog.ts'
import type { ConstantExpression, Expression } from '../../exec/plan/logical.ts'
import type { BindContext } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'

export type CastContext = 'implicit' | 'assignment' | 'explicit'

/** The expression as `target`. Throws 42804 when the context allows no cast, 22xxx for constants that do not fit. */
export function coerce(
  expression: Expression, target: SqlType, context: CastContext, bind: BindContext,
): Expression {
  const from = expression.type
  if (sameType(from, target)) return expression
  if (from.kind === 'null') return coerceUntyped(expression, target, context, bind)
  if (from.kind === 'text' && target.kind === 'text') return coerceText(expression, target, context)
  if (!canCast(from, target, context)) throw cannotCast(expression, target, context)
  if (context === 'assignment' && target.kind === 'text' && target.maxLength !== undefined) {
    return coerceText(coerce(expression, TEXT, context, bind), target, context)
  }
  if (expression.kind === 'constant') return convertConstant(expression, target)
  return { kind: 'cast', type: target, arg: expression, position: expression.position }
}

function coerceUntyped(
  expression: Expression, target: SqlType, context: CastContext, bind: BindContext,
): Expression {
  if (expression.kind === 'parameter') {
    const decided = bind.parameters.decide(expression, parameterType(target, context), context === 'implicit')
    return sameType(decided.type, target) || looseMatch(decided.type, target, context) ? decided
      : coerce(decided, target, context === 'implicit' ? 'assignment' : context, bind)
  }
  if (expression.kind !== 'constant') {
    return { kind: 'cast', type: target, arg: expression, position: expression.position }
  }
  if (expression.value === null) return { ...expression, type: target }
  const text = expression.value as string
  const type = target.kind === 'decimal' && target.precision === undefined ? literalDecimal(text) : target
  if (context === 'implicit' && type.kind === 'text') {
    const loose = looseText(type)
    return { ...expression, type: loose, value: fitText(loose, text) }
  }
  if (context === 'explicit' && type.kind === 'text') return { ...expression, type, value: fitText(type, text, true) }
  return { ...expression, type, value: at(expression.position, () => parseScalar(type, text)) }
}

/** Comparing with a varchar(10) column must not cut or refuse a longer text. */
function parameterType(target: SqlType, context: CastContext): SqlType {
  return context === 'implicit' && target.kind === 'text' ? looseText(target) : target
}

/** The type without its length: 'abcd' = c is no error for c VARCHAR(3). CHAR still ignores trailing blanks. */
export function looseText(type: SqlType): SqlType {
  if (type.maxLength === undefined) return type
  return type.blankPadded === true ? { kind: 'text', blankPadded: true } : TEXT
}

function looseMatch(decided: SqlType, target: SqlType, context: CastContext): boolean {
  return context === 'implicit' && decided.kind === 'text' && target.kind === 'text'
}

/** The decimal type with exactly the digits of the text. */
export function literalDecimal(text: string): SqlType {
  const parsed = parseDecimal(text)
  if (parsed === null) return decimalType(38, 10)
  const digits = Math.max(String(parsed.unscaled).replace('-', '').length, parsed.scale, 1)
  return decimalType(Math.min(38, digits), Math.min(38, parsed.scale))
}

function coerceText(expression: Expression, target: SqlType, context: CastContext): Expression {
  if (context === 'implicit' || (target.maxLength === undefined && target.blankPadded !== true)) {
    return expression
  }
  if (expression.kind === 'constant' && expression.value !== null) {
    const value = at(expression.position, () => fitText(target, expression.value as string, context === 'explicit'))
    return { ...expression, type: target, value }
  }
  // Assignment leaves the text as it is: the writer refuses what is too long, a cast would cut it.
  if (context === 'assignment') return expression
  return { kind: 'cast', type: target, arg: expression, position: expression.position }
}

function convertConstant(expression: ConstantExpression, target: SqlType): Expression {
  const value = at(expression.position, () => castScalar(expression.type, target, expression.value))
  return { ...expression, type: target, value }
}

function cannotCast(expression: Expression, target: SqlType, context: CastContext): Error {
  const [from, to] = [typeName(expression.type), typeName(target)]
  return context === 'explicit'
    ? bindError(CODE.CANNOT_COERCE, `cannot cast type ${from} to ${to}`, expression.position)
    : bindError(CODE.DATATYPE_MISMATCH, `expression of type ${from} is not of type ${to}`, expression.position,
      'You will need to rewrite or cast the expression.')
}

/** A value for a column: assignment cast, with the column's name in the error. */
export function assign(
  expression: Expression, column: { readonly name: string; readonly type: SqlType }, bind: BindContext,
): Expression {
  const from = expression.type
  if (from.kind !== 'null' && !canCast(from, column.type, 'assignment')) {
    throw bindError(CODE.DATATYPE_MISMATCH,
      `column "${column.name}" is of type ${typeName(column.type)} but expression is of type ${typeName(from)}`,
      expression.position, 'You will need to rewrite or cast the expression.')
  }
  return coerce(expression, column.type, 'assignment', bind)
}

/** A condition: boolean, or an untyped literal read as one. `clause` is for the message. */
export function coerceCondition(expression: Expression, clause: string, bind: BindContext): Expression {
  if (expression.type.kind === 'boolean') return expression
  if (expression.type.kind === 'null') return coerce(expression, BOOLEAN, 'implicit', bind)
  throw bindError(CODE.DATATYPE_MISMATCH,
    `argument of ${clause} must be type boolean, not type ${typeName(expression.type)}`, expression.position)
}

/** Gives an expression that nothing typed its default: text. */
export function settle(expression: Expression, bind: BindContext): Expression {
  return expression.type.kind === 'null' ? coerce(expression, TEXT, 'implicit', bind) : expression
}
