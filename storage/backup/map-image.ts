// A map page as plain bytes: the entries a backup compares, stores and, at a restore, points at new blocks.
// Entry layout: page/page-map.ts. Two entries are the same version of a page when everything but the free-space
// bucket agrees: the bucket may change without the page being written.
import { crc32c } from '../../src/base/checksum.ts'
import { corruption } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BLOCKS } from '../page/page-map.ts'
import type { PageImage } from './image-copier.ts'

const WORDS = ENTRY_BYTES / 4
const SAME_MASK = 0xff00ffff

/** One map page. `first` is the page id of its first entry, `count` how many of its entries exist. */
export class MapImage {
  readonly bytes: Uint8Array
  readonly first: number
  readonly count: number
  private readonly words: Uint32Array

  /** `index` is the number of the map page, `pageCount` that of the root. */
  constructor(bytes: Uint8Array, index: number, pageCount: number) {
    this.bytes = bytes
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    this.first = index * ENTRIES_PER_MAP_PAGE
    this.count = Math.min(ENTRIES_PER_MAP_PAGE, pageCount - this.first, bytes.length / ENTRY_BYTES)
  }

  /** Reads a map page that stands in a file. XX001 when it does not match its checksum. */
  static read(
    file: FileHandle, place: { block: number; blocks: number; crc: number }, index: number, pageCount: number,
  ): MapImage {
    const offset = place.block * BLOCK_SIZE
    const where = { file: file.path, offset }
    if (place.blocks < 1 || place.blocks > MAX_PAGE_BLOCKS) {
      throw corruption(`"${file.path}": map page ${index} has ${place.blocks} blocks`, where)
    }
    const bytes = new Uint8Array(place.blocks * BLOCK_SIZE)
    const count = file.read(offset, bytes)
    if (count < bytes.length || crc32c(bytes) !== place.crc) {
      throw corruption(`"${file.path}": map page ${index} at offset ${offset} does not match its checksum`, where)
    }
    return new MapImage(bytes, index, pageCount)
  }

  /** Zero for an id that is free or was never written. */
  blocksOf(entry: number): number {
    return this.words[entry * WORDS + 3]! & 0xff
  }

  epochOf(entry: number): number {
    return this.words[entry * WORDS + 2]!
  }

  imageOf(entry: number): PageImage {
    const word = entry * WORDS
    const { words } = this
    return { pageId: this.first + entry, block: words[word]!, blocks: this.blocksOf(entry), crc: words[word + 1]! }
  }

  /** Points an entry at other blocks. */
  moveTo(entry: number, block: number): void {
    this.words[entry * WORDS] = block
  }

  /** True when both hold the same version of the entry's page. */
  isSame(other: MapImage, entry: number): boolean {
    const word = entry * WORDS
    const [mine, theirs] = [this.words, other.words]
    return mine[word] === theirs[word] && mine[word + 1] === theirs[word + 1] && mine[word + 2] === theirs[word + 2]
      && (mine[word + 3]! & SAME_MASK) === (theirs[word + 3]! & SAME_MASK)
  }

  /** Images of a version above `epoch`, in order of their ids. */
  *imagesAbove(epoch: number): Iterable<PageImage> {
    for (let entry = 0; entry < this.count; entry++) {
      if (this.blocksOf(entry) > 0 && this.epochOf(entry) > epoch) yield this.imageOf(entry)
    }
  }
}
