// Explicit casts between types, with PostgreSQL's rounding: float to integer rounds ties to even, decimal to
// integer rounds half away from zero, float to decimal goes through 15 (real: 6) significant digits. Dates
// and times convert in UTC. `canCast` and `castScalar` share one table, so the binder and the run time agree.

import { checkDays, joinMicros, splitMicros } from './datetime.ts'
import {
  canonicalInteger, checkPrecision, decimalFromDouble, decimalToDouble, rescale, type Integer,
} from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'
import { formatArray, parseArray } from './array-text.ts'
import { jsonKind } from './json-scan.ts'
import { canonicalJson } from './jsonb.ts'
import { decodeInterval, encodeInterval } from './interval.ts'
import { formatScalar } from './scalar-format.ts'
import { checkInteger, fitText, parseScalar } from './scalar-parse.ts'
import { TEXT, isInteger, isNumeric, sameType, typeName, type Scalar, type SqlType, type TypeKind } from './types.ts'

const TARGETS: Partial<Record<TypeKind, readonly TypeKind[]>> = {
  date: ['timestamp', 'timestamptz'],
  time: ['interval'],
  timestamp: ['date', 'time', 'timestamptz'],
  timestamptz: ['date', 'time', 'timestamp'],
  interval: ['time'],
}

/** True when `CAST(value OF from AS to)` exists. Everything casts to and from text. */
export function canCast(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'null' || from.kind === to.kind || from.kind === 'text' || to.kind === 'text') return true
  if (isNumeric(from) && isNumeric(to)) return true
  if (from.kind === 'json' || from.kind === 'jsonb') {
    return to.kind === 'json' || to.kind === 'jsonb' || isJsonTarget(to)
  }
  if (from.kind === 'boolean') return isInteger(to)
  if (to.kind === 'boolean') return isInteger(from)
  return TARGETS[from.kind]?.includes(to.kind) ?? false
}

/** Converts a Scalar. Throws 42846 when there is no such cast, 22003 on overflow, and what parseScalar throws. */
export function castScalar(from: SqlType, to: SqlType, scalar: Scalar): Scalar {
  if (scalar === null || sameType(from, to)) return scalar
  if (!canCast(from, to)) {
    throw new DatabaseError(CODE.CANNOT_COERCE, `cannot cast type ${typeName(from)} to ${typeName(to)}`)
  }
  if (to.kind === 'text') return castToText(from, to, scalar)
  if (from.kind === 'text') return parseScalar(to, scalar as string)
  if (from.kind === 'array') return castArray(from, to, scalar as string)
  if (from.kind === 'json' || from.kind === 'jsonb') return castJson(from, to, scalar as string)
  if (isNumeric(to)) return castToNumeric(from, to, scalar as number | bigint)
  switch (to.kind) {
    case 'boolean': return scalar === 0 ? 0 : 1
    case 'date': return splitMicros(scalar as Integer).days
    case 'time': return castToTime(from, scalar)
    case 'timestamp': case 'timestamptz':
      return from.kind === 'date' ? joinMicros(checkDays(scalar as number), 0) : scalar
    case 'interval':
      return from.kind === 'time' ? encodeInterval({ months: 0, days: 0, micros: scalar as number }) : scalar
    default: return scalar
  }
}

// JSONB numbers and booleans become SQL's; other JSON does not.
function isJsonTarget(to: SqlType): boolean {
  return isNumeric(to) || to.kind === 'boolean'
}

function castJson(from: SqlType, to: SqlType, text: string): Scalar {
  if (!isJsonTarget(to)) return to.kind === 'jsonb' ? canonicalJson(text) : text
  const kind = jsonKind(text)
  if (kind === 'null') return null
  if (kind !== (to.kind === 'boolean' ? 'boolean' : 'number')) {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `cannot cast ${from.kind} ${kind} to type ${typeName(to)}`)
  }
  if (to.kind === 'boolean') return text.trim() === 'true' ? 1 : 0
  return isInteger(to) ? castScalar({ kind: 'decimal', precision: 38, scale: 6 }, to,
    parseScalar({ kind: 'decimal', precision: 38, scale: 6 }, text)) : parseScalar(to, text)
}

function castArray(from: SqlType, to: SqlType, text: string): string {
  const [source, target] = [from.element ?? TEXT, to.element ?? TEXT]
  return formatArray(parseArray(text).map((one) => {
    const value = one === null ? null : castScalar(source, target, parseScalar(source, one))
    return value === null ? null : formatScalar(target, value)
  }))
}

function castToText(from: SqlType, to: SqlType, scalar: Scalar): string {
  if (from.kind === 'text') return fitText(to, scalar as string, true)
  const text = from.kind === 'boolean' ? (scalar ? 'true' : 'false') : formatScalar(from, scalar)
  return fitText(to, text, true)
}

function castToTime(from: SqlType, scalar: Scalar): number {
  if (from.kind === 'interval') return splitMicros(decodeInterval(scalar as Uint8Array).micros).time
  return from.kind === 'time' ? scalar as number : splitMicros(scalar as Integer).time
}

function castToNumeric(from: SqlType, to: SqlType, value: Integer): Scalar {
  switch (to.kind) {
    case 'smallint': case 'integer': case 'bigint': return castToInteger(from, to.kind, value)
    case 'double': return from.kind === 'decimal' ? decimalToDouble(value, from.scale ?? 0) : Number(value)
    case 'real': return castToReal(from, value)
    default: return castToDecimal(from, to, value)
  }
}

function castToInteger(from: SqlType, kind: 'smallint' | 'integer' | 'bigint', value: Integer): Integer {
  let whole = value
  if (from.kind === 'decimal') whole = rescale(value, from.scale ?? 0, 0)
  else if (from.kind === 'real' || from.kind === 'double') {
    const rounded = roundHalfEven(value as number)
    if (!Number.isFinite(rounded)) throw outOfRange(kind)
    whole = Number.isSafeInteger(rounded) ? rounded : canonicalInteger(BigInt(rounded))
  }
  try {
    return checkInteger(kind, whole)
  } catch (cause) {
    throw outOfRange(kind, cause, whole)
  }
}

function outOfRange(kind: string, cause?: unknown, value?: Integer): DatabaseError {
  const shown = value === undefined ? '' : `: ${value}`
  return new DatabaseError(CODE.NUMERIC_OVERFLOW, `${kind} out of range${shown}`, { cause })
}

/** rint(): to the nearest integer, ties to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
  return rounded === 0 ? 0 : rounded
}

function castToReal(from: SqlType, value: Integer): number {
  const exact = from.kind === 'decimal' ? decimalToDouble(value, from.scale ?? 0) : Number(value)
  const single = Math.fround(exact)
  if (Number.isFinite(exact) && (!Number.isFinite(single) || (single === 0 && exact !== 0))) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `"${exact}" is out of range for type real`)
  }
  return single === 0 ? 0 : single
}

function castToDecimal(from: SqlType, to: SqlType, value: Integer): Integer {
  const precision = to.precision ?? 18
  const scale = to.scale ?? 0
  if (from.kind === 'real' || from.kind === 'double') {
    return decimalFromDouble(value as number, precision, scale, from.kind === 'real' ? 6 : 15)
  }
  return checkPrecision(rescale(value, from.kind === 'decimal' ? from.scale ?? 0 : 0, scale), precision, scale)
}
