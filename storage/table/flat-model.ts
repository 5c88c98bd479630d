// The models of all row groups of a root as one, for point reads of numeric keys on a warm table: one search
// for the segment instead of two, and no walk from group to meta to model. Derived from the root and dropped
// with it; made when a reader has shown that it is worth reading every group's meta.
import { concatenateTables } from '../../index/mod.ts'
import type { SegmentTable } from '../../index/mod.ts'
import type { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'

/** Roots with more row groups keep the two-level model. */
const GROUPS_MAX = 1024

/** One segment table over all rows of a root, and the row group of a row. */
export class FlatModel {
  readonly table: SegmentTable
  /** First row of each group, counted through the root; one more entry for the end. */
  readonly firstRows: Int32Array
  /** Rows of every group but the last when they are equal, else 0. */
  private readonly step: number

  constructor(table: SegmentTable, firstRows: Int32Array) {
    this.table = table
    this.firstRows = firstRows
    const step = firstRows[1]!
    const isEven = firstRows.every((row, g) => g === firstRows.length - 1 || row === g * step)
    this.step = isEven && firstRows[firstRows.length - 1]! <= step * (firstRows.length - 1) ? step : 0
  }

  /** Row group of a row of the root. */
  groupOf(row: number): number {
    if (this.step > 0) return (row / this.step) | 0
    const { firstRows } = this
    let lo = 0
    let hi = firstRows.length - 1
    while (lo < hi - 1) {
      const mid = (lo + hi) >>> 1
      if (firstRows[mid]! <= row) lo = mid
      else hi = mid
    }
    return lo
  }
}

/** The flat model of a root, or null where it cannot be (int64 keys beyond 2^53, infinities, too many groups). */
export function makeFlatModel(store: TableStore, root: TableRoot): FlatModel | null {
  const { groups } = root
  if (groups.length === 0 || groups.length > GROUPS_MAX || store.order.mode !== 'number') return null
  const metas = groups.map((group) => store.metaOf(group))
  if (metas.some((meta) => meta.keyBase !== null)) return null
  const table = concatenateTables(metas.map((meta) => meta.model))
  if (table === null) return null
  const firstRows = new Int32Array(groups.length + 1)
  groups.forEach((group, g) => {
    firstRows[g + 1] = firstRows[g]! + group.rows
  })
  return new FlatModel(table, firstRows)
}
