// One column's values on their way into row groups: what a bulk append hands in, and what a merge collects
// from base and delta. Ints and floats are typed arrays so that encoding is loops over doubles.
//
//   physical  values
//   int       Float64Array when every value is a safe integer, else BigInt64Array; users' Int32Array and
//             the like are taken as they are
//   float     Float64Array or Float32Array
//   wide      (bigint | null)[]
//   bytes     (string | Uint8Array | LongValue | null)[]; references only on their way from group to group
import { assert } from '../../src/base/assert.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Physical, Scalar, SqlType } from '../../src/base/types.ts'
import { LongValue } from './long-value.ts'

export type NumberArray =
  | Float64Array | Float32Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array
export type ObjectArray = (bigint | string | Uint8Array | LongValue | null)[]
/** A value as merges pass it on: long ones by reference. */
export type StagedScalar = Scalar | LongValue
export type StagedValues = NumberArray | BigInt64Array | ObjectArray

/** A column of `count` values; `nulls[i] = 1` marks NULL (null = none). */
export interface StagedColumn {
  readonly type: SqlType
  values: StagedValues
  nulls: Uint8Array | null
  count: number
}

/** Value at `row` as a Scalar. References have none: whoever asks for values has decoded them. */
export function stagedScalar(column: StagedColumn, row: number): Scalar {
  if (column.nulls !== null && column.nulls[row] === 1) return null
  const value = column.values[row]!
  assert(!(value instanceof LongValue), 'a reference to a long value is not a scalar')
  if (typeof value !== 'bigint' || physicalOf(column.type) === 'wide') return value
  return safeInteger(value)
}

/** The canonical Scalar of an int64: a number when safe. */
export function safeInteger(value: bigint): number | bigint {
  const asNumber = Number(value)
  return Number.isSafeInteger(asNumber) ? asNumber : value
}

/**
 * Copies int64s [begin, begin + rows) to doubles, by 32-bit halves instead of a BigInt per value. False when
 * one of them is not a safe integer (target is then partly written).
 */
export function loadSafeDoubles(source: BigInt64Array, begin: number, rows: number, target: Float64Array): boolean {
  const halves = new Int32Array(source.buffer, source.byteOffset + begin * 8, rows * 2)
  for (let i = 0; i < rows; i++) {
    const high = halves[2 * i + 1]!
    if (high < -0x1fffff || high >= 0x200000) return false
    target[i] = high * 0x1_0000_0000 + (halves[2 * i]! >>> 0)
  }
  return true
}

/** Growing column that a merge appends to, by value or by span. */
export class ColumnStage implements StagedColumn {
  readonly type: SqlType
  readonly physical: Physical
  values: StagedValues
  nulls: Uint8Array | null = null
  count = 0

  constructor(type: SqlType, capacity: number) {
    this.type = type
    this.physical = physicalOf(type)
    const isNumber = this.physical === 'int' || this.physical === 'float'
    this.values = isNumber ? new Float64Array(capacity) : new Array<null>(capacity).fill(null)
  }

  private get capacity(): number {
    return this.values.length
  }

  private reserve(count: number): void {
    const needed = this.count + count
    if (needed <= this.capacity) return
    const capacity = Math.max(needed, this.capacity * 2)
    if (Array.isArray(this.values)) this.values.length = capacity
    else {
      const grown = this.values instanceof BigInt64Array ? new BigInt64Array(capacity) : new Float64Array(capacity)
      copyNumbers(grown, this.values, 0, this.count, 0)
      this.values = grown
    }
    if (this.nulls !== null) {
      const grown = new Uint8Array(capacity)
      grown.set(this.nulls)
      this.nulls = grown
    }
  }

  private needNulls(): Uint8Array {
    return this.nulls ??= new Uint8Array(this.capacity)
  }

  // From doubles to int64s, once a value does not fit a double exactly.
  private widen(): BigInt64Array {
    if (this.values instanceof BigInt64Array) return this.values
    const wide = new BigInt64Array(this.capacity)
    const narrow = this.values as Float64Array
    for (let i = 0; i < this.count; i++) wide[i] = BigInt(narrow[i]!)
    this.values = wide
    return wide
  }

  append(value: StagedScalar): void {
    this.reserve(1)
    const at = this.count++
    if (value === null) {
      this.needNulls()[at] = 1
      if (Array.isArray(this.values)) this.values[at] = null
      else this.values[at] = this.values instanceof BigInt64Array ? 0n : 0
    } else if (Array.isArray(this.values)) this.values[at] = value as bigint | string | Uint8Array | LongValue
    else if (typeof value === 'bigint') this.widen()[at] = value
    else if (this.values instanceof BigInt64Array) this.values[at] = BigInt(value as number)
    else this.values[at] = value as number
  }

  /** Appends rows [begin, end) of another column of the same type. */
  appendSpan(source: StagedColumn, begin: number, end: number): void {
    const count = end - begin
    if (count <= 0) return
    this.reserve(count)
    const from = source.values
    if (Array.isArray(this.values)) {
      assert(Array.isArray(from), 'spans of unlike columns')
      for (let i = 0; i < count; i++) this.values[this.count + i] = from[begin + i]!
    } else {
      assert(!Array.isArray(from), 'spans of unlike columns')
      if (from instanceof BigInt64Array) this.widen()
      copyNumbers(this.values as Float64Array | BigInt64Array, from, begin, end, this.count)
    }
    if (source.nulls !== null) this.needNulls().set(source.nulls.subarray(begin, end), this.count)
    this.count += count
  }

  clear(): void {
    this.count = 0
    this.nulls = null
    if (this.values instanceof BigInt64Array) this.values = new Float64Array(this.capacity)
  }
}

// Converts while copying; typed-array `set` does the number cases natively.
function copyNumbers(
  target: Float64Array | BigInt64Array, source: NumberArray | BigInt64Array,
  begin: number, end: number, at: number,
): void {
  if (target instanceof BigInt64Array) {
    if (source instanceof BigInt64Array) target.set(source.subarray(begin, end), at)
    else for (let i = begin; i < end; i++) target[at + i - begin] = BigInt(source[i]!)
  } else {
    assert(!(source instanceof BigInt64Array), 'int64 values need an int64 target')
    target.set(source.subarray(begin, end), at)
  }
}
