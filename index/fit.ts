// The fit: one pass over sorted keys that cuts them into segments (linear pieces) whose prediction is within
// epsilon rows of the truth, then one pass that measures the real errors with the arithmetic of the lookup.
//
// Shrinking cone (FITing-Tree, after Sleator / O'Rourke's swing filter), over distinct keys and the first row
// of each. The segment is anchored at its first point; every later point (dx, dr) narrows the slopes that
// pass within +-epsilon rows of it; an empty cone ends the segment and starts the next at that point:
//
//   row            . hi = min (dr + eps) / dx
//    |         .  /
//    |      .  x /   .      x   distinct key at its first row
//    |   .  x  .            slope = middle of the final cone, rounded to f32 where that is harmless
//    |. x .   lo = max (dr - eps) / dx, never below 0
//    +------------- key
//
// A key repeated more than epsilon times stands in a segment of its own, so that its run widens no other
// window. Rounding, clamping and run ends are not reasoned about but measured: measureErrors().
import { assert } from '../src/base/assert.ts'
import type { SegmentTable } from './segment-table.ts'
import { buildGrid, predictRow } from './segment-table.ts'

export interface FitOptions {
  /** Promised error in rows, 1 .. 65,535. Absent: chosen from the data by {@link fitSegments}. */
  readonly epsilon?: number
}

/** Epsilons tried in order when none is given. */
const EPSILON_CHOICES: readonly number[] = [16, 32, 64]

/**
 * Keys per segment, in epsilons, below which the fit counts as hard. Even a level line covers 2 * epsilon
 * keys; gaps of a heavy tail (Pareto, exponent 1/4) measure 2.3 to 2.5 at every epsilon, English words 2.4 to
 * 2.7, IPv4 network starts 6.6, uniform keys 44 at epsilon 16. A sampled array of equal window is then as
 * small.
 */
export const HARD_EPSILONS_PER_SEGMENT = 2.5

/**
 * Fits a learned SegmentTable over keys[0 .. count-1]: non-decreasing projected numbers, duplicates allowed,
 * an opening run of -Infinity and a closing run of +Infinity or NaN allowed. Without an epsilon the smallest
 * of EPSILON_CHOICES whose segments are long enough is taken, else the largest. One or a few passes.
 */
export function fitSegments(keys: Float64Array, count: number, options: FitOptions): SegmentTable {
  assert(count >= 0 && count <= keys.length && count <= 0x7fffffff, 'fit: count exceeds the keys')
  const begin = skipNegativeInfinity(keys, count)
  const end = dropTail(keys, begin, count)
  if (options.epsilon !== undefined) return fitWith(keys, count, { begin, end, epsilon: options.epsilon })
  let table: SegmentTable | undefined
  for (const epsilon of EPSILON_CHOICES) {
    table = fitWith(keys, count, { begin, end, epsilon })
    if (!isHard(table)) break
  }
  return table!
}

/** True when the segments are too short for their slopes to carry much; see the constant above. */
export function isHard(table: SegmentTable): boolean {
  return table.count > 1 && table.end - table.begin < table.count * table.epsilon * HARD_EPSILONS_PER_SEGMENT
}

interface Part { begin: number, end: number, epsilon: number }

function fitWith(keys: Float64Array, count: number, part: Part): SegmentTable {
  assert(part.epsilon >= 1 && part.epsilon <= 0xffff, 'fit: epsilon is out of range')
  const { begin, end } = part
  // Each cut lands at least one row further, so the buffers are bounded; they start small and double.
  let starts = new Int32Array(64)
  let slopes = new Float64Array(64)
  let segments = 0
  for (let row = begin; row < end; segments++) {
    if (segments === starts.length) {
      starts = grow(starts, new Int32Array(segments * 2))
      slopes = grow(slopes, new Float64Array(segments * 2))
    }
    starts[segments] = row
    row = growSegment(keys, row, part)
    slopes[segments] = grownSlope
  }
  return assemble(keys, count, part, starts, slopes, segments)
}

// Second result of growSegment; a return object per segment would cost more than the short segments do.
let grownSlope = 0

// Extends the segment that starts at `start` as far as the cone stays open; returns the row after it.
function growSegment(keys: Float64Array, start: number, part: Part): number {
  const { end, epsilon } = part
  const first = keys[start]!
  let slopeLo = 0
  let slopeHi = Infinity
  let runStart = start
  let previous = first
  let row = start + 1
  for (; row < end; row++) {
    const key = keys[row]!
    if (key === previous) continue
    if (row - runStart > epsilon) return cutAtRun(start, runStart, row, slopeLo, slopeHi)
    const inverse = 1 / (key - first)
    // 0: the distance overflowed. Infinity: it is subnormal. Neither can carry a line.
    if (!(inverse > 0 && inverse < Infinity)) break
    const rise = row - start
    const lo = (rise - epsilon) * inverse
    const hi = (rise + epsilon) * inverse
    if (lo > slopeHi || hi < slopeLo) break
    slopeLo = lo > slopeLo ? lo : slopeLo
    slopeHi = hi < slopeHi ? hi : slopeHi
    previous = key
    runStart = row
  }
  if (row - runStart > epsilon) return cutAtRun(start, runStart, row, slopeLo, slopeHi)
  grownSlope = chooseSlope(slopeLo, slopeHi)
  return row
}

// A long run ends at `row`: alone in the segment it becomes the segment, otherwise the segment ends before
// it.
function cutAtRun(start: number, runStart: number, row: number, slopeLo: number, slopeHi: number): number {
  if (runStart === start) {
    grownSlope = 0
    return row
  }
  grownSlope = chooseSlope(slopeLo, slopeHi)
  return runStart
}

// The middle of the cone; 0 for a segment of one key, whose cone is still open at the top.
function chooseSlope(slopeLo: number, slopeHi: number): number {
  if (slopeHi === Infinity) return 0
  const slope = slopeLo + (slopeHi - slopeLo) * 0.5
  const rounded = Math.fround(slope)
  return Math.abs(rounded - slope) <= slope * 1e-6 ? rounded : slope
}

function assemble(
  keys: Float64Array, count: number, part: Part, starts: Int32Array, slopes: Float64Array, segments: number,
): SegmentTable {
  const firstKey = new Float64Array(segments + 1)
  const intercept = new Float64Array(segments + 1)
  for (let s = 0; s < segments; s++) {
    firstKey[s] = keys[starts[s]!]! + 0 // never -0
    intercept[s] = starts[s]!
  }
  firstKey[segments] = Infinity
  intercept[segments] = part.end
  const draft = {
    kind: 'learned' as const, count: segments, firstKey, slope: slopes.slice(0, segments), intercept,
    errorLow: new Int32Array(segments), errorHigh: new Int32Array(segments), ...buildGrid(firstKey, segments),
    keys: count, begin: part.begin, end: part.end, epsilon: part.epsilon, maxError: 0, meanError: 0,
  }
  measureErrors(keys, draft)
  return draft
}

interface Measured extends SegmentTable { maxError: number, meanError: number }

/**
 * Fills in errorLow, errorHigh, maxError and meanError of a table whose lines are fixed, from every row of
 * `keys` and with the lookup's own arithmetic (T3). Shared by the learned and the sampled fit.
 */
export function measureErrors(keys: Float64Array, table: Measured): void {
  let maxError = 0
  let sumError = 0
  let distinct = 0
  for (let s = 0; s < table.count; s++) {
    const begin = table.intercept[s]!
    const limit = table.intercept[s + 1]!
    const first = table.firstKey[s]!
    const slope = table.slope[s]!
    let low = 0
    let high = 1
    let pos = begin | 0
    let previous = first
    distinct++
    for (let row = (begin | 0) + 1; row < limit; row++) {
      const key = keys[row]!
      if (key === previous) continue
      if (row - pos > high) high = row - pos
      pos = predictRow(begin, limit, slope, key - first)
      previous = key
      const error = pos - row
      if (error > low) low = error
      const distance = error < 0 ? -error : error
      if (distance > maxError) maxError = distance
      sumError += distance
      distinct++
    }
    if (limit - pos > high) high = limit - pos
    table.errorLow[s] = low
    table.errorHigh[s] = high
  }
  table.maxError = maxError
  table.meanError = distinct === 0 ? 0 : sumError / distinct
}

/** Row after the opening run of -Infinity. */
export function skipNegativeInfinity(keys: Float64Array, count: number): number {
  let row = 0
  while (row < count && keys[row] === -Infinity) row++
  return row
}

/** First row of the closing run of +Infinity and NaN. */
export function dropTail(keys: Float64Array, begin: number, count: number): number {
  let row = count
  while (row > begin && !(keys[row - 1]! < Infinity)) row--
  return row
}

function grow<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
