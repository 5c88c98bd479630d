// Debt: rows that the sealed runs and the deletion marks keep away from the base, and the jobs that pay it back:
// draining a full delta, rewriting base groups with much debt, merging runs when there are many. Each job is a
// generator of short steps; each of its parts is published on its own, so that it may end after any of them.
//
// The load of a base group is what rewriting it would bring in or drop: delta entries and live run rows in its key
// interval, or its rows sealed as dead, whichever is more (an update is one row of each). From MERGE_SHARE of its
// rows on (option mergeShare) it is rewritten; below, delta rows are sealed into a run, which costs one row written
// per row instead of 1 / share.
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { collectGarbage, freeLeaving, freeLeavingSteps, mergeSteps, publisherOf } from './merging.ts'
import type { KeyValue } from './table/key.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { chooseRuns, mergeSealedRuns } from './table/run-compaction.ts'
import { spansBetween } from './table/run-rows.ts'
import { sortEntries } from './table/entry-sort.ts'
import { RUN_GROUP_ROWS, sealEntries } from './table/sealing.ts'
import { liveIn } from './table/merge.ts'
import type { TableStore } from './table/table-store.ts'

/** A delta with fewer rows left than this part of `deltaRows` is not worth a run. */
const SMALLEST_RUN = 1 / 16

/** Live rows of runs in [from, to). Costs two searches per run. */
function runRowsBetween(table: TableStore, from: KeyValue | null, to: KeyValue | null): number {
  let rows = 0
  for (const run of table.root.runs) {
    for (const { group, begin, end } of spansBetween(table, run, from, to)) rows += liveIn(group, begin, end)
  }
  return rows
}

/** What rewriting base group `g` would bring in or drop, without the delta. */
function groupLoad(table: TableStore, g: number): number {
  const { groups, runs } = table.root
  const dead = groups[g]!.dead.sealedCount
  if (runs.length === 0) return dead
  const from = g === 0 ? null : groups[g]!.firstKey
  return Math.max(dead, runRowsBetween(table, from, groups[g + 1]?.firstKey ?? null))
}

/** True when delta or runs have anything for the interval of a base group, or rows of it are dead. */
export function hasChanges(table: TableStore, group: RowGroup): boolean {
  const { groups } = table.root
  const g = groups.indexOf(group)
  if (group.dead.count > 0 || groupLoad(table, g) > 0) return true
  const { delta, deltaOrder } = table
  const entries = deltaOrder.entries(delta)
  const lo = g === 0 ? 0 : deltaOrder.position(delta, entries, group.firstKey, false)
  return lo < (g + 1 === groups.length ? entries.length
    : deltaOrder.position(delta, entries, groups[g + 1]!.firstKey, false))
}

/** Rows in runs, or sealed as dead in the base where those are more: what the merges still owe. */
export function tableDebt(table: TableStore): { runRows: number; deadRows: number; debt: number } {
  const { base, runs } = table.root
  let runRows = 0
  for (const run of runs) runRows += run.liveRows
  let deadRows = 0
  for (const group of base.groups) deadRows += group.dead.sealedCount
  return { runRows, deadRows, debt: Math.max(runRows, deadRows) / Math.max(1, base.rows) }
}

/** Rewrites one base group with the run rows of its interval and those of the given delta entries. */
function* rewriteGroup(engine: Engine, table: TableStore, group: RowGroup, entries: Int32Array): Generator<void> {
  yield* mergeSteps(engine, table, (other) => other === group, entries)
}

const NO_ENTRIES = new Int32Array(0)

/**
 * Takes everything committed out of the delta: into the base where a group has load enough, into a sealed run
 * elsewhere. A small rest stays unless `isForced`.
 */
export function* drainDelta(engine: Engine, table: TableStore, isForced: boolean): Generator<void> {
  const { mergeShare, deltaRows, rowGroupRows } = engine.parts.options
  table.isDraining = true
  try {
    const entries = yield* sortEntries(table)
    if (table.root.groups.length === 0) return yield* mergeSteps(engine, table, () => true, entries)
    const rest: Int32Array[] = []
    let restCount = 0
    for (let g = 0; g < table.root.groups.length;) {
      const { groups } = table.root
      const group = groups[g]!
      const lo = g === 0 ? 0 : table.deltaOrder.position(table.delta, entries, group.firstKey, false)
      const hi = g + 1 === groups.length ? entries.length
        : table.deltaOrder.position(table.delta, entries, groups[g + 1]!.firstKey, false)
      if (hi > lo && hi - lo + groupLoad(table, g) >= mergeShare * group.rows) {
        yield* rewriteGroup(engine, table, group, entries)
        g += 1 + table.root.groups.length - groups.length
      } else {
        rest.push(entries.subarray(lo, hi))
        restCount += hi - lo
        g++
      }
      yield
    }
    if (restCount === 0 || (!isForced && restCount < deltaRows * SMALLEST_RUN)) return
    const sealed = new Int32Array(restCount)
    let at = 0
    for (const part of rest) {
      sealed.set(part, at)
      at += part.length
    }
    const groupRows = Math.min(RUN_GROUP_ROWS, rowGroupRows)
    const written = yield* sealEntries(publisherOf(engine), table, groupTarget(engine, table), sealed, groupRows,
      () => freeLeavingSteps(engine, table))
    engine.counters.seals++
    engine.counters.rowsMerged += written
  } finally {
    table.isDraining = false
    // What was merged or sealed leaves the delta when nobody reads an older root.
    table.hasOldVersions = engine.hasGarbage = true
    freeLeaving(engine, table)
    collectGarbage(engine)
  }
}

/**
 * Rewrites base groups whose load is at least this share of their rows, until the table's debt is no more than
 * `enough`, and merges runs when there are many.
 */
export function* payDebt(engine: Engine, table: TableStore, share: number, enough: number): Generator<void> {
  const { root } = table
  if (root.runs.length === 0 && !root.groups.some((group) => group.dead.sealedCount > 0)) return
  table.isDraining = true
  try {
    if (root.groups.length === 0) yield* mergeSteps(engine, table, () => true, NO_ENTRIES)
    for (let g = 0; g < table.root.groups.length;) {
      const { groups } = table.root
      const group = groups[g]!
      if (tableDebt(table).debt <= enough) break
      const load = groupLoad(table, g)
      if (load > 0 && load >= share * group.rows) {
        yield* rewriteGroup(engine, table, group, NO_ENTRIES)
        g += 1 + table.root.groups.length - groups.length
      } else g++
      yield
    }
    const runs = chooseRuns(table.root.runs, engine.parts.options.runsMax)
    if (runs.length === 0) return
    const numbers = new Set(runs.map((run) => run.number))
    const groupRows = Math.min(RUN_GROUP_ROWS, engine.parts.options.rowGroupRows)
    const written = yield* mergeSealedRuns(
      publisherOf(engine), table, groupTarget(engine, table), numbers, groupRows)
    engine.counters.runMerges++
    engine.counters.rowsMerged += written
  } finally {
    table.isDraining = false
    freeLeaving(engine, table)
    collectGarbage(engine)
  }
}
