// RANGE with offsets: where the rows within a distance of the current row's key begin or end. Keys are read once
// in window order; both the keys and the wanted values move one way within a partition, so one pass finds all.
// Rows with a NULL key see the NULLs, as peers; NaN is its own value above all others.
import { addIntegers, multiplyIntegers, negateInteger, rescale } from '../../src/base/decimal.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { addIntervalToTimestamp, decodeInterval, intervalOrder } from '../../src/base/interval.ts'
import { compareFloats } from '../../src/base/scalar-compare.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { FrameBound } from '../plan/logical.ts'
import type { FrameSource } from './window-frames.ts'

const MICROS_PER_DAY = 86_400_000_000

/** The ORDER BY column in window order. */
export interface RangeKey {
  readonly values: readonly Scalar[]
  readonly type: SqlType
  readonly descending: boolean
}

/** The start (first row not before) or end (first row after) of frames at a distance. Throws 22013. */
export function rangeBound(
  source: FrameSource, bound: FrameBound, offset: Scalar, edge: 'start' | 'end',
): Int32Array {
  const key = source.rangeKey()
  const { peers, partitions } = source
  const isBackward = (bound.side === 'preceding') !== key.descending
  const { values, targets } = distances(key, offset, isBackward ? -1 : 1, bound)
  const sign = key.descending ? -1 : 1
  const isFloat = key.type.kind === 'real' || key.type.kind === 'double'
  const compare = isFloat ? compareFloats as typeof compareIntegers : compareIntegers
  const limit = edge === 'start' ? 0 : 1
  const places = new Int32Array(values.length)
  let at = 0
  for (let i = 0; i < values.length; i++) {
    const target = targets[i]!
    if (target === null) {
      places[i] = edge === 'start' ? peers.start[i]! : peers.end[i]!
      continue
    }
    if (at < partitions.start[i]!) at = partitions.start[i]!
    const end = partitions.end[i]!
    while (at < end && (values[at] === null ? at < i : compare(values[at]!, target) * sign < limit)) at++
    places[i] = at
  }
  return places
}

function compareIntegers(a: Integer, b: Integer): number {
  return a < b ? -1 : a > b ? 1 : 0
}

interface Distances {
  /** Keys in the unit of the targets. */
  readonly values: (Integer | null)[]
  readonly targets: (Integer | null)[]
}

function distances(key: RangeKey, offset: Scalar, sign: 1 | -1, bound: FrameBound): Distances {
  const { type } = key
  const keys = key.values as readonly (Integer | null)[]
  switch (type.kind) {
    case 'real': case 'double': {
      const distance = sign * (offset as number)
      return { values: [...keys], targets: keys.map((value) => value === null ? null : (value as number) + distance) }
    }
    case 'date': case 'timestamp': case 'timestamptz': {
      const interval = decodeInterval(offset as Uint8Array)
      if (intervalOrder(interval) < 0n) {
        throw new DatabaseError(CODE.FRAME_OFFSET, 'invalid preceding or following size in window function',
          { position: bound.offset!.position })
      }
      const unit = type.kind === 'date' ? MICROS_PER_DAY : 1
      const values = keys.map((value) => value === null ? null : multiplyIntegers(value, unit))
      return {
        values, targets: values.map((value) => value === null ? null : addIntervalToTimestamp(value, interval, sign)),
      }
    }
    default: {
      const [from, of] = [type.scale ?? 0, bound.offset!.type.scale ?? 0]
      const scale = Math.max(from, of)
      const values = keys.map((value) => value === null || scale === from ? value : rescale(value, from, scale))
      const size = rescale(offset as Integer, of, scale)
      const distance = sign < 0 ? negateInteger(size) : size
      return { values, targets: values.map((value) => value === null ? null : addIntegers(value, distance)) }
    }
  }
}
