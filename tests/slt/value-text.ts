// Result values in the form of sqllogictest, their order by sort mode, and the comparison with what is expected.
//
// I gives the integer part, R three decimals, T the value's own text; NULL is NULL and the empty text (empty).
import { createHash } from 'node:crypto'
import type { QueryRecord } from './record.ts'

/** Rows of a result as the engine's own text; null is NULL. */
export type TextRows = readonly (readonly (string | null)[])[]

/** One value in the form of a column letter. */
export function valueText(letter: string, text: string | null): string {
  if (text === null) return 'NULL'
  if (letter === 'I') return integerText(text)
  if (letter === 'R') return Number.isFinite(Number(text)) ? Number(text).toFixed(3) : text
  return text === '' ? '(empty)' : text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}

// Exact for integers of any size; booleans count as 0 and 1, other text as 0, as C's atoi has it.
function integerText(text: string): string {
  if (/^-?\d+$/.test(text)) return String(BigInt(text))
  if (text === 't' || text === 'f') return text === 't' ? '1' : '0'
  const value = Math.trunc(Number(text))
  return Number.isNaN(value) ? '0' : String(value === 0 ? 0 : value)
}

/** Rows in the form and order in which a record expects them. */
export function sortedRows(record: QueryRecord, types: string, rows: TextRows): string[][] {
  const texts = rows.map(row => row.map((value, column) => valueText(types[column] ?? 'T', value)))
  if (record.sort === 'rowsort') texts.sort((a, b) => compare(a.join('\u0001'), b.join('\u0001')))
  if (record.sort !== 'valuesort') return texts
  return texts.flat().sort(compare).map(value => [value])
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** MD5 over the values, each with a line end behind it. */
export function hashOf(rows: readonly (readonly string[])[]): string {
  const hash = createHash('md5')
  for (const row of rows) for (const value of row) hash.update(`${value}\n`)
  return hash.digest('hex')
}

/** Whether rows are what is expected: value by value, row by row, or by count and hash. */
export function matches(expected: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const values = rows.flat()
  const hashed = /^(\d+) values hashing to ([0-9a-f]{32})$/.exec(expected[0] ?? '')
  if (hashed !== null && expected.length === 1) {
    return values.length === Number(hashed[1]) && hashOf(rows) === hashed[2]
  }
  return equal(expected, values) || equal(expected, rows.map(row => row.join('\t')))
    || equal(expected, values.map(printable))
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}

// SQLite's runner writes @ for every byte that ASCII does not print.
function printable(value: string): string {
  return Buffer.from(value, 'utf8').toString('latin1').replace(/[^ -~]/g, '@')
}
