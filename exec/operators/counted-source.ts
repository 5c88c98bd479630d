// The running half of INTERSECT and EXCEPT (counted-set.ts says what is counted): the right input is read to its end by
// countRight, which the caller calls first, then next() hands out the rows of the left one that stay.
import type { Arena } from '../../storage/memory/arena.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import { Grouping } from '../kernel/grouping.ts'
import type { Expression } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { CountedSetOperator } from './counted-set.ts'

/** Count of an id that must not be met again. */
const SPENT = -1

/** The inputs of a set operation, or of a part of it. */
export interface SetSides {
  readonly openLeft: () => BatchSource
  readonly openRight: () => BatchSource
}

/** One set operation over two inputs, or a pair of parts. */
export class CountedSetSource implements BatchSource {
  readonly #run: Run
  readonly #operator: CountedSetOperator
  readonly #sides: SetSides
  readonly #arena: Arena
  readonly #grouping: Grouping
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #left: BatchSource | null = null
  #counts = new Int32Array(1024)
  #rows = new Int32Array(0)
  #ids = 0
  #bitmap = 0
  #counted = 0
  #isDone = false

  constructor(run: Run, operator: CountedSetOperator, sides: SetSides) {
    this.#sides = sides
    this.#run = run
    this.#operator = operator
    this.#arena = run.newArena()
    const { output } = operator
    const keys = output.map((column, index): Expression => ({
      kind: 'column', index, name: column.name, nullable: column.nullable, type: column.type,
    }))
    this.#grouping = new Grouping(keys, output, { ...run.env, arena: this.#arena })
  }

  next(): Batch | null {
    if (this.#isDone) return null
    if (this.#left === null) {
      const isEmpty = this.#counted === 0
      if (isEmpty && this.#operator.set.operation === 'intersect') {
        this.close()
        return null
      }
      this.#left = this.#sides.openLeft()
    }
    for (let batch = this.#left.next(); batch !== null; batch = this.#left.next()) {
      this.#run.check()
      const out = this.#select(batch)
      if (out !== null) return out
    }
    this.close()
    return null
  }

  /** Counts the rows of the right input by id, first of all; false when that took more than so many bytes. */
  countRight(budgetBytes: number): boolean {
    const source = this.#sides.openRight()
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        this.#run.check()
        const count = this.#identify(batch)
        const { u32 } = this.#run.context.memory
        const ids = this.#ids >>> 2
        for (let i = 0; i < count; i++) this.#counts[u32[ids + this.#rows[i]!]!]!++
        this.#counted += count
        if (this.#arena.bytes > budgetBytes) return false
      }
    } finally {
      source.close()
    }
    return true
  }

  /** Writes the ids of the batch's rows, lists the rows, and returns how many there are. */
  #identify(batch: Batch): number {
    const { memory } = this.#run.context
    if (batch.windowRows > this.#rows.length) {
      this.#rows = new Int32Array(Math.max(BATCH_ROWS, batch.windowRows))
      this.#ids = this.#arena.allocate(this.#rows.length * 4)
      this.#bitmap = this.#arena.allocate(bitmapBytes(this.#rows.length))
    }
    this.#grouping.assign(batch, batch.alivePtr, this.#ids)
    const ids = this.#grouping.groupCount
    if (ids > this.#counts.length) {
      const counts = new Int32Array(Math.max(ids, this.#counts.length * 2))
      counts.set(this.#counts)
      this.#counts = counts
    }
    return aliveRows(memory, batch, this.#rows)
  }

  #select(batch: Batch): Batch | null {
    const count = this.#identify(batch)
    const { u8 } = this.#run.context.memory
    u8.fill(0, this.#bitmap, this.#bitmap + bitmapBytes(batch.windowRows))
    const { operation, all } = this.#operator.set
    const kept = operation === 'intersect' ? this.#markFound(count, all) : this.#markMissing(count, all)
    if (kept === 0) return null
    const out = this.#batch
    out.windowRows = batch.windowRows
    out.begin = batch.begin
    out.end = batch.end
    out.alivePtr = this.#bitmap
    out.columns = batch.columns
    return out
  }

  #markFound(count: number, all: boolean): number {
    const { u8, u32 } = this.#run.context.memory
    const ids = this.#ids >>> 2
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      const id = u32[ids + row]!
      if (this.#counts[id]! <= 0) continue
      this.#counts[id] = all ? this.#counts[id]! - 1 : SPENT
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      kept++
    }
    return kept
  }

  #markMissing(count: number, all: boolean): number {
    const { u8, u32 } = this.#run.context.memory
    const ids = this.#ids >>> 2
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      const id = u32[ids + row]!
      const left = this.#counts[id]!
      if (left !== 0) {
        if (all) this.#counts[id] = left - 1
        continue
      }
      if (!all) this.#counts[id] = SPENT
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      kept++
    }
    return kept
  }

  close(): void {
    this.#isDone = true
    this.#left?.close()
    this.#run.releaseArena(this.#arena)
  }
}
