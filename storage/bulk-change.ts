// The commit of bulk changes: row groups of one or several tables that were written without the log become their
// bases in one step, durable by a checkpoint (rule W3).
import { assert } from '../src/base/assert.ts'
import { checkpoint } from './checkpoint.ts'
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { publishGroups } from './merging.ts'
import { freeUnpublished } from './row-group/row-group-writer.ts'
import type { MergeResult } from './table/merge.ts'
import type { TableStore } from './table/table-store.ts'
import { logPublish, logsRowGroups } from './publish-log.ts'

/**
 * New groups of one table, and the rows it has with them. They add to the base, or replace all of it: a change of part
 * of it is not logged for an archive (publish-log.ts), and bulk-append.ts does not make one where there is one.
 */
export interface BulkChange {
  readonly table: TableStore
  readonly result: MergeResult
  readonly liveRows: number
}

/** Frees groups that were written for a change that will not happen. */
export function discardResult(engine: Engine, { table, result }: BulkChange): void {
  const old = new Set(table.root.groups)
  freeUnpublished(groupTarget(engine, table), result.groups.filter((group) => !old.has(group)))
}

/** Publishes new groups as the bases of their tables, all of them durable on return: a bulk change commits by its
 * checkpoint. */
export function commitBulk(engine: Engine, changes: readonly BulkChange[]): void {
  const added = changes.map(({ table, result }) => {
    const old = new Set(table.root.groups)
    return result.groups.filter((group) => !old.has(group))
  })
  for (const { table, result, liveRows } of changes) {
    table.liveRows = liveRows
    publishGroups(engine, table, result)
  }
  for (const groups of added) for (const group of groups) engine.counters.rowBytes += group.streamBytes
  engine.commitId++
  engine.counters.commits++
  for (const { table } of changes) {
    table.lastCommit = engine.commitId
    engine.recentCommits.noteTable(table, engine.commitId)
  }
  try {
    const isLoggable = changes.every(({ result: { moved, taken } }) => moved.entries.length === 0 && taken.length === 0)
    assert(isLoggable || !logsRowGroups(engine), 'a change of part of a base is not in the archived log')
    logPublish(engine, changes.map(({ table, result }, i) => (
      { table, groups: added[i]!, isWhole: result.replaced.length > 0 })))
    checkpoint(engine)
  } catch (error) {
    engine.poison(error)
    throw error
  }
}
