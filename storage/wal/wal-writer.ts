// Appending to the log. Records of a transaction gather in memory and get their place, checksum and
// COMMIT record together in commit(): only whole committed transactions are ever written (W1). Records
// that stand alone (checkpoints, page images, aborts) are placed at once by note().
//
//   begin ─ append … ─ commit ──► buffer ──sync / syncSoon──► file (write) ──► durable (fdatasync)
//
//   full     a commit is durable when it returns; syncSoon is group commit: everything committed while a sync is
//            in flight shares the next one
//   normal   a commit is written; durable after `flushIntervalMs`, `flushBytes`, or the next checkpoint
//   off      a commit is written; nothing but segment headers is ever synced
//
// A log that fails to be written or synced is poisoned: every later call throws 58030 (F5), and `onFailure` is
// told, because a flush in the background has nobody to throw at. Running out of disk space is met in commit(),
// which fills the file ahead, before the transaction has any effect.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { poisonedError } from '../file/file.ts'
import type { FileSystem } from '../file/file.ts'
import { IoQueue } from '../file/io-queue.ts'
import { GroupCommit } from './group-commit.ts'
import type { WalRecord } from './record.ts'
import { LogTail } from './log-tail.ts'
import { WAL_VERSION } from './segment.ts'
import { SegmentArchive } from './segment-archive.ts'
import { SegmentChain } from './segment-chain.ts'
import type { SegmentFile } from './segment-file.ts'
import { prepareFolder } from './wal-folder.ts'
import type { Synchronous, WalOptions, WalStats } from './wal-options.ts'
import { readLog } from './wal-reader.ts'
import type { RecoveryResult } from './wal-reader.ts'

/** LSN of the first record of a new log. 0 stays free to mean "no log yet". */
export const FIRST_LSN = 1
const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024
// Records that stand alone are written out when this much of them has gathered.
const NOTED_BYTES = 1024 * 1024

/** The write-ahead log of one database. */
export class Wal {
  /** Told once when a write or sync has failed. */
  onFailure: ((error: unknown) => void) | null = null
  private readonly folder: string
  private readonly options: WalOptions
  private readonly chain: SegmentChain
  private readonly io: IoQueue
  private mode: Synchronous
  private flushIntervalMs: number
  private flushBytes: number
  private flushTimer: NodeJS.Timeout | null = null
  private archive: SegmentArchive | null = null
  private readonly tail: LogTail
  /** Wall clock of the last commit in the log, 0 = unknown. */
  lastCommitMs: number
  // What an fdatasync covers, and what `synchronous` asks for.
  private durable: number
  private flushed: number
  private readonly groups: GroupCommit
  private poison: unknown = null
  private readonly counts = { records: 0, commits: 0, syncs: 0 }
  private readonly found: RecoveryResult | null

  private constructor(
    place: { files: FileSystem; folder: string }, options: WalOptions, found: RecoveryResult | null, firstLsn: number,
  ) {
    const { databaseId } = options
    this.folder = place.folder
    this.options = options
    this.found = found
    this.io = options.io ?? new IoQueue()
    this.mode = options.synchronous
    this.flushIntervalMs = options.flushIntervalMs ?? 0
    this.flushBytes = options.flushBytes ?? 0
    this.chain = new SegmentChain({ ...place, databaseId }, options.segmentBytes ?? DEFAULT_SEGMENT_BYTES, found)
    this.lastCommitMs = found?.lastCommitMs ?? 0
    this.tail = new LogTail(this.chain, found?.endLsn ?? firstLsn, {
      segment: () => this.requireUsable(),
      knownDurable: () => this.knownDurable(),
      beforeRoll: () => {
        if (this.mode === 'full') this.syncNow()
      },
      afterRoll: (full) => {
        this.chain.retire(full, this.mode !== 'normal')
        this.archive?.storeSoon(this.chain, this.durable)
      },
      guarded: (body) => this.guarded(body),
    })
    this.durable = this.tail.lsn
    this.flushed = this.tail.lsn
    if (typeof options.archive === 'string') this.archive = new SegmentArchive(place.files, options.archive, this.io)
    this.groups = new GroupCommit({
      isSafe: () => this.poison === null && this.durable >= this.endLsn,
      start: () => this.startGroup(),
      syncHere: () => this.sync(true),
      finish: (lsn) => {
        this.counts.syncs++
        this.markDurable(lsn)
      },
      fail: (error) => {
        this.fail(error)
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
    const { chain } = this
    chain.adopt(found?.leftovers ?? [])
    const last = chain.segments[chain.segments.length - 1]
    const isSameMode = (last?.header.durableLsn === 0) === (this.mode === 'off')
    if (last?.header.version === WAL_VERSION && isSameMode && found?.lastIsClean === true) {
      this.tail.reopen()
    } else this.tail.beginSegment()
  }

  /** LSN after the last commit, written or not. */
  get endLsn(): number {
    return this.tail.endLsn
  }

  /** Every commit below it is as safe as `synchronous` promises. */
  get flushedLsn(): number {
    return this.flushed
  }

  /** Every commit below it survives a loss of power. */
  get durableLsn(): number {
    return this.durable
  }

  /** A write or sync has failed: nothing can be logged any more (F5). */
  get isPoisoned(): boolean {
    return this.poison !== null
  }

  /** How safe a commit is when it returns. */
  get synchronous(): Synchronous {
    return this.mode
  }

  /** What recovery read, null for a new log. */
  get recovered(): RecoveryResult | null {
    return this.found
  }

  /** Folder that completed segments are copied to, null = none. */
  get archiveFolder(): string | null {
    return this.archive?.folder ?? null
  }

  get settings(): { flushIntervalMs: number; flushBytes: number; segmentBytes: number } {
    const { flushIntervalMs, flushBytes } = this
    return { flushIntervalMs, flushBytes, segmentBytes: this.chain.segmentBytes }
  }

  get stats(): WalStats {
    const { segments, reused } = this.chain
    const { found, archive, durable, endLsn } = this
    return {
      ...this.counts, bytes: this.tail.bytes, segments: segments.length, reusedSegments: reused,
      logBytes: endLsn - (segments[0]?.header.startLsn ?? endLsn), endLsn, durableLsn: durable,
      recoveredRecords: found?.records ?? 0, recoveredCommits: found?.commits ?? 0, tornBytes: found?.tornBytes ?? 0,
      archivedSegments: archive?.stored ?? 0, archivedLsn: archive?.storedTo ?? 0,
      archiveError: archive?.error?.message ?? null,
    }
  }

  private requireUsable(): SegmentFile {
    if (this.poison !== null) throw poisonedError(this.folder)
    if (this.options.readOnly === true) {
      throw new DatabaseError(CODE.READ_ONLY, `"${this.folder}" is open read-only`, { file: this.folder })
    }
    const { chain: { current }, folder } = this
    if (current === null) throw new DatabaseError(CODE.NOT_OPEN, `"${folder}" is closed`, { file: folder })
    return current
  }

  private fail(error: unknown): void {
    if (this.poison !== null) return
    this.poison = error
    this.onFailure?.(error)
  }

  // Runs what must not fail half-way; a failure poisons the log.
  private guarded<T>(body: () => T): T {
    try {
      return body()
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  /** Starts gathering a transaction. One at a time; end it with commit or abort. */
  begin(txnId: number): void {
    this.requireUsable()
    this.tail.begin(txnId)
  }

  /** Adds a record; its body is copied. */
  append(type: number, tableId: number, body: Uint8Array, offset: number, length: number): void {
    this.tail.append(type, tableId, body, offset, length)
  }

  /** Forgets the open transaction, if there is one. */
  abort(): void {
    this.tail.abort()
  }

  /**
   * Ends the transaction and gives its records their place. Returns the LSN after it: the commit is
   * safe when flushedLsn has reached it. On failure (53100, 58030) the transaction is forgotten.
   */
  commit(commitId: number): number {
    this.requireUsable()
    // A clock that was set back must not make a later commit look earlier: restoring to a time needs an order.
    const commitMs = Math.max(this.lastCommitMs, (this.options.now ?? Date.now)())
    this.tail.appendCommit(commitId, commitMs)
    this.counts.records += this.tail.place()
    this.lastCommitMs = commitMs
    this.counts.commits++
    return this.endLsn
  }

  /**
   * Logs a record of no consequence if the segment has room for it that is allocated already, so that a full disk
   * cannot get in the way of what the record is about. False = left out.
   */
  noteIfRoom(type: number, body: Uint8Array): boolean {
    if (!this.tail.hasRoom(body.length)) return false
    this.note(type, 0, 0, body)
    return true
  }

  /** Logs a record that is no part of a transaction. It is written with what follows, at the latest at close. */
  note(type: number, tableId: number, txnId: number, body: Uint8Array): void {
    this.begin(txnId)
    try {
      this.append(type, tableId, body, 0, body.length)
    } catch (error) {
      this.abort()
      throw error
    }
    this.counts.records += this.tail.place()
    if (this.tail.gathered >= NOTED_BYTES) this.tail.write()
  }

  // What a reader may hold against a shorter log. Without syncs nothing ever is durable.
  private knownDurable(): number {
    return this.mode === 'off' ? 0 : this.durable
  }

  /**
   * Writes what is buffered and, for `full`, waits until it is durable. `force` makes it durable under
   * `normal` too: a checkpoint asks for that.
   */
  sync(force = false): void {
    this.requireUsable()
    assert(!this.tail.isOpen, 'no transaction is open while syncing')
    this.tail.write()
    const mustSync = this.mode === 'full' || (force && this.mode === 'normal')
    if (mustSync && this.durable < this.tail.lsn) this.syncNow()
    this.flushed = this.tail.lsn
    if (this.mode === 'normal') this.planFlush()
  }

  private syncNow(): void {
    this.requireUsable()
    this.guarded(() => this.chain.sync())
    this.counts.syncs++
    this.markDurable(this.tail.lsn)
  }

  private markDurable(lsn: number): void {
    if (lsn > this.durable) this.durable = lsn
    if (lsn > this.flushed) this.flushed = lsn
  }

  // Under `normal`: durable soon, by time or by size, without making anybody wait. The timer keeps no process alive.
  private planFlush(): void {
    const waiting = this.tail.lsn - this.durable
    if (waiting === 0) return
    if (this.flushBytes > 0 && waiting >= this.flushBytes) this.flushSoon()
    else if (this.flushIntervalMs > 0 && this.flushTimer === null) {
      this.flushTimer = setTimeout(() => this.flushSoon(), this.flushIntervalMs)
      this.flushTimer.unref()
    }
  }

  // A failure is not lost: it poisons the log and reaches onFailure.
  private flushSoon(): void {
    this.stopTimer()
    if (this.poison === null && this.chain.current !== null) this.groups.request().catch(() => undefined)
  }

  private stopTimer(): void {
    if (this.flushTimer !== null) clearTimeout(this.flushTimer)
    this.flushTimer = null
  }

  /** Group commit: resolves when everything committed before the call is safe; concurrent callers share a sync. */
  syncSoon(): Promise<void> {
    this.requireUsable()
    if (this.mode !== 'full') {
      this.sync()
      return Promise.resolve()
    }
    if (this.durable >= this.endLsn) return Promise.resolve()
    return this.groups.request()
  }

  private startGroup(): { lsn: number; synced: Promise<void> } {
    this.requireUsable()
    this.tail.write()
    return { lsn: this.tail.lsn, synced: this.chain.syncSoon(this.io) }
  }

  /** Changes how safe commits are from now on. What `off` and `normal` left unsynced becomes durable first. */
  setSynchronous(mode: Synchronous): void {
    const before = this.mode
    if (mode === before) return
    this.requireUsable()
    this.tail.write()
    this.stopTimer()
    if (before === 'off') this.guarded(() => this.chain.syncFiles())
    this.syncNow()
    this.mode = mode
    // The header of a segment says whether durable positions mean anything in it.
    if (mode !== 'off' && before !== 'off') return
    const full = this.requireUsable()
    try {
      this.tail.beginSegment()
    } catch (error) {
      this.mode = before
      throw error
    }
    this.chain.retire(full, true)
  }

  /** When `normal` makes commits durable: after so many ms, or so many bytes; 0 = not by this. */
  setFlush(flushIntervalMs: number, flushBytes: number): void {
    this.flushIntervalMs = flushIntervalMs
    this.flushBytes = flushBytes
    this.stopTimer()
    if (this.mode === 'normal' && this.poison === null) this.planFlush()
  }

  /** Size of segments from the next one on. */
  setSegmentBytes(bytes: number): void {
    this.chain.segmentBytes = bytes
  }

  /** Copies completed segments to `folder` from now on, those that are still here included; null = no more. */
  setArchive(files: FileSystem, folder: string | null): void {
    this.archive = folder === null ? null : new SegmentArchive(files, folder, this.io)
    if (folder !== null) this.archive?.storeSoon(this.chain, this.durable)
  }

  /** Makes everything durable and copies all of it, the unfinished segment included. Throws what went wrong. */
  archiveNow(): void {
    if (this.archive === null) return
    this.requireUsable()
    this.tail.write()
    if (this.mode === 'off') this.guarded(() => this.chain.syncFiles())
    if (this.mode === 'off' || this.durable < this.tail.lsn) this.syncNow()
    this.archive.storeAll(this.chain, this.tail.lsn)
  }

  /**
   * Gives up segments that lie wholly before `redoLsn`, the redo LSN of the *older* meta slot (F4). Some files
   * are kept to become segments again. With an archive only what is in it goes.
   */
  recycle(redoLsn: number): void {
    this.requireUsable()
    const { archive, chain } = this
    if (archive !== null && this.mode === 'off') this.guarded(() => chain.syncFiles())
    chain.recycle(redoLsn, (segment, endLsn) => archive === null || archive.holds(chain, segment, endLsn))
    archive?.storeSoon(chain, this.mode === 'off' ? this.tail.lsn : this.durable)
  }

  /**
   * Writes and syncs what is buffered, archives it, and closes the files. A poisoned log is closed as it is.
   * An archive that fails is no reason to fail: the segments stay, and are copied by whoever opens the log next.
   */
  close(): void {
    if (this.chain.current === null) return
    this.abort()
    this.stopTimer()
    try {
      if (this.poison !== null) return
      this.sync(true)
      this.stopTimer()
      if (this.archive !== null) this.archiveNow()
    } catch (error) {
      if (this.poison !== null || this.archive?.error !== error) throw error
    } finally {
      this.chain.close()
    }
  }
}
