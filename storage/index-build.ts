// Builds the entries of an index from the rows of its table, of any number in bounded memory: entries collect
// in a buffer; a full buffer is sorted and written as a run of row groups on free pages; finish() merges the
// runs into the row groups of the index. Nothing refers to them until a root does, so a crash or abort()
// leaves no trace (rule W3).
//
//   rows ─► entries ─► buffer ─ full ─► sort ─► run 1, run 2, … ─ finish() ─► k-way merge ─► row groups
//
// Two equal keys are two equal values of a UNIQUE index: 23505.
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { Arena } from './memory/arena.ts'
import { decodeColumns } from './row-group/group-decoder.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { freeUnpublished, writeRowGroup } from './row-group/row-group-writer.ts'
import type { GroupTarget } from './row-group/row-group-writer.ts'
import { ColumnStage } from './row-group/staged-column.ts'
import type { StagedColumn } from './row-group/staged-column.ts'
import { stageBatch } from './table/batch-stage.ts'
import { StoreCursor } from './table/cursor.ts'
import { sortIncoming } from './table/incoming-rows.ts'
import type { IncomingRows } from './table/incoming-rows.ts'
import { EntryMaker } from './table/index-schema.ts'
import { mergeRuns } from './table/run-merge.ts'
import type { TableStore, Visibility } from './table/table-store.ts'

/** Entries that are sorted at a time. */
const RUN_ROWS = 1_048_576

/** Entries of an index on their way into row groups. */
export class IndexBuilder {
  private readonly engine: Engine
  private readonly index: TableStore
  private readonly maker: EntryMaker
  private readonly runRows: number
  private readonly runs: RowGroup[][] = []
  private stages: ColumnStage[]

  constructor(engine: Engine, table: TableStore, index: TableStore, runRows: number = RUN_ROWS) {
    this.engine = engine
    this.index = index
    this.maker = new EntryMaker(table.schema, index.schema.index!)
    this.runRows = runRows
    this.stages = this.makeStages()
  }

  /** Ordinals of the table's columns that add() takes, in its order. */
  get sources(): readonly number[] {
    return this.maker.sources
  }

  private makeStages(): ColumnStage[] {
    return this.index.schema.columns.map((column) => new ColumnStage(column.type, 4096))
  }

  private get target(): GroupTarget {
    return groupTarget(this.engine, this.index)
  }

  /** Adds `count` rows of the table, one column for each of `sources`. */
  add(columns: readonly StagedColumn[], count: number): void {
    const entries = this.maker.clearStagedTies(columns, count)
    for (let begin = 0; begin < count;) {
      const take = Math.min(count - begin, this.runRows - this.stages[0]!.count)
      for (let c = 0; c < entries.length; c++) this.stages[c]!.appendSpan(entries[c]!, begin, begin + take)
      begin += take
      if (this.stages[0]!.count === this.runRows) this.endRun()
    }
  }

  /** Adds every row that the snapshot sees. */
  addTable(table: TableStore, visibility: Visibility): void {
    const { memory } = this.engine
    const arena = new Arena(memory)
    const types = this.sources.map((c) => table.schema.columns[c]!.type)
    try {
      const cursor = new StoreCursor(table, visibility, { columns: this.sources, order: 'none', arena }, () => {})
      try {
        for (let batch = cursor.next(); batch !== null; batch = cursor.next()) {
          const stages = types.map((type) => new ColumnStage(type, batch.windowRows))
          this.add(stages, stageBatch(memory, batch, stages))
        }
      } finally {
        cursor.close()
      }
    } finally {
      arena.release()
    }
  }

  /** Adds every row of row groups that no root has yet. */
  addGroups(table: TableStore, groups: readonly RowGroup[]): void {
    for (const group of groups) {
      const { reader } = table.services
      this.add(decodeColumns(reader, group, table.metaOf(group), table.schema, this.sources), group.rows)
    }
  }

  /** The entries added so far in key order; only when they were few enough to be one run. 23505 for equal ones. */
  sorted(): IncomingRows {
    return sortIncoming(this.stages, this.index.schema, this.index.order, 'error')
  }

  private endRun(): void {
    const rows = this.sorted()
    const { rowGroupRows } = this.engine.parts.options
    const groups: RowGroup[] = []
    // Registered before it is complete, so that abort() frees what a failure leaves.
    this.runs.push(groups)
    for (let begin = 0; begin < rows.count; begin += rowGroupRows) {
      groups.push(writeRowGroup(this.target, rows.columns, begin, Math.min(rowGroupRows, rows.count - begin)))
    }
    this.stages = this.makeStages()
  }

  /** The row groups of the whole index, not yet in any root. 23505 leaves nothing behind. */
  finish(): RowGroup[] {
    try {
      if (this.stages[0]!.count > 0) this.endRun()
      if (this.runs.length <= 1) return this.runs.pop() ?? []
      const { rowGroupRows } = this.engine.parts.options
      const { groups } = mergeRuns(this.index, this.target, rowGroupRows, [], this.runs, 'error')
      this.abort()
      return groups
    } catch (error) {
      this.abort()
      throw error
    }
  }

  /** Gives the pages of the runs back. */
  abort(): void {
    for (const group of this.runs.flat()) {
      this.engine.pool.discard(group.firstPage, group.pageCount)
      this.engine.pages.freePages(group.firstPage, group.pageCount)
    }
    this.runs.length = 0
  }

  /** Frees groups that finish() made and nobody will publish. */
  discard(groups: readonly RowGroup[]): void {
    for (const group of groups) this.engine.pool.discard(group.firstPage, group.pageCount)
    freeUnpublished(this.target, groups)
  }
}
