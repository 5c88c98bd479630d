// Which SQL type a column of text values has. Each value is classified by its spelling alone, then the classes
// of a column are merged upwards; whatever does not merge is text. Numbers with leading zeros or a plus sign
// stay text, because zip codes and telephone numbers are names, not numbers.

import {
  BIGINT, BOOLEAN, DATE, decimalType, DOUBLE, JSON_TYPE, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, UUID, type SqlType,
} from '../base/types.ts'

/** Class of one value; `none` is the class of a column with NULLs only. */
export type ValueClass = 'none' | 'boolean' | 'integer' | 'long' | 'double' | 'date' | 'timestamp' | 'timestamptz'
  | 'time' | 'uuid' | 'json' | 'text'

const INTEGER = /^(?:0|-?[1-9]\d*)$/
const DECIMAL = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/
const DAY = /\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/
const HOUR = /(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?/
const OFFSET = /( ?(?:Z|UTC|[+-]\d\d(?::?\d\d)?))?/
const DATE_TIME = new RegExp(`^${DAY.source}(?:[T ]${HOUR.source}${OFFSET.source})?$`)
const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?$/
const UUID_TEXT = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/

/** Class of a non-NULL text value. */
export function classify(text: string): ValueClass {
  const first = text.charCodeAt(0)
  // Digits, minus and point start numbers, dates and clocks.
  if ((first >= 48 && first <= 57) || first === 45 || first === 46) {
    if (INTEGER.test(text)) return text.length < 19 ? 'integer' : integerClass(text)
    if (DECIMAL.test(text)) return Number.isFinite(Number(text)) ? 'double' : 'text'
    const moment = DATE_TIME.exec(text)
    if (moment) return text.length === 10 ? realDate(text) : moment[1] === undefined ? 'timestamp' : 'timestamptz'
    if (CLOCK.test(text)) return 'time'
  }
  switch (text.length) {
    case 36: return UUID_TEXT.test(text) ? 'uuid' : 'text'
    case 3: return text === 'NaN' ? 'double' : 'text'
    case 4: case 5: return /^(?:true|false)$/i.test(text) ? 'boolean' : 'text'
    default: return 'text'
  }
}

/** Integers past int64 become decimals while they fit 38 digits. */
function integerClass(text: string): ValueClass {
  const value = BigInt(text)
  if (BigInt.asIntN(64, value) === value) return 'integer'
  return text.replace('-', '').length <= 38 ? 'long' : 'text'
}

/** 2023-02-30 has the shape of a date but is none. */
function realDate(text: string): ValueClass {
  const date = new Date(text + 'T00:00:00Z')
  return date.getUTCDate() === Number(text.slice(8)) ? 'date' : 'text'
}

const NUMBERS = ['integer', 'long', 'double']
const MOMENTS = ['date', 'timestamp', 'timestamptz']

/** The narrowest class that holds values of both. */
export function mergeClasses(a: ValueClass, b: ValueClass): ValueClass {
  if (a === b || b === 'none') return a
  if (a === 'none') return b
  if (a === 'json' || b === 'json') return 'json'
  for (const ladder of [NUMBERS, MOMENTS]) {
    const [i, j] = [ladder.indexOf(a), ladder.indexOf(b)]
    if (i >= 0 && j >= 0) return ladder[Math.max(i, j)] as ValueClass
  }
  return 'text'
}

/** SQL type of a class. */
export function typeOfClass(name: ValueClass): SqlType {
  switch (name) {
    case 'boolean': return BOOLEAN
    case 'integer': return BIGINT
    case 'long': return decimalType(38, 0)
    case 'double': return DOUBLE
    case 'date': return DATE
    case 'timestamp': return TIMESTAMP
    case 'timestamptz': return TIMESTAMPTZ
    case 'time': return TIME
    case 'uuid': return UUID
    case 'json': return JSON_TYPE
    default: return TEXT
  }
}

/** Column names without duplicates or blanks: `a`, `a_2`, `column3`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name, i) => {
    const base = name.trim() || `column${i + 1}`
    let unique = base
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${base}_${n}`
    taken.add(unique.toLowerCase())
    return unique
  })
}
