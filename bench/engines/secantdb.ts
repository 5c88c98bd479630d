// Ourselves, through the public API and nothing else, so that the figures are what a user gets.
// `db` is offered beside the common interface for the workloads that compare us with ourselves.
import { join } from 'node:path'
import type { Table } from 'apache-arrow'
import { loadTables } from '../../datasets/generated.ts'
import { loadArrow, open } from '../../src/index.ts'
import type { Database, OpenOptions, Statement, TableHandle } from '../../src/index.ts'
import type { Lineitem } from '../workloads/lineitem.ts'
import { LINE_STATUSES, RETURN_FLAGS } from '../workloads/lineitem.ts'
import type { Orders } from '../workloads/orders.ts'
import { STATUSES, statusTexts } from '../workloads/orders.ts'
import type { ItemRow, ItemStore } from '../workloads/secondary.ts'
import type { Engine, EngineOptions, OrderRow, RangeAnswer } from './engine.ts'
import { cellText } from './engine.ts'

export interface SecantEngine extends Engine {
  readonly db: Database
}

const DEBT = 0.1
/** Idle databases pay their debts. */
const IDLE_MS = 50

/** Opens a database file with the given memory, synchronous FULL, and further options of `open`. */
export async function openSecantdb(
  options: EngineOptions, extra: OpenOptions = {}, fileName = 'ours.sdb',
): Promise<SecantEngine> {
  const db = await open(join(options.folder, fileName), { memory: options.memoryBytes, ...extra })
  await loadArrow()
  return {
    db,
    label: 'SecantDB',
    ...orderMethods(db),
    ...counterMethods(db),
    ...noteMethods(db),
    items: itemStore(db),
    loadLineitem: (lineitem) => loadLineitem(db, lineitem),
    loadTables: (tables) => loadTables(db, tables),
    query: (sql) => prepared(db, sql).raw([]).map((row) => row.map(cellText)),
    settle: () => settle(db),
    stats: () => ({ bytesWritten: db.stats().io.bytesWritten }),
    close: () => db.close(),
  }
}

// Everything in pages, and no more than a tenth of a table in runs that are not merged into its base.
async function settle(db: Database): Promise<void> {
  db.checkpoint()
  while (db.stats().tables.some(({ debt }) => debt > DEBT)) await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  db.checkpoint()
}

function orderMethods(db: Database): Partial<Engine> {
  let table: TableHandle | undefined
  let select: Statement | undefined
  return {
    loadOrders: (orders) => loadOrders(db, 'orders', orders),
    get: (key) => {
      table ??= db.table('orders')
      return table.get(key) as unknown as OrderRow | undefined
    },
    getMany: (keys) => {
      table ??= db.table('orders')
      return table.getMany(keys) as unknown as (OrderRow | undefined)[]
    },
    sqlGet: (key) => {
      select ??= db.prepare('SELECT * FROM orders WHERE id = $1')
      return select.get([key]) as unknown as OrderRow | undefined
    },
    range: (first, last) => {
      table ??= db.table('orders')
      return rangeAnswer(table.range({ gte: first, lte: last }).arrow())
    },
    append: (orders) => {
      db.exec(`CREATE TABLE fact (id BIGINT PRIMARY KEY, customer INTEGER, amount DOUBLE PRECISION,
        day INTEGER)`)
      db.table('fact').append({ id: orders.id, customer: orders.customer, amount: orders.amount, day: orders.day })
    },
  }
}

function counterMethods(db: Database): Partial<Engine> {
  let insert: Statement | undefined
  return {
    openCounters: () => void db.exec('CREATE TABLE counters (id BIGINT PRIMARY KEY, value BIGINT)'),
    commit: (key, value) => {
      insert ??= db.prepare('INSERT INTO counters VALUES ($1, $2)')
      return db.transact(() => void insert!.run([key, value]))
    },
    upsertBatch: (keys, value) => {
      const table = db.table('counters')
      db.transaction(() => {
        for (const id of keys) table.put({ id, value })
      })
    },
  }
}

function noteMethods(db: Database): Partial<Engine> {
  return {
    openNotes: () => void db.exec('CREATE TABLE notes (id BIGINT PRIMARY KEY, note TEXT)'),
    insertNotes: (first, count, note) => {
      const table = db.table('notes')
      db.transaction(() => {
        for (let id = first; id < first + count; id++) table.put({ id, note })
      })
    },
    deleteNotes: (first, count, step) => {
      const table = db.table('notes')
      db.transaction(() => {
        for (let i = 0; i < count; i++) table.delete(first + i * step)
      })
    },
    updateOrders: (orders, places, salt) => {
      const table = db.table('orders')
      db.transaction(() => {
        for (const i of places) {
          table.put({
            id: orders.id[i]!, customer: orders.customer[i]!, amount: orders.amount[i]! + salt,
            status: STATUSES[orders.status[i]!]!,
          })
        }
      })
    },
  }
}

function itemStore(db: Database): ItemStore {
  const all = (sql: string, parameters: number[]): ItemRow[] =>
    prepared(db, sql).all(parameters) as unknown as ItemRow[]
  let select: Statement | undefined
  return {
    load: (items) => {
      db.exec(`CREATE TABLE item (id BIGINT PRIMARY KEY, code TEXT NOT NULL, rank INTEGER NOT NULL,
        price FLOAT8 NOT NULL)`)
      const id = Float64Array.from(items.rank, (_, i) => items.first + i)
      db.table('item').append({ id, code: items.code, rank: items.rank, price: items.price })
      db.exec('CREATE UNIQUE INDEX item_code ON item (code); CREATE INDEX item_rank ON item (rank)')
    },
    byCode: (code) => {
      select ??= db.prepare('SELECT id, price FROM item WHERE code = ?')
      return select.get([code]) as unknown as ItemRow | undefined
    },
    byRank: (first, last) => all('SELECT id, price FROM item WHERE rank BETWEEN ? AND ?', [first, last]),
    lastTen: () => all('SELECT id, price FROM item ORDER BY rank DESC LIMIT 10', []),
    insert: (items) => {
      const insert = prepared(db, 'INSERT INTO item VALUES (?, ?, ?, ?)')
      db.transaction(() => {
        items.code.forEach((code, i) => void insert.run([items.first + i, code, items.rank[i]!, items.price[i]!]))
      })
    },
  }
}

/** Creates and loads an orders table; `nulls` marks amounts that become NULL. */
export function loadOrders(db: Database, name: string, orders: Orders, nulls?: Uint8Array): void {
  db.exec(`CREATE TABLE ${name} (id BIGINT PRIMARY KEY, customer INTEGER NOT NULL, amount DOUBLE PRECISION,
    status TEXT NOT NULL)`)
  const amount = nulls ? Array.from(orders.amount, (value, i) => nulls[i] ? null : value) : orders.amount
  db.table(name).append({ id: orders.id, customer: orders.customer, amount, status: statusTexts(orders) })
  db.checkpoint()
}

const statements = new WeakMap<Database, Map<string, Statement>>()

function prepared(db: Database, sql: string): Statement {
  const known = statements.get(db) ?? new Map<string, Statement>()
  statements.set(db, known)
  const statement = known.get(sql) ?? db.prepare(sql)
  known.set(sql, statement)
  return statement
}

function rangeAnswer(table: Table): RangeAnswer {
  return {
    rows: table.numRows,
    customerSum: () => {
      const customers = table.getChild('customer')!.toArray() as Int32Array
      let sum = 0
      for (let i = 0; i < customers.length; i++) sum += customers[i]!
      return sum
    },
  }
}

function loadLineitem(db: Database, table: Lineitem): void {
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
