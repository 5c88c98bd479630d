// Mutations of valid bytes: what a fuzzer does to a file before it fixes the checksums up again. Small steps,
// because decoders are left early by anything a first field gives away; values at the edges of integer types,
// because those are what bounds checks are written for.
import type { Random } from '../../src/base/random.ts'

const EDGES_8 = [0, 1, 2, 7, 0x7f, 0x80, 0xfe, 0xff]
const EDGES_32 = [
  0, 1, 2, 63, 64, 65, 255, 256, 4095, 4096, 65535, 65536, 65537, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
]
const EDGES_64 = [0, -0, 1, -1, 2 ** 53, -(2 ** 53), 2 ** 63, 1e308, -1e308, 5e-324, Infinity, -Infinity, NaN]

type Step = (bytes: Uint8Array, random: Random) => void

// Near the beginning as often as anywhere: headers and counts stand there.
function position(bytes: Uint8Array, random: Random): number {
  return random.chance(0.5) ? random.below(Math.min(bytes.length, 128)) : random.below(bytes.length)
}

const STEPS: readonly Step[] = [
  (bytes, random) => void (bytes[position(bytes, random)]! ^= 1 << random.below(8)),
  (bytes, random) => void (bytes[position(bytes, random)] = random.pick(EDGES_8)),
  (bytes, random) => void (bytes[position(bytes, random)]! += random.pick([1, -1, 2, -2])),
  (bytes, random) => edge(bytes, random, 4, (view, at) => view.setUint32(at, random.pick(EDGES_32), true)),
  (bytes, random) => edge(bytes, random, 4, (view, at) =>
    view.setUint32(at, view.getUint32(at, true) + random.between(-3, 3), true)),
  (bytes, random) => edge(bytes, random, 8, (view, at) => view.setFloat64(at, random.pick(EDGES_64), true)),
  (bytes, random) => {
    const length = Math.min(bytes.length, 1 << random.below(8))
    const [from, to] = [random.below(bytes.length - length + 1), random.below(bytes.length - length + 1)]
    bytes.copyWithin(to, from, from + length)
  },
  (bytes, random) => {
    const at = position(bytes, random)
    bytes.fill(random.pick([0, 0xff]), at, at + (1 << random.below(7)))
  },
]

function edge(bytes: Uint8Array, random: Random, width: number, write: (view: DataView, at: number) => void): void {
  if (bytes.length < width) return
  const at = Math.min(position(bytes, random), bytes.length - width)
  const aligned = random.chance(0.7) ? at - (at % 4) : at
  write(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), aligned)
}

/** Changes `bytes` in place by one to six steps. */
export function mutate(bytes: Uint8Array, random: Random): void {
  if (bytes.length === 0) return
  for (let i = random.pick([1, 1, 1, 2, 3, 6]); i > 0; i--) random.pick(STEPS)(bytes, random)
}

/** A copy that is also cut or prolonged, for formats that carry their own length. */
export function mutateCopy(bytes: Uint8Array, random: Random): Uint8Array {
  let copy = bytes.slice()
  if (random.chance(0.1)) copy = copy.slice(0, random.below(copy.length + 1))
  if (random.chance(0.05)) copy = Uint8Array.from([...copy, ...copy.subarray(0, random.below(64))])
  mutate(copy, random)
  return copy
}
