// Properties L1-L3 of searchBound over every shape of keys, for present and absent keys, at chosen and forced
// epsilons, learned and sampled, before and after a trip through bytes.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KEY_GENERATORS, uniformKeys } from '../datasets/distributions.ts'
import { Random } from '../src/base/random.ts'
import { fitSegments } from './fit.ts'
import { fitGroupModel } from './group-model.ts'
import { projectNumber, projectString } from './key-order.ts'
import { lowerBoundF64, lowerBoundNearF64, upperBoundF64 } from './last-mile.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import { fitSampled } from './sampled-index.ts'
import { decodeSegmentTable, encodeSegmentTable } from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)

// The neighbouring double upwards.
function nextUp(value: number): number {
  float[0] = value + 0
  bits[0] = value === 0 ? 1n : value > 0 ? bits[0]! + 1n : bits[0]! - 1n
  return float[0]!
}

const EXTREMES = [-Infinity, -Number.MAX_VALUE, -1e300, -1, -Number.MIN_VALUE, 0, -0, Number.MIN_VALUE,
  0.5, 1, 2 ** 53, 1e300, Number.MAX_VALUE, Infinity, NaN]

function longestRun(keys: Float64Array): number {
  let longest = 0
  for (let i = 0, start = 0; i < keys.length; i++) {
    if (keys[i] !== keys[start]) start = i
    longest = Math.max(longest, i - start + 1)
  }
  return longest
}

// Key order of projected numbers: NaN and +Infinity tie.
function trueBound(keys: Float64Array, n: number, key: number): { first: number, after: number } {
  const finite = Float64Array.from(keys.subarray(0, n), projectNumber)
  const k = projectNumber(key)
  return { first: lowerBoundF64(finite, 0, n, k), after: upperBoundF64(finite, 0, n, k) }
}

// Collects violations instead of calling expect() a million times.
function violations(table: SegmentTable, keys: Float64Array, probes: Iterable<number>): string[] {
  const n = keys.length
  const out = createSearchBound()
  const found: string[] = []
  const projected = Float64Array.from(keys, projectNumber)
  const run = longestRun(projected)
  const width = table.kind === 'learned' ? 2 * table.maxError + run : table.epsilon + run
  for (const probe of probes) {
    const key = projectNumber(probe)
    searchBound(table, probe, out)
    const { pos, lo, hi } = out
    const first = lowerBoundF64(projected, 0, n, key)
    const after = upperBoundF64(projected, 0, n, key)
    const named = `key ${probe}: pos ${pos} [${lo}, ${hi}) of ${n}, rows [${first}, ${after})`
    if (!(lo >= 0 && lo <= pos && pos <= hi && hi <= n && (lo === hi || pos < hi))) found.push(`L1 ${named}`)
    if (!(first >= lo && after <= hi)) found.push(`L2 ${named}`)
    if (hi - lo > width && key > -Infinity && key < Infinity) found.push(`L3 ${named} width ${width}`)
    if (lowerBoundF64(projected, lo, hi, key) !== first) found.push(`last mile ${named}`)
    if (lowerBoundNearF64(projected, lo, hi, pos, key) !== first) found.push(`walk ${named}`)
    if (found.length > 5) break
  }
  return found
}

// Every key, its neighbouring doubles, midpoints between keys, and the extremes.
function* probesOf(keys: Float64Array, step: number): Iterable<number> {
  yield* EXTREMES
  for (let i = 0; i < keys.length; i += step) {
    const key = keys[i]!
    yield key
    if (Number.isFinite(key)) {
      yield nextUp(key)
      yield -nextUp(-key)
      yield key + (keys[Math.min(i + 1, keys.length - 1)]! - key) / 2
    }
  }
}

function check(keys: Float64Array, step = 1): void {
  const n = keys.length
  const tables = [fitGroupModel(keys, n), fitSampled(keys, n), fitSampled(keys, n, 7)]
  for (const epsilon of [1, 8, 64]) tables.push(fitSegments(keys, keys.length, { epsilon }))
  for (const table of tables) {
    expect(violations(table, keys, probesOf(keys, step))).toEqual([])
    const decoded = decodeSegmentTable(encodeSegmentTable(table))
    expect(decoded).toEqual(table)
  }
}

describe('every distribution', () => {
  for (const [name, generate] of Object.entries(KEY_GENERATORS)) {
    test(name, () => {
      for (const count of [3, 64, 65, 1_000, 20_000]) check(generate(count, count))
    })
  }
})

describe('awkward keys', () => {
  const random = new Random(11)
  const sorted = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort()

  test('0, 1 and 2 keys', () => {
    check(new Float64Array(0))
    for (const key of EXTREMES) check(Float64Array.of(projectNumber(key)))
    for (const a of EXTREMES) for (const b of EXTREMES) check(sorted([projectNumber(a), projectNumber(b)]))
  })

  test('all equal, and long runs among distinct keys', () => {
    check(new Float64Array(5_000).fill(42))
    const keys: number[] = []
    for (let key = 0; keys.length < 20_000; key += 1 + random.below(9)) {
      const copies = random.chance(0.02) ? 1 + random.below(800) : 1 + random.below(4)
      for (let i = 0; i < copies; i++) keys.push(key)
    }
    check(sorted(keys))
  })

  test('one huge run does not widen the windows of the others', () => {
    const keys = Float64Array.from({ length: 50_000 }, (_, i) => (i < 20_000 ? i : i < 30_000 ? 20_000 : i))
    const table = fitSegments(keys, keys.length, { epsilon: 16 })
    const out = createSearchBound()
    for (const key of [0, 777, 19_999, 30_000, 49_999]) {
      searchBound(table, key, out)
      expect(out.hi - out.lo).toBeLessThanOrEqual(2 * 16 + 2)
    }
    check(keys)
  })

  test('negative keys and fractions', () => {
    check(sorted(Array.from({ length: 5_000 }, () => (random.next() - 0.9) * 1e-3)))
  })

  test('integers beyond 2^53 tie after projection', () => {
    check(sorted(Array.from({ length: 5_000 }, (_, i) => Number(9_007_199_254_740_993n * 500n + BigInt(i)))))
    check(sorted(Array.from({ length: 5_000 }, () => Number(-(2n ** 63n)) + random.below(1e6))))
  })

  test('huge outliers among small keys', () => {
    const small = Array.from({ length: 3_000 }, (_, i) => i * 3)
    check(sorted([...small, 1e300]))
    check(sorted([-1e300, -Number.MAX_VALUE, ...small, 1e18, 1e300, Number.MAX_VALUE]))
    check(sorted([...small, ...small.map((k) => 1e300 + k * 1e290)]))
  })

  test('subnormal distances', () => {
    check(sorted(Array.from({ length: 300 }, (_, i) => i * Number.MIN_VALUE)))
    check(sorted(Array.from({ length: 300 }, (_, i) => 10 ** (i - 320))))
  })

  test('infinities, NaN and -0', () => {
    const keys = [-Infinity, -Infinity, -5, -0, 0, 0, 1, 2, 3, 900, Infinity, Infinity, NaN, NaN]
    check(Float64Array.from(keys))
    check(Float64Array.of(-Infinity, -Infinity))
    check(Float64Array.of(Infinity, NaN))
    check(Float64Array.of(-Infinity, NaN))
  })

  test('random small multisets', () => {
    for (let round = 0; round < 400; round++) {
      const count = random.below(40)
      const spread = random.pick([1, 5, 50, 1e6, 1e200])
      check(sorted(Array.from({ length: count }, () => Math.floor(random.normal() * spread))))
    }
  })
})

test('trueBound and the probes agree on a hand-made case', () => {
  const keys = Float64Array.of(1, 2, 2, 5, NaN)
  expect(trueBound(keys, 5, 2)).toEqual({ first: 1, after: 3 })
  expect(trueBound(keys, 5, Infinity)).toEqual({ first: 4, after: 5 })
})

test('a table whose errors are too small is caught by the property', () => {
  const keys = uniformKeys(2_000, 3)
  const table = fitSegments(keys, keys.length, { epsilon: 16 })
  table.errorLow.fill(0)
  table.errorHigh.fill(1)
  expect(violations(table, keys, keys)).not.toEqual([])
})

describe('real key sets', () => {
  const folder = new URL('../../shared/keys/', import.meta.url)
  const load = (name: string): Buffer | null => {
    const file = new URL(name, folder)
    return existsSync(file) ? readFileSync(file) : null
  }
  const GROUP = 65_536
  const checkGroups = (keys: Float64Array): void => {
    for (let at = 0; at < keys.length; at += GROUP) check(keys.subarray(at, at + GROUP), 5)
  }

  test('IPv4 network starts (u32)', (context) => {
    const bytes = load('ipv4_cidr_start.u32')
    if (bytes === null) return context.skip('ipv4_cidr_start.u32 is not here')
    const copy = new Uint8Array(bytes).buffer
    checkGroups(Float64Array.from(new Uint32Array(copy)).sort())
  })

  test('city longitudes (u64)', (context) => {
    const bytes = load('city_lon_e7.u64')
    if (bytes === null) return context.skip('city_lon_e7.u64 is not here')
    const copy = new Uint8Array(bytes).buffer
    checkGroups(Float64Array.from(new BigUint64Array(copy), Number).sort())
  })

  test('English words (text, CR LF)', (context) => {
    const bytes = load('words_alpha.txt')
    if (bytes === null) return context.skip('words_alpha.txt is not here')
    const words = bytes.toString('latin1').split('\r\n').filter((word) => word !== '').sort()
    checkGroups(Float64Array.from(words, (word) => projectString(word, 0)))
  })
})
