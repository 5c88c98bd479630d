// How a transaction runs: its isolation level and access mode, as BEGIN and SET TRANSACTION name them. What the levels
// mean is decided in transaction.ts.

import type { Transaction } from './transaction.ts'

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable'

/** What BEGIN, SET TRANSACTION and their like say about a transaction; null = not said. */
export interface TransactionModes {
  readonly level: IsolationLevel | null
  readonly readOnly: boolean | null
}

/** How a transaction runs; what is missing is the default. */
export interface TransactionOptions {
  /** Number of its session, for stats() and messages. */
  readonly session?: number
  readonly readOnly?: boolean
  /** Take the first snapshot with the first statement instead of now. */
  readonly lazy?: boolean
  /** The transaction that began this one in an attached database. */
  readonly root?: Transaction
}
