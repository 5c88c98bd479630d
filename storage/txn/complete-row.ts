// Rows and schemas on their way into a transaction: what a row must have before it becomes a version, and which types
// cannot be keys.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Row, TableSchema } from '../../src/base/types.ts'
import { checkLengths } from './value-limits.ts'
import type { TableStore } from '../table/table-store.ts'

/**
 * Assigns a missing row id, checks NOT NULL (23502), lengths (54000) and CHECK (23514), and makes values canonical: -0
 * is stored as 0. Copies.
 */
export function completeRow(table: TableStore, row: Row): Row {
  const { columns } = table.schema
  assert(row.length === columns.length, 'row width differs from its table')
  const full = row.slice()
  const { checks } = table
  checks?.generate(full)
  for (let c = 0; c < columns.length; c++) {
    if (full[c] === 0) full[c] = 0
    if (full[c] !== null) continue
    const column = columns[c]!
    if (column.hidden) full[c] = table.nextRowId++
    else if (!column.nullable || table.schema.key.includes(c)) {
      throw new DatabaseError(CODE.NOT_NULL, `null value in column "${column.name}" of table "${table.schema.name}"`)
    }
  }
  checkLengths(table.schema, full, table.services.limits)
  checks?.row(full)
  return full
}

/** Throws 0A000 for interval keys: their bytes do not sort like durations, and equal durations have several forms. */
export function checkKeyTypes(schema: TableSchema): void {
  const bad = schema.key.map((c) => schema.columns[c]!).find((column) => column.type.kind === 'interval')
  if (bad === undefined) return
  throw new DatabaseError(CODE.UNSUPPORTED, `column "${bad.name}" of type interval cannot be part of a primary key`)
}
