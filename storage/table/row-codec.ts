// Rows as bytes: the body of heap tuples and of WAL records. One layout for both, so redo copies bytes.
//
//   offset            size        meaning
//   0                 ceil(n/8)   null bitmap, bit c of byte c >> 3: 1 = column c is NULL
//   then, for each column that is not NULL, in schema order:
//     boolean 1 · smallint 2 · integer, date, real 4 · other int and double 8 · wide decimal 16
//     text, json, bytea, uuid, interval: varint length, then the bytes
//
// Little-endian. Reading is bounds-checked: a tuple that runs past its end is XX001.
import { assert } from '../../src/base/assert.ts'
import type { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** How one column is stored in a tuple. */
export const FIELD = { I8: 0, I16: 1, I32: 2, I64: 3, F32: 4, F64: 5, I128: 6, TEXT: 7, BYTES: 8 } as const
/** Bytes of the fields of one size. */
export const FIELD_SIZE: readonly number[] = [1, 2, 4, 8, 4, 8, 16]

function fieldOf(type: SqlType): number {
  switch (physicalOf(type)) {
    case 'float': return type.kind === 'real' ? FIELD.F32 : FIELD.F64
    case 'wide': return FIELD.I128
    case 'bytes': return isText(type) ? FIELD.TEXT : FIELD.BYTES
    case 'int':
      if (type.kind === 'boolean') return FIELD.I8
      if (type.kind === 'smallint') return FIELD.I16
      return type.kind === 'integer' || type.kind === 'date' ? FIELD.I32 : FIELD.I64
  }
}

/** Encoder and decoder for rows of fixed column types. */
export class RowCodec {
  /** Stored form (FIELD) by column. */
  readonly fields: readonly number[]
  private readonly bitmapBytes: number

  constructor(types: readonly SqlType[]) {
    this.fields = types.map(fieldOf)
    this.bitmapBytes = (types.length + 7) >> 3
  }

  /** Appends the row's bytes to `out`. */
  encode(row: readonly Scalar[], out: ByteWriter): void {
    assert(row.length === this.fields.length, 'row width differs from its schema')
    const bitmap = out.reserve(this.bitmapBytes)
    out.bytes.fill(0, bitmap, bitmap + this.bitmapBytes)
    for (let c = 0; c < row.length; c++) {
      const value = row[c]!
      if (value === null) out.bytes[bitmap + (c >> 3)]! |= 1 << (c & 7)
      else this.encodeField(this.fields[c]!, value, out)
    }
  }

  private encodeField(field: number, value: Scalar, out: ByteWriter): void {
    switch (field) {
      case FIELD.I8: return out.u8(value as number)
      case FIELD.I16: return out.u16((value as number) & 0xffff)
      case FIELD.I32: return out.i32(value as number)
      case FIELD.I64: return encodeI64(value as number | bigint, out)
      case FIELD.F32: {
        const at = out.reserve(4)
        new DataView(out.bytes.buffer, out.bytes.byteOffset).setFloat32(at, value as number, true)
        return
      }
      case FIELD.F64: return out.f64(value as number)
      case FIELD.I128: {
        const wide = BigInt(value as number | bigint)
        out.i64(BigInt.asIntN(64, wide))
        return out.i64(wide >> 64n)
      }
      case FIELD.TEXT: return out.string(value as string)
      default: return out.blob(value as Uint8Array)
    }
  }

  /** Reads a whole row. */
  decode(reader: ByteReader): Row {
    const bitmap = reader.take(this.bitmapBytes)
    const row: Row = new Array(this.fields.length)
    for (let c = 0; c < this.fields.length; c++) {
      const isNull = (reader.bytes[bitmap + (c >> 3)]! >> (c & 7)) & 1
      row[c] = isNull ? null : decodeField(this.fields[c]!, reader)
    }
    return row
  }
}

function encodeI64(value: number | bigint, out: ByteWriter): void {
  if (typeof value === 'bigint') return out.i64(value)
  out.i32(value | 0)
  out.i32(Math.floor(value / 0x1_0000_0000))
}

function decodeField(field: number, reader: ByteReader): Scalar {
  switch (field) {
    case FIELD.I8: return reader.u8()
    case FIELD.I16: return (reader.u16() << 16) >> 16
    case FIELD.I32: return reader.i32()
    case FIELD.I64: return decodeI64(reader)
    case FIELD.F32: return viewOf(reader).getFloat32(reader.take(FIELD_SIZE[FIELD.F32]!), true)
    case FIELD.F64: return reader.f64()
    case FIELD.I128: {
      const low = BigInt.asUintN(64, reader.i64())
      return (reader.i64() << 64n) | low
    }
    case FIELD.TEXT: return decodeText(reader.blob())
    default: return reader.blob().slice()
  }
}

/** The decoders that Node's Buffer has beside its documented `toString(encoding, begin, end)`. */
interface SlicedBuffer {
  latin1Slice(begin: number, end: number): string
  utf8Slice(begin: number, end: number): string
}

const slicers = new WeakMap<SharedArrayBuffer, SlicedBuffer>()
const ASCII_MAX = 128

// Tuples in pool frames are read by point lookups: there a TextDecoder, which copies out of shared memory first,
// would take most of the time.
function decodeText(bytes: Uint8Array): string {
  const { buffer, byteOffset, length } = bytes
  return buffer instanceof SharedArrayBuffer ? sliceText(bytes, byteOffset, length) : decoder.decode(bytes)
}

/** The text of `length` bytes at `byteOffset` of the buffer behind `bytes`, which is shared memory. */
export function sliceText(bytes: Uint8Array, byteOffset: number, length: number): string {
  const buffer = bytes.buffer as SharedArrayBuffer
  let slicer = slicers.get(buffer)
  if (slicer === undefined) slicers.set(buffer, slicer = Buffer.from(buffer) as unknown as SlicedBuffer)
  let seen = length <= ASCII_MAX ? 0 : 0x80
  const first = byteOffset - bytes.byteOffset
  for (let i = first; i < first + length && seen < 0x80; i++) seen |= bytes[i]!
  return seen < 0x80 ? slicer.latin1Slice(byteOffset, byteOffset + length)
    : slicer.utf8Slice(byteOffset, byteOffset + length)
}

function viewOf(reader: ByteReader): DataView {
  return new DataView(reader.bytes.buffer, reader.bytes.byteOffset, reader.bytes.byteLength)
}

function decodeI64(reader: ByteReader): number | bigint {
  const low = reader.u32()
  const high = reader.i32()
  if (high >= -0x200000 && high < 0x200000) {
    const value = high * 0x1_0000_0000 + low
    if (value >= Number.MIN_SAFE_INTEGER) return value
  }
  return (BigInt(high) << 32n) | BigInt(low)
}
