// Aggregates over windows: chooses the fold of a call and runs it over the frames. Results and errors are those of
// the same aggregate without a window: exact sums, 22003 where one does not fit its type.
import type { Integer } from '../../src/base/decimal.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Scalar } from '../../src/base/types.ts'
import { isExact, makeAccumulator } from '../kernel/accumulators.ts'
import type { Accumulator } from '../kernel/accumulators.ts'
import { sortedOrder } from './sort-words.ts'
import type { CallResult, CallState } from './window-call.ts'
import { foldFrames } from './window-fold.ts'
import type { Fold } from './window-fold.ts'
import { AccumulatorFold, CountFold, ExactFold, ExtremeFold, FloatFold, NO_RANK, countBefore, sumsBefore }
  from './window-folds.ts'

/** The result of an aggregate call. */
export function computeAggregate(state: CallState): CallResult {
  const { fn } = state.planned.call
  if (fn === 'min' || fn === 'bool_and') return computeExtreme(state, false)
  if (fn === 'max' || fn === 'bool_or') return computeExtreme(state, true)
  const builder = state.builder()
  foldFrames(foldOf(state, state.counted()), state.frames(), builder, state.run)
  return { kind: 'vector', vector: builder.finish() }
}

function foldOf(state: CallState, counted: Uint8Array): Fold<Scalar> {
  const { call } = state.planned
  const before = countBefore(counted)
  if (call.fn === 'count' || call.fn === 'count_star') return new CountFold(before)
  const argument = call.args[0]!.type
  const values = state.values(0)
  const isSum = call.fn === 'sum' || call.fn === 'avg'
  const isAverage = call.fn === 'avg'
  if (isSum && isExact(argument)) {
    for (let i = 0; i < values.length; i++) if (counted[i] === 0) values[i] = 0
    return new ExactFold(before, sumsBefore(values as Integer[]), { isAverage, argument, type: call.type })
  }
  if (isSum && physicalOf(argument) === 'float') {
    const floats = new Float64Array(values.length)
    for (let i = 0; i < floats.length; i++) if (counted[i] === 1) floats[i] = values[i] as number
    return new FloatFold(before, floats, isAverage)
  }
  for (let i = 0; i < values.length; i++) if (counted[i] === 0) values[i] = null
  const { memory } = state.run.context
  const spec = { fn: call.fn, argument, type: call.type, distinct: false }
  const make = (): Accumulator => makeAccumulator(spec, memory, state.scratch)
  return new AccumulatorFold(values, call.args.length > 1 ? state.values(1) : [], make)
}

/** min and max pick rows: the argument column is ranked once by a sort, and frames are folded over ranks. */
function computeExtreme(state: CallState, descending: boolean): CallResult {
  const { store, order, count } = state.rows
  const { column } = state.planned.args[0]!
  const rowOf = sortedOrder(store, [{ column, descending, nullsFirst: false }], state.scratch)
  const rankOf = new Int32Array(count)
  for (let rank = 0; rank < count; rank++) rankOf[rowOf[rank]!] = rank
  const counted = state.counted()
  const ranks = new Int32Array(count)
  for (let i = 0; i < count; i++) ranks[i] = counted[i] === 1 ? rankOf[order[i]!]! : NO_RANK
  const sink = new RowSink(count)
  foldFrames(new ExtremeFold(ranks, rowOf), state.frames(), sink, state.run)
  return { kind: 'rows', column, rows: sink.rows }
}

class RowSink {
  readonly rows: Int32Array
  #count = 0

  constructor(count: number) {
    this.rows = new Int32Array(count)
  }

  append(row: number): void {
    this.rows[this.#count++] = row
  }
}
