// db.kv(name): a key-value store over a table of its own. Outside of transactions get() goes from the key straight
// to storage's point reader, as table.get does, with a constructor that returns the value alone.
//
//   undefined  there is no such key          null  the key is there and its value is SQL NULL
//
// The table is made by the first kv() that names it; when it is dropped or its creation rolled back, the store reads
// as empty and the next write makes it again.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import { checkWellFormed } from '../base/utf8.ts'
import { homeOf } from './attachments.ts'
import { fitRow } from './fit-row.ts'
import { PlainReads } from './plain-reads.ts'
import { KvRange } from './kv-range.ts'
import type { KvRangeOptions } from './kv-range.ts'
import { kvKey, kvRow, kvShape } from './kv-types.ts'
import type { KvOptions, KvShape } from './kv-types.ts'
import { checkNames } from './options.ts'
import type { Session } from './session.ts'
import { PointReader } from '../../storage/mod.ts'
import type { KeyRange, KeyValue, Transaction } from '../../storage/mod.ts'

/** One change of a batch; 'del' is LevelDB's spelling of 'delete'. */
export type KvChange<K, V> =
  | { readonly type: 'put'; readonly key: K; readonly value: V }
  | { readonly type: 'delete' | 'del'; readonly key: K }

/** What a store knows at one version of the catalogue. */
interface Resolved {
  readonly shape: KvShape
  /** False while the table does not exist. */
  readonly exists: boolean
  readonly fromValue: ((key: Scalar) => KeyValue) | null
}

/** A key-value store; see {@link Database.kv}. */
export class KeyValueStore<K = unknown, V = unknown> {
  readonly name: string
  readonly #session: Session
  readonly #options: KvOptions
  /** As last seen: what the table is made from when it is gone. */
  #shape: KvShape
  #version = 0
  #resolved: Resolved | null = null
  #reader: PointReader<V> | null = null
  /** Keys of this JavaScript type need no conversion; null = every key does. */
  #plainType: 'string' | 'number' | null = null
  /** While open, such keys go straight to the reader. */
  readonly #plain: PlainReads

  /** Made by {@link Database.kv}. */
  constructor(session: Session, name: string, options: KvOptions) {
    this.name = name
    this.#session = session
    this.#plain = new PlainReads(session)
    this.#options = options
    const existing = typeof name === 'string' ? session.catalog.schema(name) : undefined
    this.#shape = kvShape(name, options, existing)
    if (existing !== undefined) return
    if (session.engine.isReadOnly) {
      throw new DatabaseError(CODE.READ_ONLY, `store "${name}" does not exist, and the database is open read-only`)
    }
    session.define(txn => txn.createTable(this.#shape.schema))
  }

  /** Throws what {@link Database.kv} throws when `options` ask for another store than this one is. */
  check(options: KvOptions): void {
    kvShape(this.name, { ...this.#options, ...options }, this.#resolve().shape.schema)
  }

  #resolve(): Resolved {
    const session = this.#session
    if (this.#resolved !== null && this.#version === session.catalogVersion) return this.#resolved
    const existing = session.catalog.schema(this.name)
    if (existing !== undefined) this.#shape = kvShape(this.name, this.#options, existing)
    const shape = this.#shape
    const { engine, name } = homeOf(session.engine, this.name)
    const isCommitted = existing !== undefined && engine.catalog.has(name)
      && (name !== this.name || engine.catalog.get(name).schema === existing)
    const store = isCommitted ? engine.catalog.get(name) : null
    const columns = shape.schema.columns.map((_, c) => c).slice(1)
    this.#reader = store === null ? null
      : new PointReader<V>(store, () => engine.commitId, columns, shape.names, shape.converts)
    this.#plainType = shape.key === 'text' ? 'string' : shape.key === 'integer' ? 'number' : null
    this.#resolved = {
      shape, exists: existing !== undefined,
      fromValue: store === null ? null : key => store.order.fromValues([key]),
    }
    this.#version = session.catalogVersion
    return this.#resolved
  }

  // True for a key that needs no conversion while it may go straight to the reader.
  #isPlain(key: unknown): key is string | number {
    if (!this.#plain.isOpen || typeof key !== this.#plainType) return false
    return typeof key === 'string' || Number.isSafeInteger(key)
  }

  /** The value of a key: undefined when there is none, null when it is SQL NULL. Below 1 µs for cached pages. */
  get(key: K): V | undefined {
    if (!this.#isPlain(key)) return this.#getSlow(key)
    return this.#reader!.get(typeof key === 'number' ? key === 0 ? 0 : key : checkWellFormed(key))
  }

  #getSlow(key: K): V | undefined {
    const session = this.#session
    session.assertReady()
    const { shape, exists, fromValue } = this.#resolve()
    this.#plain.check(fromValue !== null && homeOf(session.engine, this.name).engine === session.engine)
    const scalar = kvKey(shape, key)
    if (!exists) return undefined
    if (session.transaction === null && fromValue !== null) return this.#reader!.get(fromValue(scalar))
    return session.read(txn => {
      const row = txn.tables(this.name).row([scalar])
      return row === null ? undefined : valueOf<V>(shape, row)
    })
  }

  /** The values of these keys, in their order; undefined where there is none. */
  getMany(keys: Iterable<K>): (V | undefined)[] {
    const list = Array.isArray(keys) ? keys as K[] : [...keys]
    const get = (key: unknown): V | undefined => this.get(key as K)
    return this.#plain.isOpen && this.#plainType === 'number' ? this.#reader!.getMany(list, get) : list.map(get)
  }

  /** True when the key is there. */
  has(key: K): boolean {
    if (this.#isPlain(key)) {
      return this.#reader!.has(typeof key === 'number' ? key === 0 ? 0 : key : checkWellFormed(key))
    }
    this.#session.assertReady()
    const { shape, exists, fromValue } = this.#resolve()
    const scalar = kvKey(shape, key)
    if (!exists) return false
    if (this.#session.transaction === null && fromValue !== null) return this.#reader!.has(fromValue(scalar))
    return this.#session.read(txn => txn.tables(this.name).find([scalar], [], []))
  }

  /** Sets the value of a key; null is kept as SQL NULL. */
  put(key: K, value: V): 'inserted' | 'updated' {
    return this.#write((txn, shape) => txn.put(this.name, rowOf(shape, key, value)))
  }

  /** Removes a key; false when it is not there. */
  delete(key: K): boolean {
    return this.#write((txn, shape) => txn.delete(this.name, [kvKey(shape, key)]))
  }

  /** Applies changes in order, all of them or none. Returns how many changed something. */
  batch(changes: Iterable<KvChange<K, V>>): number {
    return this.#write((txn, shape) => {
      let changed = 0
      for (const change of changes) {
        switch (change?.type) {
          case 'put':
            txn.put(this.name, rowOf(shape, change.key, change.value))
            changed++
            break
          case 'delete': case 'del':
            if (txn.delete(this.name, [kvKey(shape, change.key)])) changed++
            break
          default:
            throw invalid(`a change is { type: 'put' | 'delete', key, value }, not ${JSON.stringify(change)}`)
        }
      }
      return changed
    })
  }

  /** Entries whose keys lie in an interval, in key order: iterable of `[key, value]`, with keys() and values(). */
  range(options: KvRangeOptions<K> = {}): KvRange<K, V> {
    this.#session.assertReady()
    checkNames(options, ['gt', 'gte', 'lt', 'lte', 'limit', 'reverse'], 'range')
    const { limit = Infinity, reverse = false } = options
    if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0)) {
      throw invalid(`limit of a range must be a whole number from 0, not ${String(limit)}`)
    }
    if (typeof reverse !== 'boolean') throw invalid(`reverse must be true or false, not ${String(reverse)}`)
    const source = { session: this.#session, shape: () => this.#shapeToRead() }
    return new KvRange(source, this.#keyRange(options), limit, reverse)
  }

  #shapeToRead(): KvShape | null {
    const { shape, exists } = this.#resolve()
    return exists ? shape : null
  }

  #keyRange(options: KvRangeOptions<K>): KeyRange {
    const { shape } = this.#resolve()
    const bound = (inclusive: 'gte' | 'lte', exclusive: 'gt' | 'lt'): Scalar[] | null => {
      if (options[inclusive] !== undefined && options[exclusive] !== undefined) {
        throw invalid(`a range has either ${exclusive} or ${inclusive}, not both`)
      }
      const key = options[inclusive] ?? options[exclusive]
      return key === undefined ? null : [kvKey(shape, key)]
    }
    return {
      lower: bound('gte', 'gt'), lowerInclusive: options.gt === undefined,
      upper: bound('lte', 'lt'), upperInclusive: options.lt === undefined,
    }
  }

  /** All keys in order. */
  keys(): IterableIterator<K> {
    return this.range().keys()
  }

  /** All values in the order of their keys. */
  values(): IterableIterator<V> {
    return this.range().values()
  }

  /** All entries in the order of their keys. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.range()[Symbol.iterator]()
  }

  /** How many keys there are. Reads the keys. */
  count(): number {
    return this.range().count()
  }

  /** Removes the entries of an interval, or all of them, at once and atomically; returns how many. */
  clear(options: KvRangeOptions<K> = {}): number {
    return this.#write((txn, shape) => {
      const keys = [...this.range(options).keys()]
      for (const key of keys) txn.delete(this.name, [kvKey(shape, key)])
      return keys.length
    })
  }

  #write<T>(run: (txn: Transaction, shape: KvShape) => T): T {
    const session = this.#session
    session.assertReady()
    if (!this.#resolve().exists) {
      const { shape } = this.#resolve()
      session.define(txn => txn.createTable(shape.schema))
    }
    const { shape } = this.#resolve()
    return session.write(txn => run(txn, shape))
  }
}

function rowOf(shape: KvShape, key: unknown, value: unknown): Scalar[] {
  return fitRow(shape.schema, kvRow(shape, key, value))
}

// The value of a whole row: inside of transactions, where rows may be the transaction's own.
function valueOf<V>({ names, converts }: KvShape, row: readonly Scalar[]): V {
  const values = converts.map((convert, i) => {
    const scalar = row[i + 1]!
    return convert === null ? scalar instanceof Uint8Array ? scalar.slice() : scalar : convert(scalar)
  })
  if (names === null) return values[0] as V
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as V
}

function invalid(message: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, message)
}

/** Stores by name, one object each. */
export class KvStores {
  readonly #session: Session
  readonly #stores = new Map<string, KeyValueStore>()

  constructor(session: Session) {
    this.#session = session
  }

  /** See {@link Database.kv}. */
  open(name: string, options: KvOptions): KeyValueStore {
    this.#session.assertReady()
    let store = this.#stores.get(name)
    if (store === undefined) {
      store = new KeyValueStore(this.#session, name, options)
      this.#stores.set(name, store)
    } else store.check(options)
    return store
  }
}
