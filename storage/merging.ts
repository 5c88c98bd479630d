// The engine's part of merges: where their groups go, how their results become roots, and what is reclaimed when
// no snapshot can see it any more.
import { groupTarget } from './compression.ts'
import type { Engine } from './engine.ts'
import { FRAME_SIZE } from './memory/linear-memory.ts'
import { UNCOMMITTED } from './row-group/deletion-vector.ts'
import type { IncomingRows } from './table/incoming-rows.ts'
import { Merger } from './table/merge.ts'
import type { MergeResult } from './table/merge.ts'
import { findFollowers, publishMerge } from './table/publish.ts'
import type { Followers, Publisher } from './table/publish.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { freeUnpublished } from './row-group/row-group-writer.ts'
import type { RunFilter } from './table/sealed-run.ts'
import type { TableStore } from './table/table-store.ts'

/** Tuples freed in one step. */
const LEAVING_STEP = 512
/** A delta of at most this share of `deltaRows` is compacted at once. */
const COMPACT_AT_ONCE = 1 / 32
/** Entries looked at in one step. */
const SCAN_STEP = 32_768
/** Replaced versions a delta may carry before they are compacted away. */
const HISTORY_VERSIONS = 65536

/** Runs a job to its end. */
export function finish(job: Generator<void>): void {
  while (job.next().done !== true);
}

/** The engine as publish.ts sees it. */
export function publisherOf(engine: Engine): Publisher {
  return {
    nextRoot: () => ++engine.rootNumber,
    oldestRoot: () => engine.snapshots.oldestRoot(engine.rootNumber),
    oldestCommit: () => engine.snapshots.oldestCommit(engine.commitId),
    retire: (rootNumber, groups, filters) => {
      engine.retired.push({ rootNumber, groups })
      for (const filter of filters) freeFilter(engine, filter)
      engine.hasGarbage = true
    },
    leaveHeap: (table, version, keepRow) => {
      if (keepRow) table.keepRow(version)
      table.leaving.push(version)
    },
  }
}

/**
 * Gives the stored form of a filter up: filters are read when a database is opened and live in memory then. A reader
 * that follows another process has no pages to give.
 */
export function freeFilter(engine: Engine, filter: RunFilter): void {
  if (filter.bytes === 0 || engine.isReadOnly) return
  const count = Math.ceil(filter.bytes / FRAME_SIZE)
  engine.pool.discard(filter.page, count)
  engine.pages.freePages(filter.page, count)
  filter.bytes = 0
}

/** Frees tuples of versions that have left the delta, all but the last `left` of them. */
export function freeLeaving(engine: Engine, table: TableStore, left = 0): void {
  const { leaving, delta: { versions } } = table
  // Neighbours in the list are mostly neighbours in a page.
  let page = -1
  let slots: number[] = []
  const free = (): void => {
    if (slots.length > 0 && !engine.isReadOnly) engine.heap.removeAll(table.id, page, slots)
    slots = []
  }
  while (leaving.length > left) {
    const version = leaving.pop()!
    const at = versions.page(version)
    if (at < 0) continue
    if (at !== page) free()
    page = at
    slots.push(versions.slot(version))
    versions.setPlace(version, -1, 0)
  }
  free()
}

/** The same in steps. */
export function* freeLeavingSteps(engine: Engine, table: TableStore): Generator<void> {
  while (table.leaving.length > 0) {
    freeLeaving(engine, table, Math.max(0, table.leaving.length - LEAVING_STEP))
    yield
  }
}

/** Rewrites the chosen groups with the rows of runs and of `entries` (by key) in their intervals, and publishes. */
export function* mergeSteps(
  engine: Engine, table: TableStore, isChosen: (group: RowGroup) => boolean, entries: Int32Array,
  incoming: IncomingRows | null = null,
): Generator<void> {
  const { rowGroupRows } = engine.parts.options
  const merger = new Merger(table, groupTarget(engine, table), rowGroupRows, entries, incoming)
  const result = yield* merger.steps(isChosen)
  publishGroups(engine, table, result, yield* followersOf(engine, table, result))
  yield* freeLeavingSteps(engine, table)
  engine.counters.merges++
  engine.counters.rowsMerged += result.rowsWritten
}

// Given up here, the merge leaves no pages behind, as in its own steps.
function* followersOf(engine: Engine, table: TableStore, result: MergeResult): Generator<void, Followers> {
  const touched = new Set([...result.replaced, ...result.taken.map((span) => span.group)])
  let isDone = false
  try {
    const followers = yield* findFollowers(table, touched)
    isDone = true
    return followers
  } finally {
    if (!isDone) {
      const old = new Set(table.root.groups)
      freeUnpublished(groupTarget(engine, table), result.groups.filter((group) => !old.has(group)))
    }
  }
}

/**
 * Merges the rows of delta and runs in the intervals of the chosen groups into new groups, at once. The caller
 * checkpoints. False = nothing to do.
 */
export function mergeTable(
  engine: Engine, table: TableStore, isChosen: (group: RowGroup) => boolean, incoming: IncomingRows | null = null,
): boolean {
  if (table.delta.entryCount === 0 && table.root.runs.length === 0 && incoming === null) return false
  engine.jobs.abandon(null)
  finish(mergeSteps(engine, table, isChosen, table.deltaOrder.entries(table.delta), incoming))
  if (table.wantsCompaction && mayCompact(engine, table)) finish(compactSteps(engine, table))
  return true
}

/** Replaces a table's root; old groups and merged versions go when nobody reads them any more. */
export function publishGroups(
  engine: Engine, table: TableStore, result: MergeResult, followers?: Followers,
): void {
  try {
    publishMerge(publisherOf(engine), table, result, followers)
    table.hasOldVersions = true
    engine.hasGarbage = true
    collectGarbage(engine)
  } catch (error) {
    // Half-replaced: what is in memory is of no use any more, the log and the last checkpoint are.
    engine.poison(error)
    throw error
  }
}

/** Frees replaced row groups, old versions and old roots that no open snapshot can reach. */
export function collectGarbage(engine: Engine): void {
  if (!engine.hasGarbage) return
  const oldestRoot = engine.snapshots.oldestRoot(engine.rootNumber)
  while (engine.retired.length > 0 && engine.retired[0]!.rootNumber <= oldestRoot) {
    const { groups } = engine.retired.shift()!
    if (engine.isReadOnly) {
      engine.dropped.push(...groups)
      continue
    }
    for (const group of groups) {
      engine.pool.discard(group.firstPage, group.pageCount)
      engine.pages.freePages(group.firstPage, group.pageCount)
    }
  }
  const isAlone = engine.snapshots.oldestCommit(engine.commitId) === engine.commitId
  let isLeft = engine.retired.length > 0
  for (const table of engine.catalog.tables()) {
    while (table.roots.length > 1 && table.roots[1]!.number <= oldestRoot) table.roots.shift()
    const isCurrent = isAlone && oldestRoot >= table.root.number
    if (table.hasOldVersions && isCurrent && !table.isDraining) compactDelta(engine, table)
    if (table.unsettled.size > 0 && isAlone) settle(engine, table)
    isLeft ||= table.hasOldVersions || table.roots.length > 1 || table.unsettled.size > 0
  }
  engine.hasGarbage = isLeft
}

function settle(engine: Engine, table: TableStore): void {
  for (const group of table.unsettled) group.dead.settle(engine.commitId)
  table.unsettled.clear()
}

// With no older snapshot, merged chains and everything behind a committed head are invisible. A large delta is
// compacted in steps, by the jobs.
function compactDelta(engine: Engine, table: TableStore): void {
  freeLeaving(engine, table)
  const { delta } = table
  const { versions } = delta
  const { stepMs, stepCount, deltaRows } = engine.parts.options
  table.hasOldVersions = false
  const isStepped = (stepMs > 0 || stepCount > 0) && !engine.isReadOnly
  if (isStepped && delta.entryCount > deltaRows * COMPACT_AT_ONCE) {
    table.wantsCompaction = true
    engine.jobs.wake()
    return
  }
  let merged = 0
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const head = delta.headOf(entry)
    if (head < 0 || versions.merged(head) !== 0) merged++
    else if (versions.begin(head) < UNCOMMITTED) versions.setOlder(head, -1)
  }
  if (merged === 0 && !hasMuchHistory(table)) return
  delta.compact(engine.commitId)
  table.deltaOrder.reset()
}

/** Nobody reads an older root or commit, and no job holds entry numbers. */
export function mayCompact(engine: Engine, table: TableStore): boolean {
  const { snapshots, commitId, rootNumber } = engine
  return !table.isDraining && snapshots.oldestCommit(commitId) === commitId
    && snapshots.oldestRoot(rootNumber) >= table.root.number
}

/** Compacts a delta in steps; needs `mayCompact` when it starts. Snapshots may come, and commits, meanwhile. */
export function* compactSteps(engine: Engine, table: TableStore): Generator<void> {
  const { delta } = table
  let isDone = false
  table.wantsCompaction = false
  table.isDraining = true
  try {
    yield* freeLeavingSteps(engine, table)
    let merged = 0
    let oldest = engine.snapshots.oldestCommit(engine.commitId)
    for (let entry = 0; entry < delta.entryCount; entry++) {
      const head = delta.headOf(entry)
      if (head < 0 || delta.versions.merged(head) !== 0) merged++
      else if (delta.versions.begin(head) <= oldest) delta.versions.setOlder(head, -1)
      if (entry % SCAN_STEP !== SCAN_STEP - 1) continue
      yield
      oldest = engine.snapshots.oldestCommit(engine.commitId)
    }
    if (merged > 0 || hasMuchHistory(table)) {
      yield* delta.compactSteps(engine.snapshots.oldestCommit(engine.commitId))
      table.deltaOrder.reset()
    }
    isDone = true
  } finally {
    table.isDraining = false
    if (!isDone) table.wantsCompaction = true
  }
}

/** Keys that are updated over and over leave dead version numbers behind, which only a compaction drops. */
export function hasMuchHistory(table: TableStore): boolean {
  return table.delta.versionCount > 4 * table.delta.entryCount + HISTORY_VERSIONS
}
