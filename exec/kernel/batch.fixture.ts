// Test support: batches of given Scalars in chosen layouts, and short ways to write bound expressions. Test
// columns start inside the window (begin > 0), carry garbage where rows are NULL or dead, and have
// dictionaries, frames of reference and every width, like the batches of a real scan.
import { Random } from '../../src/base/random.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { BOOLEAN, isText, physicalOf } from '../../src/base/types.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Layout } from '../../storage/column-buffers.ts'
import { Arena } from '../../storage/memory/arena.ts'
import { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { Expression } from '../plan/logical.ts'
import { resolveFunction, resolveOperator } from '../functions/catalog.ts'
import type { Batch } from '../vector/batch.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import { ByteHeap } from '../vector/builder.ts'
import { writeInt128, writeInt64 } from '../vector/memory-access.ts'
import { readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import { emptyVector } from '../vector/vector.ts'
import type { Backend, KernelEnv } from './kernel.ts'

export const memory = LinearMemory.create(256 * 1024 * 1024)
export const arena = new Arena(memory)

let nextDictionary = 1_000_000

/** How a test column is laid out. */
export type Form = 'narrow' | 'wide' | 'coded' | 'plain'

/** An environment with its own counters. */
export function environment(backend: Backend, parameters: readonly Scalar[] = []): KernelEnv {
  const counters = { wasmRows: 0, jsRows: 0 }
  return { memory, arena, parameters, backend, counters, now: 1.7e15, subqueries: new Map() }
}

/** A column of `values` starting at row `begin` of its window. */
export function makeColumn(
  type: SqlType, values: readonly Scalar[], form: Form, begin: number, random: Random,
): Vector {
  const rows = Math.ceil((begin + values.length) / 64) * 64
  const vector = emptyVector(type)
  if (values.includes(null)) {
    vector.validityPtr = arena.allocateZeroed(bitmapBytes(rows))
    values.forEach((value, i) => {
      const row = begin + i
      if (value !== null) memory.u8[vector.validityPtr + (row >>> 3)]! |= 1 << (row & 7)
    })
  }
  const physical = physicalOf(type)
  if (physical === 'bytes') fillBytes(vector, values, form, { begin, rows, random })
  else if (physical === 'float') fillFloats(vector, values, begin, rows)
  else fillIntegers(vector, values, form, { begin, rows, random })
  return vector
}

interface Placement { begin: number; rows: number; random: Random }

function fillFloats(vector: Vector, values: readonly Scalar[], begin: number, rows: number): void {
  const isReal = vector.type.kind === 'real'
  vector.layout = isReal ? LAYOUT.F32 : LAYOUT.F64
  vector.valuesPtr = arena.allocate(rows * 8)
  for (let row = 0; row < rows; row++) {
    const value = (values[row - begin] ?? (row % 2 === 0 ? NaN : 1e300)) as number
    if (isReal) memory.f32[(vector.valuesPtr >>> 2) + row] = value
    else memory.f64[vector.valuesPtr / 8 + row] = value
  }
}

function fillIntegers(vector: Vector, values: readonly Scalar[], form: Form, { begin, rows, random }: Placement): void {
  const known = values.filter((value): value is number | bigint => value !== null)
  const safe = known.every(value => typeof value === 'number')
  const lo = known.reduce((a, b) => b < a ? b : a, known[0] ?? 0)
  const hi = known.reduce((a, b) => b > a ? b : a, known[0] ?? 0)
  const span = safe ? (hi as number) - (lo as number) : Infinity
  vector.layout = integerLayout(vector.type, form, span)
  const isNarrow = vector.layout <= LAYOUT.U32
  vector.base = isNarrow ? lo : 0
  if (form !== 'plain' && known.length > 0) {
    vector.min = lo
    vector.max = hi
  }
  vector.valuesPtr = arena.allocate(rows * 16)
  for (let row = 0; row < rows; row++) {
    const value = (values[row - begin] ?? null) as number | bigint | null
    if (isNarrow) writeNarrow(vector, row, value === null ? random.nextU32() : Number(value) - Number(vector.base))
    else if (vector.layout === LAYOUT.I64) writeInt64(memory, vector.valuesPtr + 8 * row, value ?? random.nextU32())
    else writeInt128(memory, vector.valuesPtr + 16 * row, value ?? random.nextU32())
  }
}

function integerLayout(type: SqlType, form: Form, span: number): Layout {
  if (type.kind === 'boolean') return LAYOUT.U8
  const isNarrow = form === 'narrow' || form === 'coded'
  if (isNarrow && span < 256) return LAYOUT.U8
  if (isNarrow && span < 65536) return LAYOUT.U16
  if (isNarrow && span < 2 ** 32) return LAYOUT.U32
  return physicalOf(type) === 'wide' ? LAYOUT.I128 : LAYOUT.I64
}

function writeNarrow(vector: Vector, row: number, offset: number): void {
  if (vector.layout === LAYOUT.U8) memory.u8[vector.valuesPtr + row] = offset
  else if (vector.layout === LAYOUT.U16) memory.u16[(vector.valuesPtr >>> 1) + row] = offset
  else memory.u32[(vector.valuesPtr >>> 2) + row] = offset
}

function fillBytes(vector: Vector, values: readonly Scalar[], form: Form, { begin, rows, random }: Placement): void {
  const heap = new ByteHeap(memory, arena)
  const write = (at: number, value: Scalar): void => {
    const length = isText(vector.type) ? heap.writeText(value as string) : heap.writeBytes(value as Uint8Array)
    memory.u32[at] = heap.address
    memory.u32[at + 1] = length
  }
  if (form !== 'coded') {
    vector.layout = LAYOUT.VIEW
    vector.valuesPtr = arena.allocateZeroed(rows * 8)
    values.forEach((value, i) => {
      if (value !== null) write((vector.valuesPtr >>> 2) + 2 * (begin + i), value)
    })
    return
  }
  const distinct = [...new Set(values.filter(value => value !== null))]
  const viewsPtr = arena.allocate(Math.max(8, distinct.length * 8))
  distinct.forEach((value, code) => write((viewsPtr >>> 2) + 2 * code, value))
  vector.dictionary = { count: distinct.length, viewsPtr, id: nextDictionary++, sorted: false }
  vector.layout = distinct.length < 200 ? LAYOUT.U8 : LAYOUT.U16
  vector.valuesPtr = arena.allocate(rows * 2)
  for (let row = 0; row < rows; row++) {
    const value = values[row - begin] ?? null
    writeNarrow(vector, row, value === null ? random.nextU32() : distinct.indexOf(value))
  }
}

export interface TestColumn { type: SqlType; values: Scalar[]; form: Form }

/** A batch of columns; `alive` picks rows, `begin` is where the first value is. */
export function makeBatch(
  columns: readonly TestColumn[], options: { begin?: number; alive?: (row: number) => boolean; seed?: number } = {},
): Batch {
  const begin = options.begin ?? 0
  const random = new Random(options.seed ?? 1)
  const count = columns[0]?.values.length ?? 0
  const windowRows = begin + count
  let alivePtr = 0
  if (options.alive !== undefined) {
    alivePtr = arena.allocate(bitmapBytes(windowRows))
    memory.u8.fill(255, alivePtr, alivePtr + bitmapBytes(windowRows))
    for (let i = 0; i < count; i++) {
      const row = begin + i
      if (!options.alive(i)) memory.u8[alivePtr + (row >>> 3)]! &= ~(1 << (row & 7))
    }
  }
  return {
    windowRows, begin, end: begin + count, alivePtr,
    columns: columns.map(column => makeColumn(column.type, column.values, column.form, begin, random)),
  }
}

/** Window rows whose bit is set in a bitmap. */
export function rowsIn(bitmap: number, windowRows: number): number[] {
  const rows: number[] = []
  for (let row = 0; row < windowRows; row++) {
    if ((memory.u8[bitmap + (row >> 3)]! >> (row & 7)) & 1) rows.push(row)
  }
  return rows
}

/** Rows of a batch as arrays of Scalars. */
export function rowsOf(batch: Batch): Scalar[][] {
  const rows = new Int32Array(batch.windowRows)
  const count = aliveRows(memory, batch, rows)
  return Array.from(rows.subarray(0, count), row => batch.columns.map(vector => readScalar(memory, vector, row)))
}

// Expressions.

export const column = (index: number, type: SqlType, nullable = true): Expression =>
  ({ kind: 'column', index, type, nullable, name: `c${index}` })
export const constant = (value: Scalar, type: SqlType): Expression => ({ kind: 'constant', value, type })
export const cast = (arg: Expression, type: SqlType): Expression => ({ kind: 'cast', arg, type })
export const logic = (fn: string, ...args: Expression[]): Expression => ({ kind: 'call', fn, args, type: BOOLEAN })

function castTo(arg: Expression, type: SqlType): Expression {
  return JSON.stringify(arg.type) === JSON.stringify(type) ? arg : cast(arg, type)
}

/** left symbol right, resolved and cast as the binder does. */
export function binary(symbol: string, left: Expression, right: Expression): Expression {
  const { fn, argTypes, result } = resolveOperator(symbol, left.type, right.type)
  return { kind: 'call', fn, args: [castTo(left, argTypes[0]!), castTo(right, argTypes[1]!)], type: result }
}

/** A function call, resolved and cast as the binder does. */
export function invoke(name: string, ...args: Expression[]): Expression {
  const { fn, argTypes, result } = resolveFunction(name, args.map(arg => arg.type))
  return { kind: 'call', fn, args: args.map((arg, i) => castTo(arg, argTypes[i]!)), type: result }
}
