// generate_series and unnest as state machines: begin() takes the arguments of one call, fill() writes its next
// values to a column. Integers and decimals are start + k * step, in numbers where all are safe integers; moments
// add the interval again and again, as PostgreSQL does (31 January plus months: 28 February, 28 March).
import { parseArray } from '../../src/base/array-text.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { addIntegers, canonicalInteger } from '../../src/base/decimal.ts'
import { addIntervalToTimestamp, decodeInterval, intervalOrder } from '../../src/base/interval.ts'
import type { Interval } from '../../src/base/interval.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { elementScalar } from '../functions/array.ts'
import type { VectorBuilder } from '../vector/builder.ts'

/** The rows of one call of a table function at a time. */
export interface Series {
  /** Starts a call. Throws 22023. */
  begin(args: readonly Scalar[]): void
  /** Appends at most `count` further values; returns how many there were. */
  fill(into: VectorBuilder, count: number): number
}

/** The state machine of a resolved table function. */
export function makeSeries(fn: string, result: SqlType): Series {
  if (fn === 'unnest') return new ElementSeries(result)
  return result.kind === 'timestamp' || result.kind === 'timestamptz' ? new MomentSeries() : new NumberSeries(result)
}

function checkStep(isZero: boolean): void {
  if (isZero) throw new DatabaseError(CODE.INVALID_PARAMETER, 'step size cannot equal zero')
}

class NumberSeries implements Series {
  readonly #one: Integer
  #next: Integer = 0
  #step: Integer = 1
  /** Values still to come; a number where it is exact. */
  #left: Integer = 0

  constructor(type: SqlType) {
    this.#one = type.kind === 'decimal' ? canonicalInteger(10n ** BigInt(type.scale ?? 0)) : 1
  }

  begin([start, stop, step = this.#one]: readonly Scalar[]): void {
    this.#left = 0
    if (start === null || stop === null || step === null) return
    checkStep(Number(step) === 0)
    this.#next = start as Integer
    this.#step = step as Integer
    const span = BigInt(stop as Integer) - BigInt(start as Integer)
    const by = BigInt(step as Integer)
    if (span !== 0n && span > 0n !== by > 0n) return
    this.#left = canonicalInteger(span / by + 1n)
  }

  fill(into: VectorBuilder, count: number): number {
    const rows = Number(this.#left) < count ? Number(this.#left) : count
    if (rows === 0) return 0
    const [next, step] = [Number(this.#next), Number(this.#step)]
    const last = next + step * rows
    if (Number.isSafeInteger(next) && Number.isSafeInteger(step) && Number.isSafeInteger(last)) {
      for (let k = 0; k < rows; k++) into.append(next + step * k)
      this.#next = last
    } else {
      for (let k = 0; k < rows; k++) {
        into.append(this.#next)
        this.#next = addIntegers(this.#next, this.#step)
      }
    }
    this.#left = addIntegers(this.#left, -rows)
    return rows
  }
}

/** The elements of an array. */
class ElementSeries implements Series {
  readonly #type: SqlType
  #elements: readonly (string | null)[] = []
  #next = 0

  constructor(type: SqlType) {
    this.#type = type
  }

  begin([array]: readonly Scalar[]): void {
    this.#elements = array === null || array === undefined ? [] : parseArray(array as string)
    this.#next = 0
  }

  fill(into: VectorBuilder, count: number): number {
    const rows = Math.min(count, this.#elements.length - this.#next)
    for (let k = 0; k < rows; k++) into.append(elementScalar(this.#type, this.#elements[this.#next++]!))
    return rows
  }
}

class MomentSeries implements Series {
  #next: Integer = 0
  #stop: Integer = 0
  #step: Interval | null = null
  #forward = true

  begin([start, stop, step]: readonly Scalar[]): void {
    this.#step = null
    if (start === null || stop === null || step === null) return
    const interval = decodeInterval(step as Uint8Array)
    const order = intervalOrder(interval)
    checkStep(order === 0n)
    this.#next = start as Integer
    this.#stop = stop as Integer
    this.#step = interval
    this.#forward = order > 0n
  }

  fill(into: VectorBuilder, count: number): number {
    const step = this.#step
    if (step === null) return 0
    for (let rows = 0; rows < count; rows++) {
      if (this.#forward ? this.#next > this.#stop : this.#next < this.#stop) {
        this.#step = null
        return rows
      }
      into.append(this.#next)
      this.#next = addIntervalToTimestamp(this.#next, step)
    }
    return count
  }
}
