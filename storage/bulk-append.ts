// Bulk append: many rows at once, given as columns. Large appends become row groups directly, without the
// log, and become visible by a checkpoint (rule W3); small ones go through an ordinary transaction.
//
// Atomic either way. Conflicts with existing keys: 'error' = 23505 and nothing is appended, 'skip' = existing
// rows stay, 'replace' = incoming rows win.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { Row, TableSchema } from '../src/base/types.ts'
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { commitBulk, discardResult } from './bulk-change.ts'
import type { BulkChange } from './bulk-change.ts'
import { entriesOfRows } from './bulk-entries.ts'
import { IncomingRows, sortIncoming } from './table/incoming-rows.ts'
import type { KeyValue } from './table/key.ts'
import { NO_MARK } from './delta/delta.ts'
import { Merger, plainResult } from './table/merge.ts'
import type { MergeResult } from './table/merge.ts'
import { logsRowGroups } from './publish-log.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { groupSpans } from './row-group/group-budget.ts'
import { freeUnpublished, writeRowGroup } from './row-group/row-group-writer.ts'
import { stagedScalar } from './row-group/staged-column.ts'
import type { StagedColumn } from './row-group/staged-column.ts'
import type { TableStore } from './table/table-store.ts'
import type { Transaction } from './txn/transaction.ts'
import { describeKey } from './txn/write-set.ts'
import { checkColumnLengths } from './txn/value-limits.ts'

export type OnConflict = 'error' | 'skip' | 'replace'

/**
 * Appends rows given as one staged column per visible column of the table. With `txn` the rows join that
 * transaction; without one they commit at once. Returns the number of rows inserted or replaced.
 */
export function appendColumns(
  engine: Engine, name: string, visible: readonly StagedColumn[], onConflict: OnConflict, txn: Transaction | null,
): number {
  engine.assertUsable()
  engine.assertWritable()
  const table = txn === null ? engine.catalog.get(name) : txn.table(name)
  const count = visible[0]?.count ?? 0
  if (count === 0) return 0
  const columns = withHidden(table, visible, count)
  checkNulls(columns, table.schema)
  checkColumnLengths(table.schema, columns, table.services.limits)
  table.checks?.columns(columns, count)
  const isBulk = count >= engine.parts.options.bulkRows || (count >= FIRST_GROUP_ROWS && isEmpty(table))
  if (txn !== null || !isBulk) return appendRows(engine, table, columns, onConflict, txn)
  engine.locks.assertUnused(table, null)
  const rows = resolveConflicts(engine, table, sortIncoming(columns, table.schema, table.order, onConflict), onConflict)
  if (rows.count === 0) return 0
  const replaced = isBehindEverything(table, rows.keyAt(0)) ? 0 : countKnown(engine, table, rows)
  // An archived log has row groups that are new, but not ones that replace others.
  const isLoggable = isBehindEverything(table, rows.keyAt(0)) && table.indexes.length === 0
  if (logsRowGroups(engine) && !isLoggable) return appendRows(engine, table, rows.columns, onConflict, null)
  // The entries of rows that are replaced must go, which takes their old values: row by row.
  if (replaced > 0 && table.indexes.length > 0) return appendRows(engine, table, rows.columns, onConflict, null)
  appendGroups(engine, table, rows, replaced)
  return rows.count
}

/** The first rows of an empty table become a row group from this number on; a log record each costs more. */
const FIRST_GROUP_ROWS = 1024

/** True for a table without a row or a change. */
export function isEmpty(table: TableStore): boolean {
  return table.root.rows === 0 && table.delta.entryCount === 0
}

/** The columns with row ids added for a table without a primary key. */
export function withHidden(table: TableStore, visible: readonly StagedColumn[], count: number): StagedColumn[] {
  let at = 0
  return table.schema.columns.map((column) => {
    if (!column.hidden) return visible[at++]!
    const values = new Float64Array(count)
    for (let i = 0; i < count; i++) values[i] = table.nextRowId + i
    table.nextRowId += count
    return { type: column.type, values, nulls: null, count }
  })
}

/** Raises 23502 for a NULL in a NOT NULL column. */
export function checkNulls(columns: readonly StagedColumn[], schema: TableSchema): void {
  for (let c = 0; c < columns.length; c++) {
    const { name, nullable } = schema.columns[c]!
    const row = nullable ? -1 : columns[c]!.nulls?.indexOf(1) ?? -1
    if (row >= 0) {
      throw new DatabaseError(CODE.NOT_NULL, `null value in column "${name}" of table "${schema.name}" (row ${row})`)
    }
  }
}

function appendRows(
  engine: Engine, table: TableStore, columns: readonly StagedColumn[], onConflict: OnConflict,
  given: Transaction | null,
): number {
  const txn = given ?? engine.begin()
  const { name } = table.schema
  const start = txn.savepoint()
  let changes = 0
  try {
    for (let i = 0; i < columns[0]!.count; i++) {
      const row: Row = columns.map((column) => stagedScalar(column, i))
      if (onConflict === 'error') txn.insert(name, row)
      else if (onConflict === 'replace') txn.put(name, row)
      else if (txn.contains(name, row)) continue
      else txn.insert(name, row)
      changes++
    }
    if (given === null) txn.commit()
  } catch (error) {
    if (given === null) txn.rollback()
    else txn.rollbackTo(start)
    throw error
  }
  return changes
}

function resolveConflicts(engine: Engine, table: TableStore, rows: IncomingRows, onConflict: OnConflict): IncomingRows {
  if (onConflict === 'replace' || isBehindEverything(table, rows.keyAt(0))) return rows
  const now = { commitId: engine.commitId, ownMark: NO_MARK, rootNumber: engine.rootNumber }
  const isKnown = (i: number): boolean => table.findRow(rows.keyAt(i), now, [], []) !== null
  if (onConflict === 'skip') return rows.keep((i) => !isKnown(i))
  for (let i = 0; i < rows.count; i++) {
    if (!isKnown(i)) continue
    throw new DatabaseError(CODE.UNIQUE,
      `duplicate key in table "${table.schema.name}": ${describeKey(table, rows.keyAt(i))} already exists`)
  }
  return rows
}

/** True when every row of the table, committed or not, has a key below `first`. */
export function isBehindEverything(table: TableStore, first: KeyValue): boolean {
  const { groups } = table.root
  if (groups.length > 0 && table.order.compare(first, groups[groups.length - 1]!.lastKey) <= 0) return false
  for (const run of table.root.runs) {
    if (table.order.compare(first, run.groups[run.groups.length - 1]!.lastKey) <= 0) return false
  }
  const entries = table.deltaOrder.entries(table.delta)
  const last = entries[entries.length - 1]
  return last === undefined || table.order.compare(first, table.delta.keyOf(last)) > 0
}

// All groups, of the table and of its indexes, are written before the first is published: writing them may
// fail, and must then leave no trace.
function appendGroups(engine: Engine, table: TableStore, rows: IncomingRows, replaced: number): void {
  engine.jobs.abandon(null)
  const changes: BulkChange[] = []
  try {
    for (const part of [{ table, rows }, ...entriesOfRows(engine, table, rows)]) {
      const result = prepareAppend(engine, part.table, part.rows)
      const known = part.table === table ? replaced : 0
      changes.push({ table: part.table, result, liveRows: part.table.liveRows + part.rows.count - known })
    }
  } catch (error) {
    for (const change of changes) discardResult(engine, change)
    throw error
  }
  commitBulk(engine, changes)
}

// Only 'replace' may still have rows whose keys exist.
function countKnown(engine: Engine, table: TableStore, rows: IncomingRows): number {
  const now = { commitId: engine.commitId, ownMark: NO_MARK, rootNumber: engine.rootNumber }
  let known = 0
  for (let i = 0; i < rows.count; i++) if (table.findRow(rows.keyAt(i), now, [], []) !== null) known++
  return known
}

// Rows behind everything become groups of their own; others are merged into the groups they fall into.
function prepareAppend(engine: Engine, table: TableStore, rows: IncomingRows): MergeResult {
  const target = groupTarget(engine, table)
  const { rowGroupRows } = engine.parts.options
  if (!isBehindEverything(table, rows.keyAt(0))) {
    const entries = table.deltaOrder.entries(table.delta)
    const result = new Merger(table, target, rowGroupRows, entries, rows).run(() => false)
    engine.counters.merges++
    engine.counters.rowsMerged += result.rowsWritten
    return result
  }
  const added: RowGroup[] = []
  try {
    const limits = { rows: rowGroupRows, bytes: target.groupBytes }
    for (const span of groupSpans(table.schema, rows.columns, rows.count, limits)) {
      added.push(writeRowGroup(target, rows.columns, span.begin, span.rows))
    }
  } catch (error) {
    freeUnpublished(target, added)
    throw error
  }
  return plainResult([...table.root.groups, ...added], [], rows.count)
}
