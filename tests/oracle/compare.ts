// Results of both engines in one comparable form: numbers to nine significant digits, booleans spelled out,
// everything else as text.
import { formatScalar } from '../../src/base/scalar-format.ts'
import { isNumeric } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import type { Result } from './session.ts'

export type TextRows = readonly (readonly (string | null)[])[]

/** Our rows, one text per row; sorted unless the query orders them. */
export function ourRows(result: Result, ordered: boolean): string[] {
  const texts = result.rows.map((row) =>
    row.map((value, i) => value === null ? null : formatScalar(result.types[i]!, value)))
  return comparableRows(texts, result.types, ordered)
}

/** Rows of texts, one text per row; sorted unless the query orders them. */
export function comparableRows(rows: TextRows, types: readonly SqlType[], ordered: boolean): string[] {
  const list = rows.map((row) => row.map((value, i) => comparable(value, types[i]!)).join(' | '))
  return ordered ? list : list.sort()
}

function comparable(value: string | null, type: SqlType): string {
  if (value === null) return 'NULL'
  if (isNumeric(type)) return String(Number(Number(value).toPrecision(9)))
  if (type.kind === 'boolean') return value.startsWith('t') ? 'true' : 'false'
  return value
}

/** A query whose columns are DuckDB's own text of the given query's columns. */
export function asText(sql: string): string {
  return `SELECT COLUMNS(*)::VARCHAR FROM (${sql}) AS t`
}
