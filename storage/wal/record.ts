// One WAL record. The log is generic about bodies: rows and definitions are the table layer's bytes.
//
//   offset  bytes
//   0       4      CRC-32C of everything after it, body included
//   4       4      body length
//   8       8      LSN: position of this record in the log
//   16      4      salt of the segment
//   20      4      LSN minus the LSN known durable when the record was placed (at most 2^32 - 1)
//   24      6      transaction id
//   30      1      type (RECORD)
//   31      1      reserved (0)
//   32      4      table id
//   36      ...    body
//
// A record is valid at a position when the checksum holds and its LSN and salt are those of that
// position and segment: old bytes in a recycled segment, zeros and copies elsewhere never pass.
import { crc32cRange } from '../../src/base/checksum.ts'
import type { TableSchema } from '../../src/base/types.ts'
import { needsDefinitions } from '../catalog/schema-extras.ts'

/** What a record says. COMMIT ends a transaction; its body is the commit id and the time, see encodeCommit. */
export const RECORD = {
  INSERT: 1, UPDATE: 2, DELETE: 3, COMMIT: 4, DDL: 5, CHECKPOINT_BEGIN: 6, CHECKPOINT_END: 7, PUBLISH: 8, PAGE_IMAGE: 9,
  ABORT: 10, REPLACE: 11,
} as const
const ALONE: readonly number[] = [RECORD.CHECKPOINT_BEGIN, RECORD.CHECKPOINT_END, RECORD.PAGE_IMAGE, RECORD.ABORT]
/** True for records that are no part of a transaction and stand between them. */
export function standsAlone(type: number): boolean {
  return ALONE.includes(type)
}
/** First byte of a DDL record's body. */
export const DDL = {
  DROP: 0, CREATE_TABLE: 1, CREATE_INDEX: 2, CREATE_CHECKED_TABLE: 3, CREATE_DEFINED_TABLE: 4, ALTER: 5, OBJECT: 6,
} as const

/** The kind of the DDL record that creates a table: one of their own for what older releases must not pass over. */
export function createKind(schema: TableSchema): number {
  const { index, checks } = schema
  if (index !== undefined) return DDL.CREATE_INDEX
  if (needsDefinitions(schema)) return DDL.CREATE_DEFINED_TABLE
  return checks === undefined ? DDL.CREATE_TABLE : DDL.CREATE_CHECKED_TABLE
}
/** Bytes before the body. */
export const RECORD_HEADER_BYTES = 36
/** Largest body: a record is read and written whole. */
export const MAX_BODY_BYTES = 2 ** 30 + 2 ** 20 - 1
const TWO_32 = 0x1_0000_0000

/** A record as recovery hands it out: `body` is a view to read from `offset`, valid during the call. */
export interface WalRecord {
  lsn: number
  type: number
  txnId: number
  tableId: number
  body: Uint8Array
  offset: number
  length: number
  /** The transaction's commit id, on every record of it. */
  commitId: number
  /** Wall clock of the commit in ms since 1970, never going back within a log; 0 in logs of version 1. */
  commitMs: number
}

/** Where a record goes. */
export interface RecordPlace {
  lsn: number
  salt: number
  durableLsn: number
}

/**
 * Writes the header fields that are known before the place is. (setUint32 keeps the low 32 bits of its number; a
 * remainder by 2^32 would be a call.)
 */
export function encodeHeader(
  view: DataView, at: number, type: number, txnId: number, tableId: number, length: number,
): void {
  view.setUint32(at + 4, length, true)
  view.setUint32(at + 24, txnId, true)
  view.setUint16(at + 28, Math.floor(txnId / TWO_32), true)
  view.setUint16(at + 30, type, true)
  view.setUint32(at + 32, tableId, true)
}

/** Fixes the place of an encoded record and seals it; returns its bytes. */
export function placeRecord(bytes: Uint8Array, view: DataView, at: number, place: RecordPlace): number {
  const end = at + RECORD_HEADER_BYTES + view.getUint32(at + 4, true)
  view.setUint32(at + 8, place.lsn, true)
  view.setUint32(at + 12, Math.floor(place.lsn / TWO_32), true)
  view.setUint32(at + 16, place.salt, true)
  view.setUint32(at + 20, Math.min(place.lsn - place.durableLsn, TWO_32 - 1), true)
  view.setUint32(at, crc32cRange(bytes, at + 4, end), true)
  return end - at
}

/** True when a record with this LSN and salt stands at `at`, complete and undamaged, before `end`. */
export function isValidRecord(
  bytes: Uint8Array, view: DataView, at: number, expected: { lsn: number; salt: number; end: number },
): boolean {
  if (at + RECORD_HEADER_BYTES > expected.end) return false
  if (view.getUint32(at + 8, true) !== expected.lsn % TWO_32) return false
  if (view.getUint32(at + 12, true) !== Math.floor(expected.lsn / TWO_32)) return false
  if (view.getUint32(at + 16, true) !== expected.salt) return false
  const length = view.getUint32(at + 4, true)
  const end = at + RECORD_HEADER_BYTES + length
  if (length > MAX_BODY_BYTES || end > expected.end) return false
  return view.getUint32(at, true) === crc32cRange(bytes, at + 4, end)
}

/** Reads a valid record's fields. */
export function decodeRecord(bytes: Uint8Array, view: DataView, at: number): WalRecord {
  const lsn = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * TWO_32
  const txnId = view.getUint32(at + 24, true) + view.getUint16(at + 28, true) * TWO_32
  return {
    lsn, txnId, type: bytes[at + 30]!, tableId: view.getUint32(at + 32, true),
    body: bytes, offset: at + RECORD_HEADER_BYTES, length: view.getUint32(at + 4, true), commitId: 0,
    commitMs: 0,
  }
}

/** Bytes of a COMMIT body: commit id u64, wall clock u64 in ms. Version 1 of the log had the id alone. */
export const COMMIT_BYTES = 16

/** Writes the body of a COMMIT record at `at`. */
export function encodeCommit(view: DataView, at: number, commitId: number, commitMs: number): void {
  view.setUint32(at, commitId, true)
  view.setUint32(at + 4, Math.floor(commitId / TWO_32), true)
  view.setUint32(at + 8, commitMs, true)
  view.setUint32(at + 12, Math.floor(commitMs / TWO_32), true)
}

/** Reads the body of a COMMIT record; null when its length is not one a release has written. */
export function decodeCommit(view: DataView, record: WalRecord): { commitId: number; commitMs: number } | null {
  if (record.length !== COMMIT_BYTES && record.length !== 8) return null
  const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_32
  return { commitId: u64(record.offset), commitMs: record.length === 8 ? 0 : u64(record.offset + 8) }
}

/** LSN that was known durable when a valid record was placed; exact unless 4 GiB or more behind. */
export function durableLsnOf(view: DataView, at: number, lsn: number): number {
  return lsn - view.getUint32(at + 20, true)
}
