// Several models as one: the segments of consecutive row groups side by side, over rows counted through all of
// them. A point read then finds its segment in one step instead of two (row group, then segment), and the
// segments of the whole table lie in five arrays instead of five per group.
//
// Predictions add a larger intercept than the fit did, so rounding may move them by one row: every error gets
// one row more on each side, clamped to the segment as always. L1 and L2 of learned-index.ts hold.
import type { SegmentTable } from './segment-table.ts'
import { buildGrid } from './segment-table.ts'

/**
 * One table over the rows of all given tables in order, or null where that is not possible: a table without
 * segments, keys outside the fit (infinities, NaN), or 2^31 rows and more. O(segments).
 */
export function concatenateTables(tables: readonly SegmentTable[]): SegmentTable | null {
  let count = 0, keys = 0, epsilon = 0, maxError = 0, sumError = 0
  for (const table of tables) {
    if (table.count === 0 || table.begin !== 0 || table.end !== table.keys) return null
    count += table.count
    keys += table.keys
    epsilon = Math.max(epsilon, table.epsilon)
    maxError = Math.max(maxError, table.maxError)
    sumError += table.meanError * table.keys
  }
  if (count === 0 || keys > 0x7fffffff) return null
  const out = {
    kind: tables.some((table) => table.kind === 'sampled') ? 'sampled' as const : 'learned' as const,
    firstKey: new Float64Array(count + 1), intercept: new Float64Array(count + 1), slope: new Float64Array(count),
    errorLow: new Int32Array(count), errorHigh: new Int32Array(count),
  }
  let at = 0
  let row = 0
  for (const table of tables) {
    out.firstKey.set(table.firstKey.subarray(0, table.count), at)
    out.slope.set(table.slope.subarray(0, table.count), at)
    for (let s = 0; s < table.count; s++) {
      out.intercept[at + s] = row + table.intercept[s]!
      out.errorLow[at + s] = table.errorLow[s]! + 1
      out.errorHigh[at + s] = table.errorHigh[s]! + 1
    }
    at += table.count
    row += table.keys
  }
  out.firstKey[count] = Infinity
  out.intercept[count] = keys
  return {
    ...out, ...buildGrid(out.firstKey, count), count, keys, begin: 0, end: keys, epsilon, maxError: maxError + 1,
    meanError: sumError / keys,
  }
}
