// Text to Scalar, as PostgreSQL's type input functions do it: the same spellings accepted, the same errors.
// This is the way in for CSV fields, text parameters and casts from text. Differences: U+0000 is allowed
// in text; infinite dates are 0A000.

import { formatArray, parseArray } from './array-text.ts'
import { parseBytea } from './bytea.ts'
import { parseDate, parseTime, parseTimestamp, parseTimestamptz } from './datetime-parse.ts'
import { checkPrecision, parseDecimal, rescale, type Integer } from './decimal.ts'
import { CODE, DatabaseError } from './errors.ts'
import { parseInterval } from './interval-parse.ts'
import { checkJson } from './json-text.ts'
import { canonicalJson } from './jsonb.ts'
import { formatScalar } from './scalar-format.ts'
import { typeName, type Scalar, type SqlType } from './types.ts'
import { characterCount, checkWellFormed, firstCharacters } from './utf8.ts'
import { parseUuid } from './uuid.ts'

/** Largest and smallest values of the integer types. */
const INTEGER_RANGE = {
  smallint: [-32768n, 32767n], integer: [-2147483648n, 2147483647n], bigint: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

/**
 * Text to the Scalar of a type. Throws 22P02 for bad syntax, 22003 for numbers out of range, 22007 and 22008
 * for dates and times, 22001 for text longer than VARCHAR(n), 22021 for lone surrogates. ~50 ns for numbers.
 */
export function parseScalar(type: SqlType, text: string): Scalar {
  switch (type.kind) {
    case 'boolean': return parseBoolean(text)
    case 'smallint': case 'integer': case 'bigint': return parseInteger(type.kind, text)
    case 'real': case 'double': return parseFloat8(type, text)
    case 'decimal': return parseDecimalScalar(type, text)
    case 'date': return parseDate(text)
    case 'time': return parseTime(text)
    case 'timestamp': return parseTimestamp(text)
    case 'timestamptz': return parseTimestamptz(text)
    case 'interval': return parseInterval(text)
    case 'text': return fitText(type, checkWellFormed(text))
    case 'json': return checkJson(text)
    case 'jsonb': return canonicalJson(checkWellFormed(text))
    case 'array': return canonicalArray(type.element!, checkWellFormed(text))
    case 'bytea': return parseBytea(text)
    case 'uuid': return parseUuid(text)
    case 'null': return null
  }
}

// Every element in the text of its own type, so that equal arrays are equal texts.
function canonicalArray(element: SqlType, text: string): string {
  const isOpen = element.kind === 'decimal' && element.precision === undefined
  const canonical = (one: string): string => {
    if (!isOpen) return formatScalar(element, parseScalar(element, one))
    if (parseDecimal(one.trim()) === null) throw syntaxError(element, one)
    return one.trim()
  }
  return formatArray(parseArray(text).map(one => one === null ? null : canonical(one)))
}

function syntaxError(type: SqlType, text: string): DatabaseError {
  const name = type.kind === 'decimal' ? 'numeric' : typeName(type)
  return new DatabaseError(CODE.INVALID_TEXT, `invalid input syntax for type ${name}: "${text}"`)
}

/** Unique prefixes of true, false, yes, no; on, off; 1, 0. */
function parseBoolean(text: string): number {
  const word = text.trim().toLowerCase()
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') return 1
    if ('false'.startsWith(word) || 'no'.startsWith(word) || word === '0') return 0
    if (word === 'off' || word === 'of') return 0
  }
  throw syntaxError({ kind: 'boolean' }, text)
}

function parseInteger(kind: 'smallint' | 'integer' | 'bigint', text: string): Integer {
  const parsed = /^\s*[+-]?[\d_a-fA-FxXoO]+\s*$/.test(text) && !/e/i.test(text.replace(/0x\S*/i, ''))
    ? parseDecimal(text) : null
  if (parsed === null || parsed.scale !== 0) throw syntaxError({ kind }, text)
  return checkInteger(kind, parsed.unscaled, text)
}

/** Returns its argument; throws 22003 when the value does not fit the type. */
export function checkInteger(kind: 'smallint' | 'integer' | 'bigint', value: Integer, shown?: string): Integer {
  // A number is safe, so every one is a bigint; comparing it with a BigInt would cost more than all the rest.
  if (typeof value === 'number') {
    const end = kind === 'integer' ? 2 ** 31 : kind === 'smallint' ? 2 ** 15 : Infinity
    if (value >= -end && value < end) return value
  } else {
    const [min, max] = INTEGER_RANGE[kind]
    if (value >= min && value <= max) return value
  }
  const text = (shown ?? String(value)).trim()
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `value "${text}" is out of range for type ${kind}`)
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function parseFloat8(type: SqlType, text: string): number {
  const trimmed = text.trim()
  if (!FLOAT.test(trimmed)) {
    const special = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(trimmed)
    if (!special) throw syntaxError(type, text)
    return special[2] !== undefined ? NaN : special[1] === '-' ? -Infinity : Infinity
  }
  const exact = Number(trimmed)
  const value = type.kind === 'real' ? Math.fround(exact) : exact
  // Overflow to infinity and underflow to zero of a non-zero text are both errors in PostgreSQL.
  if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(trimmed.replace(/e.*/i, '')))) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `"${trimmed}" is out of range for type ${typeName(type)}`)
  }
  return value === 0 ? 0 : value
}

function parseDecimalScalar(type: SqlType, text: string): Integer {
  const parsed = parseDecimal(text)
  if (parsed === null) {
    if (/^\s*[+-]?(nan|inf(inity)?)\s*$/i.test(text)) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `decimal cannot hold ${text.trim()}`)
    }
    throw syntaxError(type, text)
  }
  const scale = type.scale ?? 0
  return checkPrecision(rescale(parsed.unscaled, parsed.scale, scale), type.precision ?? 18, scale)
}

/**
 * Text in the canonical form of a VARCHAR(n) / CHAR(n) column: CHAR drops trailing blanks, and text longer than
 * n throws 22001 unless only blanks are lost or `truncate` (an explicit cast) is set.
 */
export function fitText(type: SqlType, text: string, truncate = false): string {
  if (type.maxLength !== undefined && text.length > type.maxLength && characterCount(text) > type.maxLength) {
    const kept = firstCharacters(text, type.maxLength)
    if (!truncate && /[^ ]/.test(text.slice(kept.length))) {
      const name = type.blankPadded ? 'character' : 'character varying'
      throw new DatabaseError(CODE.STRING_TOO_LONG, `value too long for type ${name}(${type.maxLength})`, {
        detail: `The value is "${text.length > 100 ? text.slice(0, 100) + '…' : text}".`,
      })
    }
    text = kept
  }
  return type.blankPadded ? text.replace(/ +$/, '') : text
}
