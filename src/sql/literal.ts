// Literals as written to constants. Integers take the smallest of integer, bigint and decimal that holds them,
// decimals their own digits, and a quoted string has no type until its use gives it one (type `null` with
// a string value), as PostgreSQL's "unknown".
import { parseDecimal } from '../base/decimal.ts'
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { BIGINT, BOOLEAN, BYTEA, DOUBLE, INTEGER, NULL_TYPE, decimalType } from '../base/types.ts'
import { hexToBytes } from '../base/uuid.ts'
import type { ConstantExpression } from '../../exec/plan/logical.ts'
import type { LiteralExpr } from './ast.ts'
import { bindError } from './bind-context.ts'

/** The constant of a literal. */
export function bindLiteral(literal: LiteralExpr): ConstantExpression {
  const { text, position } = literal
  switch (literal.form) {
    case 'null': return constant(NULL_TYPE, null, position)
    case 'boolean': return constant(BOOLEAN, text === 'true' ? 1 : 0, position)
    case 'string': return constant(NULL_TYPE, text, position)
    case 'hex': return bindHex(text, position)
    case 'integer': case 'decimal': return bindNumber(text, literal.form, position)
  }
}

/** A constant expression. */
export function constant(type: SqlType, value: ConstantExpression['value'], position?: number): ConstantExpression {
  return { kind: 'constant', type, value, position }
}

function bindHex(text: string, position?: number): ConstantExpression {
  if (text.length % 2 !== 0) {
    throw bindError(CODE.INVALID_TEXT, `x'${text}' has an odd number of hexadecimal digits`, position)
  }
  return constant(BYTEA, hexToBytes(text), position)
}

function bindNumber(text: string, form: 'integer' | 'decimal', position?: number): ConstantExpression {
  const parsed = parseDecimal(text)
  if (parsed === null) return bindHuge(text, position)
  const { unscaled, scale } = parsed
  if (form === 'integer') {
    if (unscaled >= -2147483648 && unscaled <= 2147483647) return constant(INTEGER, unscaled, position)
    if (unscaled >= -(2n ** 63n) && unscaled < 2n ** 63n) return constant(BIGINT, unscaled, position)
  }
  const digits = Math.max(String(unscaled).replace('-', '').length, scale, 1)
  if (digits > 38) return bindHuge(text, position)
  return constant(decimalType(digits, scale), unscaled, position)
}

/** Beyond 38 digits: scientific notation is a double, plain digits do not fit. */
function bindHuge(text: string, position?: number): ConstantExpression {
  const value = Number(text)
  if (!/e/i.test(text) || !Number.isFinite(value)) {
    throw bindError(CODE.NUMERIC_OVERFLOW, `number ${text} has more than 38 digits`, position)
  }
  return constant(DOUBLE, value === 0 ? 0 : value, position)
}
