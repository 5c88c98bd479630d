// Snapshots: what a statement, transaction or open iterator may see, and who is still looking. Old roots,
// old versions and the pages of replaced row groups are kept until the oldest registered snapshot closes.
//
// S4  `oldestCommit` and `oldestRoot` never decrease while no new snapshot of the past can appear: snapshots
//     are only taken of the present.
import type { Visibility } from '../table/table-store.ts'

/** A registered snapshot. Closing twice is harmless. */
export class Snapshot implements Visibility {
  readonly commitId: number
  readonly ownMark: number
  readonly rootNumber: number
  /** Number of the session it belongs to; 0 = none. */
  readonly session: number
  /** When it was taken, in milliseconds since 1970. */
  readonly takenAtMs: number
  /** Between two statements of READ COMMITTED: it keeps nothing alive, and serves again if nothing has changed. */
  isIdle = false
  private readonly registry: SnapshotRegistry

  constructor(registry: SnapshotRegistry, commitId: number, ownMark: number, rootNumber: number, session: number) {
    this.registry = registry
    this.commitId = commitId
    this.ownMark = ownMark
    this.rootNumber = rootNumber
    this.session = session
    this.takenAtMs = registry.now()
  }

  close(): void {
    this.registry.close(this)
  }
}

/** All open snapshots of a database. */
export class SnapshotRegistry {
  private readonly open = new Set<Snapshot>()
  /** Called after a snapshot closed, so that the engine can reclaim what nobody sees any more. */
  onClose: () => void = () => {}
  /** Wall clock in ms, for the age of snapshots; tests give their own. */
  now: () => number = Date.now

  take(commitId: number, ownMark: number, rootNumber: number, session = 0): Snapshot {
    const snapshot = new Snapshot(this, commitId, ownMark, rootNumber, session)
    this.open.add(snapshot)
    return snapshot
  }

  close(snapshot: Snapshot): void {
    if (this.open.delete(snapshot)) this.onClose()
  }

  /** Snapshots that somebody reads. */
  get count(): number {
    let count = 0
    for (const snapshot of this.open) if (!snapshot.isIdle) count++
    return count
  }

  /** The open snapshot that keeps the oldest state alive, or null. */
  oldest(): Snapshot | null {
    let oldest: Snapshot | null = null
    for (const snapshot of this.open) {
      if (snapshot.isIdle) continue
      if (oldest === null || snapshot.commitId < oldest.commitId
        || (snapshot.commitId === oldest.commitId && snapshot.takenAtMs < oldest.takenAtMs)) oldest = snapshot
    }
    return oldest
  }

  /** Commit id of the oldest open snapshot, or `now` when none is open. */
  oldestCommit(now: number): number {
    let oldest = now
    for (const snapshot of this.open) if (!snapshot.isIdle) oldest = Math.min(oldest, snapshot.commitId)
    return oldest
  }

  /** Root number of the oldest open snapshot, or `now`. */
  oldestRoot(now: number): number {
    let oldest = now
    for (const snapshot of this.open) if (!snapshot.isIdle) oldest = Math.min(oldest, snapshot.rootNumber)
    return oldest
  }
}
