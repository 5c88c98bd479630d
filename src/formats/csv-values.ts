// Fields of a scanned CSV block to column data. Numbers, ISO dates and booleans are read straight from the
// bytes; the first NULL or unusual spelling in a column of a block sends that column of that block through the
// general path, which is PostgreSQL's own text input. Errors name the line and the column.

import { isAscii } from 'node:buffer'
import { daysFromCivil, daysInMonth } from '../base/datetime.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { parseScalar } from '../base/scalar-parse.ts'
import { isText, typeName, type ColumnSchema, type Scalar } from '../base/types.ts'
import { ESCAPED, type CsvBlock } from './csv-scan.ts'
import type { ColumnData } from './format.ts'

/** One column of a block. Throws what parseScalar throws, with line and column named. */
export function csvColumn(block: CsvBlock, ordinal: number, column: ColumnSchema, ascii: string | null): ColumnData {
  switch (column.type.kind) {
    case 'bigint': case 'integer': case 'smallint':
      return integerColumn(block, ordinal) ?? generalColumn(block, ordinal, column)
    case 'double': return doubleColumn(block, ordinal) ?? generalColumn(block, ordinal, column)
    case 'date': return dateColumn(block, ordinal) ?? generalColumn(block, ordinal, column)
    case 'text': return textColumn(block, ordinal, column, ascii)
    default: return generalColumn(block, ordinal, column)
  }
}

/** The bytes as one string when they are all ASCII, so that text fields are substrings of it. */
export function asciiText(bytes: Buffer, begin: number, end: number): string | null {
  return isAscii(bytes.subarray(begin, end)) ? bytes.toString('latin1', 0, end) : null
}

/** Integers of up to 15 digits; null when a field is anything else. */
function integerColumn(block: CsvBlock, ordinal: number): Float64Array | null {
  const { bytes, starts, ends, width, rowCount } = block
  const out = new Float64Array(rowCount)
  for (let row = 0, i = ordinal; row < rowCount; row++, i += width) {
    let pos = starts[i]!
    const end = ends[i]!
    const negative = bytes[pos] === 45
    if (negative) pos++
    if (pos >= end || end - pos > 15) return null
    let value = 0
    for (; pos < end; pos++) {
      const digit = bytes[pos]! - 48
      if (digit < 0 || digit > 9) return null
      value = value * 10 + digit
    }
    out[row] = negative ? 0 - value : value
  }
  return out
}

const POW10 = Float64Array.from({ length: 23 }, (_, i) => Number('1e' + i))

/** Doubles; null when a field is empty or no number. */
function doubleColumn(block: CsvBlock, ordinal: number): Float64Array | null {
  const { bytes, starts, ends, width, rowCount } = block
  const out = new Float64Array(rowCount)
  for (let row = 0, i = ordinal; row < rowCount; row++, i += width) {
    const start = starts[i]!
    const end = ends[i]!
    let pos = start
    const negative = bytes[pos] === 45
    if (negative) pos++
    let mantissa = 0
    let digits = 0
    let scale = -1
    for (; pos < end; pos++) {
      const digit = bytes[pos]! - 48
      if (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit
        digits++
        if (scale >= 0) scale++
      } else if (digit === -2 && scale < 0) scale = 0
      else break
    }
    if (pos === end && digits > 0 && digits <= 15) {
      // Both are exact, so one division gives the nearest double.
      const value = scale > 0 ? mantissa / POW10[scale]! : mantissa
      out[row] = negative && value !== 0 ? -value : value
    } else {
      if (pos >= end && digits === 0) return null
      const value = Number(bytes.toString('latin1', start, end))
      if (!Number.isFinite(value) || bytes[start]! <= 32) return null
      out[row] = value === 0 ? 0 : value
    }
  }
  return out
}

/** `YYYY-MM-DD`; null when a field is anything else. */
function dateColumn(block: CsvBlock, ordinal: number): Int32Array | null {
  const { bytes, starts, ends, width, rowCount } = block
  const out = new Int32Array(rowCount)
  for (let row = 0, i = ordinal; row < rowCount; row++, i += width) {
    const at = starts[i]!
    if (ends[i]! - at !== 10 || bytes[at + 4] !== 45 || bytes[at + 7] !== 45) return null
    const high = twoDigits(bytes, at)
    const low = twoDigits(bytes, at + 2)
    const month = twoDigits(bytes, at + 5)
    const day = twoDigits(bytes, at + 8)
    const year = high * 100 + low
    if (high < 0 || low < 0 || year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
      return null
    }
    out[row] = daysFromCivil(year, month, day)
  }
  return out
}

function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -9999 : tens * 10 + ones
}

function textColumn(block: CsvBlock, ordinal: number, column: ColumnSchema, ascii: string | null): ColumnData {
  if (ascii === null || column.type.maxLength !== undefined) return generalColumn(block, ordinal, column)
  const { starts, ends, flags, width, rowCount } = block
  const out: Scalar[] = new Array<Scalar>(rowCount)
  for (let row = 0, i = ordinal; row < rowCount; row++, i += width) {
    const text = ascii.slice(starts[i]!, ends[i]!)
    if (text === '' && flags[i] === 0) out[row] = null
    else out[row] = flags[i] === ESCAPED ? text.replaceAll('""', '"') : text
  }
  return out
}

function generalColumn(block: CsvBlock, ordinal: number, column: ColumnSchema): Scalar[] {
  const out: Scalar[] = new Array<Scalar>(block.rowCount)
  const isPlainText = column.type.kind === 'text' && column.type.maxLength === undefined
  for (let row = 0; row < block.rowCount; row++) {
    if (block.isNull(row, ordinal)) {
      out[row] = null
      continue
    }
    const text = block.text(row, ordinal)
    try {
      out[row] = isPlainText ? text : text === '' && !isText(column.type) ? null : parseScalar(column.type, text)
    } catch (cause) {
      throw located(cause, block.lines[row]!, column)
    }
  }
  return out
}

function located(cause: unknown, line: number, column: ColumnSchema): unknown {
  if (!(cause instanceof DatabaseError)) return cause
  return new DatabaseError(cause.code, `line ${line}, column "${column.name}": ${cause.message}`, {
    line, cause,
    hint: `The type ${typeName(column.type)} was chosen from the start of the file; look at all of it first.`,
  })
}

/** The error for bytes that are not UTF-8. */
export function encodingError(path: string, line: number): DatabaseError {
  return new DatabaseError(CODE.INVALID_ENCODING, `"${path}" is not UTF-8 text near line ${line}`, {
    file: path, line, hint: 'Convert the file to UTF-8 first.',
  })
}
