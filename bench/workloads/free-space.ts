// Finding a heap page with room: the bucketed free-space map against a linear search over the pages' free bytes, as
// pages fill up and are emptied. `rows` is the number of pages. Both must find a page that has the room.
import type { Workload } from './workload.ts'
import { grouped, roundsMs, summarize } from '../measure.ts'
import { Random } from '../../src/base/random.ts'
import { BUCKET_BYTES, FreeSpaceMap } from '../../storage/delta/free-space-map.ts'

const LOOKUPS = 200_000
const LINEAR_LOOKUPS = 2_000
const PAGE_BYTES = 65_536
const TUPLE_MAX = 2_000
/** One page in so many is emptied between two look-ups, so that there is always room somewhere. */
const REFILL = 64

/** Free-space look-up. */
export const freeSpace: Workload = {
  name: 'free-space',
  title: 'find a heap page with room, by buckets and by linear search',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [1_000, 10_000, 100_000], small: [1_000, 10_000], tiny: [200] },
  run: async (one) => {
    const pages = one.rows
    const buckets = await measure(one.rounds, LOOKUPS, () => new BucketedSpace(pages, one.seed))
    const linear = await measure(one.rounds, LINEAR_LOOKUPS, () => new LinearSpace(pages, one.seed))
    const size = `${grouped(pages)} pages`
    return [
      summarize(`free-space map, ${size}`, 'ns', buckets), summarize(`linear search, ${size}`, 'ns', linear),
      summarize(`free-space map over linear search, ${size}`, 'factor', buckets.map((ns, i) => ns / linear[i]!)),
    ]
  },
}

interface Space {
  /** Takes the bytes from a page that has them. */
  take(bytes: number): void
  empty(page: number): void
}

async function measure(rounds: number, lookups: number, make: () => Space): Promise<number[]> {
  const space = make()
  const random = new Random(7)
  const sizes = Int32Array.from({ length: lookups }, () => 40 + random.below(TUPLE_MAX))
  const emptied = Float64Array.from({ length: Math.ceil(lookups / REFILL) }, () => random.next())
  const figures = await roundsMs(rounds, () => {
    for (let i = 0; i < lookups; i++) {
      space.take(sizes[i]!)
      if (i % REFILL === 0) space.empty(Math.floor(emptied[i / REFILL]! * pagesOf(space)))
    }
  })
  return figures.map((ms) => ms * 1e6 / lookups)
}

function pagesOf(space: Space): number {
  return (space as LinearSpace).free.length
}

/** Pages that are mostly full, as those of a heap are. */
function initialFree(pages: number, seed: number): Int32Array {
  const random = new Random(seed)
  return Int32Array.from({ length: pages }, () => random.below(random.chance(0.05) ? PAGE_BYTES : TUPLE_MAX))
}

class LinearSpace implements Space {
  readonly free: Int32Array

  constructor(pages: number, seed: number) {
    this.free = initialFree(pages, seed)
  }

  take(bytes: number): void {
    const { free } = this
    for (let page = 0; page < free.length; page++) {
      if (free[page]! < bytes) continue
      free[page]! -= bytes
      return
    }
    this.empty(0)
  }

  empty(page: number): void {
    this.free[page] = PAGE_BYTES - 1
  }
}

class BucketedSpace implements Space {
  readonly free: Int32Array
  private readonly map = new FreeSpaceMap()

  constructor(pages: number, seed: number) {
    this.free = initialFree(pages, seed)
    this.free.forEach((free, page) => this.map.move(page + 1, -1, bucketOf(free)))
  }

  take(bytes: number): void {
    const page = this.map.find(bytes) - 1
    if (page < 0) return this.empty(0)
    if (this.free[page]! < bytes) throw new Error('the free-space map named a page without the room')
    this.set(page, this.free[page]! - bytes)
  }

  empty(page: number): void {
    this.set(page, PAGE_BYTES - 1)
  }

  private set(page: number, free: number): void {
    const [from, to] = [bucketOf(this.free[page]!), bucketOf(free)]
    this.free[page] = free
    if (from !== to) this.map.move(page + 1, from, to)
  }
}

function bucketOf(free: number): number {
  return Math.floor(free / BUCKET_BYTES)
}
