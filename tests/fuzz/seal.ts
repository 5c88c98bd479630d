// Puts checksums right after a mutation, so that it is the decoders that are tested and not the checksums: of
// every page, of the page map and its root, of the meta slots; and of log records.
import { crc32c } from '../../src/base/checksum.ts'
import { decodeMetaSlot, encodeMetaSlot } from '../../storage/page/meta-slot.ts'
import type { Meta } from '../../storage/page/meta-slot.ts'
import { BLOCK_SIZE, ENTRY_BYTES } from '../../storage/page/page-map.ts'
import { placeRecord } from '../../storage/wal/record.ts'

/** A page of a database file, by its map entry. */
export interface FilePage {
  readonly id: number
  readonly kind: number
  readonly begin: number
  readonly end: number
}

/** The newest root of an undamaged file. */
export function newestMeta(bytes: Uint8Array): Meta {
  const metas = [0, 1].flatMap((slot) =>
    decodeMetaSlot(bytes.subarray(slot * BLOCK_SIZE, (slot + 1) * BLOCK_SIZE), 'fuzz').map(({ meta }) => meta))
  return metas.filter((meta) => meta !== null).sort((a, b) => b.epoch - a.epoch)[0]!
}

function u32(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Pages of the newest root. */
export function filePages(bytes: Uint8Array): FilePage[] {
  const meta = newestMeta(bytes)
  const view = u32(bytes)
  const pages: FilePage[] = []
  const root = meta.mapRoot.block * BLOCK_SIZE
  for (let at = 0, id = 0; at < meta.mapRoot.byteLength; at += 16) {
    const map = view.getUint32(root + at, true) * BLOCK_SIZE
    for (let entry = map; id < meta.pageCount && entry < map + 16 * BLOCK_SIZE; entry += ENTRY_BYTES, id++) {
      const blocks = bytes[entry + 12]!
      if (blocks === 0) continue
      const begin = view.getUint32(entry, true) * BLOCK_SIZE
      pages.push({ id, kind: bytes[entry + 13]!, begin, end: begin + blocks * BLOCK_SIZE })
    }
  }
  return pages
}

/** Recomputes every checksum below the newest meta slot, and that slot. Pages outside the file are left alone. */
export function sealDatabase(bytes: Uint8Array, meta: Meta): void {
  const view = u32(bytes)
  const root = meta.mapRoot.block * BLOCK_SIZE
  let id = 0
  for (let at = 0; at < meta.mapRoot.byteLength; at += 16) {
    const map = view.getUint32(root + at, true) * BLOCK_SIZE
    const mapBytes = view.getUint32(root + at + 12, true) * BLOCK_SIZE
    for (let entry = map; id < meta.pageCount && entry < map + mapBytes; entry += ENTRY_BYTES, id++) {
      const begin = view.getUint32(entry, true) * BLOCK_SIZE
      const end = begin + bytes[entry + 12]! * BLOCK_SIZE
      if (end > begin && end <= bytes.length) view.setUint32(entry + 4, crc32c(bytes.subarray(begin, end)), true)
    }
    view.setUint32(root + at + 4, crc32c(bytes.subarray(map, map + mapBytes)), true)
  }
  const crc = crc32c(bytes.subarray(root, root + meta.mapRoot.blocks * BLOCK_SIZE))
  bytes.set(encodeMetaSlot({ ...meta, mapRoot: { ...meta.mapRoot, crc } }), (meta.epoch & 1) * BLOCK_SIZE)
}

/** A record of a log file. */
export interface LogRecord {
  readonly begin: number
  readonly end: number
}

/** Records of an undamaged segment that starts with a header of `headerBytes`. */
export function logRecords(bytes: Uint8Array, headerBytes: number, recordHeaderBytes: number): LogRecord[] {
  const view = u32(bytes)
  const records: LogRecord[] = []
  for (let at = headerBytes; at + recordHeaderBytes <= bytes.length && view.getUint32(at, true) !== 0;) {
    const end = at + recordHeaderBytes + view.getUint32(at + 4, true)
    if (end > bytes.length) break
    records.push({ begin: at, end })
    at = end
  }
  return records
}

/** Restores place, length and checksum of a record whose other bytes were changed. */
export function sealRecord(bytes: Uint8Array, original: Uint8Array, record: LogRecord): void {
  const was = u32(original)
  const view = u32(bytes)
  view.setUint32(record.begin + 4, was.getUint32(record.begin + 4, true), true)
  const lsn = was.getUint32(record.begin + 8, true) + was.getUint32(record.begin + 12, true) * 2 ** 32
  const durableLsn = lsn - was.getUint32(record.begin + 20, true)
  placeRecord(bytes, view, record.begin, { lsn, salt: was.getUint32(record.begin + 16, true), durableLsn })
}
