// The input of a Window in sections: stores that hold whole partitions, in the order of the keys. Usually there is one
// with all rows. When that needs more than its share of the memory and every call partitions, the rows are sorted
// by temporary files and come back a budget's worth of whole partitions at a time. One partition must fit.
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { RowFile } from '../spill/row-file.ts'
import { mergeRuns, writeRun } from '../spill/sorted-runs.ts'
import { noteSpill } from '../spill/spill.ts'
import type { SpillSpace } from '../spill/spill.ts'
import { ColumnStore } from './column-store.ts'
import type { ColumnSortKey } from './sort.ts'
import { orderWithRuns, sortedOrder } from './sort-words.ts'
import type { WindowOperator } from './window.ts'
import { WindowRows } from './window-rows.ts'

/** Stores of whole partitions. Each lives until the next is asked for. */
export class WindowSections {
  readonly #run: Run
  readonly #operator: WindowOperator
  readonly #keys: readonly ColumnSortKey[]
  /** Leading keys by which every call partitions. */
  readonly #partition: number
  #arena: Arena
  #store: ColumnStore
  /** Sorted rows of temporary files; null before the first section, and when all rows are in memory. */
  #sorted: BatchSource | null = null
  /** Memory of the section in use, when it is not all there is. */
  #handedOut: Arena | null = null
  #isDone = false

  constructor(run: Run, operator: WindowOperator) {
    this.#run = run
    this.#operator = operator
    this.#keys = operator.spec.keys
    this.#partition = Math.min(...operator.spec.calls.map(({ call }) => call.partition))
    this.#arena = run.newArena()
    this.#store = this.#newStore(this.#arena)
  }

  /** The next section in order, or null. */
  next(): WindowRows | null {
    if (this.#isDone) return null
    if (this.#sorted === null) this.#readInput()
    if (this.#sorted !== null) return this.#nextOf(this.#sorted)
    this.#isDone = true
    return this.#ordered(this.#store)
  }

  #newStore(arena: Arena): ColumnStore {
    return new ColumnStore(this.#run.context.memory, arena, this.#operator.children[0]!.output.map((c) => c.type))
  }

  #readInput(): void {
    const { spill } = this.#run.context
    const source = this.#run.open(this.#operator.children[0]!)
    const files: RowFile[] = []
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        this.#run.check()
        this.#store.append(batch)
        const isFull = spill !== undefined && this.#partition > 0 && this.#arena.bytes > spill.budgetBytes
        if (isFull) this.#spill(spill, files)
      }
    } finally {
      source.close()
    }
    if (spill === undefined || files.length === 0) return
    this.#spill(spill, files)
    noteSpill(this.#run, this.#operator, files.length)
    this.#sorted = mergeRuns(this.#run, spill, files, this.#keys)
  }

  #spill(space: SpillSpace, files: RowFile[]): void {
    if (this.#store.rows === 0) return
    const scratch = this.#run.newArena()
    files.push(writeRun(this.#run, space, this.#store, sortedOrder(this.#store, this.#keys, scratch)))
    this.#run.releaseArena(scratch)
    this.#arena.reset()
    this.#store = this.#newStore(this.#arena)
  }

  #ordered(store: ColumnStore): WindowRows {
    const scratch = this.#run.newArena()
    try {
      const { order, equal } = orderWithRuns(store, this.#keys, scratch)
      return new WindowRows(store, order, equal)
    } finally {
      this.#run.releaseArena(scratch)
    }
  }

  // Rows until the budget is reached; those of the last partition may go on and wait for the next section.
  #nextOf(sorted: BatchSource): WindowRows | null {
    const { budgetBytes } = this.#run.context.spill!
    for (;;) {
      const batch = sorted.next()
      if (batch === null) {
        this.#isDone = true
        return this.#store.rows === 0 ? null : this.#ordered(this.#store)
      }
      this.#store.append(batch)
      if (this.#arena.bytes <= budgetBytes) continue
      const rows = this.#ordered(this.#store)
      const last = rows.runs(this.#partition).start[rows.count - 1]!
      if (last > 0) return this.#split(rows.order, last)
    }
  }

  /** A section of the rows before place `last`; the others stay. */
  #split(order: Int32Array, last: number): WindowRows {
    const before = this.#arena
    const full = this.#store
    const whole = this.#run.newArena()
    const section = this.#copied(full, order.subarray(0, last), whole)
    this.#arena = this.#run.newArena()
    this.#store = this.#copied(full, order.subarray(last), this.#arena)
    this.#run.releaseArena(before)
    this.#release()
    this.#handedOut = whole
    return this.#ordered(section)
  }

  #copied(from: ColumnStore, rows: Int32Array, arena: Arena): ColumnStore {
    const store = this.#newStore(arena)
    const scratch = this.#run.newArena()
    for (let at = 0; at < rows.length; at += BATCH_ROWS) {
      const part = rows.subarray(at, at + BATCH_ROWS)
      store.append(from.gatherBatch(part, part.length, scratch))
      scratch.reset()
    }
    this.#run.releaseArena(scratch)
    return store
  }

  #release(): void {
    if (this.#handedOut !== null) this.#run.releaseArena(this.#handedOut)
    this.#handedOut = null
  }

  /** Ends all. */
  close(): void {
    this.#isDone = true
    this.#sorted?.close()
    this.#release()
    this.#run.releaseArena(this.#arena)
  }
}
