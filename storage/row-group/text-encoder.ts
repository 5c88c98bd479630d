// Plans text and bytes columns: a dictionary when values repeat enough to pay for it, views otherwise.
// Text goes behind all fixed parts of the row group's stream, packed so that no string of up to 64 KiB
// straddles a page; a longer one starts on a page boundary and runs over consecutive pages.
import { compareUtf8 } from '../../index/mod.ts'
import { sortSteps } from '../../src/base/sort-steps.ts'
import { isText } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { TEXT_STEP_ROWS, dropLongZone, emptyChunk, partAlignment, setTextZone } from './chunk-plan.ts'
import type { ChunkPlan, FixedPart, TextPlan } from './chunk-plan.ts'
import { ENCODING } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { paysAsRuns, planRuns } from './light-encoder.ts'
import { LONG_VALUE_BYTES, LongValue } from './long-value.ts'
import type { ObjectArray, StagedColumn } from './staged-column.ts'

const PAGE_BYTES = 0x10000
/** More distinct values than this are not worth a dictionary of their own per row group. */
const DICTIONARY_MAX = 32768

const encoder = new TextEncoder()

/** Values of a text or bytes column. */
type TextArray = Exclude<ObjectArray[number], bigint>[]

// Text by its UTF-16 units: a value of a few megabytes may go either way.
function isLong(value: TextArray[number]): boolean {
  return value !== null && value.length >= LONG_VALUE_BYTES
}

function hasLongValue(values: TextArray, begin: number, rows: number): boolean {
  for (let i = begin; i < begin + rows; i++) if (isLong(values[i]!)) return true
  return false
}

/** Assigns stream offsets from `cursor` on and returns the offset after the last byte. */
export function placeText(text: TextPlan, cursor: number): number {
  let at = cursor
  for (let i = 0; i < text.lengths.length; i++) {
    const length = text.lengths[i]!
    const room = PAGE_BYTES - (at & (PAGE_BYTES - 1))
    if (length > room) at += room
    text.offsets[i] = at
    at += length
  }
  return at
}

/** Copies the values to their places in steps; `address` is where the stream begins in memory. */
export function* writeText(text: TextPlan, memory: LinearMemory, address: number): Generator<void> {
  let from = 0
  for (let i = 0; i < text.lengths.length; i++) {
    if (i % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) yield
    const length = text.lengths[i]!
    const at = address + text.offsets[i]!
    const long = text.longs?.get(i)
    if (long !== undefined) {
      long.copy(0, memory.u8.subarray(at, at + length))
      continue
    }
    memory.u8.set(text.bytes.subarray(from, from + length), at)
    from += length
  }
}

/** Plans a text, json, bytea, uuid or interval column, in steps. */
export function* planText(
  column: StagedColumn, begin: number, rows: number, mayDecode: boolean,
): Generator<void, ChunkPlan> {
  const values = column.values as TextArray
  const chunk = emptyChunk()
  const hasLong = hasLongValue(values, begin, rows)
  if (isText(column.type) && !hasLong) {
    const codes = yield* countDistinct(values as (string | null)[], begin, rows)
    if (codes !== null && codes.size === 0) return { chunk, parts: [], text: null }
    if (codes !== null) return yield* planDictionary(chunk, values as (string | null)[], codes, begin, rows, mayDecode)
  }
  // The zone map of a chunk with values this long would be left out all the same.
  if (!hasLong) yield* setTextZone(chunk, column, begin, rows)
  return yield* planViews(chunk, values, begin, rows)
}

// Distinct strings with provisional codes, or null when a dictionary would not pay.
function* countDistinct(
  values: (string | null)[], begin: number, rows: number,
): Generator<void, Map<string, number> | null> {
  const limit = Math.min(DICTIONARY_MAX, Math.max(1, rows >> 1))
  const codes = new Map<string, number>()
  let last: string | null = null
  for (let i = begin; i < begin + rows; i++) {
    if ((i - begin) % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) yield
    const value = values[i]!
    if (value === null || value === last) continue
    last = value
    if (!codes.has(value)) {
      if (codes.size === limit) return null
      codes.set(value, codes.size)
    }
  }
  return codes
}

// The zone is that of the dictionary, whose every value some row has.
function* planDictionary(
  chunk: ColumnChunk, values: (string | null)[], codes: Map<string, number>, begin: number, rows: number,
  mayDecode: boolean,
): Generator<void, ChunkPlan> {
  const sorted = yield* sortSteps([...codes.keys()], compareUtf8)
  chunk.min = sorted[0]!
  chunk.max = sorted[sorted.length - 1]!
  dropLongZone(chunk)
  for (let code = 0; code < sorted.length; code++) codes.set(sorted[code]!, code)
  yield
  chunk.encoding = ENCODING.DICTIONARY
  chunk.dictionaryCount = sorted.length
  chunk.layout = sorted.length <= 0x100 ? LAYOUT.U8 : LAYOUT.U16
  const text = yield* encodeStrings(sorted)
  const width = LAYOUT_WIDTH[chunk.layout]!
  const viewsPart: FixedPart = {
    bytes: sorted.length * 8, align: 64,
    place: (offset) => { chunk.dictionaryOffset = offset },
    write: (memory, address) => writeViews(memory, address, text),
  }
  const runs = mayDecode ? countTextRuns(values, begin, rows) : rows
  if (paysAsRuns(runs, rows, width)) {
    return { chunk, parts: [...planTextRuns(chunk, values, codes, begin, rows, runs), viewsPart], text }
  }
  const codesPart: FixedPart = {
    bytes: rows * width, align: partAlignment(rows, width),
    place: (offset) => { chunk.valuesOffset = offset },
    * write(memory, address) {
      const out = chunk.layout === LAYOUT.U8 ? memory.u8 : memory.u16
      const at = address / width
      for (let i = 0; i < rows; i++) {
        if (i % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) yield
        const value = values[begin + i]!
        out[at + i] = value === null ? 0 : codes.get(value)!
      }
    },
  }
  return { chunk, parts: [codesPart, viewsPart], text }
}

// NULL rows belong to the run before them; the first run begins with row 0.
function countTextRuns(values: (string | null)[], begin: number, rows: number): number {
  let runs = 0
  let last: string | null = null
  for (let i = begin; i < begin + rows; i++) {
    const value = values[i]!
    if (value === null || value === last) continue
    last = value
    runs++
  }
  return runs
}

function planTextRuns(
  chunk: ColumnChunk, values: (string | null)[], codes: Map<string, number>, begin: number, rows: number, runs: number,
): FixedPart[] {
  const starts = new Uint16Array(runs)
  const runCodes = new Uint16Array(runs)
  let run = 0
  let last: string | null = null
  for (let i = 0; i < rows; i++) {
    const value = values[begin + i]!
    if (value === null || value === last) continue
    last = value
    starts[run] = run === 0 ? 0 : i
    runCodes[run++] = codes.get(value)!
  }
  return planRuns(chunk, starts, rows, (memory, address) => {
    if (chunk.layout === LAYOUT.U8) memory.u8.set(runCodes, address)
    else memory.u16.set(runCodes, address >>> 1)
  })
}

function* planViews(
  chunk: ColumnChunk, values: TextArray, begin: number, rows: number,
): Generator<void, ChunkPlan> {
  chunk.encoding = ENCODING.VIEW
  chunk.layout = LAYOUT.VIEW
  const text = yield* encodeStrings(values.slice(begin, begin + rows))
  const part: FixedPart = {
    bytes: rows * 8, align: partAlignment(rows, 8),
    place: (offset) => { chunk.valuesOffset = offset },
    write: (memory, address) => writeViews(memory, address, text),
  }
  return { chunk, parts: [part], text }
}

function writeViews(memory: LinearMemory, address: number, text: TextPlan): void {
  const at = address >>> 2
  for (let i = 0; i < text.lengths.length; i++) {
    memory.u32[at + 2 * i] = text.offsets[i]!
    memory.u32[at + 2 * i + 1] = text.lengths[i]!
  }
}

function* encodeStrings(values: TextArray): Generator<void, TextPlan> {
  const lengths = new Uint32Array(values.length)
  const longs = new Map<number, LongValue>()
  let bytes = new Uint8Array(Math.max(1024, values.length * 16))
  let at = 0
  for (let i = 0; i < values.length; i++) {
    if (i % TEXT_STEP_ROWS === TEXT_STEP_ROWS - 1) {
      yield
      // The first slices tell how long the rest is likely to be.
      bytes = grown(bytes, at, Math.ceil((at / i) * values.length * 1.1))
    }
    const value = values[i]!
    if (value === null) continue
    if (value instanceof LongValue || isLong(value)) {
      const long = value instanceof LongValue ? value
        : LongValue.of(typeof value === 'string' ? encoder.encode(value) : value)
      longs.set(i, long)
      lengths[i] = long.length
      continue
    }
    const most = typeof value === 'string' ? value.length * 3 : value.length
    if (at + most > bytes.length) bytes = grown(bytes, at, Math.max(bytes.length * 2, at + most))
    if (typeof value === 'string') lengths[i] = writeUtf8(value, bytes, at)
    else {
      bytes.set(value, at)
      lengths[i] = value.length
    }
    at += lengths[i]!
  }
  const offsets = new Float64Array(values.length)
  return { bytes: bytes.subarray(0, at), lengths, offsets, longs: longs.size === 0 ? null : longs }
}

function grown(bytes: Uint8Array<ArrayBuffer>, used: number, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.length) return bytes
  const larger = new Uint8Array(size)
  larger.set(bytes.subarray(0, used))
  return larger
}

// Short ASCII by hand: encodeInto costs about 100 ns a call.
function writeUtf8(value: string, bytes: Uint8Array, at: number): number {
  if (value.length < 32) {
    let i = 0
    for (; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) break
      bytes[at + i] = unit
    }
    if (i === value.length) return i
  }
  return encoder.encodeInto(value, bytes.subarray(at)).written
}
