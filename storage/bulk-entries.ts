// Index entries of bulk changes: an append brings sorted entries of its own rows, which join the index as its
// rows join the table; a bulk load of any size builds the indexes anew from the row groups it is about to
// publish, since only those tell which of several equal keys has won.
import { NO_MARK } from './delta/delta.ts'
import { discardResult } from './bulk-change.ts'
import type { BulkChange } from './bulk-change.ts'
import { hasChanges } from './debt.ts'
import type { Engine } from './engine.ts'
import { IndexBuilder } from './index-build.ts'
import { mergeTable } from './merging.ts'
import type { RowGroup } from './row-group/row-group.ts'
import type { IncomingRows } from './table/incoming-rows.ts'
import { plainResult } from './table/merge.ts'
import { failNotUnique } from './table/index-schema.ts'
import type { TableStore } from './table/table-store.ts'

/** Sorted entries of appended rows for each index. 23505 for values that a unique index has, or gets twice. */
export function entriesOfRows(
  engine: Engine, table: TableStore, rows: IncomingRows,
): { table: TableStore; rows: IncomingRows }[] {
  return table.indexes.map((index) => {
    const builder = new IndexBuilder(engine, table, index, Infinity)
    builder.add(builder.sources.map((c) => rows.columns[c]!), rows.count)
    const entries = builder.sorted()
    if (index.schema.index!.unique && index.liveRows > 0) checkUnique(engine, index, entries)
    return { table: index, rows: entries }
  })
}

function checkUnique(engine: Engine, index: TableStore, entries: IncomingRows): void {
  const now = { commitId: engine.commitId, ownMark: NO_MARK, rootNumber: engine.rootNumber }
  for (let i = 0; i < entries.count; i++) {
    if (index.findRow(entries.keyAt(i), now, [], []) !== null) failNotUnique(index.schema, entries.valuesAt(i))
  }
}

/** Merges every row group that rows of delta or runs fall into, so that the row groups are the whole table. */
export function mergePending(engine: Engine, table: TableStore): void {
  mergeTable(engine, table, (group) => hasChanges(table, group))
}

/** Indexes built anew over the rows of `groups`, which are to become the whole table. A failure leaves nothing. */
export function entriesOfGroups(engine: Engine, table: TableStore, groups: readonly RowGroup[]): BulkChange[] {
  const changes: BulkChange[] = []
  try {
    for (const index of table.indexes) {
      mergePending(engine, index)
      const builder = new IndexBuilder(engine, table, index)
      builder.addGroups(table, groups)
      const built = builder.finish()
      const rows = built.reduce((sum, group) => sum + group.rows, 0)
      changes.push({ table: index, result: plainResult(built, [...index.root.groups], rows), liveRows: rows })
    }
  } catch (error) {
    for (const change of changes) discardResult(engine, change)
    throw error
  }
  return changes
}
