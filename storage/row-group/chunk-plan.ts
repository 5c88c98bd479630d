// What encoding a column chunk is planned as before it has a place: parts of known size, and text that is
// placed behind them. Shared by chunk-encoder.ts (numbers) and text-encoder.ts (text and bytes).
import { compareUtf8 } from '../../index/mod.ts'
import type { Scalar } from '../../src/base/types.ts'
import { isText } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT } from '../column-buffers.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { ENCODING, NO_PART, ZONE_VALUE_CHARS } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import type { LongValue } from './long-value.ts'
import { stagedScalar } from './staged-column.ts'
import type { StagedColumn } from './staged-column.ts'

/** Concatenated value bytes, long values by reference, and after placement the stream offset of each value. */
export interface TextPlan {
  readonly bytes: Uint8Array
  /** Byte length of value i; values follow one another in `bytes`, without the long ones. */
  readonly lengths: Uint32Array
  /** Filled by placeText. */
  readonly offsets: Float64Array
  /** By number of the value; null = there are none. */
  readonly longs: ReadonlyMap<number, LongValue> | null
}

/** A part whose size is known before placement. */
export interface FixedPart {
  readonly bytes: number
  /** Power of two; keeps each batch's slice inside one page. */
  readonly align: number
  /** Tells the chunk where its part went. */
  place(offset: number): void
  /** Writes the part; what it returns, if anything, has to be run to its end for that. */
  write(memory: LinearMemory, address: number): Generator<void> | void
}

/** A column ready to be placed and written. */
export interface ChunkPlan {
  readonly chunk: ColumnChunk
  readonly parts: FixedPart[]
  /** Text to be placed after all fixed parts, or null. */
  readonly text: TextPlan | null
}

/** Rows of text handled in one step: text costs up to a hundred nanoseconds a row where numbers cost two. */
export const TEXT_STEP_ROWS = 8192

/** Runs steps to their end for callers that do not share their time. */
export function finishSteps<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** Alignment of a part of `rows` values of `width` bytes (width may be 1/8 for bitmaps). */
export function partAlignment(rows: number, width: number): number {
  const slice = Math.max(64, Math.min(rows, BATCH_ROWS) * width)
  return Math.min(0x10000, 2 ** Math.ceil(Math.log2(slice)))
}

/** A chunk of NULLs only, to be filled in. */
export function emptyChunk(): ColumnChunk {
  return {
    encoding: ENCODING.CONSTANT, layout: LAYOUT.U8, nullCount: 0, valuesOffset: NO_PART, validityOffset: NO_PART,
    dictionaryOffset: NO_PART, dictionaryCount: 0, base: 0, stored: LAYOUT.U8, auxOffset: NO_PART, auxCount: 0, step: 0,
    min: null, max: null, strings: null,
  }
}

/** Sets min and max by full comparison. */
export function* setZone(
  chunk: ColumnChunk, column: StagedColumn, begin: number, rows: number, compare: (a: Scalar, b: Scalar) => number,
): Generator<void> {
  let min: Scalar = null
  let max: Scalar = null
  for (let i = begin; i < begin + rows; i++) {
    if ((i - begin) % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) yield
    const v = stagedScalar(column, i)
    if (v === null) continue
    if (min === null || compare(v, min) < 0) min = v
    if (max === null || compare(v, max) > 0) max = v
  }
  chunk.min = min
  chunk.max = max
}

/**
 * Zone map of a text or bytes column; values too long to keep make it unknown. Intervals have none: their bytes
 * do not sort like their durations.
 */
export function* setTextZone(
  chunk: ColumnChunk, column: StagedColumn, begin: number, rows: number,
): Generator<void> {
  if (column.type.kind === 'interval') return
  const isString = isText(column.type)
  const compare = isString
    ? (a: Scalar, b: Scalar): number => compareUtf8(a as string, b as string)
    : (a: Scalar, b: Scalar): number => Buffer.compare(a as Uint8Array, b as Uint8Array)
  yield* setZone(chunk, column, begin, rows, compare)
  dropLongZone(chunk)
}

/** Makes a zone of values too long to keep unknown. */
export function dropLongZone(chunk: ColumnChunk): void {
  const isLong = (v: Scalar): boolean => v !== null && (v as string | Uint8Array).length > ZONE_VALUE_CHARS
  if (isLong(chunk.min) || isLong(chunk.max)) chunk.min = chunk.max = null
}
