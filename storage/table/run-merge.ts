// K-way merge of sorted runs of row groups (the base first, then the runs of a bulk load in order of arrival)
// into new row groups. Holds one decoded group per run.
//
// Equal keys: 'error' raises 23505; 'skip' keeps the earliest run's row, 'replace' the latest run's.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import { decodeGroup } from '../row-group/group-decoder.ts'
import { IncomingRows } from './incoming-rows.ts'
import { failNotUnique } from './index-schema.ts'
import type { KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import { writeRowGroup } from '../row-group/row-group-writer.ts'
import type { GroupTarget } from '../row-group/row-group-writer.ts'
import { GroupBudget } from '../row-group/group-budget.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

/** Outcome of a merge of runs. `changed` counts rows that came from the runs. */
export interface RunMergeResult {
  readonly groups: RowGroup[]
  readonly rows: number
  readonly changed: number
}

// Position in one run.
class RunCursor {
  readonly rank: number
  private readonly table: TableStore
  private readonly groups: readonly RowGroup[]
  private groupAt = 0
  row = 0
  rows: IncomingRows | null = null
  key: KeyValue | null = null

  constructor(table: TableStore, groups: readonly RowGroup[], rank: number) {
    this.table = table
    this.groups = groups
    this.rank = rank
    this.load()
  }

  private load(): void {
    const group = this.groups[this.groupAt]
    this.row = 0
    if (group === undefined) {
      this.rows = null
      this.key = null
      return
    }
    const { table } = this
    const columns = decodeGroup(table.services.reader, group, table.metaOf(group), table.schema)
    this.rows = new IncomingRows(columns, table.order)
    this.key = this.rows.keyAt(0)
  }

  /** Moves to row `row` of the current group, or to the next group. */
  moveTo(row: number): void {
    if (row < this.rows!.count) {
      this.row = row
      this.key = this.rows!.keyAt(row)
    } else {
      this.groupAt++
      this.load()
    }
  }
}

/** Merges the base with the runs. The runs' and the base's groups stay as they are. */
export function mergeRuns(
  table: TableStore, target: GroupTarget, groupRows: number, base: readonly RowGroup[],
  runs: readonly (readonly RowGroup[])[], onConflict: 'error' | 'skip' | 'replace',
): RunMergeResult {
  const cursors = [base, ...runs].map((groups, rank) => new RunCursor(table, groups, rank))
  const sink = new GroupSink(target, groupRows)
  let changed = 0
  for (;;) {
    const first = smallest(table, cursors, null)
    if (first === null) break
    const second = smallest(table, cursors, first)
    if (second !== null && table.order.compare(first.key!, second.key!) === 0) {
      if (onConflict === 'error') failDuplicate(table, first.key!, first.rows!.valuesAt(first.row))
      const loser = onConflict === 'skip' ? second : first
      loser.moveTo(loser.row + 1)
      continue
    }
    // Everything of the smallest run below the next run's key goes over in one span.
    const end = second === null ? first.rows!.count : first.rows!.position(second.key!)
    sink.append(first.rows!, first.row, end)
    if (first.rank > 0) changed += end - first.row
    first.moveTo(end)
  }
  sink.flush()
  return { groups: sink.groups, rows: sink.rows, changed }
}

// The cursor with the smallest key other than `except`; of equal keys the one of lowest rank.
function smallest(table: TableStore, cursors: readonly RunCursor[], except: RunCursor | null): RunCursor | null {
  let best: RunCursor | null = null
  for (const cursor of cursors) {
    if (cursor === except || cursor.key === null) continue
    if (best === null || table.order.compare(cursor.key, best.key!) < 0) best = cursor
  }
  return best
}

function failDuplicate(table: TableStore, key: KeyValue, values: readonly Scalar[]): never {
  if (table.schema.index !== undefined) failNotUnique(table.schema, values)
  throw new DatabaseError(CODE.UNIQUE, `duplicate key in table "${table.schema.name}": ${String(key)} already exists`)
}

// Collects spans and writes full row groups.
class GroupSink {
  readonly groups: RowGroup[] = []
  rows = 0
  private readonly target: GroupTarget
  private readonly groupRows: number
  private readonly stages: ColumnStage[]
  private readonly budget: GroupBudget

  constructor(target: GroupTarget, groupRows: number) {
    this.target = target
    this.groupRows = groupRows
    this.budget = new GroupBudget(target.schema, target.groupBytes)
    this.stages = target.schema.columns.map((column) => new ColumnStage(column.type, groupRows))
  }

  append(source: IncomingRows, begin: number, end: number): void {
    for (let at = begin; at < end;) {
      const room = Math.min(end - at, this.groupRows - this.stages[0]!.count)
      const count = this.budget.take(source.columns, at, at + room)
      for (let c = 0; c < this.stages.length; c++) this.stages[c]!.appendSpan(source.columns[c]!, at, at + count)
      at += count
      if (count < room || this.stages[0]!.count === this.groupRows) this.flush()
    }
  }

  flush(): void {
    const rows = this.stages[0]!.count
    if (rows === 0) return
    this.groups.push(writeRowGroup(this.target, this.stages, 0, rows))
    this.rows += rows
    for (const stage of this.stages) stage.clear()
    this.budget.reset()
  }
}
