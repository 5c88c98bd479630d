// The suite every KeyIndex must pass; imported by tests only. Each implementation's test file calls it.
import { describe, expect, test } from 'vitest'
import { KEY_GENERATORS } from '../datasets/distributions.ts'
import { Random } from '../src/base/random.ts'
import type { KeyIndexBuilder } from './key-index.ts'
import { projectNumber } from './key-order.ts'
import { lowerBoundF64, upperBoundF64 } from './last-mile.ts'
import { createSearchBound } from './learned-index.ts'

const EDGES = [-Infinity, -1e300, -1, 0, -0, 1, 1e300, Number.MAX_VALUE, Infinity, NaN]

/** Runs the suite for one implementation. */
export function describeKeyIndex(name: string, build: KeyIndexBuilder): void {
  const check = (keys: Float64Array, probes: Float64Array): void => {
    const index = build(keys, keys.length)
    const projected = Float64Array.from(keys, projectNumber)
    const stats = index.stats()
    expect(stats.keys).toBe(keys.length)
    expect(stats.bytes).toBe(index.bytes)
    const out = createSearchBound()
    const failures: string[] = []
    for (const list of [keys, probes, EDGES]) {
      for (let i = 0; i < list.length; i++) {
        const key = projectNumber(list[i]!)
        index.search(list[i]!, out)
        const { pos, lo, hi } = out
        const first = lowerBoundF64(projected, 0, keys.length, key)
        const after = upperBoundF64(projected, 0, keys.length, key)
        const isL1 = 0 <= lo && lo <= pos && pos <= hi && hi <= keys.length && (lo === hi || pos < hi)
        const isL2 = lo <= first && after <= hi
        const isTight = after - first > 1 || Math.abs(key) === Infinity || hi - lo <= stats.windowRows
        const isFound = lowerBoundF64(projected, lo, hi, key) === first
        if (!isL1 || !isL2 || !isFound) {
          failures.push(`key ${key}: ${pos} [${lo}, ${hi}) for [${first}, ${after})`)
        }
        if (!isTight && list === keys) failures.push(`key ${key}: window [${lo}, ${hi}) is too wide`)
      }
    }
    expect(failures.slice(0, 5)).toEqual([])
  }

  describe(`${name} as a key index`, () => {
    for (const [shape, generate] of Object.entries(KEY_GENERATORS)) {
      test(`${shape} keys, present and absent`, () => {
        for (const count of [1, 2, 63, 64, 65, 4_095, 4_097, 10_000]) {
          const keys = generate(count, 5)
          check(keys, Float64Array.from(keys, (key, i) => key + ((keys[i + 1] ?? key + 2) - key) / 2))
        }
      })
    }

    test('no keys', () => check(new Float64Array(0), Float64Array.of(3)))

    test('infinities, NaN and -0', () => {
      check(Float64Array.of(-Infinity, -3, -0, 0, 7, Infinity, NaN), Float64Array.of(-4, 5, 8))
      check(Float64Array.of(-Infinity, -Infinity, NaN), Float64Array.of(0))
    })

    test('duplicates', () => {
      const random = new Random(2)
      const keys = Float64Array.from({ length: 9_000 }, () => random.below(600) * 2).sort()
      check(keys, Float64Array.from({ length: 600 }, (_, i) => i * 2 + 1))
      check(new Float64Array(500).fill(9), Float64Array.of(8, 10))
    })
  })
}
