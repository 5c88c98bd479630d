// Buffer pool: pages of the store in frames of linear memory. `frameOf` answers "is this page here" with
// one array read, which the point-read path does itself; everything else goes through fetch and pin.
//
// The frame table, 16 bytes per frame in linear memory, is shared with worker threads: frame-latch.ts (P5, P6).
//
// Invariants
//   P1 frameOf[p] = f exactly when the frame table says frame f holds page p
//   P2 a frame with pins > 0 is neither evicted nor moved
//   P3 a dirty frame is written (to fresh blocks) before its frame is reused; that is safe at any time,
//      because nothing written is reachable from disk before the next checkpoint (F1)
//   P4 frames held + runs of the memory never exceed the memory
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { PageStore } from '../page/page-store.ts'
import { EvictionPolicy } from './eviction.ts'
import { FRAME_ENTRY_WORDS, FRAME_WORD, FrameLatch } from './frame-latch.ts'

const ENTRY_WORDS = FRAME_ENTRY_WORDS
const { PAGE, DIRTY } = FRAME_WORD

/** Counters since open and the pool's present shape. */
export interface PoolStats {
  frames: number
  capacity: number
  hits: number
  misses: number
  evictions: number
  dirty: number
  pinned: number
}

/** Frames over one page store. */
export class BufferPool {
  /** Frame by page id, -1 when not in memory. Replaced when ids grow: read the property on every use. */
  frameOf: Int32Array
  /** One byte per frame: set it when a page is used without fetch. */
  readonly referenced: Uint8Array
  /** Pages that have left their frame since open: addresses of frames hold while it stands still. */
  departures = 0
  private readonly memory: LinearMemory
  private readonly pages: PageStore
  private readonly policy: EvictionPolicy
  /** Frames it may hold. */
  readonly capacity: number
  private readonly table: Int32Array
  private readonly latch: FrameLatch
  private readonly tableRun: { address: number; frames: number }
  // Kind of pages created here and not written yet, by page id.
  private readonly newKinds = new Map<number, number>()
  private readonly dirtyPages = new Set<number>()
  // Frames without a page that a worker has pinned.
  private abandoned: number[] = []
  private frames = 0
  private hits = 0
  private misses = 0
  private evictions = 0
  private readonly isPinned: (frame: number) => boolean
  private readonly pageOf: (frame: number) => number

  /** `maxFrames` defaults to three quarters of the memory; the rest is always left to query scratch. */
  constructor(memory: LinearMemory, pages: PageStore, options: { maxFrames?: number } = {}) {
    this.memory = memory
    this.pages = pages
    this.capacity = Math.max(4, options.maxFrames ?? Math.floor(memory.frameCount * 0.75))
    const tableBytes = memory.frameCount * ENTRY_WORDS * 4
    const runFrames = Math.ceil((tableBytes + memory.frameCount) / FRAME_SIZE)
    this.tableRun = { address: memory.allocateRun(runFrames), frames: runFrames }
    const first = this.tableRun.address
    this.table = memory.i32.subarray(first / 4, (first + tableBytes) / 4)
    for (let i = 0; i < this.table.length; i++) this.table[i] = i % ENTRY_WORDS === PAGE ? -1 : 0
    this.referenced = memory.u8.subarray(first + tableBytes, first + tableBytes + memory.frameCount)
    this.policy = new EvictionPolicy(memory.frameCount, this.referenced)
    this.frameOf = new Int32Array(1024).fill(-1)
    this.latch = new FrameLatch(this.table)
    this.isPinned = (frame) => this.latch.isPinned(frame)
    this.pageOf = (frame) => this.table[frame * ENTRY_WORDS + PAGE]!
    memory.onPressure = (wanted) => this.makeRoom(wanted)
  }

  /** Where the frame table is, for worker threads (frame-latch.ts). */
  get tableAddress(): number {
    return this.tableRun.address
  }

  /** Gives all frames back without writing; the pool cannot be used afterwards. */
  close(): void {
    for (let frame = 0; frame < this.memory.frameCount; frame++) {
      if (this.pageOf(frame) >= 0) this.memory.releaseFrame(frame)
    }
    for (const frame of this.abandoned) this.memory.releaseFrame(frame)
    this.memory.releaseRun(this.tableRun.address, this.tableRun.frames)
    this.memory.onPressure = null
  }

  /**
   * Frame of a page, loaded when it is not in memory. Not pinned: it stays valid until the next fetch, pin
   * or create of any page, or the next allocation of scratch. Damage is XX001, no free frame 53200.
   */
  fetch(pageId: number): number {
    const frame = pageId < this.frameOf.length ? this.frameOf[pageId]! : -1
    if (frame >= 0) {
      this.hits++
      this.referenced[frame] = 1
      return frame
    }
    return this.load(pageId)
  }

  /** Reports hits of a path that read `frameOf` itself. */
  noteHits(count: number): void {
    this.hits += count
  }

  /**
   * Frame of a page that stays in place until unpin. A pin is not a reference: scans pin, and what is
   * only scanned must not displace what is looked up.
   */
  pin(pageId: number): number {
    let frame = pageId < this.frameOf.length ? this.frameOf[pageId]! : -1
    if (frame >= 0) this.hits++
    else frame = this.load(pageId)
    this.latch.pin(frame)
    return frame
  }

  unpin(pageId: number): void {
    const frame = this.frameOf[pageId]!
    assert(frame >= 0, 'unpinned page is in memory')
    assert(this.latch.unpin(frame) > 0, 'unpinned page was pinned')
  }

  /** Makes a page with a new id in a zeroed, dirty frame (not pinned). */
  create(kind: number): number {
    const frame = this.takeFrame()
    let pageId: number
    try {
      pageId = this.pages.allocatePageIds(1)
    } catch (error) {
      this.giveUp(frame)
      throw error
    }
    this.memory.u8.fill(0, frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE)
    this.newKinds.set(pageId, kind)
    this.install(frame, pageId)
    this.markDirty(pageId)
    return pageId
  }

  /** The page's bytes are about to change; markDirty ends it. Workers that read it meanwhile read again. */
  beginChange(pageId: number): void {
    const frame = this.frameOf[pageId]!
    assert(frame >= 0 && !this.latch.isChanging(frame), 'a page is changed by one at a time')
    this.latch.beginChange(frame)
  }

  /** The page's bytes changed. It is written with `byteLength` bytes, by default the whole frame. */
  markDirty(pageId: number, byteLength: number = FRAME_SIZE): void {
    const frame = this.frameOf[pageId]!
    assert(frame >= 0, 'changed page is in memory')
    const at = frame * ENTRY_WORDS + DIRTY
    const known = this.table[at]!
    if (known === 0) this.dirtyPages.add(pageId)
    if (known < byteLength) this.table[at] = byteLength
    if (this.latch.isChanging(frame)) this.latch.endChange(frame)
  }

  /** Drops the frames of freed pages; what was changed in them is not written. */
  discard(firstId: number, count: number): void {
    for (let id = firstId; id < firstId + count; id++) {
      this.newKinds.delete(id)
      const frame = id < this.frameOf.length ? this.frameOf[id]! : -1
      if (frame < 0) continue
      this.drop(frame)
    }
  }

  // A worker may be reading what is dropped: then its frame stays as it is, without a page, until the pin is gone.
  private drop(frame: number): void {
    this.policy.forget(frame)
    this.latch.beginChange(frame)
    this.removePage(frame)
    this.latch.endChange(frame)
    if (this.isPinned(frame)) this.abandoned.push(frame)
    else this.releaseFrame(frame)
  }

  // Nobody can pin an abandoned frame any more: it holds no page (P6).
  private reclaimAbandoned(): void {
    this.abandoned = this.abandoned.filter((frame) => {
      if (this.isPinned(frame)) return true
      this.releaseFrame(frame)
      return false
    })
  }

  /** Drops every frame: the pages behind them are of another root from here on. */
  discardAll(): void {
    this.discard(0, this.frameOf.length)
  }

  /** Writes all dirty pages, in the order of their ids. They stay in memory, clean. */
  flushDirty(): void {
    for (const pageId of [...this.dirtyPages].sort((a, b) => a - b)) this.writeBack(this.frameOf[pageId]!)
  }

  /** Changed pages that are not written. */
  get dirtyCount(): number {
    return this.dirtyPages.size
  }

  /** Writes up to `count` dirty pages, those first that were changed first. */
  flushSome(count: number): void {
    let left = count
    for (const pageId of this.dirtyPages) {
      if (left-- === 0) return
      this.writeBack(this.frameOf[pageId]!)
    }
  }

  get stats(): PoolStats {
    let pinned = 0
    for (let frame = 0; frame < this.memory.frameCount; frame++) if (this.isPinned(frame)) pinned++
    const { frames, capacity, hits, misses, evictions } = this
    return { frames, capacity, hits, misses, evictions, dirty: this.dirtyPages.size, pinned }
  }

  private load(pageId: number): number {
    this.misses++
    const frame = this.takeFrame()
    try {
      this.pages.readPage(pageId, frame * FRAME_SIZE)
    } catch (error) {
      this.giveUp(frame)
      throw error
    }
    this.install(frame, pageId)
    return frame
  }

  // The frame is being changed since takeFrame; from here on it holds the page.
  private install(frame: number, pageId: number): void {
    if (pageId >= this.frameOf.length) {
      const grown = new Int32Array(Math.max(pageId + 1, this.pages.pageCount, this.frameOf.length * 2)).fill(-1)
      grown.set(this.frameOf)
      this.frameOf = grown
    }
    assert(this.frameOf[pageId] === -1, 'a page is in one frame')
    Atomics.store(this.table, frame * ENTRY_WORDS + PAGE, pageId)
    this.table[frame * ENTRY_WORDS + DIRTY] = 0
    this.latch.endChange(frame)
    this.frameOf[pageId] = frame
    this.policy.admit(frame, pageId)
  }

  // A frame in no queue that holds no page, being changed: free memory while under the cap, else a victim's.
  private takeFrame(): number {
    if (this.abandoned.length > 0) this.reclaimAbandoned()
    if (this.frames < this.capacity) {
      const free = this.memory.allocateFrame()
      if (free >= 0) {
        this.frames++
        this.latch.beginChange(free)
        return free
      }
    }
    for (;;) {
      const frame = this.policy.victim(this.isPinned, this.pageOf)
      if (frame < 0) {
        const text = `all ${this.frames} frames of the buffer pool are pinned`
        throw new DatabaseError(CODE.OUT_OF_MEMORY, text, { hint: 'Open with a larger `memory` option.' })
      }
      if (this.evict(frame)) return frame
    }
  }

  // The policy has let go of the frame, which is being changed afterwards. When writing it back fails, or a worker has
  // just pinned it (false), the page stays in memory.
  private evict(frame: number): boolean {
    try {
      this.writeBack(frame)
    } catch (error) {
      this.policy.admit(frame, this.pageOf(frame))
      throw error
    }
    if (!this.latch.tryTake(frame)) {
      this.policy.admit(frame, this.pageOf(frame))
      return false
    }
    this.removePage(frame)
    this.evictions++
    return true
  }

  private writeBack(frame: number): void {
    const entry = frame * ENTRY_WORDS
    const byteLength = this.table[entry + DIRTY]!
    if (byteLength === 0) return
    const pageId = this.table[entry + PAGE]!
    const kind = this.newKinds.get(pageId) ?? this.pages.kindOf(pageId)
    this.pages.writePage(pageId, kind, frame * FRAME_SIZE, byteLength)
    this.newKinds.delete(pageId)
    this.dirtyPages.delete(pageId)
    this.table[entry + DIRTY] = 0
  }

  private removePage(frame: number): void {
    const entry = frame * ENTRY_WORDS
    const pageId = this.table[entry + PAGE]!
    this.dirtyPages.delete(pageId)
    this.frameOf[pageId] = -1
    this.departures++
    Atomics.store(this.table, entry + PAGE, -1)
    this.table[entry + DIRTY] = 0
  }

  private giveUp(frame: number): void {
    this.latch.endChange(frame)
    this.releaseFrame(frame)
  }

  private releaseFrame(frame: number): void {
    this.memory.releaseFrame(frame)
    this.frames--
  }

  // Frees the window of `wanted` contiguous frames that costs the fewest evictions, highest first.
  private makeRoom(wanted: number): boolean {
    const first = this.cheapestWindow(wanted)
    if (first < 0) return false
    for (let frame = first; frame < first + wanted; frame++) {
      if (this.pageOf(frame) < 0) continue
      this.policy.forget(frame)
      if (!this.evict(frame)) return true
      this.giveUp(frame)
    }
    return true
  }

  private cheapestWindow(wanted: number): number {
    let best = -1
    let bestCost = wanted + 1
    let cost = 0
    let begin = this.memory.frameCount
    let end = begin
    while (begin > 0 && bestCost > 1) {
      begin--
      const isOurs = this.pageOf(begin) >= 0
      if (!this.memory.isFree(begin) && (!isOurs || this.isPinned(begin))) {
        end = begin
        cost = 0
        continue
      }
      if (isOurs) cost++
      if (end - begin > wanted) {
        end--
        if (this.pageOf(end) >= 0) cost--
      }
      if (end - begin === wanted && cost < bestCost) {
        best = begin
        bestCost = cost
      }
    }
    return best
  }
}
