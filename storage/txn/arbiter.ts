// ON CONFLICT: the row that another row conflicts with, under the primary key or under unique indexes. Who asks
// meets the newest committed state and its own writes, as an insert would: a row that another transaction is
// changing is 55P03, one that changed after a REPEATABLE READ snapshot 40001, and SERIALIZABLE remembers the look.
import type { Row } from '../../src/base/types.ts'
import { entryPlaces } from '../table/index-schema.ts'
import type { KeyValue } from '../table/key.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'
import { makerOf } from './index-writes.ts'

/** Unique indexes by name, null for the primary key; or every one of the table. */
export type Arbiters = readonly (string | null)[] | 'all'

/** Who looks. */
export interface ArbiterReader {
  readonly now: Visibility
  /** Whether the key has a row now; 55P03 and 40001. */
  exists(table: TableStore, key: KeyValue): boolean
}

/** The first row that has the values of `row` under an arbiter, or null. Cost: one or two key lookups each. */
export function findConflict(
  reader: ArbiterReader, table: TableStore, indexes: readonly TableStore[], row: Row, arbiters: Arbiters,
): Row | null {
  const isAsked = (name: string | null): boolean => arbiters === 'all' || arbiters.includes(name)
  if (isAsked(null)) {
    const found = rowWithKey(reader, table, table.order.fromRow(row))
    if (found !== null) return found
  }
  for (const index of indexes) {
    if (index.schema.index!.unique !== true || !isAsked(index.schema.name)) continue
    const found = rowWithEntry(reader, table, index, row)
    if (found !== null) return found
  }
  return null
}

function rowWithKey(reader: ArbiterReader, table: TableStore, key: KeyValue): Row | null {
  return reader.exists(table, key) ? table.findRow(key, reader.now) : null
}

// NULLs are distinct from each other: such a row conflicts with none.
function rowWithEntry(reader: ArbiterReader, table: TableStore, index: TableStore, row: Row): Row | null {
  const definition = index.schema.index!
  if (definition.columns.some((c) => row[c] === null)) return null
  const key = index.order.fromRow(makerOf(table, index).entryOf(row))
  const entry = rowWithKey(reader, index, key)
  if (entry === null) return null
  const places = entryPlaces(table.schema, definition)
  return rowWithKey(reader, table, table.order.fromValues(table.schema.key.map((c) => entry[places[c]!]!)))
}
