// Primary keys out of a secondary index, some at a time: from a cursor over its entries, or by whole lists of values of
// a unique index, each of which has at most one entry. Index scans and index joins look rows up by them.
import type { Scalar } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange, TableAccess } from '../../storage/access.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { BatchSource } from '../context.ts'
import { aliveRows, countAlive } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import type { ScanOrder } from './scan.ts'

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

/** Entries that are read one by one, without a cursor over windows of them. */
const FEW_ENTRIES = 128

/** Keys of the entries in one interval when they are few and easily read, else null. */
export function fewKeys(entries: TableAccess, range: KeyRange, places: readonly number[]): KeyFeed | null {
  if (range.lower === null || range.upper === null || entries.fewRows === undefined) return null
  const keys = entries.fewRows(range, places, FEW_ENTRIES)
  return keys === null ? null : new KeyList(keys)
}

class KeyList implements KeyFeed {
  readonly #keys: readonly (readonly Scalar[])[]
  #at = 0

  constructor(keys: readonly (readonly Scalar[])[]) {
    this.#keys = keys
  }

  next(most: number): readonly (readonly Scalar[])[] {
    const from = this.#at
    this.#at = Math.min(this.#keys.length, from + most)
    return from === 0 && this.#at === this.#keys.length ? this.#keys : this.#keys.slice(from, this.#at)
  }

  close(): void {
    this.#at = this.#keys.length
  }
}

/** Keys out of a cursor over entries; of a descending one from the ends of its windows. */
export class EntryFeed implements KeyFeed {
  readonly #memory: LinearMemory
  readonly #source: BatchSource
  readonly #isDescending: boolean
  #columns: readonly Vector[] = []
  /** Rows of the batch at hand; null = they follow one another from #first. */
  #rows: Int32Array | null = null
  #first = 0
  #from = 0
  #to = 0

  constructor(memory: LinearMemory, source: BatchSource, order: ScanOrder) {
    this.#memory = memory
    this.#source = source
    this.#isDescending = order === 'descending'
  }

  next(most: number): readonly (readonly Scalar[])[] {
    while (this.#from === this.#to) {
      const batch = this.#source.next()
      if (batch === null) return NO_KEYS
      this.#enter(batch)
    }
    const count = Math.min(most, this.#to - this.#from)
    const begin = this.#isDescending ? this.#to - count : this.#from
    if (this.#isDescending) this.#to -= count
    else this.#from += count
    const keys = new Array<Scalar[]>(count)
    for (let i = 0; i < count; i++) {
      const row = this.#rows === null ? this.#first + begin + i : this.#rows[begin + i]!
      const key = new Array<Scalar>(this.#columns.length)
      for (let c = 0; c < key.length; c++) key[c] = readScalar(this.#memory, this.#columns[c]!, row)
      keys[i] = key
    }
    return keys
  }

  #enter(batch: Batch): void {
    this.#columns = batch.columns
    this.#first = batch.begin
    this.#from = 0
    this.#to = countAlive(this.#memory, batch)
    this.#rows = null
    if (this.#to === batch.end - batch.begin) return
    this.#rows = new Int32Array(this.#to)
    aliveRows(this.#memory, batch, this.#rows)
  }

  close(): void {
    this.#source.close()
  }
}

const NO_KEYS: readonly (readonly Scalar[])[] = []
