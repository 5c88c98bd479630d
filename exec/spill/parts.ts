// Rows parted by a hash of their keys: rows whose keys are equal (NULL equal to NULL) end in the same part. A row
// with a NULL among its keys goes to part 0: NULLs have no hash of their own.
//
//   part of a row    PARTS bits of its hash from bit depth * 3 on
import type { SqlType } from '../../src/base/types.ts'
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import { KeyExtractor } from '../operators/join-keys.ts'
import type { KeyTarget } from '../operators/join-keys.ts'
import { RowFile, SharedFile } from './row-file.ts'
import { DEPTH_MAX, PARTS } from './spill.ts'
import type { SpillSpace } from './spill.ts'

const BITS = Math.log2(PARTS)

/** Key vectors of a batch, and the position in them of each of its alive rows. */
export type KeysOf = (batch: Batch, alive: Int32Array, count: number) =>
  { readonly vectors: readonly Vector[]; readonly rows: Int32Array }

/** What is parted: all columns are written, keys are computed from each batch. */
export interface PartPlan {
  readonly types: readonly SqlType[]
  readonly keyTypes: readonly SqlType[]
  readonly keysOf: KeysOf
}

/** A part of which nearly everything comes from one part again is not worth another try: few keys have many rows. */
export function depthOf(file: RowFile, files: readonly RowFile[], depth: number): number {
  const all = files.reduce((sum, { rows }) => sum + rows, 0)
  return file.rows > all * SKEW ? DEPTH_MAX + 1 : depth + 1
}

const SKEW = 0.9

/** False for types whose equal values have several forms: intervals are equal by length. */
export function canPart(keyTypes: readonly SqlType[]): boolean {
  return keyTypes.length > 0 && keyTypes.every((type) => type.kind !== 'interval' && type.kind !== 'null')
}

/** Keys that are columns of the batch. */
export function keyColumns(positions: readonly number[]): KeysOf {
  return (batch, alive) => ({ vectors: positions.map((at) => batch.columns[at]!), rows: alive })
}

/** Reads a source to its end into PARTS files. Closes the source. */
export function partRows(
  run: Run, space: SpillSpace, source: BatchSource, plan: PartPlan, depth: number,
): RowFile[] {
  const shared = new SharedFile(run, space)
  const parts = Array.from({ length: PARTS }, () => new RowFile(run, plan.types, shared))
  const arena = run.newArena()
  try {
    const extractor = new KeyExtractor(run.context.memory, arena, plan.keyTypes)
    let room = roomFor(0, extractor.width)
    const picked = parts.map(() => new Int32Array(0))
    for (let batch = source.next(); batch !== null; batch = source.next()) {
      run.check()
      const size = batch.windowRows
      if (size > room.alive.length) {
        room = roomFor(size, extractor.width)
        for (let p = 0; p < PARTS; p++) picked[p] = new Int32Array(size)
      }
      const count = aliveRows(run.context.memory, batch, room.alive)
      const { vectors, rows } = plan.keysOf(batch, room.alive, count)
      extractor.extract(vectors, rows, count, room, 0, true)
      const counts = new Int32Array(PARTS)
      for (let i = 0; i < count; i++) {
        const part = room.nulls[i] === 1 ? 0 : partOf(room.hashes[i]!, depth)
        picked[part]![counts[part]!++] = room.alive[i]!
      }
      for (let p = 0; p < PARTS; p++) parts[p]!.appendRows(batch.columns, picked[p]!, counts[p]!)
    }
  } finally {
    source.close()
    run.releaseArena(arena)
  }
  for (const part of parts) part.finish()
  return parts
}

function roomFor(rows: number, width: number): KeyTarget & { readonly alive: Int32Array } {
  return {
    alive: new Int32Array(rows), words: new Int32Array(rows * width), hashes: new Int32Array(rows),
    nulls: new Uint8Array(rows),
  }
}

// Multiplied, so that rows whose hashes agree in some bits, as those of one slot of a table do, are spread.
function partOf(hash: number, depth: number): number {
  return (Math.imul(hash, 0x9e37_79b1) >>> (32 - BITS * (depth + 1))) & (PARTS - 1)
}
