// date_trunc, extract and date_part. Field names are PostgreSQL's, singular or plural. `extract` is exact: it
// gives a decimal whose scale depends on the field (6 for seconds and epoch, 3 for milliseconds, else 0);
// date_part gives the same value as a double.

import {
  civilFromDays, dayOfWeek, dayOfYear, daysFromCivil, isoWeek, joinMicros, MICROS_PER_DAY, MICROS_PER_HOUR,
  splitMicros, type Civil,
} from './datetime.ts'
import { addIntegers, canonicalInteger, decimalToDouble, type Integer } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'
import { decodeInterval, encodeInterval, type Interval } from './interval.ts'
import { intervalUnit } from './interval-parse.ts'
import { typeName, type Scalar, type SqlType } from './types.ts'

/** Canonical name of an extract / date_trunc field, or undefined. */
export function fieldName(name: string): string | undefined {
  const lower = name.toLowerCase().trim()
  if (FIELD_ONLY.has(lower)) return lower
  return lower === 'quarters' ? 'quarter' : lower === 'weekday' ? 'dow' : intervalUnit(lower)
}

const FIELD_ONLY = new Set([
  'quarter', 'dow', 'isodow', 'doy', 'isoyear', 'epoch', 'julian', 'timezone', 'timezone_hour', 'timezone_minute',
])

/** Digits after the point of extract(field …). */
export function extractScale(field: string): number {
  if (field === 'second' || field === 'epoch') return 6
  return field === 'millisecond' ? 3 : 0
}

/** extract(field FROM value) as an unscaled integer at extractScale(field). Throws 22023 / 0A000. */
export function extractField(field: string, type: SqlType, scalar: Scalar): Integer {
  if (type.kind === 'interval') return extractInterval(field, decodeInterval(scalar as Uint8Array))
  const isTime = type.kind === 'time'
  const { days, time } = type.kind === 'date' ? { days: scalar as number, time: 0 } : splitMicros(scalar as Integer)
  switch (field) {
    case 'microsecond': return time % 60_000_000
    case 'millisecond': case 'second': return time % 60_000_000
    case 'minute': return Math.floor(time / 60_000_000) % 60
    case 'hour': return Math.floor(time / MICROS_PER_HOUR)
    case 'epoch': return isTime ? time : type.kind === 'date' ? joinMicros(days, 0) : scalar as Integer
    case 'timezone': case 'timezone_hour': case 'timezone_minute':
      if (type.kind === 'timestamptz') return 0
      break
    default:
      if (!isTime) return extractDate(field, days, type)
  }
  throw unsupported(field, type)
}

/** date_part(field, value): the same as a double. */
export function datePart(field: string, type: SqlType, scalar: Scalar): number {
  return decimalToDouble(extractField(field, type, scalar), extractScale(field))
}

function unsupported(field: string, type: SqlType): DatabaseError {
  return new DatabaseError(CODE.UNSUPPORTED, `unit "${field}" not supported for type ${typeName(type)}`)
}

function extractDate(field: string, days: number, type: SqlType): number {
  const { year, month, day } = civilFromDays(days)
  switch (field) {
    case 'day': return day
    case 'month': return month
    case 'quarter': return Math.floor((month - 1) / 3) + 1
    // There is no year 0: years before 1 count -1 (1 BC), -2 …
    case 'year': return year > 0 ? year : year - 1
    case 'decade': return Math.floor(year / 10)
    case 'century': return year > 0 ? Math.floor((year + 99) / 100) : 0 - Math.floor((99 - (year - 1)) / 100)
    case 'millennium': return year > 0 ? Math.floor((year + 999) / 1000) : 0 - Math.floor((999 - (year - 1)) / 1000)
    case 'dow': return dayOfWeek(days)
    case 'isodow': return dayOfWeek(days) || 7
    case 'doy': return dayOfYear(days)
    case 'week': return isoWeek(days).week
    case 'isoyear': {
      const isoYear = isoWeek(days).year
      return isoYear > 0 ? isoYear : isoYear - 1
    }
    case 'julian': return days + 2_440_588
    default: throw unsupported(field, type)
  }
}

function extractInterval(field: string, interval: Interval): Integer {
  const { months, days } = interval
  const micros = Number(interval.micros)
  const plain = (value: number): number => (value === 0 ? 0 : Math.trunc(value) || 0)
  switch (field) {
    case 'microsecond': case 'millisecond': case 'second': return plain(micros % 60_000_000)
    case 'minute': return plain((micros / 60_000_000) % 60)
    case 'hour': return plain(micros / MICROS_PER_HOUR)
    case 'day': return days
    case 'week': return plain(days / 7)
    case 'month': return plain(months % 12)
    case 'quarter': return plain((months % 12) / 3) + 1
    case 'year': return plain(months / 12)
    case 'decade': return plain(months / 120)
    case 'century': return plain(months / 1200)
    case 'millennium': return plain(months / 12000)
    case 'epoch': {
      // A year is 365.25 days here, a month 30, as in PostgreSQL.
      const wholeDays = BigInt(Math.trunc(months / 12)) * 1461n * 6n + BigInt((months % 12) * 30 + days) * 24n
      return addIntegers(interval.micros, canonicalInteger(wholeDays * 3_600_000_000n))
    }
    default: throw unsupported(field, { kind: 'interval' })
  }
}

/** date_trunc(field, timestamp) on microseconds since 1970. Throws 22023 for unknown fields. */
export function truncateTimestamp(field: string, micros: Integer): Integer {
  const { days, time } = splitMicros(micros)
  const unit = TIME_UNITS[field]
  if (unit !== undefined) return joinMicros(days, time - (time % unit))
  return joinMicros(truncateDays(field, days), 0)
}

const TIME_UNITS: Record<string, number> = {
  microsecond: 1, millisecond: 1000, second: 1_000_000, minute: 60_000_000, hour: MICROS_PER_HOUR, day: MICROS_PER_DAY,
}

/** The first day of the period that holds a day. */
function truncateDays(field: string, days: number): number {
  if (field === 'day') return days
  if (field === 'week') return days - ((dayOfWeek(days) + 6) % 7)
  const first = firstOfPeriod(field, civilFromDays(days))
  return daysFromCivil(first.year, first.month, 1)
}

function firstOfPeriod(field: string, { year, month }: Civil): { year: number; month: number } {
  switch (field) {
    case 'month': return { year, month }
    case 'quarter': return { year, month: Math.floor((month - 1) / 3) * 3 + 1 }
    case 'year': return { year, month: 1 }
    case 'decade': return { year: Math.floor(year / 10) * 10, month: 1 }
    case 'century': return { year: Math.floor((year - 1) / 100) * 100 + 1, month: 1 }
    case 'millennium': return { year: Math.floor((year - 1) / 1000) * 1000 + 1, month: 1 }
    default: throw new DatabaseError(CODE.INVALID_PARAMETER, `unit "${field}" not recognized for date_trunc`)
  }
}

/** date_trunc(field, interval). */
export function truncateInterval(field: string, scalar: Uint8Array): Uint8Array {
  const { months, days, micros } = decodeInterval(scalar)
  const size = MONTH_UNITS[field]
  if (size !== undefined) return encodeInterval({ months: Math.trunc(months / size) * size, days: 0, micros: 0 })
  const unit = TIME_UNITS[field]
  if (unit === undefined) throw unsupported(field, { kind: 'interval' })
  const kept = field === 'day' ? 0n : BigInt(micros) - (BigInt(micros) % BigInt(unit))
  return encodeInterval({ months, days, micros: kept })
}

const MONTH_UNITS: Record<string, number> = {
  month: 1, quarter: 3, year: 12, decade: 120, century: 1200, millennium: 12000,
}
