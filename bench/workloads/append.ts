// Sorted bulk append of typed columns into an empty table, durable at the end, and what it wrote to
// disk per byte of row data (8 + 4 + 8 + 4 bytes per row). One round: an append cannot be repeated.
import { AnswerHash, grouped, summarize, timeMs } from '../measure.ts'
import { makeOrders } from './orders.ts'
import type { Workload } from './workload.ts'

const ROW_BYTES = 24

/** Bulk append. */
export const append: Workload = {
  name: 'append',
  title: 'sorted bulk append from typed columns, durable at the end',
  engines: ['secantdb', 'sqlite', 'duckdb'],
  rows: { full: [10_000_000], small: [300_000], tiny: [3_000] },
  run: async (one) => {
    const orders = makeOrders(one.rows, one.seed)
    const before = one.engine.stats?.().bytesWritten
    const ms = await timeMs(async () => {
      await one.engine.append!(orders)
      await one.engine.settle?.()
    })
    const after = one.engine.stats?.().bytesWritten
    const hash = new AnswerHash()
    const answer = await one.engine.query!('SELECT count(*), sum(customer), max(day) FROM fact')
    answer[0]!.forEach((cell) => hash.text(`${cell},`))
    const size = `${grouped(one.rows)} rows`
    const found = [summarize(`bulk append, ${size}`, 'rows/s', [one.rows / ms * 1e3], hash.digest())]
    if (before !== undefined && after !== undefined) {
      const factor = (after - before) / (one.rows * ROW_BYTES)
      found.push(summarize(`write amplification of bulk append, ${size}`, 'factor', [factor]))
    }
    return found
  },
}
