// A link: what one backup added to a backup file. Whole 4 KiB blocks, written from front to back.
//
//   header        one block: the figures below, and at byte 2048 a copy of the meta slot that was backed up
//   directory     where the newest copy of each map page of this root stands, 24 bytes each, filled up with zeros
//   map pages     those with an epoch above the base epoch, as in the database
//   page images   the pages whose entries in those map pages have an epoch above the base epoch, in order of their
//                 ids, as in the database: compressed pages stay compressed
//   trailer       one block, the hash
//
//   offset  bytes  header
//   0       8      magic "SecntLNK"
//   8       4      link number, from 1
//   12      4      base epoch: the epoch of the link before, 0 in the first
//   16      4      epoch of the root
//   20      4      map pages of the root
//   24      4      map pages stored here
//   28      4      page images stored here
//   32      8      bytes of the link
//   40      8      commit id of the root
//   48      8      redo LSN of the root
//   56      8      time of the backup, milliseconds since 1970
//   64      32     hash of the link before, zeros in the first
//   2044    4      CRC-32C of bytes 0-2043
//
//   directory entry   block u32 | CRC-32C u32 | epoch u32 | blocks u32 | link number u32 | reserved u32
//
//   offset  bytes  trailer
//   0       8      magic "SecntEND"
//   8       4      link number
//   12      4      reserved (0)
//   16      8      bytes of the link
//   24      32     hash: SHA-256 of header, directory and stored map pages
//   56      4      reserved (0)
//   60      4      CRC-32C of bytes 0-59
//
// The hash vouches for the map pages, their entries for the images (CRC-32C of each page), and the next link's
// header for the hash: nothing can be changed, dropped or moved inside a chain without being seen.
import { createHash } from 'node:crypto'
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { corruption } from '../../src/base/errors.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'
import { HASH_BYTES } from './backup-header.ts'

/** Where the copy of the meta slot stands in the header's block. */
export const META_COPY_OFFSET = 2048
/** Bytes of a directory entry. */
const DIRECTORY_ENTRY_BYTES = 24
const HEADER_CRC_OFFSET = 2044
const TRAILER_CRC_OFFSET = 60
const HEADER_MAGIC = Uint8Array.from('SecntLNK', (c) => c.charCodeAt(0))
const TRAILER_MAGIC = Uint8Array.from('SecntEND', (c) => c.charCodeAt(0))

/** The figures of a link. */
export interface LinkHeader {
  readonly number: number
  readonly baseEpoch: number
  readonly epoch: number
  readonly mapPages: number
  readonly storedMapPages: number
  readonly images: number
  readonly bytes: number
  readonly commitId: number
  readonly redoLsn: number
  readonly timeMs: number
  readonly previousHash: Uint8Array
}

/** Where the newest copy of a map page is in the backup file, and what it is. */
export interface DirectoryEntry {
  readonly block: number
  readonly crc: number
  readonly epoch: number
  readonly blocks: number
  readonly link: number
}

/** Where bytes come from, for errors. */
export interface LinkPlace {
  readonly file: string
  readonly offset: number
}

/** The block of a link's header; `metaCopy` = the 2,048 bytes of the root's meta slot copy. */
export function encodeLinkHeader(header: LinkHeader, metaCopy: Uint8Array): Uint8Array {
  const w = new ByteWriter(BLOCK_SIZE)
  w.raw(HEADER_MAGIC)
  w.u32(header.number)
  w.u32(header.baseEpoch)
  w.u32(header.epoch)
  w.u32(header.mapPages)
  w.u32(header.storedMapPages)
  w.u32(header.images)
  w.u64(header.bytes)
  w.u64(header.commitId)
  w.u64(header.redoLsn)
  w.u64(header.timeMs)
  w.raw(header.previousHash)
  const block = new Uint8Array(BLOCK_SIZE)
  block.set(w.finish())
  new DataView(block.buffer).setUint32(HEADER_CRC_OFFSET, crc32c(block.subarray(0, HEADER_CRC_OFFSET)), true)
  block.set(metaCopy.subarray(0, META_COPY_OFFSET), META_COPY_OFFSET)
  return block
}

/** Reads a header's block. XX001 when it is damaged or something else. */
export function decodeLinkHeader(block: Uint8Array, place: LinkPlace): LinkHeader {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const isWhole = HEADER_MAGIC.every((byte, i) => block[i] === byte)
    && view.getUint32(HEADER_CRC_OFFSET, true) === crc32c(block.subarray(0, HEADER_CRC_OFFSET))
  if (!isWhole) throw corruption(`"${place.file}": no link begins at offset ${place.offset}`, place)
  const r = new ByteReader(block, place, HEADER_MAGIC.length)
  const number = r.u32()
  const [baseEpoch, epoch] = [r.u32(), r.u32()]
  const [mapPages, storedMapPages, images] = [r.u32(), r.u32(), r.u32()]
  const [bytes, commitId, redoLsn, timeMs] = [r.u64(), r.u64(), r.u64(), r.u64()]
  const previousHash = r.raw(HASH_BYTES).slice()
  return {
    number, baseEpoch, epoch, mapPages, storedMapPages, images, bytes, commitId, redoLsn, timeMs, previousHash,
  }
}

/** Blocks of a directory with this many entries. */
export function directoryBlocks(entries: number): number {
  return Math.ceil((entries * DIRECTORY_ENTRY_BYTES) / BLOCK_SIZE)
}

/** The whole blocks of a directory. */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Uint8Array {
  const words = new Uint32Array((directoryBlocks(entries.length) * BLOCK_SIZE) / 4)
  entries.forEach(({ block, crc, epoch, blocks, link }, i) => words.set([block, crc, epoch, blocks, link], i * 6))
  return new Uint8Array(words.buffer)
}

/** Reads a directory; its checksum is the link's hash. */
export function decodeDirectory(bytes: Uint8Array, count: number, place: LinkPlace): DirectoryEntry[] {
  const r = new ByteReader(bytes, place)
  return Array.from({ length: count }, () => {
    const entry = { block: r.u32(), crc: r.u32(), epoch: r.u32(), blocks: r.u32(), link: r.u32() }
    r.u32()
    return entry
  })
}

/** The block of a link's trailer. */
export function encodeTrailer(number: number, bytes: number, hash: Uint8Array): Uint8Array {
  const w = new ByteWriter(BLOCK_SIZE)
  w.raw(TRAILER_MAGIC)
  w.u32(number)
  w.u32(0)
  w.u64(bytes)
  w.raw(hash)
  w.u32(0)
  const block = new Uint8Array(BLOCK_SIZE)
  block.set(w.finish())
  new DataView(block.buffer).setUint32(TRAILER_CRC_OFFSET, crc32c(block.subarray(0, TRAILER_CRC_OFFSET)), true)
  return block
}

/** The hash in a trailer that fits its header; null when it does not. */
export function decodeTrailer(block: Uint8Array, header: LinkHeader): Uint8Array | null {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const expected = encodeTrailer(header.number, header.bytes, block.subarray(24, 24 + HASH_BYTES))
  const isWhole = view.getUint32(TRAILER_CRC_OFFSET, true) === crc32c(block.subarray(0, TRAILER_CRC_OFFSET))
  return isWhole && Buffer.compare(block, expected) === 0 ? block.slice(24, 24 + HASH_BYTES) : null
}

/** Adds up the hash of a link. */
export class LinkHash {
  private readonly hash = createHash('sha256')

  add(bytes: Uint8Array): void {
    this.hash.update(bytes)
  }

  finish(): Uint8Array {
    return new Uint8Array(this.hash.digest())
  }
}
