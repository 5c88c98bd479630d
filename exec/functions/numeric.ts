// Numeric functions. + - * / % and comparisons are part of the kernel language, not entries here.
// sqrt, exp, ln, power and the trigonometric functions work in double precision; PostgreSQL computes
// some of them exactly for numeric arguments.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Integer } from '../../src/base/decimal.ts'
import {
  ceilDecimal, checkPrecision, divideDecimals, floorDecimal, negateInteger, rescale, roundTo, truncateTo,
} from '../../src/base/decimal.ts'
import { roundHalfEven } from '../../src/base/scalar-cast.ts'
import type { SqlType } from '../../src/base/types.ts'
import { decimalType, isInteger } from '../../src/base/types.ts'
import type { CallContext, FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'
import { decimalShape } from './type-rules.ts'

const asIs = (args: readonly SqlType[]): SqlType => args[0]!
const INT64_MAX = 2n ** 63n - 1n

/** A decimal without its fraction; rounding up may need one more digit. */
function wholeDecimal(args: readonly SqlType[]): SqlType {
  const { precision, scale } = decimalShape(args[0]!)
  return decimalType(Math.max(1, Math.min(38, precision - scale + (scale > 0 ? 1 : 0))), 0)
}

/** Rounding keeps the scale of the type: the number of digits is a value, not a type. */
function roundedDecimal(args: readonly SqlType[]): SqlType {
  const { precision, scale } = decimalShape(args[0]!)
  return decimalType(Math.min(38, precision + 1), scale)
}

function outOfRange(what: string): DatabaseError {
  return new DatabaseError(CODE.NUMERIC_OVERFLOW, `value out of range: ${what}`)
}

/** Rejects infinite results of finite arguments, as PostgreSQL does. */
function finite(name: string, run: (x: number) => number): ScalarFunction {
  return (x: number): number => {
    const result = run(x)
    if (!Number.isFinite(result) && Number.isFinite(x)) throw outOfRange(`${name}(${x})`)
    return result === 0 ? 0 : result
  }
}

function domain(name: string, run: (x: number) => number): ScalarFunction {
  return (x: number): number => {
    const result = run(x)
    if (Number.isNaN(result) && !Number.isNaN(x)) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `input is out of range: ${name}(${x})`)
    }
    return result === 0 ? 0 : result
  }
}

/** Rounds the decimal text of a double, so that round(2.675, 2) sees the digits the user sees. */
function roundDouble(x: number, digits: number): number {
  if (!Number.isFinite(x) || digits > 300) return x
  const rounded = Number(`${Math.sign(x) * Math.round(Number(`${Math.abs(x)}e${digits}`))}e${-digits}`)
  return Number.isNaN(rounded) ? x : rounded === 0 ? 0 : rounded
}

function truncDouble(x: number, digits: number): number {
  const unit = 10 ** digits
  const cut = Math.trunc(x * unit) / unit
  return Number.isFinite(cut) ? (cut === 0 ? 0 : cut) : x
}

function absolute({ args }: CallContext): ScalarFunction {
  const type = args[0]!
  const limit = type.kind === 'smallint' ? 32767n : type.kind === 'integer' ? 2147483647n : INT64_MAX
  return (x: Integer): Integer => {
    const result = x < 0 ? negateInteger(x) : x
    if (isInteger(type) && BigInt(result) > limit) throw outOfRange(`abs(${x})`)
    return result
  }
}

function power(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) {
    throw new DatabaseError(CODE.INVALID_POWER, 'zero raised to a negative power is undefined')
  }
  if (base < 0 && Number.isFinite(exponent) && !Number.isInteger(exponent)) {
    throw new DatabaseError(CODE.INVALID_POWER,
      'a negative number raised to a non-integer power yields a complex result')
  }
  const isOne = base === 1 || exponent === 0
  const result = isOne ? 1 : base ** exponent
  if (!Number.isFinite(result) && Number.isFinite(base) && Number.isFinite(exponent)) {
    throw outOfRange(`power(${base}, ${exponent})`)
  }
  return result === 0 ? 0 : result
}

function logarithm(run: (x: number) => number): ScalarFunction {
  return (x: number): number => {
    if (x === 0) throw new DatabaseError(CODE.INVALID_LOGARITHM, 'cannot take logarithm of zero')
    if (x < 0) throw new DatabaseError(CODE.INVALID_LOGARITHM, 'cannot take logarithm of a negative number')
    const result = run(x)
    return result === 0 ? 0 : result
  }
}

function log10(x: number): number {
  return Math.log10(x)
}

function squareRoot(x: number): number {
  if (x < 0) throw new DatabaseError(CODE.INVALID_POWER, 'cannot take square root of a negative number')
  return Math.sqrt(x)
}

function integerQuotient(a: Integer, b: Integer): Integer {
  if (b === 0) throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
  const quotient = BigInt(a) / BigInt(b)
  if (quotient > INT64_MAX) throw outOfRange(`div(${a}, ${b})`)
  return canonical(quotient)
}

function canonical(value: bigint): Integer {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

function greatestDivisor(a: Integer, b: Integer): Integer {
  let x = BigInt(a)
  let y = BigInt(b)
  while (y !== 0n) [x, y] = [y, x % y]
  const result = x < 0n ? -x : x
  if (result > INT64_MAX) throw outOfRange(`gcd(${a}, ${b})`)
  return canonical(result)
}

function leastMultiple(a: Integer, b: Integer): Integer {
  if (a === 0 || b === 0) return 0
  const product = BigInt(a) / BigInt(greatestDivisor(a, b)) * BigInt(b)
  const result = product < 0n ? -product : product
  if (result > INT64_MAX) throw outOfRange(`lcm(${a}, ${b})`)
  return canonical(result)
}

function factorial(n: Integer): Integer {
  if (n < 0) throw outOfRange(`factorial of a negative number: ${n}`)
  if (n > 33) throw outOfRange(`factorial(${n}) has more than 38 digits`)
  let result = 1n
  for (let i = 2n; i <= BigInt(n); i++) result *= i
  return canonical(result)
}

const scaleOf = (context: CallContext): number => context.args[0]!.scale ?? 0

function widthBucket(x: number, low: number, high: number, count: number): number {
  if (count <= 0) throw new DatabaseError(CODE.INVALID_PARAMETER, `count must be greater than zero, not ${count}`)
  if (low === high) throw new DatabaseError(CODE.INVALID_PARAMETER, 'lower bound cannot equal upper bound')
  const at = Math.floor((x - low) / (high - low) * count) + 1
  return Math.max(0, Math.min(count + 1, at))
}

const degrees = (run: (x: number) => number): ScalarFunction => (x: number) => run(x * Math.PI / 180)

const ABS = { names: ['abs', '@'] }

export const NUMERIC_FUNCTIONS: readonly FunctionEntry[] = [
  ...(['smallint', 'integer', 'bigint', 'decimal'].map(kind => typed('abs', `${kind} -> =`, absolute, ABS))),
  scalar('abs', 'real -> =', (x: number) => Math.abs(x), ABS),
  scalar('abs', 'double -> =', (x: number) => Math.abs(x), ABS),
  scalar('ceil', 'double -> double', (x: number) => Math.ceil(x) + 0, { names: ['ceil', 'ceiling'] }),
  typed('ceil', 'decimal -> decimal', context => (x: Integer) => ceilDecimal(x, scaleOf(context)),
    { names: ['ceil', 'ceiling'], result: wholeDecimal }),
  scalar('floor', 'double -> double', (x: number) => Math.floor(x) + 0),
  typed('floor', 'decimal -> decimal', context => (x: Integer) => floorDecimal(x, scaleOf(context)),
    { result: wholeDecimal }),
  scalar('trunc', 'double -> double', (x: number) => Math.trunc(x) + 0, { names: ['trunc', 'truncate'] }),
  scalar('trunc', 'double, integer -> double', truncDouble, { names: ['trunc', 'truncate'], extension: true }),
  typed('trunc', 'decimal -> decimal',
    context => (x: Integer) => rescale(truncateTo(x, scaleOf(context), 0), scaleOf(context), 0),
    { names: ['trunc', 'truncate'], result: wholeDecimal }),
  typed('trunc', 'decimal, integer -> decimal',
    context => (x: Integer, digits: number) => truncateTo(x, scaleOf(context), digits),
    { names: ['trunc', 'truncate'], result: asIs }),
  scalar('round', 'double -> double', roundHalfEven),
  scalar('round', 'double, integer -> double', roundDouble, { extension: true }),
  typed('round', 'decimal -> decimal', context => (x: Integer) => rescale(x, scaleOf(context), 0),
    { result: wholeDecimal }),
  typed('round', 'decimal, integer -> decimal', ({ args, result }) => (x: Integer, digits: number) =>
    checkPrecision(roundTo(x, args[0]!.scale ?? 0, digits), result.precision!, result.scale!),
  { result: roundedDecimal }),
  scalar('sign', 'double -> double', (x: number) => Math.sign(x) + 0),
  scalar('sign', 'decimal -> integer', (x: Integer) => x > 0 ? 1 : x < 0 ? -1 : 0),
  scalar('sqrt', 'double -> double', squareRoot), scalar('cbrt', 'double -> double', (x: number) => Math.cbrt(x)),
  scalar('power', 'double, double -> double', power, { names: ['power', 'pow', '^'] }),
  scalar('exp', 'double -> double', finite('exp', Math.exp)),
  scalar('ln', 'double -> double', logarithm(Math.log)),
  scalar('log', 'double -> double', logarithm(log10), { names: ['log', 'log10'] }),
  scalar('log2', 'double -> double', logarithm(Math.log2)),
  scalar('log', 'double, double -> double', (base: number, x: number) => {
    const ln = logarithm(Math.log) as (x: number) => number
    if (base === 1) throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
    return ln(x) / ln(base)
  }),
  scalar('div', 'bigint, bigint -> bigint', integerQuotient, { names: ['div'] }),
  typed('div_decimal', 'decimal, decimal -> decimal', ({ args }) => (a: Integer, b: Integer) => {
    const exact = divideDecimals(a, args[0]!.scale!, b, args[1]!.scale!, 38)
    return rescale(truncateTo(exact, 38, 0), 38, 0)
  }, { names: ['div'], result: () => decimalType(38, 0) }),
  scalar('gcd', 'bigint, bigint -> bigint', greatestDivisor),
  scalar('lcm', 'bigint, bigint -> bigint', leastMultiple),
  scalar('factorial', 'bigint -> decimal', factorial, { result: () => decimalType(38, 0) }),
  scalar('pi', '-> double', () => Math.PI),
  scalar('degrees', 'double -> double', finite('degrees', x => x * 180 / Math.PI)),
  scalar('radians', 'double -> double', finite('radians', x => x * Math.PI / 180)),
  scalar('sin', 'double -> double', domain('sin', Math.sin)),
  scalar('cos', 'double -> double', domain('cos', Math.cos)),
  scalar('tan', 'double -> double', domain('tan', Math.tan)),
  scalar('cot', 'double -> double', domain('cot', x => 1 / Math.tan(x))),
  scalar('sind', 'double -> double', degrees(Math.sin)), scalar('cosd', 'double -> double', degrees(Math.cos)),
  scalar('asin', 'double -> double', domain('asin', Math.asin)),
  scalar('acos', 'double -> double', domain('acos', Math.acos)),
  scalar('atan', 'double -> double', domain('atan', Math.atan)),
  scalar('atan2', 'double, double -> double', (y: number, x: number) => Math.atan2(y, x) + 0),
  scalar('sinh', 'double -> double', finite('sinh', Math.sinh)),
  scalar('cosh', 'double -> double', finite('cosh', Math.cosh)),
  scalar('tanh', 'double -> double', domain('tanh', Math.tanh)),
  scalar('asinh', 'double -> double', domain('asinh', Math.asinh)),
  scalar('acosh', 'double -> double', domain('acosh', Math.acosh)),
  scalar('atanh', 'double -> double', domain('atanh', Math.atanh)),
  scalar('width_bucket', 'double, double, double, integer -> integer', widthBucket),
  scalar('random', '-> double', () => Math.random(), { volatile: true }),
]
