// Decodes integer vectors (frame of reference, plain) of selected rows to int64 in linear memory, without
// BigInt where the base is a safe integer: low and high words are computed from the exact double.
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Vector } from '../vector/vector.ts'

const TWO_32 = 0x1_0000_0000

/** Writes rows[0..count) of an integer vector as int64 at `to`. */
export function copyIntegers(
  memory: LinearMemory, vector: Vector, rows: Int32Array, count: number, to: number,
): void {
  const { layout, valuesPtr, base } = vector
  const i32 = memory.i32
  if (layout === LAYOUT.I64) return copyPlain(i32, valuesPtr >>> 2, rows, count, to >>> 2)
  const codes = layout === LAYOUT.U8 ? memory.u8 : layout === LAYOUT.U16 ? memory.u16 : memory.u32
  const from = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
  if (typeof base === 'number' && base >= -0x1f_ffff_0000_0000 && base <= 0x1f_ffff_0000_0000) {
    copyNarrow(i32, codes, from, base, rows, count, to >>> 2)
    return
  }
  const wide = BigInt(base)
  for (let i = 0; i < count; i++) memory.i64[(to >>> 3) + i] = wide + BigInt(codes[from + rows[i]!]!)
}

function copyPlain(i32: Int32Array, from: number, rows: Int32Array, count: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const source = from + rows[i]! * 2
    i32[to + i * 2] = i32[source]!
    i32[to + i * 2 + 1] = i32[source + 1]!
  }
}

function copyNarrow(
  i32: Int32Array, codes: Uint8Array | Uint16Array | Uint32Array, from: number, base: number,
  rows: Int32Array, count: number, to: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = base + codes[from + rows[i]!]!
    i32[to + i * 2] = value
    i32[to + i * 2 + 1] = Math.floor(value / TWO_32)
  }
}
