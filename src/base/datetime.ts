// Calendar arithmetic on plain integers: days since 1970-01-01 and microseconds since 1970-01-01 00:00:00,
// proleptic Gregorian, no leap seconds, as PostgreSQL counts. A microsecond count is a number while it is
// safe (years 1685 to 2255) and a bigint beyond, so every function splits it first into days and a time of
// day, both of which are always small numbers. Civil conversion after Howard Hinnant, "chrono-compatible
// low-level date algorithms".

import type { Integer } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'

export const MICROS_PER_SECOND = 1_000_000
export const MICROS_PER_HOUR = 3_600_000_000
export const MICROS_PER_DAY = 86_400_000_000
/** 4713-11-24 BC, PostgreSQL's first day (Julian day 0). */
export const DATE_DAYS_MIN = -2_440_588
/** 5874897-12-31, PostgreSQL's last day. */
const DATE_DAYS_MAX = 2_145_042_905
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** A calendar day; `year` is astronomical (0 = 1 BC). */
export interface Civil { year: number; month: number; day: number }

/** A date and a time of day. `micros` is the fraction of the second in microseconds. */
export interface Fields extends Civil { hour: number; minute: number; second: number; micros: number }

/** A microsecond count cut at midnight: 0 <= time < MICROS_PER_DAY. */
export interface DayTime { days: number; time: number }

/** Days since 1970-01-01 of a proleptic Gregorian date. The month must be 1..12; the day may overflow. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

/** The calendar day of a day count. */
export function civilFromDays(days: number): Civil {
  const z = days + 719468
  const era = Math.floor(z / 146097)
  const dayOfEra = z - era * 146097
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524)
    - Math.floor(dayOfEra / 146096)) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

/** True for leap years. */
function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Number of days of a month. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]!
}

/** Cuts a microsecond count at midnight. */
export function splitMicros(micros: Integer): DayTime {
  if (typeof micros === 'number') {
    const days = Math.floor(micros / MICROS_PER_DAY)
    return { days, time: micros - days * MICROS_PER_DAY }
  }
  let days = micros / 86_400_000_000n
  let time = micros % 86_400_000_000n
  if (time < 0n) {
    time += 86_400_000_000n
    days -= 1n
  }
  return { days: Number(days), time: Number(time) }
}

/** Days and a time of day (which may overflow the day) to microseconds. Throws 22008 past int64. */
export function joinMicros(days: number, time: number): Integer {
  const micros = days * MICROS_PER_DAY + time
  if (Number.isSafeInteger(micros)) return micros
  const exact = BigInt(days) * 86_400_000_000n + BigInt(time)
  if (exact < INT64_MIN || exact > INT64_MAX || days < DATE_DAYS_MIN) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `timestamp out of range: day ${days} after 1970-01-01`)
  }
  return exact >= -9007199254740991n && exact <= 9007199254740991n ? Number(exact) : exact
}

/** Returns its argument; throws 22008 outside PostgreSQL's dates. */
export function checkDays(days: number): number {
  if (days >= DATE_DAYS_MIN && days <= DATE_DAYS_MAX) return days
  throw new DatabaseError(CODE.DATETIME_OVERFLOW, `date out of range: day ${days} after 1970-01-01`)
}

/** Date and time fields of a day and a time of day. */
export function fieldsOf(days: number, time: number): Fields {
  const { year, month, day } = civilFromDays(days)
  const seconds = Math.floor(time / MICROS_PER_SECOND)
  return {
    year, month, day,
    hour: Math.floor(seconds / 3600), minute: Math.floor(seconds / 60) % 60, second: seconds % 60,
    micros: time - seconds * MICROS_PER_SECOND,
  }
}

/** Microseconds since midnight. */
export function timeFrom(hour: number, minute: number, second: number, micros: number): number {
  return ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros
}

/** make_date(year, month, day): a negative year is BC, year 0 does not exist. Throws 22008. */
export function makeDate(year: number, month: number, day: number): number {
  const astronomical = year < 0 ? year + 1 : year
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(astronomical, month)) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `date field value out of range: ${year}-${month}-${day}`)
  }
  return checkDays(daysFromCivil(astronomical, month, day))
}

/** The day `months` later; a day past the end of the month becomes its last. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilFromDays(days)
  const index = year * 12 + month - 1 + months
  const newYear = Math.floor(index / 12)
  const newMonth = index - newYear * 12 + 1
  return checkDays(daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth))))
}

/** Day of the week, 0 = Sunday. */
export function dayOfWeek(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}

/** ISO 8601 week number and the year it belongs to. */
export function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - ((dayOfWeek(days) + 6) % 7) + 3
  const { year } = civilFromDays(thursday)
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 }
}

/** Day of the year, 1..366. */
export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1
}

/** `2024-02-29`, with at least four digits of year, and ` BC` for years before 1. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days)
  return `${pad4(year > 0 ? year : 1 - year)}-${pad2(month)}-${pad2(day)}${year > 0 ? '' : ' BC'}`
}

/** `04:05:06.789` without trailing zeros; 24:00:00 is allowed. */
export function formatTime(time: number): string {
  const seconds = Math.floor(time / MICROS_PER_SECOND)
  const clock = `${pad2(Math.floor(seconds / 3600))}:${pad2(Math.floor(seconds / 60) % 60)}:${pad2(seconds % 60)}`
  const micros = time - seconds * MICROS_PER_SECOND
  return micros === 0 ? clock : clock + '.' + formatFraction(micros)
}

/** `2024-02-29 04:05:06.789` with an optional zone suffix before BC. */
export function formatTimestamp(micros: Integer, zone = ''): string {
  const { days, time } = splitMicros(micros)
  const date = formatDate(days)
  if (date.endsWith(' BC')) return `${date.slice(0, -3)} ${formatTime(time)}${zone} BC`
  return `${date} ${formatTime(time)}${zone}`
}

/** Microseconds as digits after a point, without trailing zeros. */
export function formatFraction(micros: number): string {
  let digits = micros.toString().padStart(6, '0')
  while (digits.endsWith('0')) digits = digits.slice(0, -1)
  return digits
}

/** Two digits with a leading zero. */
export function pad2(value: number): string {
  return value < 10 ? '0' + value : String(value)
}

function pad4(value: number): string {
  return value >= 1000 ? String(value) : String(value).padStart(4, '0')
}
