// The error of a lock that another transaction holds. To users it is a DatabaseError with 55P03 like any other;
// whoever may wait (session.execute) asks it for the transactions that stand in the way.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Transaction } from './transaction.ts'

/** 55P03 that knows its holders. */
export class LockConflict extends DatabaseError {
  readonly #blockers: readonly Transaction[]
  readonly #what: string

  constructor(what: string, problem: string, blockers: readonly Transaction[]) {
    super(CODE.LOCK_HELD, `${what} is ${problem} by another transaction`)
    this.#blockers = blockers
    this.#what = what
  }

  /** The holders and what they hold when `error` is such a conflict, else null. */
  static of(error: unknown): { readonly blockers: readonly Transaction[]; readonly what: string } | null {
    return error instanceof LockConflict ? { blockers: error.#blockers, what: error.#what } : null
  }
}
