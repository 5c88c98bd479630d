// The lookup of the learned index: projected key -> SearchBound, over one SegmentTable. Everything here is
// on the path of every point read: no allocation, no call that is not inlined.
//
// Promises, for a table fitted over keys[0 .. n-1] and any key, finite or not, present or not:
//   L1  0 <= lo <= pos <= hi <= n, and pos < hi whenever lo < hi.
//   L2  every row whose projected key equals the key lies in [lo, hi); without such a row, the insertion
//       point (first row with a greater key) lies in [lo, hi].
//   L3  hi - lo <= 2 * maxError + the longest run of equal keys (learned), or the rows of one sample
//       stride and such a run (sampled).
// Why L2 holds for absent keys: predictions never decrease (T2), so the prediction of a key between two
// neighbours lies between theirs; errorHigh was measured to the row *after* each key's run, which is the
// insertion point of whatever follows it. +Infinity and NaN are one projected key, the tail [end, n).
import type { SegmentTable } from './segment-table.ts'
import { gridCell, predictRow } from './segment-table.ts'

/** Predicted row and the half-open row range that must hold the key if it is present. */
export interface SearchBound {
  pos: number
  lo: number
  hi: number
}

/** A fresh bound to pass to {@link searchBound}; make one per table, not one per lookup. */
export function createSearchBound(): SearchBound {
  return { pos: 0, lo: 0, hi: 0 }
}

/** The segment that covers a finite key: the last s with firstKey[s] <= key. Needs key >= firstKey[0]. */
function findSegment(table: SegmentTable, key: number): number {
  const firstKey = table.firstKey
  const grid = table.grid
  const cell = gridCell((key - firstKey[0]!) * table.gridScale, grid.length - 1)
  let lo = grid[cell]!
  let hi = grid[cell + 1]!
  while (lo < hi) {
    const mid = (lo + hi + 1) >>> 1
    if (firstKey[mid]! <= key) lo = mid
    else hi = mid - 1
  }
  return lo
}

/** Writes the bound of a projected key into `out`: L1, L2, L3 above. No allocation; O(1) on even keys, else
 * O(log segments). */
export function searchBound(table: SegmentTable, key: number, out: SearchBound): void {
  const firstKey = table.firstKey
  // The sentinel makes firstKey[0] +Infinity in a table without segments; NaN fails the first test.
  if (!(key >= firstKey[0]! && key < Infinity)) {
    boundOutside(table, key, out)
    return
  }
  const s = findSegment(table, key)
  const intercept = table.intercept
  const begin = intercept[s]!
  const limit = intercept[s + 1]!
  const pos = predictRow(begin, limit, table.slope[s]!, key - firstKey[s]!)
  const lo = pos - table.errorLow[s]!
  const hi = pos + table.errorHigh[s]!
  out.pos = pos
  out.lo = lo < begin ? begin : lo
  out.hi = hi > limit ? limit : hi
}

// Keys before every finite row, and the two infinite runs.
function boundOutside(table: SegmentTable, key: number, out: SearchBound): void {
  if (key === -Infinity) {
    out.pos = out.lo = 0
    out.hi = table.begin
  } else if (key < Infinity) {
    out.pos = out.lo = out.hi = table.begin
  } else {
    out.pos = out.lo = table.end
    out.hi = table.keys
  }
}
