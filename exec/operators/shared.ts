// A WITH query that is computed once per execution: the first reader runs it to its end into a column store, which all
// of them read chunk by chunk. The store is the execution's and goes with it.
import type { BatchSource } from '../context.ts'
import type { OutputColumn, SharedSource } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import type { ColumnStore } from './column-store.ts'
import { buildStore } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** The rows of a WITH query. */
export class SharedOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly source: SharedSource

  constructor(input: Operator, source: SharedSource, output: readonly OutputColumn[]) {
    this.output = output
    this.children = [input]
    this.estimate = { rows: input.estimate.rows, cost: input.estimate.cost }
    this.source = source
  }

  describe(): Description {
    return { op: 'CTE', table: this.source.name, reason: 'computed once and kept in memory' }
  }

  open(run: Run): BatchSource {
    const store = run.storeOf(this.source, () => buildStore(run, this.children[0]!, run.newArena()))
    return new StoreSource(run, store)
  }
}

/** The rows of a store in batches, in place. */
export class StoreSource implements BatchSource {
  readonly #run: Run
  readonly #store: ColumnStore
  #next = 0

  constructor(run: Run, store: ColumnStore) {
    this.#run = run
    this.#store = store
  }

  next(): Batch | null {
    if (this.#next >= this.#store.chunkCount()) return null
    this.#run.check()
    return this.#store.chunk(this.#next++)
  }

  close(): void {
    this.#next = Infinity
  }
}
