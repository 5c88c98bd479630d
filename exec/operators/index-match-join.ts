// Index nested-loop join: for every outer row the entries of a secondary index that have its values are read, and from
// each the inner row by its primary key. Like the learned index join (index-join.ts) it builds nothing and keeps the
// outer order; but an outer row may match many rows, so output is made in batches of its own:
//
//   outer batch ─ row ─► values ─► entries (some keys at a time) ─► (outer row, inner row) pairs ─► output batch
//
// It pays when there are few outer rows and few entries for each.
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange } from '../../storage/access.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import { findIndex } from '../plan/run-choice.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { readScalar } from '../vector/reader.ts'
import { joinedBatch } from './index-join.ts'
import type { IndexJoinSpec } from './index-join.ts'
import { EntryFeed, UniqueFeed, fewKeys } from './key-feed.ts'
import type { KeyFeed } from './key-feed.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { RowLookup } from './row-lookup.ts'
import { CursorSource } from './scan.ts'

const FIRST_ROWS = 64

/** `outerKeys` are the values of the index's first columns; of all of them for a unique look-up. */
export type IndexMatchJoinSpec = IndexJoinSpec & { readonly index: string }

/** Joins the rows of an input with the rows of a table that have their values in an index. */
export class IndexMatchJoinOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: IndexMatchJoinSpec

  constructor(
    outer: Operator, spec: IndexMatchJoinSpec, shape: { output: readonly OutputColumn[]; estimate: Estimate },
  ) {
    this.children = [outer]
    this.spec = spec
    this.output = shape.output
    this.estimate = shape.estimate
  }

  describe(): Description {
    const { join, table, index, outerKeys, reason } = this.spec
    const outer = this.children[0]!.output
    const op = join === 'left' ? 'IndexLeftJoin' : 'IndexJoin'
    const keys = outerKeys.map((at) => outer[at]!.name).join(', ')
    return { op, table, access: 'range', reason, details: [['index', index], ['keys', keys]] }
  }

  open(run: Run): BatchSource {
    return new MatchSource(run, this)
  }
}

class MatchSource implements BatchSource {
  readonly #run: Run
  readonly #operator: IndexMatchJoinOperator
  readonly #inner: RowLookup
  readonly #index: IndexAccess
  readonly #keyPlaces: readonly number[]
  readonly #keyTypes: readonly SqlType[]
  readonly #input: BatchSource
  #outer: Batch | null = null
  #rows = new Int32Array(0)
  #count = 0
  #at = 0
  /** Entries of the outer row at #at that are still to be read. */
  #feed: KeyFeed | null = null
  #isMatched = false
  /** Outer row of each output row. */
  #found = new Int32Array(FIRST_ROWS)

  constructor(run: Run, operator: IndexMatchJoinOperator) {
    const { table, index, schema, outerKeys } = operator.spec
    this.#run = run
    this.#operator = operator
    this.#inner = new RowLookup(run, operator.spec)
    this.#index = findIndex(run.context.tables(table), index)
    this.#keyPlaces = schema.key.map((c) => this.#index.places[c]!)
    this.#keyTypes = outerKeys.map((_, i) => schema.columns[this.#index.definition.columns[i]!]!.type)
    this.#input = run.open(operator.children[0]!)
  }

  next(): Batch | null {
    for (;;) {
      if (this.#outer === null || this.#at >= this.#count) {
        if (!this.#nextOuter()) return null
      }
      const out = this.#match(this.#outer!)
      if (out !== null) return out
    }
  }

  #nextOuter(): boolean {
    const batch = this.#input.next()
    this.#outer = batch
    this.#at = 0
    if (batch === null) return false
    if (this.#rows.length < batch.windowRows) this.#rows = new Int32Array(batch.windowRows)
    this.#count = aliveRows(this.#run.context.memory, batch, this.#rows)
    return true
  }

  /** Pairs until the output is full or the outer batch is done. */
  #match(outer: Batch): Batch | null {
    const { spec } = this.#operator
    this.#inner.begin(this.#count - this.#at)
    let count = 0
    while (count < BATCH_ROWS && this.#at < this.#count) {
      const row = this.#rows[this.#at]!
      this.#feed ??= this.#feedOf(outer, row)
      const keys = this.#feed?.next(BATCH_ROWS - count) ?? []
      for (const key of keys) {
        if (!this.#inner.add(key)) continue
        this.#note(count++, row)
        this.#isMatched = true
      }
      if (keys.length > 0) continue
      if (spec.join === 'left' && !this.#isMatched) {
        this.#inner.addMissing()
        this.#note(count++, row)
      }
      this.#endRow()
    }
    return count === 0 ? null : joinedBatch(this.#run.context.memory, outer, spec, this.#found, count, this.#inner)
  }

  #note(at: number, row: number): void {
    if (at === this.#found.length) {
      const grown = new Int32Array(Math.min(BATCH_ROWS, 4 * at))
      grown.set(this.#found)
      this.#found = grown
    }
    this.#found[at] = row
  }

  #endRow(): void {
    this.#feed?.close()
    this.#feed = null
    this.#isMatched = false
    this.#at++
  }

  /** The entries of one outer row; null when one of its values is NULL, which equals nothing. */
  #feedOf(outer: Batch, row: number): KeyFeed | null {
    const { outerKeys } = this.#operator.spec
    const { memory } = this.#run.context
    const key: Scalar[] = []
    for (let k = 0; k < outerKeys.length; k++) {
      const value = readScalar(memory, outer.columns[outerKeys[k]!]!, row)
      if (value === null) return null
      key.push(physicalOf(this.#keyTypes[k]!) === 'wide' && typeof value === 'number' ? BigInt(value) : value)
    }
    const { entries, definition } = this.#index
    if (definition.unique && key.length === definition.columns.length) {
      return new UniqueFeed(this.#index, [key], this.#keyPlaces, false)
    }
    const range: KeyRange = { lower: key, lowerInclusive: true, upper: key, upperInclusive: true, nullsAreValues: true }
    const few = fewKeys(entries, range, this.#keyPlaces)
    if (few !== null) return few
    const shape = { columns: this.#keyPlaces, schema: entries.schema, order: 'none' as const }
    const plan = { ranges: [range], zones: [] }
    const source = new CursorSource(this.#run, { node: this.#operator, ...shape }, entries, plan)
    return new EntryFeed(memory, source, 'none')
  }

  close(): void {
    this.#feed?.close()
    this.#feed = null
    this.#input.close()
    this.#inner.close()
  }
}
