// JavaScript values to Scalars and back: the JavaScript column of the type table in the public API. Nothing is
// rounded silently: what does not fit is 22003, what is of the wrong kind 42804, each naming the value.
// Strings are accepted for every type through parseScalar, because that is how text parameters arrive.

import { formatArray, parseArray } from './array-text.ts'
import { formatBytea } from './bytea.ts'
import { formatDate, formatTime, MICROS_PER_DAY } from './datetime.ts'
import { canonicalInteger, checkPrecision, decimalToDouble, formatDecimal, parseDecimal, rescale } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'
import { decodeInterval, formatInterval } from './interval.ts'
import { jsonFromValue } from './json-text.ts'
import { formatScalar } from './scalar-format.ts'
import { checkInteger, parseScalar } from './scalar-parse.ts'
import { typeName, type Scalar, type SqlType } from './types.ts'
import { formatUuid } from './uuid.ts'

/** How values of some types are handed out. */
export interface JsOptions {
  /** BIGINT: default is a number when safe, else a bigint; 'number' throws 22003 when unsafe. */
  int64?: 'number' | 'bigint' | 'string'
  /** DECIMAL: default 'string'; 'number' gives the nearest double. */
  decimals?: 'string' | 'number'
  /** TIMESTAMP and TIMESTAMPTZ: default 'date' (milliseconds); the others keep microseconds. */
  timestamps?: 'date' | 'string' | 'bigint'
}

/** A JavaScript value as the Scalar of a type. `null` and `undefined` are NULL. */
export function fromJs(type: SqlType, value: unknown): Scalar {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return parseScalar(type, value)
  switch (type.kind) {
    case 'boolean':
      if (typeof value === 'boolean') return value ? 1 : 0
      break
    case 'smallint': case 'integer': case 'bigint': return integerFromJs(type, type.kind, value)
    case 'real': case 'double': return floatFromJs(type, value)
    case 'decimal': return decimalFromJs(type, value)
    case 'date':
      if (value instanceof Date) return Math.floor(timeOf(type, value) / 86_400_000)
      break
    case 'timestamp': case 'timestamptz':
      if (value instanceof Date) return canonicalInteger(BigInt(timeOf(type, value)) * 1000n)
      if (typeof value === 'bigint') return checkInteger('bigint', canonicalInteger(value))
      break
    case 'bytea':
      if (value instanceof Uint8Array) return value
      break
    case 'uuid':
      if (value instanceof Uint8Array && value.length === 16) return value
      break
    case 'json':
      if (!(value instanceof Date) && !ArrayBuffer.isView(value)) return parseScalar(type, jsonFromValue(value))
      break
    case 'jsonb':
      if (!(value instanceof Date) && !ArrayBuffer.isView(value)) return parseScalar(type, jsonFromValue(value))
      break
    case 'array':
      if (Array.isArray(value)) return arrayFromJs(type.element!, value)
      break
    default:
  }
  throw mismatch(type, value)
}

function mismatch(type: SqlType, value: unknown): DatabaseError {
  return new DatabaseError(CODE.DATATYPE_MISMATCH, `${describe(value)} is not a value of type ${typeName(type)}`)
}

function arrayFromJs(element: SqlType, values: readonly unknown[]): string {
  return formatArray(values.map((value) => {
    const scalar = fromJs(element, value)
    return scalar === null ? null : formatScalar(element, scalar)
  }))
}

/** A short name of any JavaScript value for messages. */
function describe(value: unknown): string {
  if (value instanceof Date) return `Date ${Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()}`
  if (value instanceof Uint8Array) return `Uint8Array ${formatBytea(value.subarray(0, 16))}`
  if (typeof value === 'object') return `object ${JSON.stringify(value)?.slice(0, 60)}`
  return `${typeof value} ${String(value).slice(0, 60)}`
}

function integerFromJs(type: SqlType, kind: 'smallint' | 'integer' | 'bigint', value: unknown): Scalar {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) {
      throw new DatabaseError(CODE.INVALID_TEXT, `invalid value for type ${kind}: ${value} is not an integer`)
    }
    if (!Number.isSafeInteger(value)) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `number ${value} is not exact beyond 2^53; use a bigint`)
    }
    return checkInteger(kind, value === 0 ? 0 : value)
  }
  if (typeof value === 'bigint') return checkInteger(kind, canonicalInteger(value))
  throw mismatch(type, value)
}

function floatFromJs(type: SqlType, value: unknown): number {
  let exact: number
  if (typeof value === 'number') exact = value
  else if (typeof value === 'bigint') {
    exact = Number(value)
    if (BigInt(exact) !== value) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `bigint ${value} has no exact ${typeName(type)}`)
    }
  } else throw mismatch(type, value)
  if (exact === 0) return 0
  if (type.kind === 'double') return exact
  const single = Math.fround(exact)
  if (Number.isFinite(exact) && (!Number.isFinite(single) || single === 0)) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `"${exact}" is out of range for type real`)
  }
  return single
}

function decimalFromJs(type: SqlType, value: unknown): Scalar {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(type, value)
  const scale = type.scale ?? 0
  const precision = type.precision ?? 18
  if (typeof value === 'bigint') return checkPrecision(rescale(canonicalInteger(value), 0, scale), precision, scale)
  if (!Number.isFinite(value)) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `${value} is not a value of type ${typeName(type)}`)
  }
  // Through the shortest text, so that 1.005 means 1.005 and rounds as the digits say.
  const parsed = parseDecimal(String(value))!
  return checkPrecision(rescale(parsed.unscaled, parsed.scale, scale), precision, scale)
}

function timeOf(type: SqlType, value: Date): number {
  const time = value.getTime()
  if (!Number.isNaN(time)) return time
  throw new DatabaseError(CODE.INVALID_DATETIME, `invalid Date for type ${typeName(type)}`)
}

const NO_OPTIONS: JsOptions = {}

/** A Scalar as the JavaScript value of its type. Byte strings are not copied: the caller owns that decision. */
export function toJs(type: SqlType, scalar: Scalar, options: JsOptions = NO_OPTIONS): unknown {
  if (scalar === null) return null
  switch (type.kind) {
    case 'boolean': return scalar !== 0
    case 'bigint': return options.int64 === undefined ? scalar : int64ToJs(scalar as number | bigint, options.int64)
    case 'decimal':
      return options.decimals === 'number'
        ? decimalToDouble(scalar as number | bigint, type.scale ?? 0)
        : formatDecimal(scalar as number | bigint, type.scale ?? 0)
    case 'date': return formatDate(scalar as number)
    case 'time': return formatTime(scalar as number)
    case 'timestamp': case 'timestamptz': return timestampToJs(type, scalar as number | bigint, options)
    case 'interval': return formatInterval(decodeInterval(scalar as Uint8Array))
    case 'uuid': return formatUuid(scalar as Uint8Array)
    case 'text': return type.blankPadded ? formatScalar(type, scalar) : scalar
    case 'array':
      return parseArray(scalar as string).map(one =>
        one === null ? null : toJs(type.element!, parseScalar(type.element!, one), options))
    default: return scalar
  }
}

function int64ToJs(value: number | bigint, form: 'number' | 'bigint' | 'string'): unknown {
  if (form === 'bigint') return BigInt(value)
  if (form === 'string') return String(value)
  if (typeof value === 'number') return value
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `bigint ${value} is not a safe number`, {
    hint: "Ask for { int64: 'bigint' } or { int64: 'string' }.",
  })
}

const DATE_MICROS_MAX = 8.64e15 * 1000

function timestampToJs(type: SqlType, micros: number | bigint, options: JsOptions): unknown {
  if (options.timestamps === 'string') return formatScalar(type, micros)
  if (options.timestamps === 'bigint') return BigInt(micros)
  if (typeof micros === 'number') return new Date(Math.floor(micros / 1000))
  if (micros > DATE_MICROS_MAX || micros < -DATE_MICROS_MAX) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `${formatScalar(type, micros)} is outside the range of Date`, {
      hint: "Ask for { timestamps: 'string' } or { timestamps: 'bigint' }.",
    })
  }
  // Cut at midnight first: a Date is floored to its millisecond, also before 1970.
  const days = micros / BigInt(MICROS_PER_DAY)
  const time = Number(micros % BigInt(MICROS_PER_DAY))
  return new Date(Number(days) * 86_400_000 + Math.floor(time / 1000))
}
