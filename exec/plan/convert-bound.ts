// Moves a comparison through a lossless cast: `cast(c as wide) < v` becomes a bound on `c` itself, so
// that `smallint_key = 5`, `bigint_key < 7.5` and `date_key >= timestamp '…'` still use the key.
//
// A value v of the wider type is replaced by floor(v) in the column's type and whether that is exact:
//   c < v  ⇔ exact ? c < f : c <= f       c >= v ⇔ exact ? c >= f : c > f
//   c <= v ⇔ c <= f                       c > v  ⇔ c > f          c = v ⇔ exact and c = f
import { isInteger } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Expression } from './logical.ts'
import { pointInterval } from './interval-set.ts'
import type { Interval } from './interval-set.ts'

export type BoundOp = 'eq' | 'lt' | 'le' | 'gt' | 'ge'

const DIGITS = { smallint: 5, integer: 10, bigint: 19 } as const
const BITS = { smallint: 16n, integer: 32n, bigint: 64n } as const
const MICROS_PER_DAY = 86_400_000_000n

/** True when a cast keeps order and distinguishes all values, so that comparisons can be moved through it. */
export function isLosslessCast(from: SqlType, to: SqlType): boolean {
  if (isInteger(from)) {
    const digits = DIGITS[from.kind as keyof typeof DIGITS]
    if (isInteger(to)) return DIGITS[to.kind as keyof typeof DIGITS] >= digits
    if (to.kind === 'decimal') return wholeDigits(to) >= digits
    return to.kind === 'double' && from.kind !== 'bigint'
  }
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return (to.scale ?? 0) >= (from.scale ?? 0) && wholeDigits(to) >= wholeDigits(from)
  }
  if (from.kind === 'date') return to.kind === 'timestamp'
  return isPlainText(from) && isPlainText(to) && to.maxLength === undefined
}

function isExactNumber(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'decimal'
}

function isPlainText(type: SqlType): boolean {
  return type.kind === 'text' && type.blankPadded !== true
}

function wholeDigits(type: SqlType): number {
  return (type.precision ?? 38) - (type.scale ?? 0)
}

/** True when values of `value` bound a column of type `column` (after a lossless cast or as they are). */
export function isComparable(column: SqlType, value: SqlType): boolean {
  if (column.blankPadded === true || value.blankPadded === true) return false
  if (column.kind === value.kind) return true
  return (isExactNumber(column) && isExactNumber(value)) || isLosslessCast(column, value)
}

/** The interval of column values for which `column op value` holds; null when there are none. */
export function boundInterval(column: SqlType, op: BoundOp, value: Scalar, valueType: SqlType): Interval | null {
  if (value === null) return null
  const { floor, exact, below, above } = floorOf(column, value, valueType)
  if (below) return op === 'gt' || op === 'ge' ? ALL : null
  if (above) return op === 'lt' || op === 'le' ? ALL : null
  switch (op) {
    case 'eq': return exact ? pointInterval(floor) : null
    case 'lt': return { ...ALL, upper: floor, upperInclusive: !exact }
    case 'le': return { ...ALL, upper: floor, upperInclusive: true }
    case 'gt': return { ...ALL, lower: floor, lowerInclusive: false }
    case 'ge': return { ...ALL, lower: floor, lowerInclusive: exact }
  }
}

const ALL: Interval = { lower: null, lowerInclusive: false, upper: null, upperInclusive: false }

interface Floor {
  readonly floor: Scalar
  readonly exact: boolean
  /** The value is below or above everything the column's type holds. */
  readonly below: boolean
  readonly above: boolean
}

function floorOf(column: SqlType, value: Scalar, type: SqlType): Floor {
  if (column.kind === 'date' && type.kind === 'timestamp') {
    return fitted(divide(BigInt(value as number | bigint), MICROS_PER_DAY), null)
  }
  if (isInteger(column) && (type.kind === 'double' || type.kind === 'real')) {
    const number = value as number
    if (Number.isNaN(number) || number === Infinity) return { floor: null, exact: false, below: false, above: true }
    if (number === -Infinity) return { floor: null, exact: false, below: true, above: false }
    const whole = Math.floor(number)
    return fitted({ quotient: BigInt(whole), exact: whole === number }, column)
  }
  const from = scaleOf(type)
  const to = scaleOf(column)
  if (from === null || to === null || (from === to && column.kind === type.kind)) {
    return { floor: value, exact: true, below: false, above: false }
  }
  const scaled = BigInt(value as number | bigint) * 10n ** BigInt(to)
  return fitted(divide(scaled, 10n ** BigInt(from)), isInteger(column) ? column : null)
}

/** Digits after the point of an integer or decimal type; null for other types. */
function scaleOf(type: SqlType): number | null {
  return isInteger(type) ? 0 : type.kind === 'decimal' ? type.scale ?? 0 : null
}

function divide(value: bigint, by: bigint): { quotient: bigint; exact: boolean } {
  const truncated = value / by
  const exact = truncated * by === value
  return { quotient: !exact && value < 0n ? truncated - 1n : truncated, exact }
}

function fitted({ quotient, exact }: { quotient: bigint; exact: boolean }, integer: SqlType | null): Floor {
  if (integer !== null) {
    const limit = 1n << (BITS[integer.kind as keyof typeof BITS] - 1n)
    if (quotient < -limit) return { floor: null, exact: false, below: true, above: false }
    if (quotient >= limit) return { floor: null, exact: false, below: false, above: true }
  }
  const number = Number(quotient)
  return { floor: Number.isSafeInteger(number) ? number : quotient, exact, below: false, above: false }
}

/** Integers of every width have the same key words (join-keys.ts), so a key needs no widening cast. */
export function withoutWidening(key: Expression): Expression {
  return key.kind === 'cast' && isInteger(key.type) && isInteger(key.arg.type) && isLosslessCast(key.arg.type, key.type)
    ? key.arg : key
}
