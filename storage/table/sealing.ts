// Sealing: the delta's second stage. Committed delta rows, sorted by key, become row groups of a sealed run, one
// group at a time; each group is published on its own, so no step is long and a run grows from root to root.
//
//   delta entries ─ sorted ─► [ 4,096 rows ] ─► row group of the run ─► root ─► the next 4,096 …
//                                tombstones ─► no row, only the mark on what they delete (rule R2)
import type { RunFilter } from './sealed-run.ts'
import { sealableVersion } from './change-feed.ts'
import { MovedVersions } from './merge.ts'
import { publishSealed } from './publish.ts'
import type { Publisher } from './publish.ts'
import { BloomFilter } from './bloom-filter.ts'
import { GroupBudget } from '../row-group/group-budget.ts'
import { writeRowGroupSteps } from '../row-group/row-group-writer.ts'
import type { GroupTarget } from '../row-group/row-group-writer.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

/** Rows of a group of a sealed run: few enough to be encoded and published in one short step each. */
export const RUN_GROUP_ROWS = 4096
/** Rows handled before a step ends. */
const STEP_ROWS = 512

/** Number of the next sealed run of a table. */
export function nextRunNumber(table: TableStore): number {
  const { runs } = table.root
  return runs.length === 0 ? 1 : runs[runs.length - 1]!.number + 1
}

/** An empty filter for a run of about this many rows. */
export function newRunFilter(rows: number): RunFilter {
  return { bloom: BloomFilter.create(rows), page: 0, bytes: 0, storedKeys: 0 }
}

/** Seals the committed versions of the entries, given by key, into a new run. Returns the rows written. */
export function* sealEntries(
  to: Publisher, table: TableStore, target: GroupTarget, entries: Int32Array, groupRows: number,
  afterEach: () => Generator<void>,
): Generator<void, number> {
  const number = nextRunNumber(table)
  const filter = newRunFilter(entries.length)
  const stages = table.schema.columns.map((column) => new ColumnStage(column.type, Math.min(groupRows, entries.length)))
  const budget = new GroupBudget(table.schema, target.groupBytes)
  let written = 0
  for (let at = 0; at < entries.length;) {
    const moved = new MovedVersions()
    for (; at < entries.length && stages[0]!.count < groupRows && moved.rows.length < 2 * groupRows; at++) {
      if ((at + 1) % STEP_ROWS === 0) yield
      const entry = entries[at]!
      const version = sealableVersion(table, entry)
      if (version < 0) continue
      if (table.delta.versions.isTombstone(version)) {
        moved.push(entry, version, -1)
        continue
      }
      const row = table.rowOf(version)
      if (!budget.takeRow(row)) break
      moved.push(entry, version, stages[0]!.count)
      filter.bloom.add(table.delta.keyOf(entry))
      for (let c = 0; c < stages.length; c++) stages[c]!.append(row[c]!)
    }
    yield
    const rows = stages[0]!.count
    const group = rows === 0 ? null : yield* writeRowGroupSteps(target, stages, 0, rows)
    publishSealed(to, table, number, filter, { group, moved })
    written += rows
    for (const stage of stages) stage.clear()
    budget.reset()
    yield
    yield* afterEach()
  }
  return written
}
