// Aggregates in slots: 8 bytes each, in one row of slots per group. Slot 0 of a group counts its rows.
//
//   group g   state + g * stride:   rows | sum or count or min or max … | NULLs of a nullable argument | …
//
// Sums and counts are float64 integers while JavaScript kernels write them and int64 while WebAssembly does;
// min, max and float sums are float64 for both. A sum never overflows silently: `bound` adds up the largest
// magnitude it may have reached, and before the bound passes the limit all sums move to `totals`, which
// are exact Integers (flush). Calls that share argument and filter share slots.
import type { Integer } from '../../src/base/decimal.ts'
import { addIntegers } from '../../src/base/decimal.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { AggregateCall, Expression } from '../plan/logical.ts'
import { readInt64, writeInt64 } from '../vector/memory-access.ts'
import type { Accumulator } from './accumulators.ts'
import { isExact, makeAccumulator } from './accumulators.ts'
import type { UpdateKind } from './ir.ts'

export interface Slot {
  readonly kind: UpdateKind
  readonly argument: Expression | null
  readonly filter: Expression | null
}

/** Which number format the sums and counts have. */
export type SlotMode = 'float64' | 'int64'

const SUM_LIMIT: Record<SlotMode, number> = { float64: 2 ** 53, int64: 2 ** 62 }
const START: Partial<Record<UpdateKind, number>> = { min: Infinity, max: -Infinity, fmin: NaN, fmax: -Infinity }

/** True when a call can live in slots: no DISTINCT, numeric, and a common function. */
export function fitsSlots(call: AggregateCall): boolean {
  if (call.distinct) return false
  const argument = call.args[0]?.type
  switch (call.fn) {
    case 'count_star': case 'count': return true
    case 'sum': case 'avg': return isExact(argument!) || physicalOf(argument!) === 'float'
    case 'min': case 'max': case 'bool_and': case 'bool_or':
      return physicalOf(argument!) === 'int' || physicalOf(argument!) === 'float'
    default: return false
  }
}

const expressionKeys = new WeakMap<Expression, string>()

/** Structural identity of expressions, so that sum(x) and avg(x) share a slot. */
function expressionKey(expression: Expression | null): string {
  if (expression === null) return ''
  let key = expressionKeys.get(expression)
  if (key !== undefined) return key
  key = JSON.stringify(expression, (name, value: unknown) => {
    if (name === 'position' || name === 'name') return undefined
    if (typeof value === 'bigint') return `${value}n`
    return value instanceof Uint8Array ? Array.from(value) : value
  })
  expressionKeys.set(expression, key)
  return key
}

/** Slots of all groups. */
export class SlotState {
  readonly slots: Slot[] = [{ kind: 'count', argument: null, filter: null }]
  statePtr = 0
  mode: SlotMode = 'float64'
  private capacity = 0
  private readonly keys = new Map<string, number>([['count||', 0]])
  private readonly bounds: number[] = [0]
  private readonly totals: Integer[][] = [[]]
  private readonly wide: Accumulator[] = []
  private readonly memory: LinearMemory
  private readonly arena: Arena

  constructor(memory: LinearMemory, arena: Arena) {
    this.memory = memory
    this.arena = arena
  }

  /** Index of the slot of a kind, argument and filter; made when there is none. Before the first row. */
  slotOf(kind: UpdateKind, argument: Expression | null, filter: Expression | null): number {
    const key = `${kind}|${expressionKey(argument)}|${expressionKey(filter)}`
    let slot = this.keys.get(key)
    if (slot === undefined) {
      slot = this.slots.push({ kind, argument, filter }) - 1
      this.keys.set(key, slot)
      this.bounds.push(0)
      this.totals.push([])
    }
    return slot
  }

  /** Bytes of one group. */
  get stride(): number {
    return this.slots.length * 8
  }

  /** Makes room for groups 0..count-1, new ones at their start values. */
  reserve(count: number): void {
    if (count <= this.capacity) return
    const before = this.capacity
    this.capacity = Math.max(16, before * 2, count)
    const moved = this.arena.allocateZeroed(this.capacity * this.stride)
    this.memory.u8.copyWithin(moved, this.statePtr, this.statePtr + before * this.stride)
    this.statePtr = moved
    const { f64 } = this.memory
    this.slots.forEach((slot, i) => {
      const start = START[slot.kind]
      if (start === undefined) return
      for (let group = before; group < this.capacity; group++) f64[moved / 8 + group * this.slots.length + i] = start
    })
  }

  private isSum(slot: number): boolean {
    const { kind } = this.slots[slot]!
    return kind === 'count' || kind === 'nulls' || kind === 'sum'
  }

  /** Prepares for a batch in which every slot grows by at most `growth[slot]` in magnitude. */
  admit(mode: SlotMode, growth: readonly number[], groups: number): void {
    let isFull = mode !== this.mode
    const limit = SUM_LIMIT[mode]
    for (let slot = 0; slot < growth.length; slot++) {
      this.bounds[slot]! += growth[slot]!
      if (this.bounds[slot]! > limit) isFull = true
    }
    if (!isFull) return
    this.flush(groups)
    this.mode = mode
    for (let slot = 0; slot < growth.length; slot++) this.bounds[slot] = growth[slot]!
  }

  /** The largest sum that a slot holds in this mode. */
  static limit(mode: SlotMode): number {
    return SUM_LIMIT[mode]
  }

  /** True when a batch that grows a slot by this much can be summed in this mode at all. */
  static fits(mode: SlotMode, growth: number): boolean {
    return growth <= SUM_LIMIT[mode]
  }

  /** Moves all sums and counts to the totals, so that the slots can grow again. Cost: one step per group and slot. */
  private flush(groups: number): void {
    const count = Math.min(groups, this.capacity)
    for (let slot = 0; slot < this.slots.length; slot++) {
      if (!this.isSum(slot)) continue
      const totals = this.totals[slot]!
      for (let group = 0; group < count; group++) {
        const value = this.read(slot, group)
        if (value === 0) continue
        totals[group] = addIntegers(totals[group] ?? 0, value)
        writeInt64(this.memory, this.statePtr + group * this.stride + slot * 8, 0)
      }
      this.bounds[slot] = 0
    }
  }

  /** Exact sum or count of a group: what was flushed and what is in the slot. */
  total(slot: number, group: number): Integer {
    const current = this.read(slot, group)
    const flushed = this.totals[slot]![group]
    return flushed === undefined ? current : addIntegers(flushed, current)
  }

  private read(slot: number, group: number): Integer {
    const address = this.statePtr + group * this.stride + slot * 8
    return this.mode === 'int64' ? readInt64(this.memory, address) : this.memory.f64[address / 8]! + 0
  }

  /** min, max or float sum of a group. */
  float(slot: number, group: number): number {
    return this.memory.f64[(this.statePtr + group * this.stride) / 8 + slot]!
  }

  /** The accumulator of a min or max slot for values that are not safe numbers. */
  wideExtreme(slot: number, type: SqlType, sign: 1 | -1): Accumulator {
    const known = this.wide[slot]
    if (known !== undefined) return known
    const fn = sign === 1 ? 'max' : 'min'
    return this.wide[slot] = makeAccumulator({ fn, argument: type, type, distinct: false }, this.memory, this.arena)
  }

  /** What batches feed whose values need the exact slow path: totals of sums, wide extremes. */
  target(slot: number): { add(group: number, value: Scalar): void } {
    const wide = this.wide[slot]
    if (wide !== undefined) return wide
    const totals = this.totals[slot]!
    return {
      add(group, value) {
        if (value !== null) totals[group] = addIntegers(totals[group] ?? 0, value as Integer)
      },
    }
  }
}
