// Background duties, run on the caller's thread at commit: merging deltas into row groups, checkpoints, and
// reclaiming what no snapshot can see any more.
import { assert } from '../src/base/assert.ts'
import type { TableSchema } from '../src/base/types.ts'
import { encodeCatalog } from './catalog/catalog.ts'
import type { CatalogEntry } from './catalog/catalog.ts'
import { groupTarget } from './compression.ts'
import { noteCheckpointBegin, noteCheckpointEnd } from './checkpoint-log.ts'
import type { Engine } from './engine.ts'
import { FRAME_SIZE } from './memory/linear-memory.ts'
import { FLAG } from './page/meta-slot.ts'
import { PAGE_KIND } from './page/page-store.ts'
import { UNCOMMITTED } from './row-group/deletion-vector.ts'
import type { IncomingRows } from './table/incoming-rows.ts'
import { Merger } from './table/merge.ts'
import type { MergeResult } from './table/merge.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { TableRoot, encodeTableRoot } from './table/table-root.ts'
import type { TableStore } from './table/table-store.ts'

/** A row group is rewritten by itself when at least this share of its rows changed. */
const MERGE_SHARE = 1 / 8
/** A delta of this many times `deltaRows` is merged down even where no group reaches the share. */
const FORCED_FACTOR = 8
/** Replaced versions a delta may carry before they are compacted away. */
const HISTORY_VERSIONS = 65536

/** Merges tables whose delta has grown past its threshold, and checkpoints when the log has. */
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
    if (options.mergeEveryCommit) merged = mergeTable(engine, table, () => true) || merged
    else if (entries >= options.deltaRows) merged = mergeBusiest(engine, table) || merged
  }
  if (merged || engine.durability.isCheckpointDue()) checkpoint(engine)
}

function mergeBusiest(engine: Engine, table: TableStore): boolean {
  const { groups } = table.root
  if (groups.length === 0) return mergeTable(engine, table, () => true)
  const last = groups[groups.length - 1]!
  const isBusy = (group: RowGroup): boolean =>
    group.pending >= group.rows * MERGE_SHARE || (group === last && group.pending >= engine.parts.options.deltaRows / 2)
  if (groups.some(isBusy)) return mergeTable(engine, table, isBusy)
  if (table.delta.entryCount < engine.parts.options.deltaRows * FORCED_FACTOR) return false
  const byPending = [...groups].sort((a, b) => b.pending - a.pending)
  const chosen = new Set(byPending.slice(0, Math.ceil(groups.length / 2)))
  return mergeTable(engine, table, (group) => chosen.has(group))
}

/** Merges the delta rows of the chosen groups into new groups. The caller checkpoints. False = nothing to do. */
export function mergeTable(
  engine: Engine, table: TableStore, isChosen: (group: RowGroup) => boolean, incoming: IncomingRows | null = null,
): boolean {
  if (table.delta.entryCount === 0 && incoming === null) return false
  const target = groupTarget(engine, table)
  const result = new Merger(table, target, engine.parts.options.rowGroupRows, incoming).run(isChosen)
  publishGroups(engine, table, result)
  engine.counters.merges++
  engine.counters.rowsMerged += result.rowsWritten
  return true
}

/** Replaces a table's root; old groups and merged versions go when nobody reads them any more. */
export function publishGroups(engine: Engine, table: TableStore, result: MergeResult): void {
  try {
    replaceRoot(engine, table, result)
  } catch (error) {
    // Half-replaced: what is in memory is of no use any more, the log and the last checkpoint are.
    engine.poison(error)
    throw error
  }
}

function replaceRoot(engine: Engine, table: TableStore, result: MergeResult): void {
  const rootNumber = ++engine.rootNumber
  table.roots.push(new TableRoot(rootNumber, result.groups, table.order))
  engine.retired.push({ rootNumber, groups: result.replaced })
  const keepOld = engine.snapshots.oldestRoot(rootNumber) < rootNumber
  for (const version of result.mergedVersions) leaveDelta(engine, table, version, rootNumber, keepOld)
  table.delta.changes++
  table.hasOldVersions = true
  engine.hasGarbage = true
  relocate(table, new Set(result.replaced))
  collectGarbage(engine)
}

function leaveDelta(engine: Engine, table: TableStore, version: number, rootNumber: number, keepOld: boolean): void {
  const content = table.delta.content[version]!
  table.delta.merged[version] = rootNumber
  if (content.page < 0) return
  if (keepOld && !content.isTombstone) content.row = table.rowOf(content)
  engine.freeTuple(table, content)
}

// Entries that stay (uncommitted, kept for old snapshots, or of other groups) point into the newest root
// again (D3), and uncommitted ones shadow their rows in the new groups.
function relocate(table: TableStore, replaced: ReadonlySet<RowGroup>): void {
  const { delta } = table
  for (const group of table.root.groups) group.pending = 0
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const key = delta.keyOf(entry)
    const head = delta.headOf(entry)
    if (head >= 0 && delta.merged[head] === 0) {
      const interval = table.intervalOf(table.root, key)
      if (interval !== null) interval.pending++
    }
    const old = delta.baseGroup[entry]!
    const isMerged = head >= 0 && newestCommittedIsMerged(table, head)
    // A rolled-back write leaves an empty entry behind, and a bulk append may have brought its key.
    if (head >= 0 && !isMerged && (old === null || !replaced.has(old))) continue
    const place = table.locate(table.root, key)
    delta.baseGroup[entry] = place?.group ?? null
    delta.baseRow[entry] = place?.row ?? -1
    if (place !== null && head >= 0 && delta.merged[head] === 0) place.group.dead.add(place.row, delta.begin[head]!)
  }
}

function newestCommittedIsMerged(table: TableStore, head: number): boolean {
  const { delta } = table
  let version = head
  while (version >= 0 && delta.begin[version]! >= UNCOMMITTED) version = delta.older[version]!
  return version >= 0 && delta.merged[version] !== 0
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
    if (table.hasOldVersions && isAlone && oldestRoot >= table.root.number) compactDelta(table)
    isLeft ||= table.hasOldVersions || table.roots.length > 1
  }
  engine.hasGarbage = isLeft
}

// With no older snapshot, merged chains and everything behind a committed head are invisible.
function compactDelta(table: TableStore): void {
  const { delta } = table
  let merged = 0
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const head = delta.headOf(entry)
    if (head < 0 || delta.merged[head] !== 0) merged++
    else if (delta.begin[head]! < UNCOMMITTED) delta.older[head] = -1
  }
  table.hasOldVersions = false
  if (merged === 0 && !hasMuchHistory(table)) return
  delta.compact((head) => delta.merged[head] === 0)
  table.deltaOrder.reset()
}

// Keys that are updated over and over leave dead version numbers behind, which only a compaction drops.
function hasMuchHistory(table: TableStore): boolean {
  return table.delta.versionCount > 4 * table.delta.entryCount + HISTORY_VERSIONS
}

/**
 * Writes dirty pages, changed roots and the catalogue, and flips the meta slot. Steps:
 *   1 sync the log   2 dirty heap pages   3 roots and catalogue   4 map, sync, meta slot, sync   5 cut the log
 */
export function checkpoint(engine: Engine): void {
  const { wal, pages, pool } = engine
  // What nobody reads any more need not be in the new root as pages that nothing refers to.
  collectGarbage(engine)
  // Also under `normal`: the new root must not refer to log positions that are not on disk.
  wal?.sync(true)
  const redoLsn = wal?.endLsn ?? engine.redoLsn
  pool.flushDirty()
  const catalogPage = storeCatalog(engine)
  noteCheckpointBegin(engine, redoLsn)
  pages.checkpoint({ catalogPage, redoLsn, commitId: engine.commitId })
  engine.redoLsn = redoLsn
  engine.commitsSinceCheckpoint = 0
  engine.counters.checkpoints++
  noteCheckpointEnd(engine)
  wal?.recycle(pages.olderRedoLsn)
}

// New blobs go to new pages; the old ones are given up only when all new ones are written, so that a full disk
// leaves a state from which the next checkpoint can start again.
function storeCatalog(engine: Engine): number {
  const entries: CatalogEntry[] = []
  const old: BlobPlace[] = engine.catalogPages.count > 0 ? [engine.catalogPages] : []
  const rootPages = new Map<number, BlobPlace>()
  for (const table of engine.catalog.tables()) {
    if (table.schema.index !== undefined) engine.pages.require(FLAG.INDEXES)
    const known = engine.rootPages.get(table.id)
    let place = known
    if (place === undefined || table.storedCommit !== table.lastCommit || table.storedRoot !== table.root.number) {
      place = storeBlob(engine, encodeTableRoot(table.root, table.id, table, table.keyCodec))
      if (known !== undefined) old.push(known)
    }
    rootPages.set(table.id, place)
    entries.push({ id: table.id, rootPage: place.first, rootBytes: place.bytes, schema: storedSchema(table) })
  }
  const catalogPages = storeBlob(engine, encodeCatalog(entries, engine.catalog.nextTableId, engine.settings))
  for (const { first, count } of old) {
    engine.pool.discard(first, count)
    engine.pages.freePages(first, count)
  }
  for (const [id, place] of rootPages) engine.rootPages.set(id, place)
  for (const table of engine.catalog.tables()) {
    table.storedCommit = table.lastCommit
    table.storedRoot = table.root.number
  }
  engine.catalogPages = catalogPages
  return catalogPages.first
}

// The schema with what has been set since the table was made.
function storedSchema(table: TableStore): TableSchema {
  return table.compression === null ? table.schema : { ...table.schema, compression: table.compression }
}

/** Where a blob of catalogue pages is. */
export interface BlobPlace {
  readonly first: number
  readonly count: number
  readonly bytes: number
}

function storeBlob(engine: Engine, bytes: Uint8Array): BlobPlace {
  const count = Math.ceil(bytes.length / FRAME_SIZE)
  assert(count > 0, 'a stored blob has bytes')
  const first = engine.pages.allocatePageIds(count)
  const address = engine.memory.allocateRun(count)
  try {
    engine.memory.u8.set(bytes, address)
    engine.pages.writeRun(first, PAGE_KIND.CATALOG, address, bytes.length)
  } catch (error) {
    engine.pages.freePages(first, count)
    throw error
  } finally {
    engine.memory.releaseRun(address, count)
  }
  return { first, count, bytes: bytes.length }
}
