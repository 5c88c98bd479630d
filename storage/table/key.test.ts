// Keys: the order of their encoded bytes is the order of their values, alone and as parts of composite keys;
// equal keys hash alike; a prefix's successor closes exactly the keys with that prefix.
import { describe, expect, test } from 'vitest'
import { CODE } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { BIGINT, BYTEA, DOUBLE, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { KeyOrder, hashKey, prefixSuccessor, sameKey } from './key.ts'

function orderOf(...types: SqlType[]): KeyOrder {
  const columns = types.map((type, c) => ({ name: `k${c}`, type, nullable: false }))
  return new KeyOrder({ name: 't', columns, key: types.map((_, c) => c) })
}

// Ascending, all different.
const ASCENDING: [SqlType, Scalar[]][] = [
  [INTEGER, [-2147483648, -65536, -256, -255, -1, 0, 1, 127, 128, 255, 256, 65535, 65536, 2147483647]],
  [BIGINT, [-(2n ** 63n), -(2n ** 53n), -(2 ** 53 - 1), -(2 ** 32) - 1, -(2 ** 32), -(2 ** 32) + 1, -1, 0,
    2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]],
  [DOUBLE, [-Infinity, -Number.MAX_VALUE, -1.5, -1, -Number.MIN_VALUE, 0, Number.MIN_VALUE, 0.1, 1, 1.5,
    Number.MAX_VALUE, Infinity, NaN]],
  [decimalType(38, 0), [-(10n ** 38n) + 1n, -(2n ** 64n) - 1n, -(2n ** 64n), -(2n ** 32n), -1n, 0n, 1n,
    2n ** 32n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 96n, 10n ** 38n - 1n]],
  [TEXT, ['', '\0', '\0\0', '\0\u0001', '\0a', '\u0001', 'A', 'a', 'a\0', 'a\0b', 'a\u0001', 'aa', 'b', '\u007f',
    '\u0080', 'ä', '\ud7ff', '\ufb01', '\uffff', '\u{10000}', '\u{1f600}', '\u{10ffff}']],
  [BYTEA, ['', '00', '0000', '0001', '00ff', '01', '7f', 'fe', 'ff', 'ff00', 'ffff', 'ffffff']
    .map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))],
]

describe('order', () => {
  test.each(ASCENDING)('$kind alone', (type, values) => {
    const order = orderOf(type)
    const keys = values.map((value) => order.fromValues([value]))
    for (let i = 0; i < keys.length; i++) {
      for (let j = 0; j < keys.length; j++) expect(Math.sign(order.compare(keys[i]!, keys[j]!))).toBe(Math.sign(i - j))
    }
  })

  test.each(ASCENDING)('$kind as first and as last part', (type, values) => {
    const leading = orderOf(type, INTEGER)
    const trailing = orderOf(TEXT, type)
    for (let i = 0; i < values.length; i++) {
      for (let j = 0; j < values.length; j++) {
        // The second part must not outweigh the first.
        const a = leading.fromValues([values[i]!, 5])
        const other = leading.fromValues([values[j]!, -5])
        expect(Math.sign(leading.compare(a, other))).toBe(i === j ? 1 : Math.sign(i - j))
        const b = trailing.fromValues(['x\0', values[i]!])
        expect(Math.sign(trailing.compare(b, trailing.fromValues(['x\0', values[j]!])))).toBe(Math.sign(i - j))
      }
    }
  })

  test('random doubles and random composite keys', () => {
    const random = new Random(11)
    const order = orderOf(DOUBLE, TEXT)
    const bits = new DataView(new ArrayBuffer(8))
    const next = (): [number, string] => {
      bits.setUint32(0, random.nextU32())
      bits.setUint32(4, random.nextU32())
      const raw = random.chance(0.3) ? random.between(-2, 2) : bits.getFloat64(0)
      const text = Array.from({ length: random.below(4) }, () => random.pick(['\0', '\u0001', 'a', 'ÿ', '\u{1f600}']))
      return [raw !== raw ? 0 : raw + 0, text.join('')]
    }
    for (let i = 0; i < 2000; i++) {
      const a = next()
      const b = next()
      const expected = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1]))
      expect(Math.sign(order.compare(order.fromValues(a), order.fromValues(b)))).toBe(expected)
    }
  })
})

describe('equality', () => {
  test('-0 is 0, alone and in composites', () => {
    expect(Object.is(orderOf(DOUBLE).fromValues([-0]), 0)).toBe(true)
    const pair = orderOf(DOUBLE, INTEGER)
    expect(pair.fromValues([-0, 1])).toBe(pair.fromValues([0, 1]))
  })

  test('every NaN is one key with one hash', () => {
    const patterns = new Float64Array(new BigUint64Array(
      [0x7ff8000000000000n, 0xfff8000000000000n, 0x7ff8000000000123n, 0xfff0000000000001n]).buffer)
    const order = orderOf(DOUBLE)
    const pair = orderOf(DOUBLE, INTEGER)
    for (const nan of patterns) {
      const key = order.fromValues([nan])
      expect(sameKey(key, NaN)).toBe(true)
      expect(order.compare(key, NaN)).toBe(0)
      expect(hashKey(patterns.at(0)!)).toBe(hashKey(key))
      expect(pair.fromValues([nan, 1])).toBe(pair.fromValues([NaN, 1]))
    }
  })

  test('equal keys of every mode hash alike and unequal ones mostly differ', () => {
    for (const [type, values] of ASCENDING) {
      for (const order of [orderOf(type), orderOf(type, TEXT)]) {
        const full = (value: Scalar): Scalar[] => (order.columns.length === 1 ? [value] : [value, 'x'])
        const keys = values.map((value) => order.fromValues(full(value)))
        const again = values.map((value) => order.fromValues(full(value)))
        expect(keys.every((key, i) => sameKey(key, again[i]!) && hashKey(key) === hashKey(again[i]!))).toBe(true)
        expect(keys.every((key, i) => keys.every((other, j) => i === j || !sameKey(key, other)))).toBe(true)
        expect(new Set(keys.map(hashKey)).size).toBeGreaterThan(keys.length - 3)
      }
    }
  })

  test('a NULL part is 23502 and names its column', () => {
    expect(() => orderOf(INTEGER, TEXT).fromValues([1, null])).toThrow(
      expect.objectContaining({ code: CODE.NOT_NULL, message: expect.stringContaining('"k1"') }))
    expect(() => orderOf(TEXT).fromRow([null])).toThrow(expect.objectContaining({ code: CODE.NOT_NULL }))
  })
})

describe('prefixSuccessor', () => {
  test('is the least string above all strings with the prefix', () => {
    expect(prefixSuccessor('')).toBe(null)
    expect(prefixSuccessor('\u00ff\u00ff')).toBe(null)
    expect(prefixSuccessor('a')).toBe('b')
    expect(prefixSuccessor('a\u00ff\u00ff')).toBe('b')
    expect(prefixSuccessor('\u0000')).toBe('\u0001')
  })

  test('separates keys that begin with the values from all greater ones', () => {
    const random = new Random(3)
    const order = orderOf(TEXT, INTEGER)
    const texts = ['', '\0', 'a', 'a\0', 'ab', 'ÿ', '\u{10ffff}']
    for (let i = 0; i < 500; i++) {
      const bound = random.pick(texts)
      const text = random.pick(texts)
      const key = order.fromValues([text, random.between(-2147483648, 2147483647)]) as string
      const successor = prefixSuccessor(order.prefix([bound]))!
      const comparison = Buffer.compare(Buffer.from(text), Buffer.from(bound))
      expect([key >= order.prefix([bound]), key < successor]).toEqual([comparison >= 0, comparison <= 0])
    }
  })
})
