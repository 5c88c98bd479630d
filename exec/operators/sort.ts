// Sort and top-N. Rows are copied into a ColumnStore, the order is computed over normalised key words
// (sort-words.ts, radix-order.ts) and rows are gathered batch by batch. With a limit, the store is cut back to the best
// `limit` rows whenever it has grown to several times that, so memory stays bounded and most rows of a
// large input are dropped by one comparison with the worst row kept (top-n-gate.ts). Without one, rows beyond the
// operator's share of the memory are written to temporary files in sorted runs, which are merged in the end.
import type { BatchSource } from '../context.ts'
import { sortKeyText } from '../explain-expression.ts'
import type { OutputColumn, SortKey } from '../plan/logical.ts'
import type { Expression } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { RowFile } from '../spill/row-file.ts'
import { mergeRuns, writeRun } from '../spill/sorted-runs.ts'
import { noteSpill } from '../spill/spill.ts'
import type { SpillSpace } from '../spill/spill.ts'
import { ColumnStore } from './column-store.ts'
import { rowCount } from './limit.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { sortedOrder } from './sort-words.ts'
import { TopGate } from './top-n-gate.ts'

/** A sort key that is a column of the input. */
export interface ColumnSortKey {
  readonly column: number
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export interface SortSpec {
  readonly keys: readonly ColumnSortKey[]
  /** The keys as written, for EXPLAIN. */
  readonly written: readonly SortKey[]
  /** For top-N: at most this many rows after `offset`; null sorts everything. */
  readonly limit: Expression | null
  readonly offset: Expression | null
}

/** A limit beyond this many rows sorts everything. */
const TOP_LIMIT = 100_000

/** ORDER BY, or the first rows of it. Blocking; memory grows with the input, or with the limit. */
export class SortOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: SortSpec

  constructor(input: Operator, spec: SortSpec, estimate: Estimate) {
    this.output = input.output
    this.children = [input]
    this.spec = spec
    this.estimate = estimate
  }

  describe(): Description {
    const top = this.spec.limit !== null
    return {
      op: top ? 'TopN' : 'Sort', details: [['keys', this.spec.written.map(sortKeyText).join(', ')]],
      ...(top ? { reason: 'only the first rows are kept while sorting' } : {}),
    }
  }

  open(run: Run): BatchSource {
    const { limit, offset } = this.spec
    const keep = limit === null ? Infinity
      : rowCount(run, limit, 'LIMIT', Infinity) + rowCount(run, offset, 'OFFSET', 0)
    return new SortSource(run, this, keep <= TOP_LIMIT ? keep : Infinity)
  }
}

class SortSource implements BatchSource {
  readonly #run: Run
  readonly #operator: SortOperator
  readonly #input: BatchSource
  readonly #keep: number
  readonly #outArena: Arena
  #storeArena: Arena
  #store: ColumnStore
  #order: Int32Array | null = null
  /** Sorted rows in temporary files, and their merge. */
  readonly #runs: RowFile[] = []
  #merge: BatchSource | null = null
  #next = 0

  constructor(run: Run, operator: SortOperator, keep: number) {
    this.#run = run
    this.#operator = operator
    this.#input = run.open(operator.children[0]!)
    this.#keep = keep
    this.#outArena = run.newArena()
    this.#storeArena = run.newArena()
    this.#store = this.#newStore(this.#storeArena)
  }

  next(): Batch | null {
    const order = this.#order ??= this.#sortInput()
    if (this.#merge !== null) return this.#merge.next()
    if (this.#next >= order.length) return null
    this.#run.check()
    const rows = order.subarray(this.#next, this.#next + BATCH_ROWS)
    this.#next += rows.length
    this.#outArena.reset()
    return this.#store.gatherBatch(rows, rows.length, this.#outArena)
  }

  #newStore(arena: Arena): ColumnStore {
    const store = new ColumnStore(this.#run.context.memory, arena, this.#operator.output.map((column) => column.type))
    store.check = () => this.#run.check()
    return store
  }

  #sortInput(): Int32Array {
    if (this.#keep === 0) return new Int32Array(0)
    const bounded = this.#keep !== Infinity
    const cutAt = Math.max(this.#keep * 2, this.#keep + BATCH_ROWS)
    const { memory, spill } = this.#run.context
    const gate = bounded ? new TopGate(memory, this.#operator.spec.keys[0]!) : null
    let selection = new Int32Array(BATCH_ROWS)
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      if (gate === null) {
        this.#store.append(batch)
        if (spill !== undefined && this.#storeArena.bytes > spill.budgetBytes) this.#spillRun(spill)
        continue
      }
      if (selection.length < batch.windowRows) selection = new Int32Array(batch.windowRows)
      const count = gate.filter(batch, selection, aliveRows(memory, batch, selection))
      this.#store.appendRows(batch.columns, selection, count)
      if (this.#store.rows >= cutAt) this.#cut(gate)
    }
    this.#input.close()
    if (spill !== undefined && this.#runs.length > 0) {
      this.#spillRun(spill)
      this.#merge = mergeRuns(this.#run, spill, this.#runs, this.#operator.spec.keys)
      return new Int32Array(0)
    }
    return this.#sorted().subarray(0, Math.min(this.#keep, this.#store.rows))
  }

  /** Writes the rows in hand to a file, in order, and begins anew. */
  #spillRun(space: SpillSpace): void {
    if (this.#store.rows > 0) this.#runs.push(writeRun(this.#run, space, this.#store, this.#sorted()))
    noteSpill(this.#run, this.#operator, this.#runs.length)
    this.#storeArena.reset()
    this.#store = this.#newStore(this.#storeArena)
  }

  #sorted(): Int32Array {
    const scratch = this.#run.newArena()
    try {
      return sortedOrder(this.#store, this.#operator.spec.keys, scratch)
    } finally {
      this.#run.releaseArena(scratch)
    }
  }

  /** Keeps the best rows in a new store, releases the old one and tells the gate the worst row kept. */
  #cut(gate: TopGate): void {
    const order = this.#sorted().subarray(0, this.#keep)
    const arena = this.#run.newArena()
    const store = this.#newStore(arena)
    this.#outArena.reset()
    for (let at = 0; at < order.length; at += BATCH_ROWS) {
      const rows = order.subarray(at, at + BATCH_ROWS)
      store.append(this.#store.gatherBatch(rows, rows.length, this.#outArena))
      this.#outArena.reset()
    }
    this.#run.releaseArena(this.#storeArena)
    this.#storeArena = arena
    this.#store = store
    gate.setWorst(store, store.rows - 1)
  }

  close(): void {
    this.#input.close()
    this.#merge?.close()
    this.#next = Infinity
    this.#order = new Int32Array(0)
    this.#run.releaseArena(this.#storeArena)
    this.#run.releaseArena(this.#outArena)
  }
}
