// Zipf-distributed ranks (exponent 0.99, as YCSB's): rank r is drawn with probability proportional to
// 1 / (r + 1)^0.99. A few ranks take most of the draws, as popular keys do.
import { Random } from '../../src/base/random.ts'

const ZIPF_EXPONENT = 0.99

/** `draws` ranks 0 .. count - 1, by inverted sums: 8 bytes and a binary search for each rank. */
export function zipfRanks(count: number, draws: number, seed: number): Int32Array {
  const sums = new Float64Array(count)
  let total = 0
  for (let i = 0; i < count; i++) {
    total += 1 / (i + 1) ** ZIPF_EXPONENT
    sums[i] = total
  }
  const random = new Random(seed)
  return Int32Array.from({ length: draws }, () => {
    const wanted = random.next() * total
    let lo = 0
    let hi = count - 1
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (sums[mid]! < wanted) lo = mid + 1
      else hi = mid
    }
    return lo
  })
}
