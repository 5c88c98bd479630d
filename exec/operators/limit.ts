// Limit and offset: narrows the window [begin, end) of a batch, so no row is copied, and stops pulling
// from the input as soon as the last wanted row was handed out.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { BatchSource } from '../context.ts'
import { expressionText } from '../explain-expression.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** LIMIT and OFFSET. */
export class LimitOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly limit: Expression | null
  readonly offset: Expression | null

  constructor(input: Operator, limit: Expression | null, offset: Expression | null, estimate: Estimate) {
    this.output = input.output
    this.children = [input]
    this.limit = limit
    this.offset = offset
    this.estimate = estimate
  }

  describe(): Description {
    const details: [string, string][] = []
    if (this.limit !== null) details.push(['limit', expressionText(this.limit)])
    if (this.offset !== null) details.push(['offset', expressionText(this.offset)])
    return { op: 'Limit', details }
  }

  open(run: Run): BatchSource {
    const limit = rowCount(run, this.limit, 'LIMIT', Infinity)
    const offset = rowCount(run, this.offset, 'OFFSET', 0)
    return new LimitSource(run, run.open(this.children[0]!), limit, offset)
  }
}

/** Value of a LIMIT or OFFSET: NULL and absent mean `absent`; 2201W and 2201X when negative. */
export function rowCount(run: Run, e: Expression | null, word: string, absent: number): number {
  if (e === null) return absent
  const value = run.evaluate(e)
  if (value === null) return absent
  const count = Number(value)
  if (count < 0) {
    const code = word === 'OFFSET' ? CODE.OFFSET_COUNT : CODE.LIMIT_COUNT
    throw new DatabaseError(code, `${word} must not be negative: ${count}`, { position: e.position })
  }
  return Math.round(count)
}

class LimitSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #selection = new Int32Array(0)
  #wanted: number
  #skip: number

  constructor(run: Run, input: BatchSource, limit: number, offset: number) {
    this.#run = run
    this.#input = input
    this.#wanted = limit
    this.#skip = offset
  }

  next(): Batch | null {
    while (this.#wanted > 0) {
      const batch = this.#input.next()
      if (batch === null) return null
      this.#run.check()
      const out = this.#cut(batch)
      if (out !== null) return out
    }
    return null
  }

  /** The wanted rows of a batch, or null when all of them are skipped. */
  #cut(batch: Batch): Batch | null {
    const isRun = batch.alivePtr === 0
    if (!isRun && this.#selection.length < batch.windowRows) this.#selection = new Int32Array(batch.windowRows)
    const rows = this.#selection
    const alive = isRun ? batch.end - batch.begin : aliveRows(this.#run.context.memory, batch, rows)
    if (alive <= this.#skip) {
      this.#skip -= alive
      return null
    }
    const first = this.#skip
    const count = Math.min(alive - first, this.#wanted)
    this.#skip = 0
    this.#wanted -= count
    if (count === alive) return batch
    const out = this.#batch
    out.windowRows = batch.windowRows
    out.begin = isRun ? batch.begin + first : rows[first]!
    out.end = isRun ? out.begin + count : rows[first + count - 1]! + 1
    out.alivePtr = batch.alivePtr
    out.columns = batch.columns
    return out
  }

  close(): void {
    this.#input.close()
  }
}
