// The page map: logical page id -> where the page is on disk and what its bytes must be. It is the parent
// of every page, so a page that is stale, torn, swapped or misdirected does not match its entry (F3).
//
//   entry, 16 bytes   block u32, CRC-32C u32, epoch u32, blocks u8, kind u8, fill u8, codec u8
//   map page          up to 4,096 entries, cut after the last 4 KiB that holds an id below the page count
//   map root          16 bytes per map page: block u32, CRC-32C u32, epoch u32, blocks u32
//
// blocks and CRC-32C are those on disk: of the compressed image when codec is not 0 (page-codec.ts).
// kind 0 = the id is free, and the whole entry is zero. epoch = the checkpoint that made the page durable.
// The entries are kept in one array, in file layout, so writing a map page is one copy.
import { assert } from '../../src/base/assert.ts'

/** Unit of disk allocation. */
export const BLOCK_SIZE = 4096
/** Largest page. */
export const MAX_PAGE_BYTES = 65536
/** Blocks of the largest page. */
export const MAX_PAGE_BLOCKS = 16
/** Entries of a full map page. */
export const ENTRIES_PER_MAP_PAGE = 4096
/** Bytes of one entry, of the map and of the map root. */
export const ENTRY_BYTES = 16
const WORDS = 4
const ENTRIES_PER_BLOCK = BLOCK_SIZE / ENTRY_BYTES

/** Where one map page is on disk. */
export interface MapPagePointer {
  block: number
  crc: number
  epoch: number
  blocks: number
}

/** Entries by page id, and which map pages changed since the last checkpoint. */
export class PageMap {
  private words: Uint32Array = new Uint32Array(ENTRIES_PER_MAP_PAGE * WORDS)
  private bytes: Uint8Array = new Uint8Array(this.words.buffer)
  private readonly dirty = new Set<number>()
  private ids = 0

  /** Ids below it exist. */
  get pageCount(): number {
    return this.ids
  }

  get mapPageCount(): number {
    return Math.ceil(this.ids / ENTRIES_PER_MAP_PAGE)
  }

  /** Adds ids (with free entries) up to `count`. */
  grow(count: number): void {
    if (count <= this.ids) return
    if (count * WORDS > this.words.length) {
      const capacity = Math.ceil(Math.max(count, this.ids * 2) / ENTRIES_PER_MAP_PAGE) * ENTRIES_PER_MAP_PAGE
      const grown = new Uint32Array(capacity * WORDS)
      grown.set(this.words)
      this.words = grown
      this.bytes = new Uint8Array(grown.buffer)
    }
    const before = this.ids
    this.ids = count
    if (before > 0) this.touch(before - 1)
    for (let page = this.mapPageOf(before); page < this.mapPageCount; page++) this.dirty.add(page)
  }

  blockOf(pageId: number): number {
    return this.words[pageId * WORDS]!
  }

  crcOf(pageId: number): number {
    return this.words[pageId * WORDS + 1]!
  }

  epochOf(pageId: number): number {
    return this.words[pageId * WORDS + 2]!
  }

  blocksOf(pageId: number): number {
    return this.bytes[pageId * ENTRY_BYTES + 12]!
  }

  kindOf(pageId: number): number {
    return this.bytes[pageId * ENTRY_BYTES + 13]!
  }

  fillOf(pageId: number): number {
    return this.bytes[pageId * ENTRY_BYTES + 14]!
  }

  /** How the blocks are compressed: a PAGE_CODEC, 0 = not. */
  codecOf(pageId: number): number {
    return this.bytes[pageId * ENTRY_BYTES + 15]!
  }

  setFill(pageId: number, fill: number): void {
    const at = pageId * ENTRY_BYTES + 14
    if (this.bytes[at] === fill) return
    this.bytes[at] = fill
    this.touch(pageId)
  }

  /** Points the id at freshly written blocks; the fill bucket stays. */
  place(
    pageId: number, kind: number, at: { block: number; blocks: number; crc: number; epoch: number }, codec = 0,
  ): void {
    const word = pageId * WORDS
    this.words[word] = at.block
    this.words[word + 1] = at.crc
    this.words[word + 2] = at.epoch
    this.bytes[pageId * ENTRY_BYTES + 12] = at.blocks
    this.bytes[pageId * ENTRY_BYTES + 13] = kind
    this.bytes[pageId * ENTRY_BYTES + 15] = codec
    this.touch(pageId)
  }

  /** Makes the id free. */
  clear(pageId: number): void {
    this.words.fill(0, pageId * WORDS, pageId * WORDS + WORDS)
    this.touch(pageId)
  }

  /** Has the next checkpoint write every map page, and so move it. */
  touchAll(): void {
    for (let page = 0; page < this.mapPageCount; page++) this.dirty.add(page)
  }

  /** Map pages that changed, ascending. */
  dirtyMapPages(): number[] {
    return [...this.dirty].sort((a, b) => a - b)
  }

  /** Ids of the pages the coming checkpoint `epoch` will make durable, ascending. Cost: the changed map pages. */
  *pagesOfEpoch(epoch: number): Iterable<number> {
    for (const mapPage of this.dirtyMapPages()) {
      const first = mapPage * ENTRIES_PER_MAP_PAGE
      const end = Math.min(this.ids, first + ENTRIES_PER_MAP_PAGE)
      for (let id = first; id < end; id++) if (this.epochOf(id) === epoch) yield id
    }
  }

  /** Forgets what changed: a checkpoint has it. */
  markClean(): void {
    this.dirty.clear()
  }

  /** The file bytes of a map page: a view, a multiple of BLOCK_SIZE. */
  mapPageBytes(mapPage: number): Uint8Array {
    const first = mapPage * ENTRIES_PER_MAP_PAGE
    const entries = Math.min(ENTRIES_PER_MAP_PAGE, this.ids - first)
    assert(entries > 0, 'map page exists')
    const whole = Math.ceil(entries / ENTRIES_PER_BLOCK) * ENTRIES_PER_BLOCK
    return this.bytes.subarray(first * ENTRY_BYTES, (first + whole) * ENTRY_BYTES)
  }

  private mapPageOf(pageId: number): number {
    return Math.floor(pageId / ENTRIES_PER_MAP_PAGE)
  }

  private touch(pageId: number): void {
    this.dirty.add(this.mapPageOf(pageId))
  }
}
