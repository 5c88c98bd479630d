// What a session has beside its transaction: where it belongs, how it looks names up, how long it waits, and what still
// runs in it. The rules are in session.ts.
import type { DatabaseError } from '../base/errors.ts'
import type { Backend } from '../../exec/mod.ts'
import { DEFAULT_COSTS } from '../../exec/plan/cost.ts'
import type { CostModel } from '../../exec/plan/cost.ts'
import type { Engine, IsolationLevel, Transaction } from '../../storage/mod.ts'
import type { DatabaseState } from './database-state.ts'
import { DeferredKeys } from './deferred-keys.ts'
import { NamedStatements } from './named-statements.ts'
import type { RowRecheck } from './row-recheck.ts'
import { SessionNames } from './session-names.ts'
import { StatementLimits } from './statement-limits.ts'

/** Milliseconds a statement of execute() waits for locks, unless PRAGMA busy_timeout says otherwise. */
const BUSY_TIMEOUT_MS = 5000

/** Something that holds memory or a snapshot until it is closed: a running result. */
export interface OpenResult {
  close(): void
  /** The transaction is about to change what the result reads: it reads the rest now. */
  settle?(txn: Transaction): void
}

/** The parts of one session that carry no rules. */
export class SessionParts {
  readonly engine: Engine
  readonly backend: Backend
  readonly database: DatabaseState
  /** Numbers the sessions of a database from 1; the default session is 1. */
  readonly id: number
  /** How it looks names up. */
  readonly names: SessionNames
  /** Running iterators; close() waits for them or cancels them. */
  readonly openResults = new Set<OpenResult>()
  /** How transactions of this session begin unless they say otherwise. */
  defaults: { level: IsolationLevel; readOnly: boolean } = { level: 'read committed', readOnly: false }
  busyTimeoutMs = BUSY_TIMEOUT_MS
  /** What the planner takes for costs; set before statements are prepared. */
  costs: CostModel = DEFAULT_COSTS
  /** SET statement_timeout; 0 is none. */
  statementTimeoutMs = 0
  /** SET lock_timeout: what a statement of execute() waits for locks; 0: busyTimeoutMs. */
  lockTimeoutMs = 0
  readonly limits = new StatementLimits()
  /** Rows that the last MERGE has changed. */
  changedRows = 0
  /** PREPARE by name. */
  readonly named = new NamedStatements()
  /** Foreign keys that wait for the commit. */
  readonly deferred = new DeferredKeys()
  /** The transaction of a statement outside of BEGIN, while it runs. */
  alone: Transaction | null = null
  /** Ways to end the waits of this session's statements. */
  readonly waiting = new Set<(error: DatabaseError) => void>()
  /** Settles when the statement of the open transaction that waits for a lock has ended. */
  pending: Promise<void> | null = null
  /** What the running statement of execute() remembers between its runs. */
  recheck: RowRecheck | null = null

  constructor(database: DatabaseState, id: number) {
    this.database = database
    this.engine = database.engine
    this.backend = database.backend
    this.id = id
    this.names = new SessionNames(id)
  }

  /** The transaction, whose results are independent of what it does from here on. */
  settled(txn: Transaction): Transaction {
    if (this.openResults.size > 0) for (const result of [...this.openResults]) result.settle?.(txn)
    return txn
  }
}
