// Looks the keys of batches up in a JoinTable; owns the scratch for one batch. Shared by joins and semi-joins.
// Links are row + 1 of the first match of each selected row, 0 where there is none (NULL keys have none).
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { SqlType } from '../../src/base/types.ts'
import type { Vector } from '../vector/vector.ts'
import { KeyExtractor } from './join-keys.ts'
import type { KeyTarget } from './join-keys.ts'
import type { JoinTable } from './join-table.ts'

/** Probes of one table by keys of given types. */
export class TableProbe {
  readonly #table: JoinTable
  readonly #extractor: KeyExtractor
  #keys: KeyTarget = { words: new Int32Array(0), hashes: new Int32Array(0), nulls: new Uint8Array(0) }
  #links = new Int32Array(0)

  constructor(memory: LinearMemory, arena: Arena, table: JoinTable, types: readonly SqlType[]) {
    this.#table = table
    this.#extractor = new KeyExtractor(memory, arena, types)
  }

  /** First matches of rows[0..count); the array is reused by the next call. */
  match(keys: readonly Vector[], rows: Int32Array, count: number): Int32Array {
    if (count > this.#links.length) this.#links = new Int32Array(Math.max(BATCH_ROWS, count))
    const links = this.#links
    if (this.#table.direct) {
      this.#table.directMatches(keys[0]!, rows, count, links)
      return links
    }
    if (count > this.#keys.hashes.length) {
      const size = this.#links.length
      const words = new Int32Array(size * this.#extractor.width)
      this.#keys = { words, hashes: new Int32Array(size), nulls: new Uint8Array(size) }
    }
    this.#extractor.extract(keys, rows, count, this.#keys, 0, true)
    this.#table.firstMatches(this.#keys, count, links)
    return links
  }

  /** The match after `link` of the i-th row of the last match() call, or 0. */
  nextMatch(i: number, link: number): number {
    const next = this.#table.next[link - 1]!
    return next === 0 ? 0 : this.#table.nextMatch(this.#keys, i, next)
  }
}
