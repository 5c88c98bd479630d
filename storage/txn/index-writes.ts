// Keeps the entries of secondary indexes in step with the rows of their table (rule I1): every write of a row
// calls writeEntries() with the row before and after it, in the same transaction and so in the same log records,
// commit and rollback. An entry that stays the same is not written.
//
// Nothing but a UNIQUE index needs a check of its own: whoever may write the row holds its primary key, and the
// entry of a row that is not unique carries that key.
import type { Row } from '../../src/base/types.ts'
import { findSparse } from '../table/sparse-row.ts'
import { EntryMaker, failNotUnique } from '../table/index-schema.ts'
import type { KeyValue } from '../table/key.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'
import { sameRow } from './write-set.ts'
import type { WriteSet } from './write-set.ts'

/** Who writes, and what it sees. */
export interface EntryWriter {
  readonly writeSet: WriteSet
  /** The transaction's snapshot; null = it has none at the moment. */
  readonly snapshot: Visibility | null
  /** Whether the key has a row now; 55P03 and 40001 as for primary keys. */
  exists(index: TableStore, key: KeyValue): boolean
}

interface EntryChange {
  readonly index: TableStore
  readonly before: { readonly key: KeyValue; readonly entry: Row } | null
  readonly after: { readonly key: KeyValue; readonly entry: Row } | null
}

/**
 * Writes what changes in the indexes when row `before` becomes `after` (null = there is none). 23505 for values
 * that a unique index has; then nothing has been written. Cost: one key lookup per index and changed entry.
 */
function writeEntries(
  writer: EntryWriter, table: TableStore, indexes: readonly TableStore[], before: Row | null, after: Row | null,
): void {
  const changes: EntryChange[] = []
  for (const index of indexes) {
    const change = changeOf(table, index, before, after)
    if (change === null) continue
    checkUnique(writer, change)
    changes.push(change)
  }
  for (const change of changes) push(writer, change)
}

/** Writes what changes in the indexes of a table when the row with key `before` (null = none) becomes `after`. */
export function followRow(
  writer: EntryWriter, table: TableStore, indexes: readonly TableStore[], before: KeyValue | null, after: Row | null,
  now: Visibility,
): void {
  if (indexes.length === 0) return
  const columns = indexes.flatMap((index) => makerOf(table, index).sources)
  writeEntries(writer, table, indexes, before === null ? null : findSparse(table, before, now, columns), after)
}

/** What makes the entries of an index of the table. */
export function makerOf(table: TableStore, index: TableStore): EntryMaker {
  return index.maker ??= new EntryMaker(table.schema, index.schema.index!)
}

function changeOf(table: TableStore, index: TableStore, before: Row | null, after: Row | null): EntryChange | null {
  const maker = makerOf(table, index)
  const keyed = (row: Row | null): EntryChange['before'] => {
    if (row === null) return null
    const entry = maker.entryOf(row)
    return { key: index.order.fromRow(entry), entry }
  }
  const change = { index, before: keyed(before), after: keyed(after) }
  const isSame = change.before !== null && change.after !== null && sameRow(change.before.entry, change.after.entry)
  return isSame ? null : change
}

function isSameKey({ index, before, after }: EntryChange): boolean {
  return before !== null && after !== null && index.order.compare(before.key, after.key) === 0
}

function checkUnique(writer: EntryWriter, change: EntryChange): void {
  const { index, after } = change
  if (after === null || !index.schema.index!.unique || isSameKey(change)) return
  if (writer.exists(index, after.key)) failNotUnique(index.schema, after.entry)
}

function push(writer: EntryWriter, change: EntryChange): void {
  const { index, before, after } = change
  const { writeSet, snapshot } = writer
  if (before !== null && !isSameKey(change)) {
    writeSet.push(index, before.key, index.order.columns.map((c) => before.entry[c]!), true, snapshot)
  }
  if (after !== null) writeSet.push(index, after.key, after.entry, false, snapshot)
}
