// What one transaction has written: versions pushed into deltas, in order, so that they can be logged and
// committed, or taken back to a savepoint. Keys besides version numbers, because a compaction renumbers those.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Row } from '../../src/base/types.ts'
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import { LockConflict } from './lock-conflict.ts'
import type { LockManager } from './lock-manager.ts'
import type { Transaction } from './transaction.ts'
import type { KeyValue } from '../table/key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { Place, TableStore, Visibility } from '../table/table-store.ts'

/** Where a key stands now: its delta entry (-1 = none), and without one its row in the newest root. */
export interface KeyState {
  /** The key has a row that the transaction would meet: the newest committed one, or its own. */
  readonly exists: boolean
  readonly entry: number
  readonly place: Place | null
}

/** A table that was written to, and the generation of its delta when that began. */
interface Touched {
  readonly table: TableStore
  readonly generation: number
}

/** Writes of one transaction, oldest first. */
export class WriteSet {
  readonly mark: number
  /** Table, key and version of each write. Version numbers hold unless `isRenumbered`. */
  tables: TableStore[] = []
  keys: KeyValue[] = []
  versions: number[] = []
  private touched: Touched[] = []
  private readonly locks: LockManager

  /** `locks` knows the transactions behind other marks. */
  constructor(mark: number, locks: LockManager) {
    this.mark = mark
    this.locks = locks
  }

  get length(): number {
    return this.keys.length
  }

  /** True when the delta of a table has been compacted since it was first written to. */
  isRenumbered(): boolean {
    for (const { table, generation } of this.touched) if (table.delta.generation !== generation) return true
    return false
  }

  /** A table that was written to and dropped by another transaction since, or null. */
  droppedTable(): TableStore | null {
    for (const { table } of this.touched) if (table.isDropped && this.tables.includes(table)) return table
    return null
  }

  /**
   * Looks a key up as a writer: against the newest committed state and the transaction's own writes. Another
   * transaction's uncommitted version is 55P03; a version committed after `snapshot` is 40001 (null = whatever is
   * committed may be written over). What it returns holds until the table is written to or merged.
   */
  look(table: TableStore, key: KeyValue, now: Visibility, snapshot: Visibility | null): KeyState {
    const { delta } = table
    const entry = delta.find(key)
    const head = entry < 0 ? -1 : delta.headOf(entry)
    if (head >= 0) {
      const begin = delta.versions.begin(head)
      if (begin >= UNCOMMITTED && begin !== this.mark) {
        const writers = (): Transaction[] => this.writersOf(table, key)
        throw new LockConflict(describeRow(table, key), 'being changed', writers(), writers)
      }
      if (snapshot !== null && begin < UNCOMMITTED && begin > snapshot.commitId) failSerialization(table, key)
    }
    if (snapshot !== null && snapshot.rootNumber < table.root.number && !this.isOwn(table, entry)) {
      checkRewritten(table, key, now, snapshot)
    }
    if (entry < 0) {
      const place = table.locate(table.root, key)
      return { exists: place !== null, entry, place }
    }
    const version = delta.visible(entry, now.commitId, this.mark, now.rootNumber)
    const exists = version >= 0 ? !delta.versions.isTombstone(version) : delta.baseGroup[entry] !== null
    return { exists, entry, place: null }
  }

  // The other transaction whose uncommitted version the key has, if any.
  private writersOf(table: TableStore, key: KeyValue): Transaction[] {
    const entry = table.delta.find(key)
    const head = entry < 0 ? -1 : table.delta.headOf(entry)
    const begin = head < 0 ? 0 : table.delta.versions.begin(head)
    const holder = begin < UNCOMMITTED || begin === this.mark ? null : this.locks.holderOf(begin)
    return holder === null ? [] : [holder]
  }

  private isOwn(table: TableStore, entry: number): boolean {
    const head = entry < 0 ? -1 : table.delta.headOf(entry)
    return head >= 0 && table.delta.versions.begin(head) === this.mark
  }

  /**
   * Adds a version of the key: a row, or a tombstone that remembers the key's column values. `snapshot` is what
   * the writer reads: when a merge has replaced that root, the key's row there is marked too. `known` is what look()
   * has said of the key, null = not asked, or written since.
   */
  push(
    table: TableStore, key: KeyValue, row: Row, isTombstone: boolean, snapshot: Visibility | null,
    known: KeyState | null = null,
  ): void {
    const { delta } = table
    let entry = known === null ? delta.find(key) : known.entry
    if (entry < 0) {
      const place = known === null ? table.locate(table.root, key) : known.place
      entry = delta.addEntry(key, place?.group ?? null, place?.row ?? -1)
    }
    this.touch(table)
    this.note(table, key, delta.push(entry, this.mark, row, isTombstone))
    const group = delta.baseGroup[entry]!
    if (group !== null) group.dead.add(delta.baseRow[entry]!, this.mark)
    table.uncommittedWrites++
    const old = snapshot === null ? null : placeInOldRoot(table, key, snapshot)
    old?.group.dead.add(old.row, this.mark)
  }

  // Most transactions write one row: a list of one is a tenth of what the first push to an empty list allocates.
  private note(table: TableStore, key: KeyValue, version: number): void {
    if (this.keys.length === 0) {
      this.tables = [table]
      this.keys = [key]
      this.versions = [version]
      return
    }
    this.tables.push(table)
    this.keys.push(key)
    this.versions.push(version)
  }

  private touch(table: TableStore): void {
    const { touched } = this
    if (touched.length === 0) {
      this.touched = [{ table, generation: table.delta.generation }]
      return
    }
    for (let i = touched.length - 1; i >= 0; i--) if (touched[i]!.table === table) return
    touched.push({ table, generation: table.delta.generation })
  }

  // Merges since the write have left the mark in the groups they replaced, which old snapshots still read.
  private unmarkOldRoots(table: TableStore, key: KeyValue): void {
    for (const root of table.roots) {
      const place = table.locate(root, key)
      place?.group.dead.remove(place.row, this.mark)
    }
  }

  /** Takes back every write after the first `count`. */
  rollbackTo(count: number): void {
    while (this.keys.length > count) {
      const table = this.tables.pop()!
      const key = this.keys.pop()!
      this.versions.pop()
      const { delta } = table
      const entry = delta.find(key)
      assert(entry >= 0, 'a written key has an entry')
      delta.pop(entry)
      table.uncommittedWrites--
      const head = delta.headOf(entry)
      if (head < 0 || delta.versions.begin(head) !== this.mark) {
        delta.baseGroup[entry]?.dead.remove(delta.baseRow[entry]!, this.mark)
        if (table.roots.length > 1) this.unmarkOldRoots(table, key)
      }
    }
  }
}

function placeInOldRoot(
  table: TableStore, key: KeyValue, snapshot: Visibility,
): { group: RowGroup; row: number } | null {
  if (snapshot.rootNumber >= table.root.number) return null
  const root = table.rootAt(snapshot.rootNumber)
  return root === table.root ? null : table.locate(root, key)
}

// The row that the snapshot's replaced root has for the key was changed by a commit the snapshot does not see.
function isSupersededSince(table: TableStore, key: KeyValue, snapshot: Visibility): boolean {
  const place = placeInOldRoot(table, key, snapshot)
  if (place === null) return false
  const since = place.group.dead.since(place.row)
  return since > snapshot.commitId && since < UNCOMMITTED
}

// The snapshot's root was replaced since: the key may have been changed and merged. Equal answers under both
// roots mean nobody changed it in a way that matters.
function checkRewritten(table: TableStore, key: KeyValue, now: Visibility, snapshot: Visibility): void {
  if (isSupersededSince(table, key, snapshot)) failSerialization(table, key)
  const before = table.findRow(key, snapshot)
  const after = table.findRow(key, now)
  if (before === null && after === null) return
  if (before === null || after === null || !sameRow(before, after)) failSerialization(table, key)
}

/** Equality of rows, value by value. */
export function sameRow(a: Row, b: Row): boolean {
  return a.every((value, i) => {
    const other = b[i]!
    if (value instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(value, other) === 0
    return Object.is(value, other)
  })
}

function failSerialization(table: TableStore, key: KeyValue): never {
  throw new DatabaseError(CODE.SERIALIZATION,
    `${describeRow(table, key)} was changed after this transaction began`)
}

/** A row for a message. */
export function describeRow(table: TableStore, key: KeyValue): string {
  return `row ${describeKey(table, key)} of table "${table.schema.name}"`
}

/** 23505 for a primary key that has a row. */
export function failDuplicate(table: TableStore, key: KeyValue): never {
  throw new DatabaseError(CODE.UNIQUE,
    `duplicate key in table "${table.schema.name}": ${describeKey(table, key)} already exists`)
}

/** Key for a message. */
export function describeKey(table: TableStore, key: KeyValue): string {
  const names = table.schema.key.map((c) => table.schema.columns[c]!.name).join(', ')
  const value = table.order.mode === 'binary' ? Buffer.from(key as string, 'latin1').toString('hex') : String(key)
  return `(${names}) = (${value})`
}
