// What changes cost later readers: the same gets and the same scan on a clean table and on a dirty
// one (10 % NULLs, 5 % of the rows updated, 1 % deleted, an old snapshot still open), as a factor.
import type { SecantEngine } from '../engines/secantdb.ts'
import { loadOrders } from '../engines/secantdb.ts'
import type { Database } from '../../src/index.ts'
import type { Measurement } from '../measure.ts'
import { grouped, roundsMs, summarize } from '../measure.ts'
import { Random } from '../../src/base/random.ts'
import type { Orders } from './orders.ts'
import { makeOrders, makeProbes } from './orders.ts'
import type { Case, Workload } from './workload.ts'

const GETS_PER_ROUND = 200_000
const CHANGES_PER_TRANSACTION = 1000

/** Gets and a scan, dirty against clean. */
export const dirty: Workload = {
  name: 'dirty',
  title: 'get and scan on a dirty table against a clean one',
  engines: ['secantdb'],
  rows: { full: [1_000_000], small: [200_000], tiny: [2_000] },
  run: async (one) => {
    const { db } = one.engine as SecantEngine
    const orders = makeOrders(one.rows, one.seed)
    loadOrders(db, 'clean', orders)
    const reader = makeDirty(db, orders, one.seed)
    const size = `${grouped(one.rows)} rows`
    const found = [
      ...await both(`get, ${size}`, 'ns', one, (name) => gets(db, name, orders, one.seed)),
      ...await both(`filter and sum, ${size}`, 'ms', one, (name) => scans(db, name)),
    ]
    reader.return?.()
    return found
  },
}

/** Loads the dirty table, opens a snapshot on it, changes it; returns the reader with the snapshot. */
function makeDirty(db: Database, orders: Orders, seed: number): IterableIterator<unknown> {
  const random = new Random(seed + 5)
  loadOrders(db, 'dirty', orders, Uint8Array.from(orders.id, () => random.chance(0.1) ? 1 : 0))
  const reader = db.prepare('SELECT id FROM dirty').iterate()
  reader.next()
  const picks = random.shuffle(Int32Array.from({ length: orders.rows }, (_, i) => i))
  const updates = Math.floor(orders.rows * 0.05)
  const deletes = Math.floor(orders.rows * 0.01)
  const update = db.prepare('UPDATE dirty SET amount = $1 WHERE id = $2')
  const remove = db.prepare('DELETE FROM dirty WHERE id = $1')
  for (let begin = 0; begin < updates + deletes; begin += CHANGES_PER_TRANSACTION) {
    db.transaction(() => {
      for (let i = begin; i < Math.min(updates + deletes, begin + CHANGES_PER_TRANSACTION); i++) {
        const id = orders.id[picks[i]!]!
        if (i < updates) update.run([i, id])
        else remove.run([id])
      }
    })
  }
  return reader
}

type Work = () => { work: () => void; operations: number }

async function both(
  what: string, unit: 'ns' | 'ms', one: Case, prepare: (table: string) => ReturnType<Work>,
): Promise<Measurement[]> {
  const figures: Measurement[] = []
  for (const name of ['clean', 'dirty']) {
    const { work, operations } = prepare(name)
    const scale = unit === 'ns' ? 1e6 / operations : 1
    const rounds = await roundsMs(one.rounds, work)
    figures.push(summarize(`${name}: ${what}`, unit, rounds.map((ms) => ms * scale)))
  }
  const factor = figures[1]!.median / figures[0]!.median
  return [...figures, summarize(`dirty / clean: ${what}`, 'factor', [factor])]
}

function gets(db: Database, name: string, orders: Orders, seed: number): ReturnType<Work> {
  const table = db.table(name)
  const probes = makeProbes(orders.rows, Math.min(GETS_PER_ROUND, orders.rows * 10), seed + 6)
  const keys = Float64Array.from(probes, (i) => orders.id[i]!)
  const work = (): void => {
    for (let i = 0; i < keys.length; i++) table.get(keys[i]!)
  }
  return { work, operations: keys.length }
}

function scans(db: Database, name: string): ReturnType<Work> {
  const statement = db.prepare(`SELECT sum(amount), count(amount) FROM ${name} WHERE customer < 500000`)
  return { work: () => void statement.raw([]), operations: 1 }
}
