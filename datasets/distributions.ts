// Sorted key sets for tests and benches, one generator per shape that learned indexes are known to like or
// to hate. All are seeded: the same (count, seed) gives the same keys on every machine. Keys are distinct and
// ascending unless the name says otherwise; all are finite doubles, integers where the shape allows it.
import { Random } from '../src/base/random.ts'

/** Makes `count` ascending keys. */
export type KeyGenerator = (count: number, seed: number) => Float64Array

/** 0, 1, 2 … from a random start: one segment fits all. */
export function sequentialKeys(count: number, seed: number): Float64Array {
  const start = new Random(seed).below(1_000_000)
  return Float64Array.from({ length: count }, (_, i) => start + i)
}

/** Uniform integers below 2^52: gaps are exponentially distributed. */
export function uniformKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  return ascending(count, () => Math.floor(wide(random) * 0x10_0000_0000_0000))
}

/** exp(normal(0, 2)) scaled to about 1e9: a long tail, the classic of the literature. */
export function lognormalKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  return ascending(count, () => Math.floor(Math.exp(2 * random.normal()) * 1e9))
}

/** Dense clusters of about 1,000 keys with wide holes between them, negative and positive. */
export function clusteredKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  let centre = 0
  let left = 0
  return ascending(count, () => {
    if (left-- <= 0) {
      centre = Math.floor((random.next() - 0.5) * 1e15)
      left = random.below(2_000)
    }
    return centre + random.below(100_000)
  })
}

/** Runs of consecutive integers with jumps of growing size: a staircase. */
export function stepwiseKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  const keys = new Float64Array(count)
  let key = -1e6
  let left = 0
  for (let i = 0; i < count; i++) {
    key += left-- > 0 ? 1 : 10 ** random.between(1, 6)
    if (left < 0) left = random.below(500)
    keys[i] = key
  }
  return keys
}

/**
 * Against the shrinking cone: blocks of 100 keys that alternate between dense and 10,000 times sparser, so
 * that a cone of epsilon 32 or less closes at every block.
 */
export function adversarialKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  const keys = new Float64Array(count)
  let key = 0
  for (let i = 0; i < count; i++) {
    const isDense = Math.floor(i / 100) % 2 === 0
    key += isDense ? 1 : 10_000 + random.below(10_000)
    keys[i] = key
  }
  return keys
}

/** Gaps of a heavy tail (Pareto, exponent 1/4, up to 1e12) at every scale at once: no line fits. */
export function heavyTailKeys(count: number, seed: number): Float64Array {
  const random = new Random(seed)
  const keys = new Float64Array(count)
  let key = 0
  for (let i = 0; i < count; i++) {
    key += Math.min(1e12, Math.ceil((1 - random.next()) ** -4))
    keys[i] = key
  }
  return keys
}

/** Every shape above by name. */
export const KEY_GENERATORS: Readonly<Record<string, KeyGenerator>> = {
  sequential: sequentialKeys, uniform: uniformKeys, lognormal: lognormalKeys,
  clustered: clusteredKeys, stepwise: stepwiseKeys, adversarial: adversarialKeys,
  heavyTail: heavyTailKeys,
}

// 52 uniform bits in [0, 1).
function wide(random: Random): number {
  return (random.nextU32() * 0x10_0000 + (random.nextU32() >>> 12)) / 0x10_0000_0000_0000
}

// Draws until there are `count` distinct keys, sorts them.
function ascending(count: number, draw: () => number): Float64Array {
  const keys = new Float64Array(count)
  let distinct = 0
  while (distinct < count) {
    for (let i = distinct; i < count; i++) keys[i] = draw()
    keys.sort()
    distinct = 0
    for (let i = 0; i < count; i++) if (i === 0 || keys[i] !== keys[i - 1]) keys[distinct++] = keys[i]!
  }
  return keys
}
