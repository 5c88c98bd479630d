// UNION ALL: the batches of each input in turn, handed on in place. An input is opened when the one before it
// has ended, so a LIMIT above never starts those it does not reach, and only one holds memory at a time.
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Rows of several inputs with columns of equal types, one input after the other. */
export class AppendOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate

  constructor(inputs: readonly Operator[], output: readonly OutputColumn[], estimate: Estimate) {
    this.output = output
    this.children = inputs
    this.estimate = estimate
  }

  describe(): Description {
    return { op: 'Append' }
  }

  open(run: Run): BatchSource {
    return new AppendSource(run, this.children)
  }
}

class AppendSource implements BatchSource {
  readonly #run: Run
  readonly #inputs: readonly Operator[]
  #next = 0
  #source: BatchSource | null = null

  constructor(run: Run, inputs: readonly Operator[]) {
    this.#run = run
    this.#inputs = inputs
  }

  next(): Batch | null {
    for (;;) {
      this.#run.check()
      if (this.#source === null) {
        if (this.#next === this.#inputs.length) return null
        this.#source = this.#run.open(this.#inputs[this.#next++]!)
      }
      const batch = this.#source.next()
      if (batch !== null) return batch
      this.#source.close()
      this.#source = null
    }
  }

  close(): void {
    this.#next = this.#inputs.length
    this.#source?.close()
    this.#source = null
  }
}
