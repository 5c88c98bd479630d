// Date and time functions, and + - * / between dates, timestamps, times and intervals. Arithmetic follows
// src/base/interval.ts; the session time zone is UTC. `now` is the statement's time.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { MICROS_PER_DAY, checkDays, joinMicros, makeDate, splitMicros, timeFrom } from '../../src/base/datetime.ts'
import {
  datePart, extractField, extractScale, fieldName, truncateInterval, truncateTimestamp,
} from '../../src/base/datetime-fields.ts'
import { toCharTimestamp } from '../../src/base/datetime-to-char.ts'
import { localOffset, offsetMicros, zoneOffset } from '../../src/base/datetime-zone.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { addIntegers, subtractIntegers } from '../../src/base/decimal.ts'
import {
  addIntervalToTimestamp, addIntervals, age, decodeInterval, encodeInterval, justifyHours, multiplyInterval,
  subtractTimestamps,
} from '../../src/base/interval.ts'
import type { Scalar, TypeKind } from '../../src/base/types.ts'
import { decimalType } from '../../src/base/types.ts'
import type { FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'

const FIELDS = [
  'microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'month', 'year', 'quarter', 'week', 'dow',
  'isodow', 'doy', 'isoyear', 'epoch', 'decade', 'century', 'millennium', 'julian', 'timezone', 'timezone_hour',
  'timezone_minute',
]
const DATED: readonly TypeKind[] = ['date', 'timestamp', 'timestamptz', 'time', 'interval']

function requireField(name: string): string {
  const field = fieldName(name)
  if (field === undefined) throw new DatabaseError(CODE.INVALID_PARAMETER, `unit "${name}" not recognized`)
  return field
}

/** extract_year(date) and its kin: one entry per field and type, so that the result has an exact type. */
function extractors(): FunctionEntry[] {
  return FIELDS.flatMap(field => {
    const scale = extractScale(field)
    const names = [`extract_${field}`, `extract_${field}s`]
    return DATED.map(kind => typed(`extract_${field}`, `${kind} -> decimal`,
      ({ args }) => (value: Scalar) => extractField(field, args[0]!, value),
      { names, result: () => decimalType(scale === 0 ? 10 : 18, scale) }))
  })
}

function dynamicParts(): FunctionEntry[] {
  return DATED.flatMap(kind => [
    typed('date_part', `text, ${kind} -> double`,
      ({ args }) => (field: string, value: Scalar) => datePart(requireField(field), args[1]!, value)),
    typed('extract', `text, ${kind} -> decimal`, ({ args }) => (name: string, value: Scalar) => {
      const field = requireField(name)
      const exact = extractField(field, args[1]!, value)
      return multiplyScale(exact, 6 - extractScale(field))
    }, { result: () => decimalType(24, 6) }),
  ])
}

function multiplyScale(value: Integer, steps: number): Integer {
  const exact = BigInt(value) * 10n ** BigInt(steps)
  const small = Number(exact)
  return Number.isSafeInteger(small) ? small : exact
}

const dayStart = (days: number): Integer => joinMicros(checkDays(days), 0)
const addDays = (days: number, count: number): number => checkDays(days + count)
const shiftDate = (sign: 1 | -1): ScalarFunction => (days: number, interval: Uint8Array) =>
  addIntervalToTimestamp(dayStart(days), decodeInterval(interval), sign)
const shiftTimestamp = (sign: 1 | -1): ScalarFunction => (micros: Integer, interval: Uint8Array) =>
  addIntervalToTimestamp(micros, decodeInterval(interval), sign)

function shiftTime(sign: 1 | -1): ScalarFunction {
  return (time: number, interval: Uint8Array) => {
    const { micros } = decodeInterval(interval)
    const moved = sign === 1 ? addIntegers(time, micros) : subtractIntegers(time, micros)
    return splitMicros(moved).time
  }
}

const flip = (run: ScalarFunction): ScalarFunction =>
  ((a: never, b: never) => (run as (x: never, y: never) => Scalar)(b, a)) as ScalarFunction

function shifts(kind: string, symbol: '+' | '-', make: (sign: 1 | -1) => ScalarFunction): FunctionEntry[] {
  const result = kind === 'date' ? 'timestamp' : kind
  const names = [symbol]
  if (symbol === '-') return [scalar('sub', `${kind}, interval -> ${result}`, make(-1), { names })]
  return [
    scalar('add', `${kind}, interval -> ${result}`, make(1), { names }),
    scalar('add', `interval, ${kind} -> ${result}`, flip(make(1)), { names }),
  ]
}

const combine = (sign: 1 | -1): ScalarFunction => (a: Uint8Array, b: Uint8Array) =>
  encodeInterval(addIntervals(decodeInterval(a), decodeInterval(b), sign))
const scaleInterval = (interval: Uint8Array, factor: number): Uint8Array =>
  encodeInterval(multiplyInterval(decodeInterval(interval), factor))

function divideInterval(interval: Uint8Array, divisor: number): Uint8Array {
  if (divisor === 0) throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
  return scaleInterval(interval, 1 / divisor)
}

const ARITHMETIC: readonly FunctionEntry[] = [
  scalar('add', 'date, integer -> date', addDays, { names: ['+'] }),
  scalar('add', 'integer, date -> date', flip(addDays as ScalarFunction), { names: ['+'] }),
  scalar('sub', 'date, integer -> date', (days: number, count: number) => checkDays(days - count), { names: ['-'] }),
  scalar('sub', 'date, date -> integer', (a: number, b: number) => a - b, { names: ['-'] }),
  scalar('add', 'date, time -> timestamp', (days: number, time: number) => joinMicros(days, time), { names: ['+'] }),
  ...shifts('date', '+', shiftDate), ...shifts('date', '-', shiftDate),
  ...shifts('timestamp', '+', shiftTimestamp), ...shifts('timestamp', '-', shiftTimestamp),
  ...shifts('timestamptz', '+', shiftTimestamp), ...shifts('timestamptz', '-', shiftTimestamp),
  ...shifts('time', '+', shiftTime), ...shifts('time', '-', shiftTime),
  ...['timestamp', 'timestamptz'].map(kind => scalar('sub', `${kind}, ${kind} -> interval`,
    (a: Integer, b: Integer) => encodeInterval(subtractTimestamps(a, b)), { names: ['-'] })),
  scalar('sub', 'time, time -> interval',
    (a: number, b: number) => encodeInterval({ months: 0, days: 0, micros: a - b }), { names: ['-'] }),
  scalar('add', 'interval, interval -> interval', combine(1), { names: ['+'] }),
  scalar('sub', 'interval, interval -> interval', combine(-1), { names: ['-'] }),
  scalar('mul', 'interval, double -> interval', scaleInterval, { names: ['*'] }),
  scalar('mul', 'double, interval -> interval', flip(scaleInterval as ScalarFunction), { names: ['*'] }),
  scalar('div', 'interval, double -> interval', divideInterval, { names: ['/'] }),
  scalar('neg', 'interval -> interval', (interval: Uint8Array) => scaleInterval(interval, -1), { names: [] }),
]

function makeTimestamp(
  year: number, month: number, day: number, hour: number, minute: number, second: number,
): Integer {
  return joinMicros(makeDate(year, month, day), makeTime(hour, minute, second))
}

function makeTime(hour: number, minute: number, second: number): number {
  const whole = Math.floor(second)
  const time = timeFrom(hour, minute, whole, Math.round((second - whole) * 1e6))
  if (hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60 || time > MICROS_PER_DAY) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `time field value out of range: ${hour}:${minute}:${second}`)
  }
  return time
}

function toTimestamp(seconds: number): Integer {
  const micros = Math.round(seconds * 1e6)
  if (!Number.isFinite(micros) || Math.abs(micros) > 2 ** 63) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `timestamp out of range: "${seconds}"`)
  }
  return Number.isSafeInteger(micros) ? micros : BigInt(micros)
}

/** AT TIME ZONE: a timestamptz becomes wall-clock time there, a timestamp is read as wall-clock time there. */
function toZone(zone: string, micros: Integer): Integer {
  return addIntegers(micros, offsetMicros(zoneOffset(zone, Number(micros) / 1e6)))
}
function fromZone(zone: string, micros: Integer): Integer {
  return subtractIntegers(micros, offsetMicros(localOffset(zone, Number(micros) / 1e6)))
}

/** Days of 30 and more become months. */
function justifyDays(interval: Uint8Array): Uint8Array {
  const { months, days, micros } = decodeInterval(interval)
  const whole = Math.trunc(days / 30)
  let [newMonths, newDays] = [months + whole, days - whole * 30]
  if (newMonths > 0 && newDays < 0) [newMonths, newDays] = [newMonths - 1, newDays + 30]
  else if (newMonths < 0 && newDays > 0) [newMonths, newDays] = [newMonths + 1, newDays - 30]
  return encodeInterval({ months: newMonths, days: newDays, micros })
}

const startOfDay = (micros: Integer): Integer => joinMicros(splitMicros(micros).days, 0)
const truncate = (field: string, micros: Integer): Integer => truncateTimestamp(requireField(field), micros)
const dateResult = (run: (a: Integer, b: Integer) => Scalar): ScalarFunction => run as ScalarFunction
const isFinite1 = (): number => 1

export const DATETIME_FUNCTIONS: readonly FunctionEntry[] = [
  ...ARITHMETIC, ...extractors(), ...dynamicParts(),
  typed('now', '-> timestamptz', ({ now }) => () => now,
    { names: ['now', 'current_timestamp', 'transaction_timestamp', 'statement_timestamp'] }),
  typed('localtimestamp', '-> timestamp', ({ now }) => () => now),
  typed('current_date', '-> date', ({ now }) => () => splitMicros(now).days),
  typed('current_time', '-> time', ({ now }) => () => splitMicros(now).time, { names: ['current_time', 'localtime'] }),
  scalar('date_trunc', 'text, timestamptz -> timestamptz', truncate),
  scalar('date_trunc', 'text, timestamp -> timestamp', truncate),
  scalar('date_trunc', 'text, date -> timestamp', (field: string, days: number) => truncate(field, dayStart(days))),
  scalar('date_trunc', 'text, interval -> interval',
    (field: string, interval: Uint8Array) => truncateInterval(requireField(field), interval)),
  scalar('age', 'timestamp, timestamp -> interval', dateResult((a, b) => encodeInterval(age(a, b)))),
  scalar('age', 'timestamptz, timestamptz -> interval', dateResult((a, b) => encodeInterval(age(a, b)))),
  typed('age', 'timestamp -> interval',
    ({ now }) => (micros: Integer) => encodeInterval(age(startOfDay(now), micros))),
  typed('age', 'timestamptz -> interval',
    ({ now }) => (micros: Integer) => encodeInterval(age(startOfDay(now), micros))),
  scalar('make_date', 'integer, integer, integer -> date', makeDate),
  scalar('make_time', 'integer, integer, double -> time', makeTime),
  scalar('make_timestamp', 'integer, integer, integer, integer, integer, double -> timestamp', makeTimestamp),
  scalar('to_timestamp', 'double -> timestamptz', toTimestamp),
  scalar('to_char', 'timestamp, text -> text', (micros: Integer, pattern: string) => toCharTimestamp(micros, pattern)),
  scalar('to_char', 'timestamptz, text -> text',
    (micros: Integer, pattern: string) => toCharTimestamp(micros, pattern, true)),
  scalar('to_char', 'date, text -> text', (days: number, pattern: string) => toCharTimestamp(dayStart(days), pattern)),
  scalar('timezone', 'text, timestamptz -> timestamp', toZone),
  scalar('timezone', 'text, timestamp -> timestamptz', fromZone),
  scalar('justify_hours', 'interval -> interval',
    (interval: Uint8Array) => encodeInterval(justifyHours(decodeInterval(interval)))),
  scalar('justify_days', 'interval -> interval', (interval: Uint8Array) => justifyDays(interval)),
  scalar('isfinite', 'date -> boolean', isFinite1), scalar('isfinite', 'timestamp -> boolean', isFinite1),
]
