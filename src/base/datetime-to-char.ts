// to_char(timestamp, pattern): the template patterns people use, with FM (no padding) and TH (ordinal) modifiers
// and "quoted" literals. Names are English, as in PostgreSQL's C locale. Unknown letters are copied.

import { dayOfWeek, dayOfYear, fieldsOf, isoWeek, splitMicros, type Fields } from './datetime.ts'
import type { Integer } from './decimal.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const ROMAN = ['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII']

interface Moment extends Fields { days: number; time: number; zone: boolean }

/** A pattern gives digits with a width (negative: none), or finished text with a width to pad to. */
type Pattern = (moment: Moment) => { number: number; width: number } | { text: string; width: number }

const digits = (number: number, width: number): { number: number; width: number } => ({ number, width })
const word = (text: string, width = 0): { text: string; width: number } => ({ text, width })
const hour12 = (m: Moment): number => m.hour % 12 || 12
const shownYear = (year: number): number => (year > 0 ? year : 1 - year)
const isoYear = (m: Moment): number => shownYear(isoWeek(m.days).year)
const century: Pattern = (m) => {
  const count = Math.floor((shownYear(m.year) + 99) / 100)
  return m.year > 0 ? digits(count, 2) : word('-' + String(count).padStart(2, '0'))
}
const half = (m: Moment, dots: boolean): string =>
  (m.hour < 12 ? (dots ? 'a.m.' : 'am') : (dots ? 'p.m.' : 'pm'))

/** Longest names first within a first letter: the first match wins. */
const PATTERNS: readonly (readonly [string, Pattern])[] = [
  ['HH24', (m) => digits(m.hour, 2)], ['HH12', (m) => digits(hour12(m), 2)], ['HH', (m) => digits(hour12(m), 2)],
  ['MI', (m) => digits(m.minute, 2)], ['MS', (m) => digits(Math.floor(m.micros / 1000), 3)],
  ['SSSSS', (m) => digits(Math.floor(m.time / 1e6), -1)], ['SSSS', (m) => digits(Math.floor(m.time / 1e6), -1)],
  ['SS', (m) => digits(m.second, 2)], ['US', (m) => digits(m.micros, 6)],
  ['FF1', (m) => digits(Math.floor(m.micros / 1e5), 1)], ['FF2', (m) => digits(Math.floor(m.micros / 1e4), 2)],
  ['FF3', (m) => digits(Math.floor(m.micros / 1e3), 3)], ['FF4', (m) => digits(Math.floor(m.micros / 100), 4)],
  ['FF5', (m) => digits(Math.floor(m.micros / 10), 5)], ['FF6', (m) => digits(m.micros, 6)],
  ['Y,YYY', (m) => word(shownYear(m.year).toString().padStart(4, '0').replace(/(...)$/, ',$1'))],
  ['YYYY', (m) => digits(shownYear(m.year), 4)], ['YYY', (m) => digits(shownYear(m.year) % 1000, 3)],
  ['YY', (m) => digits(shownYear(m.year) % 100, 2)], ['Y', (m) => digits(shownYear(m.year) % 10, 1)],
  ['IYYY', (m) => digits(isoYear(m), 4)], ['IYY', (m) => digits(isoYear(m) % 1000, 3)],
  ['IY', (m) => digits(isoYear(m) % 100, 2)], ['IW', (m) => digits(isoWeek(m.days).week, 2)],
  ['IDDD', (m) => digits((isoWeek(m.days).week - 1) * 7 + (dayOfWeek(m.days) || 7), 3)],
  ['ID', (m) => digits(dayOfWeek(m.days) || 7, 1)], ['I', (m) => digits(isoYear(m) % 10, 1)],
  ['MONTH', (m) => word(MONTHS[m.month - 1]!, 9)], ['MON', (m) => word(MONTHS[m.month - 1]!.slice(0, 3))],
  ['MM', (m) => digits(m.month, 2)], ['RM', (m) => word(ROMAN[m.month - 1]!, 4)],
  ['DAY', (m) => word(DAYS[dayOfWeek(m.days)]!, 9)], ['DY', (m) => word(DAYS[dayOfWeek(m.days)]!.slice(0, 3))],
  ['DDD', (m) => digits(dayOfYear(m.days), 3)], ['DD', (m) => digits(m.day, 2)],
  ['D', (m) => digits(dayOfWeek(m.days) + 1, 1)], ['WW', (m) => digits(Math.floor((dayOfYear(m.days) - 1) / 7) + 1, 2)],
  ['W', (m) => digits(Math.floor((m.day - 1) / 7) + 1, 1)], ['Q', (m) => digits(Math.floor((m.month - 1) / 3) + 1, 1)],
  ['CC', century], ['J', (m) => digits(m.days + 2_440_588, -1)],
  ['A.M.', (m) => word(half(m, true))], ['P.M.', (m) => word(half(m, true))],
  ['AM', (m) => word(half(m, false))], ['PM', (m) => word(half(m, false))],
  ['B.C.', (m) => word(m.year > 0 ? 'a.d.' : 'b.c.')], ['A.D.', (m) => word(m.year > 0 ? 'a.d.' : 'b.c.')],
  ['BC', (m) => word(m.year > 0 ? 'ad' : 'bc')], ['AD', (m) => word(m.year > 0 ? 'ad' : 'bc')],
  ['TZH', () => word('+00')], ['TZM', () => word('00')], ['OF', () => word('+00')],
  ['TZ', (m) => word(m.zone ? 'UTC' : '')],
]

/** Formats microseconds since 1970; `zone` says that the value is a timestamptz (shown in UTC). */
export function toCharTimestamp(micros: Integer, pattern: string, zone = false): string {
  const { days, time } = splitMicros(micros)
  const moment: Moment = { ...fieldsOf(days, time), days, time, zone }
  let out = ''
  let i = 0
  while (i < pattern.length) {
    if (pattern[i] === '"') {
      const end = pattern.indexOf('"', i + 1)
      const stop = end < 0 ? pattern.length : end
      out += pattern.slice(i + 1, stop)
      i = stop + 1
      continue
    }
    const fill = /^FM/i.test(pattern.slice(i, i + 2))
    const at = fill ? i + 2 : i
    const found = matchPattern(pattern, at)
    if (found === undefined) {
      out += fill ? '' : pattern[i]
      i = fill ? at : i + 1
      continue
    }
    i = at + found[0].length
    const value = found[1](moment)
    const spelled = pattern.slice(at, i)
    if ('text' in value) {
      const text = applyCase(spelled, value.text)
      out += fill ? text : text.padEnd(value.width)
    } else {
      out += fill || value.width < 0 ? String(value.number) : String(value.number).padStart(value.width, '0')
      const suffix = pattern.slice(i, i + 2)
      if (/^th$/i.test(suffix)) {
        out += suffix === 'TH' ? ordinal(value.number).toUpperCase() : ordinal(value.number)
        i += 2
      }
    }
  }
  return out
}

function matchPattern(pattern: string, at: number): readonly [string, Pattern] | undefined {
  for (const entry of PATTERNS) {
    const name = entry[0]
    if (pattern.length - at >= name.length && pattern.slice(at, at + name.length).toUpperCase() === name) return entry
  }
  return undefined
}

/** MONTH, Month or month: the pattern's own letters choose the case. */
function applyCase(spelled: string, text: string): string {
  const first = spelled[0]!
  if (first === first.toLowerCase()) return text.toLowerCase()
  const second = spelled[1] ?? first
  if (second === second.toLowerCase() && second !== second.toUpperCase()) {
    return text[0]!.toUpperCase() + text.slice(1).toLowerCase()
  }
  return text.toUpperCase()
}

function ordinal(value: number): string {
  const tens = Math.floor(value / 10) % 10
  const last = value % 10
  if (tens === 1) return 'th'
  return last === 1 ? 'st' : last === 2 ? 'nd' : last === 3 ? 'rd' : 'th'
}
