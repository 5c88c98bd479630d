// Opening a database: files and lock, newest meta slot, catalogue and roots, delta from its heap pages, then
// redo of the log. Costs the page map, the catalogue and the delta; never a scan of the base.
import { randomBytes } from 'node:crypto'
import { ByteReader } from '../src/base/bytes.ts'
import { CODE, DatabaseError, corruption } from '../src/base/errors.ts'
import { CATALOG_HEADER_BYTES, catalogBytes, decodeCatalog } from './catalog/catalog.ts'
import { objectKey } from './catalog/objects.ts'
import { dropLeftTemporary } from './txn/temporary.ts'
import type { CatalogEntry } from './catalog/catalog.ts'
import { compressionOf, setCompression } from './compression.ts'
import { DEFAULT_ENGINE_OPTIONS } from './engine-options.ts'
import type { EngineOptions } from './engine-options.ts'
import { Engine } from './engine.ts'
import { folderOf } from './file/file.ts'
import type { FileHandle, FileLock, FileSystem } from './file/file.ts'
import { IoQueue, SYNC_DISPATCHER, THREAD_DISPATCHER } from './file/io-queue.ts'
import { MemoryFileSystem } from './file/memory-file.ts'
import { NodeFileSystem } from './file/node-file.ts'
import { sweepTemp, tempFolder } from './file/temp-space.ts'
import { FRAME_SIZE, LinearMemory } from './memory/linear-memory.ts'
import { findNativeChecksum } from './memory/native-checksum.ts'
import { countDamagedCopies } from './page/meta-slot.ts'
import { isUnfinishedStore } from './page/page-load.ts'
import { PAGE_KIND, PageStore } from './page/page-store.ts'
import type { StoreMeta } from './page/store-root.ts'
import { Follower, enterRoot, openReader, openReaderNow } from './process/follower.ts'
import { ReaderRegistry } from './process/reader-registry.ts'
import { ReaderSlot } from './process/reader-slot.ts'
import { BufferPool } from './pool/buffer-pool.ts'
import type { Tuple } from './delta/heap.ts'
import { isIndexOf } from './table/index-schema.ts'
import { KeyOrder } from './table/key.ts'
import { RowCodec } from './table/row-codec.ts'
import { TableStore } from './table/table-store.ts'
import { BloomFilter } from './table/bloom-filter.ts'
import { decodeTableRoot } from './table/root-codec.ts'
import type { WalRecord } from './wal/record.ts'
import { walFolder } from './wal/wal-folder.ts'
import { FIRST_LSN, Wal } from './wal/wal-writer.ts'
import { Redo } from './redo.ts'
import type { WalOptions } from './wal/wal-options.ts'

/** Path of a database that lives in memory only. */
export const MEMORY_PATH = ':memory:'

/**
 * Opens or creates the database at `path`. Errors: 55006 second writer, 58P01 missing (read-only), 42809 not
 * a database or a directory, 0A000 newer format, XX001 damage, 25006 no permission to write.
 */
export async function openEngine(path: string, given: Partial<EngineOptions> = {}): Promise<Engine> {
  const options: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...given }
  const isMemory = path === MEMORY_PATH
  const files = options.files ?? (isMemory ? new MemoryFileSystem() : new NodeFileSystem())
  refuseFolder(files, path)
  checkLogOptions(options)
  await findNativeChecksum()
  if (isMemory) return openOnce({ path, options, files })
  return options.readOnly ? openReader({ path, options, files }, openOnce) : openOnce({ path, options, files })
}

/** As openEngine, on the calling thread: for a second database, when the first is open. */
export function openEngineNow(path: string, given: Partial<EngineOptions> = {}): Engine {
  const options: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...given }
  const files = options.files ?? (path === MEMORY_PATH ? new MemoryFileSystem() : new NodeFileSystem())
  refuseFolder(files, path)
  checkLogOptions(options)
  const place = { path, options, files }
  return options.readOnly && path !== MEMORY_PATH ? openReaderNow(place, openOnceNow) : openOnceNow(place)
}

function refuseFolder(files: FileSystem, path: string): void {
  if (!files.isDirectory(path)) return
  throw new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is a directory, not a database file`, { file: path })
}

/**
 * Opens an existing file that nobody else can know of, without a lock, and replays its log: a restore does this with
 * the file it is making. Errors as above.
 */
export function openUnshared(path: string, given: Partial<EngineOptions> & { files: FileSystem }): Engine {
  const options: EngineOptions = { ...DEFAULT_ENGINE_OPTIONS, ...given }
  const { files } = given
  const file = files.open(path, 'write')
  let memory: LinearMemory | null = null
  try {
    memory = LinearMemory.create(options.memoryBytes)
    const { engine, meta } = assemble({ path, options, files, file, lock: null, memory })
    engine.redoLsn = meta.redoLsn
    load(engine, meta)
    recover(engine, files, meta)
    return engine
  } catch (error) {
    file.close()
    memory?.release()
    throw error
  }
}

// What an engine holds of others: the lock of a writer, or the slot of a reader.
interface Held {
  readonly lock: FileLock | null
  readonly slot: ReaderSlot | null
}

async function openOnce({ path, options, files }: OpenPlace): Promise<Engine> {
  const isMemory = path === MEMORY_PATH
  const file = files.open(path, options.readOnly ? 'read' : 'create')
  let held: Held = { lock: null, slot: null }
  try {
    if (options.readOnly) held = { lock: null, slot: await ReaderSlot.make(files, walFolder(path)) }
    else if (!isMemory) held = { lock: await files.lock(path), slot: null }
  } catch (error) {
    file.close()
    throw error
  }
  const engine = openHeld({ path, options, files }, file, held)
  await engine.readers?.reap().catch((error: unknown) => engine.noteProblem(error))
  return engine
}

function openOnceNow({ path, options, files }: OpenPlace): Engine {
  const isMemory = path === MEMORY_PATH
  const file = files.open(path, options.readOnly ? 'read' : 'create')
  let held: Held = { lock: null, slot: null }
  try {
    if (options.readOnly) held = { lock: null, slot: ReaderSlot.makeNow(files, walFolder(path)) }
    else if (!isMemory) held = { lock: files.lockNow(path), slot: null }
  } catch (error) {
    file.close()
    throw error
  }
  return openHeld({ path, options, files }, file, held)
}

function openHeld({ path, options, files }: OpenPlace, file: FileHandle, { lock, slot }: Held): Engine {
  let memory: LinearMemory | null = null
  try {
    if (path !== MEMORY_PATH && !options.readOnly) sweepTemp(files, tempFolder(path))
    memory = LinearMemory.create(options.memoryBytes)
    const { engine, meta, isNew } = assemble({ path, options, files, file, lock, memory })
    engine.redoLsn = meta.redoLsn
    if (options.readOnly) enterRoot(engine.pages, slot)
    else if (path !== MEMORY_PATH) watchReaders(engine)
    if (!isNew) {
      load(engine, meta)
      recover(engine, files, meta)
    }
    const { compression } = options
    if (compression !== null && !options.readOnly && compression !== compressionOf(engine, null)) {
      setCompression(engine, null, compression)
    }
    engine.jobs.settle()
    if (options.readOnly) engine.follower = new Follower(engine, slot, { load, replay: recover, redo: redoOf })
    if (engine.wal !== null) engine.wal.onFailure = (error) => engine.poison(error)
    if (!isNew && !options.readOnly) dropLeftTemporary(engine)
    return engine
  } catch (error) {
    lock?.release()
    slot?.release()
    file.close()
    memory?.release()
    throw error
  }
}

// The writer respects the readers of other processes from before it changes anything. Slots of dead ones count until
// they are reaped.
function watchReaders(engine: Engine): void {
  const { files, path } = engine.parts
  const readers = new ReaderRegistry(files, walFolder(path), engine.pages)
  readers.look()
  engine.pages.beforeRelease = () => {
    readers.look()
    if (readers.count > 0) readers.reap().catch((error: unknown) => engine.noteProblem(error))
  }
  engine.readers = readers
}

function redoOf(engine: Engine): (record: WalRecord) => void {
  const redo = new Redo(engine, walFolder(engine.parts.path))
  return (record) => redo.record(record)
}

// An archive needs every commit in the log.
function checkLogOptions({ walMode, walArchive }: EngineOptions): void {
  if (walMode !== 'off' || walArchive === null) return
  throw new DatabaseError(CODE.UNSUPPORTED, 'option walArchive needs the log: walMode must be \'on\'')
}

interface OpenPlace {
  readonly path: string
  readonly options: EngineOptions
  readonly files: FileSystem
}

interface Place {
  readonly path: string
  readonly options: EngineOptions
  readonly files: FileSystem
  readonly file: FileHandle
  readonly lock: Engine['parts']['lock']
  readonly memory: LinearMemory
}

// A file without a single byte is a new database, and so is one whose creation was cut short: too small and
// without a root, but beside a log folder. The log comes first: Wal.open refuses a folder that holds records
// of a database that is not there any more, before anything is written over the file.
function assemble(place: Place): { engine: Engine; meta: StoreMeta; isNew: boolean } {
  const { file, memory, options, path, files } = place
  const isUnfinished = (): boolean => files.exists(walFolder(path)) && isUnfinishedStore(file)
  const isNew = !options.readOnly && (file.size() === 0 || isUnfinished())
  const databaseId: Uint8Array = randomBytes(16)
  const io = new IoQueue(options.io === 'sync' ? SYNC_DISPATCHER : THREAD_DISPATCHER)
  if (!options.readOnly && options.walArchive !== null) files.makeFolder(options.walArchive)
  const wal = isNew && path !== MEMORY_PATH
    ? Wal.open(files, walFolder(path), walOptions(options, databaseId, io), 0, () => {}) : null
  const { store, meta } = isNew
    ? PageStore.create(file, memory, { databaseId, redoLsn: wal?.endLsn ?? FIRST_LSN })
    : PageStore.open(file, memory, { readOnly: options.readOnly })
  if (isNew) files.syncDir(folderOf(path))
  const pool = new BufferPool(memory, store, options.poolFrames > 0 ? { maxFrames: options.poolFrames } : {})
  const engine = new Engine({ ...place, pages: store, pool, io })
  engine.commitId = meta.commitId
  engine.wal = wal
  return { engine, meta, isNew }
}

function walOptions(options: EngineOptions, databaseId: Uint8Array, io: IoQueue): WalOptions {
  return {
    synchronous: options.synchronous, databaseId, segmentBytes: options.walSegmentBytes, readOnly: options.readOnly,
    flushIntervalMs: options.walFlushIntervalMs, flushBytes: options.walFlushBytes, archive: options.walArchive,
    io,
  }
}

function load(engine: Engine, meta: StoreMeta): void {
  if (meta.catalogPage === 0) return
  const file = engine.parts.path
  const header = readBlob(engine, meta.catalogPage, CATALOG_HEADER_BYTES)
  const bytes = catalogBytes(header, { file, page: meta.catalogPage })
  const { entries, nextTableId, settings, objects } = decodeCatalog(
    readBlob(engine, meta.catalogPage, bytes), { file, page: meta.catalogPage })
  engine.catalogPages = { first: meta.catalogPage, count: Math.ceil(bytes / FRAME_SIZE), bytes }
  for (const entry of entries) loadTable(engine, entry)
  for (const { schema } of engine.catalog.tables()) {
    if (schema.index === undefined || isIndexOf(schema, engine.catalog.byIdOrNull(schema.index.of)?.schema)) continue
    throw corruption(`index "${schema.name}" does not fit its table`, { file, page: meta.catalogPage })
  }
  engine.catalog.nextTableId = nextTableId
  engine.settings = settings
  for (const object of objects) engine.catalog.objects.set(objectKey(object.kind, object.name), object)
  if (!engine.isReadOnly) reclaimOrphans(engine)
  engine.heap.scan((tableId, page, slot, tuple) => loadTuple(engine, tableId, page, slot, tuple))
}

// A crash in the middle of a bulk load may leave pages in the map that no root refers to: a checkpoint of
// somebody else's commit has stored their entries. They are free.
function reclaimOrphans(engine: Engine): void {
  const owned = new Set<number>()
  const own = (first: number, count: number): void => {
    for (let page = first; page < first + count; page++) owned.add(page)
  }
  own(engine.catalogPages.first, engine.catalogPages.count)
  for (const { first, count } of engine.rootPages.values()) own(first, count)
  for (const table of engine.catalog.tables()) {
    for (const group of table.root.allGroups()) own(group.firstPage, group.pageCount)
    for (const { filter } of table.root.runs) own(filter.page, Math.ceil(filter.bytes / FRAME_SIZE))
  }
  for (const kind of [PAGE_KIND.BASE, PAGE_KIND.CATALOG]) {
    for (const page of [...engine.pages.pagesOfKind(kind)]) if (!owned.has(page)) engine.pages.freePages(page, 1)
  }
}

// Bytes stored in consecutive catalogue pages.
function readBlob(engine: Engine, firstPage: number, bytes: number): Uint8Array {
  // Sizes come from the file: no memory is taken for pages that do not exist.
  if (firstPage + Math.ceil(bytes / FRAME_SIZE) > engine.pages.pageCount) {
    throw corruption(`catalogue page ${firstPage} is too short`, { file: engine.parts.path, page: firstPage })
  }
  const out = new Uint8Array(bytes)
  for (let done = 0; done < bytes; done += FRAME_SIZE) {
    const page = firstPage + done / FRAME_SIZE
    const length = Math.min(FRAME_SIZE, bytes - done)
    if (length > engine.pages.pageBytes(page)) {
      throw corruption(`catalogue page ${page} is too short`, { file: engine.parts.path, page })
    }
    const at = engine.pool.fetch(page) * FRAME_SIZE
    out.set(engine.memory.u8.subarray(at, at + length), done)
  }
  return out
}

function loadTable(engine: Engine, entry: CatalogEntry): void {
  const { schema } = entry
  const order = new KeyOrder(schema)
  const keyCodec = new RowCodec(schema.key.map((c) => schema.columns[c]!.type))
  const source = { file: engine.parts.path, page: entry.rootPage, filterAt: (page: number, size: number) =>
    BloomFilter.decode(readBlob(engine, page, size), { file: engine.parts.path, page }) }
  const bytes = readBlob(engine, entry.rootPage, entry.rootBytes)
  const { root, figures } = decodeTableRoot(bytes, entry.id, engine.rootNumber, order, keyCodec, source)
  const table = new TableStore(entry.id, schema, {
    reader: engine.reader, heap: engine.heap, counters: engine.indexCounters, file: engine.parts.path,
    limits: engine.parts.options.valueLimits, checks: engine.rowChecks,
  }, root)
  table.nextRowId = figures.nextRowId
  table.liveRows = figures.liveRows
  table.lastCommit = engine.commitId
  table.storedCommit = table.lastCommit
  table.storedRoot = table.root.number
  const count = Math.ceil(entry.rootBytes / FRAME_SIZE)
  engine.rootPages.set(entry.id, { first: entry.rootPage, count, bytes: entry.rootBytes })
  engine.catalog.add(table)
}

function loadTuple(engine: Engine, tableId: number, page: number, slot: number, tuple: Tuple): void {
  const table = engine.catalog.byIdOrNull(tableId)
  const source = { file: engine.parts.path, page }
  if (table === null) throw corruption(`heap page ${page} belongs to unknown table ${tableId}`, source)
  const reader = new ByteReader(tuple.body, source)
  const key = tuple.isTombstone ? table.order.fromValues(table.keyCodec.decode(reader))
    : table.order.fromRow(table.codec.decode(reader))
  if (table.delta.find(key) >= 0) throw corruption(`violates D4: heap page ${page} repeats a key`, source)
  const place = table.locate(table.root, key)
  const entry = table.delta.addEntry(key, place?.group ?? null, place?.row ?? -1)
  const version = table.delta.push(entry, tuple.commitId, null, tuple.isTombstone)
  table.delta.versions.setPlace(version, page, slot)
  place?.group.dead.add(place.row, tuple.commitId)
  engine.jobs.noteRow(table, tuple.body.length)
}

function recover(engine: Engine, files: FileSystem, meta: StoreMeta): void {
  const { options, path } = engine.parts
  const { now } = engine.snapshots
  const redo = new Redo(engine, walFolder(path))
  const begin = now()
  const wal = Wal.open(files, walFolder(path), walOptions(options, meta.databaseId, engine.parts.io), meta.redoLsn,
    (record) => redo.record(record))
  redo.end()
  engine.wal = wal
  const found = wal.recovered
  const toLsn = found?.endLsn ?? meta.redoLsn
  engine.durability.recovery = {
    fromLsn: meta.redoLsn, toLsn, records: found?.records ?? 0, transactions: found?.commits ?? 0,
    bytes: toLsn - meta.redoLsn, durationMs: now() - begin, tornBytes: found?.tornBytes ?? 0,
    damagedCopies: countDamagedCopies(engine.parts.file), lastCommitMs: found?.lastCommitMs ?? 0,
  }
}
