// The rows of sealed runs in a key interval, in key order: what a merge takes out of the runs. Rows sealed as dead
// are passed over; by rule R1 no key comes twice.
import type { KeyValue } from './key.ts'
import type { GroupDirectory } from './group-directory.ts'
import { referTo } from '../row-group/group-decoder.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { StagedScalar } from '../row-group/staged-column.ts'
import type { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'

/** Rows [begin, end) of a row group. */
export interface RowSpan {
  readonly group: RowGroup
  readonly begin: number
  readonly end: number
}

/** The parts of a directory's groups whose keys are in [from, to); null = open. */
export function spansBetween(
  table: TableStore, directory: GroupDirectory, from: KeyValue | null, to: KeyValue | null,
): RowSpan[] {
  const { order, search } = table
  const spans: RowSpan[] = []
  const { groups } = directory
  for (let g = from === null ? 0 : Math.max(0, directory.groupOf(from)); g < groups.length; g++) {
    const group = groups[g]!
    if (to !== null && order.compare(group.firstKey, to) >= 0) break
    if (from !== null && order.compare(group.lastKey, from) < 0) continue
    const isWholeLow = from === null || order.compare(from, group.firstKey) <= 0
    const isWholeHigh = to === null || order.compare(to, group.lastKey) > 0
    const begin = isWholeLow ? 0 : search.lowerBound(group, table.metaOf(group), from)
    const end = isWholeHigh ? group.rows : search.lowerBound(group, table.metaOf(group), to)
    if (begin < end) spans.push({ group, begin, end })
  }
  return spans
}

/** Live rows of one run, forward. */
class SpanCursor {
  private readonly table: TableStore
  private readonly spans: readonly RowSpan[]
  private at = 0
  row = -1
  group: RowGroup | null = null
  key: KeyValue | null = null

  constructor(table: TableStore, spans: readonly RowSpan[]) {
    this.table = table
    this.spans = spans
    this.enter()
  }

  private enter(): void {
    const span = this.spans[this.at]
    this.group = span?.group ?? null
    this.key = null
    if (span === undefined) return
    this.row = span.begin - 1
    this.next()
  }

  next(): void {
    const { group, table } = this
    if (group === null) return
    const { end } = this.spans[this.at]!
    this.row = group.dead.nextUnsealed(this.row + 1, end)
    if (this.row < end) this.key = table.search.keyAt(group, table.metaOf(group), this.row)
    else {
      this.at++
      this.enter()
    }
  }
}

/** Live rows of several runs in one key order. */
export class RunRows {
  private readonly table: TableStore
  private readonly cursors: SpanCursor[]
  /** Everything the interval has in the runs, dead rows included. */
  readonly spans: readonly RowSpan[]

  /** `directories` defaults to all runs of the root. */
  constructor(
    table: TableStore, root: TableRoot, from: KeyValue | null, to: KeyValue | null,
    directories: readonly GroupDirectory[] = root.runs,
  ) {
    const perRun = directories.map((run) => spansBetween(table, run, from, to))
    this.table = table
    this.spans = perRun.flat()
    this.cursors = perRun.map((spans) => new SpanCursor(table, spans))
  }

  // The cursor with the smallest key; at most a dozen, so a walk is as good as a heap.
  private first(): SpanCursor | null {
    let best: SpanCursor | null = null
    for (const cursor of this.cursors) {
      if (cursor.key === null) continue
      if (best === null || this.table.order.compare(cursor.key, best.key!) < 0) best = cursor
    }
    return best
  }

  /** Smallest key that is left, or null. */
  peek(): KeyValue | null {
    return this.first()?.key ?? null
  }

  /** The row with the smallest key; null at the end. */
  peekRow(): { key: KeyValue; group: RowGroup; row: number } | null {
    const cursor = this.first()
    return cursor === null ? null : { key: cursor.key!, group: cursor.group!, row: cursor.row }
  }

  /** Goes to the next row. */
  take(): void {
    this.first()?.next()
  }
}

/** All columns of a stored row; long values outside of the key by reference. */
export function readStoredRow(table: TableStore, group: RowGroup, row: number): StagedScalar[] {
  const { chunks } = table.metaOf(group)
  const out: StagedScalar[] = new Array<StagedScalar>(chunks.length)
  const { reader } = table.services
  for (let c = 0; c < chunks.length; c++) {
    const long = table.schema.key.includes(c) ? null : referTo(reader, group, chunks[c]!, row)
    out[c] = long ?? reader.read(group, chunks[c]!, table.schema.columns[c]!.type, row)
  }
  return out
}
