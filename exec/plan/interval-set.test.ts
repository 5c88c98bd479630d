import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, TEXT } from '../../src/base/types.ts'
import { EVERYTHING, hull, intersect, isPointSet, pointInterval, unite } from './interval-set.ts'
import type { Interval, IntervalSet } from './interval-set.ts'

const open = (lower: number | null, upper: number | null): Interval => ({
  lower, lowerInclusive: false, upper, upperInclusive: false,
})

function contains(set: IntervalSet, value: number): boolean {
  return set.some(({ lower, lowerInclusive, upper, upperInclusive }) =>
    (lower === null || value > (lower as number) || (lowerInclusive && value === lower))
    && (upper === null || value < (upper as number) || (upperInclusive && value === upper)))
}

function randomInterval(random: Random): Interval {
  return {
    lower: random.chance(0.2) ? null : random.below(10), lowerInclusive: random.chance(0.5),
    upper: random.chance(0.2) ? null : random.below(10), upperInclusive: random.chance(0.5),
  }
}

describe('interval sets', () => {
  test('points are deduplicated and sorted', () => {
    const set = unite(BIGINT, [7, 1, 7, 3].map(pointInterval))
    expect(set.map((interval) => interval.lower)).toEqual([1, 3, 7])
    expect(isPointSet(BIGINT, set)).toBe(true)
  })

  test('text points sort by UTF-8 bytes, not by UTF-16 units', () => {
    const set = unite(TEXT, ['\u{1F600}', '\uFFFD', 'a'].map(pointInterval))
    expect(set.map((interval) => interval.lower)).toEqual(['a', '\uFFFD', '\u{1F600}'])
  })

  test('touching intervals join only when the border belongs to one of them', () => {
    expect(unite(BIGINT, [open(1, 5), open(5, 9)])).toHaveLength(2)
    expect(unite(BIGINT, [{ ...open(1, 5), upperInclusive: true }, open(5, 9)])).toHaveLength(1)
  })

  test('the hull spans first to last', () => {
    expect(hull(unite(BIGINT, [open(8, 9), open(1, 2)]))).toEqual(open(1, 9))
  })

  test('unite and intersect agree with membership on random sets', () => {
    const random = new Random(11)
    for (let round = 0; round < 500; round++) {
      const a = Array.from({ length: random.below(4) }, () => randomInterval(random))
      const b = Array.from({ length: random.below(4) }, () => randomInterval(random))
      const setA = unite(BIGINT, a)
      const setB = unite(BIGINT, b)
      const both = intersect(BIGINT, setA, setB)
      for (let value = -0.5; value < 10.5; value += 0.5) {
        expect(contains(setA, value)).toBe(contains(a, value))
        expect(contains(both, value)).toBe(contains(a, value) && contains(b, value))
      }
      for (let i = 1; i < both.length; i++) expect(both[i - 1]!.upper! <= both[i]!.lower!).toBe(true)
    }
    expect(intersect(BIGINT, EVERYTHING, EVERYTHING)).toEqual(EVERYTHING)
  })
})
