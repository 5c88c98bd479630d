// Table functions: for every row of the input the rows that the functions give for its arguments, the input's columns
// beside them. Several functions run side by side, NULL where one has ended before the others.
//
//   input row ─► begin(arguments) ─► values … one column each ─┐
//             └─ picked as often as there are values ──────────┴─► batches of at most BATCH_ROWS rows
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { BIGINT } from '../../src/base/types.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { BatchSource } from '../context.ts'
import { expressionText } from '../explain-expression.ts'
import type { OutputColumn, UnfoldPlan } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import { readScalar } from '../vector/reader.ts'
import { gatherVector } from './gather.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { makeSeries } from './series.ts'
import type { Series } from './series.ts'

/** What an Unfold computes; `args` are input columns of each call, the first `width` columns are passed on. */
export interface UnfoldSpec {
  readonly plan: UnfoldPlan
  readonly width: number
  readonly args: readonly (readonly number[])[]
}

/** The rows of table functions for every row of the input. */
export class UnfoldOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: UnfoldSpec

  constructor(input: Operator, spec: UnfoldSpec, estimate: Estimate) {
    this.output = spec.plan.output
    this.children = [input]
    this.spec = spec
    this.estimate = estimate
  }

  describe(): Description {
    const { calls, ordinality, outer } = this.spec.plan
    const details: [string, string][] = [[
      'functions', calls.map(({ fn, args }) => `${fn}(${args.map(expressionText).join(', ')})`).join(', '),
    ]]
    if (ordinality) details.push(['ordinality', 'yes'])
    if (outer) details.push(['rows without any', 'kept, with NULLs'])
    return { op: 'TableFunction', details }
  }

  open(run: Run): BatchSource {
    return new UnfoldSource(run, this)
  }
}

class UnfoldSource implements BatchSource {
  readonly #run: Run
  readonly #spec: UnfoldSpec
  readonly #input: BatchSource
  readonly #arena: Arena
  readonly #series: readonly Series[]
  readonly #picked = new Int32Array(BATCH_ROWS)
  #rows = new Int32Array(0)
  #batch: Batch | null = null
  #count = 0
  /** The row in hand: index into #rows. */
  #at = 0
  /** Its arguments were taken. */
  #begun = false
  /** Values it has given. */
  #number = 0

  constructor(run: Run, operator: UnfoldOperator) {
    this.#run = run
    this.#spec = operator.spec
    this.#arena = run.newArena()
    this.#series = operator.spec.plan.calls.map(({ fn, type }) => makeSeries(fn, type))
    this.#input = run.open(operator.children[0]!)
  }

  next(): Batch | null {
    for (;;) {
      this.#run.check()
      if (this.#batch === null && !this.#nextInput()) return null
      const out = this.#fill()
      if (this.#at >= this.#count) this.#batch = null
      if (out !== null) return out
    }
  }

  #nextInput(): boolean {
    const batch = this.#input.next()
    if (batch === null) return false
    if (batch.windowRows > this.#rows.length) this.#rows = new Int32Array(Math.max(BATCH_ROWS, batch.windowRows))
    this.#count = aliveRows(this.#run.context.memory, batch, this.#rows)
    this.#batch = batch
    this.#at = 0
    this.#begun = false
    return true
  }

  /** The next rows of the input batch in hand; null when all of it gave none. */
  #fill(): Batch | null {
    const { plan, width } = this.#spec
    const { memory } = this.#run.context
    this.#arena.reset()
    const builders = plan.calls.map(({ type }) => new VectorBuilder(memory, this.#arena, type, BATCH_ROWS))
    const ordinals = plan.ordinality ? new VectorBuilder(memory, this.#arena, BIGINT, BATCH_ROWS) : null
    const batch = this.#batch!
    let filled = 0
    while (this.#at < this.#count && filled < BATCH_ROWS) {
      const row = this.#rows[this.#at]!
      if (!this.#begun) this.#begin(batch, row)
      const room = BATCH_ROWS - filled
      let made = this.#append(builders, room)
      for (let k = 1; k <= made; k++) ordinals?.append(this.#number + k)
      this.#number += made
      if (made < room) {
        this.#at++
        this.#begun = false
        if (this.#number === 0 && plan.outer) {
          for (const builder of builders) builder.appendNull()
          ordinals?.appendNull()
          made = 1
        }
      }
      this.#picked.fill(row, filled, filled + made)
      filled += made
    }
    if (filled === 0) return null
    const columns = batch.columns.slice(0, width)
      .map((column) => gatherVector(memory, column, this.#picked, filled, this.#arena))
    columns.push(...builders.map((builder) => builder.finish()))
    if (ordinals !== null) columns.push(ordinals.finish())
    return { windowRows: filled, begin: 0, end: filled, alivePtr: 0, columns }
  }

  #begin(batch: Batch, row: number): void {
    const { memory } = this.#run.context
    this.#begun = true
    this.#number = 0
    this.#series.forEach((series, c) => {
      const args = this.#spec.args[c]!.map((column): Scalar => readScalar(memory, batch.columns[column]!, row))
      series.begin(args)
    })
  }

  /** At most `room` rows of the row in hand: as many as the longest function has. */
  #append(builders: readonly VectorBuilder[], room: number): number {
    let made = 0
    const counts = this.#series.map((series, c) => series.fill(builders[c]!, room))
    for (const count of counts) made = Math.max(made, count)
    counts.forEach((count, c) => {
      for (let k = count; k < made; k++) builders[c]!.appendNull()
    })
    return made
  }

  close(): void {
    this.#input.close()
    this.#batch = null
    this.#run.releaseArena(this.#arena)
  }
}
