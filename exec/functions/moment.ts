// Date and time functions beyond arithmetic and parts: reading by a template, bins, periods that overlap, truncation in
// a zone, intervals made and normalised.
import { joinMicros, splitMicros } from '../../src/base/datetime.ts'
import { timestampByTemplate } from '../../src/base/datetime-template.ts'
import { truncateTimestamp, fieldName } from '../../src/base/datetime-fields.ts'
import { toCharTimestamp } from '../../src/base/datetime-to-char.ts'
import { localOffset, offsetMicros, zoneOffset } from '../../src/base/datetime-zone.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { addIntegers, subtractIntegers } from '../../src/base/decimal.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { addIntervalToTimestamp, decodeInterval, encodeInterval } from '../../src/base/interval.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { FunctionEntry } from './entry.ts'
import { scalar } from './entry.ts'

const DAY_MICROS = 86_400_000_000

function dateBin(stride: Uint8Array, micros: Integer, origin: Integer): Integer {
  const { months, days, micros: part } = decodeInterval(stride)
  if (months !== 0) {
    throw new DatabaseError(CODE.UNSUPPORTED, 'timestamps cannot be binned into intervals containing months or years')
  }
  const width = BigInt(days) * BigInt(DAY_MICROS) + BigInt(part)
  if (width <= 0n) throw new DatabaseError(CODE.DATETIME_OVERFLOW, 'stride must be greater than zero')
  const distance = BigInt(micros) - BigInt(origin)
  const rest = ((distance % width) + width) % width
  const start = BigInt(micros) - rest
  return Number.isSafeInteger(Number(start)) ? Number(start) : start
}

// Months from days by 30, days from hours by 24, and all of one sign where that is possible.
function justifyInterval(interval: Uint8Array): Uint8Array {
  const value = decodeInterval(interval)
  let micros = Number(value.micros)
  let days = value.days + Math.trunc(micros / DAY_MICROS)
  micros %= DAY_MICROS
  let months = value.months + Math.trunc(days / 30)
  days %= 30
  if (months > 0 && (days < 0 || (days === 0 && micros < 0))) [months, days] = [months - 1, days + 30]
  else if (months < 0 && (days > 0 || (days === 0 && micros > 0))) [months, days] = [months + 1, days - 30]
  if (days > 0 && micros < 0) [days, micros] = [days - 1, micros + DAY_MICROS]
  else if (days < 0 && micros > 0) [days, micros] = [days + 1, micros - DAY_MICROS]
  return encodeInterval({ months, days, micros })
}

// SQL's OVERLAPS: half-open periods, ends in any order; a period of no length counts as its instant.
function overlaps(startA: Integer, endA: Integer, startB: Integer, endB: Integer): number {
  const [a1, a2] = startA <= endA ? [startA, endA] : [endA, startA]
  const [b1, b2] = startB <= endB ? [startB, endB] : [endB, startB]
  if (a1 === b1) return 1
  return a1 > b1 ? a1 < b2 ? 1 : 0 : b1 < a2 ? 1 : 0
}

const withEnd = (start: Integer, length: Uint8Array): Integer =>
  addIntervalToTimestamp(start, decodeInterval(length), 1)

function truncateIn(field: string, micros: Integer, zone: string): Integer {
  const known = fieldName(field)
  if (known === undefined) throw new DatabaseError(CODE.INVALID_PARAMETER, `unit "${field}" not recognized`)
  const local = addIntegers(micros, offsetMicros(zoneOffset(zone, Number(micros) / 1e6)))
  const start = truncateTimestamp(known, local)
  return subtractIntegers(start, offsetMicros(localOffset(zone, Number(start) / 1e6)))
}

function makeInterval(
  years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0,
): Uint8Array {
  const micros = (hours * 3600 + minutes * 60) * 1e6 + Math.round(seconds * 1e6)
  return encodeInterval({ months: years * 12 + months, days: weeks * 7 + days, micros })
}

// The hours of an interval may pass 24; everything else is that of a timestamp so long after midnight.
function intervalToChar(interval: Uint8Array, pattern: string): string {
  const { months, days, micros } = decodeInterval(interval)
  const moment = joinMicros(days, ((Number(micros) % DAY_MICROS) + DAY_MICROS) % DAY_MICROS)
  const hours = Math.trunc(Number(micros) / 3_600_000_000)
  const shown = pattern.replace(/HH24|DD|MM|YYYY/gi, one => ({
    HH24: `"${String(hours).padStart(2, '0')}"`, DD: `"${String(days).padStart(2, '0')}"`,
    MM: `"${String(months % 12).padStart(2, '0')}"`, YYYY: `"${String(Math.trunc(months / 12)).padStart(4, '0')}"`,
  })[one.toUpperCase()]!)
  return toCharTimestamp(moment, shown)
}

const MAKE = ['integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'double']

export const MOMENT_FUNCTIONS: readonly FunctionEntry[] = [
  scalar('to_date', 'text, text -> date',
    (text: string, template: string) => splitMicros(timestampByTemplate(text, template)).days),
  scalar('to_timestamp', 'text, text -> timestamptz', timestampByTemplate),
  scalar('date_bin', 'interval, timestamp, timestamp -> timestamp', dateBin),
  scalar('date_bin', 'interval, timestamptz, timestamptz -> timestamptz', dateBin),
  scalar('date_trunc', 'text, timestamptz, text -> timestamptz', truncateIn),
  scalar('justify_interval', 'interval -> interval', justifyInterval),
  ...['timestamp', 'timestamptz'].flatMap(kind => [
    scalar('overlaps', `${kind}, ${kind}, ${kind}, ${kind} -> boolean`, overlaps),
    scalar('overlaps', `${kind}, interval, ${kind}, interval -> boolean`,
      (a: Integer, x: Uint8Array, b: Integer, y: Uint8Array) => overlaps(a, withEnd(a, x), b, withEnd(b, y))),
  ]),
  ...Array.from({ length: 8 }, (_, count) =>
    scalar('make_interval', `${MAKE.slice(0, count).join(', ')} -> interval`,
      makeInterval as (...args: never[]) => Scalar)),
  scalar('to_char', 'interval, text -> text', intervalToChar),
]
