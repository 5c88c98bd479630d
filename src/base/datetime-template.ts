// to_date and to_timestamp: reading a text by a template of the same patterns that to_char writes. Digits take as many
// characters as their pattern is wide, or as many as there are before something else; letters that are no pattern, and
// blanks, skip one character each. Fields that the template lacks are those of 0001-01-01.
// Reference: PostgreSQL, "Data Type Formatting Functions".
import { joinMicros, makeDate, timeFrom } from './datetime.ts'
import type { Integer } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const LONG_MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october',
  'november', 'december']
const DAYS = /^(?:sunday|monday|tuesday|wednesday|thursday|friday|saturday|sun|mon|tue|wed|thu|fri|sat)/i

/** What a template has found. */
interface Found {
  year: number
  month: number
  day: number
  dayOfYear: number
  hour: number
  minute: number
  second: number
  micros: number
  isAfternoon: boolean | null
  isBeforeChrist: boolean
  epoch: number | null
}

type Take = (found: Found, reader: Reader) => void

const number = (width: number, set: (found: Found, value: number) => void): Take =>
  (found, reader) => set(found, reader.digits(width))
const fraction = (digits: number): Take => (found, reader) => {
  const text = reader.digitText(digits)
  found.micros = Math.round(Number(`0.${text}`) * 1e6)
}

/** Longest names first: the first that matches is taken. */
const PATTERNS: readonly (readonly [name: string, take: Take])[] = [
  ['HH24', number(2, (f, n) => { f.hour = n })], ['HH12', number(2, (f, n) => { f.hour = n })],
  ['HH', number(2, (f, n) => { f.hour = n })], ['MI', number(2, (f, n) => { f.minute = n })],
  ['MS', fraction(3)], ['US', fraction(6)], ['FF6', fraction(6)], ['FF3', fraction(3)],
  ['SSSSS', number(5, (f, n) => { f.second = n })], ['SSSS', number(5, (f, n) => { f.second = n })],
  ['SS', number(2, (f, n) => { f.second = n })],
  ['Y,YYY', (f, reader) => { f.year = Number(reader.match(/^\d+,?\d*/)?.replace(',', '') ?? 0) }],
  ['YYYY', number(4, (f, n) => { f.year = n })], ['YYY', number(3, (f, n) => { f.year = fullYear(n, 1000) })],
  ['YY', number(2, (f, n) => { f.year = fullYear(n, 100) })], ['Y', number(1, (f, n) => { f.year = fullYear(n, 10) })],
  ['MONTH', (f, reader) => { f.month = reader.month() }], ['MON', (f, reader) => { f.month = reader.month() }],
  ['MM', number(2, (f, n) => { f.month = n })],
  ['DAY', (_, reader) => { reader.match(DAYS) }], ['DY', (_, reader) => { reader.match(DAYS) }],
  ['DDD', number(3, (f, n) => { f.dayOfYear = n })], ['DD', number(2, (f, n) => { f.day = n })],
  ['A.M.', half], ['P.M.', half], ['AM', half], ['PM', half],
  ['B.C.', era], ['A.D.', era], ['BC', era], ['AD', era],
]

// Two digits are of the year nearest to 2020.
function fullYear(value: number, base: number): number {
  if (value >= base) return value
  return value < 70 ? 2000 + value : 1900 + value - (base === 1000 ? 900 : 0)
}

function half(found: Found, reader: Reader): void {
  const text = reader.match(/^[ap]\.?m\.?/i)
  if (text === null) throw reader.mismatch('AM')
  found.isAfternoon = text[0]!.toLowerCase() === 'p'
}

function era(found: Found, reader: Reader): void {
  const text = reader.match(/^(?:b\.?c\.?|a\.?d\.?)/i)
  if (text === null) throw reader.mismatch('BC')
  found.isBeforeChrist = text[0]!.toLowerCase() === 'b'
}

class Reader {
  at = 0
  readonly #text: string
  /** FX: nothing is skipped. */
  readonly #isExact: boolean

  constructor(text: string, isExact: boolean) {
    this.#text = text
    this.#isExact = isExact
  }

  skipBlanks(): void {
    while (!this.#isExact && /\s/.test(this.#text[this.at] ?? '')) this.at++
  }

  match(pattern: RegExp): string | null {
    const found = pattern.exec(this.#text.slice(this.at))
    if (found === null) return null
    this.at += found[0].length
    return found[0]
  }

  digitText(width: number): string {
    this.skipBlanks()
    const text = this.match(new RegExp(`^\\d{1,${width}}`))
    if (text === null) throw this.mismatch('a number')
    return text
  }

  digits(width: number): number {
    return Number(this.digitText(width))
  }

  month(): number {
    const name = (this.match(/^[a-z]+/i) ?? '').toLowerCase()
    const long = LONG_MONTHS.indexOf(name)
    const month = long >= 0 ? long : MONTHS.indexOf(name.slice(0, 3))
    if (month < 0) throw this.mismatch('a month')
    this.at -= long >= 0 ? 0 : Math.max(0, name.length - 3)
    return month + 1
  }

  mismatch(what: string): DatabaseError {
    const shown = this.#text.slice(this.at, this.at + 20)
    return new DatabaseError(CODE.INVALID_DATETIME, `invalid value "${shown}" where the template expects ${what}`)
  }
}

/** Microseconds since 1970 of a text by a template. Throws 22007 where they do not match, 22008 out of range. */
export function timestampByTemplate(text: string, template: string): Integer {
  const isExact = /^FX/i.test(template)
  const reader = new Reader(text, isExact)
  const found: Found = {
    year: 1, month: 1, day: 1, dayOfYear: 0, hour: 0, minute: 0, second: 0, micros: 0, isAfternoon: null,
    isBeforeChrist: false, epoch: null,
  }
  for (let at = isExact ? 2 : 0; at < template.length;) {
    const rest = template.slice(at).toUpperCase()
    const pattern = PATTERNS.find(([name]) => rest.startsWith(name))
    if (rest.startsWith('FM') || rest.startsWith('TH')) at += 2
    else if (pattern !== undefined) {
      reader.skipBlanks()
      pattern[1](found, reader)
      at += pattern[0].length
    } else if (rest[0] === '"') {
      const end = template.indexOf('"', at + 1)
      const stop = end < 0 ? template.length : end
      reader.at += stop - at - 1
      at = stop + 1
    } else {
      // A separator in the template stands for any one in the text, or for none before a digit.
      reader.match(/^[^\dA-Za-z+-]|^-(?=\D|\d)/)
      at++
    }
  }
  return momentOf(found)
}

function momentOf(found: Found): Integer {
  const { month, day, dayOfYear, minute, second, micros, isAfternoon } = found
  const year = found.isBeforeChrist ? 1 - found.year : found.year
  const hour = isAfternoon === null ? found.hour : (found.hour % 12) + (isAfternoon ? 12 : 0)
  if (hour > 24 || minute > 59 || second >= 86_400 || (second > 59 && (hour > 0 || minute > 0))) {
    throw new DatabaseError(CODE.DATETIME_OVERFLOW, `time field value out of range: ${hour}:${minute}:${second}`)
  }
  const days = dayOfYear > 0 ? makeDate(year, 1, 1) + dayOfYear - 1 : makeDate(year, month, day)
  return joinMicros(days, timeFrom(hour, minute, second, micros))
}
