// Which slots and accumulators an aggregate call uses, and how its result is read from them. A call uses
// slots when it can: calls that are alike share them, so avg(x) costs nothing beside sum(x) and count(x).
import type { Integer } from '../../src/base/decimal.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { AggregateCall, Expression } from '../plan/logical.ts'
import type { Accumulator, AccumulatorSpec } from './accumulators.ts'
import { finishAverage, finishSum, makeAccumulator } from './accumulators.ts'
import type { SlotState } from './aggregate-slots.ts'
import { fitsSlots } from './aggregate-slots.ts'
import { mayBeNull } from './expression-facts.ts'
import type { UpdateKind } from './ir.ts'

/** One call: its result, and the accumulator that must be fed (null when slots do everything). */
export interface PlannedAggregate {
  readonly call: AggregateCall
  readonly accumulator: Accumulator | null
  result(group: number): Scalar
}

const NULL_ARGUMENT: SqlType = { kind: 'bigint' }

/** True when DISTINCT changes nothing. */
export function ignoresDistinct(call: AggregateCall): boolean {
  return ['min', 'max', 'bool_and', 'bool_or'].includes(call.fn)
}

/** What ORDER BY inside the call asks of its accumulator. */
function orderOf({ args, rowOrder }: AggregateCall): Pick<AccumulatorSpec, 'order'> {
  if (rowOrder === undefined) return {}
  const first = args.length - rowOrder.length
  return { order: { args: first, keys: rowOrder.map((key, i) => ({ ...key, type: args[first + i]!.type })) } }
}

/** Plans one call without DISTINCT, or with more than one argument; calls that are equal share slots. */
export function planAggregate(
  call: AggregateCall, state: SlotState, memory: LinearMemory, arena: Arena,
): PlannedAggregate {
  const argument = call.args[0]?.type ?? NULL_ARGUMENT
  if (!fitsSlots(call)) {
    const spec = { fn: call.fn, argument, second: call.args[1]?.type, type: call.type, distinct: call.distinct,
      ...orderOf(call) }
    const accumulator = makeAccumulator(spec, memory, arena)
    return { call, accumulator, result: group => accumulator.result(group) }
  }
  const countOf = planCount(call, state)
  const [expression] = call.args
  const isFloat = physicalOf(argument) === 'float'
  switch (call.fn) {
    case 'count_star': case 'count': return { call, accumulator: null, result: countOf }
    case 'sum': case 'avg': {
      const slot = state.slotOf(isFloat ? 'fsum' : 'sum', expression!, call.filter)
      const finish = isFloat ? finishFloat(call) : finishExact(call, argument)
      const read = isFloat ? (group: number) => state.float(slot, group) : (group: number) => state.total(slot, group)
      const result = (group: number): Scalar =>
        countOf(group) === 0 ? null : finish(read(group), countOf(group))
      return { call, accumulator: null, result }
    }
    default: return planExtreme(call, state, expression!, isFloat, countOf)
  }
}

function finishFloat(call: AggregateCall): (sum: Integer, count: number) => Scalar {
  const round = call.type.kind === 'real' ? Math.fround : (x: number): number => x
  return (sum, count) => round(call.fn === 'avg' ? (sum as number) / count : sum as number) + 0
}

function finishExact(call: AggregateCall, argument: SqlType): (sum: Integer, count: number) => Scalar {
  if (call.fn === 'avg') return (sum, count) => finishAverage(sum, count, argument, call.type)
  return sum => finishSum(sum, call.type)
}

/** Rows that count: all rows less the NULLs, or a count of its own under a filter. */
function planCount(call: AggregateCall, state: SlotState): (group: number) => number {
  const [argument] = call.args
  if (call.filter !== null) {
    const slot = state.slotOf('count', argument ?? null, call.filter)
    return group => Number(state.total(slot, group))
  }
  if (argument === undefined || !mayBeNull(argument)) return group => Number(state.total(0, group))
  const slot = state.slotOf('nulls', argument, null)
  return group => Number(state.total(0, group)) - Number(state.total(slot, group))
}

// Integers outside 2^53 cannot be in a float64 slot: batches that may hold some feed `wide`.
function planExtreme(
  call: AggregateCall, state: SlotState, expression: Expression, isFloat: boolean, countOf: (group: number) => number,
): PlannedAggregate {
  const isMin = call.fn === 'min' || call.fn === 'bool_and'
  const kind = `${isFloat ? 'f' : ''}${isMin ? 'min' : 'max'}` as UpdateKind
  const slot = state.slotOf(kind, expression, call.filter)
  const wide = state.wideExtreme(slot, expression.type, isMin ? -1 : 1)
  return {
    call, accumulator: null,
    result(group) {
      if (countOf(group) === 0) return null
      const narrow = state.float(slot, group)
      if (isFloat) return narrow + 0
      if (Number.isFinite(narrow)) wide.add(group, narrow)
      return wide.result(group)
    },
  }
}
