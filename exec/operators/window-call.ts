// One call over the sorted rows of its window: what the functions of the other window files share. Arguments are
// gathered in window order; results are a vector over all places, or the store rows whose values they are.
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Run } from '../run.ts'
import { VectorBuilder } from '../vector/builder.ts'
import { isNull, readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import type { Frames } from './window-frames.ts'
import type { PlannedCall } from './window.ts'
import type { Runs, WindowRows } from './window-rows.ts'

/** A vector with one value per place, or for each place a row of stored column `column` (negative: NULL). */
export type CallResult =
  | { readonly kind: 'vector'; readonly vector: Vector }
  | { readonly kind: 'rows'; readonly column: number; readonly rows: Int32Array }

/** One call being computed. */
export class CallState {
  readonly run: Run
  readonly rows: WindowRows
  readonly planned: PlannedCall
  readonly partitions: Runs
  readonly peers: Runs
  /** Where results live. */
  readonly arena: Arena
  /** Where arguments live. */
  readonly scratch: Arena
  /** Made on demand: ranking functions have none. */
  readonly frames: () => Frames

  constructor(state: {
    run: Run; rows: WindowRows; planned: PlannedCall; arena: Arena; scratch: Arena
    frames: (partitions: Runs, peers: Runs) => Frames
  }) {
    const { partition, order } = state.planned.call
    this.run = state.run
    this.rows = state.rows
    this.planned = state.planned
    this.arena = state.arena
    this.scratch = state.scratch
    this.partitions = state.rows.runs(partition)
    this.peers = state.rows.runs(partition + order)
    this.frames = () => state.frames(this.partitions, this.peers)
  }

  get type(): SqlType {
    return this.planned.call.type
  }

  /** Collects one value per place. */
  builder(): VectorBuilder {
    return new VectorBuilder(this.run.context.memory, this.arena, this.type, this.rows.count)
  }

  /** A stored column in window order. */
  gathered(column: number): Vector {
    return this.rows.store.gather(column, this.rows.order, this.rows.count, this.scratch)
  }

  /** Values of argument `at` in window order; a constant one has the same value everywhere. */
  values(at: number): Scalar[] {
    const { column, value } = this.planned.args[at]!
    const { count } = this.rows
    if (value !== null) return new Array<Scalar>(count).fill(this.run.evaluate(value))
    return scalarsOf(this, this.gathered(column))
  }

  /** 1 for the places whose row counts: its first argument is not NULL and FILTER lets it pass. */
  counted(): Uint8Array {
    const { args, filter, call } = this.planned
    const { memory } = this.run.context
    const counted = new Uint8Array(this.rows.count).fill(1)
    if (call.fn !== 'count_star') {
      const vector = this.gathered(args[0]!.column)
      if (vector.validityPtr !== 0) {
        for (let i = 0; i < counted.length; i++) if (isNull(memory, vector, i)) counted[i] = 0
      }
    }
    if (filter >= 0) {
      const vector = this.gathered(filter)
      for (let i = 0; i < counted.length; i++) if (readScalar(memory, vector, i) !== 1) counted[i] = 0
    }
    return counted
  }
}

/** All values of a gathered vector. */
export function scalarsOf(state: CallState, vector: Vector): Scalar[] {
  const { memory } = state.run.context
  const values = new Array<Scalar>(state.rows.count)
  for (let i = 0; i < values.length; i++) values[i] = readScalar(memory, vector, i)
  return values
}
