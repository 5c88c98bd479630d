// The models of consecutive row groups as one, packed for point reads: a lookup finds the segment in one step
// instead of two (row group, then segment), and everything it needs of the segment lies in one record of 32
// bytes instead of five arrays. Derived from SegmentTables, never stored.
//
//   record of segment s     bytes 0-7   first key (f64; +Infinity in the two sentinels behind the last)
//                           bytes 8-15  slope (f64, rows per unit of key)
//                           bytes 16-19 first row (u16) | last row of the segment (u16) << 16
//                           bytes 20-23 errorLow (u16) | errorHigh - 1 (u16) << 16
//                           bytes 24-27 number of the table (part) that the segment is from
//                           bytes 28-31 for the owner of a copy
//
// Rows count from 0 in every part, so a prediction is bit for bit the one that the fit measured, and the promises
// L1-L3 of learned-index.ts hold within the part; a part has at most 65,536 rows. A key between the last key
// of one part and the first of the next belongs to the earlier part, where no row has it.
import { assert } from '../src/base/assert.ts'
import type { SegmentTable } from './segment-table.ts'
import { buildGrid } from './segment-table.ts'

const PART_ROWS_MAX = 0x10000
const RECORD_DOUBLES = 4
const RECORD_WORDS = 8
const ROWS_WORD = 4
const ERRORS_WORD = 5
const PART_WORD = 6

/** Many segment tables over ascending keys as one. What searches it is generated: storage/table/warm-find.ts. */
export class PackedModel {
  readonly segments: number
  /** The records, and two sentinels behind them. */
  readonly doubles: Float64Array
  /** The segment of a key is one of grid[c] .. grid[c + 1], where c = gridCell((key - first) * scale, cells). */
  readonly grid: Int32Array
  readonly first: number
  readonly scale: number

  /** Made by {@link packModels}. */
  constructor(doubles: Float64Array, segments: number) {
    assert(segments > 0 && doubles.length === (segments + 2) * RECORD_DOUBLES, 'packed model: records are missing')
    const firstKey = Float64Array.from({ length: segments + 1 }, (_, s) => doubles[s * RECORD_DOUBLES]!)
    const { grid, gridScale } = buildGrid(firstKey, segments)
    this.segments = segments
    this.doubles = doubles
    this.grid = grid
    this.first = firstKey[0]!
    this.scale = gridScale
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
  const doubles = new Float64Array((count + 2) * RECORD_DOUBLES)
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
  doubles[(count + 1) * RECORD_DOUBLES] = Infinity
  return new PackedModel(doubles, count)
}
