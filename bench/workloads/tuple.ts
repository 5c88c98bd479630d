// Rows one by one through the delta: inserts in transactions of a thousand, then deletes of every other one. What
// a table costs that is written and never bulk loaded, merges included.
import { grouped, summarize, timeMs } from '../measure.ts'
import type { Workload } from './workload.ts'

const BATCH = 1000
const NOTE = 'note of a row'

/** Inserts and deletes in batches. */
export const tuple: Workload = {
  name: 'tuple',
  group: 'storage',
  title: 'single-row inserts and deletes in transactions of 1,000',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [1_000_000], small: [100_000], tiny: [3_000] },
  run: async (one) => {
    await one.engine.openNotes!()
    const insertMs = await timeMs(async () => {
      for (let first = 0; first < one.rows; first += BATCH) await one.engine.insertNotes!(first, BATCH, NOTE)
    })
    const deleteMs = await timeMs(async () => {
      for (let first = 0; first < one.rows; first += 2 * BATCH) await one.engine.deleteNotes!(first, BATCH, 2)
    })
    const size = `${grouped(one.rows)} rows`
    return [
      summarize(`inserts, ${size}`, 'rows/s', [one.rows / insertMs * 1e3]),
      summarize(`deletes of every other row, ${size}`, 'rows/s', [one.rows / 2 / deleteMs * 1e3]),
    ]
  },
}
