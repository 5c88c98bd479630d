// The byte stream of a row group, or of a block of delta rows in memory: all parts of all columns, placed so
// that the slice of a scan batch stays inside one 64 KiB page (column-chunk.ts), text behind them.
import type { LinearMemory } from '../memory/linear-memory.ts'
import { planChunkSteps } from './chunk-encoder.ts'
import { finishSteps } from './chunk-plan.ts'
import type { ChunkPlan, FixedPart, TextPlan } from './chunk-plan.ts'
import type { ColumnChunk } from './column-chunk.ts'
import type { StagedColumn } from './staged-column.ts'
import { placeText, writeText } from './text-encoder.ts'

/** Every part with its place. Fixed parts end at `fixedEnd`; text begins there. Both ends are multiples of 64. */
export interface StreamPlan {
  readonly chunks: readonly ColumnChunk[]
  readonly placed: readonly { readonly part: FixedPart; readonly offset: number }[]
  readonly texts: readonly TextPlan[]
  readonly fixedEnd: number
  readonly end: number
}

/**
 * Plans and places rows [begin, begin + rows) of the columns; rows <= 65,536. `mayDecode` says which columns may be
 * encoded as runs and deltas, by default none.
 */
export function planStream(
  columns: readonly StagedColumn[], begin: number, rows: number, mayDecode?: (column: number) => boolean,
): StreamPlan {
  return finishSteps(planStreamSteps(columns, begin, rows, mayDecode ?? (() => false)))
}

/** The same in steps of a column, or of a slice of one. */
export function* planStreamSteps(
  columns: readonly StagedColumn[], begin: number, rows: number, mayDecode: (column: number) => boolean,
): Generator<void, StreamPlan> {
  const plans: ChunkPlan[] = []
  for (let c = 0; c < columns.length; c++) {
    plans.push(yield* planChunkSteps(columns[c]!, begin, rows, mayDecode(c)))
    yield
  }
  return placeStream(plans)
}

/** Places parts and text; `textBegin` leaves room between them, for text that is in place already. */
export function placeStream(plans: readonly ChunkPlan[], textBegin = 0): StreamPlan {
  const { placed, end } = placeParts(plans)
  const texts: TextPlan[] = []
  let cursor = Math.max(end, textBegin)
  for (const plan of plans) {
    if (plan.text === null) continue
    cursor = placeText(plan.text, cursor)
    texts.push(plan.text)
  }
  return { chunks: plans.map((plan) => plan.chunk), placed, texts, fixedEnd: end, end: align(cursor, 64) }
}

// Descending alignment leaves the fewest gaps: each part ends on a multiple of the next one's alignment,
// or nearly so.
function placeParts(plans: readonly ChunkPlan[]): { placed: { part: FixedPart; offset: number }[]; end: number } {
  const parts = plans.flatMap((plan) => plan.parts)
  parts.sort((a, b) => b.align - a.align)
  const placed: { part: FixedPart; offset: number }[] = []
  let cursor = 0
  for (const part of parts) {
    const offset = align(cursor, part.align)
    part.place(offset)
    placed.push({ part, offset })
    cursor = offset + part.bytes
  }
  return { placed, end: align(cursor, 64) }
}

/** Writes the stream at `address`, which has at least `end` bytes and begins on a page boundary. */
export function writeStream(plan: StreamPlan, memory: LinearMemory, address: number): void {
  finishSteps(writeStreamSteps(plan, memory, address))
}

/** The same in steps of a part, or of a slice of one. */
export function* writeStreamSteps(plan: StreamPlan, memory: LinearMemory, address: number): Generator<void> {
  yield* writeFixedSteps(plan, memory, address)
  memory.u8.fill(0, address + plan.fixedEnd, address + plan.end)
  for (const text of plan.texts) {
    yield* writeText(text, memory, address)
  }
}

/** Writes the fixed parts alone, and zeros between them. */
export function* writeFixedSteps(plan: StreamPlan, memory: LinearMemory, address: number): Generator<void> {
  let written = 0
  for (const { part, offset } of plan.placed) {
    memory.u8.fill(0, address + written, address + offset)
    const steps = part.write(memory, address + offset)
    if (steps !== undefined) yield* steps
    written = offset + part.bytes
    yield
  }
  memory.u8.fill(0, address + written, address + plan.fixedEnd)
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to
}
