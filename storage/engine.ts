// The engine of one open database: wires file, pages, pool, WAL, catalogue and tables, and owns the one
// order in which a transaction becomes real.
//
//   opening ──recovery──► ready ──close()──► closed
//                           └── failed sync or log write ──► poisoned (every call throws, F5)
//
// Commit, numbered:  1 log every write and the commit record   2 sync (per `synchronous`)
//                    3 apply: versions get the commit id, rows move to the heap   4 merge or checkpoint if due
// Step 3 follows step 2 in commit(); commitSoon() applies at once and resolves when the sync is done.
import { assert } from '../src/base/assert.ts'
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { TableSchema } from '../src/base/types.ts'
import type { IndexCounters } from './access.ts'
import { applyWrites } from './apply.ts'
import { Catalog } from './catalog/catalog.ts'
import { indexCountersIn } from './table/index-counters.ts'
import type { DatabaseSettings } from './catalog/catalog.ts'
import { Durability } from './durability.ts'
import type { EngineOptions } from './engine-options.ts'
import type { FileHandle, FileLock, FileSystem } from './file/file.ts'
import type { IoQueue } from './file/io-queue.ts'
import { checkpoint } from './checkpoint.ts'
import type { BlobPlace } from './checkpoint.ts'
import { Jobs } from './jobs.ts'
import { assertStillApplies, logTransaction } from './log-transaction.ts'
import { collectGarbage, publisherOf } from './merging.ts'
import type { LinearMemory } from './memory/linear-memory.ts'
import type { Follower } from './process/follower.ts'
import type { ReaderRegistry } from './process/reader-registry.ts'
import type { PageStore } from './page/page-store.ts'
import { builtGroups, logImages, logsRowGroups } from './publish-log.ts'
import type { BufferPool } from './pool/buffer-pool.ts'
import { ChunkReader } from './row-group/chunk-reader.ts'
import { ReadAhead } from './row-group/read-ahead.ts'
import { Heap } from './delta/heap.ts'
import type { RowGroup } from './row-group/row-group.ts'
import { TableStore } from './table/table-store.ts'
import { FinalWrites } from './txn/final-writes.ts'
import { CheckMaker } from './txn/row-checks.ts'
import { LockManager } from './txn/lock-manager.ts'
import { OpenTransactions } from './txn/open-transactions.ts'
import { RecentCommits } from './txn/recent-commits.ts'
import { SnapshotRegistry } from './txn/snapshot.ts'
import { Transaction } from './txn/transaction.ts'
import type { IsolationLevel, TransactionOptions } from './txn/isolation.ts'
import { applyAlterations } from './txn/apply-definitions.ts'
import { hasBuiltGroups } from './txn/index-ddl.ts'
import type { Wal } from './wal/wal-writer.ts'

/** What the engine is made of; put together by openEngine. */
export interface EngineParts {
  readonly path: string
  readonly options: EngineOptions
  readonly files: FileSystem
  readonly file: FileHandle
  readonly lock: FileLock | null
  readonly memory: LinearMemory
  readonly pages: PageStore
  readonly pool: BufferPool
  /** Asynchronous reads, writes and syncs of this database, in order and with a limit. */
  readonly io: IoQueue
}

/** Row groups that were replaced, kept until no snapshot reads a root older than `rootNumber`. */
export interface RetiredGroups {
  readonly rootNumber: number
  readonly groups: readonly RowGroup[]
}

/** Counts of work done since open. */
export interface EngineCounters {
  commits: number
  merges: number
  seals: number
  runMerges: number
  /** Bytes of rows: those committed one by one, and the row groups of bulk appends. */
  rowBytes: number
  rowsMerged: number
  checkpoints: number
  recoveredRecords: number
}

/** One open database. */
export class Engine {
  readonly parts: EngineParts
  readonly memory: LinearMemory
  readonly pages: PageStore
  readonly pool: BufferPool
  readonly reader: ChunkReader
  readonly heap: Heap
  readonly catalog = new Catalog()
  readonly snapshots = new SnapshotRegistry()
  readonly recentCommits = new RecentCommits()
  readonly active = new OpenTransactions()
  readonly locks = new LockManager(this.active)
  readonly durability: Durability
  readonly jobs = new Jobs(this)
  readonly indexCounters: IndexCounters
  readonly counters: EngineCounters = {
    commits: 0, merges: 0, seals: 0, runMerges: 0, rowBytes: 0, rowsMerged: 0, checkpoints: 0, recoveredRecords: 0,
  }
  readonly retired: RetiredGroups[] = []
  readonly unpublished = new Set<{ firstPage: number; pageCount: number }>() // streamed values, in no root yet
  /** Engines of attached databases by name; transactions here use them for tables called `name.table`. */
  readonly attached = new Map<string, Engine>()
  /** Of a read-only engine: groups that the log has dropped and the file still has. */
  readonly dropped: RowGroup[] = []
  settings: DatabaseSettings = {}
  readonly rowChecks = new CheckMaker()
  wal: Wal | null = null
  /** Read-only: replays what another process commits. */
  follower: Follower | null = null
  /** Writer: the readers of other processes. */
  readers: ReaderRegistry | null = null
  commitId = 0
  rootNumber = 0
  /** By the clock of the snapshots. */
  checkpointAtMs = this.snapshots.now()
  nextTxnId = 1
  /** Pages of the stored catalogue and roots, freed when they are rewritten. */
  catalogPages: BlobPlace = { first: 0, count: 0, bytes: 0 }
  readonly rootPages = new Map<number, BlobPlace>()
  commitsSinceCheckpoint = 0
  /** Something waits for old snapshots to close; lets the common close cost nothing. */
  hasGarbage = false
  redoLsn = 0
  /** Why the last merge or checkpoint did not happen; null = it did. Part of stats(). */
  maintenanceError: DatabaseError | null = null
  private state: 'ready' | 'poisoned' | 'closed' = 'ready'
  private cause: unknown = null
  private readonly finals = new FinalWrites()
  private readonly afterCommit = (): void => this.jobs.afterCommit()

  constructor(parts: EngineParts) {
    this.parts = parts
    this.memory = parts.memory
    this.indexCounters = indexCountersIn(parts.memory)
    this.pages = parts.pages
    this.pool = parts.pool
    this.durability = new Durability(this)
    this.reader = new ChunkReader(parts.memory, parts.pool, parts.path)
    this.reader.ahead = new ReadAhead(parts.pages, parts.pool, parts.io, parts.files.counters)
    this.heap = new Heap(parts.memory, parts.pool, parts.pages, parts.path)
    this.snapshots.onClose = () => {
      if (this.state === 'ready') collectGarbage(this)
    }
  }

  get isReadOnly(): boolean {
    return this.parts.options.readOnly
  }

  /** Throws 55000 when closed and 58030 when a sync has failed. */
  assertUsable(): void {
    if (this.state === 'ready') return
    if (this.state === 'closed') throw new DatabaseError(CODE.NOT_OPEN, `database "${this.parts.path}" is closed`)
    throw new DatabaseError(CODE.IO, `database "${this.parts.path}" stopped after a failed write; reopen it to recover`,
      { file: this.parts.path, cause: this.cause })
  }

  assertWritable(): void {
    if (this.isReadOnly) throw new DatabaseError(CODE.READ_ONLY, `database "${this.parts.path}" is open read-only`)
  }

  get isUsable(): boolean {
    return this.state === 'ready'
  }

  /** After a failed sync or log write nothing in memory can be trusted to be what the disk will hold (F5). */
  poison(cause: unknown): void {
    if (this.state === 'closed') return
    this.state = 'poisoned'
    this.catalog.epoch.advance()
    this.cause = cause
  }

  /** A background duty that may be tried again has failed: part of stats(). */
  noteProblem(error: unknown): void {
    this.maintenanceError = error instanceof DatabaseError ? error : new DatabaseError(CODE.INTERNAL, String(error))
  }

  /** A reader goes to another root: nothing in memory is of use any more. No snapshot may be open. */
  forgetTables(): void {
    assert(this.isReadOnly && this.snapshots.count === 0, 'only an idle reader forgets its tables')
    for (const table of this.catalog.tables()) {
      table.dropDerived()
      this.catalog.remove(table)
    }
    this.catalog.objects.clear()
    this.retired.length = 0
    this.dropped.length = 0
    this.rootPages.clear()
    this.rootNumber++
    this.pool.discardAll()
  }

  /** Starts a transaction. */
  begin(level: IsolationLevel = 'read committed', options: TransactionOptions = {}): Transaction {
    this.assertUsable()
    this.follower?.follow()
    const txn = new Transaction(this, this.nextTxnId++, level, options)
    this.active.add(txn)
    return txn
  }

  /** A new table, not yet in the catalogue. */
  makeTable(schema: TableSchema): TableStore {
    return this.makeTableWithId(this.catalog.nextTableId++, schema)
  }

  makeTableWithId(id: number, schema: TableSchema): TableStore {
    return new TableStore(id, schema, {
      reader: this.reader, heap: this.heap, counters: this.indexCounters, file: this.parts.path,
      limits: this.parts.options.valueLimits, checks: this.rowChecks,
    })
  }

  /** Commits synchronously; throws without having changed anything visible when logging fails. */
  commit(txn: Transaction): void {
    if (hasBuiltGroups(txn)) return this.commitByCheckpoint(txn)
    if (!this.log(txn)) return txn.closeSnapshot()
    this.guard(() => {
      if (this.durability.isLogged) this.wal!.sync()
      this.apply(txn)
    })
    this.maintain()
    this.durability.commitByCheckpoint()
  }

  /** Commits in memory at once; the promise resolves when the log is durable. */
  commitSoon(txn: Transaction): Promise<void> {
    if (hasBuiltGroups(txn)) {
      this.commitByCheckpoint(txn)
      return Promise.resolve()
    }
    if (!this.log(txn)) {
      txn.closeSnapshot()
      return Promise.resolve()
    }
    this.guard(() => this.apply(txn))
    const durable = this.durability.isLogged ? this.wal!.syncSoon() : Promise.resolve()
    this.maintain()
    this.durability.commitByCheckpoint()
    return durable
  }

  // Row groups that the transaction has built become durable through a checkpoint only, and so does all it did.
  private commitByCheckpoint(txn: Transaction): void {
    if (logsRowGroups(this)) this.log(txn)
    else {
      this.assertUsable()
      assertStillApplies(this, txn)
      txn.validate()
    }
    this.guard(() => {
      this.apply(txn)
      checkpoint(this)
    })
    this.maintain()
  }

  private guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.poison(error)
      throw error
    }
  }

  // Writes the transaction's records to the log buffer. False when it has written nothing.
  private log(txn: Transaction): boolean {
    this.assertUsable()
    if (txn.ddl.length === 0 && txn.objects.length === 0 && txn.writeSet.length === 0) return false
    assertStillApplies(this, txn)
    txn.validate()
    // Now, because what it kept alive may be compacted away when it closes.
    txn.closeSnapshot()
    const { wal } = this
    if (wal === null || !this.durability.isLogged) return true
    const built = builtGroups(this, txn)
    logImages(this, built, txn.id)
    wal.begin(txn.id)
    try {
      logTransaction(wal, txn, built, this.finals)
      wal.commit(this.commitId + 1)
    } catch (error) {
      wal.abort()
      if (wal.isPoisoned) this.poison(error)
      throw error
    }
    return true
  }

  /** Makes a logged transaction visible under the next commit id. Recovery calls it too. */
  apply(txn: Transaction): void {
    txn.closeSnapshot()
    this.commitId++
    for (const change of txn.ddl) if (change.kind === 'drop') this.catalog.remove(change.table)
    for (const change of txn.ddl) {
      if (change.kind === 'create' && !txn.ddl.some((other) => other.kind === 'drop' && other.table === change.table)) {
        this.catalog.add(change.table)
        change.table.visibleFrom = change.table.lastCommit = this.commitId
      }
    }
    applyAlterations(this, txn)
    if (!this.finals.isOf(txn.writeSet)) this.finals.collect(txn.writeSet)
    applyWrites(this, txn, this.finals)
    this.finals.clear()
    this.recentCommits.note(txn, this.commitId)
    for (const change of txn.ddl) if (change.kind === 'drop') this.discardTable(change.table)
    this.counters.commits++
    this.commitsSinceCheckpoint++
  }

  /** Takes a version's tuple out of the heap. A read-only engine only forgets where it was. */
  freeTuple(table: TableStore, version: number): void {
    const { versions } = table.delta
    if (!this.isReadOnly) this.heap.remove(table.id, versions.page(version), versions.slot(version))
    versions.setPlace(version, -1, 0)
  }

  // The pages of a dropped table go when its last reader does.
  private discardTable(table: TableStore): void {
    assert(!table.isDropped, 'a table is dropped once')
    this.jobs.abandon(table)
    table.leaving.length = 0
    table.isDropped = true
    table.dropDerived()
    if (!this.isReadOnly) {
      const { delta } = table
      for (let v = 0; v < delta.versionCount; v++) {
        if (delta.versions.page(v) < 0) continue
        if (this.snapshots.count > 0) table.keepRow(v)
        this.freeTuple(table, v)
      }
      this.heap.forget(table.id)
    }
    this.rootNumber++
    publisherOf(this).retire(this.rootNumber, table.root.allGroups(), table.root.runs.map((run) => run.filter))
    this.hasGarbage = true
    const stored = this.rootPages.get(table.id)
    if (stored !== undefined) {
      this.rootPages.delete(table.id)
      if (!this.isReadOnly) {
        this.pool.discard(stored.first, stored.count)
        this.pages.freePages(stored.first, stored.count)
      }
    }
  }

  // The transaction is committed already, so a merge or checkpoint that fails must not look like a failed
  // commit. What can be tried again (no space, no memory) is kept for stats() and tried at the next commit;
  // anything else stops the engine: later calls throw, reopening replays the log.
  maintain(duty: () => void = this.afterCommit): void {
    if (this.isReadOnly || this.state !== 'ready') return
    try {
      duty()
      this.maintenanceError = null
    } catch (error) {
      if (this.mayRetry(error)) this.maintenanceError = error
      else this.poison(error)
    }
  }

  // No space and no memory pass, unless what failed was a sync: that is never tried again (F5).
  private mayRetry(error: unknown): error is DatabaseError {
    if (this.pages.isPoisoned || this.wal?.isPoisoned === true) return false
    return error instanceof DatabaseError && (error.code === CODE.DISK_FULL || error.code === CODE.OUT_OF_MEMORY)
  }

  /** Writes everything into pages and cuts the log. */
  checkpoint(): void {
    this.assertUsable()
    this.assertWritable()
    this.maintain(() => this.jobs.finishDue())
    if (this.maintenanceError !== null) throw this.maintenanceError
    this.assertUsable()
    if (this.commitsSinceCheckpoint === 0) return
    try {
      checkpoint(this)
    } catch (error) {
      if (!this.mayRetry(error)) this.poison(error)
      throw error
    }
  }

  /** A checkpoint nobody asked for: what can be tried again is kept for stats(), anything else stops the engine. */
  checkpointQuietly(): void {
    try {
      this.checkpoint()
    } catch (error) {
      if (this.mayRetry(error)) this.maintenanceError = error
      else this.poison(error)
    }
  }

  /** Closes the files. Committed changes are checkpointed first unless the engine is poisoned. */
  close(): void {
    if (this.state === 'closed') return
    try {
      this.jobs.close()
      if (this.state === 'ready' && !this.isReadOnly && this.commitsSinceCheckpoint > 0) checkpoint(this)
    } finally {
      this.state = 'closed'
      this.durability.stop()
      for (const table of this.catalog.tables()) table.dropDerived()
      this.wal?.close()
      this.follower?.close()
      this.pool.close()
      this.pages.close()
      this.parts.file.close()
      this.parts.lock?.release()
      this.memory.release()
    }
  }
}
