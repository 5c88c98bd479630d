// From values of a unique index to the primary key of their row: the first half of a prepared `get` by such an index.
// The entry is found by the same point reader as a row by its primary key, outside of transactions; inside one, as
// its snapshot sees the index.
import type { Scalar, TableSchema } from '../base/types.ts'
import { PointReader, entryPlaces } from '../../storage/mod.ts'
import type { Engine, IndexAccess, KeyValue, TableStore, Transaction } from '../../storage/mod.ts'

/** Look-ups in one unique index over one version of the catalogue. */
export class UniqueLookup {
  readonly table: string
  /** Of the entries: the indexed columns come first. */
  readonly schema: TableSchema
  readonly #index: TableStore
  readonly #reader: PointReader
  readonly #names: readonly string[]
  readonly #places: readonly number[]
  /** Ties of entries without NULLs are NULL. */
  readonly #tail: readonly Scalar[]

  private constructor(engine: Engine, table: TableStore, index: TableStore) {
    const { schema } = index
    this.table = table.schema.name
    this.schema = schema
    this.#index = index
    const places = entryPlaces(table.schema, schema.index!)
    this.#places = table.schema.key.map(c => places[c]!)
    this.#names = this.#places.map((_, i) => `k${i}`)
    this.#tail = new Array<null>(schema.key.length - schema.index!.columns.length).fill(null)
    const asStored = this.#places.map(() => null)
    this.#reader = new PointReader(index, () => engine.commitId, this.#places, this.#names, asStored)
  }

  /** The look-up in an index of a table, or null when the newest catalogue has no such index. */
  static of(engine: Engine, table: string, name: string): UniqueLookup | null {
    const { catalog } = engine
    const index = catalog.has(table) ? catalog.get(table).indexes.find(known => known.schema.name === name) : undefined
    return index === undefined ? null : new UniqueLookup(engine, catalog.get(table), index)
  }

  /** The primary key of the row with these values (as stored, none NULL) in the newest committed state, or null. */
  find(values: readonly Scalar[]): Scalar[] | null {
    const row = this.#reader.get(this.#index.order.fromValues([...values, ...this.#tail]) as KeyValue)
    return row === undefined ? null : this.#names.map(name => row[name] as Scalar)
  }

  /** The same as a transaction sees it, which must see the index. */
  findIn(txn: Transaction, values: readonly Scalar[]): Scalar[] | null {
    const out: Scalar[] = new Array(this.#places.length).fill(null)
    const { entries } = this.#access(txn)!
    return entries.find([...values, ...this.#tail], this.#places, out) ? out : null
  }

  /** False for snapshots older than the index, and where the transaction dropped it. */
  isVisible(txn: Transaction): boolean {
    return this.#access(txn) !== undefined
  }

  #access(txn: Transaction): IndexAccess | undefined {
    return txn.tables(this.table).indexes().find(known => known.name === this.schema.name)
  }
}
