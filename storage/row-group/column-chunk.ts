// A column chunk: one column of one row group, encoded for O(1) random access. This file owns the
// descriptor (what the row-group meta says about a chunk) and its bytes; chunk-encoder.ts writes the
// parts, chunk-reader.ts reads values.
//
// All parts of all chunks of a row group lie in one byte stream, stored in consecutive pages: the byte at
// stream offset x is byte x & 65535 of page firstPage + (x >>> 16). Parts are placed so that the slice of
// one scan batch (8,192 rows) never straddles a page, and no string up to 64 KiB does either.
//
//   encoding    parts
//   constant    none: every row is `base` (int) or NULL
//   narrow      values: unsigned 1, 2 or 4 bytes, value = base + narrow (frame of reference)
//   plain       values: 8-byte int, 4 / 8-byte float, 16-byte wide
//   dictionary  values: codes of 1, 2 or 4 bytes; dictionary: views, ascending by bytes, then text
//   view        values: (stream offset u32, byte length u32) per row; text
//   runs        values: one per run, as narrow, plain or codes; aux: directory, first rows (light-encoder.ts)
//   delta       values: differences of 1 or 2 bytes; aux: f64 per 64 rows (light-encoder.ts)
//   any         validity: bitmap, 1 = valid, only when there are NULLs; NULL rows hold arbitrary values
//
//   descriptor bytes: encoding u8 | layout u8 | flags u8 (1 validity, 2 zone map, 4 base is int64) |
//   nullCount u32 | valuesOffset u32 | validityOffset u32 | dictionaryOffset u32 | dictionaryCount u32 |
//   base f64 or i64 | zone map: min and max as one-column rows (row-codec.ts)
//
//   of runs and deltas, between base and zone map: stored layout u8 | aux offset u32 | aux count u32 | step f64
import type { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import { RowCodec } from '../table/row-codec.ts'

export const ENCODING = { CONSTANT: 0, NARROW: 1, PLAIN: 2, DICTIONARY: 3, VIEW: 4, RUNS: 5, DELTA: 6 } as const
export type Encoding = (typeof ENCODING)[keyof typeof ENCODING]

/** Rows per entry of a run directory. */
export const RUN_BLOCK_ROWS = 256
/** Rows per base of deltas; divides every scan window. */
export const DELTA_BLOCK_ROWS = 64

/** Bytes of the directory in front of the runs' first rows. */
export function runDirectoryBytes(rows: number): number {
  return 2 * (Math.ceil(rows / RUN_BLOCK_ROWS) + 1)
}

/** Offset that means "this part does not exist". */
export const NO_PART = 0xffffffff

/** Names for EXPLAIN, storage_info and inspect. */
export const ENCODING_NAMES: readonly string[] = [
  'constant', 'narrow', 'plain', 'dictionary', 'view', 'runs', 'delta',
]

export interface ColumnChunk {
  encoding: Encoding
  /** Of the values as scans see them. */
  layout: Layout
  nullCount: number
  /** Stream offsets of the parts, NO_PART when absent. */
  valuesOffset: number
  validityOffset: number
  dictionaryOffset: number
  dictionaryCount: number
  base: number | bigint
  /** Run length and delta: layout of the values part; its companion part; runs or blocks; constant part of deltas. */
  stored: Layout
  auxOffset: number
  auxCount: number
  step: number
  /** Zone map: smallest and largest non-NULL value, null when all are NULL or the value is too long. */
  min: Scalar
  max: Scalar
  /** Decoded strings of a small dictionary, filled on use; not stored. */
  strings: (string | undefined)[] | null
}

const FLAG_VALIDITY = 1
const FLAG_ZONE = 2
const FLAG_BASE_INT64 = 4

/** Longest text or bytes value kept in a zone map, in bytes of UTF-8 at most three per char. */
export const ZONE_VALUE_CHARS = 64

/** Appends a chunk's descriptor. */
export function encodeColumnChunk(chunk: ColumnChunk, type: SqlType, out: ByteWriter): void {
  const hasZone = chunk.min !== null && chunk.max !== null
  const isWide = typeof chunk.base === 'bigint'
  out.u8(chunk.encoding)
  out.u8(chunk.layout)
  out.u8((chunk.validityOffset !== NO_PART ? FLAG_VALIDITY : 0) | (hasZone ? FLAG_ZONE : 0)
    | (isWide ? FLAG_BASE_INT64 : 0))
  out.u32(chunk.nullCount)
  out.u32(chunk.valuesOffset)
  out.u32(chunk.validityOffset)
  out.u32(chunk.dictionaryOffset)
  out.u32(chunk.dictionaryCount)
  if (typeof chunk.base === 'bigint') out.i64(chunk.base)
  else out.f64(chunk.base)
  if (chunk.encoding >= ENCODING.RUNS) {
    out.u8(chunk.stored)
    out.u32(chunk.auxOffset)
    out.u32(chunk.auxCount)
    out.f64(chunk.step)
  }
  if (hasZone) new RowCodec([type, type]).encode([chunk.min, chunk.max], out)
}

// Which encodings and layouts the values of a type may have.
function fitsType(encoding: number, layout: number, type: SqlType): boolean {
  const isNarrow = layout <= LAYOUT.U32
  if (encoding === ENCODING.DELTA) return physicalOf(type) === 'int' && layout <= LAYOUT.I64
  if (encoding === ENCODING.RUNS) {
    return fitsType(ENCODING.NARROW, layout, type) || fitsType(ENCODING.DICTIONARY, layout, type)
      || (layout !== LAYOUT.I128 && fitsType(ENCODING.PLAIN, layout, type))
  }
  switch (physicalOf(type)) {
    case 'int': return encoding === ENCODING.NARROW ? isNarrow : encoding === ENCODING.PLAIN && layout === LAYOUT.I64
    case 'float': return encoding === ENCODING.PLAIN && layout === (type.kind === 'real' ? LAYOUT.F32 : LAYOUT.F64)
    case 'wide': return encoding === ENCODING.PLAIN && layout === LAYOUT.I128
    case 'bytes': return encoding === ENCODING.DICTIONARY ? isNarrow
      : encoding === ENCODING.VIEW && layout === LAYOUT.VIEW
  }
}

/** Reads a descriptor of a group with `rows` rows; bad codes or parts outside the stream are XX001. */
export function decodeColumnChunk(reader: ByteReader, type: SqlType, rows: number, streamBytes: number): ColumnChunk {
  const encoding = reader.u8()
  const layout = reader.u8()
  const flags = reader.u8()
  if (encoding > ENCODING.DELTA || layout > LAYOUT.VIEW) reader.fail('unknown column encoding')
  const nullCount = reader.u32()
  const valuesOffset = reader.u32()
  const validityOffset = reader.u32()
  const dictionaryOffset = reader.u32()
  const dictionaryCount = reader.u32()
  const fits = encoding === ENCODING.CONSTANT || fitsType(encoding, layout, type)
  if (!fits || nullCount > rows) reader.fail('column encoding does not fit its type')
  if (encoding === ENCODING.CONSTANT && physicalOf(type) !== 'int' && nullCount < rows) {
    reader.fail('constant of no int')
  }
  const width = LAYOUT_WIDTH[layout]!
  const base = (flags & FLAG_BASE_INT64) !== 0 ? reader.i64() : reader.f64()
  if (typeof base === 'number' && !Number.isSafeInteger(base)) reader.fail('column base is no integer')
  const light = decodeLight(reader, encoding, layout, rows, valuesOffset, streamBytes)
  const isInside = (offset: number, bytes: number, unit: number): boolean =>
    offset === NO_PART || (offset % unit === 0 && offset + bytes <= streamBytes)
  const isPerRow = encoding < ENCODING.RUNS
  if (isPerRow && !isInside(valuesOffset, rows * width, width)) reader.fail('column part outside its row group')
  if (!isInside(validityOffset, (rows + 7) >> 3, 1)
    || !isInside(dictionaryOffset, dictionaryCount * 8, 8)) reader.fail('column part outside its row group')
  if (nullCount > 0 && nullCount < rows && validityOffset === NO_PART) reader.fail('column chunk without its NULLs')
  const isCoded = encoding === ENCODING.DICTIONARY || (encoding === ENCODING.RUNS && physicalOf(type) === 'bytes')
  if (isCoded && dictionaryOffset === NO_PART) reader.fail('column chunk without dictionary')
  if ((validityOffset !== NO_PART) !== ((flags & FLAG_VALIDITY) !== 0)) reader.fail('validity flag disagrees')
  if (encoding !== ENCODING.CONSTANT && valuesOffset === NO_PART) reader.fail('column chunk without values')
  const zone = (flags & FLAG_ZONE) !== 0 ? new RowCodec([type, type]).decode(reader) : [null, null]
  return {
    encoding: encoding as Encoding, layout: layout as Layout, nullCount, valuesOffset, validityOffset,
    dictionaryOffset, dictionaryCount, base, ...light, min: zone[0]!, max: zone[1]!, strings: null,
  }
}

interface LightParts {
  stored: Layout
  auxOffset: number
  auxCount: number
  step: number
}

// What run length and delta have beside the others. All parts lie inside the stream at multiples of their width.
function decodeLight(
  reader: ByteReader, encoding: number, layout: number, rows: number, valuesOffset: number, streamBytes: number,
): LightParts {
  if (encoding < ENCODING.RUNS) return { stored: layout as Layout, auxOffset: NO_PART, auxCount: 0, step: 0 }
  const isRuns = encoding === ENCODING.RUNS
  const stored = reader.u8()
  const auxOffset = reader.u32()
  const auxCount = reader.u32()
  const step = reader.f64()
  if (isRuns ? stored !== layout || step !== 0 : stored > LAYOUT.U16 || !Number.isSafeInteger(step)) {
    reader.fail('unknown column encoding')
  }
  const count = isRuns ? auxCount : rows
  if (isRuns ? auxCount < 1 || auxCount > rows : auxCount !== Math.ceil(rows / DELTA_BLOCK_ROWS)) {
    reader.fail('column chunk with an impossible number of parts')
  }
  const width = LAYOUT_WIDTH[stored]!
  const auxBytes = isRuns ? runDirectoryBytes(rows) + 2 * auxCount : 8 * auxCount
  const isInside = valuesOffset % width === 0 && valuesOffset + count * width <= streamBytes
    && auxOffset % (isRuns ? 2 : 8) === 0 && auxOffset + auxBytes <= streamBytes
  if (!isInside) reader.fail('column part outside its row group')
  return { stored: stored as Layout, auxOffset, auxCount, step }
}
