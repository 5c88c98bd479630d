// Merge: rewrites chosen row groups together with the delta rows (and, for a bulk append, the incoming rows)
// that fall into their key intervals, into new row groups, and refits the key models of just those.
//
//   old groups  ──┐
//   delta rows  ──┼─ by key ─► staged columns ─► row-group-writer ─► new groups ─► new root (by the caller)
//   incoming    ──┘
//
// Nothing the readers of older roots use is changed: their groups and deletion vectors stay, and delta
// versions are only marked as merged (rule M1). Uncommitted versions are left alone.
import { assert } from '../../src/base/assert.ts'
import type { Row } from '../../src/base/types.ts'
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import { decodeGroup } from '../row-group/group-decoder.ts'
import type { IncomingRows } from './incoming-rows.ts'
import type { KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import { freeUnpublished, writeRowGroup } from '../row-group/row-group-writer.ts'
import type { GroupTarget } from '../row-group/row-group-writer.ts'
import { GroupBudget } from '../row-group/group-budget.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import type { StagedColumn } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

/** A finished merge: the new list of groups, and what it replaces. */
export interface MergeResult {
  readonly groups: RowGroup[]
  readonly replaced: RowGroup[]
  /** Delta versions (heads of their chains) that are in the new base. */
  readonly mergedVersions: number[]
  readonly rowsWritten: number
}

/** Consecutive groups [first, last] rewritten as one; first > last = rows behind the last group. */
interface Run {
  readonly first: number
  readonly last: number
  readonly entries: Int32Array
  readonly incomingBegin: number
  readonly incomingEnd: number
}

/** One merge of one table. */
export class Merger {
  private readonly table: TableStore
  private readonly target: GroupTarget
  private readonly groupRows: number
  private readonly incoming: IncomingRows | null
  private readonly stages: ColumnStage[]
  private readonly budget: GroupBudget
  private readonly result: MergeResult & { groups: RowGroup[]; rowsWritten: number }
  private rowsPerGroup = 0

  constructor(table: TableStore, target: GroupTarget, groupRows: number, incoming: IncomingRows | null) {
    this.table = table
    this.target = target
    this.groupRows = groupRows
    this.incoming = incoming
    this.stages = table.schema.columns.map((column) => new ColumnStage(column.type, 4096))
    this.budget = new GroupBudget(table.schema, target.groupBytes)
    this.result = { groups: [], replaced: [], mergedVersions: [], rowsWritten: 0 }
  }

  /**
   * Rewrites the groups for which `isChosen`, and every group that incoming rows fall into. A failure leaves
   * the table as it was and no pages behind.
   */
  run(isChosen: (group: RowGroup) => boolean): MergeResult {
    try {
      return this.rewriteAll(isChosen)
    } catch (error) {
      const old = new Set(this.table.root.groups)
      freeUnpublished(this.target, this.result.groups.filter((group) => !old.has(group)))
      throw error
    }
  }

  private rewriteAll(isChosen: (group: RowGroup) => boolean): MergeResult {
    const { table } = this
    const old = table.root.groups
    const entries = table.deltaOrder.entries(table.delta)
    if (old.length === 0) this.rewrite({ first: 0, last: -1, entries, ...this.incomingRange(null, null) })
    for (let g = 0; g < old.length;) {
      let last = g
      while (last < old.length && this.mustRewrite(old, last, isChosen)) last++
      if (last === g) this.result.groups.push(old[g++]!)
      else {
        this.rewriteGroups(old, g, last - 1, entries)
        g = last
      }
    }
    return this.result
  }

  private mustRewrite(old: readonly RowGroup[], g: number, isChosen: (group: RowGroup) => boolean): boolean {
    if (isChosen(old[g]!)) return true
    const from = g === 0 ? null : old[g]!.firstKey
    const { incomingBegin, incomingEnd } = this.incomingRange(from, old[g + 1]?.firstKey ?? null)
    return incomingBegin < incomingEnd
  }

  private incomingRange(from: KeyValue | null, to: KeyValue | null): { incomingBegin: number; incomingEnd: number } {
    if (this.incoming === null) return { incomingBegin: 0, incomingEnd: 0 }
    return {
      incomingBegin: from === null ? 0 : this.incoming.position(from),
      incomingEnd: to === null ? this.incoming.count : this.incoming.position(to),
    }
  }

  // Rewrites old groups first..last. A full last group whose new rows all come behind it stays as it is.
  private rewriteGroups(old: readonly RowGroup[], first: number, last: number, all: Int32Array): void {
    const { table } = this
    const from = first === 0 ? null : old[first]!.firstKey
    const to = last + 1 < old.length ? old[last + 1]!.firstKey : null
    const lo = from === null ? 0 : table.deltaOrder.position(table.delta, all, from, false)
    const hi = to === null ? all.length : table.deltaOrder.position(table.delta, all, to, false)
    const range = this.incomingRange(from, to)
    const tail = old[last]!
    const isFull = tail.rows * 2 > this.groupRows || tail.streamBytes * 2 > this.target.groupBytes
    const isFullTail = last === old.length - 1 && first === last && isFull
    if (isFullTail && this.isBehind(tail, all, lo, range.incomingBegin)) {
      this.result.groups.push(tail)
      this.rewrite({ first: 1, last: 0, entries: all.subarray(lo, hi), ...range })
      return
    }
    this.rewrite({ first, last, entries: all.subarray(lo, hi), ...range })
  }

  private isBehind(group: RowGroup, entries: Int32Array, lo: number, incomingBegin: number): boolean {
    const { table, incoming } = this
    const isAfter = (key: KeyValue): boolean => table.order.compare(key, group.lastKey) > 0
    if (group.dead.count > 0) return false
    if (lo < entries.length && !isAfter(table.delta.keyOf(entries[lo]!))) return false
    return incoming === null || incomingBegin >= incoming.count || isAfter(incoming.keyAt(incomingBegin))
  }

  private rewrite(run: Run): void {
    const groups = run.first <= run.last ? this.table.root.groups.slice(run.first, run.last + 1) : []
    let rows = run.incomingEnd - run.incomingBegin + run.entries.length
    for (const group of groups) rows += group.rows - group.dead.count
    const groupCount = Math.max(1, Math.ceil(rows / this.groupRows))
    this.rowsPerGroup = Math.min(this.groupRows, Math.max(1, Math.ceil(rows / groupCount)))
    const feed = new ChangeFeed(
      this.table, run.entries, this.incoming, run.incomingBegin, run.incomingEnd, this.result.mergedVersions)
    for (let i = 0; i < groups.length; i++) {
      const isLast = i === groups.length - 1
      this.mergeGroup(groups[i]!, feed, isLast ? null : groups[i + 1]!.firstKey)
      this.result.replaced.push(groups[i]!)
    }
    for (let change = feed.next(null); change !== null; change = feed.next(null)) this.appendChange(change)
    this.flush()
  }

  // Base rows of one group with the changes of its interval.
  private mergeGroup(group: RowGroup, feed: ChangeFeed, end: KeyValue | null): void {
    const { table } = this
    const meta = table.metaOf(group)
    const staged = decodeGroup(table.services.reader, group, meta, table.schema)
    let row = 0
    for (let change = feed.next(end); change !== null; change = feed.next(end)) {
      const at = table.search.lowerBound(group, meta, change.key)
      this.appendSpan(staged, row, at)
      const isReplaced = at < group.rows && table.order.compare(table.search.keyAt(group, meta, at), change.key) === 0
      row = isReplaced ? at + 1 : at
      this.appendChange(change)
    }
    this.appendSpan(staged, row, group.rows)
  }

  private appendSpan(source: readonly StagedColumn[], begin: number, end: number): void {
    for (let at = begin; at < end;) {
      const room = Math.min(end - at, this.rowsPerGroup - this.stages[0]!.count)
      const count = this.budget.take(source, at, at + room)
      for (let c = 0; c < this.stages.length; c++) this.stages[c]!.appendSpan(source[c]!, at, at + count)
      at += count
      if (count < room) this.flush()
      else this.flushWhenFull()
    }
  }

  private appendChange(change: Change): void {
    if (change.incomingRow >= 0) {
      const { columns } = this.incoming!
      this.appendSpan(columns, change.incomingRow, change.incomingRow + 1)
    } else if (change.row !== null) {
      if (!this.budget.takeRow(change.row)) {
        this.flush()
        this.budget.takeRow(change.row)
      }
      for (let c = 0; c < this.stages.length; c++) this.stages[c]!.append(change.row[c]!)
      this.flushWhenFull()
    }
  }

  private flushWhenFull(): void {
    if (this.stages[0]!.count === this.rowsPerGroup) this.flush()
  }

  private flush(): void {
    const rows = this.stages[0]!.count
    if (rows === 0) return
    assert(rows <= this.groupRows, 'staged rows exceed a row group')
    this.result.groups.push(writeRowGroup(this.target, this.stages, 0, rows))
    this.result.rowsWritten += rows
    for (const stage of this.stages) stage.clear()
    this.budget.reset()
  }
}

/** One change of a key interval: a delta row (null = deleted), or the number of an incoming row. */
interface Change {
  readonly key: KeyValue
  readonly row: Row | null
  readonly incomingRow: number
}

// Delta entries and incoming rows in one key order. Incoming rows win over delta rows of the same key; the
// caller has checked that this is allowed.
class ChangeFeed {
  private readonly table: TableStore
  private readonly entries: Int32Array
  private readonly incoming: IncomingRows | null
  private readonly incomingEnd: number
  private readonly merged: number[]
  private entryAt = 0
  private incomingAt: number

  constructor(
    table: TableStore, entries: Int32Array, incoming: IncomingRows | null,
    incomingBegin: number, incomingEnd: number, merged: number[],
  ) {
    this.table = table
    this.entries = entries
    this.incoming = incoming
    this.incomingAt = incomingBegin
    this.incomingEnd = incomingEnd
    this.merged = merged
  }

  /** The next change with a key below `end` (null = no end), or null. */
  next(end: KeyValue | null): Change | null {
    const { table } = this
    for (;;) {
      const version = this.skipUncommitted()
      const entryKey = version < 0 ? null : table.delta.keyOf(this.entries[this.entryAt]!)
      const incomingKey = this.incoming === null || this.incomingAt >= this.incomingEnd ? null
        : this.incoming.keyAt(this.incomingAt)
      const order = entryKey === null ? 1 : incomingKey === null ? -1 : table.order.compare(entryKey, incomingKey)
      const key = order < 0 ? entryKey : incomingKey
      if (key === null || (end !== null && table.order.compare(key, end) >= 0)) return null
      if (order >= 0) {
        const change = { key, row: null, incomingRow: this.incomingAt++ }
        if (order === 0) this.takeEntry(version)
        return change
      }
      const content = table.delta.content[version]!
      this.takeEntry(version)
      return { key, row: content.isTombstone ? null : table.rowOf(content), incomingRow: -1 }
    }
  }

  private takeEntry(version: number): void {
    this.merged.push(version)
    this.entryAt++
  }

  // Newest committed, unmerged version of the entry at hand; entries without one are passed over.
  private skipUncommitted(): number {
    const { delta } = this.table
    for (; this.entryAt < this.entries.length; this.entryAt++) {
      let version = delta.headOf(this.entries[this.entryAt]!)
      while (version >= 0 && delta.begin[version]! >= UNCOMMITTED) version = delta.older[version]!
      if (version >= 0 && delta.merged[version] === 0) return version
    }
    return -1
  }
}
