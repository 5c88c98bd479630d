// Merging sealed runs: several runs become one, so that a key that is in none of them is asked for in few filters.
// Works through the key space one row group at a time; rows that have gone over are sealed in the runs they came
// from, which disappear with their last row.
import type { KeyValue } from './key.ts'
import { findFollowers, publishRunMerge } from './publish.ts'
import type { Publisher } from './publish.ts'
import { GroupBudget } from '../row-group/group-budget.ts'
import { freeUnpublished, writeRowGroupSteps } from '../row-group/row-group-writer.ts'
import type { GroupTarget } from '../row-group/row-group-writer.ts'
import { RunRows, readStoredRow, spansBetween } from './run-rows.ts'
import { newRunFilter, nextRunNumber } from './sealing.ts'
import type { SealedRun } from './sealed-run.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

const STEP_ROWS = 512

/**
 * The newest runs that are worth merging: as far back as a run is not larger than all newer ones together, two at
 * least. A row is thus merged as often as the table's runs double, not as often as one is sealed.
 */
export function chooseRuns(runs: readonly SealedRun[], runsMax: number): SealedRun[] {
  if (runs.length <= runsMax) return []
  let first = runs.length - 1
  let rows = runs[first]!.liveRows
  while (first > 0 && (runs[first - 1]!.liveRows <= rows || first >= runs.length - 1)) rows += runs[--first]!.liveRows
  return runs.slice(first)
}

/** Merges the runs with these numbers into one. Returns the rows written. */
export function* mergeSealedRuns(
  to: Publisher, table: TableStore, target: GroupTarget, numbers: ReadonlySet<number>, groupRows: number,
): Generator<void, number> {
  const chosen = (): SealedRun[] => table.root.runs.filter((run) => numbers.has(run.number))
  const number = nextRunNumber(table)
  let expected = 0
  for (const run of chosen()) expected += run.liveRows
  const filter = newRunFilter(expected)
  const stages = table.schema.columns.map((column) => new ColumnStage(column.type, Math.min(groupRows, expected)))
  const budget = new GroupBudget(table.schema, target.groupBytes)
  let from: KeyValue | null = null
  let written = 0
  for (;;) {
    const sources = chosen()
    if (sources.length === 0) return written
    const rows = new RunRows(table, table.root, from, null, sources)
    for (let taken = 0; stages[0]!.count < groupRows; taken++) {
      const next = rows.peekRow()
      if (next === null) break
      const row = readStoredRow(table, next.group, next.row)
      if (!budget.takeRow(row)) break
      rows.take()
      filter.bloom.add(next.key)
      for (let c = 0; c < stages.length; c++) stages[c]!.append(row[c]!)
      if (taken % STEP_ROWS === STEP_ROWS - 1) yield
    }
    yield
    const count = stages[0]!.count
    const end = rows.peek()
    const group = count === 0 ? null : yield* writeRowGroupSteps(target, stages, 0, count)
    let isPublished = false
    try {
      const spans = sources.flatMap((run) => spansBetween(table, run, from, end))
      const followers = yield* findFollowers(table, new Set(spans.map((span) => span.group)))
      publishRunMerge(to, table, number, filter, group, spans, followers)
      isPublished = true
    } finally {
      if (group !== null && !isPublished) freeUnpublished(target, [group])
    }
    for (const stage of stages) stage.clear()
    budget.reset()
    written += count
    from = end
    if (end === null) return written
    yield
  }
}
