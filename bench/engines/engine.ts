// What a workload asks of an engine, ours or a rival. An adapter implements the methods its engine
// has an honest equivalent for; a workload is skipped where the method is missing.
//
// Rules of the comparison: every adapter uses the fastest documented way of its library, the same
// rows, the same durability and the same batches; it gets enough cache to be warm.
import type { GeneratedTable } from '../../datasets/generated.ts'
import type { Lineitem } from '../workloads/lineitem.ts'
import type { Orders } from '../workloads/orders.ts'
import type { ItemStore } from '../workloads/secondary.ts'

export type EngineName = 'secantdb' | 'lmdb' | 'sqlite' | 'duckdb' | 'map' | 'sorted-btree' | 'binary-search'

/** One row as an engine hands it out; the key may be missing where the engine keeps it apart. */
export interface OrderRow {
  readonly customer: number
  readonly amount: number
  readonly status: string
}

/** Rows of a range in whatever columnar or row form the engine's user would take. */
export interface RangeAnswer {
  readonly rows: number
  /** Sum of `customer`, to compare answers and to touch what was produced. Computed on demand. */
  customerSum(): number
}

/** Counters an engine offers about itself; absent ones are unknown. */
export interface EngineStats {
  /** Bytes handed to the disk since open, log included. */
  readonly bytesWritten?: number
}

export interface Engine {
  /** Name and version of what really ran, such as `better-sqlite3 12.11.1`. */
  readonly label: string
  /** Loads key-ordered rows into an empty table `orders(id, customer, amount, status)`. */
  loadOrders?(orders: Orders): void | Promise<void>
  /** One row by key through the key-value interface. */
  get?(key: number): OrderRow | undefined
  /** Rows by keys, in their order; undefined where there is none. */
  getMany?(keys: Float64Array): readonly (OrderRow | undefined)[]
  /** One row by key through a prepared SQL statement. */
  sqlGet?(key: number): OrderRow | undefined | Promise<OrderRow | undefined>
  /** Rows with keys in [first, last]; for the Arrow engines as Arrow. */
  range?(first: number, last: number): RangeAnswer | Promise<RangeAnswer>
  /** Appends typed columns to an empty table of four numeric columns, durable when it resolves. */
  append?(orders: Orders): void | Promise<void>
  /** Creates an empty table for `commit` and `upsert`. */
  openCounters?(): void | Promise<void>
  /** Inserts one row and resolves when it is durable. */
  commit?(key: number, value: number): void | Promise<void>
  /** Inserts or replaces the rows in one durable transaction. */
  upsertBatch?(keys: Float64Array, value: number): void | Promise<void>
  /** Creates an empty table of keys and texts for `insertNotes` and `deleteNotes`. */
  openNotes?(): void | Promise<void>
  /** Inserts `count` rows with keys from `first` on, each with this text, in one durable transaction. */
  insertNotes?(first: number, count: number, note: string): void | Promise<void>
  /** Deletes `count` rows, every `step`-th key from `first` on, in one durable transaction. */
  deleteNotes?(first: number, count: number, step: number): void | Promise<void>
  /** Replaces the orders at these places, amounts changed by `salt`, in one durable transaction. */
  updateOrders?(orders: Orders, places: Int32Array, salt: number): void | Promise<void>
  /** A table with two secondary indexes. */
  readonly items?: ItemStore
  /** Loads the lineitem columns for `q6` and `q1`. */
  loadLineitem?(lineitem: Lineitem): void | Promise<void>
  /** Creates generated tables with their keys and loads their rows. */
  loadTables?(tables: readonly GeneratedTable[]): void | Promise<void>
  /** Rows of a scan query, every cell as text in a common form. */
  query?(sql: string): Promise<string[][]> | string[][]
  /** Writes everything down, so that bytes and sizes are final. */
  settle?(): void | Promise<void>
  stats?(): EngineStats
  close(): void | Promise<void>
}

/** Where an engine may put its files and how much memory it may use. */
export interface EngineOptions {
  readonly folder: string
  readonly memoryBytes: number
}

/** Cell text that is equal between engines: numbers with a point are cut to 10 significant digits. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString().replace('T00:00:00.000Z', '')
  const text = String(value)
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text
  if (/^-?\d+$/.test(text)) return text
  return String(Number(Number(text).toPrecision(10)))
}
