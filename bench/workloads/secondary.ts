// Secondary indexes: a table of items with a unique index on a text and one on an integer, asked for a row by its text,
// for 100 rows by an interval of the integer, and for the ten last by its order; then it takes further rows in one
// durable transaction, both indexes kept. Codes and ranks are in another order than keys, so every row of a range lies
// elsewhere in the table.
import { Random } from '../../src/base/random.ts'
import { AnswerHash, grouped, roundsMs, summarize, timeMs } from '../measure.ts'
import { makeProbes } from './orders.ts'
import type { Workload } from './workload.ts'

/** Rows of the table, in key order; keys are `first`, `first + 1`, …. */
export interface Items {
  readonly first: number
  readonly code: readonly string[]
  readonly rank: Int32Array
  readonly price: Float64Array
}

/** One row as an engine hands it out. */
export interface ItemRow {
  readonly id: number | bigint
  readonly price: number
}

/** What an engine does with the table `item(id, code, rank, price)`. */
export interface ItemStore {
  /** Makes the table with its rows, then a unique index on `code` and an index on `rank`. */
  load(items: Items): void | Promise<void>
  byCode(code: string): ItemRow | undefined | Promise<ItemRow | undefined>
  byRank(first: number, last: number): readonly ItemRow[] | Promise<readonly ItemRow[]>
  lastTen(): readonly ItemRow[] | Promise<readonly ItemRow[]>
  /** Inserts the rows in one durable transaction. */
  insert(items: Items): void | Promise<void>
}

const PROBES = 2000
const RANGES = 500
const RANGE_ROWS = 100
const ENDS = 2000
const INSERTS = 10_000

function makeItems(first: number, rows: number, seed: number): Items {
  const random = new Random(seed)
  const rank = random.shuffle(Int32Array.from({ length: rows }, (_, i) => first + i))
  const price = Float64Array.from({ length: rows }, () => random.below(100_000) / 100)
  return { first, code: Array.from(rank, (value) => `item-${(value * 7919) % 10_000_019}-${value}`), rank, price }
}

function hashOf(rows: readonly ItemRow[]): AnswerHash {
  const hash = new AnswerHash()
  for (const row of [...rows].sort((a, b) => Number(a.id) - Number(b.id))) {
    hash.number(Number(row.id))
    hash.number(row.price * 100)
  }
  return hash
}

/** Look-ups, ranges, order and inserts through secondary indexes. */
export const secondary: Workload = {
  name: 'secondary',
  group: 'storage',
  title: 'secondary indexes: unique text, ranges of 100 rows, the ten last, inserts',
  engines: ['secantdb', 'sqlite', 'duckdb'],
  rows: { full: [1_000_000], small: [100_000], tiny: [3_000] },
  run: async (one) => {
    const store = one.engine.items!
    const items = makeItems(0, one.rows, one.seed)
    await store.load(items)
    await one.engine.settle?.()
    const probes = makeProbes(one.rows, Math.min(PROBES, one.rows), one.seed + 1)
    const starts = makeProbes(one.rows - RANGE_ROWS, Math.min(RANGES, one.rows / 10), one.seed + 2)
    const found: ItemRow[] = []
    const codes = await roundsMs(one.rounds, async () => {
      found.length = 0
      for (const at of probes) {
        const row = store.byCode(items.code[at]!)
        found.push((row instanceof Promise ? await row : row)!)
      }
    })
    const ranged: ItemRow[] = []
    const ranges = await roundsMs(one.rounds, async () => {
      ranged.length = 0
      for (const start of starts) {
        const rows = store.byRank(start, start + RANGE_ROWS - 1)
        ranged.push(...(rows instanceof Promise ? await rows : rows))
      }
    })
    let last: readonly ItemRow[] = []
    const ends = await roundsMs(one.rounds, async () => {
      for (let i = 0; i < ENDS; i++) {
        const rows = store.lastTen()
        last = rows instanceof Promise ? await rows : rows
      }
    })
    const further = makeItems(one.rows, Math.min(INSERTS, one.rows), one.seed + 3)
    const insertMs = await timeMs(() => store.insert(further))
    const size = `${grouped(one.rows)} rows`
    return [
      summarize(`row by a unique text, ${size}`, 'us', codes.map((ms) => ms * 1e3 / probes.length),
        hashOf(found).digest()),
      summarize(`100 rows by an indexed integer, ${size}`, 'us', ranges.map((ms) => ms * 1e3 / starts.length),
        hashOf(ranged).digest()),
      summarize(`ORDER BY an index LIMIT 10, ${size}`, 'us', ends.map((ms) => ms * 1e3 / ENDS), hashOf(last).digest()),
      summarize(`inserts with 2 indexes, ${size}`, 'rows/s', [further.code.length / insertMs * 1e3],
        hashOf(await store.lastTen()).digest()),
    ]
  },
}
