// Appending to the log. Records of a transaction gather in memory and get their place, checksum and
// COMMIT record together in commit(): only whole committed transactions are ever written (W1).
//
//   begin ─ append … ─ commit ──► buffer ──sync / syncSoon──► file (write) ──► durable (fdatasync)
//
//   syncSoon is group commit: everything committed while a sync is in flight shares the next one.
//
// A log that fails to be written or synced is poisoned: every later call throws 58030 (F5). Running out of
// disk space is met in commit(), which fills the file ahead, before the transaction has any effect.
import { randomInt } from 'node:crypto'
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { folderOf, poisonedError } from '../file/file.ts'
import type { FileSystem } from '../file/file.ts'
import { GroupCommit } from './group-commit.ts'
import { COMMIT_BYTES, MAX_BODY_BYTES, RECORD, RECORD_HEADER_BYTES } from './record.ts'
import { encodeCommit, encodeHeader, placeRecord } from './record.ts'
import type { WalRecord } from './record.ts'
import { SEGMENT_HEADER_BYTES, WAL_VERSION, listSegments, spareName } from './segment.ts'
import type { Segment } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import { prepareFolder } from './wal-folder.ts'
import { readLog } from './wal-reader.ts'
import type { RecoveryResult } from './wal-reader.ts'

/** LSN of the first record of a new log. 0 stays free to mean "no log yet". */
export const FIRST_LSN = 1
const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024
// Segment files kept for reuse instead of being removed.
const MAX_SPARES = 2
const BUFFER_BYTES = 64 * 1024
// A buffer that a large transaction made grow beyond this is dropped after it was written.
const MAX_KEPT_BUFFER_BYTES = 4 * 1024 * 1024
const TWO_32 = 0x1_0000_0000

/** full: commits are durable; normal: durable at the next checkpoint; off: only segment headers are synced. */
export type Synchronous = 'full' | 'normal' | 'off'

/** How a log is opened. */
export interface WalOptions {
  synchronous: Synchronous
  databaseId: Uint8Array
  segmentBytes?: number
  /** Only recover; appending is refused. */
  readOnly?: boolean
  /**
   * A log without any segment is then taken for an empty one that starts at the redo LSN: right for a
   * database that was closed cleanly, and always assumed of one that has never had a commit.
   */
  allowMissing?: boolean
  /** Wall clock in ms; Date.now unless a test says otherwise. */
  now?: () => number
}

/** Counters since open, and what recovery did. */
export interface WalStats {
  bytes: number
  records: number
  commits: number
  syncs: number
  segments: number
  recoveredRecords: number
  recoveredCommits: number
  /** Bytes of an incomplete tail that recovery ignored. */
  tornBytes: number
}

/** The write-ahead log of one database. */
export class Wal {
  private readonly files: FileSystem
  private readonly folder: string
  private readonly options: WalOptions
  private readonly segmentBytes: number
  private readonly segments: Segment[]
  private readonly spares: string[] = []
  private lastNumber: number
  private current: SegmentFile | null = null
  // Completed segments that are written but not synced (synchronous = normal).
  private unsynced: SegmentFile[] = []
  // Bytes not written yet. The first one has LSN `bufferLsn` and belongs at file offset `bufferOffset`.
  private buffer = new Uint8Array(BUFFER_BYTES)
  private view = new DataView(this.buffer.buffer)
  private bufferLsn: number
  private bufferOffset = SEGMENT_HEADER_BYTES
  private bufferLength = 0
  // Start of the open transaction in the buffer, -1 when none is open.
  private txnStart = -1
  private txnRecords = 0
  private txnId = 0
  lastCommitMs: number // wall clock of the last commit in the log, 0 = unknown
  // What an fdatasync covers, and what `synchronous` asks for.
  private durable: number
  private flushed: number
  private readonly groups: GroupCommit
  private poison: unknown = null
  private readonly counts: WalStats

  private constructor(
    place: { files: FileSystem; folder: string }, options: WalOptions, found: RecoveryResult | null, firstLsn: number,
  ) {
    this.files = place.files
    this.folder = place.folder
    this.options = options
    this.segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES
    this.segments = found?.segments.slice() ?? []
    this.lastNumber = found?.lastNumber ?? 0
    this.bufferLsn = found?.endLsn ?? firstLsn
    this.lastCommitMs = found?.lastCommitMs ?? 0
    this.durable = this.bufferLsn
    this.flushed = this.bufferLsn
    this.counts = {
      bytes: 0, records: 0, commits: 0, syncs: 0, segments: 0, recoveredRecords: found?.records ?? 0,
      recoveredCommits: found?.commits ?? 0, tornBytes: found?.tornBytes ?? 0,
    }
    this.groups = new GroupCommit({
      isSafe: () => this.poison === null && this.flushed >= this.endLsn,
      start: () => this.startGroup(),
      finish: (lsn) => {
        this.counts.syncs++
        this.markDurable(lsn)
      },
      fail: (error) => {
        this.poison ??= error
        return poisonedError(this.folder)
      },
    })
  }

  /**
   * Opens the log in `folder` and hands every record of every complete transaction from `redoLsn` on to
   * `onRecord`, in order; then stands ready to append. `redoLsn` 0 makes a new log. A torn tail is
   * ignored; damage in what was durable is XX001 and leaves the files as they are.
   */
  static open(
    files: FileSystem, folder: string, options: WalOptions, redoLsn: number, onRecord: (record: WalRecord) => void,
  ): Wal {
    let found: RecoveryResult | null = null
    if (redoLsn > 0) {
      const mayBeMissing = redoLsn === FIRST_LSN || options.allowMissing === true
      found = readLog(files, { folder, databaseId: options.databaseId, redoLsn, mayBeMissing }, onRecord)
    }
    if (found === null && options.readOnly !== true) prepareFolder(files, folder, redoLsn === 0)
    const wal = new Wal({ files, folder }, options, found, Math.max(redoLsn, FIRST_LSN))
    if (options.readOnly !== true) wal.startAppending(found)
    return wal
  }

  // What recovery replayed may be in the operating system's cache only (its writer was killed), so bytes and
  // names are synced before anything is built on them. Appending goes on behind a clean end; behind a torn one
  // it starts in a new segment, with a new salt, so that what is left of the tail can never come back.
  private startAppending(found: RecoveryResult | null): void {
    for (const path of found?.leftovers ?? []) this.files.unlink(path)
    this.spares.push(...listSegments(this.files, this.folder).spares.map((name) => `${this.folder}/${name}`))
    this.syncFound()
    const last = this.segments[this.segments.length - 1]
    const isSameMode = (last?.header.durableLsn === 0) === (this.options.synchronous === 'off')
    if (last?.header.version === WAL_VERSION && isSameMode && found?.lastIsClean === true) {
      this.current = new SegmentFile(last, this.files.open(last.path, 'write'), this.segmentBytes)
      this.bufferOffset = SEGMENT_HEADER_BYTES + this.bufferLsn - last.header.startLsn
    } else this.beginSegment(this.bufferLsn)
  }

  private syncFound(): void {
    for (const { path } of this.segments) {
      const file = this.files.open(path, 'write')
      try {
        file.sync()
      } finally {
        file.close()
      }
    }
    this.files.syncDir(this.folder)
    this.files.syncDir(folderOf(this.folder))
  }

  /** LSN after the last commit, written or not. */
  get endLsn(): number {
    return this.bufferLsn + (this.txnStart >= 0 ? this.txnStart : this.bufferLength)
  }

  /** Every commit below it is as safe as `synchronous` promises. */
  get flushedLsn(): number {
    return this.flushed
  }

  /** A write or sync has failed: nothing can be logged any more (F5). */
  get isPoisoned(): boolean {
    return this.poison !== null
  }

  get stats(): WalStats {
    return { ...this.counts, segments: this.segments.length }
  }

  private requireUsable(): SegmentFile {
    if (this.poison !== null) throw poisonedError(this.folder)
    if (this.options.readOnly === true) {
      throw new DatabaseError(CODE.READ_ONLY, `"${this.folder}" is open read-only`, { file: this.folder })
    }
    const { current, folder } = this
    if (current === null) throw new DatabaseError(CODE.NOT_OPEN, `"${folder}" is closed`, { file: folder })
    return current
  }

  // Runs what must not fail half-way; a failure poisons the log.
  private guarded<T>(body: () => T): T {
    try {
      return body()
    } catch (error) {
      this.poison ??= error
      throw error
    }
  }

  /** Starts gathering a transaction. One at a time; end it with commit or abort. */
  begin(txnId: number): void {
    this.requireUsable()
    assert(this.txnStart < 0, 'one transaction is logged at a time')
    this.txnStart = this.bufferLength
    this.txnRecords = 0
    this.txnId = txnId
  }

  /** Adds a record; its body is copied. */
  append(type: number, tableId: number, body: Uint8Array, offset: number, length: number): void {
    assert(this.txnStart >= 0, 'records are appended inside a transaction')
    if (length > MAX_BODY_BYTES) {
      throw new DatabaseError(CODE.PROGRAM_LIMIT, `a log record of ${length} bytes is too large`)
    }
    const at = this.reserve(RECORD_HEADER_BYTES + length)
    encodeHeader(this.view, at, { type, txnId: this.txnId, tableId, length })
    const target = at + RECORD_HEADER_BYTES
    if (length < 64) for (let i = 0; i < length; i++) this.buffer[target + i] = body[offset + i]!
    else this.buffer.set(body.subarray(offset, offset + length), target)
    this.txnRecords++
  }

  private reserve(count: number): number {
    const at = this.bufferLength
    if (at + count > this.buffer.length) {
      let capacity = this.buffer.length * 2
      while (capacity < at + count) capacity *= 2
      this.replaceBuffer(capacity)
    }
    this.bufferLength = at + count
    return at
  }

  private replaceBuffer(capacity: number): void {
    const replaced = new Uint8Array(capacity)
    replaced.set(this.buffer.subarray(0, this.bufferLength))
    this.buffer = replaced
    this.view = new DataView(replaced.buffer)
  }

  /** Forgets the open transaction, if there is one. */
  abort(): void {
    if (this.txnStart >= 0) this.bufferLength = this.txnStart
    this.txnStart = -1
  }

  /**
   * Ends the transaction and gives its records their place. Returns the LSN after it: the commit is
   * safe when flushedLsn has reached it. On failure (53100, 58030) the transaction is forgotten.
   */
  commit(commitId: number): number {
    this.requireUsable()
    assert(this.txnStart >= 0, 'commit ends a transaction')
    const at = this.reserve(RECORD_HEADER_BYTES + COMMIT_BYTES)
    encodeHeader(this.view, at, { type: RECORD.COMMIT, txnId: this.txnId, tableId: 0, length: COMMIT_BYTES })
    // A clock that was set back must not make a later commit look earlier: restoring to a time needs an order.
    this.lastCommitMs = Math.max(this.lastCommitMs, (this.options.now ?? Date.now)())
    encodeCommit(this.view, at + RECORD_HEADER_BYTES, commitId, this.lastCommitMs)
    try {
      this.makeRoom()
      this.placeTransaction()
    } catch (error) {
      this.abort()
      throw error
    }
    this.counts.records += this.txnRecords + 1
    this.counts.commits++
    this.txnStart = -1
    return this.endLsn
  }

  // The open transaction goes where it fits whole: into this segment, or a new one, however large it is.
  private makeRoom(): void {
    const isFirst = this.bufferOffset + this.txnStart === SEGMENT_HEADER_BYTES
    if (!isFirst && this.bufferOffset + this.bufferLength > this.segmentBytes) this.roll()
    const end = this.bufferOffset + this.bufferLength
    const segment = this.requireUsable()
    if (end <= this.segmentBytes) segment.fill(end)
  }

  // A transaction larger than a segment finds out here whether the disk has room for it: written early,
  // it has no effect while its COMMIT is missing.
  private placeTransaction(): void {
    const segment = this.requireUsable()
    const { salt } = segment.segment.header
    const durableLsn = this.knownDurable()
    for (let at = this.txnStart; at < this.bufferLength;) {
      const place = { lsn: this.bufferLsn + at, salt, durableLsn }
      at += placeRecord(this.buffer, this.view, at, place)
    }
    if (!segment.covers(this.bufferOffset + this.bufferLength)) {
      segment.file.write(this.bufferOffset, this.buffer.subarray(0, this.bufferLength))
      this.txnStart = 0
      this.advance()
    }
  }

  // What a reader may hold against a shorter log. Without syncs nothing ever is durable.
  private knownDurable(): number {
    return this.options.synchronous === 'off' ? 0 : this.durable
  }

  // Completes the segment; the open transaction's bytes become the first of the next. A write that fails
  // here fails this transaction only: what is buffered stays so, and is written again later.
  private roll(): void {
    const open = this.buffer.slice(this.txnStart, this.bufferLength)
    this.bufferLength = this.txnStart
    const full = this.requireUsable()
    if (this.bufferLength > 0) {
      full.file.write(this.bufferOffset, this.buffer.subarray(0, this.bufferLength))
      this.advance()
    }
    if (this.options.synchronous === 'full') this.syncNow()
    this.txnStart = 0
    this.beginSegment(this.bufferLsn)
    if (this.options.synchronous === 'normal') this.unsynced.push(full)
    else full.file.close()
    this.reserve(open.length)
    this.buffer.set(open, 0)
  }

  // Until the header is written a failure leaves the log as it was; after that it is poisoned, because a
  // half-made segment must not be overtaken by more records in the old one.
  private beginSegment(startLsn: number): void {
    const salt = randomInt(TWO_32)
    const { options: { databaseId }, lastNumber: before } = this
    const number = this.lastNumber = before + 1
    const header = { version: WAL_VERSION, number, startLsn, durableLsn: this.knownDurable(), salt, databaseId }
    const place = { files: this.files, folder: this.folder, segmentBytes: this.segmentBytes }
    const next = SegmentFile.prepare(place, header, this.spares.pop() ?? null)
    this.guarded(() => next.start(this.files, this.folder))
    this.current = next
    this.segments.push(next.segment)
    this.bufferOffset = SEGMENT_HEADER_BYTES
  }

  /**
   * Writes what is buffered and, for `full`, waits until it is durable. `force` makes it durable under
   * `normal` too: a checkpoint asks for that.
   */
  sync(force = false): void {
    this.requireUsable()
    assert(this.txnStart < 0, 'no transaction is open while syncing')
    this.writeBuffer()
    const { synchronous } = this.options
    const mustSync = synchronous === 'full' || (force && synchronous === 'normal')
    if (mustSync && this.durable < this.bufferLsn) this.syncNow()
    this.flushed = this.bufferLsn
  }

  private writeBuffer(): void {
    const segment = this.requireUsable()
    if (this.bufferLength === 0) return
    this.guarded(() => segment.file.write(this.bufferOffset, this.buffer.subarray(0, this.bufferLength)))
    this.advance()
  }

  // The buffer is in the file.
  private advance(): void {
    this.counts.bytes += this.bufferLength
    this.bufferOffset += this.bufferLength
    this.bufferLsn += this.bufferLength
    this.bufferLength = 0
    if (this.buffer.length > MAX_KEPT_BUFFER_BYTES) this.replaceBuffer(BUFFER_BYTES)
  }

  private syncNow(): void {
    const segment = this.requireUsable()
    this.guarded(() => {
      for (const { file } of this.unsynced) {
        file.sync()
        file.close()
      }
      this.unsynced = []
      segment.file.sync()
    })
    this.counts.syncs++
    this.markDurable(this.bufferLsn)
  }

  private markDurable(lsn: number): void {
    if (lsn > this.durable) this.durable = lsn
    if (lsn > this.flushed) this.flushed = lsn
  }

  /** Group commit: resolves when everything committed before the call is safe; concurrent callers share a sync. */
  syncSoon(): Promise<void> {
    this.requireUsable()
    if (this.options.synchronous !== 'full') {
      this.sync()
      return Promise.resolve()
    }
    if (this.flushed >= this.endLsn) return Promise.resolve()
    return this.groups.request()
  }

  private startGroup(): { lsn: number; synced: Promise<void> } {
    const { file } = this.requireUsable()
    this.writeBuffer()
    return { lsn: this.bufferLsn, synced: file.syncAsync() }
  }

  /**
   * Gives up segments that lie wholly before `redoLsn`, the redo LSN of the *older* meta slot (F4). Some
   * files are kept to become segments again.
   */
  recycle(redoLsn: number): void {
    this.requireUsable()
    while (this.segments.length > 1 && this.segments[1]!.header.startLsn <= redoLsn) {
      const { path, header } = this.segments.shift()!
      for (const { segment, file } of this.unsynced) if (segment.path === path) file.close()
      this.unsynced = this.unsynced.filter(({ segment }) => segment.path !== path)
      if (this.spares.length < MAX_SPARES) {
        const spare = `${this.folder}/${spareName(header.number)}`
        this.files.rename(path, spare)
        this.spares.push(spare)
      } else this.files.unlink(path)
    }
  }

  /** Writes and syncs what is buffered and closes the files. A poisoned log is closed as it is. */
  close(): void {
    const segment = this.current
    if (segment === null) return
    this.abort()
    try {
      if (this.poison === null) this.sync(true)
    } finally {
      this.current = null
      for (const { file } of this.unsynced) file.close()
      segment.file.close()
    }
  }
}
