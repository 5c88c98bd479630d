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
import { emptyChunk, finishSteps, partAlignment, setZone } from './chunk-plan.ts'
import type { ChunkPlan, FixedPart } from './chunk-plan.ts'
import { ENCODING } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { deltaLayout, measure, paysAsRuns, planDeltas, planRuns, runStarts } from './light-encoder.ts'
import type { Shape } from './light-encoder.ts'
import { loadSafeDoubles, safeInteger, stagedScalar } from './staged-column.ts'
import type { StagedColumn } from './staged-column.ts'
import { planText } from './text-encoder.ts'

const scratch = new Float64Array(65536)

/** Plans rows [begin, begin + rows) of a staged column; `mayDecode` allows run length and delta. */
export function planChunk(column: StagedColumn, begin: number, rows: number, mayDecode = false): ChunkPlan {
  return finishSteps(planChunkSteps(column, begin, rows, mayDecode))
}

/** The same in steps: numbers in one, text and wide numbers in slices. */
export function* planChunkSteps(
  column: StagedColumn, begin: number, rows: number, mayDecode: boolean,
): Generator<void, ChunkPlan> {
  const plan = yield* planValues(column, begin, rows, mayDecode)
  const nulls = column.nulls
  if (nulls === null) return plan
  let nullCount = 0
  for (let i = 0; i < rows; i++) nullCount += nulls[begin + i]!
  plan.chunk.nullCount = nullCount
  if (nullCount > 0) plan.parts.push(validityPart(plan.chunk, nulls, begin, rows))
  return plan
}

// The scratch of numbers is shared: between two steps somebody else may use it.
function* planValues(
  column: StagedColumn, begin: number, rows: number, mayDecode: boolean,
): Generator<void, ChunkPlan> {
  switch (physicalOf(column.type)) {
    case 'int': return planInts(column, begin, rows, mayDecode)
    case 'float': return planFloats(column, begin, rows, mayDecode)
    case 'wide': return yield* planWide(column, begin, rows)
    case 'bytes': return yield* planText(column, begin, rows, mayDecode)
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

function planInts(column: StagedColumn, begin: number, rows: number, mayDecode: boolean): ChunkPlan {
  const source = column.values
  if (source instanceof BigInt64Array && !loadSafeDoubles(source, begin, rows, scratch)) {
    return planBigInts(column, source, begin, rows, mayDecode)
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
  const range = chunk.max - chunk.min
  chunk.base = range <= 0xffffffff ? chunk.min : 0
  if (range === 0) return { chunk, parts: [], text: null }
  chunk.encoding = range <= 0xffffffff ? ENCODING.NARROW : ENCODING.PLAIN
  chunk.layout = narrowLayout(range)
  const parts = (mayDecode ? planLightInts(chunk, range, begin, rows, column) : null)
    ?? [valuesPart(chunk, rows, (memory, address) => {
      const values = loadDoubles(column, begin, rows)
      writeInts(memory, address, values, rows, chunk.layout, chunk.base as number)
    })]
  return { chunk, parts, text: null }
}

const shape: Shape = { runs: 0, minStep: 0, maxStep: 0 }

// The values are in scratch. Null when one value per row is the better choice.
function planLightInts(
  chunk: ColumnChunk, range: number, begin: number, rows: number, column: StagedColumn,
): FixedPart[] | null {
  const width = LAYOUT_WIDTH[chunk.layout]!
  measure(scratch, rows, shape)
  if (paysAsRuns(shape.runs, rows, width)) {
    const starts = runStarts(scratch, 0, rows, shape.runs)
    const values = Float64Array.from(starts, (row) => scratch[row]!)
    return planRuns(chunk, starts, rows, (memory, address) =>
      writeInts(memory, address, values, values.length, chunk.layout, chunk.base as number))
  }
  const stored = deltaLayout(shape, range, rows, width)
  if (stored === null) return null
  return planDeltas(chunk, stored, shape.minStep, rows, () => loadDoubles(column, begin, rows))
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

function planBigInts(
  column: StagedColumn, source: BigInt64Array, begin: number, rows: number, mayDecode: boolean,
): ChunkPlan {
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
  const filled = mayDecode ? fillBigNulls(source, column.nulls, begin, rows) : source
  const runs = mayDecode ? countBigRuns(filled) : rows
  if (mayDecode && paysAsRuns(runs, rows, 8)) {
    const starts = runStarts(filled, 0, rows, runs)
    const values = BigInt64Array.from(starts, (row) => filled[row]!)
    const parts = planRuns(chunk, starts, rows, (memory, address) => memory.i64.set(values, address / 8))
    return { chunk, parts, text: null }
  }
  const part = valuesPart(chunk, rows, (memory, address) => {
    memory.i64.set(source.subarray(begin, begin + rows), address / 8)
  })
  return { chunk, parts: [part], text: null }
}

// The rows with NULLs in the value of the row before them; there is one that is not NULL.
function fillBigNulls(source: BigInt64Array, nulls: Uint8Array | null, begin: number, rows: number): BigInt64Array {
  if (nulls === null) return source.subarray(begin, begin + rows)
  const filled = source.slice(begin, begin + rows)
  let last = filled[nulls.indexOf(0, begin) - begin]!
  for (let i = 0; i < rows; i++) {
    if (nulls[begin + i] === 1) filled[i] = last
    else last = filled[i]!
  }
  return filled
}

function countBigRuns(values: BigInt64Array): number {
  let runs = 1
  for (let i = 1; i < values.length; i++) if (values[i] !== values[i - 1]) runs++
  return runs
}

function planFloats(column: StagedColumn, begin: number, rows: number, mayDecode: boolean): ChunkPlan {
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
  const runs = mayDecode ? planFloatRuns(chunk, column, begin, rows) : null
  if (runs !== null) return { chunk, parts: runs, text: null }
  const part = valuesPart(chunk, rows, (memory, address) => {
    const out = chunk.layout === LAYOUT.F32 ? memory.f32 : memory.f64
    const at = address / LAYOUT_WIDTH[chunk.layout]!
    for (let i = 0; i < rows; i++) out[at + i] = source[begin + i]! + 0
  })
  return { chunk, parts: [part], text: null }
}

// Null when there are too many runs.
function planFloatRuns(chunk: ColumnChunk, column: StagedColumn, begin: number, rows: number): FixedPart[] | null {
  scratch.set((column.values as Float64Array).subarray(begin, begin + rows))
  if (column.nulls !== null && !fillNulls(scratch, column.nulls, begin, rows)) return null
  measure(scratch, rows, shape)
  if (!paysAsRuns(shape.runs, rows, LAYOUT_WIDTH[chunk.layout]!)) return null
  const starts = runStarts(scratch, 0, rows, shape.runs)
  const values = Float64Array.from(starts, (row) => scratch[row]! + 0)
  return planRuns(chunk, starts, rows, (memory, address) => {
    if (chunk.layout === LAYOUT.F32) memory.f32.set(values, address / 4)
    else memory.f64.set(values, address / 8)
  })
}

function* planWide(column: StagedColumn, begin: number, rows: number): Generator<void, ChunkPlan> {
  const chunk = emptyChunk()
  chunk.encoding = ENCODING.PLAIN
  chunk.layout = LAYOUT.I128
  yield* setZone(chunk, column, begin, rows, (a, b) => ((a as bigint) < (b as bigint) ? -1 : 1))
  const part = valuesPart(chunk, rows, (memory, address) => {
    for (let i = 0; i < rows; i++) {
      const value = BigInt((stagedScalar(column, begin + i) ?? 0n) as bigint)
      memory.i64[address / 8 + 2 * i] = BigInt.asIntN(64, value)
      memory.i64[address / 8 + 2 * i + 1] = value >> 64n
    }
  })
  return { chunk, parts: [part], text: null }
}
