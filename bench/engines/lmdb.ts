// lmdb-js: a memory-mapped B+-tree with values in MessagePack. `sharedStructures` is its documented
// fast form for rows of equal shape; loading uses MDB_APPEND inside large transactions.
import { join } from 'node:path'
import type { Orders } from '../workloads/orders.ts'
import { STATUSES } from '../workloads/orders.ts'
import type { Engine, EngineOptions, OrderRow, RangeAnswer } from './engine.ts'
import { loadRival } from './rivals.ts'

const LOAD_BATCH = 100_000
const MAP_BYTES = 8 * 2 ** 30

interface LmdbDatabase {
  get(key: number): OrderRow | undefined
  put(key: number, value: unknown): Promise<boolean>
  remove(key: number): Promise<boolean>
  putSync(key: number, value: unknown, options?: { append: boolean }): boolean
  getRange(options: { start: number; end: number }): Iterable<{ key: number; value: OrderRow }>
  transactionSync(work: () => void): void
  transaction(work: () => void): Promise<void>
  readonly flushed: Promise<void>
  close(): Promise<void>
}

interface LmdbModule {
  open(options: Record<string, unknown>): LmdbDatabase
}

/** Opens an lmdb database; commits are synced to disk, its default. */
export async function openLmdb(options: EngineOptions): Promise<Engine> {
  const { module, version } = await loadRival('lmdb')
  const db = (module as LmdbModule).open({
    path: join(options.folder, 'rival.mdb'), noSubdir: true, encoding: 'msgpack',
    sharedStructuresKey: Symbol.for('structures'), mapSize: MAP_BYTES,
  })
  return {
    label: `lmdb-js ${version}`,
    loadOrders: (orders) => load(db, orders),
    get: (key) => db.get(key),
    range: (first, last) => rangeOf(db, first, last),
    openCounters: () => undefined,
    commit: async (key, value) => {
      await db.put(key, { value })
      await db.flushed
    },
    upsertBatch: async (keys, value) => {
      await db.transaction(() => {
        for (const key of keys) void db.put(key, { value })
      })
      await db.flushed
    },
    openNotes: () => undefined,
    insertNotes: async (first, count, note) => {
      await db.transaction(() => {
        for (let id = first; id < first + count; id++) void db.put(id, note)
      })
      await db.flushed
    },
    deleteNotes: async (first, count, step) => {
      await db.transaction(() => {
        for (let i = 0; i < count; i++) void db.remove(first + i * step)
      })
      await db.flushed
    },
    updateOrders: async (orders, places, salt) => {
      await db.transaction(() => {
        for (const i of places) {
          const status = STATUSES[orders.status[i]!]
          void db.put(orders.id[i]!, { customer: orders.customer[i], amount: orders.amount[i]! + salt, status })
        }
      })
      await db.flushed
    },
    close: () => db.close(),
  }
}

function load(db: LmdbDatabase, orders: Orders): void {
  for (let begin = 0; begin < orders.rows; begin += LOAD_BATCH) {
    const end = Math.min(orders.rows, begin + LOAD_BATCH)
    db.transactionSync(() => {
      for (let i = begin; i < end; i++) {
        const status = STATUSES[orders.status[i]!]
        const row = { customer: orders.customer[i], amount: orders.amount[i], status }
        db.putSync(orders.id[i]!, row, { append: true })
      }
    })
  }
}

function rangeOf(db: LmdbDatabase, first: number, last: number): RangeAnswer {
  const rows = [...db.getRange({ start: first, end: last + 1 })]
  return { rows: rows.length, customerSum: () => rows.reduce((sum, one) => sum + one.value.customer, 0) }
}
