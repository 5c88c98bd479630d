// Projections keep order; comparisons agree with UTF-8 bytes.
import { describe, expect, test } from 'vitest'
import { Random } from '../src/base/random.ts'
import {
  commonPrefixLength, compareNumbers, compareUtf8, projectBigint, projectBinaryString,
  projectBinaryStringInGroup,
  projectBytes, projectBytesInGroup, projectNumber, projectString, projectStringInGroup,
} from './key-order.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const compareBytes = (a: Uint8Array, b: Uint8Array): number => Math.sign(Buffer.compare(a, b))

const UNITS = ['a', 'b', 'z', ' ', '~', '\u0000', '\u007f', '\u0080', 'é', '\u07ff', '\u0800', '字', '\ud7ff',
  '\ue000',
  '\uffff', '\u{10000}', '😀', '\u{10ffff}']

function randomText(random: Random, length: number): string {
  let text = ''
  for (let i = random.below(length + 1); i > 0; i--) text += random.pick(UNITS)
  return text
}

test('numbers: -0 is 0, NaN ties with +Infinity, order is kept', () => {
  expect(Object.is(projectNumber(-0), 0)).toBe(true)
  expect(projectNumber(NaN)).toBe(Infinity)
  expect([-Infinity, -1.5, 0, 3, Infinity].map(projectNumber)).toEqual([-Infinity, -1.5, 0, 3, Infinity])
  const sorted = [NaN, 3, -0, Infinity, -Infinity, NaN, 0, -7].sort(compareNumbers)
  expect(sorted).toEqual([-Infinity, -7, -0, 0, 3, Infinity, NaN, NaN])
  expect(compareNumbers(NaN, NaN)).toBe(0)
  expect(compareNumbers(0, -0)).toBe(0)
})

test('bigints of 64 and 128 bits round monotonically', () => {
  const edges = [
    -(2n ** 127n), -(2n ** 63n), -(2n ** 53n) - 1n, -1n, 0n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 127n - 1n,
  ]
  for (const edge of edges) {
    for (let step = -3n; step < 3n; step++) {
      expect(projectBigint(edge + step)).toBeLessThanOrEqual(projectBigint(edge + step + 1n))
    }
  }
  expect(projectBigint(2n ** 53n - 1n)).toBe(2 ** 53 - 1)
  expect(projectBigint(2n ** 53n)).toBe(projectBigint(2n ** 53n + 1n))
})

describe('bytes and text', () => {
  const random = new Random(8)

  test('the projection of bytes keeps their order, whatever follows the common prefix', () => {
    for (let round = 0; round < 20_000; round++) {
      const prefix = Uint8Array.from({ length: random.below(4) }, () => random.below(256))
      const byte = (): number => random.pick([0, 1, 127, 128, 254, 255])
      const tail = (): Uint8Array => Uint8Array.from({ length: random.below(12) }, byte)
      const a = Uint8Array.of(...prefix, ...tail())
      const b = Uint8Array.of(...prefix, ...tail())
      const x = projectBytes(a, 0, a.length, prefix.length)
      const y = projectBytes(b, 0, b.length, prefix.length)
      const order = compareBytes(a, b)
      if (order < 0 ? x > y : order > 0 ? x < y : x !== y) {
        throw new Error(`order lost: ${a} -> ${x}, ${b} -> ${y}`)
      }
      if (projectBinaryString(latin1(a), prefix.length) !== x) throw new Error(`binary string differs: ${a}`)
    }
  })

  test('an offset into a larger buffer reads only the key', () => {
    const bytes = encode('xxhello world')
    expect(projectBytes(bytes, 2, 5, 0)).toBe(projectString('hello', 0))
    expect(projectString('hello', 0)).toBe(0x68656c6c * 2 ** 32 + 0x6f000000)
    expect(projectString('', 0)).toBe(0)
  })

  test('text projects as its UTF-8 bytes do, at every prefix length', () => {
    for (let round = 0; round < 20_000; round++) {
      const text = randomText(random, 8)
      const bytes = encode(text)
      const skip = random.below(bytes.length + 1)
      const want = projectBytes(bytes, 0, bytes.length, skip)
      const got = projectString(text, skip)
      if (got !== want) throw new Error(`${JSON.stringify(text)} past ${skip}: ${got}, not ${want}`)
    }
  })

  test('a lone surrogate counts as U+FFFD', () => {
    expect(projectString('a\ud800', 0)).toBe(projectString('a\ufffd', 0))
    expect(projectString('\udc00b', 0)).toBe(projectString('\ufffdb', 0))
  })

  test('keys outside the group go to the infinities', () => {
    for (let round = 0; round < 20_000; round++) {
      const member = encode(randomText(random, 4))
      const prefix = member.subarray(0, random.below(member.length + 1))
      const text = randomText(random, 4)
      const bytes = encode(text)
      const shared = commonPrefixLength(bytes, prefix)
      const want = shared === prefix.length ? projectBytes(bytes, 0, bytes.length, shared)
        : compareBytes(bytes, prefix) < 0 ? -Infinity : Infinity
      const got = [projectStringInGroup(text, prefix), projectBytesInGroup(bytes, prefix),
        projectBinaryStringInGroup(latin1(bytes), prefix)]
      if (got.some((value) => value !== want)) {
        throw new Error(`${JSON.stringify(text)} in ${prefix}: ${got}, not ${want}`)
      }
    }
  })

  test('text order is byte order, astral characters included', () => {
    expect(compareUtf8('\uffff', '😀')).toBeLessThan(0)
    expect('\uffff' < '😀').toBe(false)
    for (let round = 0; round < 20_000; round++) {
      const a = randomText(random, 5)
      const b = randomText(random, 5)
      if (Math.sign(compareUtf8(a, b)) !== compareBytes(encode(a), encode(b))) {
        throw new Error(JSON.stringify([a, b]))
      }
    }
  })

  test('a long shared prefix costs no precision', () => {
    const shared = 'https://example.org/a/rather/long/path/'
    const words = Array.from({ length: 500 }, (_, i) => shared + String(i).padStart(6, '0'))
    const projected = words.map((word) => projectString(word, shared.length))
    expect(new Set(projected).size).toBe(500)
    expect(projected.every((value, i) => i === 0 || value > projected[i - 1]!)).toBe(true)
  })
})
