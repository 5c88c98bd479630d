// Functions that pick a row: lag, lead, first_value, last_value, nth_value. The result is the list of picked rows,
// whose values are gathered when a batch is handed out; only lag and lead with a default make values of their own.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { scalarsOf } from './window-call.ts'
import type { CallResult, CallState } from './window-call.ts'

/** The result of a picking function. Throws 22016. */
export function computeValue(state: CallState): CallResult {
  const { fn } = state.planned.call
  const { column } = state.planned.args[0]!
  if (fn !== 'lag' && fn !== 'lead') return { kind: 'rows', column, rows: framePicks(state, fn) }
  const rows = offsetPicks(state, fn === 'lag' ? -1 : 1)
  return state.planned.args.length < 3 ? { kind: 'rows', column, rows } : withDefaults(state, column, rows)
}

/** Rows picked by lag and lead: NO_OFFSET where the offset is NULL, -1 where there is no such row. */
const NO_OFFSET = -2

function offsetPicks(state: CallState, direction: 1 | -1): Int32Array {
  const { order, count } = state.rows
  const { start, end } = state.partitions
  const offsets = state.planned.args.length > 1 ? state.values(1) : null
  const rows = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const offset = offsets === null ? 1 : offsets[i]!
    const at = i + direction * Number(offset)
    rows[i] = offset === null ? NO_OFFSET : at >= start[i]! && at < end[i]! ? order[at]! : -1
  }
  return rows
}

/** The picked values, and the default of the current row where no row was picked. */
function withDefaults(state: CallState, column: number, rows: Int32Array): CallResult {
  const { store, count } = state.rows
  const values = scalarsOf(state, store.gather(column, rows, count, state.scratch))
  const defaults = state.values(2)
  const builder = state.builder()
  for (let i = 0; i < count; i++) builder.append(rows[i] === -1 ? defaults[i]! : values[i]!)
  return { kind: 'vector', vector: builder.finish() }
}

function framePicks(state: CallState, fn: string): Int32Array {
  const { order, count } = state.rows
  const frames = state.frames()
  const wanted = fn === 'nth_value' ? state.values(1) : null
  const parts = new Int32Array(6)
  const rows = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const partCount = frames.parts(i, parts)
    let place = -1
    if (wanted !== null) place = nthPlace(parts, partCount, wanted[i] === null ? 0 : checkedNumber(state, wanted[i]!))
    else if (partCount > 0) place = fn === 'first_value' ? parts[0]! : parts[partCount * 2 - 1]! - 1
    rows[i] = place < 0 ? -1 : order[place]!
  }
  return rows
}

function checkedNumber(state: CallState, value: unknown): number {
  const number = Number(value)
  if (number > 0) return number
  throw new DatabaseError(CODE.NTH_VALUE_ARGUMENT, `argument of nth_value must be greater than zero, not ${number}`,
    { position: state.planned.call.position })
}

/** Place of the n-th row of a frame in parts, from 1; -1 when there is none. */
function nthPlace(parts: Int32Array, partCount: number, n: number): number {
  let left = n - 1
  if (left < 0) return -1
  for (let p = 0; p < partCount; p++) {
    const size = parts[p * 2 + 1]! - parts[p * 2]!
    if (left < size) return parts[p * 2]! + left
    left -= size
  }
  return -1
}
