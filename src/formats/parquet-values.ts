// Parquet column types and how their stored values become Scalars. hyparquet would turn decimals into doubles
// and timestamps into millisecond Dates, so flat columns are read as their raw physical values (the schema
// handed to it has no logical types) and converted here without loss. Nested columns become JSON text.

import type { SchemaElement } from 'hyparquet'
import { canonicalInteger, type Integer } from '../base/decimal.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { checkJson } from '../base/json-text.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, decimalType, DOUBLE, INTEGER, JSON_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ, UUID, type Scalar, type SqlType,
} from '../base/types.ts'
import type { ColumnData } from './format.ts'

/** One column of the file: its SQL type, the schema element to read it with, and the value converter. */
export interface ParquetColumn {
  readonly name: string
  readonly type: SqlType
  /** What hyparquet is told about the column; null for nested columns, which it assembles itself. */
  readonly element: SchemaElement | null
  /** Converts one stored value; absent when the stored value is the Scalar. */
  readonly convert?: (value: never) => Scalar
}

/** What to do with a top-level schema element. */
export function parquetColumn(element: SchemaElement): ParquetColumn {
  const name = element.name
  if (element.num_children || element.repetition_type === 'REPEATED') {
    return { name, type: JSON_TYPE, element: null, convert: nestedJson }
  }
  const raw: SchemaElement = { ...element, converted_type: undefined, logical_type: undefined }
  const { type: stored, converted_type: converted, logical_type: logical } = element
  const text: SchemaElement = { ...raw, converted_type: 'UTF8' }
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimalColumn(element, raw)
  if (converted === 'UTF8' || converted === 'ENUM' || logical?.type === 'STRING' || logical?.type === 'ENUM') {
    return { name, type: TEXT, element: text }
  }
  if (converted === 'JSON' || logical?.type === 'JSON') return { name, type: JSON_TYPE, element: text,
    convert: checkJson }
  if (converted === 'DATE' || logical?.type === 'DATE') return { name, type: DATE, element: raw }
  const moment = momentColumn(element, raw)
  if (moment !== null) return moment
  if (logical?.type === 'UUID') return { name, type: UUID, element: raw, convert: copyBytes }
  if (logical?.type === 'FLOAT16') return { name, type: REAL, element }
  switch (stored) {
    case 'BOOLEAN': return { name, type: BOOLEAN, element: raw, convert: (value: boolean) => (value ? 1 : 0) }
    case 'INT32': return smallInteger(element, raw)
    case 'INT64': {
      const isUnsigned = converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned)
      return isUnsigned
        ? { name, type: decimalType(20, 0), element: raw, convert: (v: bigint) =>
          canonicalInteger(BigInt.asUintN(64, v)) }
        : { name, type: BIGINT, element: raw, convert: canonicalInteger }
    }
    case 'INT96': return { name, type: TIMESTAMP, element: raw, convert: (nanos: bigint) => scaleDown(nanos, 1000n) }
    case 'FLOAT': return { name, type: REAL, element: raw, convert: (value: number) => value + 0 }
    case 'DOUBLE': return { name, type: DOUBLE, element: raw, convert: (value: number) => value + 0 }
    default: return { name, type: BYTEA, element: raw, convert: copyBytes }
  }
}

function smallInteger(element: SchemaElement, raw: SchemaElement): ParquetColumn {
  const { name, converted_type: converted, logical_type: logical } = element
  const bits = logical?.type === 'INTEGER' ? logical.bitWidth : Number(/\d+$/.exec(converted ?? '')?.[0] ?? 32)
  const isUnsigned = converted?.startsWith('UINT') || (logical?.type === 'INTEGER' && !logical.isSigned)
  if (isUnsigned && bits === 32) return { name, type: BIGINT, element: raw, convert: (value: number) => value >>> 0 }
  const fitsSmall = bits <= 8 || (bits === 16 && !isUnsigned)
  return { name, type: fitsSmall ? SMALLINT : INTEGER, element: raw }
}

function decimalColumn(element: SchemaElement, raw: SchemaElement): ParquetColumn {
  const logical = element.logical_type?.type === 'DECIMAL' ? element.logical_type : undefined
  const precision = element.precision ?? logical?.precision ?? 18
  const scale = element.scale ?? logical?.scale ?? 0
  if (precision > 38 || scale > precision) {
    throw new DatabaseError(CODE.UNSUPPORTED,
      `column "${element.name}": decimal(${precision},${scale}) is not supported`)
  }
  const type = decimalType(precision, scale)
  if (element.type === 'INT32') return { name: element.name, type, element: raw }
  if (element.type === 'INT64') return { name: element.name, type, element: raw, convert: canonicalInteger }
  return { name: element.name, type, element: raw, convert: bigEndianInteger }
}

function momentColumn(element: SchemaElement, raw: SchemaElement): ParquetColumn | null {
  const { name, converted_type: converted, logical_type: logical } = element
  const unit = logical?.type === 'TIMESTAMP' || logical?.type === 'TIME' ? logical.unit
    : converted?.endsWith('_MILLIS') ? 'MILLIS' : 'MICROS'
  const convert = (value: Integer): Integer => {
    if (unit === 'MILLIS') return canonicalInteger(BigInt(value) * 1000n)
    return unit === 'NANOS' ? scaleDown(BigInt(value), 1000n) : canonicalInteger(BigInt(value))
  }
  if (logical?.type === 'TIMESTAMP' || converted?.startsWith('TIMESTAMP_')) {
    const isUtc = logical?.type === 'TIMESTAMP' ? logical.isAdjustedToUTC : true
    return { name, type: isUtc ? TIMESTAMPTZ : TIMESTAMP, element: raw, convert }
  }
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_')) return { name, type: TIME, element: raw, convert }
  return null
}

/** Rounds toward the past, as a clock without nanoseconds would. */
function scaleDown(value: bigint, divisor: bigint): Integer {
  const quotient = value / divisor
  return canonicalInteger(value % divisor < 0n ? quotient - 1n : quotient)
}

function bigEndianInteger(bytes: Uint8Array): Integer {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return canonicalInteger(BigInt.asIntN(bytes.length * 8, value))
}

/** A copy: hyparquet's arrays are views into the row group's pages. */
function copyBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes)
}

function nestedJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'bigint') return Number.isSafeInteger(Number(one)) ? Number(one) : String(one)
    return ArrayBuffer.isView(one) ? Array.from(one as Uint8Array) : one
  })
}

type Decoded = ArrayLike<unknown>

/** Rows [begin, end) of a decoded column. */
export function parquetValues(column: ParquetColumn, decoded: Decoded, begin: number, end: number): ColumnData {
  const convert = column.convert as ((value: unknown) => Scalar) | undefined
  if (decoded instanceof Int32Array && convert === undefined) return decoded.slice(begin, end)
  if (decoded instanceof Float64Array || decoded instanceof Float32Array) {
    const out = new Float64Array(end - begin)
    for (let i = 0; i < out.length; i++) out[i] = decoded[begin + i]! + 0
    return out
  }
  if (decoded instanceof BigInt64Array && convert === (canonicalInteger as unknown)) {
    const exact = decoded.slice(begin, end)
    const out = Float64Array.from(exact, Number)
    return out.every(Number.isSafeInteger) ? out : exact
  }
  const out: Scalar[] = new Array<Scalar>(end - begin)
  for (let i = 0; i < out.length; i++) {
    const value = decoded[begin + i]
    out[i] = value === null || value === undefined ? null : convert === undefined ? value as Scalar : convert(value)
  }
  return out
}
