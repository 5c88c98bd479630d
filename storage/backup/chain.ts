// Reading a backup file: the chain of its links, and the whole verification that a restore begins with.
//
// B2  Link n follows link n - 1: number, base epoch = epoch before, hash before; the last link's hash and end are
//     those of the header (B1), and every root carries the header's database id.
// B3  A link stores exactly the map pages with an epoch above its base epoch, and exactly the images of the pages
//     whose entries in them have an epoch above it, in the order of their ids. Its directory names the newest copy
//     of every map page of its root.
// B4  Every page of the last root has its image, with epoch and checksum of its entry, in one of the links.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { FORMAT_VERSION, KNOWN_FLAGS, decodeMetaSlot } from '../page/meta-slot.ts'
import type { Meta } from '../page/meta-slot.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BYTES } from '../page/page-map.ts'
import { FIRST_LINK_OFFSET, readBackupHeader } from './backup-header.ts'
import type { BackupHeader } from './backup-header.ts'
import {
  LinkHash, META_COPY_OFFSET, decodeDirectory, decodeLinkHeader, decodeTrailer, directoryBlocks,
} from './backup-link.ts'
import type { DirectoryEntry, LinkHeader } from './backup-link.ts'
import { ImageCopier } from './image-copier.ts'
import type { PageImage } from './image-copier.ts'
import { MapImage } from './map-image.ts'
import type { Progress } from './steps.ts'

// The map root of the restored database is one page, and its times are those of JavaScript's Date.
const MAX_MAP_PAGES = MAX_PAGE_BYTES / ENTRY_BYTES
const MAX_TIME_MS = 8.64e15

/** A link in its place. */
export interface Link extends LinkHeader {
  readonly offset: number
  readonly hash: Uint8Array
  /** The root that was backed up. */
  readonly meta: Meta
}

/** The links of a backup, in order; at least one. */
export interface Chain {
  readonly header: BackupHeader
  readonly links: readonly Link[]
}

/** A verified backup: where the newest image of every page is. */
export interface VerifiedChain extends Chain {
  /** The link whose root is described here: the last one unless another was asked for. */
  readonly chosen: Link
  readonly directory: readonly DirectoryEntry[]
  readonly images: ImageIndex
}

/** Reads headers and trailers and checks that they form a chain (B1, B2). Cost: two blocks per link. */
export function readChain(file: FileHandle): Chain {
  const header = readBackupHeader(file)
  const links: Link[] = []
  let offset = FIRST_LINK_OFFSET
  for (let number = 1; number <= header.links; number++) {
    const link = readLink(file, offset, header)
    checkOrder(file, link, number, links[links.length - 1])
    links.push(link)
    offset += link.bytes
  }
  const last = links[links.length - 1]!
  if (offset !== header.end || Buffer.compare(last.hash, header.lastHash) !== 0) {
    throw bad(file, last, 'is not the last link the header names')
  }
  return { header, links }
}

function readBlock(file: FileHandle, offset: number): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE)
  if (file.read(offset, block) < BLOCK_SIZE) {
    throw corruption(`"${file.path}" ends inside a link, at offset ${file.size()}`, { file: file.path, offset })
  }
  return block
}

function bad(file: FileHandle, link: { number: number; offset: number }, what: string): DatabaseError {
  const { number, offset } = link
  return corruption(`"${file.path}": link ${number} at offset ${offset} ${what}`, { file: file.path, offset })
}

function readLink(file: FileHandle, offset: number, header: BackupHeader): Link {
  const block = readBlock(file, offset)
  const link = { ...decodeLinkHeader(block, { file: file.path, offset }), offset }
  const { bytes } = link
  if (bytes % BLOCK_SIZE !== 0 || bytes < 2 * BLOCK_SIZE || offset + bytes > header.end) {
    throw bad(file, link, `has an impossible length of ${bytes} bytes`)
  }
  const hash = decodeTrailer(readBlock(file, offset + bytes - BLOCK_SIZE), link)
  if (hash === null) throw bad(file, link, 'has no valid trailer')
  const meta = metaOf(file, link, block)
  if (Buffer.compare(meta.databaseId, header.databaseId) !== 0) throw bad(file, link, 'is of another database')
  if (link.mapPages > MAX_MAP_PAGES || link.timeMs > MAX_TIME_MS) throw bad(file, link, 'has impossible figures')
  if (meta.epoch !== link.epoch || meta.commitId !== link.commitId || meta.redoLsn !== link.redoLsn
    || link.mapPages !== Math.ceil(meta.pageCount / ENTRIES_PER_MAP_PAGE) || link.storedMapPages > link.mapPages) {
    throw bad(file, link, 'does not agree with its root')
  }
  return { ...link, hash, meta }
}

function metaOf(file: FileHandle, link: { number: number; offset: number }, block: Uint8Array): Meta {
  const slot = new Uint8Array(BLOCK_SIZE)
  slot.set(block.subarray(META_COPY_OFFSET))
  const copy = decodeMetaSlot(slot, file.path)[0]!
  const unknown = copy.meta === null ? 0 : (copy.meta.flags.incompatible & ~KNOWN_FLAGS.incompatible) >>> 0
  if (copy.meta !== null && unknown === 0) return copy.meta
  if (!copy.isWhole) throw bad(file, link, 'has a damaged root')
  if (unknown !== 0) {
    const text = `"${file.path}" holds a database with features this release does not have `
      + `(flags 0x${unknown.toString(16)})`
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: file.path })
  }
  const text = `"${file.path}" holds a database of format version ${copy.version}; this release reads version `
    + String(FORMAT_VERSION)
  throw new DatabaseError(CODE.UNSUPPORTED, text, {
    file: file.path, hint: 'Restore it with the release that wrote it, or a newer one.',
  })
}

function checkOrder(file: FileHandle, link: Link, number: number, before: Link | undefined): void {
  if (link.number !== number) throw bad(file, link, `stands where link ${number} should be`)
  const previous = before?.hash ?? new Uint8Array(32)
  if (Buffer.compare(link.previousHash, previous) !== 0) throw bad(file, link, 'does not continue the link before it')
  const isLater = link.baseEpoch === (before?.epoch ?? 0) && link.epoch > link.baseEpoch
  if (!isLater || link.commitId < (before?.commitId ?? 0) || link.timeMs < (before?.timeMs ?? 0)) {
    throw bad(file, link, 'goes back in time')
  }
}

/** The directory of a link. Its bytes are covered by the link's hash. */
export function readDirectory(file: FileHandle, link: Link): DirectoryEntry[] {
  const offset = link.offset + BLOCK_SIZE
  const bytes = new Uint8Array(directoryBlocks(link.mapPages) * BLOCK_SIZE)
  if (bytes.length + 2 * BLOCK_SIZE > link.bytes || file.read(offset, bytes) < bytes.length) {
    throw bad(file, link, 'has no room for its directory')
  }
  return decodeDirectory(bytes, link.mapPages, { file: file.path, offset })
}

/** Checks the hash of a link and its directory (B3); `before` is the directory of the link before. */
export function checkLink(
  file: FileHandle, link: Link, before: readonly DirectoryEntry[],
): readonly DirectoryEntry[] {
  const directory = readDirectory(file, link)
  let next = link.offset / BLOCK_SIZE + 1 + directoryBlocks(link.mapPages)
  const begin = next
  let stored = 0
  directory.forEach((entry, i) => {
    if (entry.link !== link.number) {
      const old = before[i]
      const isOld = old !== undefined && old.block === entry.block && old.crc === entry.crc
        && old.epoch === entry.epoch && old.blocks === entry.blocks && old.link === entry.link
      if (!isOld) throw bad(file, link, `names a map page ${i} that no link before it has`)
      return
    }
    const isNew = entry.epoch > link.baseEpoch && entry.epoch <= link.epoch
    const expected = mapBlocks(link.meta.pageCount, i)
    if (entry.block !== next || !isNew || entry.blocks !== expected) {
      throw bad(file, link, `has a wrong place or epoch for map page ${i}`)
    }
    next += entry.blocks
    stored++
  })
  const end = (link.offset + link.bytes) / BLOCK_SIZE
  if (stored !== link.storedMapPages || next >= end) throw bad(file, link, 'does not hold the map pages it counts')
  if (Buffer.compare(hashOf(file, link, next - begin), link.hash) !== 0) {
    throw bad(file, link, 'does not match its hash')
  }
  return directory
}

// Blocks of a map page: the last one is cut behind the last id.
function mapBlocks(pageCount: number, index: number): number {
  const entries = Math.min(ENTRIES_PER_MAP_PAGE, pageCount - index * ENTRIES_PER_MAP_PAGE)
  return Math.ceil((entries * ENTRY_BYTES) / BLOCK_SIZE)
}

function hashOf(file: FileHandle, link: Link, storedBlocks: number): Uint8Array {
  const hash = new LinkHash()
  const blocks = 1 + directoryBlocks(link.mapPages) + storedBlocks
  for (let block = 0; block < blocks; block++) hash.add(readBlock(file, link.offset + block * BLOCK_SIZE))
  return hash.finish()
}

/** Of every page id, the newest image seen so far. */
class ImageIndex {
  private blocks = new Uint32Array(0)
  private epochs = new Uint32Array(0)
  private checksums = new Uint32Array(0)
  private lengths = new Uint32Array(0)

  grow(pageCount: number): void {
    if (pageCount <= this.blocks.length) return
    const grown = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const array = new Uint32Array(pageCount)
      array.set(old)
      return array
    }
    this.blocks = grown(this.blocks)
    this.epochs = grown(this.epochs)
    this.checksums = grown(this.checksums)
    this.lengths = grown(this.lengths)
  }

  /** Notes an image at its place in the backup file. */
  set({ pageId, block, blocks, crc }: PageImage, epoch: number): void {
    this.blocks[pageId] = block
    this.epochs[pageId] = epoch
    this.checksums[pageId] = crc
    this.lengths[pageId] = blocks
  }

  /** Block of the backup file where this version of the page stands; 0 = nowhere. */
  blockOf({ pageId, blocks, crc }: PageImage, epoch: number): number {
    const isIt = pageId < this.blocks.length && this.epochs[pageId] === epoch && this.checksums[pageId] === crc
      && this.lengths[pageId] === blocks
    return isIt ? this.blocks[pageId]! : 0
  }
}

/**
 * Checks everything, B1 to B4 and every checksum: reads the whole backup. Any damage is XX001 with its place.
 * `choose` names the link whose root is wanted; what it throws ends the check.
 */
export function* verifyChain(
  file: FileHandle, memory: LinearMemory,
  choose: (links: readonly Link[]) => Link = (links) => links[links.length - 1]!,
): Generator<Progress, VerifiedChain, void> {
  const chain = readChain(file)
  const chosen = choose(chain.links)
  const images = new ImageIndex()
  let directory: readonly DirectoryEntry[] = []
  let result: VerifiedChain | null = null
  const checker = new ImageCopier(file, null, memory)
  try {
    for (const link of chain.links) {
      directory = checkLink(file, link, directory)
      const wanted = link.number <= chosen.number ? images : null
      yield* checkImages(file, link, { directory, images: wanted, checker, total: chain.header.end })
      if (link.number !== chosen.number) continue
      checkCoverage(file, link, directory, images)
      result = { ...chain, chosen, directory, images }
    }
  } finally {
    checker.close()
  }
  assert(result !== null, 'the chosen link is one of the chain')
  return result
}

interface Verification {
  readonly directory: readonly DirectoryEntry[]
  /** Null: the images are checked only. */
  readonly images: ImageIndex | null
  readonly checker: ImageCopier
  readonly total: number
}

function* checkImages(file: FileHandle, link: Link, check: Verification): Generator<Progress, void, void> {
  const { directory, images, checker, total } = check
  const own = directory.filter((entry) => entry.link === link.number)
  const storedBlocks = own.reduce((sum, { blocks }) => sum + blocks, 0)
  let next = link.offset / BLOCK_SIZE + 1 + directoryBlocks(link.mapPages) + storedBlocks
  const end = (link.offset + link.bytes) / BLOCK_SIZE - 1
  let count = 0
  images?.grow(link.meta.pageCount)
  for (const [index, entry] of directory.entries()) {
    if (entry.link !== link.number) continue
    const map = MapImage.read(file, entry, index, link.meta.pageCount)
    for (const image of map.imagesAbove(link.baseEpoch)) {
      const epoch = map.epochOf(image.pageId - map.first)
      const isRight = epoch <= link.epoch && image.blocks <= 16 && next + image.blocks <= end
      if (!isRight) throw bad(file, link, `has no place for page ${image.pageId}`)
      const stored = { ...image, block: next }
      images?.set(stored, epoch)
      if (!checker.fits(stored)) {
        checker.flush()
        yield { done: next * BLOCK_SIZE, total }
      }
      checker.add(stored)
      next += image.blocks
      count++
    }
  }
  checker.flush()
  yield { done: next * BLOCK_SIZE, total }
  if (next !== end || count !== link.images) throw bad(file, link, 'does not hold the pages it counts')
}

function checkCoverage(
  file: FileHandle, last: Link, directory: readonly DirectoryEntry[], images: ImageIndex,
): void {
  directory.forEach((entry, index) => {
    const map = MapImage.read(file, entry, index, last.meta.pageCount)
    for (let i = 0; i < map.count; i++) {
      if (map.blocksOf(i) === 0) continue
      const pageId = map.first + i
      if (images.blockOf(map.imageOf(i), map.epochOf(i)) === 0) {
        throw bad(file, last, `refers to page ${pageId}, which no link holds`)
      }
    }
  })
}
