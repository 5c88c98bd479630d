// Group commit: all callers that ask while a sync is in flight share the next one.
//
//   request ─┐                      ┌─ resolve
//   request ─┼─► group ──► write, fdatasync ──► resolve        at most one sync is in flight
//   request ─┘   (request while in flight ──► next group)
//
// The sync runs on the thread pool, or on this thread while syncs are short (sync-place.ts). Either way it is tried
// once: its failure fails the group, and everybody behind it.
import { clockMs } from '../file/latency.ts'
import { SyncPlace } from './sync-place.ts'

/** What the log does for a group. */
export interface GroupTarget {
  /** True when everything committed so far is safe already. */
  isSafe(): boolean
  /** Writes what is buffered and starts to sync it; what it returns is passed to `finish`. */
  start(): { lsn: number; synced: Promise<void> }
  /** Writes what is buffered and syncs it on this thread. */
  syncHere(): void
  finish(lsn: number): void
  /** A sync failed: remembers it and returns the error for those who wait behind the failed group. */
  fail(error: unknown): unknown
}

interface Group {
  promise: Promise<void>
  resolve: () => void
  reject: (error: unknown) => void
}

/** Gathers requests into syncs. */
export class GroupCommit {
  private readonly target: GroupTarget
  private waiting: Group | null = null
  private isRunning = false
  private readonly place = new SyncPlace()
  private readonly nowMs: () => number

  /** `nowMs` is the clock that syncs are timed by. */
  constructor(target: GroupTarget, nowMs: () => number = clockMs) {
    this.target = target
    this.nowMs = nowMs
  }

  /** Resolves when everything committed before the call is safe. */
  request(): Promise<void> {
    if (this.waiting === null) {
      this.waiting = newGroup()
      // Callers woken by the last sync get the rest of this turn to join.
      if (!this.isRunning) setImmediate(() => this.run())
      this.isRunning = true
    }
    return this.waiting.promise
  }

  private run(): void {
    const group = this.waiting
    this.waiting = null
    if (group === null || this.target.isSafe()) {
      group?.resolve()
      this.isRunning = false
      return
    }
    const begin = this.nowMs()
    let started: { lsn: number; synced: Promise<void> }
    try {
      if (this.place.isHere) {
        this.target.syncHere()
        return this.done(group, begin)
      }
      started = this.target.start()
    } catch (error) {
      this.fail(group, error)
      return
    }
    const { lsn, synced } = started
    synced.then(() => {
      this.target.finish(lsn)
      this.done(group, begin)
    }, (error: unknown) => this.fail(group, error))
  }

  private done(group: Group, beginMs: number): void {
    this.place.note(this.nowMs() - beginMs)
    group.resolve()
    if (this.waiting === null) this.isRunning = false
    else setImmediate(() => this.run())
  }

  private fail(group: Group, error: unknown): void {
    const later = this.target.fail(error)
    group.reject(error)
    this.waiting?.reject(later)
    this.waiting = null
    this.isRunning = false
  }
}

function newGroup(): Group {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone
    reject = onError
  })
  return { promise, resolve, reject }
}
