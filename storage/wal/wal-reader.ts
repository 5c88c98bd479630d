// Reading the log at open: which records are valid, where the log ends, and whether the end is a torn
// tail (quiet) or damage (XX001, nothing touched).
//
// The log is the longest prefix of complete transactions. Records after the last COMMIT have no effect (W1).
// What stops the prefix at LSN e is a torn tail unless something shows that bytes past e were durable:
//   - a valid record further on, or the header of a later segment, that names a durable LSN above e;
//   - in a middle segment, records that end before the next segment starts (a segment is only begun after
//     the one before it is complete).
// A damaged *last* transaction with nothing after it cannot be told from a torn one: the limit of any log.
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileSystem } from '../file/file.ts'
import { RECORD, RECORD_HEADER_BYTES, decodeCommit, decodeRecord, durableLsnOf } from './record.ts'
import { isValidRecord, standsAlone } from './record.ts'
import type { WalRecord } from './record.ts'
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, listSegments, readWhole, segmentName } from './segment.ts'
import type { Segment } from './segment.ts'

// Bytes a search for stray records may checksum: about half a second.
const MAX_PROBED_BYTES = 512 * 1024 * 1024

/** What recovery found. */
export interface RecoveryResult {
  /** Segments that hold the valid log from the redo LSN on, ascending; empty for a new log. */
  segments: Segment[]
  /** Segment files after the end of the log: never filled, or torn while being made. */
  leftovers: string[]
  /** Highest segment number seen. */
  lastNumber: number
  endLsn: number
  /** True when nothing of the last segment's own stands behind the end of the log: it can be appended to. */
  lastIsClean: boolean
  records: number
  commits: number
  /** Wall clock of the last commit in the log, 0 = unknown. */
  lastCommitMs: number
  /** Bytes of a torn tail that were ignored. */
  tornBytes: number
}

interface ReadOptions {
  folder: string
  databaseId: Uint8Array
  redoLsn: number
  /** No segment at all, or only ones whose making was cut short, counts as an empty log. */
  mayBeMissing: boolean
}

interface SegmentEnd {
  /** LSN after the last complete transaction. */
  lsn: number
  /** Bytes after it up to the last trace of a record of this segment. */
  tornBytes: number
}

/** Walks the log from `redoLsn` on and hands out the records of complete transactions; null = no log. */
export function readLog(
  files: FileSystem, options: ReadOptions, onRecord: (record: WalRecord) => void,
): RecoveryResult | null {
  const { folder, databaseId, redoLsn, mayBeMissing } = options
  const numbers = files.exists(folder) ? listSegments(files, folder).numbers : []
  const found = numbers.map((number) => openSegment(files, folder, number, databaseId))
  const first = found.findLastIndex((entry) => entry.segment !== null && entry.segment.header.startLsn <= redoLsn)
  if (first < 0) {
    for (const { path, bytes, segment } of found) {
      if (segment === null) refuseDurable(bytes(), { path, from: redoLsn, salt: null, startLsn: 0 })
    }
    if (mayBeMissing && found.every(({ segment }) => segment === null)) return null
    throw missing(folder, redoLsn)
  }
  const result: RecoveryResult = {
    segments: [], leftovers: [], lastNumber: numbers[numbers.length - 1]!, endLsn: 0, lastIsClean: false,
    records: 0, commits: 0, lastCommitMs: 0, tornBytes: 0,
  }
  const count = (record: WalRecord): void => {
    if (record.type === RECORD.COMMIT) result.lastCommitMs = record.commitMs
    if (record.lsn < redoLsn) return
    if (!standsAlone(record.type)) result.records++
    if (record.type === RECORD.COMMIT) result.commits++
    onRecord(record)
  }
  let isBroken = false
  for (let i = first; i < found.length; i++) {
    const { segment, bytes, path } = found[i]!
    if (segment === null) {
      refuseDurable(bytes(), { path, from: result.endLsn, salt: null, startLsn: 0 })
      result.leftovers.push(path)
      continue
    }
    if (isBroken || (i > first && segment.header.startLsn !== result.endLsn)) {
      refuseGap(segment, result.endLsn, result.segments[result.segments.length - 1]!.path)
      isBroken = true
      result.leftovers.push(path)
      continue
    }
    const next = found.slice(i + 1).find((later) => later.segment !== null)?.segment
    const end = readSegment(segment, bytes(), next?.header.startLsn ?? Infinity, count)
    result.segments.push(segment)
    result.endLsn = end.lsn
    result.lastIsClean = end.tornBytes === 0
    result.tornBytes += end.tornBytes
  }
  if (result.endLsn < redoLsn) skipLostTail(result, folder, redoLsn)
  return result
}

function missing(folder: string, redoLsn: number): DatabaseError {
  const hint = 'The folder belongs to the database file: copy or move both together, or use a backup.'
  return corruption(`"${folder}": the WAL segment with LSN ${redoLsn} is missing`, { file: folder, hint })
}

// Up to the redo LSN everything is in the pages. A log that was never synced may have lost it; one that
// was cannot have.
function skipLostTail(result: RecoveryResult, folder: string, redoLsn: number): void {
  const { header } = result.segments[result.segments.length - 1]!
  if (header.durableLsn > 0) {
    const text = `"${folder}": the WAL ends at LSN ${result.endLsn}, before the checkpoint's LSN ${redoLsn}`
    throw corruption(text, { file: folder })
  }
  result.endLsn = redoLsn
  result.lastIsClean = false
}

interface FoundSegment {
  path: string
  segment: Segment | null
  bytes: () => Uint8Array
}

function openSegment(files: FileSystem, folder: string, number: number, databaseId: Uint8Array): FoundSegment {
  const path = `${folder}/${segmentName(number)}`
  const file = files.open(path, 'read')
  try {
    const head = new Uint8Array(SEGMENT_HEADER_BYTES)
    const header = decodeSegmentHeader(head.subarray(0, file.read(0, head)), { path, number, databaseId })
    return { path, segment: header === null ? null : { path, header }, bytes: () => readFileAt(files, path) }
  } finally {
    file.close()
  }
}

function readFileAt(files: FileSystem, path: string): Uint8Array {
  const file = files.open(path, 'read')
  try {
    return readWhole(file)
  } finally {
    file.close()
  }
}

// Hands out complete transactions up to `limitLsn` (where the next segment starts).
function readSegment(
  segment: Segment, bytes: Uint8Array, limitLsn: number, onRecord: (record: WalRecord) => void,
): SegmentEnd {
  const { startLsn, salt } = segment.header
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = Math.min(bytes.length, limitLsn - startLsn + SEGMENT_HEADER_BYTES)
  const units = new UnitReader(segment.path, view, onRecord)
  let at = SEGMENT_HEADER_BYTES
  let committed = at
  while (isValidRecord(bytes, view, at, { lsn: startLsn + at - SEGMENT_HEADER_BYTES, salt, end })) {
    const record = decodeRecord(bytes, view, at)
    at = record.offset + record.length
    if (units.add(record)) committed = at
  }
  const lsn = startLsn + committed - SEGMENT_HEADER_BYTES
  const tail = bytes.subarray(committed, end)
  const trace = Buffer.from(tail.buffer, tail.byteOffset, tail.length).lastIndexOf(saltBytes(salt))
  if (lsn === limitLsn || trace < 0) return { lsn, tornBytes: 0 }
  refuseDurable(bytes.subarray(0, end), { path: segment.path, from: lsn, salt, startLsn })
  return { lsn, tornBytes: trace + 4 }
}

function saltBytes(salt: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(salt)
  return bytes
}

// Gathers records into what takes effect as a whole: a transaction, or a record that stands alone.
class UnitReader {
  private readonly path: string
  private readonly view: DataView
  private readonly onRecord: (record: WalRecord) => void
  private pending: WalRecord[] = []

  constructor(path: string, view: DataView, onRecord: (record: WalRecord) => void) {
    this.path = path
    this.view = view
    this.onRecord = onRecord
  }

  /** Adds the next record; true when it ends a unit, whose records have then been handed out. */
  add(record: WalRecord): boolean {
    this.pending.push(record)
    const isAlone = standsAlone(record.type)
    if (!isAlone && record.type !== RECORD.COMMIT) return false
    if (record.type === RECORD.COMMIT) this.fillIn(record)
    else if (this.pending.length > 1) throw this.malformed(record)
    for (const each of this.pending) this.onRecord(each)
    this.pending = []
    return true
  }

  // The commit id is known at the end only; a valid checksum over a nonsensical transaction is an engine's mistake.
  private fillIn(commit: WalRecord): void {
    const end = decodeCommit(this.view, commit)
    if (end === null || !this.pending.every((record) => record.txnId === commit.txnId)) throw this.malformed(commit)
    for (const record of this.pending) {
      record.commitId = end.commitId
      record.commitMs = end.commitMs
    }
  }

  private malformed(last: WalRecord): DatabaseError {
    return corruption(`"${this.path}": the transaction that ends at LSN ${last.lsn} is malformed`, { file: this.path })
  }
}

interface TailPlace {
  path: string
  /** LSN where the valid log ends. */
  from: number
  /** Salt of the segment, null when its header is unreadable. */
  salt: number | null
  startLsn: number
}

// Looks for a valid record that was placed when more than `from` was already durable. Where the header is
// gone (it is synced before any record is written), `from` itself is enough.
function refuseDurable(bytes: Uint8Array, place: TailPlace): void {
  const begin = place.salt === null ? SEGMENT_HEADER_BYTES : place.from - place.startLsn + SEGMENT_HEADER_BYTES
  const mayStand = (at: number, lsn: number): boolean => place.salt === null ? lsn >= place.from
    : lsn === place.startLsn + at - SEGMENT_HEADER_BYTES
  forEachValidRecord(bytes, { begin, salt: place.salt, mayStand }, (at, lsn, view) => {
    const durable = durableLsnOf(view, at, lsn)
    if (durable > place.from || (place.salt === null && durable === place.from)) {
      throw damaged(place.path, begin, place.from, lsn)
    }
  })
}

/** True when a record with a valid checksum stands anywhere behind the header. */
export function holdsRecords(bytes: Uint8Array): boolean {
  let count = 0
  const mayStand = (_at: number, lsn: number): boolean => lsn > 0
  forEachValidRecord(bytes, { begin: SEGMENT_HEADER_BYTES, salt: null, mayStand }, () => count++)
  return count > 0
}

interface Probe {
  begin: number
  /** Only records with this salt; null = any. */
  salt: number | null
  mayStand: (at: number, lsn: number) => boolean
}

// Tries every offset where a record may stand. Bytes made to look like many long records would cost a
// checksum each, so the work is bounded.
function forEachValidRecord(
  bytes: Uint8Array, probe: Probe, visit: (at: number, lsn: number, view: DataView) => void,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let budget = MAX_PROBED_BYTES
  for (const at of candidates(bytes, probe)) {
    const length = view.getUint32(at + 4, true)
    if (length > bytes.length - at - RECORD_HEADER_BYTES) continue
    const lsn = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 0x1_0000_0000
    const salt = view.getUint32(at + 16, true)
    if (!Number.isSafeInteger(lsn) || !probe.mayStand(at, lsn)) continue
    budget -= length + RECORD_HEADER_BYTES
    if (budget < 0) return
    if (isValidRecord(bytes, view, at, { lsn, salt, end: bytes.length })) visit(at, lsn, view)
  }
}

// Offsets with room for a header; with a known salt only those that have it in its place.
function* candidates(bytes: Uint8Array, { begin, salt }: Probe): Iterable<number> {
  const last = bytes.length - RECORD_HEADER_BYTES
  if (salt === null) {
    for (let at = begin; at <= last; at++) yield at
    return
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const wanted = saltBytes(salt)
  let found = buffer.indexOf(wanted, begin + 16)
  while (found >= 0 && found - 16 <= last) {
    yield found - 16
    found = buffer.indexOf(wanted, found + 1)
  }
}

function damaged(path: string, offset: number, from: number, later: number): DatabaseError {
  const text = `"${path}": the WAL is damaged at offset ${offset} (LSN ${from}); valid records follow at LSN ${later}`
  const hint = 'Nothing was changed. Restore the file from a copy; opening would lose acknowledged commits.'
  return new DatabaseError(CODE.CORRUPT, text, { file: path, offset, hint })
}

// A segment that does not continue the log: damage when what is missing had been durable.
function refuseGap(segment: Segment, endLsn: number, before: string): void {
  const { durableLsn, startLsn } = segment.header
  if (durableLsn > endLsn) throw damaged(before, 0, endLsn, startLsn)
}
