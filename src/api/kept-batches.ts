// The rest of a result in memory: what a reader gets after a change in its own transaction. A result shows the rows as
// they were when its statement began, and uncommitted changes have no time of their own; so the first change of the
// transaction reads what is left of its open results before it happens.
//
//   iterate() ─ row, row ─ UPDATE in the same transaction ─► rest read into a column store ─ row, row, row
import { ColumnStore } from '../../exec/operators/column-store.ts'
import type { Batch, BatchSource } from '../../exec/mod.ts'
import { Arena } from '../../storage/mod.ts'
import type { LinearMemory } from '../../storage/mod.ts'

/** Rows of one batch. */
const BATCH_ROWS = 2048

/** Reads a source to its end, closes it, and gives its rows again. 53200 when they are more than the memory takes. */
export function keepRest(source: BatchSource, memory: LinearMemory): BatchSource {
  const arena = new Arena(memory)
  let store: ColumnStore | null = null
  try {
    for (let batch = source.next(); batch !== null; batch = source.next()) {
      store ??= new ColumnStore(memory, arena, batch.columns.map(column => column.type))
      store.append(batch)
    }
    source.close()
  } catch (error) {
    arena.release()
    throw error
  }
  return new KeptBatches(store, arena)
}

class KeptBatches implements BatchSource {
  readonly #store: ColumnStore | null
  readonly #arena: Arena
  readonly #out: Arena | null
  #at = 0
  #isOpen = true

  constructor(store: ColumnStore | null, arena: Arena) {
    this.#store = store
    this.#arena = arena
    this.#out = store === null ? null : new Arena(store.memory)
  }

  next(): Batch | null {
    const store = this.#store
    if (store === null || this.#at >= store.rows || !this.#isOpen) return null
    const count = Math.min(BATCH_ROWS, store.rows - this.#at)
    const rows = Int32Array.from({ length: count }, (_, i) => this.#at + i)
    this.#at += count
    this.#out!.reset()
    return store.gatherBatch(rows, count, this.#out!)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#out?.release()
    this.#arena.release()
  }
}
