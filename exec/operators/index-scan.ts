// Reads a table through a secondary index. Entries come in index order; from each the row is looked up by its
// primary key, in batches that begin small, so that a LIMIT above does not pay for rows nobody asked for. A covered
// query reads the entries alone, window by window, in place.
//
// Order: as for scans, 'descending' means descending windows whose rows ascend.
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange, TableAccess } from '../../storage/access.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import { bindIndexPath } from '../plan/index-path.ts'
import type { IndexPath } from '../plan/index-path.ts'
import type { OutputColumn } from '../plan/logical.ts'
import { findIndex } from '../plan/run-choice.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import { readScalar } from '../vector/reader.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { CursorSource } from './scan.ts'
import type { ScanOrder } from './scan.ts'

const OP_NAME = { point: 'IndexPoint', range: 'IndexRange', scan: 'IndexScan' } as const
/** Rows of the first batch of look-ups; each further one is twice as large. */
const FIRST_ROWS = 32

export interface IndexScanSpec {
  readonly table: string
  readonly schema: TableSchema
  /** Ordinals of the table's columns. */
  readonly columns: readonly number[]
  readonly path: IndexPath
  readonly order: ScanOrder
}

/** Rows of one table through one of its indexes. */
export class IndexScanOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[] = []
  readonly estimate: Estimate
  readonly spec: IndexScanSpec

  constructor(spec: IndexScanSpec, output: readonly OutputColumn[], estimate: Estimate) {
    this.spec = spec
    this.output = output
    this.estimate = estimate
  }

  describe(): Description {
    const { table, path, order } = this.spec
    const details: [string, string][] = [['index', `${path.index} (${path.indexKind})`]]
    if (path.isCovered) details.push(['index only', 'yes'])
    if (order !== 'none') details.push(['order', `index ${order}`])
    return { op: OP_NAME[path.kind], table, access: path.kind, reason: path.reason, details }
  }

  /** Primary keys of the rows when there are at most `most`, else null. Cost: microseconds, and some per row. */
  fewKeys(run: Run, most: number): readonly (readonly Scalar[])[] | null {
    const { index, ranges, keyPlaces } = this.#bind(run)
    if (this.spec.path.kind === 'point') {
      return ranges.length > most ? null : this.#uniqueFeed(index, ranges, keyPlaces).next(most)
    }
    if (ranges.reduce((sum, range) => sum + index.entries.estimateRange(range), 0) > most) return null
    const feed = this.#entryFeed(run, index, ranges, keyPlaces)
    try {
      const keys: (readonly Scalar[])[] = []
      for (let more = feed.next(most + 1); more.length > 0; more = feed.next(most + 1)) {
        keys.push(...more)
        if (keys.length > most) return null
      }
      return keys
    } finally {
      feed.close()
    }
  }

  open(run: Run): BatchSource {
    const { table, path, columns, order } = this.spec
    const { index, ranges, keyPlaces } = this.#bind(run)
    const access = run.context.tables(table)
    if (path.kind === 'point') {
      return new LookupSource(run, access, this.spec, this.#uniqueFeed(index, ranges, keyPlaces))
    }
    if (!path.isCovered) {
      return new LookupSource(run, access, this.spec, this.#entryFeed(run, index, ranges, keyPlaces))
    }
    const shape = { columns: columns.map((c) => index.places[c]!), schema: index.entries.schema, order }
    return new CursorSource(run, { node: this, ...shape }, index.entries, { ranges, zones: [] })
  }

  #bind(run: Run): { index: IndexAccess; ranges: KeyRange[]; keyPlaces: number[] } {
    const { table, schema, path } = this.spec
    const index = findIndex(run.context.tables(table), path.index)
    const ranges = bindIndexPath(path, schema, run)
    return { index, ranges, keyPlaces: schema.key.map((c) => index.places[c]!) }
  }

  #uniqueFeed(index: IndexAccess, ranges: readonly KeyRange[], places: readonly number[]): KeyFeed {
    return new UniqueFeed(index, ranges.map((range) => range.lower!), places, this.spec.order === 'descending')
  }

  #entryFeed(run: Run, index: IndexAccess, ranges: readonly KeyRange[], columns: readonly number[]): KeyFeed {
    const { order } = this.spec
    const shape = { columns, schema: index.entries.schema, order }
    const source = new CursorSource(run, { node: this, ...shape }, index.entries, { ranges, zones: [] })
    return new EntryFeed(run, source, order)
  }
}

/** Primary keys, some at a time; an empty list is the end. */
export interface KeyFeed {
  next(most: number): readonly (readonly Scalar[])[]
  close(): void
}

/** Keys of the entries that a unique index has for whole lists of values. */
export class UniqueFeed implements KeyFeed {
  readonly #entries: TableAccess
  readonly #places: readonly number[]
  readonly #values: readonly (readonly Scalar[])[]
  readonly #tail: readonly Scalar[]
  #at = 0

  constructor(
    index: IndexAccess, values: readonly (readonly Scalar[])[], places: readonly number[], reversed: boolean,
  ) {
    this.#entries = index.entries
    this.#places = places
    this.#values = reversed ? [...values].reverse() : values
    // Ties of entries without NULLs are NULL.
    this.#tail = new Array<null>(index.entries.schema.key.length - index.definition.columns.length).fill(null)
  }

  next(most: number): readonly (readonly Scalar[])[] {
    const keys: Scalar[][] = []
    while (keys.length < most && this.#at < this.#values.length) {
      const out: Scalar[] = new Array(this.#places.length).fill(null)
      if (this.#entries.find([...this.#values[this.#at++]!, ...this.#tail], this.#places, out)) keys.push(out)
    }
    return keys
  }

  close(): void {
    this.#at = this.#values.length
  }
}

/** Keys out of a cursor over entries; of a descending one from the ends of its windows. */
export class EntryFeed implements KeyFeed {
  readonly #run: Run
  readonly #source: BatchSource
  readonly #isDescending: boolean
  #batch: Batch | null = null
  #rows = new Int32Array(BATCH_ROWS)
  #from = 0
  #to = 0

  constructor(run: Run, source: BatchSource, order: ScanOrder) {
    this.#run = run
    this.#source = source
    this.#isDescending = order === 'descending'
  }

  next(most: number): readonly (readonly Scalar[])[] {
    const { memory } = this.#run.context
    while (this.#from === this.#to) {
      const batch = this.#source.next()
      if (batch === null) return []
      if (batch.windowRows > this.#rows.length) this.#rows = new Int32Array(batch.windowRows)
      this.#batch = batch
      this.#from = 0
      this.#to = aliveRows(memory, batch, this.#rows)
    }
    const count = Math.min(most, this.#to - this.#from)
    const begin = this.#isDescending ? this.#to - count : this.#from
    if (this.#isDescending) this.#to -= count
    else this.#from += count
    const { columns } = this.#batch!
    return Array.from({ length: count }, (_, i) => {
      const row = this.#rows[begin + i]!
      return columns.map((column) => readScalar(memory, column, row))
    })
  }

  close(): void {
    this.#source.close()
  }
}

class LookupSource implements BatchSource {
  readonly #run: Run
  readonly #access: TableAccess
  readonly #columns: readonly number[]
  readonly #types: readonly SqlType[]
  readonly #feed: KeyFeed
  readonly #arena: Arena
  readonly #reverses: boolean
  #size = FIRST_ROWS

  constructor(run: Run, access: TableAccess, spec: IndexScanSpec, feed: KeyFeed) {
    this.#run = run
    this.#access = access
    this.#columns = spec.columns
    this.#types = spec.columns.map((ordinal) => spec.schema.columns[ordinal]!.type)
    this.#feed = feed
    this.#arena = run.newArena()
    this.#reverses = spec.order === 'descending' && spec.path.kind === 'point'
  }

  next(): Batch | null {
    for (;;) {
      const keys = this.#feed.next(this.#size)
      if (keys.length === 0) return null
      this.#size = Math.min(BATCH_ROWS, this.#size * 2)
      this.#run.check()
      this.#arena.reset()
      const batch = this.#lookUp(this.#reverses ? [...keys].reverse() : keys)
      if (batch !== null) return batch
    }
  }

  #lookUp(keys: readonly (readonly Scalar[])[]): Batch | null {
    const { memory } = this.#run.context
    const out: Scalar[] = new Array(this.#columns.length).fill(null)
    const builders = this.#types.map((type) => new VectorBuilder(memory, this.#arena, type, keys.length))
    let found = 0
    for (const key of keys) {
      if (!this.#access.find(key, this.#columns, out)) continue
      found++
      for (let c = 0; c < builders.length; c++) builders[c]!.append(out[c]!)
    }
    if (found === 0) return null
    return { windowRows: found, begin: 0, end: found, alivePtr: 0, columns: builders.map((b) => b.finish()) }
  }

  close(): void {
    this.#feed.close()
    this.#run.releaseArena(this.#arena)
  }
}
