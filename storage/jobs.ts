// Maintenance in bounded steps. A job is a generator: draining a delta, paying debt, a checkpoint. Between two of its
// steps anything may happen, commits above all; what they change is settled when a part of the job is published
// (rules R4, R5), and a checkpoint's root is taken in its last step alone (C1).
//
//   commit ──► a few milliseconds of the job at hand, more when the delta outgrows it
//   event loop idle ──► the same, by setImmediate, in turns without a commit, as long as something is due
//   checkpoint(), close of a test, mergeEveryCommit ──► to the end at once
//
// With stepMs 0 and stepCount 0 everything that is due is done at the commit that makes it due.
//
// C1  A checkpoint first writes dirty pages in slices while commits go on; pages they change again are written again.
//     What has been written is then synced through the I/O queue, off this thread, while commits still go on. The last
//     step writes the rest, takes the log position, and flips the root: the root is the state of one moment.
import { checkpoint } from './checkpoint.ts'
import { drainDelta, payDebt, tableDebt } from './debt.ts'
import { groupBytesOf } from './engine-options.ts'
import type { Engine } from './engine.ts'
import { clockMs } from './file/latency.ts'
import { collectGarbage, compactSteps, finish, hasMuchHistory, mayCompact } from './merging.ts'
import { prepareDeadRows } from './table/root-codec.ts'
import type { TableStore } from './table/table-store.ts'

/** A delta of this many times `deltaRows` is drained at once, however long it takes: memory is bounded. */
const OVERFLOW = 4
/** Debt that an idle database pays down to. */
const IDLE_DEBT = 0.1
/** A database without a commit for this long is idle. */
const IDLE_MS = 100
/** A job rests no longer than this. */
const REST_MS = 50
/** Dirty pages that the last step of a checkpoint may have to write, and how often the others are written before. */
const LAST_PAGES = 8
const SLICE_PAGES = 2
const ROUNDS = 4

/** The jobs of one engine. */
export class Jobs {
  private readonly engine: Engine
  private job: Generator<void> | null = null
  /** Table the job works on; null = a checkpoint, or no job. */
  private table: TableStore | null = null
  private wantsCheckpoint = false
  private isScheduled = false
  /** The job goes on when this is done, or when somebody needs it finished. */
  private awaited: Promise<unknown> | null = null
  private restingSinceMs = 0
  /** A commit has worked on the job in this turn of the event loop. */
  private hasRun = false
  private idleTimer: NodeJS.Timeout | null = null
  /** Tables with rows in the delta that are longer than a row group's budget: scans would need memory for them. */
  private readonly withLongRows = new Set<TableStore>()
  /** Longest step since open, for stats. */
  longestStepMs = 0

  constructor(engine: Engine) {
    this.engine = engine
  }

  /** Work due after a commit: a slice of it, or all. */
  afterCommit(): void {
    const { stepMs, stepCount, mergeEveryCommit } = this.engine.parts.options
    if (this.withLongRows.size > 0) this.drainLong()
    if (mergeEveryCommit || (stepMs === 0 && stepCount === 0)) return this.finishDue()
    if (stepMs > 0) this.watchForIdle()
    if (this.job === null && !this.start()) return
    const pressure = this.pressure()
    if (pressure >= OVERFLOW) this.finishDue()
    else if (stepCount > 0) this.run(stepCount, Infinity)
    else this.run(Infinity, stepMs * Math.min(2, Math.max(0.5, pressure)))
    if (this.job === null) return
    this.hasRun = true
    this.wake()
  }

  /** A row of `bytes` bytes has come into the delta. */
  noteRow(table: TableStore, bytes: number): void {
    if (bytes > groupBytesOf(this.engine.parts.options)) this.withLongRows.add(table)
  }

  /** At open: what may not wait for the first commit. */
  settle(): void {
    if (this.withLongRows.size > 0) this.engine.maintain(() => this.drainLong())
  }

  // Long rows leave the delta at once; a failure is tried again after the next commit.
  private drainLong(): void {
    for (const table of this.withLongRows) {
      if (!table.isDropped) {
        this.abandon(table)
        finish(drainDelta(this.engine, table, true))
        this.wantsCheckpoint = true
      }
      this.withLongRows.delete(table)
    }
  }

  /** Finishes the job at hand and everything that is due. */
  finishDue(): void {
    this.run(Infinity, Infinity)
    const { engine } = this
    const { options } = engine.parts
    for (const table of engine.catalog.tables()) {
      this.forgetHistory(table)
      if (table.wantsCompaction && mayCompact(engine, table)) finish(compactSteps(engine, table))
      const { entryCount } = table.delta
      if (entryCount === 0 || (!options.mergeEveryCommit && entryCount < options.deltaRows)) continue
      const before = table.root.number
      finish(drainDelta(engine, table, options.mergeEveryCommit))
      finish(payDebt(engine, table, options.mergeShare, 0))
      this.wantsCheckpoint ||= table.root.number !== before
    }
    if (this.wantsCheckpoint || engine.durability.isCheckpointDue()) checkpoint(engine)
    this.wantsCheckpoint = false
  }

  /** Gives up a job on this table (null = any); what it has published stays. */
  abandon(table: TableStore | null): void {
    if (this.job === null || (table !== null && this.table !== table)) return
    const { job } = this
    this.job = this.table = this.awaited = null
    job.return(undefined)
  }

  /** Stops for good. */
  close(): void {
    if (this.idleTimer !== null) clearTimeout(this.idleTimer)
    this.idleTimer = null
    this.abandon(null)
  }

  // How far the fullest delta is beyond its threshold: 1 = it has just become due.
  private pressure(): number {
    const { engine } = this
    let most = 0
    for (const table of engine.catalog.tables()) most = Math.max(most, table.delta.entryCount)
    return most / engine.parts.options.deltaRows
  }

  private run(steps: number, budgetMs: number): void {
    const from = clockMs()
    let before = from
    for (let i = 0; i < steps && this.job !== null; i++) {
      if (this.awaited !== null && budgetMs !== Infinity && before - this.restingSinceMs < REST_MS) return
      this.awaited = null
      let isDone = true
      try {
        isDone = this.job.next().done === true
      } finally {
        if (isDone) this.job = this.table = null
      }
      if (budgetMs === Infinity) continue
      const now = clockMs()
      this.longestStepMs = Math.max(this.longestStepMs, now - before)
      before = now
      if (now - from >= budgetMs) return
      if (this.job === null) this.start()
    }
  }

  private forgetHistory(table: TableStore): void {
    if (table.isDraining || !hasMuchHistory(table)) return
    table.hasOldVersions = this.engine.hasGarbage = true
    collectGarbage(this.engine)
  }

  // Makes the next job; false when nothing is due.
  private start(): boolean {
    const { engine } = this
    for (const table of engine.catalog.tables()) {
      this.forgetHistory(table)
      if (table.wantsCompaction && mayCompact(engine, table)) {
        this.table = table
        this.job = compactSteps(engine, table)
        return true
      }
      if (!isDue(table, engine.parts.options.deltaRows)) continue
      this.table = table
      this.job = this.tableJob(table)
      return true
    }
    if (!this.wantsCheckpoint && !engine.durability.isCheckpointDue()) return false
    this.wantsCheckpoint = false
    this.job = checkpointSteps(engine)
    return true
  }

  private* tableJob(table: TableStore): Generator<void> {
    const { engine } = this
    const before = table.root.number
    yield* drainDelta(engine, table, false)
    table.drainedAt = table.delta.versionCount
    table.drainedGeneration = table.delta.generation
    yield* payDebt(engine, table, engine.parts.options.mergeShare, 0)
    this.wantsCheckpoint ||= table.root.number !== before
  }

  private* idleJob(table: TableStore): Generator<void> {
    const before = table.root.number
    yield* payDebt(this.engine, table, 0, IDLE_DEBT)
    this.wantsCheckpoint ||= table.root.number !== before
  }

  /** There may be something due without a commit. */
  wake(): void {
    if (this.isScheduled || this.engine.parts.options.stepMs === 0) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      const { engine } = this
      if (!engine.isUsable) return
      // A turn of the loop has one slice: a commit has had this one's.
      const isTaken = this.hasRun
      this.hasRun = false
      if (!isTaken) {
        engine.maintain(() => {
          if (this.job !== null || this.start()) this.run(Infinity, engine.parts.options.stepMs)
        })
      }
      if (engine.isUsable && this.awaited === null && (this.job !== null || this.start())) this.wake()
    }).unref()
  }

  /**
   * Lets the job at hand rest until the promise is settled, or for a while: where commits follow one another without a
   * turn of the event loop, nothing is ever settled. What the promise rejects with is its maker's business.
   */
  rest(promise: Promise<unknown>): void {
    this.awaited = promise
    this.restingSinceMs = clockMs()
    const goOn = (): void => {
      if (this.awaited !== promise) return
      this.awaited = null
      this.wake()
    }
    promise.then(goOn, goOn)
  }

  private watchForIdle(): void {
    if (this.idleTimer !== null) this.idleTimer.refresh()
    else {
      this.idleTimer = setTimeout(() => this.whenIdle(), IDLE_MS)
      this.idleTimer.unref()
    }
  }

  private whenIdle(): void {
    const { engine } = this
    if (!engine.isUsable || engine.isReadOnly) return
    if (this.job === null) {
      const table = engine.catalog.tables().find((one) => one.root.isLayered && tableDebt(one).debt > IDLE_DEBT)
      if (table === undefined) return
      this.table = table
      this.job = this.idleJob(table)
    }
    this.wake()
    this.idleTimer?.refresh()
  }
}

// A drain that could take nothing out, because old snapshots or open transactions hold it, is not tried again before
// much has been added.
function isDue({ delta, drainedAt, drainedGeneration }: TableStore, deltaRows: number): boolean {
  if (delta.entryCount < deltaRows) return false
  return drainedGeneration !== delta.generation || delta.versionCount - drainedAt >= deltaRows / 8
}

/** A checkpoint whose dirty pages are written in slices and synced before its last step (C1). */
function* checkpointSteps(engine: Engine): Generator<void> {
  const { pool, parts } = engine
  for (let round = 0; round < ROUNDS && pool.dirtyCount > LAST_PAGES; round++) {
    for (let left = pool.dirtyCount; left > 0; left -= SLICE_PAGES) {
      pool.flushSome(SLICE_PAGES)
      yield
    }
  }
  for (const table of engine.catalog.tables()) if (table.root.isLayered) yield* prepareDeadRows(table.root)
  if (parts.options.stepMs > 0) {
    const synced = parts.io.submit({ kind: 'sync', file: parts.file })
    // After a failed sync the next one would say that all is well (F5).
    synced.catch((error: unknown) => engine.poison(error))
    engine.jobs.rest(synced)
    yield
  }
  checkpoint(engine)
}
