// INTERVAL input: PostgreSQL's verbose form (`1 year 2 mons -3 days 04:05:06.7 ago`), the SQL forms
// (`1-2`, `3 4:05:06`) and ISO 8601 durations (`P1Y2M3DT4H5M6.7S`). A fraction of a unit spills into the
// next smaller one: months into days (30 a month), days and weeks into time.

import { canonicalInteger } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'
import { encodeInterval, type Interval } from './interval.ts'

/** Units in months, days or microseconds. */
const UNITS: Record<string, readonly ['months' | 'days' | 'micros', number]> = {
  millennium: ['months', 12000], century: ['months', 1200], decade: ['months', 120], year: ['months', 12],
  month: ['months', 1], week: ['days', 7], day: ['days', 1], hour: ['micros', 3.6e9], minute: ['micros', 6e7],
  second: ['micros', 1e6], millisecond: ['micros', 1e3], microsecond: ['micros', 1],
}

const SPELLINGS: Record<string, string> = {
  millennia: 'millennium', millenniums: 'millennium', mil: 'millennium', mils: 'millennium', c: 'century',
  cent: 'century', centuries: 'century', dec: 'decade', decs: 'decade', decades: 'decade', y: 'year', yr: 'year',
  yrs: 'year', years: 'year', mon: 'month', mons: 'month', months: 'month', w: 'week', weeks: 'week', d: 'day',
  days: 'day', h: 'hour', hr: 'hour', hrs: 'hour', hours: 'hour', m: 'minute', min: 'minute', mins: 'minute',
  minutes: 'minute', s: 'second', sec: 'second', secs: 'second', seconds: 'second', ms: 'millisecond',
  msec: 'millisecond', msecs: 'millisecond', mseconds: 'millisecond', milliseconds: 'millisecond',
  us: 'microsecond', usec: 'microsecond', usecs: 'microsecond', useconds: 'microsecond',
  microseconds: 'microsecond', microsecon: 'microsecond',
}

/** Canonical name of a unit in any spelling PostgreSQL knows, or undefined. */
export function intervalUnit(word: string): string | undefined {
  const lower = word.toLowerCase()
  return lower in UNITS ? lower : SPELLINGS[lower]
}

/** Text to the 16 bytes of a Scalar. Throws 22007, or 22008 on overflow. */
export function parseInterval(text: string): Uint8Array {
  return encodeInterval(parseIntervalParts(text))
}

/** Text to parts. */
export function parseIntervalParts(text: string): Interval {
  const trimmed = text.trim()
  const total = { months: 0, days: 0, micros: 0n }
  const known = /^p/i.test(trimmed) ? addIsoDuration(total, trimmed) : addVerbose(total, trimmed)
  if (!known) throw new DatabaseError(CODE.INVALID_DATETIME, `invalid input syntax for type interval: "${text}"`)
  return { months: total.months, days: total.days, micros: canonicalInteger(total.micros) }
}

interface Total { months: number; days: number; micros: bigint }

/** Adds `digits[.fraction]` of a unit, cascading the fraction. */
function addUnit(total: Total, unit: string, sign: number, whole: string, fraction: string): void {
  const [part, size] = UNITS[unit]!
  const part0 = Number(whole || '0')
  const rest = fraction === '' ? 0 : Number('0.' + fraction)
  if (part === 'months') {
    total.months += sign * (part0 * size)
    const months = rest * size
    const wholeMonths = size > 1 ? Math.round(months) : Math.trunc(months)
    total.months += sign * wholeMonths
    if (size === 1) addFractionDays(total, sign, months * 30)
  } else if (part === 'days') {
    total.days += sign * part0 * size
    addFractionDays(total, sign, rest * size)
  } else {
    total.micros += BigInt(sign) * (BigInt(whole || '0') * BigInt(size) + BigInt(roundHalfEven(rest * size)))
  }
}

function addFractionDays(total: Total, sign: number, days: number): void {
  const whole = Math.trunc(days)
  total.days += sign * whole
  total.micros += BigInt(sign * roundHalfEven((days - whole) * 86_400e6))
}

/** rint(): to the nearest integer, ties to even. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

/** P1Y2M3W4DT5H6M7.8S */
function addIsoDuration(total: Total, text: string): boolean {
  const parts = /^P((?:[+-]?\d*\.?\d*[YMWD])*)(?:T((?:[+-]?\d*\.?\d*[HMS])+))?$/i.exec(text)
  if (!parts || (parts[1] === '' && parts[2] === undefined)) return false
  const read = (section: string, units: Record<string, string>): boolean => {
    for (const item of section.matchAll(/([+-]?)(\d*)(?:\.(\d*))?([A-Z])/gi)) {
      if (item[2] === '' && !item[3]) return false
      const sign = item[1] === '-' ? -1 : 1
      addUnit(total, units[item[4]!.toUpperCase()]!, sign, item[2]!, item[3] ?? '')
    }
    return true
  }
  return read(parts[1]!, { Y: 'year', M: 'month', W: 'week', D: 'day' })
    && read(parts[2] ?? '', { H: 'hour', M: 'minute', S: 'second' })
}

/** A clock (groups 1-6), years-months (7-9), or a number with an optional unit (10-13). */
const TOKEN = new RegExp(`\\s*(?:${[
  /([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?|\.(\d+))?/, /([+-]?)(\d+)-(\d+)(?![\d:])/,
  /([+-]?)\s*(\d*)(?:\.(\d*))?(?:\s*([a-z]+))?/,
].map((part) => part.source).join('|')})`, 'iy')

/** `[@] 1 year 2 mons 3 4:05:06 ago` and `1-2`; a bare number before a clock is days, else seconds. */
function addVerbose(total: Total, text: string): boolean {
  let source = text.replace(/^@\s*/, '')
  const ago = /\bago\s*$/i.test(source)
  if (ago) source = source.replace(/ago\s*$/i, '').trimEnd()
  if (source === '') return false
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex
    const item = TOKEN.exec(source)
    if (!item || TOKEN.lastIndex === start) return false
    if (item[2] !== undefined) {
      if (!addClock(total, item)) return false
    } else if (item[8] !== undefined) {
      const sign = item[7] === '-' ? -1 : 1
      if (Number(item[9]) > 11) return false
      total.months += sign * (Number(item[8]) * 12 + Number(item[9]))
    } else {
      if (item[11] === '' && !item[12]) return false
      const word = item[13]
      const followedByClock = word === undefined && /^\s+[+-]?\d+:/.test(source.slice(TOKEN.lastIndex))
      const unit = word === undefined ? (followedByClock ? 'day' : 'second') : intervalUnit(word)
      if (unit === undefined) return false
      if (word === undefined && !followedByClock && TOKEN.lastIndex < source.trimEnd().length) return false
      addUnit(total, unit, item[10] === '-' ? -1 : 1, item[11]!, item[12] ?? '')
    }
    while (/[\s,]/.test(source[TOKEN.lastIndex] ?? '')) TOKEN.lastIndex++
  }
  if (ago) {
    total.months = -total.months
    total.days = -total.days
    total.micros = -total.micros
  }
  return true
}

/** [+-]hours:minutes[:seconds[.fraction]], or minutes:seconds.fraction. */
function addClock(total: Total, item: RegExpExecArray): boolean {
  const sign = BigInt(item[1] === '-' ? -1 : 1)
  const minuteSecond = item[6] !== undefined
  const hours = minuteSecond ? 0n : BigInt(item[2]!)
  const minutes = minuteSecond ? Number(item[2]) : Number(item[3])
  const seconds = minuteSecond ? Number(item[3]) : Number(item[4] ?? 0)
  if (minutes > 59 || seconds > 59) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `interval field value out of range: "${item[0]!.trim()}"`)
  }
  const fraction = roundHalfEven(Number('0.' + (item[5] ?? item[6] ?? '0')) * 1e6)
  total.micros += sign * ((hours * 3600n + BigInt(minutes * 60 + seconds)) * 1_000_000n + BigInt(fraction))
  return true
}
