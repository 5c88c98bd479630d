// The rows of a window in its order: runs of rows that agree in the leading keys. Partitions and peers are both
// runs, of the partition keys and of partition and order keys. Places are positions in the order, from 0.
import type { ColumnStore } from './column-store.ts'

/** For each place, where its run begins and ends (exclusive). */
export interface Runs {
  readonly start: Int32Array
  readonly end: Int32Array
}

/** The sorted rows of one Window node. */
export class WindowRows {
  readonly store: ColumnStore
  /** Row of the store at each place. */
  readonly order: Int32Array
  readonly #equal: Uint16Array
  readonly #runs = new Map<number, Runs>()

  constructor(store: ColumnStore, order: Int32Array, equal: Uint16Array) {
    this.store = store
    this.order = order
    this.#equal = equal
  }

  get count(): number {
    return this.order.length
  }

  /** Runs of rows equal in the first `keys` keys; with 0 keys all rows are one run. Made once. */
  runs(keys: number): Runs {
    let runs = this.#runs.get(keys)
    if (runs === undefined) {
      runs = findRuns(this.#equal, keys)
      this.#runs.set(keys, runs)
    }
    return runs
  }
}

function findRuns(equal: Uint16Array, keys: number): Runs {
  const count = equal.length
  const start = new Int32Array(count)
  const end = new Int32Array(count)
  let first = 0
  for (let i = 0; i < count; i++) {
    if (equal[i]! < keys) {
      end.fill(i, first, i)
      first = i
    }
    start[i] = first
  }
  end.fill(count, first)
  return { start, end }
}
