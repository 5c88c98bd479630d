// Turns the rows of every batch round. Above a scan in descending order, whose windows come in descending
// key order with ascending rows inside, this yields rows in descending key order without a sort.
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { gatherBatch } from './gather.ts'
import type { Description, Estimate, Operator } from './operator.ts'

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

  constructor(run: Run, input: BatchSource) {
    this.#run = run
    this.#input = input
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    const batch = this.#input.next()
    if (batch === null) return null
    if (this.#rows.length < batch.windowRows) this.#rows = new Int32Array(batch.windowRows)
    const { memory } = this.#run.context
    const count = aliveRows(memory, batch, this.#rows)
    this.#rows.subarray(0, count).reverse()
    this.#arena.reset()
    return gatherBatch(memory, batch, this.#rows, count, this.#arena)
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
