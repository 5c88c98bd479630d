// Write amplification of updates: bytes written per byte of row data, when a table of one or ten million rows takes
// single-row upserts in durable batches of 100, in key order, at random, or by Zipf: as many as three tenths of its
// rows, so that every part of the table has been rewritten once. The run ends when everything is checkpointed and what
// is left unmerged is at most a tenth of the table.
//
// Bytes are what the process has handed to write calls (/proc/self/io, wchar), the same for every engine; none of them
// writes through mapped memory. The bytes that the system counts as dirtied (write_bytes) are of no use: where the page
// cache has large folios, ten kilobytes of log count as a megabyte.
import { existsSync, readFileSync } from 'node:fs'
import { Random } from '../../src/base/random.ts'
import { grouped, summarize, timeMs } from '../measure.ts'
import type { Measurement } from '../measure.ts'
import { makeOrders } from './orders.ts'
import type { Workload } from './workload.ts'
import { zipfRanks } from './zipf.ts'

const UPSERTS_PER_ROW = 0.3
const BATCH = 100
/** Key, customer, amount and status as a row takes them. */
const ROW_BYTES = 8 + 4 + 8 + 8

/** Updates of a large table. */
export const updates: Workload = {
  name: 'updates',
  group: 'storage',
  title: 'upserts into a loaded table in batches of 100: rate and write amplification',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [1_000_000, 10_000_000], small: [200_000], tiny: [3_000] },
  run: async (one) => {
    const orders = makeOrders(one.rows, one.seed)
    await one.engine.loadOrders!(orders)
    await one.engine.settle?.()
    const count = Math.floor(UPSERTS_PER_ROW * one.rows)
    const random = new Random(one.seed + 1)
    const first = random.below(one.rows - count + 1)
    const places = new Random(one.seed + 2).shuffle(Int32Array.from({ length: one.rows }, (_, i) => i))
    const patterns: [string, Int32Array][] = [
      ['sequential', Int32Array.from({ length: count }, (_, i) => first + i)],
      ['Zipf', zipfRanks(one.rows, count, one.seed + 3).map((rank) => places[rank]!)],
      ['random', Int32Array.from({ length: count }, () => random.below(one.rows))],
    ]
    const found: Measurement[] = []
    for (const [name, rows] of patterns) {
      const what = `${name} upserts, ${grouped(one.rows)} rows`
      const before = writtenBytes()
      const ms = await timeMs(async () => {
        for (let begin = 0; begin < count; begin += BATCH) {
          await one.engine.updateOrders!(orders, rows.subarray(begin, begin + BATCH), begin)
        }
        await one.engine.settle?.()
      })
      found.push(summarize(what, 'rows/s', [count / ms * 1e3]))
      const after = writtenBytes()
      if (before === null || after === null) continue
      found.push(summarize(`write amplification of ${what}`, 'factor', [(after - before) / (count * ROW_BYTES)]))
    }
    return found
  },
}

/** Bytes this process has given to write calls; null where the system does not count them (it is Linux that does). */
function writtenBytes(): number | null {
  if (!existsSync('/proc/self/io')) return null
  return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1])
}
