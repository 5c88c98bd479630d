// A row whose long value is streamed into the database: written to pages of its own as it comes, and made the table's
// row in one step when it is complete. The row is a row group from the beginning; it is never in the log or the delta,
// so a value needs a window of memory and not its own length. Durable by a checkpoint, like every bulk change (W3).
//
//   begin() ─► write() … write() ─► commit() ─► base of the table, the row that was there replaced
//                                └► abort(), or a crash ─► free pages
//
// What cannot go this way is handed back as bytes and written like any row: inside a transaction, of a table with
// CHECK constraints or an index on the column, and where the log is archived and the row replaces another.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { Row, Scalar } from '../src/base/types.ts'
import { commitBulk, discardResult } from './bulk-change.ts'
import type { BulkChange } from './bulk-change.ts'
import { isBehindEverything } from './bulk-append.ts'
import { entriesOfRows } from './bulk-entries.ts'
import { groupTarget } from './compression.ts'
import { NO_MARK } from './delta/delta.ts'
import type { Engine } from './engine.ts'
import { logsRowGroups } from './publish-log.ts'
import { LongGroupWriter } from './row-group/long-group-writer.ts'
import { LongValue } from './row-group/long-value.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { freeUnpublished } from './row-group/row-group-writer.ts'
import { ColumnStage } from './row-group/staged-column.ts'
import type { StagedScalar } from './row-group/staged-column.ts'
import { IncomingRows } from './table/incoming-rows.ts'
import type { KeyValue } from './table/key.ts'
import { Merger, plainResult } from './table/merge.ts'
import { readStoredRow } from './table/run-rows.ts'
import type { TableStore } from './table/table-store.ts'
import { completeRow } from './txn/complete-row.ts'

/** True when a value of the column can become a row without passing through memory. */
function mayStream(table: TableStore, ordinal: number): boolean {
  return table.checks === null && !table.indexes.some(({ schema }) => schema.index!.columns.includes(ordinal))
}

/** One streamed value. */
export class LongRow {
  private readonly engine: Engine
  private readonly table: TableStore
  private readonly ordinal: number
  private readonly writer: LongGroupWriter

  private constructor(engine: Engine, table: TableStore, ordinal: number) {
    const { rowBytes } = engine.parts.options.valueLimits
    this.engine = engine
    this.table = table
    this.ordinal = ordinal
    this.writer = new LongGroupWriter(groupTarget(engine, table), engine.pool, rowBytes)
    engine.unpublished.add(this.writer)
  }

  /** Begins a value of column `ordinal`; null when it has to go through memory. */
  static begin(engine: Engine, name: string, ordinal: number): LongRow | null {
    engine.assertUsable()
    engine.assertWritable()
    const table = engine.catalog.get(name)
    return mayStream(table, ordinal) ? new LongRow(engine, table, ordinal) : null
  }

  /** The next bytes, to the file as pages fill. */
  write(bytes: Uint8Array): void {
    this.engine.assertUsable()
    this.writer.write(bytes)
  }

  /** The bytes so far; the pages are given back. */
  takeBack(): Uint8Array {
    this.engine.assertUsable()
    const bytes = this.writer.readBack()
    this.abort()
    return bytes
  }

  /** Gives the pages back. */
  abort(): void {
    if (this.engine.unpublished.delete(this.writer) && this.engine.isUsable) this.writer.abort()
  }

  /**
   * Makes the value that of the row with this key, or of a new row like `fresh`; durable on return. False when it has
   * to go the ordinary way after all. 42P01 when the table is another one now, 55P03 when the row is locked.
   */
  commit(keyValues: readonly Scalar[], fresh: Row): boolean {
    const { engine, table, ordinal } = this
    engine.assertUsable()
    this.assertSameTable()
    if (!mayStream(table, ordinal)) return false
    const key = table.order.fromValues(keyValues)
    this.assertFree(fresh)
    engine.jobs.abandon(null)
    const before = currentRow(engine, table, key)
    const isBehind = isBehindEverything(table, key)
    if (logsRowGroups(engine) && !(isBehind && table.indexes.length === 0)) return false
    const row = completed(table, before ?? fresh, ordinal, this.writer.length)
    const columns = row.map((value, c) => {
      const stage = new ColumnStage(table.schema.columns[c]!.type, 1)
      stage.append(value)
      return stage
    })
    const group = this.writer.finish(columns, ordinal)
    engine.unpublished.delete(this.writer)
    const rows = new IncomingRows(columns, table.order, group)
    this.publish(rows, group, { isBehind, isNew: before === null })
    return true
  }

  private assertSameTable(): void {
    const { engine, table } = this
    if (!table.isDropped && engine.catalog.byIdOrNull(table.id) === table) return
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${table.schema.name}" was dropped or changed meanwhile`)
  }

  // Waits for nobody: 55P03 where another transaction holds the row.
  private assertFree(row: Row): void {
    const txn = this.engine.begin()
    try {
      txn.contains(this.table.schema.name, row)
    } finally {
      txn.rollback()
    }
  }

  private publish(rows: IncomingRows, group: RowGroup, how: { isBehind: boolean; isNew: boolean }): void {
    const { engine, table } = this
    const target = groupTarget(engine, table)
    const changes: BulkChange[] = []
    try {
      const liveRows = table.liveRows + (how.isNew ? 1 : 0)
      // Of a row that is replaced no indexed column changes.
      for (const part of how.isNew ? entriesOfRows(engine, table, rows) : []) {
        const result = mergeIn(engine, part.table, part.rows)
        changes.push({ table: part.table, result, liveRows: part.table.liveRows + 1 })
      }
      const result = how.isBehind ? plainResult([...table.root.groups, group], [], 1) : mergeIn(engine, table, rows)
      changes.push({ table, result, liveRows })
    } catch (error) {
      freeUnpublished(target, [group])
      for (const change of changes) discardResult(engine, change)
      throw error
    }
    commitBulk(engine, changes)
  }
}

function mergeIn(engine: Engine, table: TableStore, rows: IncomingRows): BulkChange['result'] {
  const { rowGroupRows } = engine.parts.options
  const entries = table.deltaOrder.entries(table.delta)
  return new Merger(table, groupTarget(engine, table), rowGroupRows, entries, rows).run(() => false)
}

/** The newest committed row of the key, long values by reference; null when there is none. */
export function currentRow(engine: Engine, table: TableStore, key: KeyValue): StagedScalar[] | null {
  const { delta } = table
  const entry = delta.find(key)
  if (entry < 0) {
    const place = table.locate(table.root, key)
    return place === null ? null : readStoredRow(table, place.group, place.row)
  }
  const version = delta.visible(entry, engine.commitId, NO_MARK, engine.rootNumber)
  if (version >= 0) {
    return delta.versions.isTombstone(version) ? null : table.rowOf(version)
  }
  const group = delta.baseGroup[entry]!
  return group === null ? null : readStoredRow(table, group, delta.baseRow[entry]!)
}

// The row with everything a row needs; 54000 when it is too long, 23502 for a NULL in another column.
function completed(table: TableStore, row: readonly StagedScalar[], ordinal: number, length: number): StagedScalar[] {
  const { schema, services: { limits } } = table
  let bytes = length
  const short = row.map((value, c): Scalar => {
    if (c !== ordinal && !(value instanceof LongValue)) return value
    if (c !== ordinal) bytes += (value as LongValue).length
    return schema.columns[c]!.type.kind === 'bytea' ? EMPTY : ''
  })
  if (bytes > limits.rowBytes) {
    const text = `row of table "${schema.name}" is too long: ${bytes} bytes, at most ${limits.rowBytes}`
    throw new DatabaseError(CODE.PROGRAM_LIMIT, text)
  }
  return completeRow(table, short).map((value, c) => {
    const given = row[c]
    return c !== ordinal && given instanceof LongValue ? given : value
  })
}

const EMPTY = new Uint8Array(0)
