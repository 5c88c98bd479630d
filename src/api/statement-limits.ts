// How long statements of a session may run, and what else may end them: statement_timeout, the `timeoutMs` option of
// execute(), and the signal of the statement that runs now. The executor looks at both once per batch (exec/run.ts).
//
// Only the time inside of the database counts: a result that is read slowly, row by row, may take as long as it likes.
import { CODE, DatabaseError } from '../base/errors.ts'

/** The longest timeout, in ms: that of PostgreSQL. */
const TIMEOUT_MAX = 2 ** 31 - 1

/** 22023 for a `timeoutMs` that is no number of milliseconds. */
export function checkTimeout(timeoutMs: number): void {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= TIMEOUT_MAX) return
  throw new DatabaseError(CODE.INVALID_PARAMETER,
    `timeoutMs must be a number of milliseconds from 0 to ${TIMEOUT_MAX}, not ${String(timeoutMs)}`)
}

/** The limits of the statement of a session that runs now. */
export class StatementLimits {
  /** Of the statement of execute() that runs now. */
  #signal: AbortSignal | undefined
  #optionMs = 0

  /** Runs a statement, or a part of it, under limits of its own. */
  under<T>(signal: AbortSignal | undefined, timeoutMs: number, run: () => T): T {
    const before = { signal: this.#signal, ms: this.#optionMs }
    this.#signal = signal
    this.#optionMs = timeoutMs
    try {
      return run()
    } finally {
      this.#signal = before.signal
      this.#optionMs = before.ms
    }
  }

  /** What a statement that begins now is held to; `timeoutMs`: statement_timeout, 0 = none. */
  start(timeoutMs: number): StatementClock {
    const both = this.#optionMs > 0 && timeoutMs > 0 ? Math.min(timeoutMs, this.#optionMs) : this.#optionMs || timeoutMs
    return new StatementClock(both === 0 ? Infinity : both, this.#signal)
  }
}

/** The time of one statement. It runs from the beginning; `pause` while the reader of a result has its turn. */
export class StatementClock {
  readonly signal: AbortSignal | undefined
  #leftMs: number
  /** By performance.now(); undefined = no limit. */
  deadlineMs: number | undefined

  constructor(limitMs: number, signal: AbortSignal | undefined) {
    this.signal = signal
    this.#leftMs = limitMs
    this.resume()
  }

  /** Time counts from here. */
  resume(): void {
    if (this.#leftMs !== Infinity) this.deadlineMs = performance.now() + this.#leftMs
  }

  /** Time does not count until `resume`. */
  pause(): void {
    if (this.deadlineMs !== undefined) this.#leftMs = this.deadlineMs - performance.now()
  }
}
