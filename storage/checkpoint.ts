// The engine's part of a checkpoint: which pages are written before the page store flips the root, and where table
// roots, filters of sealed runs and the catalogue are stored.
import { assert } from '../src/base/assert.ts'
import type { TableSchema } from '../src/base/types.ts'
import { encodeCatalog } from './catalog/catalog.ts'
import type { CatalogEntry } from './catalog/catalog.ts'
import { needsDefinitions } from './catalog/schema-extras.ts'
import { noteCheckpointBegin, noteCheckpointEnd } from './checkpoint-log.ts'
import type { Engine } from './engine.ts'
import { collectGarbage, freeFilter, freeLeaving } from './merging.ts'
import { FRAME_SIZE } from './memory/linear-memory.ts'
import { FLAG } from './page/meta-slot.ts'
import { PAGE_KIND } from './page/page-store.ts'
import { encodeTableRoot } from './table/root-codec.ts'
import type { TableRoot } from './table/table-root.ts'
import type { TableStore } from './table/table-store.ts'

/**
 * Writes dirty pages, changed roots and the catalogue, and flips the meta slot. Steps:
 *   1 sync the log   2 dirty heap pages   3 roots and catalogue   4 map, sync, meta slot, sync   5 cut the log
 */
export function checkpoint(engine: Engine): void {
  const { wal, pages, pool } = engine
  // What nobody reads any more need not be in the new root as pages that nothing refers to.
  for (const table of engine.catalog.tables()) freeLeaving(engine, table)
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
  engine.checkpointAtMs = engine.snapshots.now()
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
    if (table.schema.checks !== undefined) engine.pages.require(FLAG.CHECKS)
    if (needsDefinitions(table.schema)) engine.pages.require(FLAG.DEFINITIONS)
    const known = engine.rootPages.get(table.id)
    let place = known
    if (place === undefined || table.storedCommit !== table.lastCommit || table.storedRoot !== table.root.number) {
      storeFilters(engine, table.root)
      if (table.root.isLayered) engine.pages.require(FLAG.SEALED_RUNS)
      place = storeBlob(engine, encodeTableRoot(table.root, table.id, table, table.keyCodec))
      if (known !== undefined) old.push(known)
    }
    rootPages.set(table.id, place)
    entries.push({ id: table.id, rootPage: place.first, rootBytes: place.bytes, schema: storedSchema(table) })
  }
  const { nextTableId, objects } = engine.catalog
  if (objects.size > 0) engine.pages.require(FLAG.DEFINITIONS)
  const catalogPages = storeBlob(engine, encodeCatalog(entries, nextTableId, engine.settings, objects.all()))
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
  const schema = table.committed
  return table.compression === null ? schema : { ...schema, compression: table.compression }
}

// Filters that have grown since they were stored. The old pages are given up at once: the durable root keeps their
// blocks (F2), and the new place is good for the next try should this checkpoint fail.
function storeFilters(engine: Engine, root: TableRoot): void {
  for (const { filter } of root.runs) {
    if (filter.bytes > 0 && filter.storedKeys === filter.bloom.keys) continue
    const place = storeBlob(engine, filter.bloom.encode())
    freeFilter(engine, filter)
    filter.page = place.first
    filter.bytes = place.bytes
    filter.storedKeys = filter.bloom.keys
  }
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
