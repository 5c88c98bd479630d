// Bulk load of any size in bounded memory: rows come in batches, in any order; each full buffer is sorted and
// written as a *run* of row groups on free pages of the database; finish() merges the runs with the base and
// publishes the result at once. Runs are not in any root, so a crash or abort() leaves no trace.
//
//   add(columns) ─► buffer ─ full ─► sort ─► run 1, run 2, … (row groups on free pages)
//   finish() ─► k-way merge of base and runs ─► new row groups ─► one root, one checkpoint
//
// Sorted input never merges: runs that follow one another, and the base, become the table as they are.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { OnConflict } from './bulk-append.ts'
import { appendColumns, checkNulls, isBehindEverything, isEmpty, withHidden } from './bulk-append.ts'
import { commitBulk, discardResult } from './bulk-change.ts'
import { entriesOfGroups, mergePending } from './bulk-entries.ts'
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { plainResult } from './table/merge.ts'
import { IncomingRows, sortIncoming } from './table/incoming-rows.ts'
import { mergeRuns } from './table/run-merge.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { groupSpans } from './row-group/group-budget.ts'
import { writeRowGroup } from './row-group/row-group-writer.ts'
import type { GroupTarget } from './row-group/row-group-writer.ts'
import { ColumnStage } from './row-group/staged-column.ts'
import type { StagedColumn } from './row-group/staged-column.ts'
import type { TableStore } from './table/table-store.ts'
import { checkColumnLengths } from './txn/value-limits.ts'

/** Rows buffered before they are sorted into a run, unless the caller says otherwise. */
const RUN_ROWS = 1_048_576

/** Loads rows into one table. Use add() any number of times, then finish() or abort(). */
export class BulkLoader {
  private readonly engine: Engine
  private readonly table: TableStore
  private readonly onConflict: OnConflict
  private readonly runRows: number
  private readonly runs: RowGroup[][] = []
  private stages: ColumnStage[]
  private isOpen = true

  constructor(engine: Engine, name: string, onConflict: OnConflict = 'error', runRows = RUN_ROWS) {
    engine.assertUsable()
    engine.assertWritable()
    this.engine = engine
    this.table = engine.catalog.get(name)
    this.onConflict = onConflict
    this.runRows = runRows
    this.stages = this.makeStages()
  }

  private makeStages(): ColumnStage[] {
    return this.table.schema.columns.map((column) => new ColumnStage(column.type, 4096))
  }

  private get target(): GroupTarget {
    return groupTarget(this.engine, this.table)
  }

  private assertOpen(): void {
    this.engine.assertUsable()
    if (!this.isOpen) throw new DatabaseError(CODE.NOT_OPEN, 'the bulk load has ended')
  }

  /** Adds rows, one staged column per visible column of the table. 23502 for NULLs where none may be. */
  add(visible: readonly StagedColumn[]): void {
    this.assertOpen()
    const count = visible[0]?.count ?? 0
    if (count === 0) return
    const columns = withHidden(this.table, visible, count)
    checkNulls(columns, this.table.schema)
    checkColumnLengths(this.table.schema, columns, this.table.services.limits)
    this.table.checks?.columns(columns, count)
    for (let begin = 0; begin < count;) {
      const take = Math.min(count - begin, this.runRows - this.stages[0]!.count)
      for (let c = 0; c < columns.length; c++) this.stages[c]!.appendSpan(columns[c]!, begin, begin + take)
      begin += take
      if (this.stages[0]!.count === this.runRows) this.endRun()
    }
  }

  private sorted(): IncomingRows {
    return sortIncoming(this.stages, this.table.schema, this.table.order, this.onConflict)
  }

  private endRun(): void {
    const rows = this.sorted()
    const { rowGroupRows } = this.engine.parts.options
    const groups: RowGroup[] = []
    // Registered before it is complete, so that abort() frees what a failure leaves.
    this.runs.push(groups)
    const { target } = this
    const limits = { rows: rowGroupRows, bytes: target.groupBytes }
    for (const span of groupSpans(this.table.schema, rows.columns, rows.count, limits)) {
      groups.push(writeRowGroup(target, rows.columns, span.begin, span.rows))
    }
    this.stages = this.makeStages()
  }

  /** Publishes the rows, durable on return; gives the number inserted or replaced. 23505 leaves nothing behind. */
  finish(): number {
    this.assertOpen()
    try {
      // An empty table takes even a few rows as a row group: one checkpoint instead of a log record each.
      if (this.runs.length === 0 && !isEmpty(this.table)) {
        this.isOpen = false
        const visible = this.stages.filter((_, c) => !this.table.schema.columns[c]!.hidden)
        return appendColumns(this.engine, this.table.schema.name, visible, this.onConflict, null)
      }
      if (this.stages[0]!.count > 0) this.endRun()
      if (this.runs.length === 0) return this.end(0)
      const changed = this.mergeAll()
      return this.end(changed)
    } catch (error) {
      this.abort()
      throw error
    }
  }

  private end(changed: number): number {
    this.isOpen = false
    return changed
  }

  private mergeAll(): number {
    const { engine, table } = this
    engine.jobs.abandon(null)
    engine.locks.assertUnused(table, null)
    const runs = this.runs.filter((groups) => groups.length > 0)
    const isConcatenation = isBehindEverything(table, runs[0]![0]!.firstKey) && runs.every((groups, i) => i === 0
      || table.order.compare(runs[i - 1]![runs[i - 1]!.length - 1]!.lastKey, groups[0]!.firstKey) < 0)
    if (isConcatenation) {
      // Indexes are built from row groups: what the delta holds must be in them.
      if (table.indexes.length > 0) mergePending(engine, table)
      const groups = [...table.root.groups, ...runs.flat()]
      const added = this.runs.flat().reduce((rows, group) => rows + group.rows, 0)
      const change = { table, result: plainResult(groups, [], added), liveRows: table.liveRows + added }
      const entries = entriesOfGroups(engine, table, groups)
      this.runs.length = 0
      commitBulk(engine, [change, ...entries])
      return added
    }
    mergePending(engine, table)
    const base = table.root.groups
    const merged = mergeRuns(table, this.target, engine.parts.options.rowGroupRows, base, this.runs, this.onConflict)
    this.freeRuns()
    const { groups, rows, changed } = merged
    const change = { table, result: plainResult(groups, [...base], rows), liveRows: rows }
    try {
      commitBulk(engine, [change, ...entriesOfGroups(engine, table, groups)])
    } catch (error) {
      if (engine.isUsable) discardResult(engine, change)
      throw error
    }
    return changed
  }

  private freeRuns(): void {
    for (const group of this.runs.flat()) {
      this.engine.pool.discard(group.firstPage, group.pageCount)
      this.engine.pages.freePages(group.firstPage, group.pageCount)
    }
    this.runs.length = 0
  }

  /** Gives up; the table is as it was. */
  abort(): void {
    this.isOpen = false
    this.freeRuns()
  }
}
