// The JavaScript column of the type table: what goes in, what comes out, and what is refused by name.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { compareScalars } from './scalar-compare.ts'
import { fromJs, toJs } from './scalar-js.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, decimalType, DOUBLE, INTEGER, JSON_TYPE, REAL, SMALLINT, TEXT, TIMESTAMP, TIMESTAMPTZ,
  UUID, type SqlType,
} from './types.ts'

const MONEY = decimalType(12, 2)

describe('values and their way back', () => {
  const CASES: [SqlType, unknown, unknown][] = [
    [BOOLEAN, true, true], [SMALLINT, -5, -5], [INTEGER, -0, 0], [BIGINT, 5n, 5], [BIGINT, 2n ** 60n, 2n ** 60n],
    [BIGINT, '9007199254740993', 9007199254740993n], [DOUBLE, -0, 0], [DOUBLE, NaN, NaN], [REAL, 0.5, 0.5],
    [MONEY, 1.005, '1.01'], [MONEY, -1.005, '-1.01'], [MONEY, '1.2', '1.20'], [MONEY, 7n, '7.00'],
    [DATE, '2024-02-29', '2024-02-29'],
    [DATE, new Date('1969-12-31T23:00:00Z'), '1969-12-31'], [TEXT, 'é😀', 'é😀'], [JSON_TYPE, { a: [1] }, '{"a":[1]}'],
    [TIMESTAMP, new Date(-1), new Date(-1)], [TIMESTAMPTZ, '2024-01-01 00:00+02', new Date('2023-12-31T22:00:00Z')],
    [UUID, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], [TEXT, undefined, null],
  ]
  test.each(CASES)('%j: %s', (type, value, back) => {
    expect(toJs(type, fromJs(type, value))).toStrictEqual(back)
  })

  test('bytes', () => {
    expect(toJs(BYTEA, fromJs(BYTEA, Uint8Array.of(1, 2)))).toStrictEqual(Uint8Array.of(1, 2))
  })
})

describe('refused', () => {
  const CASES: [SqlType, unknown, string, RegExp][] = [
    [INTEGER, 1.5, '22P02', /1\.5/], [INTEGER, 2 ** 31, '22003', /2147483648/],
    [BIGINT, 2 ** 53, '22003', /9007199254740992/],
    [BIGINT, 2n ** 63n, '22003', /9223372036854775808/], [INTEGER, true, '42804', /true/], [INTEGER, 'x', '22P02', /x/],
    [TEXT, 12, '42804', /12/], [TEXT, 'a\udc00', '22021', /U\+DC00/], [BOOLEAN, 1, '42804', /1/],
    [DATE, new Date(NaN), '22007', /invalid Date/],
    [TIMESTAMP, 12, '42804', /12/], [DATE, 12, '42804', /12/], [MONEY, NaN, '22003', /NaN/],
    [MONEY, 1e10, '22003', /10000000000/],
    [SMALLINT, NaN, '22P02', /NaN/], [REAL, 1e39, '22003', /1e\+39/], [UUID, Uint8Array.of(1), '42804', /01/],
    [DOUBLE, 2n ** 53n + 1n, '22003', /9007199254740993/], [BYTEA, [1], '42804', /\[1\]/],
  ]
  test.each(CASES)('%j: %s is %s', (type, value, code, message) => {
    expect(() => fromJs(type, value)).toThrowError(expect.objectContaining({ code,
      message: expect.stringMatching(message) }))
  })
})

test('int64 forms never round', () => {
  const big = 2n ** 53n
  expect(toJs(BIGINT, 5, { int64: 'bigint' })).toBe(5n)
  expect(toJs(BIGINT, big, { int64: 'string' })).toBe('9007199254740992')
  expect(toJs(BIGINT, 5, { int64: 'number' })).toBe(5)
  expect(() => toJs(BIGINT, big, { int64: 'number' })).toThrowError(expect.objectContaining({ code: '22003' }))
})

test('timestamps keep their microseconds on request', () => {
  const value = fromJs(TIMESTAMP, '2024-01-01 00:00:00.123456')
  expect(toJs(TIMESTAMP, value)).toStrictEqual(new Date('2024-01-01T00:00:00.123Z'))
  expect(toJs(TIMESTAMP, value, { timestamps: 'string' })).toBe('2024-01-01 00:00:00.123456')
  expect(fromJs(TIMESTAMP, toJs(TIMESTAMP, value, { timestamps: 'bigint' }))).toBe(value)
  const far = fromJs(TIMESTAMP, '9999-12-31 23:59:59.5')
  expect(toJs(TIMESTAMP, far)).toStrictEqual(new Date('9999-12-31T23:59:59.500Z'))
  expect(toJs(TIMESTAMP, fromJs(TIMESTAMP, '1500-01-01 00:00:00.0005')))
    .toStrictEqual(new Date('1500-01-01T00:00:00.000Z'))
})

test('decimals as numbers are the nearest double', () => {
  fc.assert(fc.property(fc.integer({ min: -1e12, max: 1e12 }), (cents) => {
    expect(toJs(MONEY, cents, { decimals: 'number' })).toBe(cents === 0 ? 0 : Number((cents / 100).toFixed(2)))
  }))
})

test('text orders by UTF-8 bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
    expect(Math.sign(compareScalars(TEXT, a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
  }), { numRuns: 2000 })
  expect(compareScalars(TEXT, '\uffff', '😀')).toBe(-1)
})

test('NaN is equal to itself and last, NULL after it', () => {
  expect([NaN, null, 1, -Infinity, Infinity].sort((a, b) => compareScalars(DOUBLE, a, b)))
    .toStrictEqual([-Infinity, 1, Infinity, NaN, null])
  expect(compareScalars(DOUBLE, NaN, NaN)).toBe(0)
  expect(compareScalars(DOUBLE, -0, 0)).toBe(0)
})
