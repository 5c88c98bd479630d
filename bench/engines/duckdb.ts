// DuckDB through @duckdb/node-api, on one thread, with a database file. Bulk loads go through its
// appender with data chunks of 2,048 rows filled from plain arrays, its fastest documented way in.
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { loadIntoDuckdb } from '../../datasets/into-duckdb.ts'
import type { DuckdbModule } from '../../datasets/into-duckdb.ts'
import type { Lineitem } from '../workloads/lineitem.ts'
import { LINE_STATUSES, RETURN_FLAGS } from '../workloads/lineitem.ts'
import type { Orders } from '../workloads/orders.ts'
import { STATUSES } from '../workloads/orders.ts'
import type { ItemRow, ItemStore, Items } from '../workloads/secondary.ts'
import type { Engine, EngineOptions, OrderRow, RangeAnswer } from './engine.ts'
import { cellText } from './engine.ts'
import { loadRival } from './rivals.ts'

const CHUNK_ROWS = 2048

interface DuckResult {
  getColumnsObjectJS(): Record<string, unknown[]>
  getRowsJS(): unknown[][]
  getRowObjectsJS(): Record<string, unknown>[]
  readonly currentRowCount: number
}

interface DuckStatement {
  bindBigInt(index: number, value: bigint): void
  bindVarchar(index: number, value: string): void
  runAndReadAll(): Promise<DuckResult>
}

interface DuckAppender {
  appendDataChunk(chunk: unknown): void
  flushSync(): void
  closeSync(): void
}

interface DuckConnection {
  run(sql: string): Promise<unknown>
  runAndReadAll(sql: string): Promise<DuckResult>
  prepare(sql: string): Promise<DuckStatement>
  createAppender(table: string): Promise<DuckAppender>
  closeSync(): void
}

interface DuckModule {
  DuckDBInstance: {
    create(path: string, options: Record<string, string>): Promise<{
      connect(): Promise<DuckConnection>
      closeSync(): void
    }>
  }
  DuckDBDataChunk: {
    create(types: readonly unknown[], rows?: number): { setColumns(columns: readonly unknown[][]): void }
  }
  BIGINT: unknown
  INTEGER: unknown
  DOUBLE: unknown
  VARCHAR: unknown
}

/** Opens a DuckDB file on one thread. */
export async function openDuckdb(options: EngineOptions): Promise<Engine> {
  const { module, version } = await loadRival('@duckdb/node-api')
  const duck = module as DuckModule
  const instance = await duck.DuckDBInstance.create(join(options.folder, 'rival.duckdb'), { threads: '1' })
  const db = await instance.connect()
  const ask = new Map<string, DuckStatement>()
  const run = async (sql: string, ...keys: (number | string)[]): Promise<DuckResult> => {
    const statement = ask.get(sql) ?? await db.prepare(sql)
    ask.set(sql, statement)
    keys.forEach((key, i) => typeof key === 'string'
      ? statement.bindVarchar(i + 1, key) : statement.bindBigInt(i + 1, BigInt(key)))
    return statement.runAndReadAll()
  }
  return {
    label: `DuckDB ${version} (1 thread)`,
    loadOrders: (orders) => loadOrders(duck, db, orders),
    sqlGet: async (key) => {
      const result = await run('SELECT * FROM orders WHERE id = $1', key)
      return result.getRowObjectsJS()[0] as unknown as OrderRow | undefined
    },
    range: async (first, last) =>
      rangeOf(await run('SELECT * FROM orders WHERE id BETWEEN $1 AND $2', first, last)),
    append: (orders) => append(duck, db, orders),
    loadLineitem: (lineitem) => loadLineitem(duck, db, lineitem),
    items: itemStore(duck, db, run),
    loadTables: (tables) => loadIntoDuckdb(module as DuckdbModule, db as unknown as DuckDBConnection, tables),
    query: async (sql) => (await run(sql)).getRowsJS().map((row) => row.map(cellText)),
    settle: async () => void await db.run('CHECKPOINT'),
    close: () => {
      db.closeSync()
      instance.closeSync()
    },
  }
}

function itemStore(
  duck: DuckModule, db: DuckConnection, run: (sql: string, ...keys: (number | string)[]) => Promise<DuckResult>,
): ItemStore {
  const all = async (sql: string, ...keys: (number | string)[]): Promise<ItemRow[]> =>
    (await run(sql, ...keys)).getRowObjectsJS() as unknown as ItemRow[]
  const types = [duck.BIGINT, duck.VARCHAR, duck.INTEGER, duck.DOUBLE]
  const insert = (items: Items): Promise<void> =>
    appendChunks(duck, db, 'item', types, items.code.length, (begin, end) => [
      Array.from({ length: end - begin }, (_, i) => BigInt(items.first + begin + i)), items.code.slice(begin, end),
      Array.from(items.rank.subarray(begin, end)), Array.from(items.price.subarray(begin, end)),
    ])
  return {
    load: async (items) => {
      await db.run('CREATE TABLE item (id BIGINT PRIMARY KEY, code VARCHAR, rank INTEGER, price DOUBLE)')
      await insert(items)
      await db.run('CREATE UNIQUE INDEX item_code ON item (code)')
      await db.run('CREATE INDEX item_rank ON item (rank)')
    },
    byCode: async (code) => (await all('SELECT id, price FROM item WHERE code = $1', code))[0],
    byRank: (first, last) => all('SELECT id, price FROM item WHERE rank BETWEEN $1 AND $2', first, last),
    lastTen: () => all('SELECT id, price FROM item ORDER BY rank DESC LIMIT 10'),
    insert,
  }
}

function rangeOf(result: DuckResult): RangeAnswer {
  const columns = result.getColumnsObjectJS()
  const customers = columns['customer'] as number[]
  return { rows: customers.length, customerSum: () => customers.reduce((sum, one) => sum + one, 0) }
}

/** Appends `rows` rows; `columnsOf` gives the plain arrays of the rows [begin, end). */
async function appendChunks(
  duck: DuckModule, db: DuckConnection, table: string, types: readonly unknown[], rows: number,
  columnsOf: (begin: number, end: number) => unknown[][],
): Promise<void> {
  const appender = await db.createAppender(table)
  for (let begin = 0; begin < rows; begin += CHUNK_ROWS) {
    const end = Math.min(rows, begin + CHUNK_ROWS)
    const chunk = duck.DuckDBDataChunk.create(types, end - begin)
    chunk.setColumns(columnsOf(begin, end))
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

async function loadOrders(duck: DuckModule, db: DuckConnection, orders: Orders): Promise<void> {
  await db.run('CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INTEGER, amount DOUBLE, status VARCHAR)')
  const types = [duck.BIGINT, duck.INTEGER, duck.DOUBLE, duck.VARCHAR]
  await appendChunks(duck, db, 'orders', types, orders.rows, (begin, end) => [
    Array.from(orders.id.subarray(begin, end), BigInt), Array.from(orders.customer.subarray(begin, end)),
    Array.from(orders.amount.subarray(begin, end)),
    Array.from(orders.status.subarray(begin, end), (i) => STATUSES[i]),
  ])
}

async function append(duck: DuckModule, db: DuckConnection, orders: Orders): Promise<void> {
  await db.run('CREATE TABLE fact (id BIGINT PRIMARY KEY, customer INTEGER, amount DOUBLE, day INTEGER)')
  const types = [duck.BIGINT, duck.INTEGER, duck.DOUBLE, duck.INTEGER]
  await appendChunks(duck, db, 'fact', types, orders.rows, (begin, end) => [
    Array.from(orders.id.subarray(begin, end), BigInt), Array.from(orders.customer.subarray(begin, end)),
    Array.from(orders.amount.subarray(begin, end)), Array.from(orders.day.subarray(begin, end)),
  ])
}

async function loadLineitem(duck: DuckModule, db: DuckConnection, table: Lineitem): Promise<void> {
  const names = ['id', 'quantity', 'price', 'discount', 'tax', 'flag', 'status', 'day']
  await db.run(`CREATE TABLE staged (${names.map((name) => `${name} INTEGER`).join(', ')})`)
  const columns = [table.id, table.quantity, table.priceCents, table.discountPercent, table.taxPercent,
    table.returnFlag, table.lineStatus, table.shipDay]
  await appendChunks(duck, db, 'staged', names.map(() => duck.INTEGER), table.rows, (begin, end) =>
    columns.map((column) => Array.from(column.subarray(begin, end))))
  const letters = (names: readonly string[]) => `[${names.map((name) => `'${name}'`).join(', ')}]`
  await db.run(`CREATE TABLE lineitem AS SELECT id, quantity::DECIMAL(12,2) AS quantity,
      (price / 100)::DECIMAL(12,2) AS extendedprice, (discount / 100)::DECIMAL(12,2) AS discount,
      (tax / 100)::DECIMAL(12,2) AS tax, ${letters(RETURN_FLAGS)}[flag + 1] AS returnflag,
      ${letters(LINE_STATUSES)}[status + 1] AS linestatus, DATE '1970-01-01' + day AS shipdate
    FROM staged ORDER BY id`)
  await db.run('DROP TABLE staged')
  await db.run('CHECKPOINT')
}
