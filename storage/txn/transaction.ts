// A transaction: its snapshot, its writes, its DDL, and the calls the executor makes on it.
//
//   active ──commit()──► committing ──► committed      (logged, synced, applied: engine.commit)
//     └─────rollback()────────────────► aborted        (writes taken back; nothing was logged)
//
// READ COMMITTED (and READ UNCOMMITTED, which is the same) takes a new snapshot for every statement and none in
// between; REPEATABLE READ and SERIALIZABLE keep the one of their first statement. Writes always meet the newest
// committed state: first updater wins. SERIALIZABLE remembers what it reads and is validated at commit.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { TableWriter } from '../access.ts'
import { objectIn, objectsIn } from '../catalog/objects.ts'
import type { CatalogObject, ObjectChange } from '../catalog/objects.ts'
import type { Engine } from '../engine.ts'
import { uncommittedMark } from '../row-group/deletion-vector.ts'
import type { KeyValue } from '../table/key.ts'
import { StoreAccess } from '../table/store-access.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'
import { findConflict } from './arbiter.ts'
import type { Arbiters } from './arbiter.ts'
import { checkKeyTypes, completeRow } from './complete-row.ts'
import { alterTable, bareChange, defineIndex } from './index-ddl.ts'
import type { IndexChange } from './index-ddl.ts'
import { followRow } from './index-writes.ts'
import type { IsolationLevel, TransactionModes, TransactionOptions } from './isolation.ts'
import { LinkedTransactions, bareName, viewWithLinked } from './linked.ts'
import { LockConflict } from './lock-conflict.ts'
import { ReadView } from './read-view.ts'
import { RowLocks } from './row-locks.ts'
import type { LockStrength } from './row-locks.ts'
import { ForeignChanges } from './foreign-changes.ts'
import { releaseAll, releaseTo } from './savepoint.ts'
import type { Savepoint, TableView, TakenLock } from './savepoint.ts'
import type { DdlChange } from './visible-tables.ts'
import { checkFree, indexesIn, relationIn, tableIn, tablesIn } from './visible-tables.ts'
import { WriteSet, describeRow, failDuplicate } from './write-set.ts'
import type { KeyState } from './write-set.ts'

/** One transaction of one session. */
export class Transaction implements Omit<TableWriter, 'replace' | 'fit'> {
  readonly id: number
  readonly session: number
  /** The transaction of the session: this one, or the one that began it in an attached database. */
  readonly root: Transaction
  readonly writeSet: WriteSet
  readonly ddl: DdlChange[] = []
  /** Changes of catalogue objects (catalog/objects.ts), oldest first. */
  readonly objects: ObjectChange[] = []
  readonly foreign = new ForeignChanges()
  /** Row locks, oldest first. */
  readonly locks: TakenLock[] = []
  /** Tables of which this transaction is the definer (index-ddl.ts). */
  readonly defines: TableStore[] = []
  state: 'active' | 'committed' | 'aborted' = 'active'
  private readonly engine: Engine
  /** Transactions in attached databases, null while there is none. */
  private linked: LinkedTransactions | null = null
  readonly view: ReadView
  /** It has written or locked something, or is about to. */
  isWriter = false
  /** Where it stands among the open transactions, -1 = nowhere. */
  place = -1

  constructor(engine: Engine, id: number, level: IsolationLevel, options: TransactionOptions = {}) {
    this.engine = engine
    this.id = id
    this.session = options.session ?? 0
    this.root = options.root ?? this
    this.writeSet = new WriteSet(uncommittedMark(id), engine.locks)
    this.view = new ReadView(engine, this, level, options)
    if (options.lazy !== true) this.view.current()
  }

  get level(): IsolationLevel {
    return this.view.level
  }

  get isReadOnly(): boolean {
    return this.view.isReadOnly
  }

  /** Sets the level (before the first statement) or the access mode (READ ONLY any time): SET TRANSACTION. 25001. */
  configure(modes: TransactionModes): void {
    this.assertActive()
    this.view.configure(modes)
  }

  /** The transaction in the attached database that holds the table `name` (`alias.table`); null for own tables. */
  far(name: string): Transaction | null {
    if (this.engine.attached.size === 0) return null
    this.linked ??= new LinkedTransactions(this.engine, this)
    return this.linked.find(name)
  }

  /** A new statement begins: READ COMMITTED looks at the present, the stricter levels at their one snapshot. */
  refresh(): void {
    this.assertActive()
    if (this.linked !== null) for (const txn of this.linked.all()) txn.refresh()
    this.view.beginStatement()
  }

  /** A statement has ended: READ COMMITTED keeps nothing old alive until the next one. */
  endStatement(): void {
    if (this.linked !== null) for (const txn of this.linked.all()) txn.endStatement()
    this.view.endStatement()
  }

  private assertActive(): void {
    this.engine.assertUsable()
    if (this.state !== 'active') throw new DatabaseError(CODE.NO_TRANSACTION, 'the transaction has ended')
  }

  /** Reads a table at the transaction's snapshot; 42P01 when there is none. */
  tables(name: string): StoreAccess {
    this.assertActive()
    const far = this.far(name)
    if (far !== null) return far.tables(bareName(name))
    return this.accessAt(this.view.current(), name)
  }

  /** A table as it is now. */
  present = (name: string): StoreAccess => this.accessAt({ ...this.now, session: this.session }, name)

  private accessAt(snapshot: Visibility & { readonly session: number }, name: string): StoreAccess {
    const { commitId, ownMark, rootNumber, session } = snapshot
    const table = this.table(name)
    const indexes = this.indexesOf(table)
    const usable = indexes.length === 0 ? indexes : indexes.filter((index) => index.visibleFrom <= commitId)
    return new StoreAccess(table, snapshot, () => {
      const held = this.engine.snapshots.take(commitId, ownMark, rootNumber, session)
      return () => held.close()
    }, this.view.reads, usable)
  }

  /** The present view of the tables, kept while a result is read; later statements do not change it. */
  pin(): TableView {
    this.assertActive()
    const { commitId, ownMark, rootNumber } = this.view.current()
    const held = this.engine.snapshots.take(commitId, ownMark, rootNumber, this.session)
    return viewWithLinked(this, { tables: (name) => this.accessAt(held, name), close: () => held.close() })
  }

  /** The table as this transaction sees the catalogue; 42P01 when there is none, 42809 for an index. */
  table(name: string): TableStore {
    return this.far(name)?.table(bareName(name)) ?? tableIn(this.engine.catalog, this.ddl, name)
  }

  /** The table or hidden table of an index with this name, or null. */
  relationOrNull(name: string): TableStore | null {
    const far = this.far(name)
    return far !== null ? far.relationOrNull(bareName(name)) : relationIn(this.engine.catalog, this.ddl, name)
  }

  /** The indexes of a table as this transaction sees the catalogue, in order of their ids. */
  indexesOf(table: TableStore): readonly TableStore[] {
    return this.ddl.length === 0 ? table.indexes : indexesIn(this.ddl, table)
  }

  /** Schemas of all tables this transaction sees. */
  listTables(): TableSchema[] {
    return tablesIn(this.engine.catalog, this.ddl, this)
  }

  createTable(schema: TableSchema): void {
    this.assertWritable()
    const far = this.far(schema.name)
    if (far !== null) return far.createTable({ ...schema, name: bareName(schema.name) })
    this.checkFree(schema.name)
    checkKeyTypes(schema)
    this.ddl.push({ kind: 'create', table: this.engine.makeTable(schema) })
  }

  dropTable(name: string): void {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.dropTable(bareName(name))
    const table = this.table(name)
    this.assertNotDropped(table)
    this.engine.locks.assertUnused(table, this)
    table.dropper = this
    for (const index of this.indexesOf(table)) this.ddl.push({ kind: 'drop', table: index })
    this.ddl.push({ kind: 'drop', table })
  }

  /**
   * Gives a table another schema with the same types in the same places, at once for this transaction and at the
   * commit for all. 55P03 while another one writes or defines the table.
   */
  alterTable(table: TableStore, schema: TableSchema): void {
    this.assertWritable()
    alterTable(this.engine, this, table, schema)
  }

  /** 42P07 when a relation of any kind has this name. */
  checkFree(name: string): void {
    checkFree(this, this.engine.catalog, name)
    this.engine.locks.assertNameFree(name, this)
  }

  /** A catalogue object as this transaction sees it, or null. */
  object(key: string): CatalogObject | null {
    return objectIn(this.engine.catalog.objects, this.objects, key)
  }

  /** All catalogue objects this transaction sees. */
  listObjects(): CatalogObject[] {
    return objectsIn(this.engine.catalog.objects, this.objects)
  }

  /** Adds, replaces or (null) removes a catalogue object at commit. */
  setObject(key: string, after: CatalogObject | null): void {
    this.assertWritable()
    const before = this.object(key)
    if (before === null && after !== null && after.kind !== 'schema') this.engine.locks.assertNameFree(after.name, this)
    this.objects.push({ key, before, after })
  }

  /** How many definitions it has changed, attached ones too: what its plans depend on. */
  get definitions(): number {
    return this.ddl.length + this.objects.length + (this.linked?.definitions ?? 0)
  }

  /** CREATE INDEX, DROP INDEX and REINDEX: index-ddl.ts says how, and with which errors. */
  defineIndex(change: IndexChange): void {
    this.assertWritable()
    const far = this.far(change.kind === 'create' ? change.table : change.name)
    if (far !== null) far.defineIndex(bareChange(change))
    else defineIndex(this.engine, this, change)
  }

  /** A change begins: 25006 in a READ ONLY transaction or database. */
  assertWritable(): void {
    this.assertActive()
    this.engine.assertWritable()
    if (this.view.isReadOnly) {
      throw new DatabaseError(CODE.READ_ONLY, 'a read-only transaction cannot change or lock anything')
    }
    if (this.isWriter) return
    this.isWriter = true
    this.view.hasRun = true
  }

  /** 55P03 while another transaction drops the table or changes its indexes. */
  assertNotDropped(table: TableStore): void {
    if (table.definer !== null && table.definer !== this) {
      throw new LockConflict(`table "${table.committed.name}"`, 'getting or losing an index', [table.definer],
        () => table.definer === null ? [] : [table.definer])
    }
    if (table.dropper === null || table.dropper === this) return
    throw new LockConflict(`table "${table.committed.name}"`, 'being dropped', [table.dropper],
      () => table.dropper === null ? [] : [table.dropper])
  }

  // Conflicts are judged against the present; REPEATABLE READ also against its snapshot.
  private look(table: TableStore, key: KeyValue, strength: LockStrength = 'update'): KeyState {
    if (table.definer !== null || table.dropper !== null) this.assertNotDropped(table)
    const { rowLocks } = table
    const blockers = rowLocks?.blockers(key, this, strength)
    if (blockers !== undefined && blockers.length > 0) {
      throw new LockConflict(describeRow(table, key), 'locked', blockers,
        () => rowLocks!.blockers(key, this, strength))
    }
    const { view } = this
    if (!view.keepsSnapshot) return this.writeSet.look(table, key, this.now, null)
    const snapshot = view.current()
    view.reads?.point(table, key)
    try {
      return this.writeSet.look(table, key, this.now, snapshot)
    } catch (error) {
      if (error instanceof DatabaseError && error.code === CODE.SERIALIZATION) this.engine.recentCommits.failures++
      throw error
    }
  }

  private exists(table: TableStore, key: KeyValue): boolean {
    return this.look(table, key).exists
  }

  private get now(): Visibility {
    return { commitId: this.engine.commitId, ownMark: this.writeSet.mark, rootNumber: this.engine.rootNumber }
  }

  // Writes what changes in the table's indexes when the row with key `before` (null = none) becomes `after`.
  private reindex(table: TableStore, before: KeyValue | null, after: Row | null): void {
    const writer = { writeSet: this.writeSet, snapshot: this.view.open, exists: this.exists.bind(this) }
    this.foreign.note(this.engine, this, table, before === null ? null : () => table.findRow(before, this.now), after)
    followRow(writer, table, this.indexesOf(table), before, after, this.now)
  }

  /**
   * Locks the row with this key until the transaction ends; false when there is none. 55P03 when another
   * transaction holds it, 40001 when it changed after a REPEATABLE READ snapshot.
   */
  lock(name: string, keyValues: readonly Scalar[], strength: LockStrength): boolean {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.lock(bareName(name), keyValues, strength)
    const table = this.table(name)
    const key = table.order.fromValues(keyValues)
    if (!this.look(table, key, strength).exists) return false
    table.rowLocks ??= new RowLocks()
    const before = table.rowLocks.acquire(key, this, strength)
    if (before !== 'update' && before !== strength) this.locks.push({ table, key, before })
    return true
  }

  insert(name: string, row: Row): void {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.insert(bareName(name), row)
    const table = this.table(name)
    const full = completeRow(table, row)
    const key = table.order.fromRow(full)
    const state = this.look(table, key)
    if (state.exists) failDuplicate(table, key)
    this.reindex(table, null, full)
    this.writeSet.push(table, key, full, false, this.view.open, state)
  }

  /** Inserts the row unless another one has its values under an arbiter; returns the one that is there then. */
  insertUnless(name: string, row: Row, arbiters: Arbiters): { readonly row: Row; readonly inserted: boolean } {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.insertUnless(bareName(name), row, arbiters)
    const table = this.table(name)
    const full = completeRow(table, row)
    const reader = { now: this.now, exists: this.exists.bind(this) }
    const known = findConflict(reader, table, this.indexesOf(table), full, arbiters)
    if (known !== null) return { row: known, inserted: false }
    this.insert(name, full)
    return { row: full, inserted: true }
  }

  /** True when a row with the key of `row` exists now. */
  contains(name: string, row: Row): boolean {
    const far = this.far(name)
    if (far !== null) return far.contains(bareName(name), row)
    const table = this.table(name)
    return this.exists(table, table.order.fromRow(row))
  }

  /** Inserts or replaces by key. */
  put(name: string, row: Row): 'inserted' | 'updated' {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.put(bareName(name), row)
    const table = this.table(name)
    const full = completeRow(table, row)
    const key = table.order.fromRow(full)
    const state = this.look(table, key)
    this.reindex(table, state.exists ? key : null, full)
    this.writeSet.push(table, key, full, false, this.view.open, state)
    return state.exists ? 'updated' : 'inserted'
  }

  update(name: string, keyValues: readonly Scalar[], row: Row): boolean {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.update(bareName(name), keyValues, row)
    const table = this.table(name)
    const key = table.order.fromValues(keyValues)
    const state = this.look(table, key)
    if (!state.exists) return false
    const full = completeRow(table, row)
    const newKey = table.order.fromRow(full)
    const isMoved = table.order.compare(key, newKey) !== 0
    const newState = isMoved ? this.look(table, newKey) : state
    if (isMoved && newState.exists) failDuplicate(table, newKey)
    this.reindex(table, key, full)
    if (isMoved) this.writeSet.push(table, key, keyValues.slice(), true, this.view.open, state)
    this.writeSet.push(table, newKey, full, false, this.view.open, newState)
    return true
  }

  delete(name: string, keyValues: readonly Scalar[]): boolean {
    this.assertWritable()
    const far = this.far(name)
    if (far !== null) return far.delete(bareName(name), keyValues)
    const table = this.table(name)
    const key = table.order.fromValues(keyValues)
    const state = this.look(table, key)
    if (!state.exists) return false
    this.reindex(table, key, null)
    this.writeSet.push(table, key, keyValues.slice(), true, this.view.open, state)
    return true
  }

  savepoint(): Savepoint {
    this.assertActive()
    const own = { writes: this.writeSet.length, ddl: this.ddl.length, objects: this.objects.length,
      locks: this.locks.length }
    return this.linked === null ? own : { ...own, linked: this.linked.savepoint() }
  }

  rollbackTo(savepoint: Savepoint): void {
    this.assertActive()
    this.linked?.rollbackTo(savepoint.linked)
    const releases = this.linked !== null || this.writeSet.length > savepoint.writes
      || this.ddl.length > savepoint.ddl
      || this.objects.length > savepoint.objects || this.locks.length > savepoint.locks
    this.writeSet.rollbackTo(savepoint.writes)
    releaseTo(this.engine, this, savepoint)
    if (releases) this.root.engine.locks.waits.gaveUp(this.root)
  }

  /** Makes the writes durable (per `synchronous`) and visible. */
  commit(): void {
    this.assertActive()
    if (this.linked !== null) this.validate()
    this.linked?.commit()
    this.engine.commit(this)
    this.finish('committed')
  }

  /** Makes the writes visible now; resolves when they are durable, sharing one sync with others in flight. */
  commitSoon(): Promise<void> {
    this.assertActive()
    if (this.linked !== null) this.validate()
    const far = this.linked?.commitSoon()
    const durable = this.engine.commitSoon(this)
    this.finish('committed')
    return far === undefined ? durable : Promise.all([far, durable]).then(() => undefined)
  }

  rollback(): void {
    if (this.state !== 'active') return
    // A poisoned engine may have applied half of the writes; nothing reads them any more.
    if (this.linked !== null) for (const txn of this.linked.all()) txn.rollback()
    if (this.engine.isUsable) this.writeSet.rollbackTo(0)
    this.finish('aborted')
  }

  /** 40001 when what a SERIALIZABLE transaction read has changed since its snapshot. */
  validate(): void {
    this.view.validate()
  }

  /** The engine closes the snapshot before it applies the writes, so that it does not keep old versions alive. */
  closeSnapshot(): void {
    this.view.close()
  }

  private finish(state: 'committed' | 'aborted'): void {
    this.state = state
    this.engine.active.remove(this)
    this.view.end()
    releaseAll(this.engine, this, state === 'aborted')
    this.engine.locks.ended(this)
  }
}
