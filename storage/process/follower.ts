// Reading a database that another process writes. A reader opens the newest root and the log behind it, like
// recovery; from then on it follows the log: before a statement it replays the transactions that have been
// committed since. It never sees half of one, because a transaction ends in its commit record.
//
//   root e + log ──poll──► + commits …                                 (slot: "I read e", rule F7)
//         │ the log is gone, a bulk append is missing in it, or much was replayed and a newer root is there
//         └──► root e' + log: everything in memory is made anew, when no snapshot is open
//
// While an iterator or transaction is open, commits are still replayed (its snapshot does not see them), but the
// root stays: then a reader that would need the newer root shows what it has until the snapshot closes.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Engine } from '../engine.ts'
import type { FileSystem } from '../file/file.ts'
import { newestRootEpoch, peekCommitId } from '../page/page-load.ts'
import type { PageStore } from '../page/page-store.ts'
import type { StoreMeta } from '../page/store-root.ts'
import { walFolder } from '../wal/wal-folder.ts'
import { RECORD } from '../wal/record.ts'
import type { WalRecord } from '../wal/record.ts'
import { LogFollower } from './log-follower.ts'
import type { ReaderSlot } from './reader-slot.ts'

/** Calls of follow() within one turn of the event loop that share one look at the log. */
const CALLS_PER_LOOK = 64
/** Records replayed on one root before a newer one is worth its loading. */
const RECORDS_PER_ROOT = 100_000
const OPEN_ATTEMPTS = 20

/** The parts of opening that a reader does again. */
export interface Loading {
  readonly load: (engine: Engine, meta: StoreMeta) => void
  readonly replay: (engine: Engine, files: FileSystem, meta: StoreMeta) => void
  readonly redo: (engine: Engine) => (record: WalRecord) => void
}

/** Says which root is read. Throws 72000 when the writer has already gone two roots further. */
export function enterRoot(pages: PageStore, slot: ReaderSlot | null): void {
  slot?.publish(pages.epoch)
  if (slot !== null && newestRootEpoch(pages.file) > pages.epoch + 1) {
    throw new DatabaseError(CODE.SNAPSHOT_TOO_OLD, 'the writer overtook the reader')
  }
}

/** Opens for reading beside a live writer: a root or log that changes while it is read is read again. */
export async function openReader<P>(place: P, open: (place: P) => Promise<Engine>): Promise<Engine> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(place)
    } catch (error) {
      if (!isWorthAnother(error, attempt)) throw error
      await new Promise((resolve) => setTimeout(resolve, attempt))
    }
  }
}

/** The same on the calling thread, which waits between attempts. */
export function openReaderNow<P>(place: P, open: (place: P) => Engine): Engine {
  const nobody = new Int32Array(new SharedArrayBuffer(4))
  for (let attempt = 1; ; attempt++) {
    try {
      return open(place)
    } catch (error) {
      if (!isWorthAnother(error, attempt)) throw error
      Atomics.wait(nobody, 0, 0, attempt)
    }
  }
}

// The writer went on meanwhile: a root or a page was reused, or a segment was taken back between its listing and its
// reading. Real damage and a file that is not there stay so, and are told after a few looks.
function isWorthAnother(error: unknown, attempt: number): boolean {
  if (!(error instanceof DatabaseError) || attempt === OPEN_ATTEMPTS) return false
  if (error.code === CODE.SNAPSHOT_TOO_OLD) return true
  return (error.code === CODE.CORRUPT || error.code === CODE.UNDEFINED_FILE) && attempt <= 3
}

/** Keeps a read-only engine up to date. */
export class Follower {
  private readonly engine: Engine
  private readonly slot: ReaderSlot | null
  private readonly loading: Loading
  private log: LogFollower
  private redo: (record: WalRecord) => void
  private calls = 0
  private isAtWork = false
  private mustReload = false
  private replayed = 0
  /** Times a newer root was taken, for stats. */
  reloads = 0

  constructor(engine: Engine, slot: ReaderSlot | null, loading: Loading) {
    this.engine = engine
    this.slot = slot
    this.loading = loading
    this.redo = loading.redo(engine)
    this.log = this.logFromHere()
  }

  private logFromHere(): LogFollower {
    const { engine } = this
    const { files, path } = engine.parts
    return new LogFollower(files, walFolder(path), engine.pages.databaseId, engine.wal?.endLsn ?? engine.redoLsn)
  }

  /** Looks for new commits, at most every 64th time within one turn of the event loop. */
  follow(): void {
    if (this.isAtWork || this.calls++ % CALLS_PER_LOOK !== 0) return
    if (this.calls === 1) setImmediate(() => void (this.calls = 0)).unref()
    this.look()
  }

  /** Replays what is new. A reader without a slot stays with what it has opened. */
  look(): void {
    if (this.slot === null || this.isAtWork) return
    this.isAtWork = true
    try {
      if (!this.mustReload) {
        const followed = this.log.poll((record) => this.replay(record))
        // A bulk append that nothing follows is in the newest root only.
        this.mustReload ||= followed === 'lost' || peekCommitId(this.engine.pages.file) > this.engine.commitId
      }
      const { pages } = this.engine
      const isStale = this.replayed > RECORDS_PER_ROOT && newestRootEpoch(pages.file) > pages.epoch
      if ((this.mustReload || isStale) && this.engine.snapshots.count === 0) this.reload()
    } finally {
      this.isAtWork = false
    }
  }

  // Commit ids have no gaps (W4): one here is a bulk append, which only the writer's next root has.
  private replay(record: WalRecord): void {
    if (this.mustReload || record.commitId <= this.engine.commitId) return
    if (record.commitId > this.engine.commitId + 1 || record.type === RECORD.PUBLISH
      || record.type === RECORD.REPLACE) {
      this.mustReload = true
      return
    }
    this.redo(record)
    this.replayed++
  }

  private reload(): void {
    const { engine } = this
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          this.enterNewest()
          break
        } catch (error) {
          if (!isWorthAnother(error, attempt)) throw error
        }
      }
    } catch (error) {
      engine.poison(error)
      throw error
    }
    this.log.close()
    this.log = this.logFromHere()
    this.redo = this.loading.redo(engine)
    this.mustReload = false
    this.replayed = 0
    this.reloads++
  }

  private enterNewest(): void {
    const { engine } = this
    const meta = engine.pages.reload()
    enterRoot(engine.pages, this.slot)
    engine.forgetTables()
    engine.commitId = meta.commitId
    engine.redoLsn = meta.redoLsn
    this.loading.load(engine, meta)
    engine.wal?.close()
    this.loading.replay(engine, engine.parts.files, meta)
  }

  close(): void {
    this.log.close()
    this.slot?.release()
  }
}
