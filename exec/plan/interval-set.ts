// Sets of values of one column as sorted, disjoint intervals: what `k = 1`, `k IN (…)`, `k BETWEEN …`,
// `k < 5 OR k > 9` and their conjunctions become before they turn into key lookups, key ranges and zone
// predicates. NULL is never in a set. Bounds are Scalars of the column's type; null is unbounded.
//
//   x = 3 → {[3,3]}     x < 5 → {(-inf,5)}     x IN (7,1) → {[1,1],[7,7]}     NULL bound → {}
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'

export interface Interval {
  readonly lower: Scalar
  readonly lowerInclusive: boolean
  readonly upper: Scalar
  readonly upperInclusive: boolean
}

/** Sorted and disjoint. The empty list is the empty set. */
export type IntervalSet = readonly Interval[]

export const EVERYTHING: IntervalSet = [{ lower: null, lowerInclusive: false, upper: null, upperInclusive: false }]

/** The set of one value. */
export function pointInterval(value: Scalar): Interval {
  return { lower: value, lowerInclusive: true, upper: value, upperInclusive: true }
}

/** True for an interval of one value. */
function isPoint(type: SqlType, interval: Interval): boolean {
  return interval.lower !== null && interval.upper !== null && interval.lowerInclusive && interval.upperInclusive
    && compareScalars(type, interval.lower, interval.upper) === 0
}

/** True when every interval is one value (also for the empty set). */
export function isPointSet(type: SqlType, set: IntervalSet): boolean {
  return set.every((interval) => isPoint(type, interval))
}

/** Values in both sets. Cost: one merge pass. */
export function intersect(type: SqlType, a: IntervalSet, b: IntervalSet): IntervalSet {
  const out: Interval[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const both = overlap(type, a[i]!, b[j]!)
    if (!isEmpty(type, both)) out.push(both)
    if (compareUpper(type, a[i]!, b[j]!) <= 0) i++
    else j++
  }
  return out
}

/** Values in any of the intervals: sorts, drops empty ones and joins those that touch. */
export function unite(type: SqlType, intervals: readonly Interval[]): IntervalSet {
  const sorted = intervals.filter((interval) => !isEmpty(type, interval)).sort((a, b) => compareLower(type, a, b))
  const out: Interval[] = []
  for (const next of sorted) {
    const last = out[out.length - 1]
    if (last === undefined || !touches(type, last, next)) out.push(next)
    else if (compareUpper(type, last, next) < 0) {
      out[out.length - 1] = { ...last, upper: next.upper, upperInclusive: next.upperInclusive }
    }
  }
  return out
}

/** The smallest single interval around a set that is not empty. */
export function hull(set: IntervalSet): Interval {
  const first = set[0]!
  const last = set[set.length - 1]!
  return {
    lower: first.lower, lowerInclusive: first.lowerInclusive, upper: last.upper, upperInclusive: last.upperInclusive,
  }
}

function overlap(type: SqlType, a: Interval, b: Interval): Interval {
  const low = compareLower(type, a, b) >= 0 ? a : b
  const high = compareUpper(type, a, b) <= 0 ? a : b
  return {
    lower: low.lower, lowerInclusive: low.lowerInclusive, upper: high.upper, upperInclusive: high.upperInclusive,
  }
}

function isEmpty(type: SqlType, interval: Interval): boolean {
  if (interval.lower === null || interval.upper === null) return false
  const order = compareScalars(type, interval.lower, interval.upper)
  return order > 0 || (order === 0 && !(interval.lowerInclusive && interval.upperInclusive))
}

function compareLower(type: SqlType, a: Interval, b: Interval): number {
  if (a.lower === null || b.lower === null) return a.lower === b.lower ? 0 : a.lower === null ? -1 : 1
  const order = compareScalars(type, a.lower, b.lower)
  if (order !== 0 || a.lowerInclusive === b.lowerInclusive) return order
  return a.lowerInclusive ? -1 : 1
}

function compareUpper(type: SqlType, a: Interval, b: Interval): number {
  if (a.upper === null || b.upper === null) return a.upper === b.upper ? 0 : a.upper === null ? 1 : -1
  const order = compareScalars(type, a.upper, b.upper)
  if (order !== 0 || a.upperInclusive === b.upperInclusive) return order
  return a.upperInclusive ? 1 : -1
}

/** Whether `next`, which does not start before `last`, overlaps it or continues it without a gap. */
function touches(type: SqlType, last: Interval, next: Interval): boolean {
  if (last.upper === null || next.lower === null) return true
  const order = compareScalars(type, last.upper, next.lower)
  return order > 0 || (order === 0 && (last.upperInclusive || next.lowerInclusive))
}
