// A batch is a window of rows: only rows begin <= row < end whose bit in `alive` is set belong to it.
// Same picture as storage's ScanBatch, so scans are used in place. A *dense* batch has begin 0,
// end = windowRows and alivePtr 0. Bitmaps start at window row 0 and are readable in whole 8-byte words.
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { Vector } from './vector.ts'

export interface Batch {
  windowRows: number
  begin: number
  end: number
  /** Address of the alive bitmap; 0 = every row of [begin, end) is alive. */
  alivePtr: number
  columns: Vector[]
}

const POPCOUNT = new Uint8Array(256)
for (let i = 1; i < 256; i++) POPCOUNT[i] = (i & 1) + POPCOUNT[i >> 1]!

/** Bytes of a bitmap over `rows` rows, padded to whole 64-row words. */
export function bitmapBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8
}

/** Rows that belong to the batch. Cost: one byte per eight rows when there is an alive bitmap. */
export function countAlive(memory: LinearMemory, batch: Batch): number {
  const { begin, end, alivePtr } = batch
  if (end <= begin) return 0
  if (alivePtr === 0) return end - begin
  const u8 = memory.u8
  const first = begin >>> 3
  const last = (end - 1) >>> 3
  let count = 0
  for (let at = first; at <= last; at++) {
    count += POPCOUNT[u8[alivePtr + at]! & edgeMask(at, begin, end)]!
  }
  return count
}

/** Writes the rows of the batch in ascending order to `out` and returns how many there are. */
export function aliveRows(memory: LinearMemory, batch: Batch, out: Int32Array): number {
  const { begin, end, alivePtr } = batch
  let count = 0
  if (alivePtr === 0) {
    for (let row = begin; row < end; row++) out[count++] = row
    return count
  }
  const u8 = memory.u8
  const last = (end - 1) >>> 3
  for (let at = begin >>> 3; at <= last; at++) {
    let bits = u8[alivePtr + at]! & edgeMask(at, begin, end)
    while (bits !== 0) {
      out[count++] = (at << 3) + 31 - Math.clz32(bits & -bits)
      bits &= bits - 1
    }
  }
  return count
}

/** Bits of byte `at` of a bitmap that stand for rows in [begin, end). */
export function edgeMask(at: number, begin: number, end: number): number {
  const row = at << 3
  let mask = 255
  if (row < begin) mask &= 255 << (begin - row)
  if (row + 8 > end) mask &= 255 >> (row + 8 - end)
  return mask & 255
}

/** True when the rows are exactly 0..windowRows-1. */
export function isDense(batch: Batch): boolean {
  return batch.alivePtr === 0 && batch.begin === 0 && batch.end === batch.windowRows
}
