// Operators by symbol: arithmetic and comparison are resolved by rule (type-rules.ts), everything else,
// dates and intervals included, by the same overload resolution as functions.
import type { SqlType } from '../../src/base/types.ts'
import { BOOLEAN, DOUBLE, REAL, TEXT, isInteger, isNumeric } from '../../src/base/types.ts'
import { asDecimal, commonType, decimalResult, implicitDistance, integerResult } from './type-rules.ts'
import type { ResolvedCall } from './resolve.ts'

const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ['=', 'eq'], ['<>', 'ne'], ['!=', 'ne'], ['<', 'lt'], ['<=', 'le'], ['>', 'gt'], ['>=', 'ge'],
])

const ARITHMETIC: ReadonlyMap<string, 'add' | 'sub' | 'mul' | 'div' | 'mod'> = new Map([
  ['+', 'add'], ['-', 'sub'], ['*', 'mul'], ['/', 'div'], ['%', 'mod'],
])

/** Comparison: both sides become their common type; decimals keep their own scales. */
export function resolveComparison(
  symbol: string, left: SqlType, right: SqlType, position?: number,
): ResolvedCall | null {
  const fn = COMPARISONS.get(symbol)
  if (fn === undefined) return null
  if (!isComparable(left, right)) return null
  const common = commonType([left, right], position)
  if (common.kind === 'decimal') {
    const side = (type: SqlType): SqlType => type.kind === 'null' ? common : asDecimal(type)
    return { fn, argTypes: [side(left), side(right)], result: BOOLEAN }
  }
  const side = (type: SqlType): SqlType => type.kind === common.kind ? type : common
  // Texts of arrays are equal when the values are, but do not sort as these do; of JSONB, 1 and 1.0 are equal too.
  if (common.kind === 'jsonb' || (common.kind === 'array' && fn !== 'eq' && fn !== 'ne')) {
    return { fn: `ordered_${fn}`, argTypes: [common, common], result: BOOLEAN }
  }
  if (common.kind === 'array') return { fn, argTypes: [common, common], result: BOOLEAN }
  return { fn, argTypes: [side(left), side(right)], result: BOOLEAN }
}

// Whether the two have a common type: where they have none, the operator does not exist (42883).
function isComparable(left: SqlType, right: SqlType): boolean {
  if (left.kind === 'null' || right.kind === 'null' || left.kind === right.kind) return true
  if (isNumeric(left) && isNumeric(right)) return true
  return implicitDistance(left.kind, right.kind) >= 0 || implicitDistance(right.kind, left.kind) >= 0
}

/** Arithmetic on two numbers, or null when the operands are not both numeric. */
export function resolveArithmetic(symbol: string, left: SqlType, right: SqlType): ResolvedCall | null {
  if (symbol === '^' && isNumeric(left) && isNumeric(right)) {
    return { fn: 'power', argTypes: [DOUBLE, DOUBLE], result: DOUBLE }
  }
  const fn = ARITHMETIC.get(symbol)
  if (fn === undefined || !isNumeric(left) || !isNumeric(right)) return null
  if (isInteger(left) && isInteger(right)) {
    const wide = integerResult(left, right)
    return { fn, argTypes: [wide, wide], result: wide }
  }
  const isFloat = (type: SqlType): boolean => type.kind === 'real' || type.kind === 'double'
  if (isFloat(left) || isFloat(right)) {
    if (fn === 'mod') return null
    const type = left.kind === 'real' && right.kind === 'real' ? REAL : DOUBLE
    return { fn, argTypes: [type, type], result: type }
  }
  return { fn, argTypes: [asDecimal(left), asDecimal(right)], result: decimalResult(fn, left, right) }
}

/** Prefix + and -: numbers and intervals. */
export function resolvePrefix(symbol: string, type: SqlType): ResolvedCall | null {
  const target = type.kind === 'null' ? DOUBLE : type
  if (symbol === '+' && isNumeric(target)) return { fn: 'plus', argTypes: [target], result: target }
  if (symbol === '-' && (isNumeric(target) || target.kind === 'interval')) {
    return { fn: 'neg', argTypes: [target], result: target }
  }
  return null
}

/** `||`: text with anything, or bytea with bytea. */
export function resolveConcatenation(left: SqlType, right: SqlType): ResolvedCall | null {
  if (left.kind === 'bytea' && (right.kind === 'bytea' || right.kind === 'null')) {
    return { fn: 'concat', argTypes: [left, left], result: left }
  }
  if (right.kind === 'bytea' && left.kind === 'null') return { fn: 'concat', argTypes: [right, right], result: right }
  const isTextual = (type: SqlType): boolean => type.kind === 'text' || type.kind === 'null'
  if (!isTextual(left) && !isTextual(right)) return null
  return { fn: 'concat', argTypes: [TEXT, TEXT], result: TEXT }
}
