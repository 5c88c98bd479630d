// Background duties, run on the caller's thread at commit: draining deltas, paying debt back, and checkpoints.
// What is done is in debt.ts and checkpoint.ts; this file says when.
import { checkpoint } from './checkpoint.ts'
import { drainDelta, payDebt } from './debt.ts'
import type { Engine } from './engine.ts'
import { collectGarbage, finish, hasMuchHistory } from './merging.ts'

/** Runs the jobs that are due, and checkpoints when the log has grown past its threshold. */
export function mergeWhenDue(engine: Engine): void {
  const { options } = engine.parts
  let merged = false
  for (const table of engine.catalog.tables()) {
    const entries = table.delta.entryCount
    if (entries === 0) continue
    if (hasMuchHistory(table)) {
      table.hasOldVersions = engine.hasGarbage = true
      collectGarbage(engine)
    }
    if (!options.mergeEveryCommit && entries < options.deltaRows) continue
    const before = table.root.number
    finish(drainDelta(engine, table, options.mergeEveryCommit))
    finish(payDebt(engine, table, options.mergeShare))
    merged ||= table.root.number !== before
  }
  if (merged || engine.durability.isCheckpointDue()) checkpoint(engine)
}
