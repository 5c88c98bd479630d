// Exact decimal arithmetic on scaled integers: the value is `unscaled / 10^scale`. An unscaled value is a
// number while it is safe (|v| <= 2^53 - 1) and a bigint beyond that, so money-sized values never touch
// BigInt. Rounding is half away from zero and the scale of a quotient follows select_div_scale, both as
// in PostgreSQL's src/backend/utils/adt/numeric.c.

import { CODE, DatabaseError } from './errors.ts'

/** An exact integer in canonical form: a number when safe, else a bigint. */
export type Integer = number | bigint

/** Most digits a decimal may have. */
export const DECIMAL_DIGITS_MAX = 38

const POW10_BIG: bigint[] = []
for (let i = 0, p = 1n; i <= 80; i++, p *= 10n) POW10_BIG.push(p)
const POW10: number[] = []
for (let i = 0; i <= 22; i++) POW10.push(Number('1e' + i))

/** 10^exponent, exactly. */
export function pow10(exponent: number): bigint {
  return exponent <= 80 ? POW10_BIG[exponent]! : 10n ** BigInt(exponent)
}

/** The canonical form of a bigint: a number when it is safe. */
export function canonicalInteger(value: bigint): Integer {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

/** a + b, exactly. */
export function addIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return canonicalInteger(BigInt(a) + BigInt(b))
}

/** a - b, exactly. */
export function subtractIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return canonicalInteger(BigInt(a) - BigInt(b))
}

/** a * b, exactly. */
export function multiplyIntegers(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product
  }
  return canonicalInteger(BigInt(a) * BigInt(b))
}

/** -a, without producing -0. */
export function negateInteger(a: Integer): Integer {
  return typeof a === 'number' ? 0 - a : canonicalInteger(-a)
}

/** dividend / divisor rounded half away from zero. The divisor must not be 0. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const rest = dividend % divisor
  const twice = (rest < 0n ? -rest : rest) * 2n
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n
}

/** The same value at another scale; dropped digits are rounded half away from zero. */
export function rescale(unscaled: Integer, fromScale: number, toScale: number): Integer {
  if (fromScale === toScale) return unscaled
  const steps = toScale - fromScale
  if (typeof unscaled === 'number') {
    if (steps > 0 && steps <= 15) {
      const wider = unscaled * POW10[steps]!
      if (Number.isSafeInteger(wider)) return wider
    } else if (steps < 0 && steps >= -15) {
      return divideSmall(unscaled, POW10[-steps]!)
    }
  }
  if (steps > 0) return canonicalInteger(BigInt(unscaled) * pow10(steps))
  return canonicalInteger(divideRounded(BigInt(unscaled), pow10(-steps)))
}

/** Exact half-away division of safe integers: the remainder decides, never the rounded quotient. */
function divideSmall(value: number, divisor: number): number {
  const rest = value % divisor
  const whole = (value - rest) / divisor
  const up = Math.abs(rest) * 2 >= divisor
  const result = up ? whole + (value < 0 ? -1 : 1) : whole
  return result === 0 ? 0 : result
}

/** Drops digits after `toScale` toward zero, keeping the scale `fromScale` by zero filling. */
export function truncateTo(unscaled: Integer, fromScale: number, toScale: number): Integer {
  if (toScale >= fromScale) return unscaled
  const unit = pow10(fromScale - toScale)
  const value = BigInt(unscaled)
  return canonicalInteger(value - (value % unit))
}

/** Rounds to `toScale` digits (may be negative), keeping the scale `fromScale`. */
export function roundTo(unscaled: Integer, fromScale: number, toScale: number): Integer {
  if (toScale >= fromScale) return unscaled
  const unit = pow10(fromScale - toScale)
  return canonicalInteger(divideRounded(BigInt(unscaled), unit) * unit)
}

/** Largest integer not above the value, with scale 0. */
export function floorDecimal(unscaled: Integer, scale: number): Integer {
  const unit = pow10(scale)
  const value = BigInt(unscaled)
  const quotient = value / unit
  return canonicalInteger(value % unit < 0n ? quotient - 1n : quotient)
}

/** Smallest integer not below the value, with scale 0. */
export function ceilDecimal(unscaled: Integer, scale: number): Integer {
  return negateInteger(floorDecimal(negateInteger(unscaled), scale))
}

/** True when |unscaled| < 10^precision. */
export function fitsPrecision(unscaled: Integer, precision: number): boolean {
  if (typeof unscaled === 'number') {
    return precision >= 16 || (unscaled < POW10[precision]! && unscaled > -POW10[precision]!)
  }
  const limit = pow10(precision)
  return unscaled < limit && unscaled > -limit
}

/** Returns its argument; throws 22003 when it has more than `precision` digits. */
export function checkPrecision(unscaled: Integer, precision: number, scale: number): Integer {
  if (fitsPrecision(unscaled, precision)) return unscaled
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW,
    `numeric field overflow: ${formatDecimal(unscaled, scale)} does not fit decimal(${precision},${scale})`, {
      detail: `A field with precision ${precision}, scale ${scale} must round to an absolute value less than `
        + (precision === scale ? '1.' : `10^${precision - scale}.`),
    })
}

/** a + b at scale max(aScale, bScale). */
export function addDecimals(a: Integer, aScale: number, b: Integer, bScale: number): Integer {
  const scale = Math.max(aScale, bScale)
  return addIntegers(rescale(a, aScale, scale), rescale(b, bScale, scale))
}

/** a - b at scale max(aScale, bScale). */
export function subtractDecimals(a: Integer, aScale: number, b: Integer, bScale: number): Integer {
  const scale = Math.max(aScale, bScale)
  return subtractIntegers(rescale(a, aScale, scale), rescale(b, bScale, scale))
}

/** a / b at `resultScale`, rounded half away from zero. Throws 22012 when b is 0. */
export function divideDecimals(
  a: Integer, aScale: number, b: Integer, bScale: number, resultScale: number,
): Integer {
  let divisor = BigInt(b)
  if (divisor === 0n) throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
  let dividend = BigInt(a)
  const shift = resultScale + bScale - aScale
  if (shift >= 0) dividend *= pow10(shift)
  else divisor *= pow10(-shift)
  return canonicalInteger(divideRounded(dividend, divisor))
}

/** a - trunc(a / b) * b at scale max(aScale, bScale). Throws 22012 when b is 0. */
export function remainderDecimals(a: Integer, aScale: number, b: Integer, bScale: number): Integer {
  const scale = Math.max(aScale, bScale)
  const divisor = BigInt(rescale(b, bScale, scale))
  if (divisor === 0n) throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
  return canonicalInteger(BigInt(rescale(a, aScale, scale)) % divisor)
}

/** Three-way comparison of two decimals of any scale. */
export function compareDecimals(a: Integer, aScale: number, b: Integer, bScale: number): number {
  const scale = Math.max(aScale, bScale)
  const left = rescale(a, aScale, scale)
  const right = rescale(b, bScale, scale)
  return left < right ? -1 : left > right ? 1 : 0
}

/**
 * PostgreSQL's scale of the quotient of two values (select_div_scale): at least 16 significant digits
 * and no less than either input's scale. It depends on the values, not only on their types.
 */
export function divisionScale(a: Integer, aScale: number, b: Integer, bScale: number): number {
  const left = leadingDigit(a, aScale)
  const right = leadingDigit(b, bScale)
  let weight = left.weight - right.weight
  if (left.digit <= right.digit) weight--
  return Math.min(1000, Math.max(16 - weight * 4, aScale, bScale, 0))
}

/** First base-10000 digit of a value and its weight, as PostgreSQL stores numerics. */
function leadingDigit(unscaled: Integer, scale: number): { weight: number; digit: number } {
  const digits = (unscaled < 0 ? negateInteger(unscaled) : unscaled).toString()
  if (digits === '0') return { weight: 0, digit: 0 }
  const exponent = digits.length - 1 - scale
  const weight = Math.floor(exponent / 4)
  const lead = exponent - 4 * weight + 1
  return { weight, digit: Number(digits.slice(0, lead).padEnd(lead, '0')) }
}

/** Fixed-point text with exactly `scale` digits after the point. */
export function formatDecimal(unscaled: Integer, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const negative = unscaled < 0
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return (negative ? '-' : '') + digits.slice(0, point) + '.' + digits.slice(point)
}

/** Text to an unscaled value and the scale written, or null when the text is not a number. */
export function parseDecimal(text: string): { unscaled: Integer; scale: number } | null {
  let i = 0
  let end = text.length
  while (i < end && text.charCodeAt(i) <= 32) i++
  while (end > i && text.charCodeAt(end - 1) <= 32) end--
  const first = text.charCodeAt(i)
  const negative = first === 45
  if (negative || first === 43) i++
  let value = 0
  let digits = 0
  let scale = -1
  for (; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c >= 48 && c <= 57) {
      value = value * 10 + (c - 48)
      digits++
      if (scale >= 0) scale++
    } else if (c === 46 && scale < 0) scale = 0
    else return parseDecimalSlow(text.trim())
  }
  if (digits === 0) return null
  if (digits > 15) return parseDecimalSlow(text.trim())
  return { unscaled: negative ? 0 - value : value, scale: scale < 0 ? 0 : scale }
}

/** Exponents, digit groups (1_000), hexadecimal, octal and binary integers, and long numbers. */
function parseDecimalSlow(text: string): { unscaled: Integer; scale: number } | null {
  const radix = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)$/.exec(text)
  if (radix) {
    const value = BigInt(radix[2]!.replaceAll('_', ''))
    return { unscaled: canonicalInteger(radix[1] === '-' ? -value : value), scale: 0 }
  }
  const parts = /^([+-]?)(\d+(?:_\d+)*)?(?:\.(\d+(?:_\d+)*)?)?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (!parts || (parts[2] === undefined && parts[3] === undefined)) return null
  const whole = (parts[2] ?? '').replaceAll('_', '')
  const fraction = (parts[3] ?? '').replaceAll('_', '')
  const exponent = Number(parts[4] ?? 0)
  if (whole.length + fraction.length > 131072 || Math.abs(exponent) > 16383) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `value overflows numeric format: ${text.slice(0, 80)}`)
  }
  let value = BigInt(whole + fraction)
  let scale = fraction.length - exponent
  if (scale < 0) {
    value *= pow10(-scale)
    scale = 0
  }
  return { unscaled: canonicalInteger(parts[1] === '-' ? -value : value), scale }
}

/** The nearest double. */
export function decimalToDouble(unscaled: Integer, scale: number): number {
  if (scale === 0) return Number(unscaled)
  // Both operands are exact below 2^53 and 10^22, so one correctly rounded division is the nearest double.
  if (typeof unscaled === 'number' && scale <= 22) return unscaled / POW10[scale]!
  return Number(formatDecimal(unscaled, scale))
}

/**
 * A double as decimal(precision, scale), through its first `significant` digits (15 for double precision,
 * 6 for real), as PostgreSQL casts. Throws 22003 on overflow and for NaN and infinities.
 */
export function decimalFromDouble(value: number, precision: number, scale: number, significant = 15): Integer {
  if (!Number.isFinite(value)) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `cannot convert ${value} to decimal(${precision},${scale})`)
  }
  const parsed = parseDecimal(value.toPrecision(significant))!
  return checkPrecision(rescale(parsed.unscaled, parsed.scale, scale), precision, scale)
}
