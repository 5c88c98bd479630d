import { describe, expect, test } from 'vitest'
import { BIGINT, DATE, DOUBLE, INTEGER, SMALLINT, TIMESTAMP, decimalType } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { boundInterval, isLosslessCast } from './convert-bound.ts'
import type { BoundOp } from './convert-bound.ts'

/** Checks `c op value` against the interval for every integer c of a small domain. */
function check(column: SqlType, type: SqlType, value: number, unit: number): void {
  const ops: Record<BoundOp, (c: number) => boolean> = {
    eq: (c) => c * unit === value, lt: (c) => c * unit < value, le: (c) => c * unit <= value,
    gt: (c) => c * unit > value, ge: (c) => c * unit >= value,
  }
  for (const [op, holds] of Object.entries(ops)) {
    const interval = boundInterval(column, op as BoundOp, value, type)
    for (let c = -4; c <= 4; c++) {
      const inside = interval !== null
        && (interval.lower === null || c > (interval.lower as number)
          || (interval.lowerInclusive && c === interval.lower))
        && (interval.upper === null || c < (interval.upper as number)
          || (interval.upperInclusive && c === interval.upper))
      expect([op, value, c, inside]).toEqual([op, value, c, holds(c)])
    }
  }
}

describe('bounds moved through lossless casts', () => {
  test('integer column against decimals with a fraction', () => {
    for (let v = -35; v <= 35; v++) check(INTEGER, decimalType(12, 1), v, 10)
  })

  test('decimal column against decimals of another scale', () => {
    for (let v = -35; v <= 35; v++) check(decimalType(10, 1), decimalType(12, 2), v, 10)
  })

  test('integer column against doubles', () => {
    for (let v = -35; v <= 35; v++) check(INTEGER, DOUBLE, v / 10, 1)
    expect(boundInterval(INTEGER, 'lt', NaN, DOUBLE)).toMatchObject({ lower: null, upper: null })
    expect(boundInterval(INTEGER, 'ge', Infinity, DOUBLE)).toBe(null)
    expect(boundInterval(INTEGER, 'gt', -Infinity, DOUBLE)).toMatchObject({ lower: null, upper: null })
  })

  test('date column against timestamps', () => {
    for (const v of [-2, -1, 0, 1, 2, 3]) check(DATE, TIMESTAMP, v * 43_200_000_000, 86_400_000_000)
  })

  test('values outside the column type match nothing or everything', () => {
    expect(boundInterval(SMALLINT, 'eq', 70_000, INTEGER)).toBe(null)
    expect(boundInterval(SMALLINT, 'gt', 70_000, INTEGER)).toBe(null)
    expect(boundInterval(SMALLINT, 'le', 70_000, INTEGER)).toMatchObject({ lower: null, upper: null })
    expect(boundInterval(SMALLINT, 'lt', -70_000, INTEGER)).toBe(null)
    expect(boundInterval(SMALLINT, 'ge', -70_000, INTEGER)).toMatchObject({ lower: null, upper: null })
  })

  test('large int64 bounds stay exact', () => {
    const big = 2n ** 62n + 1n
    expect(boundInterval(BIGINT, 'eq', big, BIGINT)).toMatchObject({ lower: big, upper: big })
    expect(boundInterval(BIGINT, 'le', big * 10n + 5n, decimalType(30, 1))).toMatchObject({ upper: big,
      upperInclusive: true })
  })

  test('NULL gives no interval', () => {
    expect(boundInterval(BIGINT, 'eq', null, BIGINT)).toBe(null)
  })

  test('which casts are lossless', () => {
    expect(isLosslessCast(SMALLINT, BIGINT)).toBe(true)
    expect(isLosslessCast(BIGINT, INTEGER)).toBe(false)
    expect(isLosslessCast(BIGINT, DOUBLE)).toBe(false)
    expect(isLosslessCast(INTEGER, DOUBLE)).toBe(true)
    expect(isLosslessCast(INTEGER, decimalType(12, 4))).toBe(false)
    expect(isLosslessCast(INTEGER, decimalType(12, 2))).toBe(true)
  })
})
