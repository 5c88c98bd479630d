// Ranges of 1,000 consecutive rows at random places, handed out the way the engine's user takes
// them: Arrow where the engine speaks it, arrays of rows where it does not. The answer's columns are
// summed once outside the clock, so that only producing them is timed.
import { AnswerHash, WARM_UP_ROUNDS, grouped, roundsMs, summarize } from '../measure.ts'
import { makeOrders, makeProbes } from './orders.ts'
import type { Workload } from './workload.ts'

const RANGE_ROWS = 1000
const RANGES_PER_ROUND = 1000
const HASHED_RANGES = 20

/** Ranges of 1,000 rows. */
export const range: Workload = {
  name: 'range',
  title: 'range of 1,000 rows to Arrow (or to rows)',
  engines: ['secantdb', 'lmdb', 'sqlite', 'duckdb'],
  rows: { full: [1_000_000], small: [200_000], tiny: [4_000] },
  run: async (one) => {
    const orders = makeOrders(one.rows, one.seed)
    await one.engine.loadOrders!(orders)
    const count = Math.min(RANGES_PER_ROUND, Math.ceil(one.rows / 100))
    const starts = makeProbes(one.rows - RANGE_ROWS, count, one.seed + 2)
    let rows = 0
    const figures = await roundsMs(one.rounds, async () => {
      for (const start of starts) {
        const answer = one.engine.range!(orders.id[start]!, orders.id[start + RANGE_ROWS - 1]!)
        rows += answer instanceof Promise ? (await answer).rows : answer.rows
      }
    })
    if (rows !== RANGE_ROWS * count * (one.rounds + WARM_UP_ROUNDS)) throw new Error(`${rows} rows came back`)
    const hash = new AnswerHash()
    for (const start of starts.subarray(0, HASHED_RANGES)) {
      const answer = await one.engine.range!(orders.id[start]!, orders.id[start + RANGE_ROWS - 1]!)
      hash.number(answer.customerSum())
    }
    const what = `range of ${grouped(RANGE_ROWS)} rows, ${grouped(one.rows)} rows`
    return [summarize(what, 'us', figures.map((ms) => ms * 1e3 / count), hash.digest())]
  },
}
