// Project: evaluates expressions for the selected rows of each batch, giving dense batches. A projection
// of plain columns only (a renaming or re-ordering) is passed through in place by PickOperator.
import type { BatchSource } from '../context.ts'
import { listText } from '../explain.ts'
import { compileProjection } from '../kernel/compile.ts'
import type { ProjectionKernel } from '../kernel/kernel.ts'
import type { Expression, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Description, Estimate, Operator } from './operator.ts'

export class ProjectOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly expressions: readonly Expression[]

  constructor(
    input: Operator, expressions: readonly Expression[], output: readonly OutputColumn[], estimate: Estimate,
  ) {
    this.output = output
    this.children = [input]
    this.expressions = expressions
    this.estimate = estimate
  }

  describe(): Description {
    return { op: 'Project', details: [['output', listText(this.expressions)]] }
  }

  open(run: Run): BatchSource {
    const expressions = this.expressions.map((e) => run.bind(e))
    const input = this.children[0]!
    const kernel = compileProjection(expressions, input.output, run.env)
    return new ProjectSource(run, run.open(input), kernel)
  }
}

class ProjectSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #kernel: ProjectionKernel
  readonly #arena: Arena

  constructor(run: Run, input: BatchSource, kernel: ProjectionKernel) {
    this.#run = run
    this.#input = input
    this.#kernel = kernel
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    const batch = this.#input.next()
    if (batch === null) return null
    this.#run.check()
    this.#arena.reset()
    return this.#kernel.run(batch, this.#arena)
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
