// Buffer-pool hit rate with a pool of 10 % of the data and Zipf-distributed gets (exponent 0.99).
// Two cases, because they are different questions: hot rows that lie together, as recent orders do,
// and hot rows scattered over all pages, where no pool of 10 % can hold the hot set.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { loadOrders, openSecantdb } from '../engines/secantdb.ts'
import type { Measurement } from '../measure.ts'
import { grouped, summarize } from '../measure.ts'
import type { Database } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import type { Orders } from './orders.ts'
import { makeOrders } from './orders.ts'
import type { Workload } from './workload.ts'
import { zipfRanks } from './zipf.ts'

const FRAME_BYTES = 65_536
const POOL_SHARE = 0.1
const POOL_FRAMES_MIN = 16
const GETS = 60_000

/** Pool hit rate. */
export const pool: Workload = {
  name: 'pool',
  title: 'buffer-pool hit rate, Zipf gets, pool of 10 % of the data',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [4_000_000], small: [1_000_000], tiny: [20_000] },
  run: async (one) => {
    const orders = makeOrders(one.rows, one.seed)
    const folder = one.folder
    const first = await openSecantdb({ folder, memoryBytes: 2 ** 30 }, {}, 'pool.sdb')
    loadOrders(first.db, 'orders', orders)
    await first.close()
    const dataBytes = statSync(join(folder, 'pool.sdb')).size
    const poolFrames = Math.max(POOL_FRAMES_MIN, Math.floor(dataBytes * POOL_SHARE / FRAME_BYTES))
    const second = await openSecantdb({ folder, memoryBytes: 2 ** 30 }, { poolFrames }, 'pool.sdb')
    const ranks = zipfRanks(one.rows, Math.min(GETS, one.rows * 10), one.seed + 7)
    const places = new Random(one.seed + 8).shuffle(Int32Array.from(orders.id, (_, i) => i))
    const recent = ranks.map((rank) => one.rows - 1 - rank)
    const scattered = ranks.map((rank) => places[rank]!)
    const size = `${grouped(one.rows)} rows`
    const found = [
      hitRate(`pool hit rate, recent rows hot, ${size}`, second.db, orders, recent),
      hitRate(`hit rate, hot rows scattered, ${size}`, second.db, orders, scattered),
    ]
    await second.close()
    return found
  },
}

function hitRate(what: string, db: Database, orders: Orders, rows: Int32Array): Measurement {
  const table = db.table('orders')
  const run = (): void => {
    for (let i = 0; i < rows.length; i++) table.get(orders.id[rows[i]!]!)
  }
  run()
  const before = { ...db.stats().pool }
  run()
  const after = db.stats().pool
  const hits = after.hits - before.hits
  const all = hits + after.misses - before.misses
  return summarize(what, 'fraction', [all === 0 ? 1 : hits / all])
}
