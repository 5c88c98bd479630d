// The two models storage builds on: table model (key -> group) and group model (learned or sampled), their
// figures, and the last-mile searches against the obvious loop.
import { describe, expect, test } from 'vitest'
import {
  adversarialKeys, heavyTailKeys, KEY_GENERATORS, sequentialKeys, uniformKeys,
} from '../datasets/distributions.ts'
import { Random } from '../src/base/random.ts'
import { fitSegments } from './fit.ts'
import { decodeGroupModel, encodeGroupModel, fitGroupModel } from './group-model.ts'
import { errorHistogram, indexStats } from './index-stats.ts'
import {
  lowerBound, lowerBoundF64, lowerBoundI32, lowerBoundI64, lowerBoundNearF64, lowerBoundNearI32,
  upperBoundF64,
} from './last-mile.ts'
import { findGroup, fitTableModel } from './table-model.ts'

describe('table model', () => {
  const expected = (firstKeys: Float64Array, key: number): number => {
    let group = -1
    for (let g = 0; g < firstKeys.length; g++) {
      if (firstKeys[g]! <= key || !(key < Infinity)) group = g
    }
    return group
  }

  test('finds the last group at or below the key, for every shape', () => {
    const random = new Random(3)
    for (const generate of Object.values(KEY_GENERATORS)) {
      for (const groups of [0, 1, 2, 9, 154, 700]) {
        const firstKeys = generate(groups, groups)
        const model = fitTableModel(firstKeys, groups)
        for (let i = 0; i < 300; i++) {
          const at = firstKeys[random.below(Math.max(1, groups))] ?? 0
          for (const key of [at, at - 1, at + 1, at / 3, at * 3, -Infinity, Infinity, NaN, -1e300, 1e300]) {
            expect(findGroup(model, firstKeys, key)).toBe(expected(firstKeys, key))
          }
        }
      }
    }
  })

  test('ties give the last group, the infinite runs included', () => {
    const firstKeys = Float64Array.of(-Infinity, -Infinity, 1, 5, 5, 5, 9, Infinity, NaN)
    const model = fitTableModel(firstKeys, firstKeys.length)
    expect([-Infinity, 0, 1, 4, 5, 6, 9, 1e9, Infinity, NaN].map((key) => findGroup(model, firstKeys, key)))
      .toEqual([1, 1, 2, 2, 5, 5, 6, 6, 8, 8])
  })
})

describe('group model', () => {
  test('is learned where lines pay and sampled where they do not', () => {
    for (const [name, generate] of Object.entries(KEY_GENERATORS)) {
      const model = fitGroupModel(generate(65_536, 9), 65_536)
      expect([name, model.kind]).toEqual([name, name === 'heavyTail' ? 'sampled' : 'learned'])
      expect(decodeGroupModel(encodeGroupModel(model))).toEqual(model)
    }
  })

  test('epsilon grows with the hardness of the data', () => {
    expect(fitGroupModel(uniformKeys(65_536, 2), 65_536).epsilon).toBe(16)
    expect(fitSegments(heavyTailKeys(65_536, 2), 65_536, {}).epsilon).toBe(64)
  })
})

describe('figures', () => {
  test('one line: no hardness, no error', () => {
    const keys = sequentialKeys(10_000, 1)
    const stats = indexStats([fitGroupModel(keys, keys.length)])
    expect(stats).toMatchObject({ kind: 'learned', models: 1, keys: 10_000, segments: 1, hardness: 0 })
    expect(stats.maxError).toBe(0)
    expect(stats.advice).toBe('the lines fit; keep the learned model')
  })

  test('several models add up, and a hopeless one is named', () => {
    const models = [uniformKeys, heavyTailKeys].map((generate) => fitGroupModel(generate(30_000, 4), 30_000))
    const stats = indexStats(models)
    expect(stats.kind).toBe('mixed')
    expect(stats.keys).toBe(60_000)
    expect(stats.bytesPerKey).toBeCloseTo(stats.bytes / 60_000)
    expect(stats.advice).toBe('1 of 2 models are hard to fit and use a sampled sorted array')
    expect(indexStats([])).toMatchObject({ keys: 0, bytesPerKey: 0, hardness: 0 })
  })

  test('the histogram counts every distinct key once, inside the maximum error', () => {
    const keys = adversarialKeys(20_000, 2)
    const model = fitGroupModel(keys, keys.length)
    const { edges, counts } = errorHistogram(model, keys, 11)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000)
    expect(edges[0]).toBe(-model.maxError)
    expect(edges.at(-1)).toBeCloseTo(model.maxError + 1)
    const none = fitSegments(new Float64Array(0), 0, {})
    expect(errorHistogram(none, keys, 5).counts).toEqual(new Float64Array(1))
  })
})

test('last-mile searches equal the obvious loop', () => {
  const random = new Random(5)
  for (let round = 0; round < 3_000; round++) {
    const values = Int32Array.from({ length: random.below(round % 2 === 0 ? 20 : 120) },
      () => random.between(-9, 9)).sort()
    const lo = random.below(values.length + 1)
    const hi = random.between(lo, values.length)
    const pos = random.between(lo, hi)
    const key = random.between(-10, 10)
    let first = lo
    while (first < hi && values[first]! < key) first++
    let after = first
    while (after < hi && values[after]! <= key) after++
    const doubles = Float64Array.from(values)
    const halves = new Int32Array(BigInt64Array.from(values, (value) => BigInt(value)).buffer)
    const found = [
      lowerBoundF64(doubles, lo, hi, key), lowerBoundNearF64(doubles, lo, hi, pos, key),
      lowerBoundI32(values, lo, hi, key), lowerBoundNearI32(values, lo, hi, pos, key),
      lowerBoundI64(halves, lo, hi, key < 0 ? -1 : 0, key >>> 0), lowerBound(values, lo, hi, key),
    ]
    expect(found).toEqual(found.map(() => first))
    expect(upperBoundF64(doubles, lo, hi, key)).toBe(after)
  }
})
