// The fitted model of one sorted run of keys: a struct of arrays, one entry per segment (linear piece), and
// its byte form. Made by fit.ts (learned) or sampled-index.ts (sampled), read by learned-index.ts.
//
// Rows 0 .. keys-1 hold non-decreasing projected keys (key-order.ts). Rows [0, begin) are -Infinity, rows
// [end, keys) are +Infinity or NaN; the segments cover the finite rows [begin, end):
//
//   firstKey  -inf | k0      k1        k2   | +inf (sentinel)      firstKey[count] = +Infinity
//   intercept      | begin   r1        r2   | end  (sentinel)      intercept[count] = end
//
// Invariants (checked by decode, established by the fit):
//   T1  firstKey is finite and strictly increasing; intercept is strictly increasing from begin to end.
//   T2  slope is finite and >= 0, so a prediction never decreases while the key grows.
//   T3  for each distinct key of segment s, held by rows [first, last]:
//       first >= pos - errorLow[s]  and  last < pos + errorHigh[s], where pos = predictRow(...).
//   T4  0 <= errorLow[s] < rows of s, 1 <= errorHigh[s] <= rows of s.
// A sampled table is the same thing with slope 0 and errors that span the segment, so one search serves both.
//
// Bytes, little-endian; no checksum, since the page around it has one:
//   offset  size  meaning
//   0       4     magic 'SEG1'
//   4       1     kind: 0 learned, 1 sampled
//   5       1     key width: 4 (u32 distance from the base key) or 8 (f64)
//   6       1     slope width: 0 (sampled, all 0), 4 (f32) or 8 (f64)
//   7       1     intercept width: 2 (u16) or 4 (u32)
//   8       1     error width: 0 (sampled), 1, 2 or 4 (unsigned); all ones in errorHigh = the whole segment
//   9       3     zero
//   12      4     segments (count)
//   16      4     keys
//   20      4     begin
//   24      4     end
//   28      4     epsilon
//   32      4     max error
//   36      4     zero
//   40      8     mean error, f64
//   48      8     base key, f64: firstKey[0], or 0 without segments
//   56      ...   firstKey[], slope[], intercept[], errorLow[], errorHigh[]: count entries each
import { assert } from '../src/base/assert.ts'
import { CODE, DatabaseError } from '../src/base/errors.ts'

/** `learned`: linear pieces. `sampled`: every so-many-th key, where the data defeats the lines. */
export type ModelKind = 'learned' | 'sampled'

/** See the file header. `firstKey` and `intercept` have count + 1 entries, the last a sentinel. */
export interface SegmentTable {
  readonly kind: ModelKind
  /** Number of segments. */
  readonly count: number
  readonly firstKey: Float64Array
  /** Rows per unit of key. */
  readonly slope: Float64Array
  /** Row of firstKey; the segment's rows are [intercept[s], intercept[s + 1]). */
  readonly intercept: Float64Array
  /** Real maximum of (predicted row - first row of the key), at least 0. */
  readonly errorLow: Int32Array
  /** Real maximum of (row after the key's last - predicted row), at least 1. */
  readonly errorHigh: Int32Array
  /** Derived, not stored: see {@link buildGrid}. */
  readonly grid: Int32Array
  /** Grid cells per unit of key. */
  readonly gridScale: number
  /** Rows in all. */
  readonly keys: number
  /** First row with a finite key. */
  readonly begin: number
  /** Row after the last finite key. */
  readonly end: number
  /** Promised error of the fit; for a sampled table the sampling stride. */
  readonly epsilon: number
  /** Real maximum of |predicted row - first row| over distinct keys. */
  readonly maxError: number
  /** Mean of the same. */
  readonly meanError: number
}

export const SEGMENT_TABLE_MAGIC = 0x31474553
/** Offsets of the header fields, in bytes. */
export const SEGMENT_TABLE_OFFSET = {
  magic: 0, kind: 4, keyWidth: 5, slopeWidth: 6, interceptWidth: 7, errorWidth: 8,
  count: 12, keys: 16, begin: 20, end: 24, epsilon: 28, maxError: 32, meanError: 40, baseKey: 48, arrays: 56,
} as const

const AT = SEGMENT_TABLE_OFFSET

interface Widths { key: number, slope: number, intercept: number, error: number }

/**
 * The predicted row of a key inside one segment: intercept + slope * distance, rounded, clamped to
 * [intercept, limit). The one arithmetic of both the fit's error measurement and the lookup; `distance` =
 * key - firstKey >= 0, possibly Infinity (0 * Infinity = NaN ends at the upper clamp).
 */
export function predictRow(intercept: number, limit: number, slope: number, distance: number): number {
  const row = intercept + slope * distance + 0.5
  return row < limit ? row | 0 : (limit - 1) | 0
}

/**
 * The grid that shortens the search for a segment: equal cells over [firstKey[0], firstKey[count - 1]], two
 * per segment. grid[c] = last segment whose first key lies in a cell before c (or 0), so the segment of a
 * key in cell c is one of grid[c] .. grid[c + 1]: on even keys one or two, on skewed ones a binary search
 * decides. O(segments).
 */
export function buildGrid(firstKey: Float64Array, count: number): { grid: Int32Array, gridScale: number } {
  const cells = Math.max(1, count * GRID_CELLS_PER_SEGMENT)
  const gridScale = count > 1 ? cells / (firstKey[count - 1]! - firstKey[0]!) : 0
  const grid = new Int32Array(cells + 1)
  let cell = 0
  for (let s = 0; s < count; s++) {
    const at = gridCell((firstKey[s]! - firstKey[0]!) * gridScale, cells)
    while (cell < at) grid[++cell] = Math.max(0, s - 1)
  }
  while (cell < cells) grid[++cell] = Math.max(0, count - 1)
  return { grid, gridScale }
}

const GRID_CELLS_PER_SEGMENT = 2

/** Cell of a scaled distance; never decreases with it. NaN (0 * Infinity, Infinity * 0) is the last cell. */
export function gridCell(scaled: number, cells: number): number {
  return scaled < cells ? scaled | 0 : cells - 1
}

/** Bytes that {@link encodeSegmentTable} writes for this table. */
export function segmentTableBytes(table: SegmentTable): number {
  return encodedBytes(chooseWidths(table), table.count)
}

function encodedBytes(w: Widths, count: number): number {
  return AT.arrays + count * (w.key + w.slope + w.intercept + 2 * w.error)
}

// Narrowest lossless widths: lookups after a decode compute bit for bit what the fit verified.
function chooseWidths(t: SegmentTable): Widths {
  const sampled = t.kind === 'sampled'
  const base = t.count > 0 ? t.firstKey[0]! : 0
  let key = 4, slope = 4, worst = 0
  for (let s = 0; s < t.count; s++) {
    const distance = t.firstKey[s]! - base
    if (distance >>> 0 !== distance || base + distance !== t.firstKey[s]!) key = 8
    if (Math.fround(t.slope[s]!) !== t.slope[s]!) slope = 8
    const rows = t.intercept[s + 1]! - t.intercept[s]!
    worst = Math.max(worst, t.errorLow[s]!, t.errorHigh[s]! === rows ? 0 : t.errorHigh[s]!)
  }
  const error = worst < 0xff ? 1 : worst < 0xffff ? 2 : 4
  return { key, slope: sampled ? 0 : slope, intercept: t.end <= 0x10000 ? 2 : 4, error: sampled ? 0 : error }
}

/** The table's bytes (see the picture above). Allocates; O(segments). */
export function encodeSegmentTable(table: SegmentTable): Uint8Array {
  const w = chooseWidths(table)
  const bytes = new Uint8Array(encodedBytes(w, table.count))
  const view = new DataView(bytes.buffer)
  const base = table.count > 0 ? table.firstKey[0]! : 0
  view.setUint32(AT.magic, SEGMENT_TABLE_MAGIC, true)
  view.setUint8(AT.kind, table.kind === 'sampled' ? 1 : 0)
  view.setUint8(AT.keyWidth, w.key)
  view.setUint8(AT.slopeWidth, w.slope)
  view.setUint8(AT.interceptWidth, w.intercept)
  view.setUint8(AT.errorWidth, w.error)
  view.setUint32(AT.count, table.count, true)
  view.setUint32(AT.keys, table.keys, true)
  view.setUint32(AT.begin, table.begin, true)
  view.setUint32(AT.end, table.end, true)
  view.setUint32(AT.epsilon, table.epsilon, true)
  view.setUint32(AT.maxError, table.maxError, true)
  view.setFloat64(AT.meanError, table.meanError, true)
  view.setFloat64(AT.baseKey, base, true)
  const slopeAt = AT.arrays + table.count * w.key
  const interceptAt = slopeAt + table.count * w.slope
  const lowAt = interceptAt + table.count * w.intercept
  const highAt = lowAt + table.count * w.error
  for (let s = 0; s < table.count; s++) {
    const rows = table.intercept[s + 1]! - table.intercept[s]!
    if (w.key === 8) view.setFloat64(AT.arrays + s * 8, table.firstKey[s]!, true)
    else view.setUint32(AT.arrays + s * 4, table.firstKey[s]! - base, true)
    if (w.slope === 8) view.setFloat64(slopeAt + s * 8, table.slope[s]!, true)
    else if (w.slope === 4) view.setFloat32(slopeAt + s * 4, table.slope[s]!, true)
    writeUint(view, interceptAt + s * w.intercept, w.intercept, table.intercept[s]!)
    if (w.error === 0) continue
    const high = table.errorHigh[s]!
    writeUint(view, lowAt + s * w.error, w.error, table.errorLow[s]!)
    writeUint(view, highAt + s * w.error, w.error, high === rows ? allOnes(w.error) : high)
  }
  return bytes
}

/**
 * Reads the bytes of {@link encodeSegmentTable} starting at `offset`; later bytes are ignored. Throws XX001
 * when lengths, counts or invariants T1, T2, T4 do not hold; that T3 holds is the checksum's to guarantee.
 */
export function decodeSegmentTable(bytes: Uint8Array, offset = 0): SegmentTable {
  if (!(offset >= 0) || bytes.length - offset < AT.arrays) {
    damaged('header is cut short', bytes.length, offset)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, bytes.length - offset)
  const w = readWidths(view, offset)
  const kind: ModelKind = view.getUint8(AT.kind) === 1 ? 'sampled' : 'learned'
  const count = view.getUint32(AT.count, true)
  const keys = view.getUint32(AT.keys, true)
  const begin = view.getUint32(AT.begin, true)
  const end = view.getUint32(AT.end, true)
  const maxError = view.getUint32(AT.maxError, true)
  const meanError = view.getFloat64(AT.meanError, true)
  if (keys > 0x7fffffff || end > keys || begin > end) {
    damaged('row range exceeds the keys', end, offset + AT.end)
  }
  if (count > end - begin || (count === 0) !== (begin === end)) {
    damaged('segment count is wrong', count, offset + AT.count)
  }
  if (encodedBytes(w, count) > view.byteLength) damaged('segments are cut short', view.byteLength, offset)
  if (maxError > keys || !(meanError >= 0 && meanError <= maxError)) {
    damaged('error is wrong', meanError, offset + AT.maxError)
  }
  const draft = {
    kind, count, keys, begin, end, maxError, meanError, epsilon: view.getUint32(AT.epsilon, true),
    firstKey: new Float64Array(count + 1), intercept: new Float64Array(count + 1),
    slope: new Float64Array(count), errorLow: new Int32Array(count), errorHigh: new Int32Array(count),
  }
  readSegments(draft, view, w)
  checkSegments(draft, offset)
  return { ...draft, ...buildGrid(draft.firstKey, count) }
}

type Segments = Omit<SegmentTable, 'grid' | 'gridScale'>

function readWidths(view: DataView, offset: number): Widths {
  const magic = view.getUint32(AT.magic, true)
  if (magic !== SEGMENT_TABLE_MAGIC) damaged('magic is wrong', magic, offset)
  const kind = view.getUint8(AT.kind)
  if (kind > 1) damaged('kind is unknown', kind, offset + AT.kind)
  const key = view.getUint8(AT.keyWidth), slope = view.getUint8(AT.slopeWidth)
  const intercept = view.getUint8(AT.interceptWidth), error = view.getUint8(AT.errorWidth)
  if (key !== 4 && key !== 8) damaged('key width is wrong', key, offset + AT.keyWidth)
  if (kind === 1 ? slope !== 0 : slope !== 4 && slope !== 8) {
    damaged('slope width is wrong', slope, offset + AT.slopeWidth)
  }
  if (intercept !== 2 && intercept !== 4) {
    damaged('intercept width is wrong', intercept, offset + AT.interceptWidth)
  }
  if (kind === 1 ? error !== 0 : error !== 1 && error !== 2 && error !== 4) {
    damaged('error width is wrong', error, offset + AT.errorWidth)
  }
  return { key, slope, intercept, error }
}

function readSegments(table: Segments, view: DataView, w: Widths): void {
  const { count, end } = table
  const slopeAt = AT.arrays + count * w.key
  const interceptAt = slopeAt + count * w.slope
  const lowAt = interceptAt + count * w.intercept
  const highAt = lowAt + count * w.error
  const base = view.getFloat64(AT.baseKey, true)
  for (let s = 0; s < count; s++) {
    const at = AT.arrays + s * w.key
    table.firstKey[s] = w.key === 8 ? view.getFloat64(at, true) : base + view.getUint32(at, true)
    if (w.slope === 8) table.slope[s] = view.getFloat64(slopeAt + s * 8, true)
    else if (w.slope === 4) table.slope[s] = view.getFloat32(slopeAt + s * 4, true)
    table.intercept[s] = readUint(view, interceptAt + s * w.intercept, w.intercept)
  }
  table.firstKey[count] = Infinity
  table.intercept[count] = end
  for (let s = 0; s < count; s++) {
    const rows = table.intercept[s + 1]! - table.intercept[s]!
    const high = w.error === 0 ? allOnes(4) : readUint(view, highAt + s * w.error, w.error)
    table.errorLow[s] = w.error === 0 ? 0 : readUint(view, lowAt + s * w.error, w.error)
    table.errorHigh[s] = high === allOnes(w.error === 0 ? 4 : w.error) ? rows : high
  }
}

function checkSegments(table: Segments, offset: number): void {
  if (table.intercept[0] !== table.begin) damaged('violates T1: first row', table.intercept[0]!, offset)
  for (let s = 0; s < table.count; s++) {
    const key = table.firstKey[s]!, slope = table.slope[s]!
    const rows = table.intercept[s + 1]! - table.intercept[s]!
    if (!(key > -Infinity && key < table.firstKey[s + 1]!)) damaged('violates T1: first keys', key, offset)
    if (!(rows >= 1)) damaged('violates T1: rows of a segment', rows, offset)
    if (!(slope >= 0 && slope < Infinity)) damaged('violates T2: slope', slope, offset)
    const low = table.errorLow[s]!, high = table.errorHigh[s]!
    if (!(low >= 0 && low < rows && high >= 1 && high <= rows)) damaged('violates T4: errors', high, offset)
  }
}

function damaged(what: string, value: number, offset: number): never {
  throw new DatabaseError(CODE.CORRUPT, `segment table: ${what} (${value})`, { offset })
}

function allOnes(width: number): number {
  return width === 1 ? 0xff : width === 2 ? 0xffff : 0xffffffff
}

function writeUint(view: DataView, at: number, width: number, value: number): void {
  assert(value >= 0 && value <= allOnes(width), 'segment table: value exceeds its width')
  if (width === 1) view.setUint8(at, value)
  else if (width === 2) view.setUint16(at, value, true)
  else view.setUint32(at, value, true)
}

function readUint(view: DataView, at: number, width: number): number {
  return width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at, true) : view.getUint32(at, true)
}
