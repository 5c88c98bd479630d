// Rows an operator keeps: batches copied into chunks of CHUNK_ROWS rows per column in the canonical layout
// of each type, so that batches (which die at the producer's next()) can be sorted, joined or re-read.
//
//   row r  →  chunk r >>> 13, position r & 8191
//   int I64 · boolean U8 · real F32 · double F64 · wide I128 · bytes: codes or VIEW (stored-bytes.ts)
//
// The first chunk starts small and doubles, so a store of ten rows costs some hundred bytes per column.
import { assert } from '../../src/base/assert.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Dictionary, Layout } from '../../storage/column-buffers.ts'
import type { SqlType } from '../../src/base/types.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { canonicalLayout, emptyVector } from '../vector/vector.ts'
import type { Vector } from '../vector/vector.ts'
import { copyIntegers } from './copy-integers.ts'
import { gatherValues } from './gather.ts'
import { StoredBytes } from './stored-bytes.ts'

export const CHUNK_SHIFT = 13
export const CHUNK_ROWS = 1 << CHUNK_SHIFT
const CHUNK_MASK = CHUNK_ROWS - 1
const FIRST_ROWS = 64

// Selection list of append(), which calls nothing that appends: one for all stores.
const sharedSelection = new Int32Array(CHUNK_ROWS)

/** One stored column: a list of chunks. */
export interface StoredColumn {
  readonly type: SqlType
  /** For byte values U32 codes or VIEW, as stored-bytes.ts decides; else the type's canonical layout. */
  layout: Layout
  width: number
  /** Of the codes; see ColumnStore.dictionaryOf. */
  dictionary: Dictionary | null
  /** Address of each chunk's values. */
  readonly values: number[]
  /** Address of each chunk's validity bitmap; always there, all ones where nothing is NULL. */
  readonly validity: number[]
  hasNulls: boolean
  /** Range of the values when every source chunk knew its own; null when unknown. */
  min: number | bigint | null
  max: number | bigint | null
}

/** A growing, random-access copy of rows in an arena. */
export class ColumnStore {
  rows = 0
  /** Ends a long piece of work over the rows when the statement is cancelled; called every few milliseconds. */
  check: () => void = () => undefined
  readonly columns: readonly StoredColumn[]
  readonly memory: LinearMemory
  readonly #arena: Arena
  readonly #bytes: (StoredBytes | null)[]
  #capacity = 0

  constructor(memory: LinearMemory, arena: Arena, types: readonly SqlType[]) {
    this.memory = memory
    this.#arena = arena
    this.columns = types.map((type) => {
      const layout = canonicalLayout(type)
      return {
        type, layout, width: LAYOUT_WIDTH[layout]!, dictionary: null, values: [], validity: [], hasNulls: false,
        min: null, max: null,
      }
    })
    this.#bytes = this.columns.map((c) => c.layout === LAYOUT.VIEW ? new StoredBytes(memory, arena, c) : null)
  }

  /** Copies the alive rows of a batch; returns how many. Throws 53200 past the memory limit. */
  append(batch: Batch): number {
    const selection = batch.windowRows > CHUNK_ROWS ? new Int32Array(batch.windowRows) : sharedSelection
    const count = aliveRows(this.memory, batch, selection)
    this.appendRows(batch.columns, selection, count)
    return count
  }

  /** Copies the given rows of vectors. */
  appendRows(vectors: readonly Vector[], rows: Int32Array, count: number): void {
    assert(vectors.length >= this.columns.length, 'column store: missing columns')
    const first = this.rows === 0
    let done = 0
    if (count > 0) this.#bytes.forEach((bytes, c) => bytes?.prepare(vectors[c]!, this.rows))
    while (done < count) {
      this.#reserve(this.rows + 1, this.rows + count - done)
      const at = this.rows & CHUNK_MASK
      const room = Math.min(this.#capacity - this.rows, CHUNK_ROWS - at, count - done)
      const part = rows.subarray(done, done + room)
      for (let c = 0; c < this.columns.length; c++) this.#copy(c, vectors[c]!, part, room, at)
      this.rows += room
      done += room
    }
    for (let c = 0; c < this.columns.length; c++) mergeRange(this.columns[c]!, vectors[c]!, first)
  }

  /** Number of chunks with rows. */
  chunkCount(): number {
    return (this.rows + CHUNK_MASK) >>> CHUNK_SHIFT
  }

  /** One chunk as a dense batch in place; valid as long as the store is not appended to. */
  chunk(index: number): Batch {
    const windowRows = Math.min(CHUNK_ROWS, this.rows - index * CHUNK_ROWS)
    const columns = this.columns.map((column, c) => ({
      ...this.#vectorOf(c), valuesPtr: column.values[index]!,
      validityPtr: column.hasNulls ? column.validity[index]! : 0,
    }))
    return { windowRows, begin: 0, end: windowRows, alivePtr: 0, columns }
  }

  /** Picks stored rows of column `c` into a dense vector in `arena`; negative rows become NULL. */
  gather(c: number, rows: Int32Array, count: number, arena: Arena): Vector {
    const column = this.columns[c]!
    const padded = Math.max(64, Math.ceil(count / 64) * 64)
    const valuesPtr = arena.allocate(padded * column.width)
    let validityPtr = 0
    if (this.chunkCount() === 1) gatherValues(this.memory, column.values[0]!, column.width, rows, count, valuesPtr)
    else gatherChunks(this.memory, column, rows, count, valuesPtr)
    let negative = 0
    for (let i = 0; i < count; i++) negative |= rows[i]!
    if (column.hasNulls || negative < 0) {
      validityPtr = arena.allocateZeroed(padded >>> 3)
      gatherValid(this.memory.u8, column, rows, count, validityPtr)
    }
    return { ...this.#vectorOf(c), valuesPtr, validityPtr }
  }

  /** Picks stored rows of every column into a dense batch in `arena`. */
  gatherBatch(rows: Int32Array, count: number, arena: Arena): Batch {
    const columns = this.columns.map((_, c) => this.gather(c, rows, count, arena))
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  /** The dictionary of a byte column that holds codes; null when it holds views. */
  dictionaryOf(c: number): Dictionary | null {
    return this.#bytes[c]?.dictionary() ?? null
  }

  #vectorOf(c: number): Vector {
    const { type, layout, min, max } = this.columns[c]!
    return { ...emptyVector(type), layout, dictionary: this.dictionaryOf(c), min, max }
  }

  /** Makes room for at least `needed` rows, at most one chunk more; `wanted` guides the first chunk's size. */
  #reserve(needed: number, wanted: number): void {
    if (needed <= this.#capacity) return
    const firstSize = Math.min(CHUNK_ROWS, Math.max(FIRST_ROWS, 2 ** Math.ceil(Math.log2(wanted))))
    const grow = this.#capacity < CHUNK_ROWS
    const rows = grow ? firstSize : CHUNK_ROWS
    for (const [c, column] of this.columns.entries()) {
      // Byte columns may turn from codes into views in place.
      const values = this.#arena.allocate(rows * (this.#bytes[c] === null ? column.width : 8))
      const validity = this.#arena.allocate(bitmapBytes(rows))
      const u8 = this.memory.u8
      u8.fill(255, validity, validity + bitmapBytes(rows))
      if (grow && column.values.length === 1) {
        u8.copyWithin(values, column.values[0]!, column.values[0]! + this.rows * column.width)
        u8.copyWithin(validity, column.validity[0]!, column.validity[0]! + bitmapBytes(this.rows))
        column.values[0] = values
        column.validity[0] = validity
      } else {
        column.values.push(values)
        column.validity.push(validity)
      }
    }
    this.#capacity = grow ? rows : this.#capacity + CHUNK_ROWS
  }

  #copy(c: number, vector: Vector, rows: Int32Array, count: number, at: number): void {
    const column = this.columns[c]!
    const chunk = column.values.length - 1
    const to = column.values[chunk]! + at * column.width
    const bytes = this.#bytes[c]!
    if (bytes !== null) bytes.copy(vector, rows, count, { chunk, at })
    else if (column.layout === LAYOUT.I64) copyIntegers(this.memory, vector, rows, count, to)
    else if (column.layout === vector.layout && (column.layout !== LAYOUT.U8 || Number(vector.base) === 0)) {
      gatherValues(this.memory, vector.valuesPtr, column.width, rows, count, to)
    } else copyOther(this.memory, vector, rows, count, column.layout, to)
    if (vector.validityPtr === 0) return
    const u8 = this.memory.u8
    const validity = column.validity[chunk]!
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if ((u8[vector.validityPtr + (row >>> 3)]! & (1 << (row & 7))) !== 0) continue
      u8[validity + ((at + i) >>> 3)]! &= ~(1 << ((at + i) & 7))
      column.hasNulls = true
    }
  }
}

function mergeRange(column: StoredColumn, vector: Vector, first: boolean): void {
  if (vector.min === null || vector.max === null) {
    column.min = null
    column.max = null
  } else if (first) {
    column.min = vector.min
    column.max = vector.max
  } else if (column.min !== null && column.max !== null) {
    if (vector.min < column.min) column.min = vector.min
    if (vector.max > column.max) column.max = vector.max
  }
}

/** Booleans above a base (where all are true) or as wider integers, floats of the other width: rare, value by value. */
function copyOther(
  memory: LinearMemory, vector: Vector, rows: Int32Array, count: number, layout: Layout, to: number,
): void {
  const wide = vector.layout === LAYOUT.F64
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (layout === LAYOUT.U8) memory.u8[to + i] = smallInteger(memory, vector, row)
    else {
      const value = wide ? memory.f64[(vector.valuesPtr >>> 3) + row]! : memory.f32[(vector.valuesPtr >>> 2) + row]!
      if (layout === LAYOUT.F64) memory.f64[(to >>> 3) + i] = value
      else memory.f32[(to >>> 2) + i] = value
    }
  }
}

function smallInteger(memory: LinearMemory, vector: Vector, row: number): number {
  switch (vector.layout) {
    case LAYOUT.U8: return memory.u8[vector.valuesPtr + row]! + Number(vector.base)
    case LAYOUT.U16: return memory.u16[(vector.valuesPtr >>> 1) + row]! + Number(vector.base)
    case LAYOUT.U32: return memory.u32[(vector.valuesPtr >>> 2) + row]! + Number(vector.base)
    default: return memory.i32[(vector.valuesPtr >>> 2) + row * 2]!
  }
}

function gatherChunks(
  memory: LinearMemory, column: StoredColumn, rows: Int32Array, count: number, to: number,
): void {
  const { width, values } = column
  if (width === 8) return gatherChunkPairs(memory.i32, values, rows, count, to >>> 2)
  if (width === 4) return gatherChunkWords(memory.i32, values, rows, count, to >>> 2)
  const u8 = memory.u8
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const target = to + i * width
    if (row < 0) {
      u8.fill(0, target, target + width)
      continue
    }
    const source = values[row >>> CHUNK_SHIFT]! + (row & CHUNK_MASK) * width
    for (let b = 0; b < width; b++) u8[target + b] = u8[source + b]!
  }
}

function gatherChunkPairs(i32: Int32Array, values: number[], rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    const target = to + i * 2
    const source = row < 0 ? 0 : (values[row >>> CHUNK_SHIFT]! >>> 2) + (row & CHUNK_MASK) * 2
    i32[target] = row < 0 ? 0 : i32[source]!
    i32[target + 1] = row < 0 ? 0 : i32[source + 1]!
  }
}

function gatherChunkWords(i32: Int32Array, values: number[], rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    i32[to + i] = row < 0 ? 0 : i32[(values[row >>> CHUNK_SHIFT]! >>> 2) + (row & CHUNK_MASK)]!
  }
}

function gatherValid(u8: Uint8Array, column: StoredColumn, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (row < 0) continue
    const position = row & CHUNK_MASK
    const byte = u8[column.validity[row >>> CHUNK_SHIFT]! + (position >>> 3)]!
    if ((byte & (1 << (position & 7))) !== 0) u8[to + (i >>> 3)]! |= 1 << (i & 7)
  }
}
