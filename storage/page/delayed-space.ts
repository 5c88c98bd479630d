// Allocation with delayed reuse (rule F2): what is released in one checkpoint interval may still be
// referred to by the older meta slot, so it becomes allocatable only when the checkpoint after the
// next is durable. Used for blocks of the file and for page ids.
//
//   release ──► freed ──(turn: checkpoint durable)──► waiting ──(next turn)──► free
//
// The state is not written to disk: page-load.ts derives it from the page maps of the two roots.
import { assert } from '../../src/base/assert.ts'
import { ExtentAllocator } from './extent-allocator.ts'

/** Numbers below `limit`, of which some are free, some taken, some released but not yet reusable. */
export class DelayedSpace {
  /** Numbers below it exist. */
  limit: number
  private readonly extents = new ExtentAllocator()
  private freed: number[] = []
  private waiting: number[] = []
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
    return sumOfLengths(this.freed) + sumOfLengths(this.waiting)
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
    this.waiting.push(start, count)
  }

  /** A checkpoint is durable. */
  turn(): void {
    for (let i = 0; i < this.waiting.length; i += 2) this.extents.release(this.waiting[i]!, this.waiting[i + 1]!)
    this.waiting = this.freed
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
    for (const list of [this.freed, this.waiting]) {
      for (let i = 0; i < list.length; i += 2) visit(list[i]!, list[i + 1]!)
    }
  }
}

function sumOfLengths(pairs: readonly number[]): number {
  let sum = 0
  for (let i = 1; i < pairs.length; i += 2) sum += pairs[i]!
  return sum
}
