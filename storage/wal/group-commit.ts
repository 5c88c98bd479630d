// Group commit: all callers that ask while a sync is in flight share the next one.
//
//   request ─┐                      ┌─ resolve
//   request ─┼─► group ──► write, fdatasync ──► resolve        at most one sync is in flight
//   request ─┘   (request while in flight ──► next group)

/** What the log does for a group. */
export interface GroupTarget {
  /** True when everything committed so far is safe already. */
  isSafe(): boolean
  /** Writes what is buffered and starts to sync it; what it returns is passed to `finish`. */
  start(): { lsn: number; synced: Promise<void> }
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

  constructor(target: GroupTarget) {
    this.target = target
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
    let started: { lsn: number; synced: Promise<void> }
    try {
      started = this.target.start()
    } catch (error) {
      this.fail(group, error)
      return
    }
    const { lsn, synced } = started
    const done = (): void => {
      this.target.finish(lsn)
      group.resolve()
      if (this.waiting === null) this.isRunning = false
      else setImmediate(() => this.run())
    }
    synced.then(done, (error: unknown) => this.fail(group, error))
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
