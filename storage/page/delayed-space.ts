// Allocation with delayed reuse (rule F2): what is released in one checkpoint interval may still be
// referred to by the older meta slot, so it becomes allocatable only when the checkpoint after the
// next is durable. Used for blocks of the file and for page ids.
//
//   release ──► freed ──(turn: checkpoint durable)──► waiting ──(next turn, no hold)──► free
//
// A hold keeps what the root of its moment refers to (a backup copies from it): batches that were released
// after it stay waiting until it ends (rule F6). Batch `t` was released by root `t`: root `t` and newer ones do
// not refer to it, root `t - 1` does.
//
// The state is not written to disk: page-load.ts derives it from the page maps of the two roots.
import { assert } from '../../src/base/assert.ts'
import { ExtentAllocator } from './extent-allocator.ts'

interface Batch {
  readonly turn: number
  readonly pairs: number[]
}

/** Numbers below `limit`, of which some are free, some taken, some released but not yet reusable. */
export class DelayedSpace {
  /** Numbers below it exist. */
  limit: number
  private extents = new ExtentAllocator()
  private freed: number[] = []
  private waiting: Batch[] = []
  private turns = 0
  // Turns whose roots are held, in no order.
  private readonly holds: number[] = []
  private readonly growthOf: (limit: number) => number

  /** `growthOf` gives the least number to add at a time when nothing fits. */
  constructor(limit: number, growthOf: (limit: number) => number) {
    this.limit = limit
    this.growthOf = growthOf
  }

  get freeCount(): number {
    return this.extents.freeCount
  }

  /** Released numbers that may not be reused yet. */
  get delayedCount(): number {
    return this.waiting.reduce((sum, { pairs }) => sum + sumOfLengths(pairs), sumOfLengths(this.freed))
  }

  /**
   * Start of a run of `count`; extends the space when no free extent is long enough. `preferLow` is for what
   * is rewritten at every checkpoint, so that it wanders away from the end and the space can shrink.
   */
  allocate(count: number, preferLow = false): number {
    const start = preferLow ? this.extents.allocateLowest(count) : this.extents.allocate(count)
    if (start >= 0) return start
    const growth = Math.max(count, this.growthOf(this.limit))
    this.extents.release(this.limit, growth)
    this.limit += growth
    const grown = this.extents.allocate(count)
    assert(grown >= 0, 'an extended space has room')
    return grown
  }

  /** Start of a free run of `count` that ends at or below `limit`; -1 when there is none. */
  allocateBelow(count: number, limit: number): number {
    const start = this.extents.allocateLowest(count)
    if (start < 0 || start + count <= limit) return start
    this.extents.release(start, count)
    return -1
  }

  /** Takes back what a durable root may refer to. */
  release(start: number, count: number): void {
    this.freed.push(start, count)
  }

  /** Takes back what no root has ever referred to: reusable at once. */
  releaseNow(start: number, count: number): void {
    this.extents.release(start, count)
  }

  /** At open: what only the older root refers to. */
  releaseWaiting(start: number, count: number): void {
    if (this.waiting.length === 0) this.waiting.push({ turn: this.turns, pairs: [] })
    this.waiting[0]!.pairs.push(start, count)
  }

  /**
   * Keeps everything the current root refers to until the returned function is called; with `age`, also what
   * the root that many turns older does.
   */
  hold(age = 0): () => void {
    const at = this.turns - age
    this.holds.push(at)
    let isHeld = true
    return () => {
      if (isHeld) this.holds.splice(this.holds.indexOf(at), 1)
      isHeld = false
    }
  }

  /**
   * At open: numbers that look free but may be in use by a root that is older than both slots (a reader's)
   * wait too, with everything up to `limit`.
   */
  quarantine(limit: number): void {
    for (const [start, count] of this.extents.extents()) this.releaseWaiting(start, count)
    this.extents = new ExtentAllocator()
    if (limit > this.limit) this.releaseWaiting(this.limit, limit - this.limit)
    this.limit = Math.max(this.limit, limit)
  }

  /** A checkpoint is durable. */
  turn(): void {
    const last = Math.min(this.turns, ...this.holds)
    while (this.waiting.length > 0 && this.waiting[0]!.turn <= last) {
      const { pairs } = this.waiting.shift()!
      for (let i = 0; i < pairs.length; i += 2) this.extents.release(pairs[i]!, pairs[i + 1]!)
    }
    this.waiting.push({ turn: ++this.turns, pairs: this.freed })
    this.freed = []
  }

  /** Gives up a free tail of at least `least` numbers; true when the limit went down. */
  shrink(least: number): boolean {
    const start = this.extents.takeTail(this.limit)
    if (start === this.limit) return false
    if (this.limit - start < least) {
      this.extents.release(start, this.limit - start)
      return false
    }
    this.limit = start
    return true
  }

  /** Calls back with every run that is free or waits to be. */
  forEachUnused(visit: (start: number, count: number) => void): void {
    for (const [start, count] of this.extents.extents()) visit(start, count)
    for (const list of [this.freed, ...this.waiting.map(({ pairs }) => pairs)]) {
      for (let i = 0; i < list.length; i += 2) visit(list[i]!, list[i + 1]!)
    }
  }
}

function sumOfLengths(pairs: readonly number[]): number {
  let sum = 0
  for (let i = 1; i < pairs.length; i += 2) sum += pairs[i]!
  return sum
}
