// The models of consecutive row groups as one, packed for point reads: a lookup finds the segment in one step
// instead of two (row group, then segment), and everything it needs of the segment lies in one record of 32
// bytes instead of five arrays. Derived from SegmentTables, never stored.
//
//   record of segment s     bytes 0-7   first key (f64; +Infinity in the sentinel behind the last record)
//                           bytes 8-15  slope (f64, rows per unit of key)
//                           bytes 16-19 first row (u16) | last row of the segment (u16) << 16
//                           bytes 20-23 errorLow (u16) | errorHigh - 1 (u16) << 16
//                           bytes 24-27 number of the table (part) that the segment is from
//
// Rows count from 0 in every part, so a prediction is bit for bit the one that the fit measured, and the promises
// L1-L3 of learned-index.ts hold within the part; a part has at most 65,536 rows. A key between the last key
// of one part and the first of the next belongs to the earlier part, where no row has it.
import { assert } from '../src/base/assert.ts'
import type { SegmentTable } from './segment-table.ts'
import { buildGrid, gridCell, predictRow } from './segment-table.ts'

const PART_ROWS_MAX = 0x10000
const RECORD_DOUBLES = 4
const RECORD_WORDS = 8
const ROWS_WORD = 4
const ERRORS_WORD = 5
const PART_WORD = 6

/** Many segment tables over ascending keys as one; `search` leaves its answer in the fields. */
export class PackedModel {
  /** Part that must hold the key if any does. */
  part = 0
  /** Predicted row, and the rows [lo, hi) that must hold the key, counted in the part. */
  pos = 0
  lo = 0
  hi = 0
  readonly segments: number
  private readonly doubles: Float64Array
  private readonly words: Int32Array
  private readonly grid: Int32Array
  private readonly first: number
  private readonly scale: number

  /** Made by {@link packModels}. */
  constructor(doubles: Float64Array, segments: number) {
    assert(segments > 0 && doubles.length === (segments + 1) * RECORD_DOUBLES, 'packed model: records are missing')
    const firstKey = Float64Array.from({ length: segments + 1 }, (_, s) => doubles[s * RECORD_DOUBLES]!)
    const { grid, gridScale } = buildGrid(firstKey, segments)
    this.segments = segments
    this.doubles = doubles
    this.words = new Int32Array(doubles.buffer)
    this.grid = grid
    this.first = firstKey[0]!
    this.scale = gridScale
  }

  /** Bounds the rows of a finite key; false when it lies before every key. No allocation. */
  search(key: number): boolean {
    const { doubles, words, grid } = this
    const distance = key - this.first
    if (!(distance >= 0)) return false
    const cell = gridCell(distance * this.scale, grid.length - 1)
    let s = grid[cell]!
    let last = grid[cell + 1]!
    while (s < last) {
      const mid = (s + last + 1) >>> 1
      if (doubles[mid * RECORD_DOUBLES]! <= key) s = mid
      else last = mid - 1
    }
    const rows = words[s * RECORD_WORDS + ROWS_WORD]!
    const errors = words[s * RECORD_WORDS + ERRORS_WORD]!
    const begin = rows & 0xffff
    const limit = (rows >>> 16) + 1
    const at = s * RECORD_DOUBLES
    const pos = predictRow(begin, limit, doubles[at + 1]!, key - doubles[at]!)
    const lo = pos - (errors & 0xffff)
    const hi = pos + (errors >>> 16) + 1
    this.part = words[s * RECORD_WORDS + PART_WORD]!
    this.pos = pos
    this.lo = lo < begin ? begin : lo
    this.hi = hi > limit ? limit : hi
    return true
  }
}

/**
 * The tables in order as one, or null where that is not possible: no table, a table without segments or with more
 * than 65,536 rows, keys outside the fit (infinities, NaN). O(segments).
 */
export function packModels(tables: readonly SegmentTable[]): PackedModel | null {
  let count = 0
  for (const table of tables) {
    if (table.count === 0 || table.begin !== 0 || table.end !== table.keys || table.keys > PART_ROWS_MAX) return null
    count += table.count
  }
  if (count === 0) return null
  const doubles = new Float64Array((count + 1) * RECORD_DOUBLES)
  const words = new Int32Array(doubles.buffer)
  let at = 0
  tables.forEach((table, part) => {
    for (let s = 0; s < table.count; s++, at++) {
      const begin = table.intercept[s]!
      const last = table.intercept[s + 1]! - 1
      doubles[at * RECORD_DOUBLES] = table.firstKey[s]!
      doubles[at * RECORD_DOUBLES + 1] = table.slope[s]!
      words[at * RECORD_WORDS + ROWS_WORD] = begin | last << 16
      words[at * RECORD_WORDS + ERRORS_WORD] = table.errorLow[s]! | (table.errorHigh[s]! - 1) << 16
      words[at * RECORD_WORDS + PART_WORD] = part
    }
  })
  doubles[count * RECORD_DOUBLES] = Infinity
  return new PackedModel(doubles, count)
}
