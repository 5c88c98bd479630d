// WITH RECURSIVE: the rows of the seed, then again and again those that the step makes of the rows before, until it
// makes none. UNION leaves out every row that came before; its rows get dense ids from the grouping kernels (NULL equal
// to NULL), so that memory grows with the distinct rows. UNION ALL keeps the rows of one round only.
//
//   seed ─► rows ─► out                      round n: the step reads the store of round n - 1 (WorkingOperator)
//             └───► store of round 0         and fills that of round n; two arenas take turns
import type { BatchSource } from '../context.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { Grouping } from '../kernel/grouping.ts'
import type { Expression, OutputColumn, WorkingTable } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { ColumnStore } from './column-store.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { StoreSource } from './shared.ts'

/** A recursive query. */
export class RecursiveOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: WorkingTable
  readonly all: boolean

  constructor(
    inputs: readonly [seed: Operator, step: Operator], of: { table: WorkingTable; all: boolean },
    output: readonly OutputColumn[], estimate: Estimate,
  ) {
    this.output = output
    this.children = inputs
    this.estimate = estimate
    this.table = of.table
    this.all = of.all
  }

  describe(): Description {
    const reason = this.all ? 'the rows of one round are kept in memory' : 'all distinct rows are kept in memory'
    return { op: this.all ? 'RecursiveUnionAll' : 'RecursiveUnion', table: this.table.name, reason }
  }

  open(run: Run): BatchSource {
    return new RecursiveSource(run, this)
  }
}

/** The rows of the round before. */
export class WorkingOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[] = []
  readonly estimate: Estimate
  readonly table: WorkingTable

  constructor(table: WorkingTable, output: readonly OutputColumn[]) {
    this.output = output
    this.estimate = { rows: ROUND_ROWS, cost: ROUND_ROWS * 0.1 }
    this.table = table
  }

  describe(): Description {
    return { op: 'WorkingTable', table: this.table.name }
  }

  open(run: Run): BatchSource {
    return new StoreSource(run, run.workingStore(this.table))
  }
}

/** Rows expected of a round. */
const ROUND_ROWS = 100

class RecursiveSource implements BatchSource {
  readonly #run: Run
  readonly #operator: RecursiveOperator
  readonly #arena: Arena
  /** Of the store that is read, and of the one that is filled. */
  #arenas: [Arena, Arena]
  #filled: ColumnStore
  #input: BatchSource | null
  readonly #known: KnownRows | null
  #isDone = false

  constructor(run: Run, operator: RecursiveOperator) {
    this.#run = run
    this.#operator = operator
    this.#arena = run.newArena()
    this.#arenas = [run.newArena(), run.newArena()]
    this.#filled = this.#newStore()
    this.#known = operator.all ? null : new KnownRows(run, operator.output, this.#arena)
    this.#input = run.open(operator.children[0]!)
  }

  #newStore(): ColumnStore {
    const types = this.#operator.output.map((column) => column.type)
    return new ColumnStore(this.#run.context.memory, this.#arenas[1], types)
  }

  next(): Batch | null {
    while (!this.#isDone) {
      this.#run.check()
      if (this.#input === null && !this.#nextRound()) break
      const batch = this.#input!.next()
      if (batch === null) {
        this.#input!.close()
        this.#input = null
        continue
      }
      const fresh = this.#known === null ? batch : this.#known.select(batch)
      if (fresh === null) continue
      this.#filled.append(fresh)
      return fresh
    }
    this.close()
    return null
  }

  /** Starts the step over the rows that the last round made; false when it made none. */
  #nextRound(): boolean {
    if (this.#filled.rows === 0) return false
    this.#run.setWorkingStore(this.#operator.table, this.#filled)
    this.#arenas = [this.#arenas[1], this.#arenas[0]]
    this.#arenas[1].reset()
    this.#filled = this.#newStore()
    this.#input = this.#run.open(this.#operator.children[1]!)
    return true
  }

  close(): void {
    this.#isDone = true
    this.#input?.close()
    this.#input = null
    for (const arena of [this.#arena, ...this.#arenas]) this.#run.releaseArena(arena)
  }
}

/** The distinct rows so far, and the rows of a batch that are not among them. */
class KnownRows {
  readonly #run: Run
  readonly #arena: Arena
  readonly #grouping: Grouping
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #seen = new Uint8Array(1024)
  #rows = new Int32Array(0)
  #ids = 0
  #bitmap = 0

  constructor(run: Run, output: readonly OutputColumn[], arena: Arena) {
    this.#run = run
    this.#arena = arena
    const keys = output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
    this.#grouping = new Grouping(keys, output, { ...run.env, arena })
  }

  /** The batch with a bitmap of its new rows; null without any. */
  select(batch: Batch): Batch | null {
    const { memory } = this.#run.context
    if (batch.windowRows > this.#rows.length) {
      this.#rows = new Int32Array(Math.max(BATCH_ROWS, batch.windowRows))
      this.#ids = this.#arena.allocate(this.#rows.length * 4)
      this.#bitmap = this.#arena.allocate(bitmapBytes(this.#rows.length))
    }
    this.#grouping.assign(batch, batch.alivePtr, this.#ids)
    this.#reserve(this.#grouping.groupCount)
    const count = aliveRows(memory, batch, this.#rows)
    const { u8, u32 } = memory
    u8.fill(0, this.#bitmap, this.#bitmap + bitmapBytes(batch.windowRows))
    let fresh = 0
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      const id = u32[(this.#ids >>> 2) + row]!
      if (this.#seen[id] === 1) continue
      this.#seen[id] = 1
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      fresh++
    }
    if (fresh === 0) return null
    return Object.assign(this.#batch, batch, { alivePtr: this.#bitmap })
  }

  #reserve(ids: number): void {
    if (ids < this.#seen.length) return
    const seen = new Uint8Array(Math.max(ids + 1, this.#seen.length * 2))
    seen.set(this.#seen)
    this.#seen = seen
  }
}
