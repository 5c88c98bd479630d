// Bulk append: many rows at once, given as columns. Large appends become row groups directly, without the
// log, and become visible by a checkpoint (rule W3); small ones go through an ordinary transaction.
//
// Atomic either way. Conflicts with existing keys: 'error' = 23505 and nothing is appended, 'skip' = existing
// rows stay, 'replace' = incoming rows win.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { Row, TableSchema } from '../src/base/types.ts'
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { checkpoint, mergeTable, publishGroups } from './maintenance.ts'
import { IncomingRows, sortIncoming } from './table/incoming-rows.ts'
import type { KeyValue } from './table/key.ts'
import { NO_MARK } from './delta/delta.ts'
import type { MergeResult } from './table/merge.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { freeUnpublished, writeRowGroup } from './row-group/row-group-writer.ts'
import { stagedScalar } from './row-group/staged-column.ts'
import type { StagedColumn } from './row-group/staged-column.ts'
import type { TableStore } from './table/table-store.ts'
import type { Transaction } from './txn/transaction.ts'
import { describeKey } from './txn/write-set.ts'

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
  const isBulk = count >= engine.parts.options.bulkRows || (count >= FIRST_GROUP_ROWS && isEmpty(table))
  if (txn !== null || !isBulk) return appendRows(engine, table, columns, onConflict, txn)
  engine.locks.assertUnused(table, null)
  const rows = resolveConflicts(engine, table, sortIncoming(columns, table.schema, table.order, onConflict), onConflict)
  if (rows.count === 0) return 0
  appendGroups(engine, table, rows)
  return rows.count
}

/** The first rows of an empty table become a row group from this number on; a log record each costs more. */
const FIRST_GROUP_ROWS = 1024

/** True for a table without a row or a change. */
export function isEmpty(table: TableStore): boolean {
  return table.root.groups.length === 0 && table.delta.entryCount === 0
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
  const entries = table.deltaOrder.entries(table.delta)
  const last = entries[entries.length - 1]
  return last === undefined || table.order.compare(first, table.delta.keyOf(last)) > 0
}

function appendGroups(engine: Engine, table: TableStore, rows: IncomingRows): void {
  // Counted once the groups are published: writing them may fail, and must then leave no trace.
  if (isBehindEverything(table, rows.keyAt(0))) {
    appendBehind(engine, table, rows)
    table.liveRows += rows.count
  } else {
    const replaced = countKnown(engine, table, rows)
    mergeTable(engine, table, () => false, rows)
    table.liveRows += rows.count - replaced
  }
  commitBulk(engine, table)
}

/** Publishes the groups of a bulk load as the table's new base, durable on return. */
export function publishLoaded(engine: Engine, table: TableStore, result: MergeResult, liveRows: number): void {
  table.liveRows = liveRows
  publishGroups(engine, table, result)
  commitBulk(engine, table)
}

// A bulk change commits by its checkpoint.
function commitBulk(engine: Engine, table: TableStore): void {
  engine.commitId++
  engine.counters.commits++
  table.lastCommit = engine.commitId
  engine.recentCommits.noteTable(table, engine.commitId)
  try {
    checkpoint(engine)
  } catch (error) {
    engine.poison(error)
    throw error
  }
}

// Only 'replace' may still have rows whose keys exist.
function countKnown(engine: Engine, table: TableStore, rows: IncomingRows): number {
  const now = { commitId: engine.commitId, ownMark: NO_MARK, rootNumber: engine.rootNumber }
  let known = 0
  for (let i = 0; i < rows.count; i++) if (table.findRow(rows.keyAt(i), now, [], []) !== null) known++
  return known
}

function appendBehind(engine: Engine, table: TableStore, rows: IncomingRows): void {
  const target = groupTarget(engine, table)
  const { rowGroupRows } = engine.parts.options
  const added: RowGroup[] = []
  try {
    for (let begin = 0; begin < rows.count; begin += rowGroupRows) {
      added.push(writeRowGroup(target, rows.columns, begin, Math.min(rowGroupRows, rows.count - begin)))
    }
  } catch (error) {
    freeUnpublished(target, added)
    throw error
  }
  const groups = [...table.root.groups, ...added]
  publishGroups(engine, table, { groups, replaced: [], mergedVersions: [], rowsWritten: rows.count })
}
