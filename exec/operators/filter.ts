// Filter: changes nothing but the selection. The predicate kernel writes a bitmap into the operator's
// arena, and the batch of the input is handed on with that bitmap as its alive rows.
import type { BatchSource } from '../context.ts'
import { expressionText } from '../explain-expression.ts'
import { compileFilter } from '../kernel/compile.ts'
import type { FilterKernel } from '../kernel/kernel.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Rows of the input for which a predicate is TRUE. */
export class FilterOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly predicate: Expression

  constructor(input: Operator, predicate: Expression, estimate: Estimate) {
    this.output = input.output
    this.children = [input]
    this.predicate = predicate
    this.estimate = estimate
  }

  describe(): Description {
    return { op: 'Filter', details: [['filter', expressionText(this.predicate)]] }
  }

  open(run: Run): BatchSource {
    const predicate = run.bind(this.predicate)
    const kernel = compileFilter(predicate, this.output, run.env)
    return new FilterSource(run, run.open(this.children[0]!), kernel)
  }
}

class FilterSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #kernel: FilterKernel
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #bitmap = 0
  #bitmapRows = 0

  constructor(run: Run, input: BatchSource, kernel: FilterKernel) {
    this.#run = run
    this.#input = input
    this.#kernel = kernel
  }

  next(): Batch | null {
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      if (batch.windowRows > this.#bitmapRows) {
        this.#bitmapRows = Math.max(8192, batch.windowRows)
        this.#bitmap = this.#run.env.arena.allocate(bitmapBytes(this.#bitmapRows))
      }
      const alive = this.#kernel.run(batch, this.#bitmap)
      if (alive === 0) continue
      const out = this.#batch
      out.windowRows = batch.windowRows
      out.begin = batch.begin
      out.end = batch.end
      out.columns = batch.columns
      out.alivePtr = alive === batch.end - batch.begin ? 0 : this.#bitmap
      return out
    }
    return null
  }

  close(): void {
    this.#input.close()
  }
}
