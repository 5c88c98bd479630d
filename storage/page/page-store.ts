// Shadow-paged store of logical pages in one file: every write goes to free blocks, and the page map says
// where each page is now. Nothing is durable or reachable from disk before checkpoint().
//
//   block 0, 1    meta slots (meta-slot.ts)
//   block 2 ...   pages, map pages and the map root, wherever there was room
//
// Page ids start at 1 and are stable over a page's life; 0 means "no page". A page is 1 to 16 consecutive
// blocks, padded with zeros to whole blocks; its checksum covers the padding. On disk a page may be a compressed
// image of fewer blocks (page-codec.ts): blocks and checksum of its entry are the image's.
//
// Invariants: F1-F3 of storage/README.md. A page written since the last checkpoint has the next epoch in its
// entry: no root refers to its blocks, so they are reusable at once when it is written again.
// Reference: R. A. Lorie, "Physical Integrity in a Large Segmented Database" (shadow paging), TODS 1977.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import { poisonedError } from '../file/file.ts'
import type { FileHandle } from '../file/file.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { DelayedSpace } from './delayed-space.ts'
import { FLAG, encodeMetaSlot } from './meta-slot.ts'
import type { Meta } from './meta-slot.ts'
import { emptyStore, loadStore, newestRootEpoch, overtakenError } from './page-load.ts'
import type { HeldRoot, LoadedStore, StoreOptions } from './page-load.ts'
import { PAGE_CODEC, decompressPage, packRun } from './page-codec.ts'
import type { PageCodec } from './page-codec.ts'
import { writeMap } from './map-writer.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BYTES, PageMap } from './page-map.ts'
import type { MapPagePointer } from './page-map.ts'
import type { StoreMeta, StoreRoot, StoreStats } from './store-root.ts'
import { verifyStore } from './page-verify.ts'
import type { StoreProblem, VerifyTotals } from './page-verify.ts'

/** What a page holds; 0 = the id is free. */
export const PAGE_KIND = { FREE: 0, BASE: 1, HEAP: 2, CATALOG: 3, MAP: 4, OVERFLOW: 5 } as const

// One write call of a bulk run covers at most this many pages (4 MiB).
const RUN_PAGES = 64
// The map root is one page of 16-byte pointers.
const MAX_PAGES = (MAX_PAGE_BYTES / ENTRY_BYTES) * ENTRIES_PER_MAP_PAGE
// The file shrinks only by at least this many blocks (16 MiB) and an eighth of itself.
const SHRINK_BLOCKS = 4096

/** Page map and block allocator over one file. */
export class PageStore {
  readonly file: FileHandle
  readonly memory: LinearMemory
  map: PageMap
  blocks: DelayedSpace
  isTailUnwanted = false // then checkpoints give up any free tail of the file, however small
  ids: DelayedSpace
  readonly isReadOnly: boolean
  private readonly scratch: number
  private pointers: MapPagePointer[]
  private current: Meta
  private olderLsn: number
  /** Number the next checkpoint will have. */
  nextEpoch: number
  /** Called when a new root is durable, before blocks of older roots become free: readers may hold them. */
  beforeRelease: () => void = () => {}
  private poisoned = false
  // Incompatible flags that the next root must have.
  private requiredFlags = 0
  // Compressed pages on their way to the file, made on first use.
  private images: Uint8Array | null = null
  private pagesRead = 0
  /** Since open, those written twice counted twice. */
  pagesWritten = 0
  private bytesWritten = 0
  private checkpoints = 0

  private constructor(
    place: { file: FileHandle; memory: LinearMemory; scratch: number }, loaded: LoadedStore, readOnly: boolean,
  ) {
    this.file = place.file
    this.memory = place.memory
    this.scratch = place.scratch
    this.isReadOnly = readOnly
    this.map = loaded.map
    this.blocks = loaded.blocks
    this.ids = loaded.ids
    this.pointers = loaded.pointers
    this.current = loaded.meta
    this.olderLsn = loaded.older?.redoLsn ?? loaded.meta.redoLsn
    // The next root goes to the slot that does not hold the current one.
    const next = loaded.newestEpoch + 1
    this.nextEpoch = (next & 1) === (loaded.meta.epoch & 1) ? next + 1 : next
  }

  /** Makes an empty store in an empty file and syncs it. The caller syncs the folder. */
  static create(
    file: FileHandle, memory: LinearMemory, options: { databaseId: Uint8Array; redoLsn: number },
  ): { store: PageStore; meta: StoreMeta } {
    const store = new PageStore({ file, memory, scratch: memory.allocateRun(1) }, emptyStore(options), false)
    file.truncate(0)
    file.write(0, new Uint8Array(2 * BLOCK_SIZE))
    store.checkpoint({ catalogPage: 0, redoLsn: options.redoLsn, commitId: 0 })
    return { store, meta: store.metaOf(null) }
  }

  /**
   * Opens the newest root. Not a database: 42809; a newer format: 0A000; damage: XX001. Reads the page map
   * only: about 16 bytes per page of the file.
   */
  static open(
    file: FileHandle, memory: LinearMemory, options: StoreOptions = {},
  ): { store: PageStore; meta: StoreMeta } {
    const scratch = memory.allocateRun(1)
    try {
      const loaded = loadStore(file, memory, scratch, options)
      const store = new PageStore({ file, memory, scratch }, loaded, options.readOnly ?? false)
      return { store, meta: store.metaOf(loaded.damage) }
    } catch (error) {
      memory.releaseRun(scratch, 1)
      throw error
    }
  }

  private metaOf(damage: string | null): StoreMeta {
    const { epoch, catalogPage, redoLsn, commitId, extra, databaseId } = this.current
    return { epoch, catalogPage, redoLsn, commitId, extra, databaseId, damage }
  }

  /** Gives the scratch frame back. The file stays open: it belongs to the caller. */
  close(): void {
    this.memory.releaseRun(this.scratch, 1)
  }

  /** A sync or slot write has failed: nothing works any more (F5). */
  get isPoisoned(): boolean {
    return this.poisoned
  }

  get databaseId(): Uint8Array {
    return this.current.databaseId
  }

  /** Number of the last durable checkpoint. */
  get epoch(): number {
    return this.current.epoch
  }

  /** Keeps the last checkpoint's pages, map pages and map root where they are, for a backup to copy. */
  hold(): HeldRoot {
    if (this.poisoned) throw poisonedError(this.file.path)
    return { meta: this.current, pointers: this.pointers, release: this.blocks.hold() }
  }

  /**
   * Keeps what root `epoch` refers to, for a reader in another process. A root older than both slots is unknown
   * here: then nothing that looks free is used until the hold ends.
   */
  holdSince(epoch: number): () => void {
    const age = Math.max(0, this.current.epoch - epoch)
    if (age > 1 && this.checkpoints === 0) this.blocks.quarantine(Math.ceil(this.file.size() / BLOCK_SIZE))
    return this.blocks.hold(age)
  }

  /** Read-only: goes on with the newest root on disk. Pages in frames must be dropped by the caller. */
  reload(): StoreMeta {
    assert(this.isReadOnly, 'only a reader reloads')
    const loaded = loadStore(this.file, this.memory, this.scratch, { readOnly: true })
    this.map = loaded.map
    this.blocks = loaded.blocks
    this.ids = loaded.ids
    this.pointers = loaded.pointers
    this.current = loaded.meta
    return this.metaOf(loaded.damage)
  }

  /** Ids below it exist. */
  get pageCount(): number {
    return this.map.pageCount
  }

  /** The WAL is needed from here on, whichever root survives (F4). */
  get olderRedoLsn(): number {
    return Math.min(this.olderLsn, this.current.redoLsn)
  }

  private requireWritable(): void {
    if (this.poisoned) throw poisonedError(this.file.path)
    if (this.isReadOnly) {
      throw new DatabaseError(CODE.READ_ONLY, `"${this.file.path}" is open read-only`, { file: this.file.path })
    }
  }

  /** Reserves `count` consecutive ids and returns the first. Not durable before a page is written. */
  allocatePageIds(count: number): number {
    this.requireWritable()
    if (this.map.pageCount + count > MAX_PAGES) {
      throw new DatabaseError(CODE.PROGRAM_LIMIT, `a database has at most ${MAX_PAGES} pages`)
    }
    const first = this.ids.allocate(count)
    this.map.grow(this.ids.limit)
    return first
  }

  /** Frees pages; their blocks and ids become reusable after the next but one checkpoint (F2). */
  freePages(firstId: number, count: number): void {
    this.requireWritable()
    for (let id = firstId; id < firstId + count; id++) {
      this.releaseBlocksOf(id)
      this.map.clear(id)
    }
    this.ids.release(firstId, count)
  }

  private releaseBlocksOf(pageId: number): void {
    const count = this.map.blocksOf(pageId)
    if (count === 0) return
    this.releaseBlocks(this.map.blockOf(pageId), count, this.map.epochOf(pageId))
  }

  private releaseBlocks(block: number, count: number, epoch: number): void {
    if (epoch === this.nextEpoch) this.blocks.releaseNow(block, count)
    else this.blocks.release(block, count)
  }

  /** Writes a page to fresh blocks. A failed write (53100, 58030) leaves the page as it was. */
  writePage(pageId: number, kind: number, address: number, byteLength: number): void {
    assert(byteLength > 0 && byteLength <= MAX_PAGE_BYTES, 'a page has 1 to 65536 bytes')
    this.writeRun(pageId, kind, address, byteLength)
  }

  /**
   * Writes a contiguous byte stream as pages of 64 KiB with consecutive ids (the last one shorter), up to
   * 4 MiB per system call. A failure leaves the pages of the failed call as they were. With a codec, pages that
   * take fewer blocks for it are stored compressed.
   */
  writeRun(
    firstId: number, kind: number, address: number, byteLength: number, codec: PageCodec = PAGE_CODEC.NONE,
  ): void {
    this.requireWritable()
    assert(kind !== PAGE_KIND.FREE && byteLength > 0, 'written pages have a kind and bytes')
    const step = RUN_PAGES * MAX_PAGE_BYTES
    for (let done = 0; done < byteLength; done += step) {
      const length = Math.min(step, byteLength - done)
      const first = firstId + done / MAX_PAGE_BYTES
      if (codec === PAGE_CODEC.NONE) this.writeGroup(first, kind, address + done, length)
      else this.writeCompressed(first, kind, address + done, length, codec)
    }
  }

  private writeGroup(firstId: number, kind: number, address: number, byteLength: number): void {
    const pages = Math.ceil(byteLength / MAX_PAGE_BYTES)
    assert(firstId > 0 && firstId + pages <= this.map.pageCount, 'written page ids were allocated')
    const count = Math.ceil(byteLength / BLOCK_SIZE)
    const block = this.blocks.allocate(count)
    let lastCrc: number
    try {
      lastCrc = this.writeBytes(block, address, byteLength)
    } catch (error) {
      this.blocks.releaseNow(block, count)
      throw error
    }
    for (let i = 0; i < pages; i++) {
      const isLast = i === pages - 1
      const crc = isLast ? lastCrc : this.memory.crc32c(address + i * MAX_PAGE_BYTES, MAX_PAGE_BYTES)
      this.releaseBlocksOf(firstId + i)
      const blocks = isLast ? count - i * 16 : 16
      this.map.place(firstId + i, kind, { block: block + i * 16, blocks, crc, epoch: this.nextEpoch })
    }
    this.pagesWritten += pages
  }

  // Pages of one call, compressed where it pays.
  private writeCompressed(
    firstId: number, kind: number, address: number, byteLength: number, codec: PageCodec,
  ): void {
    const { memory, scratch } = this
    const lastId = firstId + Math.floor((byteLength - 1) / MAX_PAGE_BYTES)
    assert(firstId > 0 && lastId < this.map.pageCount, 'written page ids were allocated')
    const images = this.images ??= new Uint8Array(RUN_PAGES * MAX_PAGE_BYTES)
    const packed = packRun(codec, { memory, address, byteLength, scratch }, images)
    const first = this.blocks.allocate(packed.blocks)
    try {
      this.writeSources(first, [images.subarray(0, packed.blocks * BLOCK_SIZE)])
    } catch (error) {
      this.blocks.releaseNow(first, packed.blocks)
      throw error
    }
    packed.pages.forEach(({ block, blocks, crc, codec: used }, i) => {
      this.releaseBlocksOf(firstId + i)
      this.map.place(firstId + i, kind, { block: first + block, blocks, crc, epoch: this.nextEpoch }, used)
      if (used !== PAGE_CODEC.NONE) this.require(FLAG.PAGE_CODEC)
    })
    this.pagesWritten += packed.pages.length
  }

  /** From the next checkpoint on the file is refused by releases that do not know this incompatible flag. */
  require(flag: number): void {
    this.requiredFlags |= flag
  }

  // Writes the stream padded to whole blocks; returns the checksum of its last page. The padded tail goes
  // through scratch, because the bytes behind the stream belong to somebody else.
  private writeBytes(block: number, address: number, byteLength: number): number {
    const { memory, scratch } = this
    const whole = Math.floor(byteLength / BLOCK_SIZE) * BLOCK_SIZE
    const lastPage = Math.floor((byteLength - 1) / MAX_PAGE_BYTES) * MAX_PAGE_BYTES
    const sources: Uint8Array[] = []
    if (whole > 0) sources.push(memory.u8.subarray(address, address + whole))
    let crc = memory.crc32c(address + lastPage, Math.max(0, whole - lastPage))
    if (whole < byteLength) {
      memory.u8.fill(0, scratch, scratch + BLOCK_SIZE)
      memory.u8.copyWithin(scratch, address + whole, address + byteLength)
      sources.push(memory.u8.subarray(scratch, scratch + BLOCK_SIZE))
      crc = memory.crc32c(scratch, BLOCK_SIZE, crc)
    }
    this.writeSources(block, sources)
    return crc
  }

  private writeSources(block: number, sources: Uint8Array[]): void {
    if (sources.length === 1) this.file.write(block * BLOCK_SIZE, sources[0]!)
    else this.file.writev(block * BLOCK_SIZE, sources)
    for (const source of sources) this.bytesWritten += source.length
  }

  /** Reads a page into a frame, checked and unpacked; returns its bytes (whole blocks). Damage is XX001. */
  readPage(pageId: number, frameAddress: number): number {
    if (this.poisoned) throw poisonedError(this.file.path)
    const { map } = this
    const blocks = pageId < map.pageCount ? map.blocksOf(pageId) : 0
    if (blocks === 0) throw this.damaged(pageId, 'is referred to but free')
    const length = blocks * BLOCK_SIZE
    const codec = map.codecOf(pageId)
    const address = codec === PAGE_CODEC.NONE ? frameAddress : this.scratch
    const target = this.memory.u8.subarray(address, address + length)
    const count = this.file.read(map.blockOf(pageId) * BLOCK_SIZE, target)
    if (count < length) throw this.damaged(pageId, 'lies beyond the end of the file')
    if (this.memory.crc32c(address, length) !== map.crcOf(pageId)) {
      throw this.damaged(pageId, 'does not match its checksum')
    }
    this.pagesRead++
    if (codec === PAGE_CODEC.NONE) return length
    const bytes = decompressPage(codec, this.memory, address, length, frameAddress)
    if (bytes === 0) throw this.damaged(pageId, `is no page compressed by codec ${codec}`)
    return bytes
  }

  private damaged(pageId: number, what: string): DatabaseError {
    if (this.isReadOnly && newestRootEpoch(this.file) > this.epoch + 1) return overtakenError(this.file.path, pageId)
    const offset = pageId < this.map.pageCount ? this.map.blockOf(pageId) * BLOCK_SIZE : 0
    const text = `"${this.file.path}": page ${pageId} at offset ${offset} ${what}`
    return corruption(text, { file: this.file.path, page: pageId, offset })
  }

  /** Bytes of the page on disk (whole blocks); 0 when it is free or not written yet. */
  pageBytes(pageId: number): number {
    return this.map.blocksOf(pageId) * BLOCK_SIZE
  }

  kindOf(pageId: number): number {
    return this.map.kindOf(pageId)
  }

  /** Free-space bucket of a heap page, 0-255, kept in its map entry. */
  fillOf(pageId: number): number {
    return this.map.fillOf(pageId)
  }

  setFill(pageId: number, bucket: number): void {
    this.map.setFill(pageId, bucket)
  }

  /** Ids of written pages of one kind, ascending. Cost: a walk over the whole map. */
  *pagesOfKind(kind: number): Iterable<number> {
    for (let id = 1; id < this.map.pageCount; id++) if (this.map.kindOf(id) === kind) yield id
  }

  /**
   * Makes everything written so far durable and reachable. A failure before step 3 (53100, 58030 while
   * writing) changes nothing and may be tried again; a failed sync or slot write poisons the store.
   */
  checkpoint(root: StoreRoot): void {
    this.requireWritable()
    // 1. Changed map pages and the map root, to free blocks.
    const { pointers, mapRoot, undo } = writeMap({
      memory: this.memory, scratch: this.scratch, blocks: this.blocks, epoch: this.nextEpoch,
      write: (block, bytes) => this.writeSources(block, [bytes]),
    }, this.map, { pointers: this.pointers, mapRoot: this.current.mapRoot })
    const { flags } = this.current
    const meta: Meta = {
      ...this.current, ...root, mapRoot,
      flags: { ...flags, incompatible: (flags.incompatible | this.requiredFlags) >>> 0 },
      extra: root.extra ?? new Uint8Array(0), epoch: this.nextEpoch, pageCount: this.map.pageCount,
    }
    let slot: Uint8Array
    try {
      slot = encodeMetaSlot(meta)
    } catch (error) {
      undo()
      throw error
    }
    try {
      // 2. Everything the new root refers to is on disk before the root is.
      this.file.sync()
      // 3. The slot that does not hold the current root.
      this.file.write((meta.epoch & 1) * BLOCK_SIZE, slot)
      // 4. The new root is the root from here on.
      this.file.sync()
    } catch (error) {
      this.poisoned = true
      throw error
    }
    this.bytesWritten += slot.length
    this.adopt(meta, pointers)
  }

  // 5. What the new root replaced is referred to by the older slot only; 6. what the slot it overwrote
  // alone referred to is free.
  private adopt(meta: Meta, pointers: MapPagePointer[]): void {
    this.beforeRelease()
    const before = this.current
    this.pointers.forEach((old, i) => {
      if (pointers[i] !== old) this.blocks.release(old.block, old.blocks)
    })
    if (before.mapRoot.blocks > 0 && before.mapRoot.block !== meta.mapRoot.block) {
      this.blocks.release(before.mapRoot.block, before.mapRoot.blocks)
    }
    this.map.markClean()
    this.pointers = pointers
    this.olderLsn = before.redoLsn
    this.current = meta
    this.nextEpoch = meta.epoch + 1
    this.checkpoints++
    this.blocks.turn()
    this.ids.turn()
    if (this.blocks.shrink(this.isTailUnwanted ? 1 : Math.max(SHRINK_BLOCKS, this.blocks.limit >>> 3))) {
      const bytes = this.blocks.limit * BLOCK_SIZE
      if (bytes < this.file.size()) this.file.truncate(bytes)
    }
  }

  get stats(): StoreStats {
    const freeBlocks = this.blocks.freeCount
    return {
      pagesRead: this.pagesRead, pagesWritten: this.pagesWritten, bytesWritten: this.bytesWritten,
      checkpoints: this.checkpoints, fileBytes: this.file.size(), freeBlocks,
      usedBlocks: this.blocks.limit - freeBlocks, pageCount: this.map.pageCount,
    }
  }

  /** Walks the map and reads every page; reports each problem and returns what was checked. */
  verify(report: (problem: StoreProblem) => void): VerifyTotals {
    const roots = [this.current.mapRoot, ...this.pointers]
    return verifyStore(this, roots, report)
  }
}
