// Encodes one column of one row group into the parts of column-chunk.ts. Two phases, because the parts of
// all columns share one stream: planning decides encodings and part sizes, writing happens once
// row-group-writer.ts has placed the parts.
//
// Numbers are first copied into a Float64Array of up to 65,536 values (a native conversion), so the
// min/max and narrowing loops below see one array type only and stay fast.
import { physicalOf } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { emptyChunk, partAlignment, setZone } from './chunk-plan.ts'
import type { ChunkPlan, FixedPart } from './chunk-plan.ts'
import { ENCODING } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { loadSafeDoubles, safeInteger, stagedScalar } from './staged-column.ts'
import type { StagedColumn } from './staged-column.ts'
import { planText } from './text-encoder.ts'

const scratch = new Float64Array(65536)

/** Plans rows [begin, begin + rows) of a staged column. */
export function planChunk(column: StagedColumn, begin: number, rows: number): ChunkPlan {
  const plan = planValues(column, begin, rows)
  const nulls = column.nulls
  if (nulls === null) return plan
  let nullCount = 0
  for (let i = 0; i < rows; i++) nullCount += nulls[begin + i]!
  plan.chunk.nullCount = nullCount
  if (nullCount > 0) plan.parts.push(validityPart(plan.chunk, nulls, begin, rows))
  return plan
}

function planValues(column: StagedColumn, begin: number, rows: number): ChunkPlan {
  switch (physicalOf(column.type)) {
    case 'int': return planInts(column, begin, rows)
    case 'float': return planFloats(column, begin, rows)
    case 'wide': return planWide(column, begin, rows)
    case 'bytes': return planText(column, begin, rows)
  }
}

function valuesPart(
  chunk: ColumnChunk, rows: number, write: (memory: LinearMemory, address: number) => void,
): FixedPart {
  const width = LAYOUT_WIDTH[chunk.layout]!
  return {
    bytes: rows * width, align: partAlignment(rows, width),
    place: (offset) => { chunk.valuesOffset = offset }, write,
  }
}

function validityPart(chunk: ColumnChunk, nulls: Uint8Array, begin: number, rows: number): FixedPart {
  const bytes = (rows + 7) >> 3
  return {
    bytes, align: partAlignment(rows, 1 / 8),
    place: (offset) => { chunk.validityOffset = offset },
    write: (memory, address) => {
      memory.u8.fill(0, address, address + bytes)
      for (let i = 0; i < rows; i++) {
        if (nulls[begin + i] === 0) memory.u8[address + (i >> 3)]! |= 1 << (i & 7)
      }
    },
  }
}

// NULL slots take the value of the row before them, so they widen no range.
function fillNulls(values: Float64Array, nulls: Uint8Array, begin: number, rows: number): boolean {
  let first = 0
  while (first < rows && nulls[begin + first] === 1) first++
  if (first === rows) return false
  let last = values[first]!
  for (let i = 0; i < rows; i++) {
    if (nulls[begin + i] === 1) values[i] = last
    else last = values[i]!
  }
  return true
}

function planInts(column: StagedColumn, begin: number, rows: number): ChunkPlan {
  const source = column.values
  if (source instanceof BigInt64Array && !loadSafeDoubles(source, begin, rows, scratch)) {
    return planBigInts(column, source, begin, rows)
  }
  if (!(source instanceof BigInt64Array)) scratch.set((source as Float64Array).subarray(begin, begin + rows))
  const chunk = emptyChunk()
  if (column.nulls !== null && !fillNulls(scratch, column.nulls, begin, rows)) return { chunk, parts: [], text: null }
  let min = scratch[0]!
  let max = min
  for (let i = 1; i < rows; i++) {
    const v = scratch[i]!
    if (v < min) min = v
    if (v > max) max = v
  }
  // + 0: a user's Float64Array may hold -0.
  chunk.min = min + 0
  chunk.max = max + 0
  return planNarrow(chunk, chunk.min, chunk.max, begin, rows, column)
}

function planNarrow(
  chunk: ColumnChunk, min: number, max: number, begin: number, rows: number, column: StagedColumn,
): ChunkPlan {
  const range = max - min
  chunk.base = range === 0 || range <= 0xffffffff ? min : 0
  if (range === 0) return { chunk, parts: [], text: null }
  chunk.encoding = range <= 0xffffffff ? ENCODING.NARROW : ENCODING.PLAIN
  chunk.layout = narrowLayout(range)
  const part = valuesPart(chunk, rows, (memory, address) => {
    const values = loadDoubles(column, begin, rows)
    writeInts(memory, address, values, rows, chunk.layout, chunk.base as number)
  })
  return { chunk, parts: [part], text: null }
}

// The scratch is shared between columns, so writing loads it again.
function loadDoubles(column: StagedColumn, begin: number, rows: number): Float64Array {
  const source = column.values
  if (source instanceof BigInt64Array) loadSafeDoubles(source, begin, rows, scratch)
  else scratch.set((source as Float64Array).subarray(begin, begin + rows))
  if (column.nulls !== null) fillNulls(scratch, column.nulls, begin, rows)
  return scratch
}

function narrowLayout(range: number): Layout {
  if (range <= 0xff) return LAYOUT.U8
  if (range <= 0xffff) return LAYOUT.U16
  return range <= 0xffffffff ? LAYOUT.U32 : LAYOUT.I64
}

function writeInts(
  memory: LinearMemory, address: number, values: Float64Array, rows: number, layout: Layout, base: number,
): void {
  switch (layout) {
    case LAYOUT.U8: {
      const out = memory.u8.subarray(address, address + rows)
      for (let i = 0; i < rows; i++) out[i] = values[i]! - base
      return
    }
    case LAYOUT.U16: {
      const out = memory.u16.subarray(address >>> 1, (address >>> 1) + rows)
      for (let i = 0; i < rows; i++) out[i] = values[i]! - base
      return
    }
    case LAYOUT.U32: {
      const out = memory.u32.subarray(address >>> 2, (address >>> 2) + rows)
      for (let i = 0; i < rows; i++) out[i] = values[i]! - base
      return
    }
    default: {
      const out = memory.i32.subarray(address >>> 2, (address >>> 2) + rows * 2)
      for (let i = 0; i < rows; i++) {
        const v = values[i]!
        out[2 * i] = v | 0
        out[2 * i + 1] = Math.floor(v / 0x1_0000_0000)
      }
    }
  }
}

function planBigInts(column: StagedColumn, source: BigInt64Array, begin: number, rows: number): ChunkPlan {
  const chunk = emptyChunk()
  let min: bigint | null = null
  let max: bigint | null = null
  for (let i = begin; i < begin + rows; i++) {
    if (column.nulls !== null && column.nulls[i] === 1) continue
    const v = source[i]!
    if (min === null || v < min) min = v
    if (max === null || v > max) max = v
  }
  if (min === null || max === null) return { chunk, parts: [], text: null }
  chunk.min = safeInteger(min)
  chunk.max = safeInteger(max)
  chunk.encoding = ENCODING.PLAIN
  chunk.layout = LAYOUT.I64
  const part = valuesPart(chunk, rows, (memory, address) => {
    memory.i64.set(source.subarray(begin, begin + rows), address / 8)
  })
  return { chunk, parts: [part], text: null }
}

function planFloats(column: StagedColumn, begin: number, rows: number): ChunkPlan {
  const chunk = emptyChunk()
  const source = column.values as Float64Array
  chunk.encoding = ENCODING.PLAIN
  chunk.layout = column.type.kind === 'real' ? LAYOUT.F32 : LAYOUT.F64
  let min = Infinity
  let max = -Infinity
  let sawNaN = false
  for (let i = begin; i < begin + rows; i++) {
    if (column.nulls !== null && column.nulls[i] === 1) continue
    const v = source[i]!
    if (v !== v) sawNaN = true
    if (v < min) min = v
    if (v > max) max = v
  }
  if (sawNaN) {
    chunk.max = NaN
    chunk.min = min === Infinity && max === -Infinity ? NaN : min + 0
  } else if (min <= max) {
    chunk.min = min + 0
    chunk.max = max + 0
  }
  const part = valuesPart(chunk, rows, (memory, address) => {
    const out = chunk.layout === LAYOUT.F32 ? memory.f32 : memory.f64
    const at = address / LAYOUT_WIDTH[chunk.layout]!
    for (let i = 0; i < rows; i++) out[at + i] = source[begin + i]! + 0
  })
  return { chunk, parts: [part], text: null }
}

function planWide(column: StagedColumn, begin: number, rows: number): ChunkPlan {
  const chunk = emptyChunk()
  chunk.encoding = ENCODING.PLAIN
  chunk.layout = LAYOUT.I128
  setZone(chunk, column, begin, rows, (a, b) => ((a as bigint) < (b as bigint) ? -1 : 1))
  const part = valuesPart(chunk, rows, (memory, address) => {
    for (let i = 0; i < rows; i++) {
      const value = BigInt((stagedScalar(column, begin + i) ?? 0n) as bigint)
      memory.i64[address / 8 + 2 * i] = BigInt.asIntN(64, value)
      memory.i64[address / 8 + 2 * i + 1] = value >> 64n
    }
  })
  return { chunk, parts: [part], text: null }
}
