// Redo: committed transactions of the log go through the ordinary write path again, without being logged. A
// record says what is to be there, by key (W2), so replaying needs no undo and meets no conflict. Recovery uses
// it at open, and whoever follows a log that another process writes.
import { ByteReader } from '../src/base/bytes.ts'
import { corruption } from '../src/base/errors.ts'
import type { DatabaseError } from '../src/base/errors.ts'
import { sameType } from '../src/base/types.ts'
import type { TableSchema } from '../src/base/types.ts'
import { decodeSchema } from './catalog/catalog.ts'
import { decodeObjectChange, objectIn } from './catalog/objects.ts'
import type { Engine } from './engine.ts'
import { PublishRedo } from './publish-log.ts'
import { isIndexOf } from './table/index-schema.ts'
import type { TableStore } from './table/table-store.ts'
import type { Transaction } from './txn/transaction.ts'
import { DDL, RECORD, createKind, standsAlone } from './wal/record.ts'
import type { WalRecord } from './wal/record.ts'

/** Replays records in the order of the log. */
export class Redo {
  private readonly engine: Engine
  private readonly folder: string
  private txn: Transaction | null = null
  private readonly publishing: PublishRedo
  // Row groups of the open transaction; they join the table when it commits.
  private published: WalRecord[] = []

  /** `folder` is the log's, for messages. */
  constructor(engine: Engine, folder: string) {
    this.engine = engine
    this.folder = folder
    this.publishing = new PublishRedo(engine, folder)
  }

  /**
   * Replays the next record; the transaction takes effect with its COMMIT. XX001 when it makes no sense here: a
   * reader tries again after an error, so nothing of the transaction stays.
   */
  record(record: WalRecord): void {
    if (standsAlone(record.type)) return this.alone(record)
    this.engine.counters.recoveredRecords++
    this.txn ??= this.engine.begin()
    try {
      this.replay(record, this.txn)
    } catch (error) {
      this.txn?.rollback()
      this.txn = null
      throw error
    }
  }

  /** The log ends here: what belongs to no transaction goes. */
  end(): void {
    this.publishing.abort()
  }

  private alone(record: WalRecord): void {
    if (record.type === RECORD.PAGE_IMAGE) this.publishing.image(record)
    else if (record.type === RECORD.ABORT) this.publishing.abort()
  }

  private replay(record: WalRecord, txn: Transaction): void {
    const { engine } = this
    switch (record.type) {
      case RECORD.INSERT: case RECORD.UPDATE: return this.put(record)
      case RECORD.DELETE: return this.delete(record)
      case RECORD.DDL: return this.define(record)
      case RECORD.PUBLISH: case RECORD.REPLACE:
        return this.publish(record)
      case RECORD.COMMIT:
        // Commit ids have no holes. One here means that a bulk append, which is not in the log, was on the
        // disk when later transactions were logged, and is gone: a checkpoint's write was lost.
        if (record.commitId !== engine.commitId + 1) {
          const before = engine.commitId
          throw this.bad(record, `is commit ${record.commitId}, but the last checkpoint or commit is ${before}`)
        }
        engine.nextTxnId = Math.max(engine.nextTxnId, record.txnId + 1)
        // What fails while it is applied cannot be taken back any more.
        this.txn = null
        engine.apply(txn)
        engine.active.remove(txn)
        for (const each of this.published) this.publishing.publish(each, this.tableWithId(each))
        this.published = []
        return
      default: throw this.bad(record, 'has an unknown type')
    }
  }

  // A table that the transaction makes has its row groups before its rows; one that is there gets them at the end.
  private publish(record: WalRecord): void {
    const made = this.txn!.ddl.find(({ kind, table }) => kind === 'create' && table.id === record.tableId)
    if (made !== undefined) this.publishing.publish(record, made.table)
    else this.published.push(record)
  }

  private tableWithId(record: WalRecord): TableStore {
    const table = this.engine.catalog.byIdOrNull(record.tableId)
    if (table === null) throw this.bad(record, `names unknown table ${record.tableId}`)
    return table
  }

  private bad(record: WalRecord, what: string): DatabaseError {
    const file = this.folder
    return corruption(`log record ${record.lsn} ${what}`, { file, offset: record.lsn })
  }

  private tableOf(record: WalRecord): TableStore {
    const created = this.txn!.ddl.find((change) => change.table.id === record.tableId)
    const table = created?.table ?? this.engine.catalog.byIdOrNull(record.tableId)
    if (table === null) throw this.bad(record, `names unknown table ${record.tableId}`)
    return table
  }

  private reader(record: WalRecord): ByteReader {
    const source = { file: this.folder, offset: record.lsn }
    return new ByteReader(record.body, source, record.offset, record.offset + record.length)
  }

  private put(record: WalRecord): void {
    const table = this.tableOf(record)
    const row = table.codec.decode(this.reader(record))
    for (let c = 0; c < row.length; c++) {
      const value = row[c]
      if (!table.schema.columns[c]!.hidden || typeof value !== 'number') continue
      table.nextRowId = Math.max(table.nextRowId, value + 1)
    }
    this.txn!.writeSet.push(table, table.order.fromRow(row), row, false, null)
  }

  private delete(record: WalRecord): void {
    const table = this.tableOf(record)
    const values = table.keyCodec.decode(this.reader(record))
    this.txn!.writeSet.push(table, table.order.fromValues(values), values, true, null)
  }

  private schemaOf(id: number): TableSchema | undefined {
    const created = this.txn!.ddl.find((change) => change.kind === 'create' && change.table.id === id)
    return created?.table.schema ?? this.engine.catalog.byIdOrNull(id)?.schema
  }

  private define(record: WalRecord): void {
    const reader = this.reader(record)
    const kind = reader.u8()
    if (kind === DDL.DROP) {
      this.txn!.ddl.push({ kind: 'drop', table: this.tableOf(record) })
      return
    }
    if (kind === DDL.OBJECT) return this.defineObject(record, reader.string())
    const schema = decodeSchema(reader.string())
    if (kind === DDL.ALTER) return this.alter(record, schema)
    if (schema === null || kind !== createKind(schema)) {
      throw this.bad(record, 'holds an invalid table schema')
    }
    if (schema.index !== undefined && !isIndexOf(schema, this.schemaOf(schema.index.of))) {
      throw this.bad(record, 'holds an index that does not fit its table')
    }
    const table = this.engine.makeTableWithId(record.tableId, schema)
    this.txn!.ddl.push({ kind: 'create', table })
  }

  private alter(record: WalRecord, after: TableSchema | null): void {
    const table = this.tableOf(record)
    const before = table.schema
    const isSame = after !== null && after.key.join() === before.key.join()
      && after.columns.length === before.columns.length
      && after.columns.every((column, c) => sameType(column.type, before.columns[c]!.type))
    if (!isSame) throw this.bad(record, 'alters a table into one of another shape')
    table.committedSchema ??= before
    table.alter(after)
    this.txn!.ddl.push({ kind: 'alter', table, before, after })
  }

  private defineObject(record: WalRecord, text: string): void {
    const change = decodeObjectChange(text)
    if (change === null) throw this.bad(record, 'holds an invalid catalogue object')
    const { catalog } = this.engine
    this.txn!.objects.push({ ...change, before: objectIn(catalog.objects, this.txn!.objects, change.key) })
  }
}
