// Decimal arithmetic against BigInt arithmetic and against answers of PostgreSQL 15.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import * as decimal from './decimal.ts'

const parse = (text: string): { unscaled: decimal.Integer; scale: number } => decimal.parseDecimal(text)!

describe('division picks the scale PostgreSQL picks', () => {
  test.each([
    ['1', '3', '0.33333333333333333333'], ['10', '7', '1.4285714285714286'], ['1', '1000', '0.00100000000000000000'],
    ['123456.789', '3', '41152.263000000000'], ['99999999999999999999', '7', '14285714285714285714'],
    ['-7', '0.3', '-23.3333333333333333'], ['0', '3', '0.00000000000000000000'],
  ])('%s / %s = %s', (left, right, quotient) => {
    const a = parse(left)
    const b = parse(right)
    const scale = decimal.divisionScale(a.unscaled, a.scale, b.unscaled, b.scale)
    const value = decimal.divideDecimals(a.unscaled, a.scale, b.unscaled, b.scale, scale)
    expect(decimal.formatDecimal(value, scale)).toBe(quotient)
  })

  test('by zero', () => {
    expect(() => decimal.divideDecimals(1, 0, 0, 0, 2)).toThrowError(expect.objectContaining({ code: '22012' }))
    expect(() => decimal.remainderDecimals(1, 0, 0, 0)).toThrowError(expect.objectContaining({ code: '22012' }))
  })
})

const any64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-(2n ** 54n), 2n ** 54n),
  fc.bigInt(-1000n, 1000n))

test('integer arithmetic is exact and canonical', () => {
  fc.assert(fc.property(any64, any64, (a, b) => {
    const [x, y] = [decimal.canonicalInteger(a), decimal.canonicalInteger(b)]
    expect(decimal.addIntegers(x, y)).toBe(decimal.canonicalInteger(a + b))
    expect(decimal.subtractIntegers(x, y)).toBe(decimal.canonicalInteger(a - b))
    expect(decimal.multiplyIntegers(x, y)).toBe(decimal.canonicalInteger(a * b))
  }), { numRuns: 2000 })
})

test('rescale agrees on its fast and slow paths', () => {
  fc.assert(fc.property(any64, fc.nat(20), fc.nat(20), (a, from, to) => {
    const slow = to >= from ? a * 10n ** BigInt(to - from) : decimal.divideRounded(a, 10n ** BigInt(from - to))
    expect(decimal.rescale(decimal.canonicalInteger(a), from, to)).toBe(decimal.canonicalInteger(slow))
  }), { numRuns: 2000 })
})

test('rounding is half away from zero', () => {
  expect(decimal.rescale(25, 1, 0)).toBe(3)
  expect(decimal.rescale(-25, 1, 0)).toBe(-3)
  expect(decimal.rescale(24, 1, 0)).toBe(2)
  expect(decimal.rescale(-4, 1, 0)).toBe(0)
  expect(decimal.roundTo(12345, 2, -1)).toBe(12000)
  expect(decimal.truncateTo(-12399, 2, 0)).toBe(-12300)
  expect(decimal.floorDecimal(-101, 2)).toBe(-2)
  expect(decimal.ceilDecimal(101, 2)).toBe(2)
  expect(Object.is(decimal.ceilDecimal(-50, 2), 0)).toBe(true)
})

test('precision is checked with PostgreSQL\'s detail', () => {
  expect(decimal.checkPrecision(99999, 5, 2)).toBe(99999)
  expect(() => decimal.checkPrecision(100000, 5, 2)).toThrowError(expect.objectContaining({
    code: '22003', detail: 'A field with precision 5, scale 2 must round to an absolute value less than 10^3.',
  }))
})

test('doubles near a decimal', () => {
  fc.assert(fc.property(fc.bigInt(-(10n ** 37n), 10n ** 37n), fc.nat(30), (unscaled, scale) => {
    const value = decimal.canonicalInteger(unscaled)
    expect(decimal.decimalToDouble(value, scale)).toBe(Number(decimal.formatDecimal(value, scale)))
  }))
})
