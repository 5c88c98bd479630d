// Segment files of the WAL: `<number as 16 hex digits>.wal` in the folder `name.sdb-wal/`. A transaction
// never spans segments; a segment grows past its nominal size only for a transaction that is larger.
//
//   offset  bytes
//   0       8      magic "SecntWAL"
//   8       4      format version
//   12      4      salt: random, in every record of the segment
//   16      16     database id
//   32      8      segment number
//   40      8      start LSN: the LSN of the byte at offset 64
//   48      8      LSN known durable when the segment was made
//   56      4      reserved (0)
//   60      4      CRC-32C of bytes 0-59
//   64      ...    records, then zeros or what a recycled file held before
//
// The file is filled with zeros ahead of the records, so that a commit rewrites allocated blocks and its
// fdatasync need not journal a new size or extent: measured 31 us against 46 us per commit when growing.
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle, FileSystem } from '../file/file.ts'

/** Bytes before the first record. */
export const SEGMENT_HEADER_BYTES = 64
/** Version of the log's bytes that is written: 2 added the time to COMMIT records. Version 1 is read. */
export const WAL_VERSION = 2
const MAGIC = Uint8Array.from('SecntWAL', (c) => c.charCodeAt(0))
const NAME = /^[0-9a-f]{16}\.wal$/
const SPARE = /^spare-[0-9a-f]{16}\.wal$/

/** What a segment's header says. */
export interface SegmentHeader {
  /** Version of the records; only segments of WAL_VERSION are made and appended to. */
  version: number
  number: number
  startLsn: number
  durableLsn: number
  salt: number
  databaseId: Uint8Array
}

/** A segment file with the LSN its records end at (known for all but the newest). */
export interface Segment {
  path: string
  header: SegmentHeader
}

/** File name of a segment. */
export function segmentName(number: number): string {
  return `${number.toString(16).padStart(16, '0')}.wal`
}

/** File name of a segment kept to be used again. */
export function spareName(number: number): string {
  return `spare-${segmentName(number)}`
}

/** Numbers of the segments in a folder, ascending, and the names of spare files. */
export function listSegments(files: FileSystem, folder: string): { numbers: number[]; spares: string[] } {
  const names = files.list(folder)
  const numbers = names.filter((name) => NAME.test(name)).map((name) => Number.parseInt(name.slice(0, 16), 16))
  return { numbers: numbers.sort((a, b) => a - b), spares: names.filter((name) => SPARE.test(name)) }
}

/** The 64 bytes of a header. */
export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const w = new ByteWriter(SEGMENT_HEADER_BYTES)
  w.raw(MAGIC)
  w.u32(header.version)
  w.u32(header.salt)
  w.raw(header.databaseId)
  w.u64(header.number)
  w.u64(header.startLsn)
  w.u64(header.durableLsn)
  w.u32(0)
  w.u32(crc32c(w.finish()))
  return w.finish()
}

/** Decodes a header; null when it is torn, damaged or another segment's. Wrong version or database throw. */
export function decodeSegmentHeader(
  bytes: Uint8Array, expected: { path: string; number: number; databaseId: Uint8Array },
): SegmentHeader | null {
  const { path, number, databaseId } = expected
  if (bytes.length < SEGMENT_HEADER_BYTES || !MAGIC.every((byte, i) => bytes[i] === byte)) return null
  const r = new ByteReader(bytes, { file: path }, 8, SEGMENT_HEADER_BYTES)
  const version = r.u32()
  const salt = r.u32()
  const owner = r.raw(16).slice()
  const crcAt = SEGMENT_HEADER_BYTES - 4
  if (new ByteReader(bytes, { file: path }, crcAt).u32() !== crc32c(bytes.subarray(0, crcAt))) return null
  if (version < 1 || version > WAL_VERSION) {
    const text = `"${path}" has WAL format version ${version}; this release reads versions 1 to ${WAL_VERSION}`
    const hint = 'Open the database with the release that wrote it, or a newer one.'
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: path, hint })
  }
  if (!owner.every((byte, i) => byte === databaseId[i])) {
    throw corruption(`"${path}" belongs to another database`, { file: path, offset: 16 })
  }
  const header = { version, number: r.u64(), startLsn: r.u64(), durableLsn: r.u64(), salt, databaseId: owner }
  return header.number === number ? header : null
}

/** Reads a whole file into memory. */
export function readWhole(file: FileHandle): Uint8Array {
  const bytes = new Uint8Array(file.size())
  return bytes.subarray(0, file.read(0, bytes))
}
