// DISTINCT aggregates: the set of (group, value) pairs is collected with the machinery of grouping (dense ids of
// values, then ids of pairs of value id and group), and the aggregate runs over the set when results are asked
// for. Values come in order of first appearance, which is the same on both back ends.
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Scalar } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { AggregateCall } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { bitmapBytes } from '../vector/batch.ts'
import type { Accumulator } from './accumulators.ts'
import { makeAccumulator } from './accumulators.ts'
import { CompiledFilter } from './filter.ts'
import { Grouping } from './grouping.ts'
import type { WordMap } from './id-map.ts'
import type { InputColumn, KernelEnv } from './kernel.ts'

/** One DISTINCT call with one argument. */
export class DistinctAggregate {
  private readonly call: AggregateCall
  private readonly env: KernelEnv
  private readonly isPaired: boolean
  private zeroIds: number
  private zeroRows: number
  private readonly values: Grouping
  private readonly filter: CompiledFilter | null
  private readonly view: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  private maskPtr = 0
  private maskRows = 0
  private finished: ((group: number) => Scalar) | null = null

  constructor(call: AggregateCall, inputs: readonly InputColumn[], env: KernelEnv, isGrouped: boolean) {
    this.call = call
    this.env = env
    // Dictionaries give ids to all their entries, so only pairs tell which ones occur: without groups, pairs with
    // group 0. Numbers get ids when they are seen, which is the answer already.
    const isCoded = physicalOf(call.args[0]!.type) === 'bytes'
    this.isPaired = isGrouped || isCoded
    this.zeroIds = isGrouped || !isCoded ? 0 : env.arena.allocateZeroed(BATCH_ROWS * 4)
    this.zeroRows = BATCH_ROWS
    this.values = new Grouping([call.args[0]!], inputs, env, this.isPaired ? 'within' : 'groups')
    this.filter = call.filter === null ? null : new CompiledFilter(call.filter, inputs, env)
  }

  /** Adds the selected rows of a batch; `ids` are their groups (scratch without groups). */
  consume(batch: Batch, alive: number, ids: number): void {
    const groups = this.zeroIds === 0 ? ids : this.zeros(batch.windowRows)
    if (this.filter === null) {
      this.values.assign(batch, alive, groups)
      return
    }
    this.reserveMask(batch.windowRows)
    Object.assign(this.view, batch, { alivePtr: alive })
    if (this.filter.run(this.view, this.maskPtr) > 0) this.values.assign(batch, this.maskPtr, groups)
  }

  private zeros(rows: number): number {
    if (rows > this.zeroRows) {
      this.zeroRows = rows
      this.zeroIds = this.env.arena.allocateZeroed(rows * 4)
    }
    return this.zeroIds
  }

  private reserveMask(rows: number): void {
    if (rows <= this.maskRows) return
    this.maskRows = Math.max(rows, BATCH_ROWS)
    this.maskPtr = this.env.arena.allocate(bitmapBytes(this.maskRows))
  }

  /** Result of a group, after the last batch. */
  result(group: number): Scalar {
    this.finished ??= this.call.fn === 'count' ? this.counts() : this.accumulated()
    return this.finished(group)
  }

  /** Calls `visit` with every distinct pair of group and value id; id 0 is NULL and left out. */
  private forEachPair(visit: (group: number, valueId: number) => void): void {
    const { maps } = this.values
    if (!this.isPaired) {
      for (let id = 1; id <= maps[0]!.count; id++) visit(0, id)
      return
    }
    const pairs = maps[1] as WordMap
    for (let id = 1; id <= pairs.count; id++) {
      const valueId = pairs.lowOf(id)
      if (valueId !== 0) visit(pairs.highOf(id), valueId)
    }
  }

  private counts(): (group: number) => Scalar {
    if (!this.isPaired) return () => this.values.maps[0]!.count
    const counts: number[] = []
    this.forEachPair(group => {
      counts[group] = (counts[group] ?? 0) + 1
    })
    return group => counts[group] ?? 0
  }

  private accumulated(): (group: number) => Scalar {
    const { fn, args, type } = this.call
    const spec = { fn, argument: args[0]!.type, type, distinct: false }
    const accumulator: Accumulator = makeAccumulator(spec, this.env.memory, this.env.arena)
    const map = this.values.maps[0]!
    this.forEachPair((group, valueId) => accumulator.add(group, map.valueOf(valueId)))
    return group => accumulator.result(group)
  }
}
