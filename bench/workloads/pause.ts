// The longest pause of the event loop under a steady write load: random single-row upserts in durable batches of a
// hundred, one batch a turn of the loop, while merges and checkpoints go on in steps. A pause is the time between two
// turns. Aim: 99.9 % of them under 10 ms.
import { Random } from '../../src/base/random.ts'
import { openSecantdb } from '../engines/secantdb.ts'
import { grouped, summarize } from '../measure.ts'
import { makeOrders, STATUSES } from './orders.ts'
import type { Workload } from './workload.ts'

const BATCH = 100
const TURNS_PER_MILLION_ROWS = 3000

/** Pauses of the event loop. */
export const pause: Workload = {
  name: 'pause',
  group: 'storage',
  title: 'pauses of the event loop under random upserts in batches of 100',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [1_000_000], small: [200_000], tiny: [3_000] },
  run: async (one) => {
    const orders = makeOrders(one.rows, one.seed)
    const { db, loadOrders, close } = await openSecantdb({ folder: one.folder, memoryBytes: 2 ** 28 }, {}, 'pause.sdb')
    await loadOrders!(orders)
    const table = db.table('orders')
    const random = new Random(one.seed)
    const turns = Math.max(50, Math.round(TURNS_PER_MILLION_ROWS * one.rows / 1e6))
    const pauses: number[] = []
    let before = performance.now()
    for (let turn = 0; turn < turns; turn++) {
      db.transaction(() => {
        for (let i = 0; i < BATCH; i++) {
          const at = random.below(one.rows)
          table.put({ id: orders.id[at]!, customer: turn, amount: i, status: STATUSES[i % STATUSES.length]! })
        }
      })
      await new Promise((resolve) => setImmediate(resolve))
      const now = performance.now()
      pauses.push(now - before)
      before = now
    }
    await close()
    pauses.sort((a, b) => a - b)
    const at = (share: number): number => pauses[Math.min(pauses.length - 1, Math.floor(share * pauses.length))]!
    const size = `${grouped(one.rows)} rows`
    return [
      summarize(`pause, median, ${size}`, 'ms', [at(0.5)]), summarize(`pause, 99 %, ${size}`, 'ms', [at(0.99)]),
      summarize(`pause, 99.9 %, ${size}`, 'ms', [at(0.999)]), summarize(`pause, longest, ${size}`, 'ms', [at(1)]),
    ]
  },
}
