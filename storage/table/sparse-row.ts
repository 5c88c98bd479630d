// Rows of which only some columns are read: what index entries are made of. The other values
// may be longer than the memory, and need not be touched to keep an index in step.
import type { Row, Scalar } from '../../src/base/types.ts'
import type { KeyValue } from './key.ts'
import type { TableStore, Visibility } from './table-store.ts'

/** The row of the key with the given columns (one may come twice), NULL elsewhere; null when there is none. */
export function findSparse(
  table: TableStore, key: KeyValue, visibility: Visibility, columns: readonly number[],
): Row | null {
  const found = table.findRow(key, visibility, columns)
  return found === null ? null : spread(table, columns, found)
}

/** Values of some columns as a row of all columns, NULL elsewhere. */
export function spread(table: TableStore, columns: readonly number[], values: readonly Scalar[]): Row {
  const row: Row = new Array<Scalar>(table.schema.columns.length).fill(null)
  for (let i = 0; i < columns.length; i++) row[columns[i]!] = values[i]!
  return row
}
