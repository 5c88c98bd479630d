// Decodes whole row groups into staged columns, for merges and exports of the base. The counterpart of
// chunk-encoder.ts; value by value reading is chunk-reader.ts.
import { isText, physicalOf } from '../../src/base/types.ts'
import type { SqlType, TableSchema } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { TEXT_STEP_ROWS, finishSteps } from './chunk-plan.ts'
import { ENCODING, NO_PART } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { decodeWindow, isLight, viewsOf } from './light-decoder.ts'
import { LONG_VALUE_BYTES, LongValue } from './long-value.ts'
import type { GroupMeta, RowGroup } from './row-group.ts'
import type { NumberArray, ObjectArray, StagedColumn, StagedValues } from './staged-column.ts'

/** Values read one by one in a step: a string takes up to half a microsecond. */
const VALUE_STEP_ROWS = 2048

/** Every column of a group, decoded; long values outside of the key by reference. */
export function decodeGroup(
  reader: ChunkReader, group: RowGroup, meta: GroupMeta, schema: TableSchema,
): StagedColumn[] {
  return schema.columns.map((column, c) =>
    decodeColumn(reader, group, meta.chunks[c]!, column.type, !schema.key.includes(c)))
}

/** Some columns of a group, decoded, in the order of `ordinals`. */
export function decodeColumns(
  reader: ChunkReader, group: RowGroup, meta: GroupMeta, schema: TableSchema, ordinals: readonly number[],
): StagedColumn[] {
  return ordinals.map((c) => decodeColumn(reader, group, meta.chunks[c]!, schema.columns[c]!.type))
}

/** One column of a group, decoded; with `refers` long values are references into the group. */
function decodeColumn(
  reader: ChunkReader, group: RowGroup, chunk: ColumnChunk, type: SqlType, refers = false,
): StagedColumn {
  return finishSteps(decodeColumnSteps(reader, group, chunk, type, refers))
}

/** The same in steps: numbers in one, text and wide numbers in slices. */
export function* decodeColumnSteps(
  reader: ChunkReader, group: RowGroup, chunk: ColumnChunk, type: SqlType, refers: boolean,
): Generator<void, StagedColumn> {
  const nulls = decodeNulls(reader, group, chunk)
  const values = yield* decodeValues(reader, group, chunk, type, nulls, refers)
  return { type, values, nulls, count: group.rows }
}

function decodeNulls(reader: ChunkReader, group: RowGroup, chunk: ColumnChunk): Uint8Array | null {
  if (chunk.nullCount === 0) return null
  const nulls = new Uint8Array(group.rows)
  if (chunk.nullCount === group.rows) return nulls.fill(1)
  const bitmap = new Uint8Array((group.rows + 7) >> 3)
  reader.copy(group, chunk.validityOffset, bitmap.length, bitmap)
  for (let i = 0; i < group.rows; i++) nulls[i] = ((bitmap[i >> 3]! >> (i & 7)) & 1) ^ 1
  return nulls
}

function* decodeValues(
  reader: ChunkReader, group: RowGroup, chunk: ColumnChunk, type: SqlType, nulls: Uint8Array | null,
  refers: boolean,
): Generator<void, StagedValues> {
  const physical = physicalOf(type)
  if (physical === 'bytes' || physical === 'wide') {
    return yield* decodeObjects(reader, group, chunk, type, nulls, refers)
  }
  const rows = group.rows
  if (chunk.encoding === ENCODING.CONSTANT) {
    return typeof chunk.base === 'bigint' ? new BigInt64Array(rows).fill(chunk.base)
      : new Float64Array(rows).fill(chunk.base)
  }
  const raw = rawValues(reader, group, chunk)
  if (chunk.layout === LAYOUT.I64) return decodeInt64(raw, chunk)
  const narrow = typedOver(raw, chunk)
  const out = new Float64Array(rows)
  const base = chunk.base as number
  for (let i = 0; i < rows; i++) out[i] = base + narrow[i]!
  return out
}

// The values part copied out of the frames.
function rawValues(reader: ChunkReader, group: RowGroup, chunk: ColumnChunk): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(group.rows * LAYOUT_WIDTH[chunk.layout]!)
  if (isLight(chunk)) {
    const views = viewsOf(new ArrayBuffer(group.rows * 8))
    decodeWindow(reader, group, chunk, 0, group.rows, views, 0)
    bytes.set(views.u8.subarray(0, bytes.length))
    return bytes
  }
  reader.copy(group, chunk.valuesOffset, bytes.length, bytes)
  return bytes
}

function typedOver(raw: Uint8Array<ArrayBuffer>, chunk: ColumnChunk): NumberArray {
  switch (chunk.layout) {
    case LAYOUT.U8: return raw
    case LAYOUT.U16: return new Uint16Array(raw.buffer)
    case LAYOUT.U32: return new Uint32Array(raw.buffer)
    case LAYOUT.F32: return new Float32Array(raw.buffer)
    default: return new Float64Array(raw.buffer)
  }
}

function decodeInt64(raw: Uint8Array<ArrayBuffer>, chunk: ColumnChunk): StagedValues {
  if (typeof chunk.min !== 'number' || typeof chunk.max !== 'number') return new BigInt64Array(raw.buffer)
  const halves = new Int32Array(raw.buffer)
  const out = new Float64Array(halves.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = halves[2 * i + 1]! * 0x1_0000_0000 + (halves[2 * i]! >>> 0)
  return out
}

function* decodeObjects(
  reader: ChunkReader, group: RowGroup, chunk: ColumnChunk, type: SqlType, nulls: Uint8Array | null,
  refers: boolean,
): Generator<void, ObjectArray> {
  const out: ObjectArray = new Array(group.rows).fill(null)
  if (chunk.nullCount === group.rows) return out
  if (chunk.dictionaryOffset !== NO_PART && isText(type)) {
    const strings: string[] = []
    for (let code = 0; code < chunk.dictionaryCount; code++) {
      if (code % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) yield
      strings.push(reader.dictionaryString(group, chunk, code))
    }
    const raw = rawValues(reader, group, chunk)
    const codes = typedOver(raw, chunk)
    for (let i = 0; i < group.rows; i++) {
      if (nulls !== null && nulls[i] !== 0) continue
      out[i] = strings[codes[i]!] ?? reader.failInside(group, 'unknown dictionary code')
    }
    return out
  }
  for (let i = 0; i < group.rows; i++) {
    if (i % VALUE_STEP_ROWS === VALUE_STEP_ROWS - 1) yield
    if (nulls !== null && nulls[i] !== 0) continue
    out[i] = (refers ? referTo(reader, group, chunk, i) : null)
      ?? reader.read(group, chunk, type, i) as bigint | string | Uint8Array
  }
  return out
}

/** A long value of a row by reference; null when it is not long, not text or bytes, or NULL. */
export function referTo(reader: ChunkReader, group: RowGroup, chunk: ColumnChunk, row: number): LongValue | null {
  if (chunk.encoding !== ENCODING.VIEW || reader.isNull(group, chunk, row)) return null
  const { offset, length } = reader.viewAt(group, chunk, row)
  if (length < LONG_VALUE_BYTES) return null
  return new LongValue(length, (from, target) => reader.copy(group, offset + from, target.length, target))
}

