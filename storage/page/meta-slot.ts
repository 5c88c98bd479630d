// The root of the file: two meta slots of one 4 KiB block each, blocks 0 and 1. A checkpoint writes the
// slot that does not hold the current root, so one complete root exists at any moment of a crash.
// A slot holds two equal copies of 2 KiB: a single damaged byte costs nothing, and a torn slot write
// leaves at least one whole copy, of the old root or the new one, either of which is fully on disk.
//
//   offset  bytes  one copy
//   0       8      magic "SecantDB"
//   8       4      format version
//   12      4      compatible flags: unknown bits are ignored
//   16      4      read-only-compatible flags: unknown bits forbid writing
//   20      4      incompatible flags: unknown bits forbid opening
//   24      4      block size (4096)
//   28      4      largest page (65536)
//   32      4      epoch: number of the checkpoint that wrote the copy; slot = epoch & 1
//   36      4      page count: ids below it exist
//   40      16     map root: block, blocks, CRC-32C, bytes
//   56      4      catalogue page id, 0 = none
//   60      4      reserved (0)
//   64      8      redo LSN
//   72      8      commit id
//   80      16     database id
//   96      2      length of the extra bytes, then the extra bytes (at most 1,024)
//   2044    4      CRC-32C of bytes 0-2043
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { assert } from '../../src/base/assert.ts'
import type { FileHandle } from '../file/file.ts'
import { BLOCK_SIZE, MAX_PAGE_BYTES } from './page-map.ts'

/** Version of every byte in the file. Another number cannot be read by this release. */
export const FORMAT_VERSION = 1
/** Incompatible flag bits, each set by the first checkpoint after something needs it and never cleared. */
export const FLAG = {
  /** Pages are compressed: byte 15 of map entries is a codec. */
  PAGE_CODEC: 1,
  /** Column chunks are encoded as runs or deltas (encodings 5 and 6). */
  RUNS_AND_DELTAS: 2,
  /** The catalogue has hidden tables of secondary indexes, which a writer must keep in step. */
  INDEXES: 4,
  /** Table roots have sealed runs, or rows sealed as dead. */
  SEALED_RUNS: 8,
  /** Tables have CHECK constraints, which a writer must enforce. */
  CHECKS: 16,
  /** The catalogue has objects (objects.ts), or schemas with foreign keys, identity or generated columns. */
  DEFINITIONS: 32,
} as const
/** Where the commit id is in a slot. */
export const META_COMMIT_OFFSET = 72
/** Flag bits this release knows. */
export const KNOWN_FLAGS = { compatible: 0, readOnlyCompatible: 0, incompatible: 63 } as const
/** Bytes the engine may keep in a root beside the fixed fields. */
const MAX_EXTRA_BYTES = 1024
const COPY_BYTES = 2048
const CRC_OFFSET = COPY_BYTES - 4
const MAGIC = Uint8Array.from('SecantDB', (c) => c.charCodeAt(0))

/** Where the map root is. */
export interface MapRootPointer {
  block: number
  blocks: number
  crc: number
  byteLength: number
}

/** The decoded root of the file. */
export interface Meta {
  version: number
  flags: { compatible: number; readOnlyCompatible: number; incompatible: number }
  epoch: number
  pageCount: number
  mapRoot: MapRootPointer
  catalogPage: number
  redoLsn: number
  commitId: number
  databaseId: Uint8Array
  extra: Uint8Array
}

/** What a 2 KiB copy turned out to be: `isWhole` = its checksum holds, `meta` only for our version. */
export interface MetaCopy {
  meta: Meta | null
  hasMagic: boolean
  isWhole: boolean
  version: number
}

/** The 4 KiB of a slot. */
export function encodeMetaSlot(meta: Meta): Uint8Array {
  assert(meta.extra.length <= MAX_EXTRA_BYTES && meta.databaseId.length === 16, 'meta fields fit their places')
  const w = new ByteWriter(BLOCK_SIZE)
  w.raw(MAGIC)
  w.u32(meta.version)
  w.u32(meta.flags.compatible)
  w.u32(meta.flags.readOnlyCompatible)
  w.u32(meta.flags.incompatible)
  w.u32(BLOCK_SIZE)
  w.u32(MAX_PAGE_BYTES)
  w.u32(meta.epoch)
  w.u32(meta.pageCount)
  w.u32(meta.mapRoot.block)
  w.u32(meta.mapRoot.blocks)
  w.u32(meta.mapRoot.crc)
  w.u32(meta.mapRoot.byteLength)
  w.u32(meta.catalogPage)
  w.u32(0)
  w.u64(meta.redoLsn)
  w.u64(meta.commitId)
  w.raw(meta.databaseId)
  w.u16(meta.extra.length)
  w.raw(meta.extra)
  const slot = new Uint8Array(BLOCK_SIZE)
  slot.set(w.finish(), 0)
  const crc = crc32c(slot.subarray(0, CRC_OFFSET))
  new DataView(slot.buffer).setUint32(CRC_OFFSET, crc, true)
  slot.copyWithin(COPY_BYTES, 0, COPY_BYTES)
  return slot
}

/** Copies of meta slots in which something stands that is not whole; a slot never written is all zeros. */
export function countDamagedCopies(file: FileHandle): number {
  const bytes = new Uint8Array(2 * BLOCK_SIZE)
  file.read(0, bytes)
  let damaged = 0
  for (let begin = 0; begin < bytes.length; begin += COPY_BYTES) {
    const copy = bytes.subarray(begin, begin + COPY_BYTES)
    if (copy.some((byte) => byte !== 0) && !decodeCopy(copy, file.path).isWhole) damaged++
  }
  return damaged
}

/** The two copies of a slot, decoded where their checksums hold. */
export function decodeMetaSlot(slot: Uint8Array, file: string): MetaCopy[] {
  return [0, COPY_BYTES].map((begin) => decodeCopy(slot.subarray(begin, begin + COPY_BYTES), file))
}

function decodeCopy(bytes: Uint8Array, file: string): MetaCopy {
  const hasMagic = MAGIC.every((byte, i) => bytes[i] === byte)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint32(8, true)
  const isWhole = hasMagic && view.getUint32(CRC_OFFSET, true) === crc32c(bytes.subarray(0, CRC_OFFSET))
  if (!isWhole || version !== FORMAT_VERSION) return { meta: null, hasMagic, isWhole, version }
  const r = new ByteReader(bytes, { file }, 12)
  const flags = { compatible: r.u32(), readOnlyCompatible: r.u32(), incompatible: r.u32() }
  const blockSize = r.u32()
  const pageBytes = r.u32()
  if (blockSize !== BLOCK_SIZE || pageBytes !== MAX_PAGE_BYTES) r.fail('meta slot names other block or page sizes')
  const epoch = r.u32()
  const pageCount = r.u32()
  const mapRoot = { block: r.u32(), blocks: r.u32(), crc: r.u32(), byteLength: r.u32() }
  const catalogPage = r.u32()
  r.u32()
  const redoLsn = r.u64()
  const commitId = r.u64()
  const databaseId = r.raw(16).slice()
  const extra = r.raw(r.u16()).slice()
  const meta = { version, flags, epoch, pageCount, mapRoot, catalogPage, redoLsn, commitId, databaseId, extra }
  return { meta, hasMagic, isWhole, version }
}
