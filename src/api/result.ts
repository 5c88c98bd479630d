// A running result: the executor's batches with the snapshot and the scratch memory they need, released
// together when the result ends, fails or is closed.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import type { Batch, BatchSource, ExecutionContext } from '../../exec/mod.ts'
import { Arena } from '../../storage/mod.ts'
import type { LinearMemory, StoreAccess, Transaction } from '../../storage/mod.ts'
import { FittingWriter } from './fit-row.ts'
import { keepRest } from './kept-batches.ts'
import type { Session, StartedRead } from './session.ts'
import { spillSpace } from './spill-space.ts'
import type { StatementClock } from './statement-limits.ts'
import { executorAccess } from './wide-key-access.ts'

/** What one execution of a plan needs. The caller releases the arena. `tables` are the transaction's by default. */
export function executionContext(
  session: Session, txn: Transaction, parameters: readonly Scalar[],
  tables: (name: string) => StoreAccess = name => txn.tables(name),
): ExecutionContext & { readonly clock: StatementClock } {
  const { engine, backend, recheck } = session
  const writer = new FittingWriter(txn)
  const clock = session.limits.start(session.statementTimeoutMs)
  return {
    clock, signal: clock.signal,
    get deadlineMs() {
      return clock.deadlineMs
    },
    memory: engine.memory, arena: new Arena(engine.memory), tables: name => executorAccess(tables(name), engine.memory),
    writer: recheck === null ? writer : recheck.over(writer),
    spill: spillSpace(engine),
    indexCounters: engine.indexCounters, poolCounters: () => engine.pool.stats, parameters, backend,
  }
}

/** Batches of a query. Not restartable. */
export class Result {
  readonly memory: LinearMemory
  /** Scratch until the result ends, for the executor and for who reads the result. */
  readonly arena: Arena
  readonly #session: Session
  #source: BatchSource
  readonly #txn: Transaction
  readonly #end: () => void
  #isEnded = false
  #isRunning = false
  /** Why the rest could not be kept. */
  #failure: unknown = null
  #state: 'open' | 'done' | 'cancelled' = 'open'

  readonly #clock: StatementClock
  /** The caller has its turn between batches: that time does not count against statement_timeout. */
  isReadSlowly = false

  private constructor(
    session: Session, source: BatchSource, { arena, clock }: { arena: Arena; clock: StatementClock }, read: StartedRead,
  ) {
    this.#clock = clock
    this.memory = session.engine.memory
    this.#session = session
    this.#source = source
    this.arena = arena
    this.#txn = read.txn
    this.#end = read.end
  }

  /** Starts a result over a read; `read.end` is called once, when the result is over or could not start. */
  static start(
    session: Session, read: StartedRead, parameters: readonly Scalar[],
    open: (context: ExecutionContext) => BatchSource,
  ): Result {
    const { txn, tables, end } = read
    const context = executionContext(session, txn, parameters, tables)
    try {
      const result = new Result(session, open(context), context, read)
      session.openResults.add(result)
      return result
    } catch (error) {
      context.arena.release()
      end()
      session.fail()
      throw error
    }
  }

  /** The next batch, valid until the following call; null at the end. 57014 after close({ force }). */
  next(): Batch | null {
    if (this.#state === 'cancelled') {
      throw new DatabaseError(CODE.CANCELLED, 'the result was cancelled because the database was closed')
    }
    if (this.#state === 'done') return null
    if (this.#failure !== null) {
      this.finish()
      throw this.#failure
    }
    this.#isRunning = true
    try {
      if (this.isReadSlowly) this.#clock.resume()
      const batch = this.#source.next()
      if (this.isReadSlowly) this.#clock.pause()
      if (batch === null) this.finish()
      return batch
    } catch (error) {
      this.finish()
      this.#session.fail()
      throw error
    } finally {
      this.#isRunning = false
    }
  }

  /** Its transaction is about to change something: the rest of the rows is read now (kept-batches.ts). */
  settle(txn: Transaction): void {
    if (txn !== this.#txn || this.#isEnded || this.#isRunning || this.#state !== 'open') return
    const source = this.#source
    try {
      this.#source = keepRest(source, this.memory)
    } catch (error) {
      this.#failure = error
    }
    this.#endRead()
  }

  #endRead(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#end()
  }

  /** Releases everything; called by the reader when it stops. */
  finish(): void {
    this.#release('done')
  }

  /** Cancels from outside: the reader's next call throws. */
  close(): void {
    this.#release('cancelled')
  }

  #release(state: 'done' | 'cancelled'): void {
    if (this.#state !== 'open') return
    this.#state = state
    try {
      this.#source.close()
    } finally {
      this.arena.release()
      this.#endRead()
      this.#session.ended(this)
    }
  }
}
