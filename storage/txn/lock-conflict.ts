// The error of a lock that another transaction holds. To users it is a DatabaseError with 55P03 like any other;
// whoever may wait (session.execute) asks it for the transactions that stand in the way.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Transaction } from './transaction.ts'

/** What a conflict is about. */
export interface ConflictFacts {
  /** Who held the lock when it was wanted. */
  readonly blockers: readonly Transaction[]
  /** Who holds it now: a shared lock may have got more holders, a savepoint may have given it up. */
  blockersNow(): readonly Transaction[]
  /** What they hold, for messages. */
  readonly what: string
}

/** 55P03 that knows its holders. */
export class LockConflict extends DatabaseError {
  readonly #facts: ConflictFacts

  constructor(
    what: string, problem: string, blockers: readonly Transaction[],
    blockersNow: () => readonly Transaction[],
  ) {
    super(CODE.LOCK_HELD, `${what} is ${problem} by another transaction`)
    // Whoever waits, waits for the transactions of sessions, also where the lock is in an attached database.
    const roots = (holders: readonly Transaction[]): Transaction[] => holders.map((holder) => holder.root)
    this.#facts = { blockers: roots(blockers), blockersNow: () => roots(blockersNow()), what }
  }

  /** The holders and what they hold when `error` is such a conflict, else null. */
  static of(error: unknown): ConflictFacts | null {
    return error instanceof LockConflict ? error.#facts : null
  }
}
