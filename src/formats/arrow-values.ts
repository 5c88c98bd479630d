// Arrow vectors to column data. Fixed-width values are copied out of Arrow's buffers in bulk, dictionaries are
// decoded once; nested values become JSON text. `vector.get` is only the last resort, being far slower.

import type { DataType, Vector } from 'apache-arrow'
import { canonicalInteger, type Integer } from '../base/decimal.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { encodeInterval } from '../base/interval.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, decimalType, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME,
    TIMESTAMP,
  TIMESTAMPTZ, type Scalar, type SqlType,
} from '../base/types.ts'
import type { ColumnData } from './format.ts'

/** The module, loaded by the caller. */
export type Arrow = typeof import('apache-arrow')

/** What the readers use of a type; which fields exist depends on the kind. */
interface TypeFields {
  readonly typeId: number
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly dictionary?: DataType
  readonly byteWidth?: number
}

/** SQL type of an Arrow type. Throws 0A000 for decimals of more than 38 digits. */
export function sqlTypeOfArrow(arrow: Arrow, type: DataType): SqlType {
  const { Type } = arrow
  const fields = type as unknown as TypeFields
  switch (fields.typeId) {
    case Type.Bool: return BOOLEAN
    case Type.Int: return integerType(fields)
    case Type.Float: return fields.precision === 2 ? DOUBLE : REAL
    case Type.Decimal:
      if (fields.precision! > 38) {
        throw new DatabaseError(CODE.UNSUPPORTED,
          `Arrow decimal(${fields.precision},${fields.scale}) has over 38 digits`)
      }
      return decimalType(fields.precision!, fields.scale!)
    case Type.Date: return DATE
    case Type.Time: return TIME
    case Type.Timestamp: return fields.timezone ? TIMESTAMPTZ : TIMESTAMP
    case Type.Interval: case Type.Duration: return INTERVAL
    case Type.Utf8: case Type.LargeUtf8: case Type.Utf8View: case Type.Null: return TEXT
    case Type.Binary: case Type.LargeBinary: case Type.BinaryView: case Type.FixedSizeBinary: return BYTEA
    case Type.Dictionary: return sqlTypeOfArrow(arrow, fields.dictionary!)
    default: return JSON_TYPE
  }
}

function integerType({ bitWidth, isSigned }: TypeFields): SqlType {
  if (bitWidth === 64) return isSigned ? BIGINT : decimalType(20, 0)
  if (bitWidth === 32) return isSigned ? INTEGER : BIGINT
  return bitWidth === 16 && !isSigned ? INTEGER : SMALLINT
}

/** Values of one vector (one chunk of a record batch). */
export function arrowColumn(arrow: Arrow, vector: Vector): ColumnData {
  const { Type } = arrow
  const fields = vector.type as unknown as TypeFields
  switch (fields.typeId) {
    case Type.Int: return fields.bitWidth === 64 ? wideIntegers(vector, 1n, 1n) : numbers(vector)
    case Type.Float: return fields.precision === 0 ? general(vector, (value) => value as number) : floats(vector)
    case Type.Bool: return general(vector, (value) => (value ? 1 : 0))
    case Type.Date: return dates(vector)
    case Type.Timestamp: case Type.Duration: {
      const [up, down] = toMicros(fields.unit!)
      const micros = wideIntegers(vector, up, down)
      return fields.typeId === Type.Timestamp ? micros : durations(micros)
    }
    case Type.Time: {
      const [up, down] = toMicros(fields.unit!)
      return wideIntegers(vector, up, down)
    }
    case Type.Decimal: return decimals(vector)
    case Type.Interval: return general(vector, (value) => intervalOf(value as Int32Array, fields.unit!))
    case Type.Utf8: case Type.LargeUtf8: return texts(vector)
    case Type.Null: return new Array<Scalar>(vector.length).fill(null)
    case Type.Binary: case Type.LargeBinary: case Type.BinaryView: case Type.FixedSizeBinary:
      return general(vector, (value) => Uint8Array.from(value as Uint8Array))
    case Type.Utf8View: return general(vector, (value) => value as string)
    case Type.Dictionary: return dictionaryValues(arrow, vector)
    default: return general(vector, jsonText)
  }
}

/** SECOND, MILLISECOND, MICROSECOND, NANOSECOND as a factor and a divisor. */
function toMicros(unit: number): [bigint, bigint] {
  return ([[1_000_000n, 1n], [1000n, 1n], [1n, 1n], [1n, 1000n]] as [bigint, bigint][])[unit]!
}

function general(vector: Vector, convert: (value: unknown) => Scalar): Scalar[] {
  const out: Scalar[] = new Array<Scalar>(vector.length)
  for (let i = 0; i < out.length; i++) {
    const value: unknown = vector.get(i)
    out[i] = value === null || value === undefined ? null : convert(value)
  }
  return out
}

/** The raw values of a one-chunk vector and which of them are NULL. */
function rawValues(vector: Vector): { values: ArrayLike<number | bigint>; isNull: ((i: number) => boolean) | null } {
  const data = vector.data[0]!
  const isNull = data.nullCount > 0 ? (i: number): boolean => !data.getValid(i) : null
  return { values: data.values as ArrayLike<number | bigint>, isNull }
}

function numbers(vector: Vector): ColumnData {
  if (vector.length === 0) return []
  const { values, isNull } = rawValues(vector)
  if (isNull === null) {
    const length = vector.length
    if (values instanceof Uint32Array) return Float64Array.from(values.subarray(0, length))
    return Int32Array.from(values as Int32Array).subarray(0, length)
  }
  return Array.from({ length: vector.length }, (_, i) => (isNull(i) ? null : values[i] as number))
}

function floats(vector: Vector): ColumnData {
  if (vector.length === 0) return []
  const { values, isNull } = rawValues(vector)
  const plain = (value: number): number => (value === 0 ? 0 : value)
  if (isNull === null) {
    const out = new Float64Array(vector.length)
    for (let i = 0; i < out.length; i++) out[i] = plain(values[i] as number)
    return out
  }
  return Array.from({ length: vector.length }, (_, i) => (isNull(i) ? null : plain(values[i] as number)))
}

/** Days from DATE32, or from DATE64's milliseconds. */
function dates(vector: Vector): ColumnData {
  if (vector.length === 0) return []
  const { values, isNull } = rawValues(vector)
  const isDays = values instanceof Int32Array && values.length < 2 * vector.length
  if (isDays && isNull === null) return values.slice(0, vector.length)
  const day = (i: number): number => {
    if (isDays) return values[i] as number
    const millis = values instanceof Int32Array
      ? values[2 * i + 1]! * 2 ** 32 + (values[2 * i]! >>> 0) : Number(values[i])
    return Math.floor(millis / 86_400_000)
  }
  return Array.from({ length: vector.length }, (_, i) => (isNull?.(i) ? null : day(i)))
}

/** 32- and 64-bit integers times `up` divided by `down` (rounded down): numbers while all are safe. */
function wideIntegers(vector: Vector, up: bigint, down: bigint): ColumnData {
  if (vector.length === 0) return []
  const { values, isNull } = rawValues(vector)
  if (isNull === null) {
    const out = new Float64Array(vector.length)
    const [factor, divisor] = [Number(up), Number(down)]
    let isSafe = true
    for (let i = 0; i < out.length && isSafe; i++) {
      const value = Number(values[i])
      isSafe = Number.isSafeInteger(value * factor) && Number.isSafeInteger(value)
      out[i] = Math.floor((value * factor) / divisor)
    }
    if (isSafe) return out
  }
  return Array.from({ length: vector.length }, (_, i) => {
    if (isNull?.(i)) return null
    const scaled = BigInt(values[i]!) * up
    return canonicalInteger(down === 1n ? scaled : floorDivide(scaled, down))
  })
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

function durations(micros: ColumnData): Scalar[] {
  return Array.from(micros as ArrayLike<Integer | null>, (value) =>
    (value === null ? null : encodeInterval({ months: 0, days: 0, micros: value })))
}

/** Unit 0: months; 1: days and milliseconds; 2: months, days, nanoseconds (as four or two words). */
function intervalOf(value: Int32Array, unit: number): Scalar {
  if (unit === 0) return encodeInterval({ months: value[0]! * (value.length > 1 ? 12 : 1) + (value[1] ?? 0), days: 0,
    micros: 0 })
  if (unit === 1) return encodeInterval({ months: 0, days: value[0]!, micros: value[1]! * 1000 })
  const nanos = (BigInt(value[3]!) << 32n) | BigInt(value[2]! >>> 0)
  return encodeInterval({ months: value[0]!, days: value[1]!, micros: canonicalInteger(nanos / 1000n) })
}

/** Little-endian two's complement of 4, 8, 16 or 32 bytes. */
function decimals(vector: Vector): Scalar[] {
  return general(vector, (value) => {
    const words = value as Uint32Array
    let exact = 0n
    for (let i = words.length - 1; i >= 0; i--) exact = (exact << 32n) | BigInt(words[i]! >>> 0)
    return canonicalInteger(BigInt.asIntN(words.length * 32, exact))
  })
}

function texts(vector: Vector): Scalar[] {
  if (vector.length === 0) return []
  const data = vector.data[0]!
  const values = data.values as Uint8Array
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.length)
  const offsets = data.valueOffsets as ArrayLike<number | bigint>
  const hasNulls = data.nullCount > 0
  const out: Scalar[] = new Array<Scalar>(vector.length)
  for (let i = 0; i < out.length; i++) {
    out[i] = hasNulls && !data.getValid(i) ? null : bytes.toString('utf8', Number(offsets[i]), Number(offsets[i + 1]))
  }
  return out
}

function dictionaryValues(arrow: Arrow, vector: Vector): Scalar[] {
  if (vector.length === 0) return []
  const data = vector.data[0]!
  const dictionary = data.dictionary as Vector
  const entries: Scalar[] = dictionary.data.flatMap((one) =>
    Array.from(arrowColumn(arrow, new arrow.Vector([one])) as ArrayLike<Scalar>))
  const keys = data.values as ArrayLike<number | bigint>
  const hasNulls = data.nullCount > 0
  return Array.from({ length: vector.length }, (_, i) =>
    (hasNulls && !data.getValid(i) ? null : entries[Number(keys[i])]!))
}

/** JSON of a list, struct or map. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'bigint') return Number.isSafeInteger(Number(one)) ? Number(one) : String(one)
    return ArrayBuffer.isView(one) ? Array.from(one as Uint8Array) : one
  })
}
