// The header of a backup file: two slots of one 4 KiB block each, blocks 0 and 1. A backup with n links is
// described by slot n & 1, so an append writes the slot that does not hold the chain it continues, after the
// link itself is synced: a torn append leaves the chain as it was. A slot holds two equal copies of 2 KiB.
//
//   offset  bytes  one copy
//   0       8      magic "SecntBAK"
//   8       4      format version (1)
//   12      4      incompatible flags: unknown bits forbid reading
//   16      16     database id
//   32      4      links
//   36      4      reserved (0)
//   40      8      end: bytes of the file up to the end of the last link
//   48      32     hash of the last link
//   2044    4      CRC-32C of bytes 0-2043
//
// B1  Of the slots with a whole copy the one with more links counts; what stands behind its `end` is no part of
//     the backup: an append that did not finish, overwritten by the next one.
import { assert } from '../../src/base/assert.ts'
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'

/** Version of every byte of a backup. */
const BACKUP_VERSION = 1
/** Bytes of a SHA-256 hash. */
export const HASH_BYTES = 32
/** Where the first link begins. */
export const FIRST_LINK_OFFSET: number = 2 * BLOCK_SIZE
const COPY_BYTES = 2048
const CRC_OFFSET = COPY_BYTES - 4
const KNOWN_FLAGS = 0
const MAGIC = Uint8Array.from('SecntBAK', (c) => c.charCodeAt(0))
const DATABASE_MAGIC = Uint8Array.from('SecantDB', (c) => c.charCodeAt(0))

/** The decoded header. */
export interface BackupHeader {
  readonly databaseId: Uint8Array
  readonly links: number
  readonly end: number
  readonly lastHash: Uint8Array
}

/** What a file is by its first bytes. */
export type FileKind = 'database' | 'backup' | 'empty' | 'other'

/** Looks at both slots, so that one damaged block does not change the answer. */
export function kindOfFile(file: FileHandle): FileKind {
  if (file.size() === 0) return 'empty'
  for (let offset = 0; offset < FIRST_LINK_OFFSET; offset += COPY_BYTES) {
    const bytes = new Uint8Array(MAGIC.length)
    if (file.read(offset, bytes) < bytes.length) continue
    if (startsWith(bytes, MAGIC)) return 'backup'
    if (startsWith(bytes, DATABASE_MAGIC)) return 'database'
  }
  return 'other'
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/** The 4 KiB of a slot. */
export function encodeBackupHeader(header: BackupHeader): Uint8Array {
  assert(header.databaseId.length === 16 && header.lastHash.length === HASH_BYTES, 'header fields fit their places')
  const w = new ByteWriter(BLOCK_SIZE)
  w.raw(MAGIC)
  w.u32(BACKUP_VERSION)
  w.u32(0)
  w.raw(header.databaseId)
  w.u32(header.links)
  w.u32(0)
  w.u64(header.end)
  w.raw(header.lastHash)
  const slot = new Uint8Array(BLOCK_SIZE)
  slot.set(w.finish())
  const crc = crc32c(slot.subarray(0, CRC_OFFSET))
  new DataView(slot.buffer).setUint32(CRC_OFFSET, crc, true)
  slot.copyWithin(COPY_BYTES, 0, COPY_BYTES)
  return slot
}

/** Where the slot of a chain of `links` stands. */
export function slotOffset(links: number): number {
  return (links & 1) * BLOCK_SIZE
}

/** Reads the header. 42809: not a backup; 0A000: a newer format; XX001: damaged, or the file was cut. */
export function readBackupHeader(file: FileHandle): BackupHeader {
  const bytes = new Uint8Array(FIRST_LINK_OFFSET)
  const count = file.read(0, bytes)
  let newest: BackupHeader | null = null
  for (let offset = 0; offset + COPY_BYTES <= count; offset += COPY_BYTES) {
    const header = decodeCopy(bytes.subarray(offset, offset + COPY_BYTES), file.path, offset)
    if (header !== null && header.links > (newest?.links ?? 0)) newest = header
  }
  if (newest === null) throw unreadable(file)
  if (newest.end > file.size()) {
    throw corruption(`"${file.path}" was cut: its ${newest.links} links end at byte ${newest.end}, `
      + `the file at byte ${file.size()}`, { file: file.path, offset: file.size() })
  }
  return newest
}

function decodeCopy(bytes: Uint8Array, path: string, offset: number): BackupHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!startsWith(bytes, MAGIC) || view.getUint32(CRC_OFFSET, true) !== crc32c(bytes.subarray(0, CRC_OFFSET))) {
    return null
  }
  const r = new ByteReader(bytes, { file: path, offset }, MAGIC.length)
  const version = r.u32()
  if (version !== BACKUP_VERSION) {
    const text = `"${path}" is a backup of format version ${version}; this release reads version ${BACKUP_VERSION}`
    const hint = 'Use the release that wrote it, or a newer one.'
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: path, hint })
  }
  const flags = (r.u32() & ~KNOWN_FLAGS) >>> 0
  if (flags !== 0) {
    const text = `"${path}" uses features this release does not have (flags 0x${flags.toString(16)})`
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: path })
  }
  const databaseId = r.raw(16).slice()
  const links = r.u32()
  r.u32()
  const end = r.u64()
  const lastHash = r.raw(HASH_BYTES).slice()
  if (links < 1 || end < FIRST_LINK_OFFSET || end % BLOCK_SIZE !== 0) r.fail(`"${path}": the header is not consistent`)
  return { databaseId, links, end, lastHash }
}

function unreadable(file: FileHandle): DatabaseError {
  const { path } = file
  switch (kindOfFile(file)) {
    case 'backup':
      return corruption(`"${path}": both copies of the backup's header are damaged`, { file: path, offset: 0 })
    case 'database':
      return new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is a database, not a backup`, { file: path })
    default: return new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is not a SecantDB backup`, { file: path })
  }
}
