// The learned index alone: how fast it is fitted, how large it is, and how fast it finds, against a
// B+-tree and plain binary search behind the same interface. Uniform keys and, where the shared key
// sets are present, real ones: IPv4 network starts, city longitudes (duplicates) and English words.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BTreeIndex, LearnedKeyIndex, SortedArrayIndex, createSearchBound, encodeGroupModel, fitGroupModel,
  fitTableModel, lowerBoundF64, projectBytes, segmentTableBytes,
} from '../../index/mod.ts'
import type { KeyIndex } from '../../index/mod.ts'
import { projectRoot } from '../engines/rivals.ts'
import type { Measurement } from '../measure.ts'
import { grouped, roundsMs, summarize } from '../measure.ts'
import { makeOrders, makeProbes } from './orders.ts'
import type { Case, Workload } from './workload.ts'

const GROUP_ROWS = 65_536
const PROBES = 500_000

/** Fit, size and search of the index. */
export const indexFit: Workload = {
  name: 'index',
  title: 'learned index alone: fit, size, search',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [10_000_000], small: [1_000_000], tiny: [70_000] },
  run: async (one) => {
    const uniform = makeOrders(one.rows, one.seed).id
    const size = `${grouped(one.rows)} keys`
    const fits = await roundsMs(one.rounds, () => void fitBytes(uniform))
    const found = [
      summarize(`index fit, uniform, ${size}`, 'keys/s', fits.map((ms) => one.rows / ms * 1e3)),
      summarize(`index size, uniform, ${size}`, 'bytes/key', [fitBytes(uniform) / one.rows]),
    ]
    for (const [name, keys] of sharedKeys()) {
      const what = `index size, ${name}, ${grouped(keys.length)} keys`
      found.push(summarize(what, 'bytes/key', [fitBytes(keys) / keys.length]))
    }
    for (const [name, build] of BUILDERS) {
      found.push(...await searches(name, build(uniform, uniform.length), uniform, one))
    }
    return found
  },
}

const BUILDERS: readonly [string, (keys: Float64Array, count: number) => KeyIndex][] = [
  ['learned', (keys, count) => new LearnedKeyIndex(keys, count)],
  ['B+-tree', (keys, count) => new BTreeIndex(keys, count)],
  ['binary search', (keys, count) => new SortedArrayIndex(keys, count)],
]

/** Fits one model per row group and the table model, as a merge does. Returns the bytes to be stored. */
function fitBytes(keys: Float64Array): number {
  const groups = Math.ceil(keys.length / GROUP_ROWS)
  const firstKeys = new Float64Array(groups)
  let bytes = 0
  for (let g = 0; g < groups; g++) {
    const group = keys.subarray(g * GROUP_ROWS, (g + 1) * GROUP_ROWS)
    firstKeys[g] = group[0]!
    bytes += encodeGroupModel(fitGroupModel(group, group.length)).length
  }
  return bytes + segmentTableBytes(fitTableModel(firstKeys, groups))
}

async function searches(
  name: string, index: KeyIndex, keys: Float64Array, one: Case,
): Promise<Measurement[]> {
  const wanted = Float64Array.from(makeProbes(keys.length, PROBES, one.seed + 9), (i) => keys[i]!)
  const bound = createSearchBound()
  let sum = 0
  const figures = await roundsMs(one.rounds, () => {
    for (let i = 0; i < wanted.length; i++) {
      index.search(wanted[i]!, bound)
      sum += lowerBoundF64(keys, bound.lo, bound.hi, wanted[i]!)
    }
  })
  if (sum <= 0) throw new Error('nothing was found')
  const size = `${grouped(keys.length)} keys`
  return [
    summarize(`${name}: search, uniform, ${size}`, 'ns', figures.map((ms) => ms * 1e6 / wanted.length)),
    summarize(`${name}: bytes beyond the keys, ${size}`, 'bytes/key', [index.bytes / keys.length]),
  ]
}

/** The shared key sets as projected sorted keys; nothing where the folder is absent. */
function sharedKeys(): [string, Float64Array][] {
  const folder = join(projectRoot(), '..', 'shared', 'keys')
  if (!existsSync(folder)) return []
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  const u32 = read('ipv4_cidr_start.u32')
  const u64 = read('city_lon_e7.u64')
  const words = read('words_alpha.txt').toString('latin1').split('\r\n').filter((word) => word !== '')
  return [
    ['IPv4 networks', Float64Array.from({ length: u32.length / 4 }, (_, i) =>
      u32.readUInt32LE(i * 4)).sort()],
    ['city longitudes', Float64Array.from({ length: u64.length / 8 }, (_, i) =>
      Number(u64.readBigUInt64LE(i * 8))).sort()],
    ['English words', Float64Array.from(words, (word) => {
      const bytes = Buffer.from(word, 'latin1')
      return projectBytes(bytes, 0, bytes.length, 0)
    }).sort()],
  ]
}
