// The fallback where the data defeats the lines: a sampled sorted array, every `stride`-th key with its row.
// It is expressed as a SegmentTable of kind 'sampled' (slope 0, errors spanning each segment), so searchBound
// answers for it with the same promises and storage needs no second path.
import { assert } from '../src/base/assert.ts'
import { dropTail, measureErrors, skipNegativeInfinity } from './fit.ts'
import { buildGrid } from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

/** Rows between samples: 8 + 2 bytes per 64 keys, and six steps of the last mile. */
export const SAMPLE_STRIDE = 64

/**
 * A sampled table over the same keys that fitSegments takes. Samples stand on the first row of a distinct
 * key, so a run of equal keys never straddles two. One pass and one measuring pass.
 */
export function fitSampled(keys: Float64Array, count: number, stride: number = SAMPLE_STRIDE): SegmentTable {
  assert(count >= 0 && count <= keys.length && count <= 0x7fffffff, 'sample: count exceeds the keys')
  assert(stride >= 1, 'sample: stride must be positive')
  const begin = skipNegativeInfinity(keys, count)
  const end = dropTail(keys, begin, count)
  const starts: number[] = []
  for (let row = begin; row < end;) {
    starts.push(row)
    let next = Math.min(row + stride, end)
    // A distance that overflows would be clamped to the segment's last row; end the segment before it.
    while (!(keys[next - 1]! - keys[row]! < Infinity)) next--
    // Back to the first row of the key that stands here; past its run when that is the sample itself.
    while (next < end && next > row && keys[next - 1] === keys[next]) next--
    if (next === row) {
      next++
      while (next < end && keys[next - 1] === keys[next]) next++
    }
    row = next
  }
  const segments = starts.length
  const firstKey = new Float64Array(segments + 1)
  const intercept = new Float64Array(segments + 1)
  for (let s = 0; s < segments; s++) {
    firstKey[s] = keys[starts[s]!]! + 0 // never -0
    intercept[s] = starts[s]!
  }
  firstKey[segments] = Infinity
  intercept[segments] = end
  const table = {
    kind: 'sampled' as const, count: segments, firstKey, slope: new Float64Array(segments), intercept,
    errorLow: new Int32Array(segments), errorHigh: new Int32Array(segments), ...buildGrid(firstKey, segments),
    keys: count, begin, end, epsilon: stride, maxError: 0, meanError: 0,
  }
  measureErrors(keys, table)
  return table
}
