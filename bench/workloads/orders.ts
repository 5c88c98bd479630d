// The `orders` table of the point, range and append workloads: sorted unique keys with random gaps
// (mean 1,000), so ten million of them need more than 32 bits and a model cannot know them by heart.
// The same seed gives the same rows in every engine's process.
import { Random } from '../../src/base/random.ts'

export const STATUSES = ['new', 'paid', 'packed', 'shipped', 'delivered', 'returned', 'cancelled', 'refunded']

const MEAN_GAP = 1000
const CUSTOMERS = 1_000_000
const CENTS_MAX = 10_000_000
const DAYS_MAX = 2_500

/** Columns of the table, all in key order. */
export interface Orders {
  readonly rows: number
  /** Ascending, unique, at least 2 apart: `id + 1` is never a key. */
  readonly id: Float64Array
  readonly customer: Int32Array
  readonly amount: Float64Array
  readonly day: Int32Array
  /** Index into {@link STATUSES}. */
  readonly status: Uint8Array
}

/** Generates the table. 10 M rows take about a second. */
export function makeOrders(rows: number, seed: number): Orders {
  const random = new Random(seed)
  const orders = {
    rows, id: new Float64Array(rows), customer: new Int32Array(rows), amount: new Float64Array(rows),
    day: new Int32Array(rows), status: new Uint8Array(rows),
  }
  let id = 1
  for (let i = 0; i < rows; i++) {
    id += 2 + Math.floor(-Math.log(1 - random.next()) * (MEAN_GAP - 2))
    orders.id[i] = id
    orders.customer[i] = random.below(CUSTOMERS)
    orders.amount[i] = random.below(CENTS_MAX) / 100
    orders.day[i] = 18_000 + random.below(DAYS_MAX)
    orders.status[i] = random.below(STATUSES.length)
  }
  return orders
}

/** Status texts as a plain array, as a user would pass them. */
export function statusTexts(orders: Orders): string[] {
  const texts = new Array<string>(orders.rows)
  for (let i = 0; i < orders.rows; i++) texts[i] = STATUSES[orders.status[i]!]!
  return texts
}

/** Random row numbers to look up; the same for every engine. */
export function makeProbes(rows: number, count: number, seed: number): Int32Array {
  const random = new Random(seed)
  return Int32Array.from({ length: count }, () => random.below(rows))
}
