// A transaction: its snapshot, its writes, its DDL, and the calls the executor makes on it.
//
//   active ──commit()──► committing ──► committed      (logged, synced, applied: engine.commit)
//     └─────rollback()────────────────► aborted        (writes taken back; nothing was logged)
//
// READ COMMITTED takes a new view for every statement (`refresh`), REPEATABLE READ keeps the first one.
// Writes always meet the newest committed state: first updater wins.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { TableWriter } from '../access.ts'
import type { Engine } from '../engine.ts'
import { uncommittedMark } from '../row-group/deletion-vector.ts'
import { StoreAccess } from '../table/store-access.ts'
import type { TableStore } from '../table/table-store.ts'
import type { Snapshot } from './snapshot.ts'
import { WriteSet, describeKey } from './write-set.ts'

export type IsolationLevel = 'read committed' | 'repeatable read'

/** A catalogue change, applied at commit. */
export type DdlChange =
  | { readonly kind: 'create'; readonly table: TableStore }
  | { readonly kind: 'drop'; readonly table: TableStore }

/** Place to return to within a transaction. */
export interface Savepoint {
  readonly writes: number
  readonly ddl: number
}

/** One transaction of one session. */
export class Transaction implements TableWriter {
  readonly id: number
  readonly level: IsolationLevel
  readonly writeSet: WriteSet
  readonly ddl: DdlChange[] = []
  state: 'active' | 'committed' | 'aborted' = 'active'
  private readonly engine: Engine
  private snapshot: Snapshot

  constructor(engine: Engine, id: number, level: IsolationLevel) {
    this.engine = engine
    this.id = id
    this.level = level
    this.writeSet = new WriteSet(uncommittedMark(id))
    this.snapshot = this.takeSnapshot()
  }

  private takeSnapshot(): Snapshot {
    const { engine } = this
    return engine.snapshots.take(engine.commitId, this.writeSet.mark, engine.rootNumber)
  }

  /** A new statement begins: READ COMMITTED looks at the present. */
  refresh(): void {
    this.assertActive()
    if (this.level !== 'read committed' || this.snapshot.commitId === this.engine.commitId) return
    this.snapshot.close()
    this.snapshot = this.takeSnapshot()
  }

  private assertActive(): void {
    this.engine.assertUsable()
    if (this.state !== 'active') throw new DatabaseError(CODE.NO_TRANSACTION, 'the transaction has ended')
  }

  /** Reads a table at the transaction's snapshot; 42P01 when there is none. */
  tables(name: string): StoreAccess {
    this.assertActive()
    const table = this.table(name)
    const { commitId, ownMark, rootNumber } = this.snapshot
    return new StoreAccess(table, this.snapshot, () => {
      const held = this.engine.snapshots.take(commitId, ownMark, rootNumber)
      return () => held.close()
    })
  }

  /** The table as this transaction sees the catalogue; 42P01 when there is none. */
  table(name: string): TableStore {
    for (let i = this.ddl.length - 1; i >= 0; i--) {
      const change = this.ddl[i]!
      if (change.table.schema.name !== name) continue
      if (change.kind === 'create') return change.table
      throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${name}" does not exist`)
    }
    return this.engine.catalog.get(name)
  }

  /** Schemas of all tables this transaction sees. */
  listTables(): TableSchema[] {
    const names = new Map(this.engine.catalog.tables().map((table) => [table.schema.name, table]))
    for (const change of this.ddl) {
      if (change.kind === 'create') names.set(change.table.schema.name, change.table)
      else names.delete(change.table.schema.name)
    }
    return [...names.values()].map((table) => table.schema)
  }

  createTable(schema: TableSchema): void {
    this.assertWritable()
    if (this.listTables().some((known) => known.name === schema.name)) {
      throw new DatabaseError(CODE.DUPLICATE_TABLE, `table "${schema.name}" already exists`)
    }
    // Interval bytes do not sort like their durations, and equal durations have several forms.
    const bad = schema.key.map((c) => schema.columns[c]!).find((column) => column.type.kind === 'interval')
    if (bad !== undefined) {
      throw new DatabaseError(CODE.UNSUPPORTED, `column "${bad.name}" of type interval cannot be part of a primary key`)
    }
    this.ddl.push({ kind: 'create', table: this.engine.makeTable(schema) })
  }

  dropTable(name: string): void {
    this.assertWritable()
    this.ddl.push({ kind: 'drop', table: this.table(name) })
  }

  private assertWritable(): void {
    this.assertActive()
    this.engine.assertWritable()
  }

  // Conflicts are judged against the present; REPEATABLE READ also against its snapshot.
  private exists(table: TableStore, key: ReturnType<TableStore['order']['fromRow']>): boolean {
    const now = { commitId: this.engine.commitId, ownMark: this.writeSet.mark, rootNumber: this.engine.rootNumber }
    return this.writeSet.checkAndFind(table, key, now, this.level === 'repeatable read' ? this.snapshot : null)
  }

  insert(name: string, row: Row): void {
    this.assertWritable()
    const table = this.table(name)
    const full = this.complete(table, row)
    const key = table.order.fromRow(full)
    if (this.exists(table, key)) {
      throw new DatabaseError(CODE.UNIQUE,
        `duplicate key in table "${name}": ${describeKey(table, key)} already exists`)
    }
    this.writeSet.push(table, key, full, false, this.snapshot)
  }

  /** True when a row with the key of `row` exists now. */
  contains(name: string, row: Row): boolean {
    const table = this.table(name)
    return this.exists(table, table.order.fromRow(row))
  }

  /** Inserts or replaces by key. */
  put(name: string, row: Row): 'inserted' | 'updated' {
    this.assertWritable()
    const table = this.table(name)
    const full = this.complete(table, row)
    const key = table.order.fromRow(full)
    const existed = this.exists(table, key)
    this.writeSet.push(table, key, full, false, this.snapshot)
    return existed ? 'updated' : 'inserted'
  }

  update(name: string, keyValues: readonly Scalar[], row: Row): boolean {
    this.assertWritable()
    const table = this.table(name)
    const key = table.order.fromValues(keyValues)
    if (!this.exists(table, key)) return false
    const full = this.complete(table, row)
    const newKey = table.order.fromRow(full)
    if (table.order.compare(key, newKey) !== 0) {
      if (this.exists(table, newKey)) {
        throw new DatabaseError(CODE.UNIQUE,
          `duplicate key in table "${name}": ${describeKey(table, newKey)} already exists`)
      }
      this.writeSet.push(table, key, keyValues.slice(), true, this.snapshot)
    }
    this.writeSet.push(table, newKey, full, false, this.snapshot)
    return true
  }

  delete(name: string, keyValues: readonly Scalar[]): boolean {
    this.assertWritable()
    const table = this.table(name)
    const key = table.order.fromValues(keyValues)
    if (!this.exists(table, key)) return false
    this.writeSet.push(table, key, keyValues.slice(), true, this.snapshot)
    return true
  }

  // Assigns a missing row id, checks NOT NULL, and makes values canonical: -0 is stored as 0.
  private complete(table: TableStore, row: Row): Row {
    const { columns } = table.schema
    assert(row.length === columns.length, 'row width differs from its table')
    const full = row.slice()
    for (let c = 0; c < columns.length; c++) {
      if (full[c] === 0) full[c] = 0
      if (full[c] !== null) continue
      const column = columns[c]!
      if (column.hidden) full[c] = table.nextRowId++
      else if (!column.nullable || table.schema.key.includes(c)) {
        throw new DatabaseError(CODE.NOT_NULL, `null value in column "${column.name}" of table "${table.schema.name}"`)
      }
    }
    return full
  }

  savepoint(): Savepoint {
    this.assertActive()
    return { writes: this.writeSet.writes.length, ddl: this.ddl.length }
  }

  rollbackTo(savepoint: Savepoint): void {
    this.assertActive()
    this.writeSet.rollbackTo(savepoint.writes)
    this.ddl.length = savepoint.ddl
  }

  /** Makes the writes durable (per `synchronous`) and visible. */
  commit(): void {
    this.assertActive()
    this.engine.commit(this)
    this.finish('committed')
  }

  /** Makes the writes visible now; resolves when they are durable, sharing one sync with others in flight. */
  commitSoon(): Promise<void> {
    this.assertActive()
    const durable = this.engine.commitSoon(this)
    this.finish('committed')
    return durable
  }

  rollback(): void {
    if (this.state !== 'active') return
    // A poisoned engine may have applied half of the writes; nothing reads them any more.
    if (this.engine.isUsable) this.writeSet.rollbackTo(0)
    this.finish('aborted')
  }

  /** The engine closes the snapshot before it applies the writes, so that it does not keep old versions alive. */
  closeSnapshot(): void {
    this.snapshot.close()
  }

  private finish(state: 'committed' | 'aborted'): void {
    this.state = state
    this.snapshot.close()
  }
}
