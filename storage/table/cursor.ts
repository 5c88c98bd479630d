// Cursor over slices of row groups and delta blocks: turns each slice into windows of up to BATCH_ROWS rows
// whose columns point into pool frames (pinned while the window lives), or into scratch where pinning would
// take too much of a small pool. Bitmaps, dictionaries and text views are copied to scratch: they are small
// against the values, and their bytes may cross pages.
import { assert } from '../../src/base/assert.ts'
import type { CursorCounters, ScanOptions, TableCursor } from '../access.ts'
import { BATCH_ROWS } from '../column-buffers.ts'
import type { ColumnBuffers, ScanBatch } from '../column-buffers.ts'
import { ColumnLoader } from '../row-group/column-loader.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { DeltaView } from '../delta/delta-image-cache.ts'
import { GroupQueue } from './group-queue.ts'
import { orderedSlices } from './ordered-slices.ts'
import { groupSlices, toInterval, unorderedSlices } from './scan-plan.ts'
import type { Slice } from './scan-plan.ts'
import type { TableStore, Visibility } from './table-store.ts'

/** Scans one table at one snapshot. */
export class StoreCursor implements TableCursor {
  readonly counters: CursorCounters = { groupsTotal: 0, groupsSkipped: 0, baseRows: 0, deltaRows: 0 }
  private readonly table: TableStore
  private readonly visibility: Visibility
  private readonly loaders: ColumnLoader[]
  private readonly views: DeltaView[]
  private readonly slices: Iterator<Slice, void>
  private slice: Slice | null
  private readonly descending: boolean
  private readonly queue: GroupQueue | null
  private readonly batch: ScanBatch
  private readonly aliveAddress: number
  private readonly alive: Uint8Array
  /** Rows of the current slice already delivered (counted from its scan end). */
  private at = 0
  private isOpen = true
  private readonly onClose: () => void

  constructor(table: TableStore, visibility: Visibility, options: ScanOptions, onClose: () => void) {
    this.table = table
    this.visibility = visibility
    this.onClose = onClose
    this.descending = options.order === 'descending'
    const interval = toInterval(table, options.range)
    const root = table.rootAt(visibility.rootNumber)
    this.views = table.images.acquire(table, visibility)
    const stored = [root.base, ...root.runs].map((directory) =>
      groupSlices(table, directory, interval, options.zones, this.counters))
    this.slices = options.order === 'none' ? unorderedSlices(table, stored, this.views, interval)[Symbol.iterator]()
      : orderedSlices(table, stored, this.views, interval, !this.descending)
    const { memory, pool, ahead } = table.services.reader
    this.queue = ahead === null ? null : new GroupQueue(table, ahead, this.groupsOf(stored[0]!), options.columns)
    this.slice = this.enter(this.slices.next().value)
    // Pinning one frame per column must leave the pool room to work.
    const mayPin = pool.capacity >= 4 * options.columns.length + 16
    this.loaders = options.columns.map((column) => new ColumnLoader(table, column, options.arena, mayPin))
    this.aliveAddress = options.arena.allocate(BATCH_ROWS / 8 + 64)
    this.alive = memory.u8.subarray(this.aliveAddress, this.aliveAddress + BATCH_ROWS / 8 + 64)
    const columns: ColumnBuffers[] = this.loaders.map((loader) => loader.buffers)
    this.batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns, isDelta: false }
  }

  next(): ScanBatch | null {
    assert(this.isOpen, 'cursor is closed')
    for (;;) {
      const { slice } = this
      if (slice === null) return null
      if (slice.begin + this.at >= slice.end) {
        this.slice = this.enter(this.slices.next().value)
        this.at = 0
        continue
      }
      if (this.loadWindow(slice)) return this.batch
    }
  }

  private groupsOf(slices: readonly Slice[]): RowGroup[] {
    const groups = slices.map((slice) => slice.group!)
    return this.descending ? groups.reverse() : groups
  }

  // A slice that is about to be read; null at the end.
  private enter(slice: Slice | void): Slice | null {
    if (slice === undefined) return null
    if (slice.group !== null) this.queue?.enter(slice.group)
    return slice
  }

  // Prepares the next window of a slice; false when all its rows are dead.
  private loadWindow(slice: Slice): boolean {
    let begin: number
    let end: number
    if (this.descending) {
      end = slice.end - this.at
      begin = Math.max(slice.begin, Math.floor((end - 1) / BATCH_ROWS) * BATCH_ROWS)
    } else {
      begin = slice.begin + this.at
      end = Math.min(slice.end, (Math.floor(begin / BATCH_ROWS) + 1) * BATCH_ROWS)
    }
    this.at += end - begin
    const windowBegin = begin - (begin & 63)
    const { batch } = this
    batch.windowRows = end - windowBegin
    batch.begin = begin - windowBegin
    batch.end = end - windowBegin
    batch.alivePtr = 0
    batch.isDelta = slice.block !== null
    if (slice.group !== null) {
      const dead = slice.group.dead.writeAlive(
        this.alive, windowBegin, end, this.visibility.commitId, this.visibility.ownMark)
      if (dead > 0) batch.alivePtr = this.aliveAddress
      if (dead === end - windowBegin) return false
      this.counters.baseRows += end - begin
      const meta = this.table.metaOf(slice.group)
      for (const loader of this.loaders) loader.loadBase(slice.group, meta, windowBegin, batch.windowRows)
    } else {
      const dead = this.writeBlockAlive(slice, windowBegin, end)
      if (dead > 0) batch.alivePtr = this.aliveAddress
      if (dead === end - windowBegin) return false
      this.counters.deltaRows += end - begin
      for (const loader of this.loaders) loader.loadBlock(slice.block!, windowBegin, batch.windowRows)
    }
    return true
  }

  // Alive bits of delta rows [begin, end) of a slice; the number of dead ones.
  private writeBlockAlive(slice: Slice, begin: number, end: number): number {
    if (slice.dead === null) return 0
    const bytes = (end - begin + 7) >> 3
    const from = (slice.deadBase + begin) >> 3
    let dead = 0
    for (let i = 0; i < bytes; i++) {
      let bits = slice.dead[from + i]!
      if (i === bytes - 1 && ((end - begin) & 7) !== 0) bits &= (1 << ((end - begin) & 7)) - 1
      this.alive[i] = ~bits
      for (; bits !== 0; bits &= bits - 1) dead++
    }
    return dead
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    for (const loader of this.loaders) loader.close()
    for (const view of this.views) view.image.release()
    this.onClose()
  }
}
