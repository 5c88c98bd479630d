// `column IN (subquery)` and NOT IN as a filter by a hash table of the subquery's rows: nothing is gathered,
// the batch of the input is handed on with a bitmap of the rows that pass.
//
//   IN       passes when the value is found; NULL never passes
//   NOT IN   an empty subquery passes every row; a NULL in it passes none; else NULL and found values do not
import type { Arena } from '../../storage/memory/arena.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import { buildStore } from './materialise.ts'
import { TableProbe } from './table-probe.ts'
import { JoinTable } from './join-table.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Rows of the input whose value in `column` is, or is not, among the rows of the subquery. */
export class SemiJoinOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly column: number
  readonly negated: boolean

  constructor(
    input: Operator, subquery: Operator, test: { column: number; negated: boolean }, estimate: Estimate,
  ) {
    this.output = input.output
    this.children = [input, subquery]
    this.estimate = estimate
    this.column = test.column
    this.negated = test.negated
  }

  describe(): Description {
    const name = this.output[this.column]!.name
    return {
      op: this.negated ? 'HashAntiJoin' : 'HashSemiJoin', reason: 'the subquery is run once and kept in memory',
      details: [['condition', `${name} ${this.negated ? 'NOT IN' : 'IN'} (subquery)`]],
    }
  }

  open(run: Run): BatchSource {
    return new SemiJoinSource(run, this)
  }
}

class SemiJoinSource implements BatchSource {
  readonly #run: Run
  readonly #operator: SemiJoinOperator
  readonly #arena: Arena
  readonly #probe: TableProbe
  readonly #isEmpty: boolean
  readonly #hasNull: boolean
  readonly #input: BatchSource
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #rows = new Int32Array(0)
  #bitmap = 0

  constructor(run: Run, operator: SemiJoinOperator) {
    this.#run = run
    this.#operator = operator
    this.#arena = run.newArena()
    const [input, subquery] = operator.children as [Operator, Operator]
    const store = buildStore(run, subquery, this.#arena)
    this.#isEmpty = store.rows === 0
    this.#hasNull = store.columns[0]!.hasNulls
    const table = new JoinTable(store, [0], this.#arena)
    this.#probe = new TableProbe(run.context.memory, this.#arena, table, [operator.output[operator.column]!.type])
    this.#input = run.open(input)
  }

  next(): Batch | null {
    const { negated } = this.#operator
    if (negated ? this.#hasNull : this.#isEmpty) return null
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      if (negated && this.#isEmpty) return batch
      const out = this.#select(batch)
      if (out !== null) return out
    }
    return null
  }

  #select(batch: Batch): Batch | null {
    if (batch.windowRows > this.#rows.length) {
      this.#rows = new Int32Array(Math.max(BATCH_ROWS, batch.windowRows))
      this.#bitmap = this.#arena.allocate(bitmapBytes(this.#rows.length))
    }
    const { memory } = this.#run.context
    const count = aliveRows(memory, batch, this.#rows)
    const vector = batch.columns[this.#operator.column]!
    const links = this.#probe.match([vector], this.#rows, count)
    memory.u8.fill(0, this.#bitmap, this.#bitmap + bitmapBytes(batch.windowRows))
    const kept = this.#operator.negated ? this.#markMissing(vector, links, count) : this.#markFound(links, count)
    if (kept === 0) return null
    const out = this.#batch
    out.windowRows = batch.windowRows
    out.begin = batch.begin
    out.end = batch.end
    out.alivePtr = this.#bitmap
    out.columns = batch.columns
    return out
  }

  #markFound(links: Int32Array, count: number): number {
    const { u8 } = this.#run.context.memory
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (links[i] === 0) continue
      const row = this.#rows[i]!
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      kept++
    }
    return kept
  }

  #markMissing(vector: Vector, links: Int32Array, count: number): number {
    const { u8 } = this.#run.context.memory
    const { validityPtr } = vector
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = this.#rows[i]!
      const isValid = validityPtr === 0 || (u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) !== 0
      if (links[i] !== 0 || !isValid) continue
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      kept++
    }
    return kept
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
