// Where the next sync of a group commit runs. A sync on the thread pool leaves this thread free, and costs two
// hand-overs between threads: 10 to 70 us. Where the disk answers in less than that, syncing on this thread is quicker
// for those who wait, and stops the others for less time than the hand-over would take from them. So a log whose last
// syncs were all short does that, and goes back to the pool at the first one that was not: one is waited for in vain.
//
//   pool ── QUICK_SYNCS short ones in a row ──► this thread ── one that was not short ──► pool
//
// A sync on the pool is timed until its callback runs, so a thread that is busy with other things keeps the pool.

/** A sync up to here is short. */
const QUICK_MS = 0.1
/** Short syncs in a row before they move to this thread. */
const QUICK_SYNCS = 8

/** Remembers how long syncs took. */
export class SyncPlace {
  private quick = 0

  /** True when the next sync runs on this thread. */
  get isHere(): boolean {
    return this.quick >= QUICK_SYNCS
  }

  /** A sync took this long. */
  note(ms: number): void {
    this.quick = ms <= QUICK_MS ? this.quick + 1 : 0
  }
}
