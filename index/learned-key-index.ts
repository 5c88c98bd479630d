// The learned index behind the KeyIndex interface: one SegmentTable over all keys, as in one huge row group.
// Tables use the two-level model of table-model.ts and group-model.ts; this is for comparison with the rivals.
import { fitSegments } from './fit.ts'
import type { FitOptions } from './fit.ts'
import type { KeyIndex, KeyIndexStats } from './key-index.ts'
import { searchBound } from './learned-index.ts'
import type { SearchBound } from './learned-index.ts'
import { segmentTableBytes } from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

/** Piecewise-linear index; keeps the model only, never the keys. */
export class LearnedKeyIndex implements KeyIndex {
  readonly table: SegmentTable
  readonly bytes: number

  constructor(keys: Float64Array, count: number, options: FitOptions = {}) {
    this.table = fitSegments(keys, count, options)
    this.bytes = segmentTableBytes(this.table)
  }

  search(key: number, out: SearchBound): void {
    searchBound(this.table, key, out)
  }

  stats(): KeyIndexStats {
    const { kind, keys, count, errorLow, errorHigh } = this.table
    let windowRows = 0
    for (let s = 0; s < count; s++) windowRows = Math.max(windowRows, errorLow[s]! + errorHigh[s]!)
    return { kind, keys, bytes: this.bytes, windowRows }
  }
}
