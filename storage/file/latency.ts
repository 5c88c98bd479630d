// How long system calls take: a histogram with one bucket per power of two microseconds, so that noting a
// call costs two additions and a count of leading zeros, and a month of calls takes 33 numbers.
//
//   bucket 0: below 1 us     bucket i: from 2^(i-1) to below 2^i us
//
// Quantiles are upper edges of buckets, never above the longest call: right within a factor of two.

const BUCKETS = 33

/** What a histogram says, in microseconds. */
export interface LatencyFigures {
  count: number
  p50Us: number
  p99Us: number
  maxUs: number
  meanUs: number
  /** Calls by power of two; trailing empty buckets are left out. */
  buckets: number[]
}

/** Counts of durations by power of two. */
export class LatencyHistogram {
  private readonly counts = new Float64Array(BUCKETS)
  private total = 0
  private sumUs = 0
  private maxUs = 0

  /** Notes one call that took `ms` milliseconds. */
  note(ms: number): void {
    const us = ms * 1000
    this.counts[us >= 0xffff_ffff ? BUCKETS - 1 : 32 - Math.clz32(us)]!++
    this.total++
    this.sumUs += us
    if (us > this.maxUs) this.maxUs = us
  }

  /** The upper edge of the bucket that holds the `share` quantile, 0 without calls. */
  quantileUs(share: number): number {
    let left = Math.ceil(this.total * share)
    if (left === 0) return 0
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.counts[i]!
      if (left <= 0) return Math.min(2 ** i, this.maxUs)
    }
    return this.maxUs
  }

  /** All figures; costs a walk over the buckets. */
  figures(): LatencyFigures {
    const used = this.counts.findLastIndex((count) => count > 0) + 1
    return {
      count: this.total, p50Us: this.quantileUs(0.5), p99Us: this.quantileUs(0.99), maxUs: this.maxUs,
      meanUs: this.total === 0 ? 0 : this.sumUs / this.total, buckets: [...this.counts.subarray(0, used)],
    }
  }
}

/** Milliseconds of a clock that never goes back: for durations, and for work that is cut by time. */
export function clockMs(): number {
  return performance.now()
}
