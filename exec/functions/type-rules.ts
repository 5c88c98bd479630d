// Which type a mix of types becomes, and which conversions are allowed where: PostgreSQL's rules,
// with decimals carrying their precision and scale. Differences to PostgreSQL: numeric is always
// decimal(p <= 38, s), so the scale of a result is decided by types and not by values.
//
//   +  -     scale max(s1, s2)       precision max(p1 - s1, p2 - s2) + scale + 1, at most 38
//   *        scale s1 + s2           precision p1 + p2, at most 38
//   /        scale max(16, s1, s2)   precision 38     (PostgreSQL: at least 16 significant digits)
//   %        scale max(s1, s2)       precision of the wider
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { SqlType, TypeKind } from '../../src/base/types.ts'
import {
  arrayType,  BIGINT, DOUBLE, NULL_TYPE, TEXT, decimalType, isInteger, isNumeric, sameType, typeName,
} from '../../src/base/types.ts'

/** Numeric types from narrow to wide; implicit casts only go right. */
const NUMERIC_ORDER: readonly TypeKind[] = ['smallint', 'integer', 'bigint', 'decimal', 'real', 'double']
const DATE_ORDER: readonly TypeKind[] = ['date', 'timestamp', 'timestamptz']

const INTEGER_DIGITS: Partial<Record<TypeKind, number>> = { smallint: 5, integer: 10, bigint: 19 }

/** Precision and scale of a numeric type seen as a decimal. */
export function decimalShape(type: SqlType): { precision: number; scale: number } {
  const digits = INTEGER_DIGITS[type.kind]
  if (digits !== undefined) return { precision: digits, scale: 0 }
  return { precision: type.precision ?? 38, scale: type.scale ?? 0 }
}

/** An integer or decimal type as a decimal type. */
export function asDecimal(type: SqlType): SqlType {
  const { precision, scale } = decimalShape(type)
  return decimalType(precision, scale)
}

/** Steps of an implicit cast from one type kind to another: 0 = same, -1 = there is none. */
export function implicitDistance(from: TypeKind, to: TypeKind): number {
  if (from === to) return 0
  if (from === 'null') return to === 'text' ? 1 : 2
  for (const order of [NUMERIC_ORDER, DATE_ORDER]) {
    const a = order.indexOf(from)
    const b = order.indexOf(to)
    if (a >= 0 && b > a) return b - a
  }
  if (from === 'time' && to === 'interval') return 3
  return -1
}

const EXPLICIT: Partial<Record<TypeKind, readonly TypeKind[]>> = {
  boolean: ['smallint', 'integer', 'bigint'],
  smallint: ['boolean'],
  integer: ['boolean'],
  bigint: ['boolean', 'timestamp'],
  text: ['boolean', 'smallint', 'integer', 'bigint', 'real', 'double', 'decimal', 'date', 'time', 'timestamp',
    'timestamptz', 'interval', 'bytea', 'uuid', 'json', 'jsonb', 'array'],
  interval: ['time'],
}
const ASSIGNMENT: Partial<Record<TypeKind, readonly TypeKind[]>> = {
  timestamp: ['date', 'time'],
  timestamptz: ['date', 'time', 'timestamp'],
  json: ['text', 'jsonb'],
  jsonb: ['json'],
}

/** Whether PostgreSQL converts `from` to `to` by itself, on assignment, or with an explicit CAST. */
export function canCast(from: SqlType, to: SqlType, context: 'implicit' | 'assignment' | 'explicit'): boolean {
  if (implicitDistance(from.kind, to.kind) >= 0) return true
  if (context === 'implicit') return false
  if (isNumeric(from) && isNumeric(to)) return true
  if (to.kind === 'text') return true
  if (from.kind === 'jsonb' && (isNumeric(to) || to.kind === 'boolean')) return context === 'explicit'
  if (ASSIGNMENT[from.kind]?.includes(to.kind)) return true
  return context === 'explicit' && (EXPLICIT[from.kind]?.includes(to.kind) ?? false)
}

/**
 * The one type of UNION columns, CASE branches, COALESCE, GREATEST and IN lists.
 * `null` types adapt; all `null` gives text, as in PostgreSQL. Throws 42804 when there is none.
 */
export function commonType(types: readonly SqlType[], position?: number): SqlType {
  let common: SqlType = NULL_TYPE
  for (const type of types) {
    if (type.kind === 'null' || sameType(type, common)) continue
    if (common.kind === 'null') common = type
    else common = unify(common, type, position)
  }
  return common.kind === 'null' ? TEXT : common
}

function unify(a: SqlType, b: SqlType, position?: number): SqlType {
  if (isNumeric(a) && isNumeric(b)) {
    if (a.kind === 'double' || b.kind === 'double') return DOUBLE
    if (a.kind === 'real' || b.kind === 'real') return a.kind === b.kind ? a : DOUBLE
    if (a.kind === 'decimal' || b.kind === 'decimal') return unionDecimal(a, b)
  }
  if (a.kind === 'array' && b.kind === 'array') return arrayType(commonType([a.element!, b.element!], position))
  if (a.kind === b.kind) return a.kind === 'text' ? unionText(a, b) : a
  if (implicitDistance(a.kind, b.kind) >= 0) return b
  if (implicitDistance(b.kind, a.kind) >= 0) return a
  throw new DatabaseError(CODE.DATATYPE_MISMATCH, `types ${typeName(a)} and ${typeName(b)} cannot be matched`, {
    position, hint: 'Convert one of them with an explicit CAST.',
  })
}

function unionText(a: SqlType, b: SqlType): SqlType {
  if (a.blankPadded && b.blankPadded) return (a.maxLength ?? 0) >= (b.maxLength ?? 0) ? a : b
  return TEXT
}

/** The decimal that holds both sides; at most 38 digits, of which the scale keeps its part. */
function unionDecimal(a: SqlType, b: SqlType): SqlType {
  const left = decimalShape(a)
  const right = decimalShape(b)
  const scale = Math.max(left.scale, right.scale)
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  return decimalType(Math.min(38, whole + scale), scale)
}

/** Result type of an arithmetic operator on two integers or decimals of which one is a decimal. */
export function decimalResult(operator: 'add' | 'sub' | 'mul' | 'div' | 'mod', a: SqlType, b: SqlType): SqlType {
  const left = decimalShape(a)
  const right = decimalShape(b)
  const scale = Math.max(left.scale, right.scale)
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
  switch (operator) {
    case 'add': case 'sub': return decimalType(Math.min(38, whole + scale + 1), scale)
    case 'mul': {
      const product = Math.min(38, left.scale + right.scale)
      return decimalType(Math.min(38, Math.max(product, left.precision + right.precision)), product)
    }
    case 'div': return decimalType(38, Math.max(16, scale))
    case 'mod': return decimalType(Math.min(38, whole + scale), scale)
  }
}

/** Result type of + - * on two integers: the wider one. */
export function integerResult(a: SqlType, b: SqlType): SqlType {
  if (!isInteger(a) || !isInteger(b)) return BIGINT
  return NUMERIC_ORDER.indexOf(a.kind) >= NUMERIC_ORDER.indexOf(b.kind) ? a : b
}
