// session.execute(): a statement that may wait for locks. It runs synchronously; when it meets a lock, what it has
// done so far is taken back, it waits until a holder ends, and runs again.
//
//   running ── lock held ──► waiting ── released ──► running ── finished ──► done
//                              └── deadlock, timeout, cancelled ──► refused
//
// READ COMMITTED runs again on a new snapshot (row-recheck.ts says what that may change); the stricter levels keep
// theirs and fail with 40001 when the holder has committed a change of the row. Statements of one transaction run
// one after the other; those outside of a transaction are independent of each other.
import type { Readable, Writable } from 'node:stream'
import { assert } from '../base/assert.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { LockConflict } from '../../storage/mod.ts'
import type { Transaction } from '../../storage/mod.ts'
import { waitForLock } from './lock-wait.ts'
import type { StatementOptions } from './options.ts'
import { RowRecheck } from './row-recheck.ts'
import type { RowObject } from './row-shape.ts'
import { STATEMENT_TRANSITIONS, next } from './session-states.ts'
import type { StatementEvent, StatementState } from './session-states.ts'
import type { Session } from './session.ts'

/** What execute() resolves to. */
export interface ExecuteResult {
  /** Rows of a query, else empty. */
  readonly rows: RowObject[]
  /** Rows inserted, updated or deleted. */
  readonly changes: number
}

/** Options of {@link Connection.execute}. */
export interface ExecuteOptions extends StatementOptions {
  /** Ends the statement with 57014. */
  readonly signal?: AbortSignal
  /** Milliseconds the statement may run, beside statement_timeout: 57014 after that. */
  readonly timeoutMs?: number
  /** What COPY … FROM STDIN reads. */
  readonly stdin?: Readable
  /** Where COPY … TO STDOUT writes; it is not closed. */
  readonly stdout?: Writable
}

/** Milliseconds of a query between two turns of the event loop. */
const TURN_MS = 10

/** Runs a query batch by batch; the event loop turns in between, so that whoever holds its signal can abort it. */
export async function runTurning(session: Session, steps: Generator<void, ExecuteResult>): Promise<ExecuteResult> {
  let end = (): void => undefined
  const isInBlock = session.transaction !== null
  // Statements of one transaction run one after the other.
  if (isInBlock) session.pending = new Promise((resolve) => { end = resolve })
  try {
    for (let turned = performance.now(); ;) {
      const { done, value } = steps.next()
      if (done === true) return value
      if (performance.now() - turned < TURN_MS) continue
      await new Promise((resolve) => setImmediate(resolve))
      turned = performance.now()
    }
  } finally {
    steps.return({ rows: [], changes: 0 })
    if (isInBlock) session.pending = null
    end()
  }
}

/** Runs `run` as a statement that waits for locks. `signal` cancels the wait (57014). */
export async function execute(
  session: Session, run: () => ExecuteResult, signal: AbortSignal | undefined,
): Promise<ExecuteResult> {
  if (signal?.aborted === true) {
    throw new DatabaseError(CODE.CANCELLED, 'the statement was cancelled', { cause: signal.reason })
  }
  while (session.transaction !== null && session.pending !== null) await session.pending
  while (session.database.woken > 0) await null
  const block = session.transaction
  const statement = new WaitingStatement(session, block, run, signal)
  const result = statement.start()
  if (result !== null) return result
  if (block === null) return statement.finish()
  // Those that come while this one waits take their turn behind it, however it ends.
  let end = (): void => undefined
  session.pending = new Promise((resolve) => { end = resolve })
  try {
    return await statement.finish()
  } finally {
    session.pending = null
    end()
  }
}

class WaitingStatement {
  readonly #session: Session
  readonly #block: Transaction | null
  readonly #run: () => ExecuteResult
  readonly #signal: AbortSignal | undefined
  readonly #recheck: RowRecheck | null
  readonly #ticket: number
  #state: StatementState = 'running'
  #conflict: ReturnType<typeof LockConflict.of> = null
  #result: ExecuteResult | null = null

  constructor(
    session: Session, block: Transaction | null, run: () => ExecuteResult, signal: AbortSignal | undefined,
  ) {
    this.#session = session
    this.#block = block
    this.#run = run
    this.#signal = signal
    this.#ticket = session.engine.locks.waits.nextTicket()
    const level = block?.level ?? session.defaults.level
    this.#recheck = level === 'read committed' || level === 'read uncommitted' ? new RowRecheck() : null
  }

  #move(event: StatementEvent): void {
    const state = next(STATEMENT_TRANSITIONS, this.#state, event)
    assert(state !== null, 'execute: an event that cannot happen in this state')
    this.#state = state
  }

  /** The first run: its result, or null when it has to wait. */
  start(): ExecuteResult | null {
    this.#runOnce()
    return this.#result
  }

  #runOnce(): void {
    try {
      this.#recheck?.begin()
      this.#result = this.#session.attempt(this.#block, this.#recheck, this.#run)
      this.#move('finished')
    } catch (error) {
      this.#conflict = LockConflict.of(error)
      if (this.#conflict === null || this.#conflict.blockers.length === 0) {
        this.#move('error')
        throw error
      }
      this.#move('lock held')
    }
  }

  /** Waits and runs until there is a result. */
  async finish(): Promise<ExecuteResult> {
    const session = this.#session
    const timeoutMs = session.lockTimeoutMs || session.busyTimeoutMs
    const deadline = performance.now() + timeoutMs
    const ownDeadline = session.limits.start(session.statementTimeoutMs).deadlineMs ?? Infinity
    while (this.#state === 'waiting') {
      try {
        await waitForLock(session, {
          conflict: this.#conflict!, transaction: this.#block, ticket: this.#ticket, signal: this.#signal, timeoutMs,
          remainingMs: timeoutMs === 0 ? 0 : Math.min(deadline, ownDeadline) - performance.now(),
        })
      } catch (given) {
        const error = ownDeadline < deadline ? statementTimeout(given) : given
        this.#move(refusal(error))
        if (this.#block !== null && session.transaction === this.#block) session.fail()
        throw error
      }
      session.database.woken--
      this.#move('released')
      this.#runOnce()
    }
    return this.#result!
  }
}

// The statement's own time was over before busy_timeout.
function statementTimeout(cause: unknown): unknown {
  if (!(cause instanceof DatabaseError) || cause.code !== CODE.LOCK_HELD) return cause
  return new DatabaseError(CODE.CANCELLED, 'canceling statement due to statement timeout', { cause })
}

function refusal(error: unknown): StatementEvent {
  if (error instanceof DatabaseError && error.code === CODE.DEADLOCK) return 'deadlock'
  return error instanceof DatabaseError && error.code === CODE.LOCK_HELD ? 'timeout' : 'cancelled'
}
