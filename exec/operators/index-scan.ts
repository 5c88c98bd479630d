// Reads a table through a secondary index. Entries come in index order; from each the row is looked up by its
// primary key, in batches that begin small, so that a LIMIT above does not pay for rows nobody asked for. A covered
// query reads the entries alone, window by window, in place.
//
// Order: as for scans, 'descending' means descending windows whose rows ascend.
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange } from '../../storage/access.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import { bindIndexPath } from '../plan/index-path.ts'
import type { IndexPath } from '../plan/index-path.ts'
import type { OutputColumn } from '../plan/logical.ts'
import { findIndex } from '../plan/run-choice.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { EntryFeed, UniqueFeed, fewKeys } from './key-feed.ts'
import type { KeyFeed } from './key-feed.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { RowLookup } from './row-lookup.ts'
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
  /** As many rows as a LIMIT above will take, when that is known: the size of the first batch of look-ups. */
  readonly firstRows?: number
}

/** An index scan with its values: which entries, and where in an entry the primary key is. */
export interface BoundIndexScan {
  readonly index: IndexAccess
  readonly ranges: readonly KeyRange[]
  readonly keyPlaces: readonly number[]
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
    const { index, ranges, keyPlaces } = this.bind(run)
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
    return this.openBound(run, this.bind(run))
  }

  /** Opens what bind() found out for this execution. */
  openBound(run: Run, { index, ranges, keyPlaces }: BoundIndexScan): BatchSource {
    const { path, columns, order } = this.spec
    if (path.kind === 'point') return new LookupSource(run, this.spec, this.#uniqueFeed(index, ranges, keyPlaces))
    if (!path.isCovered) return new LookupSource(run, this.spec, this.#entryFeed(run, index, ranges, keyPlaces))
    const shape = { columns: columns.map((c) => index.places[c]!), schema: index.entries.schema, order }
    return new CursorSource(run, { node: this, ...shape }, index.entries, { ranges, zones: [] })
  }

  /** The index as this execution sees it, and the intervals of its entries. */
  bind(run: Run): BoundIndexScan {
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
    const isOne = ranges.length === 1 && run.profiles === null
    const few = isOne && order !== 'descending' ? fewKeys(index.entries, ranges[0]!, columns) : null
    if (few !== null) return few
    const shape = { columns, schema: index.entries.schema, order }
    const source = new CursorSource(run, { node: this, ...shape }, index.entries, { ranges, zones: [] })
    return new EntryFeed(run.context.memory, source, order)
  }
}

class LookupSource implements BatchSource {
  readonly #rows: RowLookup
  readonly #feed: KeyFeed
  readonly #reverses: boolean
  #size: number

  constructor(run: Run, spec: IndexScanSpec, feed: KeyFeed) {
    this.#rows = new RowLookup(run, spec)
    this.#feed = feed
    this.#reverses = spec.order === 'descending' && spec.path.kind === 'point'
    this.#size = spec.firstRows ?? FIRST_ROWS
  }

  next(): Batch | null {
    for (;;) {
      const keys = this.#feed.next(this.#size)
      if (keys.length === 0) return null
      this.#size = Math.min(BATCH_ROWS, this.#size * 2)
      const batch = this.#rows.batch(this.#reverses ? [...keys].reverse() : keys)
      if (batch !== null) return batch
    }
  }

  close(): void {
    this.#feed.close()
    this.#rows.close()
  }
}
