// SQLite through better-sqlite3, or through libsql (the same interface, ready-made binaries) where
// better-sqlite3 has no binary and no compiler is at hand. WAL mode; synchronous FULL; large cache.
import { join } from 'node:path'
import type { Orders } from '../workloads/orders.ts'
import { STATUSES } from '../workloads/orders.ts'
import type { ItemRow, ItemStore, Items } from '../workloads/secondary.ts'
import type { Engine, EngineOptions, OrderRow } from './engine.ts'
import { cellText } from './engine.ts'
import { RivalMissing, loadRival } from './rivals.ts'

interface SqliteStatement {
  run(...parameters: unknown[]): unknown
  get(...parameters: unknown[]): OrderRow | undefined
  all(...parameters: unknown[]): OrderRow[]
  raw(): { all(): unknown[][] }
}

interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

type SqliteModule = { default: new (path: string) => SqliteDatabase }

/** Opens a SQLite database with the better of the two libraries that loads. */
export async function openSqlite(options: EngineOptions): Promise<Engine> {
  const { module, label } = await loadEither()
  const db = new (module as SqliteModule).default(join(options.folder, 'rival.sqlite'))
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA cache_size = ${-Math.floor(options.memoryBytes / 1024)}; PRAGMA mmap_size = ${2 ** 31 - 1}`)
  const lazy = new Map<string, SqliteStatement>()
  const prepared = (sql: string): SqliteStatement => {
    const known = lazy.get(sql) ?? db.prepare(sql)
    lazy.set(sql, known)
    return known
  }
  let getOne: SqliteStatement | undefined
  const get = (key: number): OrderRow | undefined => {
    getOne ??= db.prepare('SELECT * FROM orders WHERE id = ?')
    return getOne.get(key)
  }
  return {
    label,
    loadOrders: (orders) => loadOrders(db, orders),
    get,
    sqlGet: get,
    range: (first, last) => {
      const rows = prepared('SELECT * FROM orders WHERE id BETWEEN ? AND ?').all(first, last)
      return { rows: rows.length, customerSum: () => rows.reduce((sum, one) => sum + one.customer, 0) }
    },
    append: (orders) => append(db, orders),
    openCounters: () => void db.exec('CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER)'),
    commit: (key, value) => void prepared('INSERT INTO counters VALUES (?, ?)').run(key, value),
    upsertBatch: (keys, value) => {
      db.exec('BEGIN')
      const upsert = prepared('INSERT OR REPLACE INTO counters VALUES (?, ?)')
      for (const key of keys) upsert.run(key, value)
      db.exec('COMMIT')
    },
    openNotes: () => void db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)'),
    insertNotes: (first, count, note) => {
      db.exec('BEGIN')
      const insert = prepared('INSERT OR REPLACE INTO notes VALUES (?, ?)')
      for (let id = first; id < first + count; id++) insert.run(id, note)
      db.exec('COMMIT')
    },
    deleteNotes: (first, count, step) => {
      db.exec('BEGIN')
      const remove = prepared('DELETE FROM notes WHERE id = ?')
      for (let i = 0; i < count; i++) remove.run(first + i * step)
      db.exec('COMMIT')
    },
    updateOrders: (orders, places, salt) => {
      db.exec('BEGIN')
      const upsert = prepared('INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?)')
      for (const i of places) {
        upsert.run(orders.id[i], orders.customer[i], orders.amount[i]! + salt, STATUSES[orders.status[i]!])
      }
      db.exec('COMMIT')
    },
    items: itemStore(db, prepared),
    query: (sql) => prepared(sql).raw().all().map((row) => row.map(cellText)),
    settle: () => void db.exec('PRAGMA wal_checkpoint(TRUNCATE)'),
    close: () => void db.close(),
  }
}

function itemStore(db: SqliteDatabase, prepared: (sql: string) => SqliteStatement): ItemStore {
  const insert = (items: Items): void => {
    db.exec('BEGIN')
    const statement = prepared('INSERT INTO item VALUES (?, ?, ?, ?)')
    items.code.forEach((code, i) => statement.run(items.first + i, code, items.rank[i], items.price[i]))
    db.exec('COMMIT')
  }
  const all = (sql: string, ...parameters: number[]): ItemRow[] =>
    prepared(sql).all(...parameters) as unknown as ItemRow[]
  return {
    load: (items) => {
      db.exec(`CREATE TABLE item (id INTEGER PRIMARY KEY, code TEXT NOT NULL, rank INTEGER NOT NULL,
        price REAL NOT NULL)`)
      insert(items)
      db.exec('CREATE UNIQUE INDEX item_code ON item (code); CREATE INDEX item_rank ON item (rank); ANALYZE')
    },
    byCode: (code) => prepared('SELECT id, price FROM item WHERE code = ?').get(code) as unknown as ItemRow,
    byRank: (first, last) => all('SELECT id, price FROM item WHERE rank BETWEEN ? AND ?', first, last),
    lastTen: () => all('SELECT id, price FROM item ORDER BY rank DESC LIMIT 10'),
    insert,
  }
}

async function loadEither(): Promise<{ module: unknown; label: string }> {
  try {
    const { module, version } = await loadRival('better-sqlite3')
    const Database = (module as SqliteModule).default
    new Database(':memory:').close()
    return { module, label: `better-sqlite3 ${version}` }
  } catch (error) {
    try {
      const { module, version } = await loadRival('libsql')
      return { module, label: `libsql ${version} (better-sqlite3 is absent)` }
    } catch {
      throw new RivalMissing(error instanceof Error ? error.message : String(error))
    }
  }
}

function loadOrders(db: SqliteDatabase, orders: Orders): void {
  db.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, amount REAL NOT NULL,
    status TEXT NOT NULL); BEGIN`)
  const insert = db.prepare('INSERT INTO orders VALUES (?, ?, ?, ?)')
  for (let i = 0; i < orders.rows; i++) {
    insert.run(orders.id[i], orders.customer[i], orders.amount[i], STATUSES[orders.status[i]!])
  }
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
}

function append(db: SqliteDatabase, orders: Orders): void {
  db.exec('CREATE TABLE fact (id INTEGER PRIMARY KEY, customer INTEGER, amount REAL, day INTEGER); BEGIN')
  const insert = db.prepare('INSERT INTO fact VALUES (?, ?, ?, ?)')
  for (let i = 0; i < orders.rows; i++) {
    insert.run(orders.id[i], orders.customer[i], orders.amount[i], orders.day[i])
  }
  db.exec('COMMIT')
}
