// INTERSECT and EXCEPT [ALL]: rows get dense ids from the grouping kernels (whole rows as keys, NULL equal to
// NULL). The right input is read to its end and counted by id; then the left one is handed on in place
// with a bitmap of the rows that stay. With c = count of the row's id, not yet used up:
//
//   INTERSECT      c > 0: stays, and the id is spent     EXCEPT      c = 0: stays, and the id is spent
//   INTERSECT ALL  c > 0: stays, c - 1                   EXCEPT ALL  c > 0: goes, c - 1; c = 0: stays
import type { Arena } from '../../storage/memory/arena.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import { Grouping } from '../kernel/grouping.ts'
import type { Expression, OutputColumn, SetPlan } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Which rows of the left input stay. */
export interface CountedSet {
  readonly operation: Exclude<SetPlan['operation'], 'union'>
  readonly all: boolean
}

/** Rows of the left input by how often they are in the right one. Memory grows with the number of distinct rows. */
export class CountedSetOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly set: CountedSet

  constructor(
    inputs: readonly [Operator, Operator], set: CountedSet, output: readonly OutputColumn[], estimate: Estimate,
  ) {
    this.output = output
    this.children = inputs
    this.set = set
    this.estimate = estimate
  }

  describe(): Description {
    const name = this.set.operation === 'intersect' ? 'Intersect' : 'Except'
    return { op: this.set.all ? `${name}All` : name, reason: 'the second input is counted in a hash table' }
  }

  open(run: Run): BatchSource {
    return new CountedSetSource(run, this)
  }
}

/** Count of an id that must not be met again. */
const SPENT = -1

class CountedSetSource implements BatchSource {
  readonly #run: Run
  readonly #operator: CountedSetOperator
  readonly #arena: Arena
  readonly #grouping: Grouping
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #left: BatchSource | null = null
  #counts = new Int32Array(1024)
  #rows = new Int32Array(0)
  #ids = 0
  #bitmap = 0
  #isDone = false

  constructor(run: Run, operator: CountedSetOperator) {
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
      const isEmpty = this.#countRight() === 0
      if (isEmpty && this.#operator.set.operation === 'intersect') {
        this.close()
        return null
      }
      this.#left = this.#run.open(this.#operator.children[0]!)
    }
    for (let batch = this.#left.next(); batch !== null; batch = this.#left.next()) {
      this.#run.check()
      const out = this.#select(batch)
      if (out !== null) return out
    }
    this.close()
    return null
  }

  /** Counts the rows of the right input by id and returns how many there are. */
  #countRight(): number {
    const source = this.#run.open(this.#operator.children[1]!)
    let rows = 0
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        this.#run.check()
        const count = this.#identify(batch)
        const { u32 } = this.#run.context.memory
        const ids = this.#ids >>> 2
        for (let i = 0; i < count; i++) this.#counts[u32[ids + this.#rows[i]!]!]!++
        rows += count
      }
    } finally {
      source.close()
    }
    return rows
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
