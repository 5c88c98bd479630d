// Test-only encoder of one column of a window into a randomly drawn layout that can hold its values; see
// memory-table.fixture.ts. Bytes under NULLs are noise, as they may be in storage.
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Random } from '../../src/base/random.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { ColumnBuffers, Dictionary, Layout } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { writeInt128, writeInt64, writeText } from '../vector/memory-access.ts'

interface Target {
  readonly memory: LinearMemory
  readonly arena: Arena
  readonly random: Random
}

let nextDictionaryId = 1_000_000

/** Writes `values` in a layout drawn from the seed. */
export function encodeColumn(target: Target, type: SqlType, values: readonly Scalar[]): ColumnBuffers {
  const { memory, arena, random } = target
  const rows = Math.ceil(values.length / 64) * 64 + 64
  const column: ColumnBuffers = {
    layout: LAYOUT.I64, valuesPtr: 0, validityPtr: 0, base: 0, dictionary: null, min: null, max: null,
  }
  if (values.includes(null) || random.chance(0.2)) {
    column.validityPtr = arena.allocateZeroed(rows >>> 3)
    values.forEach((value, i) => {
      if (value !== null) memory.u8[column.validityPtr + (i >>> 3)]! |= 1 << (i & 7)
    })
  }
  switch (physicalOf(type)) {
    case 'int': encodeIntegers(target, type, values, column, rows); break
    case 'float': encodeFloats(target, type, values, column, rows); break
    case 'wide':
      column.layout = LAYOUT.I128
      column.valuesPtr = noise(target, rows * 16)
      values.forEach((value, i) => {
        if (value !== null) writeInt128(memory, column.valuesPtr + i * 16, value as number | bigint)
      })
      break
    default: encodeBytes(target, type, values, column, rows)
  }
  return column
}

function noise({ memory, arena, random }: Target, bytes: number): number {
  const at = arena.allocate(bytes)
  memory.u8.fill(random.below(256), at, at + bytes)
  return at
}

function encodeIntegers(
  target: Target, type: SqlType, values: readonly Scalar[], column: ColumnBuffers, rows: number,
): void {
  const { memory, random } = target
  const known = values.filter((value): value is number | bigint => value !== null)
  const min = known.reduce((a, b) => b < a ? b : a, known[0] ?? 0)
  const max = known.reduce((a, b) => b > a ? b : a, known[0] ?? 0)
  if (random.chance(0.7)) Object.assign(column, { min, max })
  const span = BigInt(max) - BigInt(min)
  const fitting: Layout[] = [LAYOUT.I64]
  if (span < 256n) fitting.push(LAYOUT.U8, LAYOUT.U8)
  if (span < 65536n) fitting.push(LAYOUT.U16)
  if (span < 1n << 32n) fitting.push(LAYOUT.U32)
  column.layout = type.kind === 'boolean' ? LAYOUT.U8 : random.pick(fitting)
  column.base = column.layout === LAYOUT.I64 || type.kind === 'boolean' ? 0 : min
  column.valuesPtr = noise(target, rows * LAYOUT_WIDTH[column.layout]!)
  values.forEach((value, i) => {
    if (value === null) return
    if (column.layout === LAYOUT.I64) writeInt64(memory, column.valuesPtr + i * 8, value as number | bigint)
    else writeCode(memory, column, i, Number(BigInt(value as number | bigint) - BigInt(column.base)))
  })
}

function writeCode(memory: LinearMemory, column: ColumnBuffers, row: number, code: number): void {
  if (column.layout === LAYOUT.U8) memory.u8[column.valuesPtr + row] = code
  else if (column.layout === LAYOUT.U16) memory.u16[(column.valuesPtr >>> 1) + row] = code
  else memory.u32[(column.valuesPtr >>> 2) + row] = code
}

function encodeFloats(
  target: Target, type: SqlType, values: readonly Scalar[], column: ColumnBuffers, rows: number,
): void {
  const { memory } = target
  column.layout = type.kind === 'real' ? LAYOUT.F32 : LAYOUT.F64
  column.valuesPtr = noise(target, rows * LAYOUT_WIDTH[column.layout]!)
  values.forEach((value, i) => {
    if (value === null) return
    if (type.kind === 'real') memory.f32[(column.valuesPtr >>> 2) + i] = value as number
    else memory.f64[(column.valuesPtr >>> 3) + i] = value as number
  })
}

function encodeBytes(
  target: Target, type: SqlType, values: readonly Scalar[], column: ColumnBuffers, rows: number,
): void {
  const { memory, random } = target
  if (!isText(type) || random.chance(0.4)) {
    column.layout = LAYOUT.VIEW
    column.valuesPtr = noise(target, rows * 8)
    writeViews(target, column.valuesPtr, values)
    return
  }
  const entries = [...new Set(values.filter((value) => value !== null))]
  const viewsPtr = target.arena.allocateZeroed(entries.length * 8 + 8)
  writeViews(target, viewsPtr, entries)
  const dictionary: Dictionary = { count: entries.length, viewsPtr, id: nextDictionaryId++, sorted: false }
  column.dictionary = dictionary
  column.layout = entries.length <= 256 && random.chance(0.6) ? LAYOUT.U8 : random.pick([LAYOUT.U16, LAYOUT.U32])
  column.valuesPtr = target.arena.allocateZeroed(rows * LAYOUT_WIDTH[column.layout]!)
  values.forEach((value, i) => {
    if (value !== null) writeCode(memory, column, i, entries.indexOf(value))
  })
}

function writeViews({ memory, arena }: Target, at: number, values: readonly Scalar[]): void {
  values.forEach((value, i) => {
    if (value === null) return
    const bytes = typeof value === 'string' ? Buffer.byteLength(value) : (value as Uint8Array).length
    const address = arena.allocate(bytes + 8)
    if (typeof value === 'string') writeText(memory, address, value)
    else memory.u8.set(value as Uint8Array, address)
    memory.u32[(at >>> 2) + i * 2] = address
    memory.u32[(at >>> 2) + i * 2 + 1] = bytes
  })
}
