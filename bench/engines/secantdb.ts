// Ourselves, through the public API and nothing else, so that the figures are what a user gets.
// `db` is offered beside the common interface for the workloads that compare us with ourselves.
import { join } from 'node:path'
import type { Lineitem } from '../workloads/lineitem.ts'
import { LINE_STATUSES, RETURN_FLAGS } from '../workloads/lineitem.ts'
import type { Orders } from '../workloads/orders.ts'
import { statusTexts } from '../workloads/orders.ts'
import type { Engine, EngineOptions, OrderRow, RangeAnswer } from './engine.ts'
import { cellText } from './engine.ts'

/** The part of the public API that the benches use. */
export interface SecantDatabase {
  exec(sql: string): void
  prepare(sql: string): SecantStatement
  table(name: string): SecantTable
  transaction(work: () => void): unknown
  transact(work: () => void): Promise<unknown>
  connect(): { exec(sql: string): void; prepare(sql: string): SecantStatement; close(): void }
  checkpoint(): unknown
  stats(): { pool: { hits: number; misses: number }; io: { bytesWritten: number } }
  close(): void | Promise<void>
}

export interface SecantStatement {
  get(parameters?: readonly unknown[]): Record<string, unknown> | undefined
  raw(parameters?: readonly unknown[]): unknown[][]
  run(parameters?: readonly unknown[]): unknown
}

export interface SecantTable {
  get(key: number): Record<string, unknown> | undefined
  put(row: Record<string, unknown>): unknown
  append(columns: Record<string, unknown>): unknown
  range(options: Record<string, unknown>): { arrow(): ArrowTable | Promise<ArrowTable> }
}

interface ArrowTable {
  readonly numRows: number
  getChild(name: string): { toArray(): ArrayLike<number> } | null
}

export interface SecantEngine extends Engine {
  readonly db: SecantDatabase
}

/** Opens a database file with the given memory, synchronous FULL, and further options of `open`. */
export async function openSecantdb(
  options: EngineOptions, extra: Record<string, unknown> = {}, fileName = 'ours.sdb',
): Promise<SecantEngine> {
  const library = await import('../../src/index.ts')
  const open = library.open as unknown as (path: string, options: object) => Promise<SecantDatabase>
  const memory = `${Math.floor(options.memoryBytes / 2 ** 20)}MB`
  const db = await open(join(options.folder, fileName), { memory, synchronous: 'full', ...extra })
  return {
    db,
    label: 'SecantDB',
    ...orderMethods(db),
    ...counterMethods(db),
    loadLineitem: (lineitem) => loadLineitem(db, lineitem),
    query: (sql) => prepared(db, sql).raw([]).map((row) => row.map(cellText)),
    settle: () => void db.checkpoint(),
    stats: () => ({ bytesWritten: db.stats().io.bytesWritten }),
    close: () => db.close(),
  }
}

function orderMethods(db: SecantDatabase): Partial<Engine> {
  let table: SecantTable | undefined
  let select: SecantStatement | undefined
  return {
    loadOrders: (orders) => loadOrders(db, 'orders', orders),
    get: (key) => {
      table ??= db.table('orders')
      return table.get(key) as unknown as OrderRow | undefined
    },
    sqlGet: (key) => {
      select ??= db.prepare('SELECT * FROM orders WHERE id = $1')
      return select.get([key]) as unknown as OrderRow | undefined
    },
    range: (first, last) => {
      table ??= db.table('orders')
      const answer = table.range({ gte: first, lte: last }).arrow()
      return answer instanceof Promise ? answer.then(rangeAnswer) : rangeAnswer(answer)
    },
    append: (orders) => {
      db.exec(`CREATE TABLE fact (id BIGINT PRIMARY KEY, customer INTEGER, amount DOUBLE PRECISION,
        day INTEGER)`)
      const id = BigInt64Array.from(orders.id, BigInt)
      db.table('fact').append({ id, customer: orders.customer, amount: orders.amount, day: orders.day })
    },
  }
}

function counterMethods(db: SecantDatabase): Partial<Engine> {
  let insert: SecantStatement | undefined
  return {
    openCounters: () => db.exec('CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT)'),
    commit: (key, value) => {
      insert ??= db.prepare('INSERT INTO counters VALUES ($1, $2)')
      return db.transact(() => void insert!.run([key, value])) as Promise<void>
    },
    upsertBatch: (keys, value) => {
      const table = db.table('counters')
      db.transaction(() => {
        for (const id of keys) table.put({ id, value })
      })
    },
  }
}

/** Creates and loads an orders table; `nulls` marks amounts that become NULL. */
export function loadOrders(db: SecantDatabase, name: string, orders: Orders, nulls?: Uint8Array): void {
  db.exec(`CREATE TABLE ${name} (id BIGINT PRIMARY KEY, customer INTEGER NOT NULL, amount DOUBLE PRECISION,
    status TEXT NOT NULL)`)
  const amount = nulls ? Array.from(orders.amount, (value, i) => nulls[i] ? null : value) : orders.amount
  const id = BigInt64Array.from(orders.id, BigInt)
  db.table(name).append({ id, customer: orders.customer, amount, status: statusTexts(orders) })
  db.checkpoint()
}

const statements = new WeakMap<SecantDatabase, Map<string, SecantStatement>>()

function prepared(db: SecantDatabase, sql: string): SecantStatement {
  const known = statements.get(db) ?? new Map<string, SecantStatement>()
  statements.set(db, known)
  const statement = known.get(sql) ?? db.prepare(sql)
  known.set(sql, statement)
  return statement
}

function rangeAnswer(table: ArrowTable): RangeAnswer {
  return {
    rows: table.numRows,
    customerSum: () => {
      const customers = table.getChild('customer')!.toArray()
      let sum = 0
      for (let i = 0; i < customers.length; i++) sum += customers[i]!
      return sum
    },
  }
}

function loadLineitem(db: SecantDatabase, table: Lineitem): void {
  db.exec(`CREATE TABLE lineitem (id INTEGER PRIMARY KEY, quantity DECIMAL(12,2) NOT NULL,
    extendedprice DECIMAL(12,2) NOT NULL, discount DECIMAL(12,2) NOT NULL, tax DECIMAL(12,2) NOT NULL,
    returnflag TEXT NOT NULL, linestatus TEXT NOT NULL, shipdate DATE NOT NULL)`)
  const hundredths = (column: Int32Array): Float64Array => Float64Array.from(column, (value) => value / 100)
  db.table('lineitem').append({
    id: table.id, quantity: Float64Array.from(table.quantity), extendedprice: hundredths(table.priceCents),
    discount: hundredths(table.discountPercent), tax: hundredths(table.taxPercent),
    returnflag: Array.from(table.returnFlag, (i) => RETURN_FLAGS[i]),
    linestatus: Array.from(table.lineStatus, (i) => LINE_STATUSES[i]),
    shipdate: datesOf(table.shipDay),
  })
  db.checkpoint()
}

/** ISO dates of day numbers; each distinct day is formatted once. */
function datesOf(days: Int32Array): string[] {
  const known = new Map<number, string>()
  return Array.from(days, (day) => {
    const text = known.get(day) ?? new Date(day * 86_400_000).toISOString().slice(0, 10)
    known.set(day, text)
    return text
  })
}
