// Writers of text formats: CSV, JSON lines, a JSON array and Markdown tables. Values are JavaScript values of the
// public API. CSV has a header line; NULL is an empty field and empty text a quoted one, so both survive a round
// trip. JSON keeps bigints and decimals as plain digits; what JSON cannot say (NaN, infinities) is a string.

import stringWidth from 'string-width'
import { formatDouble, formatReal } from '../base/scalar-format.ts'
import { fromJs } from '../base/scalar-js.ts'
import { bytesToHex } from '../base/uuid.ts'
import type { ColumnSchema } from '../base/types.ts'
import type { ByteSink, Sink } from './format.ts'

/** Text of a value outside JSON: ISO times, `\x` bytes, true and false. NULL is the caller's. */
export function plainText(value: unknown, column: ColumnSchema): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberText(value, column)
  if (value instanceof Date) return dateText(value, column)
  if (Array.isArray(value)) return String(fromJs(column.type, value))
  if (value instanceof Uint8Array) return '\\x' + bytesToHex(value)
  return String(value)
}

/** Floats as PostgreSQL prints them: a REAL shows the digits of a float, not of the double it became. */
function numberText(value: number, column: ColumnSchema): string {
  if (column.type.kind === 'real') return formatReal(value)
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : formatDouble(value)
}

/** `2024-02-29 04:05:06.789`, with `+00` for a timestamptz. */
function dateText(value: Date, column: ColumnSchema): string {
  const iso = value.toISOString()
  const text = iso.slice(0, -1).replace('T', ' ').replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros))
    .replace(/(\.\d*?)0+$/, '$1')
  return column.type.kind === 'timestamptz' ? text + '+00' : text
}

/** CSV with a header line. */
export function csvSink(out: ByteSink, columns: readonly ColumnSchema[], delimiter = ','): Sink {
  const special = new RegExp(`["\\r\\n${delimiter === '\t' ? '\\t' : delimiter}]|^\\s|\\s$`)
  const quote = (text: string): string =>
    (text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  let started = false
  const header = columns.map((one) => quote(one.name)).join(delimiter) + '\n'
  return {
    async write(rows) {
      let text = started ? '' : header
      started = true
      for (const row of rows) {
        for (let i = 0; i < columns.length; i++) {
          if (i > 0) text += delimiter
          const value = row[i]
          if (value === null || value === undefined) continue
          text += typeof value === 'number' ? numberText(value, columns[i]!) : quote(plainText(value, columns[i]!))
        }
        text += '\n'
      }
      await out.write(text)
    },
    async close() {
      if (!started) await out.write(header)
      await out.close()
    },
  }
}

/** JSON text of one value. */
function jsonValue(value: unknown, column: ColumnSchema): string {
  if (Array.isArray(value) && column.type.element !== undefined) {
    const element = { ...column, type: column.type.element }
    return `[${value.map(one => jsonValue(one, element)).join(',')}]`
  }
  switch (typeof value) {
    case 'number': return Number.isFinite(value) ? numberText(value, column) : `"${value}"`
    case 'bigint': case 'boolean': return String(value)
    case 'string': return isRawJson(column) ? value : JSON.stringify(value)
    default: return value === null || value === undefined ? 'null' : JSON.stringify(plainText(value, column))
  }
}

/** JSON columns hold JSON text already; decimals arrive as digits and stay numbers. */
function isRawJson(column: ColumnSchema): boolean {
  return column.type.kind === 'json' || column.type.kind === 'jsonb' || column.type.kind === 'decimal'
}

function jsonRow(row: readonly unknown[], columns: readonly ColumnSchema[], keys: readonly string[]): string {
  let text = '{'
  for (let i = 0; i < columns.length; i++) text += keys[i]! + jsonValue(row[i], columns[i]!)
  return text + '}'
}

function jsonKeys(columns: readonly ColumnSchema[]): string[] {
  return columns.map((one, i) => `${i > 0 ? ',' : ''}${JSON.stringify(one.name)}:`)
}

/** One object a line. */
export function jsonLinesSink(out: ByteSink, columns: readonly ColumnSchema[]): Sink {
  const keys = jsonKeys(columns)
  return {
    async write(rows) {
      let text = ''
      for (const row of rows) text += jsonRow(row, columns, keys) + '\n'
      await out.write(text)
    },
    close: () => out.close(),
  }
}

/** One array of objects, one object a line. */
export function jsonArraySink(out: ByteSink, columns: readonly ColumnSchema[]): Sink {
  const keys = jsonKeys(columns)
  let count = 0
  return {
    async write(rows) {
      let text = ''
      for (const row of rows) text += (count++ === 0 ? '[\n' : ',\n') + jsonRow(row, columns, keys)
      await out.write(text)
    },
    async close() {
      await out.write(count === 0 ? '[]\n' : '\n]\n')
      await out.close()
    },
  }
}

/** A Markdown table; buffers all rows, because widths depend on them. */
export function markdownSink(out: ByteSink, columns: readonly ColumnSchema[]): Sink {
  const isNumber = columns.map(({ type }) =>
    ['smallint', 'integer', 'bigint', 'real', 'double', 'decimal'].includes(type.kind))
  const lines: string[][] = [columns.map((one) => markdownCell(one.name))]
  return {
    async write(rows) {
      for (const row of rows) {
        lines.push(columns.map((column, i) => {
          const value = row[i]
          return value === null || value === undefined ? '' : markdownCell(plainText(value, column))
        }))
      }
    },
    async close() {
      const widths = columns.map((_, i) => lines.reduce((most, one) => Math.max(most, stringWidth(one[i]!)), 3))
      const text = lines.map((cells) => '| ' + cells.map((cell, i) => pad(cell, widths[i]!, isNumber[i]!)).join(' | ')
        + ' |')
      text.splice(1, 0, '| ' + widths.map((width, i) => '-'.repeat(width - 1) + (isNumber[i] ? ':' : '-')).join(' | ')
        + ' |')
      await out.write(text.join('\n') + '\n')
      await out.close()
    },
  }
}

function markdownCell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\r\n|\n|\r/g, '<br>')
}

function pad(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return right ? blanks + text : text + blanks
}
