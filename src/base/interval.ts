// INTERVAL: months, days and microseconds kept apart, because months and days have no fixed length.
//
//   offset  size  field         16 bytes, little-endian
//   0       8     microseconds  i64
//   8       4     days          i32
//   12      4     months        i32
//
// Comparison uses PostgreSQL's convention of 30 days a month and 24 hours a day, so '1 mon' = '30 days'.

import { canonicalInteger, type Integer } from './decimal.ts'
import {
  addMonths, checkDays, daysInMonth, fieldsOf, formatFraction, joinMicros, MICROS_PER_DAY, MICROS_PER_HOUR,
  pad2, splitMicros, timeFrom,
} from './datetime.ts'
import { CODE, DatabaseError } from './errors.ts'

/** The three parts of an interval. */
export interface Interval { months: number; days: number; micros: Integer }


/** Parts to the 16 bytes of a Scalar. Throws 22008 when a part overflows. */
export function encodeInterval(interval: Interval): Uint8Array {
  const { months, days, micros } = interval
  const exact = BigInt(micros)
  if ((months | 0) !== months || (days | 0) !== days || BigInt.asIntN(64, exact) !== exact) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW,
      `interval out of range: ${months} months ${days} days ${micros} microseconds`)
  }
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setBigInt64(0, exact, true)
  view.setInt32(8, days, true)
  view.setInt32(12, months, true)
  return bytes
}

/** The 16 bytes of a Scalar to parts. */
export function decodeInterval(bytes: Uint8Array): Interval {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  return {
    micros: canonicalInteger(view.getBigInt64(0, true)), days: view.getInt32(8, true), months: view.getInt32(12, true),
  }
}

/** Length in microseconds with 30-day months, for comparison and hashing. */
export function intervalOrder(interval: Interval): bigint {
  return BigInt(interval.micros) + BigInt(interval.days + interval.months * 30) * 86_400_000_000n
}

/** Three-way comparison by length. */
export function compareIntervals(a: Uint8Array, b: Uint8Array): number {
  const left = intervalOrder(decodeInterval(a))
  const right = intervalOrder(decodeInterval(b))
  return left < right ? -1 : left > right ? 1 : 0
}

/** a + sign * b, part by part. */
export function addIntervals(a: Interval, b: Interval, sign: 1 | -1 = 1): Interval {
  return {
    months: a.months + sign * b.months, days: a.days + sign * b.days,
    micros: canonicalInteger(BigInt(a.micros) + BigInt(sign) * BigInt(b.micros)),
  }
}

/** interval * factor; fractions of months spill into days and of days into time, as in PostgreSQL. */
export function multiplyInterval(interval: Interval, factor: number): Interval {
  const monthsExact = interval.months * factor
  const daysExact = interval.days * factor
  const months = Math.trunc(monthsExact)
  const days = Math.trunc(daysExact)
  // The spill of months is rounded to 1/1,000,000 day so that binary noise does not show up as time.
  let spillDays = roundMicro((monthsExact - months) * 30)
  let seconds = roundMicro((daysExact - days + spillDays - Math.trunc(spillDays)) * 86400)
  spillDays = Math.trunc(spillDays)
  if (Math.abs(seconds) >= 86400) {
    spillDays += Math.trunc(seconds / 86400)
    seconds -= Math.trunc(seconds / 86400) * 86400
  }
  const micros = Math.round(Number(interval.micros) * factor + seconds * 1e6)
  if (!Number.isFinite(micros)) throw new DatabaseError(CODE.DATETIME_OVERFLOW, 'interval out of range')
  return { months, days: days + spillDays, micros: canonicalInteger(BigInt(micros)) }
}

function roundMicro(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** timestamp + interval: months (clamped to the month's last day), then days, then time. Throws 22008. */
export function addIntervalToTimestamp(micros: Integer, interval: Interval, sign: 1 | -1 = 1): Integer {
  let { days, time } = splitMicros(micros)
  if (interval.months !== 0) days = addMonths(days, sign * interval.months)
  days += sign * interval.days
  const moved = splitMicros(canonicalInteger(BigInt(time) + BigInt(sign) * BigInt(interval.micros)))
  days += moved.days
  time = moved.time
  return joinMicros(checkDays(days), time)
}

/** timestamp - timestamp: whole days and the rest as time, both of one sign. */
export function subtractTimestamps(a: Integer, b: Integer): Interval {
  const difference = BigInt(a) - BigInt(b)
  return {
    months: 0, days: Number(difference / 86_400_000_000n), micros: Number(difference % 86_400_000_000n),
  }
}

/** age(a, b): the difference in calendar fields, so it has years and months. */
export function age(a: Integer, b: Integer): Interval {
  const negative = a < b
  const first = splitMicros(a)
  const second = splitMicros(b)
  const later = negative ? fieldsOf(second.days, second.time) : fieldsOf(first.days, first.time)
  const earlier = negative ? fieldsOf(first.days, first.time) : fieldsOf(second.days, second.time)
  let time = timeFrom(later.hour, later.minute, later.second, later.micros)
    - timeFrom(earlier.hour, earlier.minute, earlier.second, earlier.micros)
  let days = later.day - earlier.day
  let months = (later.year - earlier.year) * 12 + later.month - earlier.month
  if (time < 0) {
    time += MICROS_PER_DAY
    days--
  }
  while (days < 0) {
    // PostgreSQL borrows the length of the earlier argument's month, whatever the sign.
    days += daysInMonth(earlier.year, earlier.month)
    months--
  }
  const sign = negative ? -1 : 1
  return { months: plain(sign * months), days: plain(sign * days), micros: plain(sign * time) }
}

function plain(value: number): number {
  return value === 0 ? 0 : value
}

/** justify_hours: time of 24 hours and more becomes days. */
export function justifyHours(interval: Interval): Interval {
  let days = interval.days + Number(BigInt(interval.micros) / 86_400_000_000n)
  let micros = Number(BigInt(interval.micros) % 86_400_000_000n)
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY
    days--
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY
    days++
  }
  return { months: interval.months, days, micros }
}

/** `1 year 2 mons 3 days 04:05:06.7`, PostgreSQL's default style. */
export function formatInterval(interval: Interval): string {
  const parts: string[] = []
  let before = false
  const push = (value: number, unit: string): void => {
    if (value === 0) return
    parts.push(`${before && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    before = value < 0
  }
  push(plain(Math.trunc(interval.months / 12)), 'year')
  push(plain(interval.months % 12), 'mon')
  push(interval.days, 'day')
  const negative = interval.micros < 0
  if (interval.micros !== 0 || parts.length === 0) {
    parts.push((negative ? '-' : before ? '+' : '') + formatClock(interval.micros))
  }
  return parts.join(' ')
}

/** |micros| as hours (as many digits as needed), minutes and seconds. */
function formatClock(micros: Integer): string {
  const exact = BigInt(micros)
  const size = exact < 0n ? -exact : exact
  const hours = size / BigInt(MICROS_PER_HOUR)
  const rest = Number(size % BigInt(MICROS_PER_HOUR))
  const seconds = Math.floor(rest / 1e6)
  const fraction = rest - seconds * 1e6
  return `${hours < 10n ? '0' : ''}${hours}:${pad2(Math.floor(seconds / 60))}:${pad2(seconds % 60)}`
    + (fraction === 0 ? '' : '.' + formatFraction(fraction))
}
