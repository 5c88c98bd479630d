// The two encodings that have to be decoded: run length and delta. Which one a chunk gets is decided here, from the
// exact sizes of all candidates, measured in one pass over the values.
//
//   run length   values: one per run    aux: directory u16[blocks + 1] | first rows of the runs u16[runs]
//   delta        values: u8 or u16 per row, difference to the row before minus `step`    aux: f64 per 64 rows,
//                the value of the block's first row
//
// The directory says for every 256 rows (and for the last row) which run it lies in, so a point read searches at
// most 256 runs, in 8 steps. A delta read adds at most 63 differences. Both are bounded by constants, and both are
// dearer than reading in place, so each must pay: runs a quarter of the size, deltas half of it. Key columns are
// never encoded so: the learned index's last mile reads them in place.
//
// References: D. Abadi, S. Madden, M. Ferreira, "Integrating Compression and Execution in Column-Oriented Database
// Systems", SIGMOD 2006 (run length); D. Lemire, L. Boytsov, "Decoding billions of integers per second through
// vectorization", 2015 (deltas in blocks).
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import { partAlignment } from './chunk-plan.ts'
import type { FixedPart } from './chunk-plan.ts'
import { DELTA_BLOCK_ROWS, ENCODING, RUN_BLOCK_ROWS } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'

/** Runs must take at most this share of what they replace. */
const RUNS_SHARE = 1 / 4
/** The same for deltas, which cost more to decode. */
const DELTA_SHARE = 1 / 2
/** Differences are summed in doubles: every sum must stay a safe integer. */
const DELTA_RANGE_MAX = 2 ** 52

/** What one pass over integers finds. */
export interface Shape {
  runs: number
  /** Smallest and largest difference of neighbours. */
  minStep: number
  maxStep: number
}

/** Runs and differences of values[0 .. rows). NaN equals itself. Reused: one object per call site. */
export function measure(values: Float64Array, rows: number, shape: Shape): void {
  let runs = 1
  let minStep = Infinity
  let maxStep = -Infinity
  let last = values[0]!
  for (let i = 1; i < rows; i++) {
    const value = values[i]!
    const step = value - last
    if (value !== last && (value === value || last === last)) runs++
    if (step < minStep) minStep = step
    if (step > maxStep) maxStep = step
    last = value
  }
  shape.runs = runs
  shape.minStep = minStep
  shape.maxStep = maxStep
}

function auxBytes(runs: number, rows: number): number {
  return 2 * (Math.ceil(rows / RUN_BLOCK_ROWS) + 1 + runs)
}

/** True when runs of values `width` bytes wide pay against one value per row. */
export function paysAsRuns(runs: number, rows: number, width: number): boolean {
  return runs * width + auxBytes(runs, rows) <= rows * width * RUNS_SHARE
}

/** Layout of the differences, or null when deltas do not pay against one value of `width` bytes per row. */
export function deltaLayout(shape: Shape, range: number, rows: number, width: number): Layout | null {
  if (rows < 2 || range > DELTA_RANGE_MAX) return null
  const spread = shape.maxStep - shape.minStep
  const layout = spread <= 0xff ? LAYOUT.U8 : spread <= 0xffff ? LAYOUT.U16 : null
  if (layout === null) return null
  const bytes = rows * LAYOUT_WIDTH[layout]! + 8 * Math.ceil(rows / DELTA_BLOCK_ROWS)
  return bytes <= rows * width * DELTA_SHARE ? layout : null
}

/** First rows of the runs. `runs` must be what measure() counted. */
export function runStarts(values: ArrayLike<number | bigint>, begin: number, rows: number, runs: number): Uint16Array {
  const starts = new Uint16Array(runs)
  let run = 0
  let last = values[begin]!
  for (let i = 1; i < rows; i++) {
    const value = values[begin + i]!
    if (value === last || (value !== value && last !== last)) continue
    starts[++run] = i
    last = value
  }
  return starts
}

/**
 * Turns a chunk that is planned with `layout` into runs; gives its parts. `writeValues` writes one value per run.
 */
export function planRuns(
  chunk: ColumnChunk, starts: Uint16Array, rows: number, writeValues: FixedPart['write'],
): FixedPart[] {
  const width = LAYOUT_WIDTH[chunk.layout]!
  chunk.encoding = ENCODING.RUNS
  chunk.stored = chunk.layout
  chunk.auxCount = starts.length
  const values: FixedPart = {
    bytes: starts.length * width, align: 64,
    place: (offset) => { chunk.valuesOffset = offset }, write: writeValues,
  }
  const aux: FixedPart = {
    bytes: auxBytes(starts.length, rows), align: 64,
    place: (offset) => { chunk.auxOffset = offset },
    write: (memory, address) => writeDirectory(memory.u16, address >>> 1, starts, rows),
  }
  return [values, aux]
}

function writeDirectory(out: Uint16Array, at: number, starts: Uint16Array, rows: number): void {
  const blocks = Math.ceil(rows / RUN_BLOCK_ROWS)
  let run = 0
  for (let block = 0; block <= blocks; block++) {
    const row = Math.min(block * RUN_BLOCK_ROWS, rows - 1)
    while (run + 1 < starts.length && starts[run + 1]! <= row) run++
    out[at + block] = run
  }
  out.set(starts, at + blocks + 1)
}

/** Turns a chunk of integers that is planned with a layout and base into deltas; gives its parts. */
export function planDeltas(
  chunk: ColumnChunk, stored: Layout, step: number, rows: number, load: () => Float64Array,
): FixedPart[] {
  const blocks = Math.ceil(rows / DELTA_BLOCK_ROWS)
  const width = LAYOUT_WIDTH[stored]!
  chunk.encoding = ENCODING.DELTA
  chunk.stored = stored
  chunk.auxCount = blocks
  chunk.step = step
  const values: FixedPart = {
    bytes: rows * width, align: partAlignment(rows, width),
    place: (offset) => { chunk.valuesOffset = offset },
    write: (memory, address) => {
      const from = load()
      const out = stored === LAYOUT.U8 ? memory.u8 : memory.u16
      const at = address / width
      out[at] = 0
      for (let i = 1; i < rows; i++) out[at + i] = from[i]! - from[i - 1]! - step
    },
  }
  const bases: FixedPart = {
    bytes: blocks * 8, align: 64,
    place: (offset) => { chunk.auxOffset = offset },
    write: (memory, address) => {
      const from = load()
      for (let block = 0; block < blocks; block++) memory.f64[(address >>> 3) + block] = from[block * DELTA_BLOCK_ROWS]!
    },
  }
  return [values, bases]
}
