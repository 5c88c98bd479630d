// DATE, TIME, TIMESTAMP and TIMESTAMPTZ input. ISO 8601 text takes one regular expression; everything else
// PostgreSQL reads with DateStyle 'ISO, MDY' goes through a small tokenizer: month names, 7/4/2024,
// 20240704, AM / PM, BC, offsets, zone abbreviations and full zone names.

import {
  checkDays, DATE_DAYS_MIN, daysFromCivil, daysInMonth, joinMicros, MICROS_PER_DAY, splitMicros, timeFrom,
} from './datetime.ts'
import {
  abbreviationOffset, isKnownZone, localOffset, offsetMicros, parseOffset, unknownZone,
} from './datetime-zone.ts'
import type { Integer } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'

/** What a text held: a day, a time of day, or both, and the zone if one was written. */
interface Moment { days: number | null; time: number | null; offset: number | null; zone: string | null }

type Target = 'date' | 'time' | 'timestamp' | 'timestamptz'

const ISO = /^(\d{4,6})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.](\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/

/** Text to days since 1970-01-01. Throws 22007 for bad syntax, 22008 for values out of range. */
export function parseDate(text: string): number {
  const moment = parseMoment(text, 'date')
  if (moment.days === null) throw syntaxError(text, 'date')
  return moment.days
}

/** Text to microseconds since midnight. */
export function parseTime(text: string): number {
  const moment = parseMoment(text, 'time')
  if (moment.time === null) throw syntaxError(text, 'time')
  return moment.time
}

/** Text to microseconds since 1970; a zone in the text is ignored, as in PostgreSQL. */
export function parseTimestamp(text: string): Integer {
  const moment = parseMoment(text, 'timestamp')
  if (moment.days === null) throw syntaxError(text, 'timestamp')
  return join(moment.days, moment.time ?? 0, text)
}

/** Text to microseconds since 1970 UTC; without a zone in the text, `sessionZone` applies. */
export function parseTimestamptz(text: string, sessionZone = 'UTC'): Integer {
  const moment = parseMoment(text, 'timestamptz')
  if (moment.days === null) throw syntaxError(text, 'timestamptz')
  const time = moment.time ?? 0
  let offset = moment.offset
  if (offset === null) {
    const zone = moment.zone ?? sessionZone
    offset = zone === 'UTC' ? 0 : localOffset(zone, moment.days * 86400 + Math.floor(time / 1e6))
  }
  return join(moment.days, time - offsetMicros(offset), text)
}

function join(days: number, time: number, text: string): Integer {
  try {
    return joinMicros(days, time)
  } catch (cause) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `timestamp out of range: "${text}"`, { cause })
  }
}

function syntaxError(text: string, target: Target): DatabaseError {
  const name = target === 'timestamptz' ? 'timestamp with time zone' : target
  return new DatabaseError(CODE.INVALID_DATETIME, `invalid input syntax for type ${name}: "${text}"`)
}

function rangeError(text: string): DatabaseError {
  return new DatabaseError(CODE.DATETIME_OVERFLOW, `date/time field value out of range: "${text}"`)
}

function parseMoment(text: string, target: Target): Moment {
  const iso = ISO.exec(text)
  if (iso === null) return new MomentReader(text, target).read()
  const days = dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]), text)
  if (iso[4] === undefined) return { days, time: null, offset: null, zone: null }
  const time = timeOf(Number(iso[4]), Number(iso[5]), Number(iso[6] ?? 0), fractionMicros(iso[7]), text)
  const offset = iso[8] === undefined ? null : iso[8] === 'Z' ? 0 : parseOffset(iso[8])
  return { days, time, offset, zone: null }
}

/** `year` is astronomical here; year 0 written without BC does not exist and is caught by the callers. */
function dayOf(year: number, month: number, day: number, text: string): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw rangeError(text)
  const days = daysFromCivil(year, month, day)
  if (year === 0 && /^0+-/.test(text)) throw rangeError(text)
  if (days < DATE_DAYS_MIN) throw new DatabaseError(CODE.DATETIME_OVERFLOW, `date out of range: "${text}"`)
  return checkDays(days)
}

function timeOf(hour: number, minute: number, second: number, micros: number, text: string): number {
  const time = timeFrom(hour, minute, second, micros)
  if (minute > 59 || second > 60 || time > MICROS_PER_DAY) throw rangeError(text)
  return time
}

/** Digits after the point to microseconds, rounded to the nearest, ties to even. */
function fractionMicros(digits: string | undefined): number {
  if (digits === undefined || digits === '') return 0
  if (digits.length <= 6) return Number(digits.padEnd(6, '0'))
  const whole = Number(digits.slice(0, 6))
  const rest = Number('0.' + digits.slice(6))
  return rest > 0.5 || (rest === 0.5 && whole % 2 !== 0) ? whole + 1 : whole
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const MONTH_NAME = new RegExp('^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?'
  + '|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)$')
const WEEKDAY_NAME = /^(?:sun|mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?)(?:day)?$/
/** A clock, a number, a word or zone name, an offset, a separator. */
const TOKEN = new RegExp(`\\s*(?:${[
  /(\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)/, /(\d+)/, /([a-z]+(?:[/_][a-z_+\-/0-9]+)?)/, /([+-]\d[\d:]*)/, /([-/.,])/,
].map((part) => part.source).join('|')})`, 'iy')

/** Reads one text token by token, collecting date numbers, a month name, a clock and a zone. */
class MomentReader {
  private readonly text: string
  private readonly target: Target
  private numbers: string[] = []
  private month: number | null = null
  private monthFirst = false
  private time: number | null = null
  private half: 'am' | 'pm' | null = null
  private isBC = false
  private offset: number | null = null
  private zone: string | null = null
  private days: number | null = null

  constructor(text: string, target: Target) {
    this.text = text
    this.target = target
  }

  read(): Moment {
    const source = this.text.trim()
    if (source === '') throw syntaxError(this.text, this.target)
    TOKEN.lastIndex = 0
    while (TOKEN.lastIndex < source.length) {
      const at = TOKEN.lastIndex
      const token = TOKEN.exec(source)
      if (token === null) throw syntaxError(this.text, this.target)
      if (token[1] !== undefined) this.readClock(token[1])
      else if (token[2] !== undefined) this.readNumber(token[2])
      else if (token[3] !== undefined) this.readWord(token[3])
      else if (token[4] !== undefined) {
        // `2024-07-04`: a sign inside a date is a separator; after a clock it starts an offset.
        if (this.time === null) TOKEN.lastIndex = at + token[0].length - token[4].length + 1
        else this.readOffset(token[4])
      }
    }
    return this.finish()
  }

  private readClock(token: string): void {
    if (this.time !== null) throw syntaxError(this.text, this.target)
    const [hour, minute, second = '0'] = token.split(':')
    const [whole, fraction] = second.split('.')
    this.time = timeOf(Number(hour), Number(minute), Number(whole), fractionMicros(fraction), this.text)
  }

  private readNumber(token: string): void {
    const dateDone = this.numbers.length > 0 && (this.numbers[0]!.length >= 6 || this.numbers.length === 3)
    if (this.time === null && (token.length === 6 || token.length === 4)
      && (dateDone || (this.target === 'time' && this.numbers.length === 0))) {
      const second = token.length === 6 ? Number(token.slice(4)) : 0
      this.time = timeOf(Number(token.slice(0, 2)), Number(token.slice(2, 4)), second, 0, this.text)
      return
    }
    if (this.numbers.length === 3) throw syntaxError(this.text, this.target)
    this.numbers.push(token)
  }

  private readWord(token: string): void {
    const word = token.toLowerCase()
    if (MONTH_NAME.test(word)) {
      if (this.month !== null) throw syntaxError(this.text, this.target)
      this.month = MONTHS.indexOf(word.slice(0, 3)) + 1
      this.monthFirst = this.numbers.length === 0
    } else if (word === 'am' || word === 'pm') this.half = word
    else if (word === 'bc' || word === 'ad') this.isBC = word === 'bc'
    else if (word === 't' && this.numbers.length > 0) return
    else if (WEEKDAY_NAME.test(word)) return
    else if (this.readSpecial(word)) return
    else if (abbreviationOffset(word) !== undefined) this.offset = abbreviationOffset(word)!
    else if (this.time !== null && isKnownZone(token)) this.zone = token
    else if (token.includes('/')) throw unknownZone(token)
    else throw syntaxError(this.text, this.target)
  }

  /** epoch, now, today, yesterday, tomorrow (UTC); infinity has no place in our integers. */
  private readSpecial(word: string): boolean {
    if (word === 'infinity') {
      throw new DatabaseError(CODE.UNSUPPORTED, `infinite dates are not supported: "${this.text}"`)
    }
    const shift = { epoch: 0, now: 0, today: 0, yesterday: -1, tomorrow: 1 }[word]
    if (shift === undefined) return false
    const now = splitMicros(Date.now() * 1000)
    this.days = word === 'epoch' ? 0 : now.days + shift
    if (word === 'now') this.time = now.time
    this.offset = 0
    return true
  }

  private readOffset(token: string): void {
    const offset = parseOffset(token)
    if (offset === null || this.offset !== null) throw syntaxError(this.text, this.target)
    this.offset = offset
  }

  private finish(): Moment {
    if (this.half !== null) this.applyHalf()
    if (this.numbers.length > 0 || this.month !== null) this.days = this.resolveDate()
    return { days: this.days, time: this.time, offset: this.offset, zone: this.zone }
  }

  private applyHalf(): void {
    if (this.time === null || this.time >= 13 * 3.6e9) throw rangeError(this.text)
    const isTwelve = this.time >= 12 * 3.6e9
    if (this.half === 'am' && isTwelve) this.time -= 12 * 3.6e9
    if (this.half === 'pm' && !isTwelve) this.time += 12 * 3.6e9
  }

  private resolveDate(): number {
    let [year, month, day]: (string | undefined)[] = []
    const [a, b, c] = this.numbers
    if (this.month !== null) {
      month = String(this.month)
      if (this.numbers.length !== 2) throw syntaxError(this.text, this.target)
      const yearFirst = !this.monthFirst && a!.length >= 3
      year = yearFirst ? a : b
      day = yearFirst ? b : a
    } else if (this.numbers.length === 1 && a!.length === 8) {
      [year, month, day] = [a!.slice(0, 4), a!.slice(4, 6), a!.slice(6)]
    } else if (this.numbers.length === 1 && a!.length === 6) {
      [year, month, day] = [a!.slice(0, 2), a!.slice(2, 4), a!.slice(4)]
    } else if (this.numbers.length === 3) {
      [year, month, day] = a!.length >= 3 ? [a, b, c] : [c, a, b]
    } else throw syntaxError(this.text, this.target)
    return dayOf(this.fullYear(year!), Number(month), Number(day), this.text)
  }

  /** Two-digit years are 1970 to 2069; BC years count backwards from 0. */
  private fullYear(token: string): number {
    let year = Number(token)
    if (this.isBC) {
      if (year === 0) throw rangeError(this.text)
      return 1 - year
    }
    if (token.length <= 2) year += year < 70 ? 2000 : 1900
    if (year === 0) throw rangeError(this.text)
    return year
  }
}
