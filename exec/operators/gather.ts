// Gathers: picks rows of vectors by position into a new dense vector of the same layout. The inner loops
// of joins, sorts and reversals. Position -1 gives NULL (the missing side of a left join).
//
// Values are moved as bytes of their layout: codes stay codes with their dictionary, frame-of-reference
// values keep their base, 8-byte values move as two words so that no NaN payload or BigInt is touched.
import type { Arena } from '../../storage/memory/arena.ts'
import { ZERO_ADDRESS } from '../../storage/memory/linear-memory.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { SqlType } from '../../src/base/types.ts'
import { LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Batch } from '../vector/batch.ts'
import { bitmapBytes } from '../vector/batch.ts'
import { emptyVector } from '../vector/vector.ts'
import type { Vector } from '../vector/vector.ts'

/** Rows rounded up to whole 64-row words: what a vector of `rows` rows must have readable. */
function paddedRows(rows: number): number {
  return Math.ceil(rows / 64) * 64
}

/** Picks `rows[0..count)` of every column into a dense batch in `arena`. Cost: 1-3 ns per value. */
export function gatherBatch(
  memory: LinearMemory, batch: Batch, rows: Int32Array, count: number, arena: Arena,
): Batch {
  const columns = batch.columns.map((column) => gatherVector(memory, column, rows, count, arena))
  return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
}

/** Picks `rows[0..count)` of one vector. Negative positions become NULL. */
export function gatherVector(
  memory: LinearMemory, vector: Vector, rows: Int32Array, count: number, arena: Arena,
): Vector {
  const width = LAYOUT_WIDTH[vector.layout]!
  const valuesPtr = arena.allocate(Math.max(paddedRows(count), 64) * width)
  gatherValues(memory, vector.valuesPtr, width, rows, count, valuesPtr)
  const missing = hasNegative(rows, count)
  let validityPtr = 0
  if (missing || vector.validityPtr !== 0) {
    validityPtr = arena.allocateZeroed(Math.max(bitmapBytes(count), 8))
    gatherValidity(memory.u8, vector.validityPtr, rows, count, validityPtr)
  }
  return { ...vector, valuesPtr, validityPtr }
}

/** A column that nothing reads: NULL in every row, over the frame of zeros. */
export function unreadVector(type: SqlType): Vector {
  return { ...emptyVector(type), valuesPtr: ZERO_ADDRESS, validityPtr: ZERO_ADDRESS }
}

function hasNegative(rows: Int32Array, count: number): boolean {
  let all = 0
  for (let i = 0; i < count; i++) all |= rows[i]!
  return all < 0
}

/** Moves fixed-width values; the bytes at negative positions are zero. Offsets are aligned to the width. */
export function gatherValues(
  memory: LinearMemory, from: number, width: number, rows: Int32Array, count: number, to: number,
): void {
  switch (width) {
    case 1: return gatherBytes(memory.u8, from, rows, count, to)
    case 2: return gatherHalves(memory.u16, from >>> 1, rows, count, to >>> 1)
    case 4: return gatherWords(memory.i32, from >>> 2, rows, count, to >>> 2)
    case 8: return gatherPairs(memory.i32, from >>> 2, rows, count, to >>> 2)
    default: return gatherQuads(memory.i32, from >>> 2, rows, count, to >>> 2)
  }
}

function gatherBytes(u8: Uint8Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    u8[to + i] = row < 0 ? 0 : u8[from + row]!
  }
}

function gatherHalves(u16: Uint16Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    u16[to + i] = row < 0 ? 0 : u16[from + row]!
  }
}

function gatherWords(i32: Int32Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    i32[to + i] = row < 0 ? 0 : i32[from + row]!
  }
}

function gatherPairs(i32: Int32Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const source = from + row * 2
    const target = to + i * 2
    i32[target] = row < 0 ? 0 : i32[source]!
    i32[target + 1] = row < 0 ? 0 : i32[source + 1]!
  }
}

function gatherQuads(i32: Int32Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const source = from + row * 4
    const target = to + i * 4
    for (let part = 0; part < 4; part++) i32[target + part] = row < 0 ? 0 : i32[source + part]!
  }
}

function gatherValidity(u8: Uint8Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (row < 0) continue
    if (from !== 0 && (u8[from + (row >>> 3)]! & (1 << (row & 7))) === 0) continue
    u8[to + (i >>> 3)]! |= 1 << (i & 7)
  }
}
