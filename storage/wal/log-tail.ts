// The end of the log, where records get their place: what is gathered in memory, the segment it will be written
// to, and where in it. A transaction goes into one segment whole; if it does not fit, the segment is complete
// and the next one begins.
//
//   segment … | written records | buffer: placed records, open transaction |
//                               ^ `lsn`, at file offset `offset`           ^ endLsn stops before the open one
import { assert } from '../../src/base/assert.ts'
import { COMMIT_BYTES, RECORD, RECORD_HEADER_BYTES, encodeCommit, placeRecord } from './record.ts'
import { RecordBuffer } from './record-buffer.ts'
import { SEGMENT_HEADER_BYTES } from './segment.ts'
import type { SegmentChain } from './segment-chain.ts'
import type { SegmentFile } from './segment-file.ts'

/** What the owner decides while a record is placed. */
export interface TailOwner {
  /** The segment that is appended to; throws when there is none, or the log is poisoned. */
  segment(): SegmentFile
  /** What a reader may hold against a shorter log. */
  knownDurable(): number
  /** All records of the segment are written; another is about to begin. */
  beforeRoll(): void
  afterRoll(full: SegmentFile): void
  /** Runs what must not fail half-way. */
  guarded(body: () => void): void
}

/** Gathers, places and writes records. */
export class LogTail {
  /** LSN of the first byte that is not written. */
  lsn: number
  /** Bytes written since open. */
  bytes = 0
  private readonly chain: SegmentChain
  private readonly owner: TailOwner
  private readonly buffer = new RecordBuffer()
  private offset = SEGMENT_HEADER_BYTES
  // Start of the open transaction in the buffer, -1 when none is open.
  private openAt = -1
  private openRecords = 0
  private txnId = 0

  constructor(chain: SegmentChain, lsn: number, owner: TailOwner) {
    this.chain = chain
    this.lsn = lsn
    this.owner = owner
  }

  /** LSN after the last placed record, written or not. */
  get endLsn(): number {
    return this.lsn + (this.openAt >= 0 ? this.openAt : this.buffer.length)
  }

  get isOpen(): boolean {
    return this.openAt >= 0
  }

  /** Bytes that are not written yet. */
  get gathered(): number {
    return this.buffer.length
  }

  /** Goes on where the newest segment's records end. */
  reopen(): void {
    const { segment } = this.chain.reopenLast()
    this.offset = SEGMENT_HEADER_BYTES + this.lsn - segment.header.startLsn
  }

  /** Begins the next segment; everything gathered so far must have been written. */
  beginSegment(): void {
    this.chain.begin(this.lsn, this.owner.knownDurable(), (body) => this.owner.guarded(body))
    this.offset = SEGMENT_HEADER_BYTES
  }

  /** True when a record with a body of this length goes into allocated blocks of the segment. */
  hasRoom(length: number): boolean {
    const end = this.offset + this.buffer.length + RECORD_HEADER_BYTES + length
    const segment = this.owner.segment()
    return end <= segment.segmentBytes && segment.covers(end)
  }

  /** Starts a transaction. */
  begin(txnId: number): void {
    assert(this.openAt < 0, 'one transaction is logged at a time')
    this.openAt = this.buffer.length
    this.openRecords = 0
    this.txnId = txnId
  }

  /** Adds a record to the open transaction; its body is copied. */
  append(type: number, tableId: number, body: Uint8Array, offset: number, length: number): void {
    assert(this.openAt >= 0, 'records are appended inside a transaction')
    this.buffer.append(type, this.txnId, tableId, body, offset, length)
    this.openRecords++
  }

  /** Adds the COMMIT record. */
  appendCommit(commitId: number, commitMs: number): void {
    assert(this.openAt >= 0, 'a transaction is open when it commits')
    const at = this.buffer.open(RECORD.COMMIT, this.txnId, 0, COMMIT_BYTES)
    encodeCommit(this.buffer.view, at, commitId, commitMs)
    this.openRecords++
  }

  /** Forgets the open transaction, if there is one. */
  abort(): void {
    if (this.openAt >= 0) this.buffer.length = this.openAt
    this.openAt = -1
  }

  /** Gives the open transaction its place and returns its number of records. On failure it is forgotten. */
  place(): number {
    try {
      this.makeRoom()
      this.placeRecords()
    } catch (error) {
      this.abort()
      throw error
    }
    this.openAt = -1
    return this.openRecords
  }

  // The open transaction goes where it fits whole: into this segment, or a new one, however large it is.
  private makeRoom(): void {
    const isFirst = this.offset + this.openAt === SEGMENT_HEADER_BYTES
    if (!isFirst && this.offset + this.buffer.length > this.owner.segment().segmentBytes) this.roll()
    const end = this.offset + this.buffer.length
    const segment = this.owner.segment()
    if (end <= segment.segmentBytes) segment.fill(end)
  }

  // A transaction larger than a segment finds out here whether the disk has room for it: written early,
  // it has no effect while its COMMIT is missing.
  private placeRecords(): void {
    const { buffer } = this
    const segment = this.owner.segment()
    const { salt } = segment.segment.header
    const place = { lsn: 0, salt, durableLsn: this.owner.knownDurable() }
    for (let at = this.openAt; at < buffer.length;) {
      place.lsn = this.lsn + at
      at += placeRecord(buffer.bytes, buffer.view, at, place)
    }
    if (segment.covers(this.offset + buffer.length)) return
    segment.file.write(this.offset, buffer.written())
    this.openAt = 0
    this.advance()
  }

  // Completes the segment; the open transaction's bytes become the first of the next. A write that fails
  // here fails this transaction only: what is buffered stays so, and is written again later.
  private roll(): void {
    const { buffer } = this
    const open = buffer.bytes.slice(this.openAt, buffer.length)
    buffer.length = this.openAt
    const full = this.owner.segment()
    if (buffer.length > 0) {
      full.file.write(this.offset, buffer.written())
      this.advance()
    }
    this.owner.beforeRoll()
    this.openAt = 0
    this.beginSegment()
    this.owner.afterRoll(full)
    buffer.reserve(open.length)
    buffer.bytes.set(open, 0)
  }

  /** Writes what is gathered; a failure poisons the log. */
  write(): void {
    const segment = this.owner.segment()
    if (this.buffer.length === 0) return
    this.owner.guarded(() => segment.file.write(this.offset, this.buffer.written()))
    this.advance()
  }

  // The buffer is in the file.
  private advance(): void {
    const { length } = this.buffer
    this.bytes += length
    this.offset += length
    this.lsn += length
    this.buffer.clear()
  }
}
