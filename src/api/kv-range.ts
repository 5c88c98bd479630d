// Ranges of a key-value store: entries, keys or values of a key interval in key order. Lazy: nothing is read until
// it is iterated, and every iteration reads the snapshot of its start.
import { ColumnValues } from './column-values.ts'
import type { KvShape } from './kv-types.ts'
import { rowBuilder } from './row-shape.ts'
import type { Session } from './session.ts'
import { startRange } from './table-range.ts'
import type { KeyRange } from '../../storage/mod.ts'

/** An interval of keys. */
export interface KvRangeOptions<K> {
  readonly gt?: K
  readonly gte?: K
  readonly lt?: K
  readonly lte?: K
  /** At most this many entries. */
  readonly limit?: number
  /** Descending key order. */
  readonly reverse?: boolean
}

/** What a range reads from: null while the store's table does not exist. */
export interface RangeSource {
  readonly session: Session
  shape(): KvShape | null
}

/** Entries of a key interval. */
export class KvRange<K, V> implements Iterable<[K, V]> {
  readonly #source: RangeSource
  readonly #range: KeyRange
  readonly #limit: number
  readonly #reverse: boolean

  /** Made by {@link KeyValueStore.range}. */
  constructor(source: RangeSource, range: KeyRange, limit: number, reverse: boolean) {
    this.#source = source
    this.#range = range
    this.#limit = limit
    this.#reverse = reverse
  }

  /** `[key, value]` pairs in bounded memory. Ending the loop early releases the snapshot. */
  *[Symbol.iterator](): IterableIterator<[K, V]> {
    const shape = this.#source.shape()
    if (shape === null) return
    const build = shape.names === null ? null : rowBuilder(shape.names)
    for (const { columns, i } of this.#rows(shape, shape.schema.columns.map((_, c) => c))) {
      const value = build === null ? columns[1]![i] : build(columns.slice(1), i)
      yield [columns[0]![i] as K, value as V]
    }
  }

  /** The keys only: values are not read. */
  *keys(): IterableIterator<K> {
    const shape = this.#source.shape()
    if (shape === null) return
    for (const { columns, i } of this.#rows(shape, [0])) yield columns[0]![i] as K
  }

  /** The values only. */
  *values(): IterableIterator<V> {
    const shape = this.#source.shape()
    if (shape === null) return
    const build = shape.names === null ? null : rowBuilder(shape.names)
    const ordinals = shape.schema.columns.map((_, c) => c).slice(1)
    for (const { columns, i } of this.#rows(shape, ordinals)) {
      yield (build === null ? columns[0]![i] : build(columns, i)) as V
    }
  }

  /** All entries at once. */
  all(): [K, V][] {
    return [...this]
  }

  /** How many entries there are. */
  count(): number {
    const shape = this.#source.shape()
    let count = 0
    if (shape !== null) for (const read of this.#batches(shape, [0])) count += read.count
    return count
  }

  // One object for all rows: its place moves, so that a row costs no allocation here.
  *#rows(shape: KvShape, columns: readonly number[]): Generator<{ columns: unknown[][]; i: number }> {
    const place: { columns: unknown[][]; i: number } = { columns: [], i: 0 }
    for (const { columns: values, count } of this.#batches(shape, columns)) {
      place.columns = values
      for (let n = 0; n < count; n++) {
        place.i = this.#reverse ? count - 1 - n : n
        yield place
      }
    }
  }

  *#batches(shape: KvShape, columns: readonly number[]): Generator<{ columns: unknown[][]; count: number }> {
    const result = startRange(this.#source.session, shape.schema, columns, this.#range, this.#limit, this.#reverse)
    const values = new ColumnValues(result.memory, columns.map(c => c === 0 ? null : shape.converts[c - 1]!))
    try {
      for (let batch = result.next(); batch !== null; batch = result.next()) {
        yield { columns: values.read(batch), count: values.count }
      }
    } finally {
      result.finish()
    }
  }
}
