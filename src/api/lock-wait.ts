// Waiting for a lock, as a promise: an entry in the wait-for graph (storage/txn/wait-graph.ts) with a timer and
// whatever else may end it. Resolves when the statement may try again; until it does, it counts as `woken`, so
// that statements that begin in between do not overtake it.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { LockConflict, Transaction, Waiter } from '../../storage/mod.ts'
import type { Session } from './session.ts'

/** What a statement waits for, and how long. */
export interface WaitRequest {
  readonly conflict: NonNullable<ReturnType<typeof LockConflict.of>>
  /** The explicit transaction of the statement, or null. */
  readonly transaction: Transaction | null
  readonly ticket: number
  /** Milliseconds left, and all of them for the message. */
  readonly remainingMs: number
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Waits until a holder ends. Rejects with 40P01, with 55P03 when the time is over, with 57014 when cancelled. */
export function waitForLock(session: Session, request: WaitRequest): Promise<void> {
  const { conflict, transaction, ticket, remainingMs, timeoutMs, signal } = request
  const { waits } = session.engine.locks
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      session.waiting.delete(cancel)
    }
    const waiter: Waiter = {
      transaction, session: session.id, ticket, ...conflict,
      wake: () => {
        end()
        session.database.woken++
        resolve()
      },
    }
    const cancel = (error: DatabaseError): void => {
      if (!waits.leave(waiter)) return
      end()
      reject(error)
    }
    const abort = (): void => cancel(
      new DatabaseError(CODE.CANCELLED, 'the statement was cancelled while it waited for a lock', {
        cause: signal?.reason,
      }))
    const late = (): void => {
      waits.counters.timeouts++
      cancel(lockTimeout(request, timeoutMs))
    }
    if (remainingMs <= 0) {
      if (timeoutMs > 0) waits.counters.timeouts++
      return reject(lockTimeout(request, timeoutMs))
    }
    try {
      waits.enter(waiter)
    } catch (error) {
      return reject(error)
    }
    const timer = setTimeout(late, Math.min(remainingMs, TIMER_MAX))
    session.waiting.add(cancel)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted === true) abort()
  })
}

/** The longest setTimeout. */
const TIMER_MAX = 2 ** 31 - 1

function lockTimeout({ conflict }: WaitRequest, timeoutMs: number): DatabaseError {
  const holders = conflict.blockers.map(({ session }) => session === 0 ? 'a transaction' : `session ${session}`)
  return new DatabaseError(CODE.LOCK_HELD, `${conflict.what} is locked by another transaction`, {
    detail: `It was held by ${[...new Set(holders)].join(', ')} for longer than the busy_timeout of ${timeoutMs} ms.`,
    hint: 'PRAGMA busy_timeout sets how long a statement waits.',
  })
}
