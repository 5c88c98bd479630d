// How commits become durable, changeable while the database is open, and when a checkpoint is due by itself.
//
//   wal_mode ON     a commit is a run of log records; pages follow at the next checkpoint
//   wal_mode OFF    a commit is a checkpoint of its own: changed pages to free blocks, sync, meta slot, sync. No log
//                   record is written, the log stands still. Crash-safe all the same (F1, F2), slower for small
//                   commits, and a full disk stops the handle, because the commit is already applied in memory
//   checkpoint due  by commits, log bytes, changed pages, or time since the first commit that waits for one
//
// W5  The mode changes only when nothing waits for a checkpoint, so that log and pages never both lack a commit.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import { checkpoint } from './checkpoint.ts'
import type { Engine } from './engine.ts'
import type { Synchronous } from './wal/wal-options.ts'
import type { Wal } from './wal/wal-writer.ts'

export type WalMode = 'on' | 'off'

/** What opening found after the last checkpoint and did about it. */
export interface RecoveryReport {
  /** The log was read from here to there. */
  fromLsn: number
  toLsn: number
  records: number
  transactions: number
  bytes: number
  durationMs: number
  /** Bytes behind the last complete transaction, which never had been acknowledged. */
  tornBytes: number
  /** Copies of meta slots that were damaged; the others were used. */
  damagedCopies: number
  /** Wall clock of the last commit in the log, ms since 1970; 0 = unknown. */
  lastCommitMs: number
}

/** When a checkpoint is due; 0 = not by this. */
export interface CheckpointLimits {
  bytes: number
  pages: number
  intervalMs: number
}

/** Settings of one engine that may change while it is open. */
export class Durability {
  readonly limits: CheckpointLimits
  recovery: RecoveryReport | null = null
  private readonly engine: Engine
  private mode: WalMode
  private seenEpoch = 0
  private pagesAtEpoch = 0
  private timer: NodeJS.Timeout | null = null

  constructor(engine: Engine) {
    const { checkpointBytes, checkpointPages, checkpointIntervalMs, walMode } = engine.parts.options
    this.engine = engine
    this.limits = { bytes: checkpointBytes, pages: checkpointPages, intervalMs: checkpointIntervalMs }
    this.mode = walMode
  }

  get walMode(): WalMode {
    return this.engine.wal === null ? 'off' : this.mode
  }

  /** True when commits go to the log. */
  get isLogged(): boolean {
    return this.engine.wal !== null && this.mode === 'on'
  }

  private wal(): Wal {
    this.engine.assertUsable()
    this.engine.assertWritable()
    const { wal } = this.engine
    if (wal === null) throw new DatabaseError(CODE.UNSUPPORTED, 'a database in memory has no log')
    return wal
  }

  /** Switches the log on or off, after a checkpoint (W5). */
  setWalMode(mode: WalMode): void {
    if (mode === this.mode) return
    const wal = this.wal()
    if (mode === 'off' && wal.archiveFolder !== null) {
      throw new DatabaseError(CODE.UNSUPPORTED, 'wal_mode = off would leave gaps in the archive',
        { hint: 'PRAGMA wal_archive = off first.' })
    }
    this.engine.checkpoint()
    this.mode = mode
  }

  /** Changes how safe a commit is when it returns; what is not durable yet becomes so first, unless it stays `off`. */
  setSynchronous(mode: Synchronous): void {
    this.wal().setSynchronous(mode)
  }

  get synchronous(): Synchronous {
    return this.engine.wal?.synchronous ?? this.engine.parts.options.synchronous
  }

  setFlush(intervalMs: number, bytes: number): void {
    this.wal().setFlush(intervalMs, bytes)
  }

  setSegmentBytes(bytes: number): void {
    this.wal().setSegmentBytes(bytes)
  }

  /** Archives completed segments to a folder, which is made; null = no more. */
  setArchive(folder: string | null): void {
    const wal = this.wal()
    if (folder !== null && this.mode === 'off') {
      throw new DatabaseError(CODE.UNSUPPORTED, 'an archive needs the log', { hint: 'PRAGMA wal_mode = on first.' })
    }
    const { files } = this.engine.parts
    if (folder !== null) files.makeFolder(folder)
    wal.setArchive(files, folder)
  }

  /** Copies the log, the unfinished segment included, to the archive if there is one. Throws what went wrong. */
  archiveNow(): void {
    if (!this.engine.isReadOnly && this.engine.wal !== null) this.wal().archiveNow()
  }

  /** A commit without the log becomes durable here. It is applied already, so a failure stops the engine. */
  commitByCheckpoint(): void {
    if (this.isLogged || this.engine.wal === null || this.engine.commitsSinceCheckpoint === 0) return
    try {
      checkpoint(this.engine)
    } catch (error) {
      this.engine.poison(error)
      throw error
    }
  }

  /** True when what has gathered since the last checkpoint asks for another. */
  isCheckpointDue(): boolean {
    const { engine, limits } = this
    const { checkpointEvery } = engine.parts.options
    if (checkpointEvery > 0 && engine.commitsSinceCheckpoint >= checkpointEvery) return true
    const grown = engine.wal === null ? 0 : engine.wal.endLsn - engine.redoLsn
    if (limits.bytes > 0 && grown >= limits.bytes) return true
    if (limits.pages > 0 && this.changedPages() >= limits.pages) return true
    if (limits.intervalMs > 0 && this.timer === null && engine.commitsSinceCheckpoint > 0) this.startTimer()
    return false
  }

  // Written since the last checkpoint, or waiting in the pool.
  private changedPages(): number {
    const { pages, pool } = this.engine
    if (this.seenEpoch !== pages.epoch) {
      this.seenEpoch = pages.epoch
      this.pagesAtEpoch = pages.pagesWritten
    }
    return pool.dirtyCount + pages.pagesWritten - this.pagesAtEpoch
  }

  // The time of an idle database must come too; nobody is there to throw at, so errors go where those of other
  // maintenance go: stats(), or a stopped engine. The timer keeps no process alive.
  private startTimer(): void {
    this.timer = setTimeout(() => {
      this.timer = null
      if (this.engine.isUsable) this.engine.checkpointQuietly()
    }, this.limits.intervalMs)
    this.timer.unref()
  }

  /** Changes when checkpoints are due; a waiting one starts over. */
  setLimits(limits: Partial<CheckpointLimits>): void {
    Object.assign(this.limits, limits)
    this.stop()
    if (this.engine.isUsable) this.isCheckpointDue()
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }
}
