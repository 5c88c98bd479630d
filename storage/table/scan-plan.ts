// Which rows a scan visits: slices of row groups, of the base and of sealed runs, and of delta blocks. Key ranges
// become row positions here, through the learned index; zone maps drop row groups here. Key order is the business of
// ordered-slices.ts.
import type { Scalar } from '../../src/base/types.ts'
import type { CursorCounters, KeyRange } from '../access.ts'
import type { ZonePredicate } from '../column-buffers.ts'
import type { DeltaBlock, DeltaImage } from '../delta/delta-image.ts'
import type { DeltaView } from '../delta/delta-image-cache.ts'
import { DELTA_BLOCK_ROWS } from '../delta/delta-block.ts'
import { prefixSuccessor } from './key.ts'
import type { KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { GroupDirectory } from './group-directory.ts'
import type { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'
import { groupMayMatch } from '../row-group/zone-map.ts'

/** Rows [begin, end) of a row group or of a delta block. */
export interface Slice {
  readonly group: RowGroup | null
  readonly block: DeltaBlock | null
  /** Dead rows of a delta block: bitmap of its image, and the block's first row in it. */
  readonly dead: Uint8Array | null
  readonly deadBase: number
  readonly begin: number
  readonly end: number
}

/** One end of a key interval: all keys at or above `key` (strictly above when `after`). */
export interface KeyEdge {
  readonly key: KeyValue
  readonly after: boolean
}

/** Where a range begins and ends; null = open; 'empty' when no key can match. */
export type KeyInterval = { readonly lower: KeyEdge | null; readonly upper: KeyEdge | null } | 'empty'

/** Turns prefix bounds into edges. Bounds containing NULL match nothing. */
export function toInterval(table: TableStore, range: KeyRange | undefined): KeyInterval {
  if (range === undefined) return { lower: null, upper: null }
  if (range.nullsAreValues !== true && (range.lower?.includes(null) || range.upper?.includes(null))) return 'empty'
  const lower = range.lower === null ? null : edge(table, range.lower, !range.lowerInclusive)
  const upper = range.upper === null ? null : edge(table, range.upper, range.upperInclusive)
  if (lower === 'end') return 'empty'
  return { lower, upper: upper === 'end' ? null : upper }
}

function edge(table: TableStore, values: readonly Scalar[], after: boolean): KeyEdge | null | 'end' {
  const { order } = table
  if (values.length === 0) return after ? 'end' : null
  if (order.columns.length === 1) return { key: order.fromValues(values), after }
  const prefix = order.prefix(values)
  if (!after) return { key: prefix, after: false }
  const successor = prefixSuccessor(prefix)
  return successor === null ? 'end' : { key: successor, after: false }
}

/** Row of `group` where the edge falls: rows before it lie below the edge. */
export function edgeRow(table: TableStore, group: RowGroup, at: KeyEdge): number {
  const { order } = table
  if (order.compare(at.key, group.firstKey) < 0) return 0
  if (order.compare(at.key, group.lastKey) > 0) return group.rows
  const meta = table.metaOf(group)
  const row = table.search.lowerBound(group, meta, at.key)
  const isEqual = at.after && row < group.rows && order.compare(table.search.keyAt(group, meta, row), at.key) === 0
  return isEqual ? row + 1 : row
}

/** Slices of the groups of the base, or of one run, that an interval meets, in key order. */
export function groupSlices(
  table: TableStore, directory: GroupDirectory, interval: KeyInterval,
  zones: readonly ZonePredicate[] | undefined, counters: CursorCounters,
): Slice[] {
  const slices: Slice[] = []
  if (interval === 'empty') return slices
  const { groups } = directory
  const firstGroup = interval.lower === null ? 0 : Math.max(0, directory.groupOf(interval.lower.key))
  const lastGroup = interval.upper === null ? groups.length - 1 : directory.groupOf(interval.upper.key)
  counters.groupsTotal += groups.length
  counters.groupsSkipped += groups.length - Math.max(0, lastGroup - firstGroup + 1)
  for (let g = firstGroup; g <= lastGroup; g++) {
    const group = groups[g]!
    if (zones !== undefined && !groupMayMatch(table.metaOf(group), group, table.schema, zones)) {
      counters.groupsSkipped++
      continue
    }
    const begin = g === firstGroup && interval.lower !== null ? edgeRow(table, group, interval.lower) : 0
    const end = g === lastGroup && interval.upper !== null ? edgeRow(table, group, interval.upper) : group.rows
    if (begin < end) slices.push({ group, block: null, dead: null, deadBase: 0, begin, end })
  }
  return slices
}

/** Rows of base and runs in an interval, less the share of each group that is sealed as dead. */
export function countStoredRows(table: TableStore, root: TableRoot, interval: KeyInterval): number {
  const counters = { groupsTotal: 0, groupsSkipped: 0, baseRows: 0, deltaRows: 0 }
  let rows = 0
  for (const directory of [root.base, ...root.runs]) {
    for (const { group, begin, end } of groupSlices(table, directory, interval, undefined, counters)) {
      rows += (end - begin) * (1 - group!.dead.sealedCount / group!.rows)
    }
  }
  return Math.round(rows)
}

/** Index range of an interval in a delta image's keys. */
export function imageRange(table: TableStore, image: DeltaImage, interval: KeyInterval): [number, number] {
  if (interval === 'empty') return [0, 0]
  const position = (at: KeyEdge): number => {
    let lo = 0
    let hi = image.keys.length
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      const order = table.order.compare(image.keys[mid]!, at.key)
      if (order < 0 || (at.after && order === 0)) lo = mid + 1
      else hi = mid
    }
    return lo
  }
  const begin = interval.lower === null ? 0 : position(interval.lower)
  const end = interval.upper === null ? image.keys.length : position(interval.upper)
  return [begin, Math.max(begin, end)]
}

/** Keys of the interval that the delta has entries for: changed rows of the base, and new ones. */
export function countDeltaEntries(table: TableStore, interval: KeyInterval): number {
  const { delta, deltaOrder } = table
  if (interval === 'empty' || delta.entryCount === 0) return 0
  const entries = deltaOrder.entries(delta)
  const place = (at: KeyEdge): number => deltaOrder.position(delta, entries, at.key, at.after)
  const begin = interval.lower === null ? 0 : place(interval.lower)
  const end = interval.upper === null ? entries.length : place(interval.upper)
  return Math.max(0, end - begin)
}

/** Image rows [begin, end) as slices of its blocks. */
export function pushImage(slices: Slice[], view: DeltaView, begin: number, end: number): void {
  const { image, dead } = view
  for (let at = begin; at < end;) {
    const b = Math.floor(at / DELTA_BLOCK_ROWS)
    const base = b * DELTA_BLOCK_ROWS
    const block = image.blocks[b]!
    const stop = Math.min(end, base + block.rows)
    slices.push({ group: null, block, dead, deadBase: base, begin: at - base, end: stop - base })
    at = stop
  }
}

/** Base slices first, then those of the runs, then the delta's. */
export function unorderedSlices(
  table: TableStore, stored: readonly Slice[][], views: readonly DeltaView[], interval: KeyInterval,
): Slice[] {
  const slices = stored.flat()
  for (const view of views) pushImage(slices, view, ...imageRange(table, view.image, interval))
  return slices
}
