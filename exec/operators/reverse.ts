// Turns the rows of every batch round. Above a scan in descending order, whose windows come in descending
// key order with ascending rows inside, this yields rows in descending key order without a sort. A batch is handed on
// in pieces, small ones first, so that a LIMIT above does not pay for a whole window.
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { gatherBatch } from './gather.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Rows of the first piece. */
const FIRST_ROWS = 64

/** The input with the rows of each batch in reverse. */
export class ReverseOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate

  constructor(input: Operator) {
    this.output = input.output
    this.children = [input]
    this.estimate = input.estimate
  }

  describe(): Description {
    return { op: 'Reverse', reason: 'the key is read downwards: no sort is needed' }
  }

  open(run: Run): BatchSource {
    return new ReverseSource(run, run.open(this.children[0]!))
  }
}

class ReverseSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #arena: Arena
  #rows = new Int32Array(0)
  #batch: Batch | null = null
  /** Rows of the batch that are still to be handed on: the first ones. */
  #left = 0
  #most = FIRST_ROWS

  constructor(run: Run, input: BatchSource) {
    this.#run = run
    this.#input = input
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    if (this.#left === 0 && !this.#enter()) return null
    const { memory } = this.#run.context
    const count = Math.min(this.#most, this.#left)
    this.#most = Math.min(BATCH_ROWS, this.#most * 4)
    const rows = this.#rows.subarray(this.#left - count, this.#left).reverse()
    this.#left -= count
    this.#arena.reset()
    return gatherBatch(memory, this.#batch!, rows, count, this.#arena)
  }

  #enter(): boolean {
    do {
      this.#batch = this.#input.next()
      if (this.#batch === null) return false
      const { windowRows } = this.#batch
      if (this.#rows.length < windowRows) this.#rows = new Int32Array(windowRows)
      this.#left = aliveRows(this.#run.context.memory, this.#batch, this.#rows)
    } while (this.#left === 0)
    return true
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
