// Vectors in linear memory to Arrow buffers of their own: one copy, no value becomes a JavaScript object except
// text that has to be found in a dictionary. `rows` lists the rows of the vector to take, in order.
//
//   values      typed array of the Arrow type's width (int64 and decimals as 32-bit words, low word first)
//   text        int32 offsets (rows + 1) and bytes
//   validity    bit per row, 1 = valid; absent when nothing is NULL
import { isNull, readCode, readScalar } from '../../exec/vector/reader.ts'
import type { Vector } from '../../exec/vector/vector.ts'
import { LAYOUT } from '../../storage/mod.ts'
import type { LinearMemory } from '../../storage/mod.ts'

const TWO32 = 4294967296

/** Rows of a batch to gather. */
export interface RowList {
  readonly rows: Int32Array
  readonly count: number
  /** True when the rows follow one another, ascending: then nothing looks at `rows` but its first entry. */
  readonly isRun: boolean
}

/** Buffers of one column of one record batch. */
export interface ColumnChunk {
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap: Uint8Array | undefined
  readonly data: ArrayBufferView
  readonly valueOffsets?: Int32Array
}

/** Bits of the rows that are not NULL. */
export function gatherValidity(
  memory: LinearMemory, vector: Vector, { rows, count }: RowList,
): { nullCount: number; nullBitmap: Uint8Array | undefined } {
  if (vector.validityPtr === 0) return { nullCount: 0, nullBitmap: undefined }
  const nullBitmap = new Uint8Array(Math.ceil(count / 64) * 8)
  let valid = 0
  for (let i = 0; i < count; i++) {
    if (isNull(memory, vector, rows[i]!)) continue
    nullBitmap[i >> 3]! |= 1 << (i & 7)
    valid++
  }
  return valid === count ? { nullCount: 0, nullBitmap: undefined } : { nullCount: count - valid, nullBitmap }
}

/** One column. Text comes out as plain UTF-8; see dictionary-column.ts for coded text. */
export function gatherColumn(memory: LinearMemory, vector: Vector, list: RowList): ColumnChunk {
  const { count } = list
  const validity = gatherValidity(memory, vector, list)
  return { length: count, ...validity, ...gatherValues(memory, vector, list) }
}

function gatherValues(memory: LinearMemory, vector: Vector, list: RowList): Pick<ColumnChunk, 'data' | 'valueOffsets'> {
  const { type } = vector
  switch (type.kind) {
    case 'boolean': return { data: gatherBits(memory, vector, list) }
    case 'smallint': return { data: gatherNumbers(memory, vector, list, new Int16Array(list.count)) }
    case 'integer': case 'date': return { data: gatherNumbers(memory, vector, list, new Int32Array(list.count)) }
    case 'real': return { data: gatherNumbers(memory, vector, list, new Float32Array(list.count)) }
    case 'double': return { data: gatherNumbers(memory, vector, list, new Float64Array(list.count)) }
    case 'decimal': return { data: new Uint32Array(gatherWords(memory, vector, list, 4).buffer) }
    case 'uuid': return { data: gatherFixed(memory, vector, list) }
    case 'interval': return { data: gatherIntervals(memory, vector, list) }
    case 'text': case 'json': case 'bytea': case 'null': return gatherBytes(memory, vector, list)
    default: return { data: new BigInt64Array(gatherWords(memory, vector, list, 2).buffer) }
  }
}

function gatherBits(memory: LinearMemory, vector: Vector, { rows, count }: RowList): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8))
  for (let i = 0; i < count; i++) if (readScalar(memory, vector, rows[i]!) === 1) bits[i >> 3]! |= 1 << (i & 7)
  return bits
}

/** Values that fit a double exactly: small integers and floats. */
function gatherNumbers<T extends Int16Array | Int32Array | Float32Array | Float64Array>(
  memory: LinearMemory, vector: Vector, { rows, count, isRun }: RowList, out: T,
): T {
  const { layout, valuesPtr, dictionary } = vector
  const base = Number(vector.base)
  const first = isRun && count > 0 ? rows[0]! : -1
  const at = (shift: number): number => Math.floor(valuesPtr / (1 << shift))
  if (dictionary !== null) {
    for (let i = 0; i < count; i++) out[i] = Number(readScalar(memory, vector, rows[i]!) ?? 0)
    return out
  }
  switch (layout) {
    case LAYOUT.U8: copyRebased(out, memory.u8, valuesPtr, base, rows, count, first); break
    case LAYOUT.U16: copyRebased(out, memory.u16, at(1), base, rows, count, first); break
    case LAYOUT.U32: copyRebased(out, memory.u32, at(2), base, rows, count, first); break
    case LAYOUT.F32: copyRebased(out, memory.f32, at(2), 0, rows, count, first); break
    case LAYOUT.F64: copyRebased(out, memory.f64, at(3), 0, rows, count, first); break
    // Integers of at most 32 bits: the low word is the value.
    default: for (let i = 0, words = at(2); i < count; i++) out[i] = memory.i32[words + 2 * rows[i]!]!
  }
  return out
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

// `first` = the first of consecutive rows, -1 = see `rows`.
function copyRebased(
  out: Int16Array | Int32Array | Float32Array | Float64Array, values: Numbers, origin: number, base: number,
  rows: Int32Array, count: number, first: number,
): void {
  if (first < 0) for (let i = 0; i < count; i++) out[i] = base + values[origin + rows[i]!]!
  else if (values instanceof Float64Array) out.set(values.subarray(origin + first, origin + first + count))
  else if (out instanceof Int32Array) copyRunToInts(out, values, origin + first, base | 0)
  else for (let i = 0, at = origin + first; i < count; i++, at++) out[i] = base + values[at]!
}

// Integers of at most 32 bits: base and sum wrap to the value.
function copyRunToInts(out: Int32Array, values: Numbers, at: number, base: number): void {
  if (values instanceof Uint32Array) for (let i = 0; i < out.length; i++, at++) out[i] = base + values[at]! | 0
  else if (values instanceof Uint16Array) for (let i = 0; i < out.length; i++, at++) out[i] = base + values[at]! | 0
  else for (let i = 0; i < out.length; i++, at++) out[i] = base + values[at]! | 0
}

/** Integers as `width` 32-bit words each, two's complement, sign-extended. */
function gatherWords(memory: LinearMemory, vector: Vector, list: RowList, width: 2 | 4): Int32Array {
  const { rows, count, isRun } = list
  const out = new Int32Array(width * count)
  const { layout, valuesPtr, base, dictionary } = vector
  const { u8, u16, u32, i32 } = memory
  const isNarrow = layout === LAYOUT.U8 || layout === LAYOUT.U16 || layout === LAYOUT.U32
  if (dictionary !== null || (isNarrow && (typeof base !== 'number' || !Number.isSafeInteger(base + TWO32)))) {
    return gatherAnyWords(memory, vector, list, out, width)
  }
  if (isNarrow && isRun && width === 2 && count > 0) {
    const shift = layout === LAYOUT.U8 ? 0 : layout === LAYOUT.U16 ? 1 : 2
    copyRunToWords(out, shift === 0 ? u8 : shift === 1 ? u16 : u32, (valuesPtr >>> shift) + rows[0]!, base as number)
  } else if (isNarrow) {
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const narrow = layout === LAYOUT.U8
        ? u8[valuesPtr + row]! : layout === LAYOUT.U16 ? u16[(valuesPtr >>> 1) + row]!
        : u32[(valuesPtr >>> 2) + row]!
      const value = (base as number) + narrow
      out[width * i] = value | 0
      out[width * i + 1] = Math.floor(value / TWO32)
    }
  } else {
    const stored = layout === LAYOUT.I128 ? 4 : 2
    const words = valuesPtr >>> 2
    for (let i = 0; i < count; i++) {
      const from = words + stored * rows[i]!
      for (let w = 0; w < width && w < stored; w++) out[width * i + w] = i32[from + w]!
    }
    if (stored === 4) return out
  }
  if (width === 4) for (let i = 0; i < count; i++) out[4 * i + 2] = out[4 * i + 3] = out[4 * i + 1]! >> 31
  return out
}

// base + narrow as two words: the low words are added, and the carry goes to the high one.
function copyRunToWords(
  out: Int32Array, values: Uint8Array | Uint16Array | Uint32Array, at: number, base: number,
): void {
  const low = base >>> 0
  const high = Math.floor(base / TWO32) | 0
  for (let i = 0; i < out.length; i += 2, at++) {
    const sum = low + values[at]!
    out[i] = sum | 0
    out[i + 1] = sum < TWO32 ? high : high + 1
  }
}

/** The slow way, for odd layouts. */
function gatherAnyWords(
  memory: LinearMemory, vector: Vector, { rows, count }: RowList, out: Int32Array, width: 2 | 4,
): Int32Array {
  const wide = new BigInt64Array(out.buffer)
  for (let i = 0; i < count; i++) {
    const value = BigInt((readScalar(memory, vector, rows[i]!) ?? 0) as number | bigint)
    wide[(width / 2) * i] = BigInt.asIntN(64, value)
    if (width === 4) wide[2 * i + 1] = value >> 64n
  }
  return out
}

/** Index into u32 of the view (address, length) of a row's bytes. */
function viewOf(memory: LinearMemory, vector: Vector, row: number): number {
  const { dictionary } = vector
  if (dictionary === null) return (vector.valuesPtr >>> 2) + 2 * row
  return (dictionary.viewsPtr >>> 2) + 2 * readCode(memory, vector, row)
}

function gatherBytes(
  memory: LinearMemory, vector: Vector, { rows, count }: RowList,
): { data: Uint8Array; valueOffsets: Int32Array } {
  const { u8, u32 } = memory
  const valueOffsets = new Int32Array(count + 1)
  const hasNulls = vector.validityPtr !== 0
  let total = 0
  for (let i = 0; i < count; i++) {
    if (!hasNulls || !isNull(memory, vector, rows[i]!)) total += u32[viewOf(memory, vector, rows[i]!) + 1]!
    valueOffsets[i + 1] = total
  }
  const data = new Uint8Array(total)
  for (let i = 0; i < count; i++) {
    const at = valueOffsets[i]!
    const length = valueOffsets[i + 1]! - at
    if (length === 0) continue
    const address = u32[viewOf(memory, vector, rows[i]!)]!
    if (length > 24) data.set(u8.subarray(address, address + length), at)
    else for (let b = 0; b < length; b++) data[at + b] = u8[address + b]!
  }
  return { data, valueOffsets }
}

function gatherFixed(memory: LinearMemory, vector: Vector, { rows, count }: RowList): Uint8Array {
  const data = new Uint8Array(16 * count)
  for (let i = 0; i < count; i++) {
    if (isNull(memory, vector, rows[i]!)) continue
    const address = memory.u32[viewOf(memory, vector, rows[i]!)]!
    data.set(memory.u8.subarray(address, address + 16), 16 * i)
  }
  return data
}

/** Ours: i64 microseconds, i32 days, i32 months. Arrow's: i32 months, i32 days, i64 nanoseconds. */
function gatherIntervals(memory: LinearMemory, vector: Vector, list: RowList): Int32Array {
  const own = new DataView(gatherFixed(memory, vector, list).buffer)
  const words = new Int32Array(4 * list.count)
  const view = new DataView(words.buffer)
  for (let i = 0; i < list.count; i++) {
    view.setInt32(16 * i, own.getInt32(16 * i + 12, true), true)
    view.setInt32(16 * i + 4, own.getInt32(16 * i + 8, true), true)
    view.setBigInt64(16 * i + 8, own.getBigInt64(16 * i, true) * 1000n, true)
  }
  return words
}
