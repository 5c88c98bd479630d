// Project: evaluates expressions for the selected rows of each batch, giving dense batches. Plain columns
// stay out of the generated code: they are passed on or gathered. A projection of plain columns only
// (a renaming or re-ordering) is passed through in place by PickOperator.
import type { BatchSource } from '../context.ts'
import { listText } from '../explain.ts'
import { compileProjection } from '../kernel/compile.ts'
import type { ProjectionKernel } from '../kernel/kernel.ts'
import { hasSubquery } from '../plan/expression.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, isDense } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import { gatherVector } from './gather.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Computed columns of the input. */
export class ProjectOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly expressions: readonly Expression[]
  readonly #computed: readonly Expression[]
  readonly #hasSubqueries: boolean
  readonly #picks: readonly number[]

  constructor(
    input: Operator, expressions: readonly Expression[], output: readonly OutputColumn[], estimate: Estimate,
  ) {
    this.output = output
    this.children = [input]
    this.expressions = expressions
    this.estimate = estimate
    this.#computed = expressions.filter((e) => e.kind !== 'column')
    this.#hasSubqueries = this.#computed.some(hasSubquery)
    this.#picks = expressions.map((e) => e.kind === 'column' ? e.index : -1)
  }

  describe(): Description {
    return { op: 'Project', details: [['output', listText(this.expressions)]] }
  }

  open(run: Run): BatchSource {
    const input = this.children[0]!
    const computed = this.#hasSubqueries ? this.#computed.map((e) => run.bind(e)) : this.#computed
    const kernel = compileProjection(computed, input.output, run.env)
    return new ProjectSource(run, run.open(input), { kernel, picks: this.#picks })
  }
}

interface Projection {
  /** Computes the expressions that are more than a column, in order. */
  readonly kernel: ProjectionKernel
  /** Input column of each output column; -1 = the next computed one. */
  readonly picks: readonly number[]
}

class ProjectSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #projection: Projection
  readonly #arena: Arena
  #rows = new Int32Array(0)

  constructor(run: Run, input: BatchSource, projection: Projection) {
    this.#run = run
    this.#input = input
    this.#projection = projection
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    const batch = this.#input.next()
    if (batch === null) return null
    this.#run.check()
    this.#arena.reset()
    const { kernel, picks } = this.#projection
    const computed = kernel.run(batch, this.#arena)
    const count = computed.windowRows
    const plain = this.#plainColumns(batch)
    let next = 0
    const columns = picks.map((at) => at < 0 ? computed.columns[next++]! : plain(at))
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  /** Gives input columns as dense vectors: in place when the batch is dense, gathered otherwise. */
  #plainColumns(batch: Batch): (at: number) => Vector {
    if (isDense(batch)) return (at) => batch.columns[at]!
    const { memory } = this.#run.context
    if (this.#rows.length < batch.windowRows) this.#rows = new Int32Array(batch.windowRows)
    const rows = this.#rows
    const count = aliveRows(memory, batch, rows)
    return (at) => gatherVector(memory, batch.columns[at]!, rows, count, this.#arena)
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}

/** Chooses and re-orders input columns without touching their values. */
export class PickOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly picks: readonly number[]

  constructor(input: Operator, picks: readonly number[], output: readonly OutputColumn[]) {
    this.output = output
    this.children = [input]
    this.picks = picks
    this.estimate = input.estimate
  }

  describe(): Description {
    return { op: 'Project', details: [['output', this.output.map((column) => column.name).join(', ')]] }
  }

  open(run: Run): BatchSource {
    const input = run.open(this.children[0]!)
    const picks = this.picks
    const out: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
    return {
      next(): Batch | null {
        const batch = input.next()
        if (batch === null) return null
        out.windowRows = batch.windowRows
        out.begin = batch.begin
        out.end = batch.end
        out.alivePtr = batch.alivePtr
        out.columns = picks.map((index) => batch.columns[index]!)
        return out
      },
      close: () => input.close(),
    }
  }
}
