// What a SERIALIZABLE transaction has read, as predicates over keys: single keys (also absent ones), key
// intervals, or a whole table. A later insert into an interval that was read is a phantom, and is found because
// the interval, not the rows in it, is remembered.
//
//   find(key) ─► point      scan with a key range ─► interval      any other scan ─► the whole table
//
// V1  Memory is bounded: past POINTS_MAX keys or INTERVALS_MAX intervals of a table the predicate becomes the
//     whole table. Coarser predicates only make more transactions fail, never fewer.
import type { KeyValue } from '../table/key.ts'
import type { KeyEdge, KeyInterval } from '../table/scan-plan.ts'
import type { TableStore } from '../table/table-store.ts'

/** Keys of one table a transaction may have read one by one. */
export const POINTS_MAX = 8192
/** Intervals of one table it may have read. */
export const INTERVALS_MAX = 512

interface Interval {
  readonly lower: KeyEdge | null
  readonly upper: KeyEdge | null
}

interface TableReads {
  isWhole: boolean
  points: Set<KeyValue>
  intervals: Interval[]
}

/** Predicates read by one transaction. */
export class ReadSet {
  private readonly byTable = new Map<TableStore, TableReads>()

  private readsOf(table: TableStore): TableReads {
    let reads = this.byTable.get(table)
    if (reads === undefined) this.byTable.set(table, reads = { isWhole: false, points: new Set(), intervals: [] })
    return reads
  }

  /** A key was looked up, whether or not it has a row. */
  point(table: TableStore, key: KeyValue): void {
    const reads = this.readsOf(table)
    if (reads.isWhole) return
    reads.points.add(key)
    if (reads.points.size > POINTS_MAX) becomeWhole(reads)
  }

  /** The keys of an interval were scanned. */
  interval(table: TableStore, interval: KeyInterval): void {
    if (interval === 'empty') return
    const reads = this.readsOf(table)
    if (reads.isWhole) return
    if (interval.lower === null && interval.upper === null) return becomeWhole(reads)
    const last = reads.intervals[reads.intervals.length - 1]
    if (last !== undefined && sameEdge(last.lower, interval.lower) && sameEdge(last.upper, interval.upper)) return
    reads.intervals.push(interval)
    if (reads.intervals.length > INTERVALS_MAX) becomeWhole(reads)
  }

  /** True when something of the table was read. */
  touches(table: TableStore): boolean {
    return this.byTable.has(table)
  }

  /** True when a change of this key changes what was read. */
  covers(table: TableStore, key: KeyValue): boolean {
    const reads = this.byTable.get(table)
    if (reads === undefined) return false
    return reads.isWhole || reads.points.has(key) || reads.intervals.some((interval) => contains(table, interval, key))
  }
}

function becomeWhole(reads: TableReads): void {
  reads.isWhole = true
  reads.points = new Set()
  reads.intervals = []
}

function sameEdge(a: KeyEdge | null, b: KeyEdge | null): boolean {
  if (a === null || b === null) return a === b
  return Object.is(a.key, b.key) && a.after === b.after
}

// An edge lies before its key, or behind it when `after`.
function contains(table: TableStore, { lower, upper }: Interval, key: KeyValue): boolean {
  const { order } = table
  if (lower !== null) {
    const side = order.compare(key, lower.key)
    if (lower.after ? side <= 0 : side < 0) return false
  }
  if (upper === null) return true
  const side = order.compare(key, upper.key)
  return upper.after ? side <= 0 : side < 0
}
