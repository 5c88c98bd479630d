// Rewrites a table's row groups with the compression that is set now: a setting alone holds only for what is written
// after it. The rows of delta and runs go along, as in any merge (rule M1); old row groups are freed when no snapshot
// reads them and the next but one checkpoint is durable (rule F2), so the file holds both for a while.
import { checkpoint } from './checkpoint.ts'
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { publishGroups } from './merging.ts'
import { Merger } from './table/merge.ts'
import type { TableStore } from './table/table-store.ts'

/** Rewrites all row groups; durable on return. Gives the rows written. A failure leaves the table as it was. */
export function recompress(engine: Engine, table: TableStore): number {
  engine.assertUsable()
  engine.assertWritable()
  if (table.root.rows === 0) return 0
  engine.jobs.abandon(null)
  const { rowGroupRows } = engine.parts.options
  const entries = table.deltaOrder.entries(table.delta)
  const merger = new Merger(table, groupTarget(engine, table), rowGroupRows, entries)
  merger.keepsLong = false
  const result = merger.run(() => true)
  publishGroups(engine, table, result)
  engine.counters.merges++
  engine.counters.rowsMerged += result.rowsWritten
  try {
    checkpoint(engine)
  } catch (error) {
    // The new root is in memory only; the log and the last checkpoint have everything.
    engine.poison(error)
    throw error
  }
  return result.rowsWritten
}
