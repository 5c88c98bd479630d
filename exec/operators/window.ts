// Window: materialises its input in a column store, orders the rows by partition and order keys, computes every
// call over all of them and hands the rows out in that order with the results as further columns. Calls that agree
// in their keys share one operator, and so one sort. Blocking; memory grows with the input and the results.
//
//   input ─► ColumnStore ─ orderWithRuns ─► places 0..n-1 ─┬─ partitions and peers (window-rows.ts)
//                                                          ├─ frames (window-frames.ts, window-range.ts)
//                                                          └─ results: ranks, picked rows, folds ─► batches
import type { BatchSource } from '../context.ts'
import { sortKeyText } from '../explain-expression.ts'
import { frameText, windowText } from '../explain-window.ts'
import type { Expression, OutputColumn, SortKey, WindowCall } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { isWindowName } from '../functions/window.ts'
import { BATCH_ROWS, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Batch } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import type { ColumnSortKey } from './sort.ts'
import { computeAggregate } from './window-aggregate.ts'
import { CallState, scalarsOf } from './window-call.ts'
import type { CallResult } from './window-call.ts'
import { makeFrames } from './window-frames.ts'
import type { Frames } from './window-frames.ts'
import { computeRank } from './window-rank.ts'
import { WindowSections } from './window-sections.ts'
import type { WindowRows } from './window-rows.ts'
import { computeValue } from './window-value.ts'

/** An argument: a column of the input, or (column -1) an expression with the same value for every row. */
export interface WindowArgument {
  readonly column: number
  readonly value: Expression | null
}

/** A call whose arguments and filter are columns of the input. */
export interface PlannedCall {
  readonly call: WindowCall
  readonly args: readonly WindowArgument[]
  /** Input column of FILTER; -1 without. */
  readonly filter: number
}

export interface WindowSpec {
  /** The first columns of the input, which are passed on. */
  readonly width: number
  readonly keys: readonly ColumnSortKey[]
  /** The keys as written, for EXPLAIN. */
  readonly written: readonly SortKey[]
  readonly calls: readonly PlannedCall[]
}

/** Window functions over any input. */
export class WindowOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: WindowSpec

  constructor(input: Operator, spec: WindowSpec, output: readonly OutputColumn[], estimate: Estimate) {
    this.output = output
    this.children = [input]
    this.spec = spec
    this.estimate = estimate
  }

  describe(): Description {
    const { written, calls } = this.spec
    const details: [string, string][] = []
    if (written.length > 0) details.push(['keys', written.map(sortKeyText).join(', ')])
    details.push(['calls', calls.map(({ call }) => windowText(call, written)).join(', ')])
    return { op: 'Window', details }
  }

  open(run: Run): BatchSource {
    return new WindowSource(run, this)
  }
}

interface Computed {
  readonly rows: WindowRows
  readonly results: readonly CallResult[]
}

class WindowSource implements BatchSource {
  readonly #run: Run
  readonly #operator: WindowOperator
  readonly #arena: Arena
  readonly #outArena: Arena
  readonly #sections: WindowSections
  #computed: Computed | null = null
  #next = 0

  constructor(run: Run, operator: WindowOperator) {
    this.#run = run
    this.#operator = operator
    this.#arena = run.newArena()
    this.#outArena = run.newArena()
    this.#sections = new WindowSections(run, operator)
  }

  next(): Batch | null {
    if (this.#next === Infinity) return null
    if (this.#computed === null || this.#next >= this.#computed.rows.count) {
      const section = this.#sections.next()
      if (section === null || section.count === 0) return null
      this.#arena.reset()
      this.#computed = this.#compute(section)
      this.#next = 0
    }
    const { rows, results } = this.#computed
    const first = this.#next
    this.#run.check()
    const picked = rows.order.subarray(first, first + BATCH_ROWS)
    const count = picked.length
    this.#next += count
    this.#outArena.reset()
    const columns: Vector[] = []
    for (let c = 0; c < this.#operator.spec.width; c++) {
      columns.push(rows.store.gather(c, picked, count, this.#outArena))
    }
    for (const result of results) {
      if (result.kind === 'vector') columns.push(slice(result.vector, first))
      else {
        const part = result.rows.subarray(first, first + count)
        columns.push(rows.store.gather(result.column, part, count, this.#outArena))
      }
    }
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  #compute(rows: WindowRows): Computed {
    const { spec } = this.#operator
    const scratch = this.#run.newArena()
    try {
      const known = new Map<string, Frames>()
      const results = spec.calls.map((planned) => {
        const result = this.#call(rows, planned, known, scratch)
        scratch.reset()
        return result
      })
      return { rows, results }
    } finally {
      this.#run.releaseArena(scratch)
    }
  }

  /** One call; frames that are written alike over the same keys are made once. */
  #call(rows: WindowRows, planned: PlannedCall, known: Map<string, Frames>, scratch: Arena): CallResult {
    const run = this.#run
    const { call } = planned
    const state: CallState = new CallState({
      run, rows, planned, arena: this.#arena, scratch,
      frames: (partitions, peers) => {
        const key = `${call.partition} ${call.order} ${frameText(call.frame)}`
        const frames = known.get(key) ?? makeFrames(call.frame, {
          rows, partitions, peers,
          rangeKey: () => {
            const { column, descending } = this.#operator.spec.keys[call.partition]!
            const { type } = rows.store.columns[column]!
            return { values: scalarsOf(state, state.gathered(column)), type, descending }
          },
        }, run)
        known.set(key, frames)
        return frames
      },
    })
    if (!isWindowName(call.fn)) return computeAggregate(state)
    return call.args.length === 0 || call.fn === 'ntile' ? computeRank(state) : computeValue(state)
  }

  close(): void {
    this.#next = Infinity
    this.#computed = null
    this.#sections.close()
    this.#run.releaseArena(this.#arena)
    this.#run.releaseArena(this.#outArena)
  }
}

/** The vector from place `first` on, a multiple of BATCH_ROWS, so that bitmaps stay aligned. */
function slice(vector: Vector, first: number): Vector {
  const { layout, valuesPtr, validityPtr } = vector
  return {
    ...vector, valuesPtr: valuesPtr + first * LAYOUT_WIDTH[layout]!,
    validityPtr: validityPtr === 0 ? 0 : validityPtr + (first >>> 3),
  }
}
