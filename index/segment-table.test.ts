// The bytes of a segment table: round trips are in learned-index.test.ts; here damage, widths and the
// picture.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { clusteredKeys, heavyTailKeys, stepwiseKeys, uniformKeys } from '../datasets/distributions.ts'
import { DatabaseError } from '../src/base/errors.ts'
import { Random } from '../src/base/random.ts'
import { fitSegments } from './fit.ts'
import { fitSampled } from './sampled-index.ts'
import {
  decodeSegmentTable, encodeSegmentTable, SEGMENT_TABLE_OFFSET, segmentTableBytes,
} from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

const uniform = fitSegments(uniformKeys(20_000, 4), 20_000, { epsilon: 8 })

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof DatabaseError) return error.code
    throw error
  }
  return 'none'
}

test('the picture in the header names the offsets the code uses', () => {
  const source = readFileSync(new URL('./segment-table.ts', import.meta.url), 'utf8')
  const drawn = [...source.matchAll(/^\/\/ {3}(\d+) +(?:\d+|\.\.\.) +\S/gm)].map((match) => Number(match[1]))
  const used = Object.values(SEGMENT_TABLE_OFFSET)
  expect(used.filter((offset) => !drawn.includes(offset))).toEqual([])
})

test('decoding at an offset ignores what stands before and after', () => {
  const bytes = encodeSegmentTable(uniform)
  const page = new Uint8Array(bytes.length + 100).fill(0xaa)
  page.set(bytes, 37)
  expect(decodeSegmentTable(page, 37)).toEqual(uniform)
  expect(segmentTableBytes(uniform)).toBe(bytes.length)
})

test('fields take the narrowest lossless width', () => {
  const perSegment = (table: SegmentTable): number => (encodeSegmentTable(table).length - 56) / table.count
  expect(perSegment(uniform)).toBe(8 + 4 + 2 + 1 + 1)
  const step = fitSegments(stepwiseKeys(20_000, 4), 20_000, { epsilon: 16 })
  expect(perSegment(step)).toBe(4 + 4 + 2 + 1 + 1)
  expect(perSegment(fitSampled(stepwiseKeys(20_000, 4), 20_000))).toBe(4 + 2)
  const many = fitSegments(clusteredKeys(200_000, 4), 200_000, { epsilon: 300 })
  expect(perSegment(many)).toBe(8 + 4 + 4 + 2 + 2)
  // 1e300 apart: the slope is below what an f32 can hold, and stays exact in an f64.
  const far = fitSegments(Float64Array.from({ length: 100 }, (_, i) => i * 1e300), 100, { epsilon: 4 })
  expect(perSegment(far)).toBe(4 + 8 + 2 + 1 + 1)
  expect(far.count).toBe(1)
})

describe('damage', () => {
  test('every truncation is reported', () => {
    const bytes = encodeSegmentTable(uniform)
    for (let length = 0; length < bytes.length; length += 7) {
      expect(codeOf(() => decodeSegmentTable(bytes.subarray(0, length)))).toBe('XX001')
    }
    expect(codeOf(() => decodeSegmentTable(bytes, bytes.length + 5))).toBe('XX001')
    expect(codeOf(() => decodeSegmentTable(bytes, -1))).toBe('XX001')
  })

  test('header fields out of range are reported', () => {
    const at = SEGMENT_TABLE_OFFSET
    const widths = [at.keyWidth, at.slopeWidth, at.interceptWidth, at.errorWidth]
    const fields = [at.magic, at.kind, ...widths, at.count, at.keys, at.begin, at.end]
    for (const field of fields) {
      const bytes = encodeSegmentTable(uniform)
      bytes[field] = bytes[field]! ^ 0x7f
      if (field >= at.count) bytes[field + 3] = 0xff
      expect([field, codeOf(() => decodeSegmentTable(bytes))]).toEqual([field, 'XX001'])
    }
  })

  test('broken invariants are reported: order of first keys, slopes, rows, errors', () => {
    const clone = (): SegmentTable => decodeSegmentTable(encodeSegmentTable(uniform))
    const broken: ((table: SegmentTable) => void)[] = [
      (t) => { t.firstKey[3] = t.firstKey[2]! }, (t) => { t.firstKey[1] = NaN },
      (t) => { t.slope[2] = -1 }, (t) => { t.slope[2] = Infinity },
      (t) => { t.intercept[4] = t.intercept[3]! }, (t) => { t.intercept[0] = 1 },
      (t) => { t.errorHigh[1] = 0 }, (t) => { t.errorLow[1] = 65_000 },
    ]
    for (const breakIt of broken) {
      const table = clone()
      breakIt(table)
      expect(codeOf(() => decodeSegmentTable(encodeSegmentTable(table)))).toBe('XX001')
    }
  })

  test('random flips decode to a table that keeps T1, T2, T4, or are reported; nothing else', () => {
    const random = new Random(6)
    const sampled = encodeSegmentTable(fitSampled(heavyTailKeys(5_000, 1), 5_000))
    let reported = 0
    for (let round = 0; round < 4_000; round++) {
      const bytes = random.chance(0.5) ? encodeSegmentTable(uniform) : sampled.slice()
      const at = random.below(bytes.length)
      bytes[at] = bytes[at]! ^ (1 << random.below(8))
      if (codeOf(() => decodeSegmentTable(bytes)) === 'XX001') reported++
    }
    expect(reported).toBeGreaterThan(400)
  })
})
