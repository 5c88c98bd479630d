// The states a session and one of its statements go through, as data: the code asks these tables for the next
// state, and docs/TRANSACTIONS.md draws them (a test compares). What has no row here cannot happen.

/** One arrow: in state `from`, `event` leads to state `to`. */
export interface Transition<S extends string, E extends string> {
  readonly from: S
  readonly event: E
  readonly to: S
}

/** idle: every statement is its own transaction. open: inside BEGIN … failed: only ROLLBACK [TO] helps. */
export type SessionState = 'idle' | 'open' | 'failed'
/** What moves a session. COMMIT of a failed transaction rolls it back and says so. */
export type SessionEvent = 'BEGIN' | 'error' | 'COMMIT' | 'ROLLBACK' | 'ROLLBACK TO' | 'close'

/** Arrows between the states of a session. */
export const SESSION_TRANSITIONS: readonly Transition<SessionState, SessionEvent>[] = [
  { from: 'idle', event: 'BEGIN', to: 'open' },
  { from: 'open', event: 'error', to: 'failed' },
  { from: 'open', event: 'COMMIT', to: 'idle' },
  { from: 'open', event: 'ROLLBACK', to: 'idle' },
  { from: 'open', event: 'ROLLBACK TO', to: 'open' },
  { from: 'open', event: 'close', to: 'idle' },
  { from: 'failed', event: 'ROLLBACK', to: 'idle' },
  { from: 'failed', event: 'COMMIT', to: 'idle' },
  { from: 'failed', event: 'ROLLBACK TO', to: 'open' },
  { from: 'failed', event: 'close', to: 'idle' },
]

/** States of a statement that session.execute() runs. */
export type StatementState = 'running' | 'waiting' | 'done' | 'refused'
/** What moves it. */
export type StatementEvent = 'finished' | 'error' | 'lock held' | 'deadlock' | 'released' | 'timeout' | 'cancelled'

/** Arrows between the states of a statement. */
export const STATEMENT_TRANSITIONS: readonly Transition<StatementState, StatementEvent>[] = [
  { from: 'running', event: 'finished', to: 'done' },
  { from: 'running', event: 'error', to: 'refused' },
  { from: 'running', event: 'lock held', to: 'waiting' },
  { from: 'waiting', event: 'released', to: 'running' },
  { from: 'waiting', event: 'deadlock', to: 'refused' },
  { from: 'waiting', event: 'timeout', to: 'refused' },
  { from: 'waiting', event: 'cancelled', to: 'refused' },
]

/** The state after an event, or null when it cannot happen in that state. */
export function next<S extends string, E extends string>(
  transitions: readonly Transition<S, E>[], from: S, event: E,
): S | null {
  for (const arrow of transitions) if (arrow.from === from && arrow.event === event) return arrow.to
  return null
}
