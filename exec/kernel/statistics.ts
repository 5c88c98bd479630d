// Accumulators of two-argument statistics and of the median. Covariance by Welford's updates in two dimensions: one
// pass and no cancellation. `second` is the independent variable, as in PostgreSQL's corr(y, x); a row counts when
// both values are there. A median keeps the values of a group and orders them once, when it is asked for.
import type { Scalar } from '../../src/base/types.ts'
import type { Accumulator } from './accumulators.ts'

/** Count, means and centred sums of one group. */
interface Moments {
  count: number
  meanY: number
  meanX: number
  yy: number
  xx: number
  xy: number
}

/** What each function makes of the moments of a group with at least one row. */
const FINISH: Readonly<Record<string, (m: Moments) => Scalar>> = {
  corr: ({ count, xx, yy, xy }) => count < 2 || xx === 0 || yy === 0 ? null
    : Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))),
  covar_pop: ({ count, xy }) => xy / count,
  covar_samp: ({ count, xy }) => count < 2 ? null : xy / (count - 1),
  regr_avgx: ({ meanX }) => meanX,
  regr_avgy: ({ meanY }) => meanY,
  regr_sxx: ({ xx }) => xx,
  regr_syy: ({ yy }) => yy,
  regr_sxy: ({ xy }) => xy,
  regr_slope: ({ xx, xy }) => xx === 0 ? null : xy / xx,
  regr_intercept: ({ xx, xy, meanX, meanY }) => xx === 0 ? null : meanY - meanX * (xy / xx),
  regr_r2: ({ xx, yy, xy }) => xx === 0 ? null : yy === 0 ? 1 : (xy * xy) / (xx * yy),
}

/** Names of the functions of two numbers; all but regr_count are NULL for no rows. */
export const PAIR_STATISTICS: readonly string[] = [...Object.keys(FINISH), 'regr_count']

/** Statistics of pairs of numbers. */
export class PairAccumulator implements Accumulator {
  private readonly groups: Moments[] = []
  private readonly fn: string

  constructor(fn: string) {
    this.fn = fn
  }

  add(group: number, value: Scalar, second: Scalar = null): void {
    if (value === null || second === null) return
    const moments = this.groups[group] ??= { count: 0, meanY: 0, meanX: 0, yy: 0, xx: 0, xy: 0 }
    const [y, x] = [value as number, second as number]
    const count = ++moments.count
    const dy = y - moments.meanY
    const dx = x - moments.meanX
    moments.meanY += dy / count
    moments.meanX += dx / count
    moments.yy += dy * (y - moments.meanY)
    moments.xx += dx * (x - moments.meanX)
    moments.xy += dx * (y - moments.meanY)
  }

  result(group: number): Scalar {
    const moments = this.groups[group]
    if (this.fn === 'regr_count') return moments?.count ?? 0
    return moments === undefined ? null : FINISH[this.fn]!(moments)
  }
}

/** The value in the middle of a group, between the two middle ones of an even number; NaN is the largest. */
export class MedianAccumulator implements Accumulator {
  private readonly groups: number[][] = []

  add(group: number, value: Scalar): void {
    if (value === null) return
    const values = this.groups[group]
    if (values === undefined) this.groups[group] = [value as number]
    else values.push(value as number)
  }

  result(group: number): Scalar {
    const values = this.groups[group]
    if (values === undefined) return null
    const sorted = Float64Array.from(values).sort()
    const at = (sorted.length - 1) / 2
    const low = sorted[Math.floor(at)]!
    const high = sorted[Math.ceil(at)]!
    return low === high ? low : low + (high - low) / 2
  }
}
