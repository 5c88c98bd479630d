// Vectors in linear memory to Arrow buffers of their own: one copy, no value becomes a JavaScript object except
// text that has to be found in a dictionary.
//
//   values      typed array of the Arrow type's width
//   text        int32 offsets (rows + 1) and bytes
//   validity    bit per row, 1 = valid; absent when nothing is NULL
//
// Rows are either a run, which is widened in WebAssembly (exec/vector/widen.ts) into scratch and leaves linear memory
// in one copy, or a list, which is read row by row. Every column has buffers of its own: who transfers one to a worker
// keeps the others (docs/decisions/0014).
import { isNull, readCode, readScalar } from '../../exec/vector/reader.ts'
import type { Vector } from '../../exec/vector/vector.ts'
import { WIDEN_ROWS, Widener } from '../../exec/vector/widen.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/mod.ts'
import type { Arena, LinearMemory } from '../../storage/mod.ts'
import type { ColumnChunk } from './arrow-objects.ts'

const TWO32 = 4294967296

/** Rows of a batch to gather, in this order. */
export interface RowList {
  readonly rows: Int32Array
  readonly count: number
  /** The first row of a run of `count` rows, whose `rows` are not filled; -1: rows as listed. */
  readonly first: number
}

type Integers = Int16Array | Int32Array | Uint32Array | BigInt64Array

/** Gathers the columns of one result's batches. */
export class ColumnGatherer {
  readonly #memory: LinearMemory
  readonly #arena: Arena
  readonly #widener: Widener
  #scratch = 0
  #scratchBytes = 0

  constructor(memory: LinearMemory, arena: Arena) {
    this.#memory = memory
    this.#arena = arena
    this.#widener = Widener.of(memory)
  }

  /** One column. Text comes out as plain UTF-8; see dictionary-column.ts for coded text. */
  column(vector: Vector, list: RowList): ColumnChunk {
    const { count } = list
    const validity = gatherValidity(this.#memory, vector, list)
    const nullCount = validity === undefined ? 0 : count - countBits(validity)
    const nullBitmap = nullCount === 0 ? undefined : validity
    const data = this.#values(vector, list)
    if (data !== null) return { length: count, nullCount, nullBitmap, data }
    return { length: count, nullCount, nullBitmap, ...gatherBytes(this.#memory, vector, list) }
  }

  /** Codes of a dictionary-coded run or list; those of NULLs mean nothing. */
  codes(vector: Vector, list: RowList): Int32Array {
    const { rows, count, first } = list
    const codes = new Int32Array(count)
    if (first >= 0) this.#widen(vector, 0, first, codes, 4)
    else for (let i = 0; i < count; i++) codes[i] = readCode(this.#memory, vector, rows[i]!)
    return codes
  }

  #values(vector: Vector, list: RowList): ArrayBufferView | null {
    const { type: { kind } } = vector
    const { count } = list
    const memory = this.#memory
    switch (kind) {
      case 'integer': case 'date': return this.#integers(vector, list, new Int32Array(count), 4)
      case 'decimal': return this.#integers(vector, list, new Uint32Array(4 * count), 16)
      case 'smallint': return gatherNumbers(memory, vector, list, new Int16Array(count))
      case 'real': return gatherNumbers(memory, vector, list, new Float32Array(count))
      case 'double': return gatherNumbers(memory, vector, list, new Float64Array(count))
      case 'boolean': return gatherBits(memory, vector, list)
      case 'uuid': return gatherFixed(memory, vector, list)
      case 'interval': return gatherIntervals(memory, vector, list)
      case 'text': case 'json': case 'jsonb': case 'array': case 'bytea': case 'null': return null
      default: return this.#integers(vector, list, new BigInt64Array(count), 8)
    }
  }

  #integers<T extends Integers>(vector: Vector, list: RowList, out: T, bytes: 4 | 8 | 16): T {
    const { layout, base, dictionary, valuesPtr } = vector
    const { first, count } = list
    if (dictionary !== null || typeof base !== 'number' || !Number.isSafeInteger(base)) {
      return gatherAny(this.#memory, vector, list, out, bytes)
    }
    if (first >= 0 && layout <= LAYOUT.I64 && !(layout === LAYOUT.I64 && bytes === 8)) {
      this.#widen(vector, base, first, out, bytes)
      return out
    }
    if (layout === LAYOUT_OF[bytes] && first >= 0) {
      const from = valuesPtr + bytes * first
      new Uint8Array(out.buffer).set(this.#memory.u8.subarray(from, from + bytes * count))
      return out
    }
    if (bytes === 4) gatherNumbers(this.#memory, vector, list, out as Int32Array)
    else gatherWords(this.#memory, vector, list, new Int32Array(out.buffer), bytes / 4)
    return out
  }

  /** base + narrow of a run of rows: from a row that steps begin with, so `skip` values too many come first. */
  #widen(vector: Vector, base: number, first: number, out: Integers, bytes: 4 | 8 | 16): void {
    const count = out.byteLength / bytes
    if (count === 0) return
    const { u8 } = this.#memory
    const skip = first % WIDEN_ROWS
    const steps = Math.ceil((skip + count) / WIDEN_ROWS)
    const target = this.#room(steps * WIDEN_ROWS * bytes)
    const from = vector.valuesPtr + (first - skip) * LAYOUT_WIDTH[vector.layout]!
    this.#widener.from(vector.layout, bytes)(from, steps, target, base | 0, Math.floor(base / TWO32))
    const at = target + skip * bytes
    const words = new Uint8Array(out.buffer)
    words.set(u8.subarray(at, at + words.length))
  }

  #room(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      this.#scratchBytes = Math.max(bytes, 2 * this.#scratchBytes)
      this.#scratch = this.#arena.allocate(this.#scratchBytes)
    }
    return this.#scratch
  }
}

const LAYOUT_OF: Record<4 | 8 | 16, number> = { 4: -1, 8: LAYOUT.I64, 16: LAYOUT.I128 }

/** Bits of the rows that are not NULL; undefined when the column has none. */
export function gatherValidity(memory: LinearMemory, vector: Vector, list: RowList): Uint8Array | undefined {
  if (vector.validityPtr === 0) return undefined
  const { rows, count, first } = list
  const bitmap = new Uint8Array(Math.ceil(count / 64) * 8)
  if (first >= 0) {
    copyBits(memory.u8, vector.validityPtr, first, bitmap, count)
    return bitmap
  }
  for (let i = 0; i < count; i++) if (!isNull(memory, vector, rows[i]!)) bitmap[i >> 3]! |= 1 << (i & 7)
  return bitmap
}

// Bits first … first + count - 1 to the front of `out`, and zeros behind them.
function copyBits(u8: Uint8Array, ptr: number, first: number, out: Uint8Array, count: number): void {
  const bytes = (count + 7) >> 3
  const shift = first & 7
  const from = ptr + (first >> 3)
  if (shift === 0) out.set(u8.subarray(from, from + bytes))
  else for (let i = 0; i < bytes; i++) out[i] = u8[from + i]! >> shift | u8[from + i + 1]! << (8 - shift)
  if ((count & 7) !== 0) out[bytes - 1]! &= (1 << (count & 7)) - 1
}

/** Set bits of a bitmap of whole 64-bit words. */
export function countBits(bitmap: Uint8Array): number {
  let count = 0
  for (let i = 0; i < bitmap.length; i += 4) {
    let word = bitmap[i]! | bitmap[i + 1]! << 8 | bitmap[i + 2]! << 16 | bitmap[i + 3]! << 24
    word -= word >>> 1 & 0x55555555
    word = (word & 0x33333333) + (word >>> 2 & 0x33333333)
    count += Math.imul(word + (word >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return count
}

function gatherBits(memory: LinearMemory, vector: Vector, { rows, count, first }: RowList): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8))
  for (let i = 0; i < count; i++) {
    if (readScalar(memory, vector, first < 0 ? rows[i]! : first + i) === 1) bits[i >> 3]! |= 1 << (i & 7)
  }
  return bits
}

/** Values that fit a double exactly: small integers and floats. */
function gatherNumbers<T extends Int16Array | Int32Array | Float32Array | Float64Array>(
  memory: LinearMemory, vector: Vector, list: RowList, out: T,
): T {
  const { layout, valuesPtr, dictionary } = vector
  const { rows, count, first } = list
  const base = Number(vector.base)
  const at = (shift: number): number => Math.floor(valuesPtr / (1 << shift))
  if (dictionary !== null) {
    for (let i = 0; i < count; i++) out[i] = Number(readScalar(memory, vector, first < 0 ? rows[i]! : first + i) ?? 0)
    return out
  }
  switch (layout) {
    case LAYOUT.U8: copyRebased(out, memory.u8, at(0), base, list); break
    case LAYOUT.U16: copyRebased(out, memory.u16, at(1), base, list); break
    case LAYOUT.U32: copyRebased(out, memory.u32, at(2), base, list); break
    case LAYOUT.F32: copyRebased(out, memory.f32, at(2), 0, list); break
    case LAYOUT.F64: copyRebased(out, memory.f64, at(3), 0, list); break
    // Integers of at most 32 bits: the low word is the value.
    default: for (let i = 0, words = at(2); i < count; i++) {
      out[i] = memory.i32[words + 2 * (first < 0 ? rows[i]! : first + i)]!
    }
  }
  return out
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

function copyRebased(
  out: Int16Array | Int32Array | Float32Array | Float64Array, values: Numbers, origin: number, base: number,
  { rows, count, first }: RowList,
): void {
  if (first < 0) for (let i = 0; i < count; i++) out[i] = base + values[origin + rows[i]!]!
  else if (values instanceof Float64Array || values instanceof Float32Array) {
    out.set(values.subarray(origin + first, origin + first + count))
  } else for (let i = 0, at = origin + first; i < count; i++, at++) out[i] = base + values[at]!
}

/** Listed integers as `width` 32-bit words each, two's complement, sign-extended. */
function gatherWords(memory: LinearMemory, vector: Vector, list: RowList, out: Int32Array, width: number): void {
  const { rows, count } = list
  const { layout, valuesPtr } = vector
  const { u8, u16, u32, i32 } = memory
  if (layout <= LAYOUT.U32) {
    const base = vector.base as number
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const narrow = layout === LAYOUT.U8
        ? u8[valuesPtr + row]! : layout === LAYOUT.U16 ? u16[(valuesPtr >>> 1) + row]!
        : u32[(valuesPtr >>> 2) + row]!
      pushSum(out, width * i, base, narrow)
    }
  } else {
    const stored = layout === LAYOUT.I128 ? 4 : 2
    const words = valuesPtr >>> 2
    for (let i = 0; i < count; i++) {
      const from = words + stored * rows[i]!
      for (let w = 0; w < width && w < stored; w++) out[width * i + w] = i32[from + w]!
    }
    if (stored === 4) return
  }
  if (width === 4) for (let i = 0; i < count; i++) out[4 * i + 2] = out[4 * i + 3] = out[4 * i + 1]! >> 31
}

// A safe integer plus 32 bits may be no safe integer: the low words are added, the carry goes to the high word.
function pushSum(out: Int32Array, at: number, base: number, narrow: number): void {
  const sum = (base >>> 0) + narrow
  out[at] = sum | 0
  out[at + 1] = Math.floor(base / TWO32) + (sum < TWO32 ? 0 : 1)
}

/** The slow way, for odd layouts. */
function gatherAny<T extends Integers>(memory: LinearMemory, vector: Vector, list: RowList, out: T, bytes: number): T {
  const { rows, count, first } = list
  const view = new DataView(out.buffer)
  for (let i = 0; i < count; i++) {
    const value = readScalar(memory, vector, first < 0 ? rows[i]! : first + i) ?? 0
    if (bytes === 4) view.setInt32(4 * i, Number(value), true)
    else view.setBigInt64(bytes * i, BigInt.asIntN(64, BigInt(value as number | bigint)), true)
    if (bytes === 16) view.setBigInt64(16 * i + 8, BigInt(value as number | bigint) >> 64n, true)
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
  memory: LinearMemory, vector: Vector, { rows, count, first }: RowList,
): { data: Uint8Array; valueOffsets: Int32Array } {
  const { u8, u32 } = memory
  const valueOffsets = new Int32Array(count + 1)
  const hasNulls = vector.validityPtr !== 0
  let total = 0
  // Plain texts of a window lie behind one another (column-loader.ts): then they are one copy.
  let begin = 0
  let isOneCopy = true
  for (let i = 0; i < count; i++) {
    const row = first < 0 ? rows[i]! : first + i
    if (!hasNulls || !isNull(memory, vector, row)) {
      const view = viewOf(memory, vector, row)
      const length = u32[view + 1]!
      if (total === 0) begin = u32[view]!
      else if (length > 0 && u32[view]! !== begin + total) isOneCopy = false
      total += length
    }
    valueOffsets[i + 1] = total
  }
  const data = new Uint8Array(total)
  if (isOneCopy) data.set(u8.subarray(begin, begin + total))
  else for (let i = 0; i < count; i++) {
    const at = valueOffsets[i]!
    const length = valueOffsets[i + 1]! - at
    if (length === 0) continue
    const address = u32[viewOf(memory, vector, first < 0 ? rows[i]! : first + i)]!
    if (length > 24) data.set(u8.subarray(address, address + length), at)
    else for (let b = 0; b < length; b++) data[at + b] = u8[address + b]!
  }
  return { data, valueOffsets }
}

function gatherFixed(memory: LinearMemory, vector: Vector, { rows, count, first }: RowList): Uint8Array {
  const data = new Uint8Array(16 * count)
  for (let i = 0; i < count; i++) {
    const row = first < 0 ? rows[i]! : first + i
    if (isNull(memory, vector, row)) continue
    const address = memory.u32[viewOf(memory, vector, row)]!
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
