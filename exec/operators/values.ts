// VALUES lists and SELECT without FROM: literal rows built into dense batches. Rows whose expressions are
// constants and parameters never reach a kernel; INSERT reads them directly through rowValues.
import type { Row } from '../../src/base/types.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Literal rows. */
export class ValuesOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[] = []
  readonly estimate: Estimate
  readonly rows: readonly (readonly Expression[])[]

  constructor(rows: readonly (readonly Expression[])[], output: readonly OutputColumn[]) {
    this.rows = rows
    this.output = output
    this.estimate = { rows: rows.length, cost: rows.length * 0.1 }
  }

  describe(): Description {
    return { op: 'Values' }
  }

  open(run: Run): BatchSource {
    return new ValuesSource(run, this)
  }
}

/** The Scalars of one literal row. */
export function rowValues(run: Run, expressions: readonly Expression[]): Row {
  const row: Row = new Array(expressions.length)
  for (let i = 0; i < expressions.length; i++) row[i] = run.evaluate(expressions[i]!)
  return row
}

class ValuesSource implements BatchSource {
  readonly #run: Run
  readonly #operator: ValuesOperator
  readonly #arena: Arena
  #next = 0

  constructor(run: Run, operator: ValuesOperator) {
    this.#run = run
    this.#operator = operator
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    const { rows, output } = this.#operator
    if (this.#next >= rows.length) return null
    this.#run.check()
    this.#arena.reset()
    const count = Math.min(BATCH_ROWS, rows.length - this.#next)
    const memory = this.#run.context.memory
    const builders = output.map((column) => new VectorBuilder(memory, this.#arena, column.type, count))
    for (let i = 0; i < count; i++) {
      const row = rows[this.#next++]!
      for (let c = 0; c < builders.length; c++) builders[c]!.append(this.#run.evaluate(row[c]!))
    }
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns: builders.map((b) => b.finish()) }
  }

  close(): void {
    this.#next = this.#operator.rows.length
    this.#run.releaseArena(this.#arena)
  }
}
