// Merge: rewrites chosen base groups together with the rows of the delta and of the sealed runs (and, for a bulk
// append, the incoming rows) that fall into their key intervals, into new row groups, and refits the key models of
// just those.
//
//   old groups  ──┐
//   run rows    ──┤
//   delta rows  ──┼─ by key ─► staged columns ─► row-group-writer ─► new groups ─► new root (publish.ts)
//   incoming    ──┘
//
// A row that is longer than a group's budget is a group of its own (group-budget.ts). Such a group goes over as it is
// while its row lives, and is not read when its row is gone: values may be longer than the memory.
//
// Nothing the readers of older roots use is changed: their groups and deletion vectors stay, and delta
// versions are only marked as merged (rule M1). Uncommitted versions are left alone. It works in steps: commits may
// land between them, and what they supersede is settled when the result is published.
import { assert } from '../../src/base/assert.ts'
import { ChangeFeed } from './change-feed.ts'
import type { Change, IncomingRange } from './change-feed.ts'
import { decodeColumnSteps } from '../row-group/group-decoder.ts'
import { isLoneLong } from '../row-group/long-group-writer.ts'
import type { IncomingRows } from './incoming-rows.ts'
import type { KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import { GroupBudget } from '../row-group/group-budget.ts'
import { freeUnpublished, writeRowGroupSteps } from '../row-group/row-group-writer.ts'
import type { GroupTarget } from '../row-group/row-group-writer.ts'
import { RunRows } from './run-rows.ts'
import type { RowSpan } from './run-rows.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import type { StagedColumn } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

/** Delta versions that a new root holds, and where: parallel lists. */
export class MovedVersions {
  readonly entries: number[] = []
  readonly versions: number[] = []
  /** Row in the group, -1 = the version is a tombstone. */
  readonly rows: number[] = []
  /** The group of the rows before `end`, and from the end of the one before it on. */
  readonly placed: { readonly group: RowGroup; readonly end: number }[] = []

  push(entry: number, version: number, row: number): void {
    this.entries.push(entry)
    this.versions.push(version)
    this.rows.push(row)
  }

  /** All that have no group yet are in this one. */
  place(group: RowGroup): void {
    this.placed.push({ group, end: this.rows.length })
  }
}

/** A finished merge: the new list of groups, and what it replaces. */
export interface MergeResult {
  /** The new base. */
  readonly groups: RowGroup[]
  readonly replaced: RowGroup[]
  /** Rows of runs that are in the new base now, or older than what is. */
  readonly taken: RowSpan[]
  readonly moved: MovedVersions
  /** Keys may have come from elsewhere than base, runs and delta. */
  readonly bringsKeys: boolean
  rowsWritten: number
}

/** The result of a change that only adds groups, or replaces the whole base by what held no delta rows. */
export function plainResult(groups: RowGroup[], replaced: RowGroup[], rowsWritten: number): MergeResult {
  return { groups, replaced, taken: [], moved: new MovedVersions(), bringsKeys: true, rowsWritten }
}

/** Consecutive groups [first, last] rewritten as one; first > last = rows behind the last group. */
interface Stretch {
  readonly first: number
  readonly last: number
  readonly from: KeyValue | null
  readonly to: KeyValue | null
  readonly entries: Int32Array
  readonly incoming: IncomingRange
}

/** How much fuller than even a group may get when several are written. */
const SLACK = 1.02
/** Changes or rows handled before a step ends. */
const STEP_CHANGES = 128
const STEP_ROWS = 16384

/** One merge of one table. */
export class Merger {
  private readonly table: TableStore
  private readonly target: GroupTarget
  private readonly groupRows: number
  private readonly incoming: IncomingRows | null
  /** False to rewrite groups of one long row too (recompress). */
  keepsLong = true
  private readonly entries: Int32Array
  private readonly stages: ColumnStage[]
  private readonly budget: GroupBudget
  private readonly result: MergeResult
  /** The next row does not fit the budget of the group at hand. */
  private isOverBudget = false
  private rowsPerGroup = 0
  private handled = 0

  /** `entries`: all entries of the delta by key, or those that may be merged. */
  constructor(
    table: TableStore, target: GroupTarget, groupRows: number, entries: Int32Array,
    incoming: IncomingRows | null = null,
  ) {
    this.table = table
    this.target = target
    this.groupRows = groupRows
    this.incoming = incoming
    this.entries = entries
    this.stages = table.schema.columns.map((column) => new ColumnStage(column.type, 4096))
    this.budget = new GroupBudget(table.schema, target.groupBytes)
    this.result = { ...plainResult([], [], 0), bringsKeys: incoming !== null }
  }

  /**
   * Rewrites the groups for which `isChosen`, and every group that incoming rows fall into. A failure, or giving
   * up between two steps, leaves the table as it was and no pages behind.
   */
  * steps(isChosen: (group: RowGroup) => boolean): Generator<void, MergeResult> {
    let isDone = false
    try {
      yield* this.rewriteAll(isChosen)
      isDone = true
      return this.result
    } finally {
      if (!isDone) {
        const old = new Set(this.table.root.groups)
        const mine = (group: RowGroup): boolean => !old.has(group) && group !== this.incoming?.written
        freeUnpublished(this.target, this.result.groups.filter(mine))
      }
    }
  }

  /** All steps at once. */
  run(isChosen: (group: RowGroup) => boolean): MergeResult {
    const steps = this.steps(isChosen)
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value
    }
  }

  private * rewriteAll(isChosen: (group: RowGroup) => boolean): Generator<void> {
    const old = this.table.root.groups
    if (old.length === 0) yield* this.rewrite(this.stretch(0, -1, null, null))
    for (let g = 0; g < old.length;) {
      let last = g
      while (last < old.length && this.mustRewrite(old, last, isChosen)) last++
      if (last === g) this.result.groups.push(old[g++]!)
      else {
        yield* this.rewriteGroups(old, g, last - 1)
        g = last
      }
    }
  }

  private stretch(first: number, last: number, from: KeyValue | null, to: KeyValue | null): Stretch {
    const { table, entries } = this
    const lo = from === null ? 0 : table.deltaOrder.position(table.delta, entries, from, false)
    const hi = to === null ? entries.length : table.deltaOrder.position(table.delta, entries, to, false)
    return { first, last, from, to, entries: entries.subarray(lo, hi), incoming: this.incomingRange(from, to) }
  }

  private mustRewrite(old: readonly RowGroup[], g: number, isChosen: (group: RowGroup) => boolean): boolean {
    if (isChosen(old[g]!)) return true
    const from = g === 0 ? null : old[g]!.firstKey
    const { begin, end } = this.incomingRange(from, old[g + 1]?.firstKey ?? null)
    return begin < end
  }

  private incomingRange(from: KeyValue | null, to: KeyValue | null): IncomingRange {
    const rows = this.incoming
    if (rows === null) return { rows, begin: 0, end: 0 }
    return {
      rows, begin: from === null ? 0 : rows.position(from), end: to === null ? rows.count : rows.position(to),
    }
  }

  // Rewrites old groups first..last. A full last group whose new rows all come behind it stays as it is.
  private * rewriteGroups(old: readonly RowGroup[], first: number, last: number): Generator<void> {
    const from = first === 0 ? null : old[first]!.firstKey
    const to = last + 1 < old.length ? old[last + 1]!.firstKey : null
    const stretch = this.stretch(first, last, from, to)
    const tail = old[last]!
    const isFull = tail.rows * 2 > this.groupRows || tail.streamBytes * 2 > this.target.groupBytes
    const isFullTail = last === old.length - 1 && first === last && isFull
    if (isFullTail && this.isBehind(tail, stretch)) {
      this.result.groups.push(tail)
      yield* this.rewrite({ ...stretch, first: 1, last: 0 })
    } else yield* this.rewrite(stretch)
  }

  private isBehind(group: RowGroup, { from, to, entries, incoming }: Stretch): boolean {
    const { table } = this
    const isAfter = (key: KeyValue): boolean => table.order.compare(key, group.lastKey) > 0
    if (group.dead.count > 0) return false
    if (entries.length > 0 && !isAfter(table.delta.keyOf(entries[0]!))) return false
    const runKey = new RunRows(table, table.root, from, to).peek()
    if (runKey !== null && !isAfter(runKey)) return false
    return incoming.rows === null || incoming.begin >= incoming.end || isAfter(incoming.rows.keyAt(incoming.begin))
  }

  private * rewrite(stretch: Stretch): Generator<void> {
    const { table, result } = this
    const groups = stretch.first <= stretch.last ? table.root.groups.slice(stretch.first, stretch.last + 1) : []
    const runs = new RunRows(table, table.root, stretch.from, stretch.to)
    let rows = stretch.incoming.end - stretch.incoming.begin + stretch.entries.length
    for (const group of groups) rows += group.rows - group.dead.count
    // A run row with a note is an entry as well.
    for (const { group, begin, end } of runs.spans) rows += end - begin - group.dead.markedIn(begin, end)
    const groupCount = Math.max(1, Math.ceil(rows / this.groupRows))
    // An estimate: commits that land meanwhile may add to it, and must not leave a rest of a few rows.
    const even = Math.ceil((rows / groupCount) * SLACK)
    this.rowsPerGroup = groupCount === 1 ? this.groupRows : Math.min(this.groupRows, even)
    const feed = new ChangeFeed(table, stretch.entries, runs, stretch.incoming)
    for (let i = 0; i < groups.length; i++) {
      const isLast = i === groups.length - 1
      const group = groups[i]!
      const end = isLast ? null : groups[i + 1]!.firstKey
      const isKept = this.keepsLong && isLoneLong(group) ? yield* this.passGroup(group, feed, end)
        : yield* this.mergeGroup(group, feed, end)
      if (!isKept) result.replaced.push(group)
    }
    for (let change = feed.next(null); change !== null; change = feed.next(null)) {
      yield* this.takeChange(change)
      if (feed.hasEntriesOnly()) yield* this.appendEntries(feed)
    }
    yield* this.flush()
    result.taken.push(...runs.spans)
  }

  // Base rows of one group with the changes of its interval.
  private * mergeGroup(group: RowGroup, feed: ChangeFeed, end: KeyValue | null): Generator<void, false> {
    const { table } = this
    const meta = table.metaOf(group)
    const staged: StagedColumn[] = []
    for (let c = 0; c < table.schema.columns.length; c++) {
      const { type } = table.schema.columns[c]!
      const refers = !table.order.columns.includes(c)
      staged.push(yield* decodeColumnSteps(table.services.reader, group, meta.chunks[c]!, type, refers))
      yield
    }
    let row = 0
    for (let change = feed.next(end); change !== null; change = feed.next(end)) {
      const at = table.search.lowerBound(group, meta, change.key)
      while (row < at) {
        row = this.copyLive(staged, group, row, at)
        if (this.isFull) yield* this.flush()
      }
      const isReplaced = at < group.rows && table.order.compare(table.search.keyAt(group, meta, at), change.key) === 0
      row = isReplaced ? at + 1 : at
      yield* this.takeChange(change)
    }
    while (row < group.rows) {
      row = this.copyLive(staged, group, row, group.rows)
      if (this.isFull) yield* this.flush()
      yield
    }
    return false
  }

  // A group of one long row with the changes of its interval: kept as it is unless one of them takes its row's place.
  // True when it is kept.
  private * passGroup(group: RowGroup, feed: ChangeFeed, end: KeyValue | null): Generator<void, boolean> {
    let isLeft = group.dead.nextUnsealed(0, 1) === 0
    let isKept = false
    for (let change = feed.next(end); change !== null; change = feed.next(end)) {
      const order = this.table.order.compare(change.key, group.firstKey)
      if (order > 0 && isLeft) {
        yield* this.addGroup(group)
        isKept = true
      }
      if (order >= 0) isLeft = false
      yield* this.takeChange(change)
    }
    if (!isLeft) return isKept
    yield* this.addGroup(group)
    return true
  }

  // A group that is written already, behind the staged rows.
  private * addGroup(group: RowGroup): Generator<void> {
    yield* this.flush()
    this.result.groups.push(group)
  }

  private * takeChange(change: Change): Generator<void> {
    const written = change.incomingRow < 0 ? null : this.incoming!.written
    if (written !== null) {
      yield* this.addGroup(written)
      const { moved } = this.result
      if (change.entry >= 0) {
        moved.push(change.entry, change.version, 0)
        moved.place(written)
      }
      this.result.rowsWritten++
      return
    }
    if (!this.fits(change)) yield* this.flush(change)
    this.appendChange(change)
    if (this.isFull) yield* this.flush()
    if (++this.handled % STEP_CHANGES === 0) yield
  }

  // The rest of a feed that has nothing but entries of the delta: what rows that come in key order end in.
  private * appendEntries(feed: ChangeFeed): Generator<void> {
    const { table, result, stages, budget } = this
    const { versions } = table.delta
    for (let entry = feed.nextEntry(); entry >= 0; entry = feed.nextEntry()) {
      const version = feed.version
      const row = versions.isTombstone(version) ? null : table.rowOf(version)
      if (row !== null && !budget.takeRow(row)) {
        yield* this.flush()
        budget.takeRow(row)
      }
      result.moved.push(entry, version, row === null ? -1 : stages[0]!.count)
      if (row !== null) for (let c = 0; c < stages.length; c++) stages[c]!.append(row[c]!)
      if (this.isFull) yield* this.flush()
      if (++this.handled % STEP_CHANGES === 0) yield
    }
  }

  private get isFull(): boolean {
    return this.isOverBudget || this.stages[0]!.count === this.rowsPerGroup
  }

  // Copies the next rows of [begin, end) that are not sealed, as many as one step and the staged group take. Returns
  // where to go on.
  private copyLive(staged: readonly StagedColumn[], group: RowGroup, begin: number, end: number): number {
    const { dead } = group
    const from = dead.nextUnsealed(begin, end)
    const most = Math.min(end, from + STEP_ROWS, from + this.rowsPerGroup - this.stages[0]!.count)
    const stop = dead.nextSealed(from, most)
    const to = from + this.budget.take(staged, from, stop)
    this.isOverBudget = to < stop
    if (from < to) for (let c = 0; c < this.stages.length; c++) this.stages[c]!.appendSpan(staged[c]!, from, to)
    return to
  }

  // Counts the change's row; false when the group at hand has to be closed before it.
  private fits(change: Change): boolean {
    const at = change.incomingRow
    if (at >= 0) return this.budget.take(this.incoming!.columns, at, at + 1) === 1
    return change.row === null || this.budget.takeRow(change.row)
  }

  private appendChange(change: Change): void {
    const { stages } = this
    const isRow = change.incomingRow >= 0 || change.row !== null
    if (change.entry >= 0) this.result.moved.push(change.entry, change.version, isRow ? stages[0]!.count : -1)
    if (change.incomingRow >= 0) {
      const { columns } = this.incoming!
      const at = change.incomingRow
      for (let c = 0; c < stages.length; c++) stages[c]!.appendSpan(columns[c]!, at, at + 1)
    } else if (change.row !== null) {
      for (let c = 0; c < stages.length; c++) stages[c]!.append(change.row[c]!)
    }
  }

  // Writes the staged rows as a group; `next` is the row that comes into the group behind it.
  private * flush(next: Change | null = null): Generator<void> {
    const rows = this.stages[0]!.count
    const { result } = this
    if (rows > 0) {
      assert(rows <= this.groupRows, 'staged rows exceed a row group')
      yield
      const group = yield* writeRowGroupSteps(this.target, this.stages, 0, rows)
      result.groups.push(group)
      result.moved.place(group)
      result.rowsWritten += rows
      for (const stage of this.stages) stage.clear()
    }
    this.budget.reset()
    this.isOverBudget = false
    if (next !== null) this.fits(next)
  }
}

/** Rows of [begin, end) that are not sealed. */
export function liveIn(group: RowGroup, begin: number, end: number): number {
  const { dead } = group
  if (dead.sealedCount === 0) return end - begin
  let live = 0
  for (let at = dead.nextUnsealed(begin, end); at < end;) {
    const stop = dead.nextSealed(at, end)
    live += stop - at
    at = dead.nextUnsealed(stop, end)
  }
  return live
}
