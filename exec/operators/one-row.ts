// The rows of several inputs side by side, each of which gives exactly one: aggregates without GROUP BY that are
// cheaper on ways of their own, such as min(x) and max(x), the first and the last entry of an index.
import { assert } from '../../src/base/assert.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { isDense } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** One input and the output column of each of its columns. */
export interface OneRowPart {
  readonly input: Operator
  readonly places: readonly number[]
}

/** One row out of the one row of each input. */
export class OneRowOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly #parts: readonly OneRowPart[]

  constructor(parts: readonly OneRowPart[], output: readonly OutputColumn[]) {
    this.output = output
    this.children = parts.map(({ input }) => input)
    this.estimate = { rows: 1, cost: parts.reduce((sum, { input }) => sum + input.estimate.cost, 0) }
    this.#parts = parts
  }

  describe(): Description {
    return { op: 'OneRow', reason: 'every aggregate is computed on its cheapest way' }
  }

  open(run: Run): BatchSource {
    return new OneRowSource(run, this.#parts, this.output.length)
  }
}

class OneRowSource implements BatchSource {
  readonly #parts: readonly OneRowPart[]
  readonly #sources: readonly BatchSource[]
  readonly #width: number
  #isDone = false

  constructor(run: Run, parts: readonly OneRowPart[], width: number) {
    this.#parts = parts
    this.#width = width
    this.#sources = parts.map(({ input }) => run.open(input))
  }

  next(): Batch | null {
    if (this.#isDone) return null
    this.#isDone = true
    const columns = new Array<Vector>(this.#width)
    this.#parts.forEach(({ places }, i) => {
      const batch = this.#sources[i]!.next()
      assert(batch !== null && batch.windowRows === 1 && isDense(batch), 'one row: an input without its row')
      places.forEach((place, c) => { columns[place] = batch.columns[c]! })
    })
    return { windowRows: 1, begin: 0, end: 1, alivePtr: 0, columns }
  }

  close(): void {
    for (const source of this.#sources) source.close()
  }
}
