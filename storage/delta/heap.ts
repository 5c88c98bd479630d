// The heap: durable home of the delta's committed row versions, as tuples in slotted pages of the pool.
// Keeps the free-space map of each table (page lists in 16 buckets of 4 KiB, the bucket also stored in
// the page map, so it survives restart) and moves long tuples to overflow chains.
//
//   tuple     commitId f64 | flags u8 | body          flags: 1 = tombstone, 2 = body in overflow pages
//   overflow  stub body: total length u32, first page u32
//   overflow page: magic "OVFL" u32 | next page id u32 (0 = last) | bytes u32 | table id u32 | bytes…
import { assert } from '../../src/base/assert.ts'
import { corruption } from '../../src/base/errors.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { PAGE_KIND } from '../page/page-store.ts'
import type { PageStore } from '../page/page-store.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { BUCKET_BYTES, FreeSpaceMap } from './free-space-map.ts'
import {
  HEAP_TUPLE_MAX, addHeapTuple, checkHeapPage, heapFreeBytes, heapSlotCount, heapTableId, heapTupleLength,
  heapTupleOffset, initHeapPage, isHeapPageEmpty, removeHeapTuple,
} from './heap-page.ts'

// Up to here a loop is cheaper than a view and a native copy.
const COPIED_BY_BYTE = 32
const TUPLE_HEADER_BYTES = 9
const FLAG_TOMBSTONE = 1
const FLAG_OVERFLOW = 2
/** An overflow stub: total length, first page. */
const STUB_BYTES = 8
const OVERFLOW_MAGIC = 0x4c46564f
const OVERFLOW_HEADER_BYTES = 16
const OVERFLOW_PAYLOAD_BYTES = FRAME_SIZE - OVERFLOW_HEADER_BYTES

/** A decoded tuple header and its body; the body is a view into a frame (or a copy, when it overflowed). */
export interface Tuple {
  commitId: number
  isTombstone: boolean
  body: Uint8Array
}

/** Where a tuple is. */
export interface TupleAddress {
  page: number
  slot: number
}

function copyBytes(source: Uint8Array, begin: number, end: number, target: Uint8Array, at: number): void {
  if (end - begin > COPIED_BY_BYTE) target.set(source.subarray(begin, end), at)
  else for (let i = begin; i < end; i++) target[at + i - begin] = source[i]!
}

/** All heap pages of a database. */
export class Heap {
  /** Address behind the body that `locate` found. */
  bodyEnd = 0
  private readonly memory: LinearMemory
  private readonly pool: BufferPool
  private readonly pages: PageStore
  private readonly file: string
  private readonly freeSpace = new Map<number, FreeSpaceMap>()

  constructor(memory: LinearMemory, pool: BufferPool, pages: PageStore, file: string) {
    this.memory = memory
    this.pool = pool
    this.pages = pages
    this.file = file
  }

  private freeSpaceOf(tableId: number): FreeSpaceMap {
    let map = this.freeSpace.get(tableId)
    if (map === undefined) this.freeSpace.set(tableId, map = new FreeSpaceMap())
    return map
  }

  private setBucket(tableId: number, page: number, base: number, before: number): void {
    const after = Math.max(0, Math.floor(heapFreeBytes(this.memory, base) / BUCKET_BYTES))
    if (after === before) return
    this.freeSpaceOf(tableId).move(page, before, after)
    this.pages.setFill(page, after)
  }

  /**
   * Stores a tuple whose body is bytes [begin, end) of `source`; long bodies go to an overflow chain.
   */
  insert(
    tableId: number, commitId: number, isTombstone: boolean, source: Uint8Array, begin = 0, end = source.length,
  ): TupleAddress {
    const isLong = end - begin + TUPLE_HEADER_BYTES > HEAP_TUPLE_MAX
    const first = isLong ? this.writeOverflow(tableId, source.subarray(begin, end)) : 0
    const length = TUPLE_HEADER_BYTES + (isLong ? STUB_BYTES : end - begin)
    let page = this.freeSpaceOf(tableId).find(length)
    let base: number
    let before: number
    if (page < 0) {
      page = this.pool.create(PAGE_KIND.HEAP)
      this.pool.beginChange(page)
      base = this.pool.frameOf[page]! * FRAME_SIZE
      initHeapPage(this.memory, base, page, tableId)
      before = -1
    } else {
      base = this.pool.fetch(page) * FRAME_SIZE
      this.pool.beginChange(page)
      before = Math.floor(heapFreeBytes(this.memory, base) / BUCKET_BYTES)
    }
    const slot = addHeapTuple(this.memory, base, length)
    const { view, u8 } = this.memory
    const at = base + heapTupleOffset(this.memory, base, slot)
    view.setFloat64(at, commitId, true)
    u8[at + 8] = (isTombstone ? FLAG_TOMBSTONE : 0) | (isLong ? FLAG_OVERFLOW : 0)
    if (isLong) {
      view.setUint32(at + TUPLE_HEADER_BYTES, end - begin, true)
      view.setUint32(at + TUPLE_HEADER_BYTES + 4, first, true)
    } else copyBytes(source, begin, end, u8, at + TUPLE_HEADER_BYTES)
    this.pool.markDirty(page)
    this.setBucket(tableId, page, base, before)
    return { page, slot }
  }

  // Written last page first, so that each page knows its successor.
  private writeOverflow(tableId: number, body: Uint8Array): number {
    let next = 0
    const pageCount = Math.ceil(body.length / OVERFLOW_PAYLOAD_BYTES)
    for (let i = pageCount - 1; i >= 0; i--) {
      const begin = i * OVERFLOW_PAYLOAD_BYTES
      const part = body.subarray(begin, begin + OVERFLOW_PAYLOAD_BYTES)
      const page = this.pool.create(PAGE_KIND.OVERFLOW)
      this.pool.beginChange(page)
      const base = this.pool.frameOf[page]! * FRAME_SIZE
      const { view } = this.memory
      view.setUint32(base, OVERFLOW_MAGIC, true)
      view.setUint32(base + 4, next, true)
      view.setUint32(base + 8, part.length, true)
      view.setUint32(base + 12, tableId, true)
      this.memory.u8.set(part, base + OVERFLOW_HEADER_BYTES)
      this.pool.markDirty(page)
      next = page
    }
    return next
  }

  /** Reads a tuple. The body is valid until the next use of the pool. */
  read(page: number, slot: number): Tuple {
    const base = this.pool.fetch(page) * FRAME_SIZE
    const offset = heapTupleOffset(this.memory, base, slot)
    const length = heapTupleLength(this.memory, base, slot)
    assert(offset !== 0 && length >= TUPLE_HEADER_BYTES, 'heap slot holds no tuple')
    const at = base + offset
    const flags = this.memory.u8[at + 8]!
    const commitId = this.memory.view.getFloat64(at, true)
    const body = (flags & FLAG_OVERFLOW) === 0
      ? this.memory.u8.subarray(at + TUPLE_HEADER_BYTES, at + length)
      : this.readOverflow(this.memory.view.getUint32(at + 9, true), this.memory.view.getUint32(at + 13, true))
    return { commitId, isTombstone: (flags & FLAG_TOMBSTONE) !== 0, body }
  }

  /** Address of a tuple's body, -1 when it is not in one piece; ends at `bodyEnd`. Valid as long as `read`'s. */
  locate(page: number, slot: number): number {
    const base = this.pool.fetch(page) * FRAME_SIZE
    const at = base + heapTupleOffset(this.memory, base, slot)
    this.bodyEnd = at + heapTupleLength(this.memory, base, slot)
    const isWhole = at !== base && (this.memory.u8[at + 8]! & FLAG_OVERFLOW) === 0
    return isWhole ? at + TUPLE_HEADER_BYTES : -1
  }

  private readOverflow(length: number, firstPage: number): Uint8Array {
    if (length > this.pages.pageCount * OVERFLOW_PAYLOAD_BYTES) {
      throw corruption(`a value of ${length} bytes is longer than its file`, { file: this.file, page: firstPage })
    }
    const body = new Uint8Array(length)
    let at = 0
    for (let page = firstPage; at < length;) {
      const base = this.overflowBase(page)
      const bytes = this.memory.view.getUint32(base + 8, true)
      // A page without bytes could close a ring.
      if (bytes === 0 || bytes > OVERFLOW_PAYLOAD_BYTES || at + bytes > length) {
        throw corruption('overflow chain does not fit its value', { file: this.file, page })
      }
      body.set(this.memory.u8.subarray(base + OVERFLOW_HEADER_BYTES, base + OVERFLOW_HEADER_BYTES + bytes), at)
      at += bytes
      page = this.memory.view.getUint32(base + 4, true)
    }
    return body
  }

  private overflowBase(page: number): number {
    if (page === 0) throw corruption('overflow chain ends before its value', { file: this.file })
    const base = this.pool.fetch(page) * FRAME_SIZE
    if (this.memory.view.getUint32(base, true) !== OVERFLOW_MAGIC) {
      throw corruption('not an overflow page', { file: this.file, page })
    }
    return base
  }

  /** Frees a tuple and its overflow pages; an empty heap page is given back. */
  remove(tableId: number, page: number, slot: number): void {
    this.removeAll(tableId, page, [slot])
  }

  /** The same for several tuples of one page. */
  removeAll(tableId: number, page: number, slots: readonly number[]): void {
    const base = this.pool.pin(page) * FRAME_SIZE
    for (const slot of slots) {
      const at = base + heapTupleOffset(this.memory, base, slot)
      if ((this.memory.u8[at + 8]! & FLAG_OVERFLOW) !== 0) this.freeOverflow(this.memory.view.getUint32(at + 13, true))
    }
    const before = Math.max(0, Math.floor(heapFreeBytes(this.memory, base) / BUCKET_BYTES))
    this.pool.beginChange(page)
    for (const slot of slots) removeHeapTuple(this.memory, base, slot)
    this.pool.markDirty(page)
    this.pool.unpin(page)
    if (isHeapPageEmpty(this.memory, base)) {
      this.freeSpaceOf(tableId).move(page, before, -1)
      this.pool.discard(page, 1)
      this.pages.freePages(page, 1)
    } else this.setBucket(tableId, page, base, before)
  }

  private freeOverflow(firstPage: number): void {
    for (let page = firstPage; page !== 0;) {
      const next = this.memory.view.getUint32(this.overflowBase(page) + 4, true)
      this.pool.discard(page, 1)
      this.pages.freePages(page, 1)
      page = next
    }
  }

  /** Visits every tuple of every heap page (open and verify); rebuilds the free-space maps. */
  scan(visit: (tableId: number, page: number, slot: number, tuple: Tuple) => void): void {
    this.freeSpace.clear()
    for (const page of [...this.pages.pagesOfKind(PAGE_KIND.HEAP)]) {
      const base = this.pool.pin(page) * FRAME_SIZE
      const problem = checkHeapPage(this.memory, base, page)
      if (problem !== null) throw corruption(`heap page ${page}: ${problem}`, { file: this.file, page })
      const tableId = heapTableId(this.memory, base)
      const slots = heapSlotCount(this.memory, base)
      for (let slot = 0; slot < slots; slot++) {
        if (heapTupleOffset(this.memory, base, slot) === 0) continue
        this.checkTuple(page, base, slot)
        visit(tableId, page, slot, this.read(page, slot))
      }
      const bucket = Math.max(0, Math.floor(heapFreeBytes(this.memory, base) / BUCKET_BYTES))
      this.freeSpaceOf(tableId).move(page, -1, bucket)
      this.pool.unpin(page)
    }
  }

  private checkTuple(page: number, base: number, slot: number): void {
    const length = heapTupleLength(this.memory, base, slot)
    const flags = base + heapTupleOffset(this.memory, base, slot) + 8
    const isStub = (this.memory.u8[flags]! & FLAG_OVERFLOW) !== 0
    if (length < TUPLE_HEADER_BYTES || (isStub && length !== TUPLE_HEADER_BYTES + STUB_BYTES)) {
      throw corruption(`heap page ${page}: slot ${slot} holds no tuple`, { file: this.file, page })
    }
  }

  /** Forgets a dropped table's free-space map; its pages are freed tuple by tuple before. */
  forget(tableId: number): void {
    this.freeSpace.delete(tableId)
  }
}
