// One session: its transaction and the rules around statements. PostgreSQL's rules: outside BEGIN every
// statement is its own transaction; inside, a failed statement makes the transaction refuse everything but
// ROLLBACK and ROLLBACK TO (25P02), and its own partial effects are taken back.
// What a failed statement had locked since the innermost savepoint is free at once, also as in PostgreSQL.
// The states and what leads from one to the next: session-states.ts, docs/TRANSACTIONS.md.
import { assert } from '../base/assert.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import { enterSession } from '../../exec/functions/session.ts'
import { LockConflict } from '../../storage/mod.ts'
import type {
  Savepoint, StoreAccess, Transaction, TransactionModes,
} from '../../storage/mod.ts'
import type { DatabaseState } from './database-state.ts'
import { Savepoints } from './savepoints.ts'
import { SessionCatalog } from './session-catalog.ts'
import { beforeCommit } from './before-commit.ts'
import { withForeignKeys } from './foreign-keys.ts'
import { Cursors } from './cursors.ts'
import { Host } from './session-host.ts'
import { Settings } from './settings.ts'
import { endTemporary, withoutOthers } from './temporary-tables.ts'
import type { RowRecheck } from './row-recheck.ts'
import { SessionParts } from './session-parts.ts'
import type { OpenResult } from './session-parts.ts'
import { SESSION_TRANSITIONS, next } from './session-states.ts'
import type { SessionEvent, SessionState } from './session-states.ts'

const NO_MODES: TransactionModes = { level: null, readOnly: null }

/** A read that may go on after its statement: its tables, and how it ends. */
export interface StartedRead {
  readonly txn: Transaction
  tables(name: string): StoreAccess
  end(): void
}

/** The transaction state of one connection and the running results that close() has to wait for. */
export class Session extends SessionParts {
  /** What SQL functions see of it. */
  readonly host: Host
  readonly settings: Settings
  readonly cursors: Cursors
  /** Counts catalogue changes inside this session's transaction, which others do not see. */
  #ownVersion = 1
  #state: SessionState = 'idle'
  #transaction: Transaction | null = null
  #savepoints = new Savepoints()
  /** A statement of execute() runs: execute() decides what its failure means. */
  #isAttempt = false
  #closing = false

  /** Made by {@link DatabaseState.connect}. */
  constructor(database: DatabaseState, id: number) {
    super(database, id)
    this.host = new Host(this)
    this.settings = new Settings(this)
    this.cursors = new Cursors(this)
  }

  get isOpen(): boolean { return !this.#closing }

  /**
   * Changes whenever the tables a statement would see may have changed, by any session: plans made before are
   * stale. A reader of another process's database first takes in what was committed there.
   */
  get catalogVersion(): number {
    this.engine.follower?.follow()
    return this.#ownVersion + this.engine.catalog.version + this.database.farVersion
  }

  /** The explicit transaction, or null in autocommit mode. */
  get transaction(): Transaction | null { return this.#transaction }

  /** Throws 55000 when closed or closing, 25P02 inside a failed transaction. */
  assertReady(): void {
    this.assertOpen()
    if (this.#state === 'failed') {
      throw new DatabaseError(CODE.IN_FAILED_TRANSACTION,
        'current transaction is aborted, commands ignored until end of transaction block', {
          hint: 'Use ROLLBACK, or ROLLBACK TO a savepoint set before the error.',
        })
    }
  }

  /** The transaction that changes of the present statement belong to, null for those of their own. */
  get running(): Transaction | null {
    return this.alone ?? this.#transaction
  }

  /** Throws 55000 when closed or closing. Functions that need a session have this one from here on. */
  assertOpen(): void {
    enterSession(this.host)
    if (this.#closing) {
      const path = this.engine.parts.path
      const what = this.database.isOpen ? `the session of database "${path}"` : `database "${path}"`
      throw new DatabaseError(CODE.NOT_OPEN, `${what} is closed`)
    }
    this.engine.assertUsable()
    this.engine.follower?.follow()
  }

  /** Tables as the next statement sees them. */
  get catalog(): SessionCatalog {
    return new SessionCatalog(this.engine, this.#transaction, this.names)
  }

  /** Tables as a transaction of this session sees them. */
  catalogOf(txn: Transaction): SessionCatalog {
    return new SessionCatalog(this.engine, txn, this.names)
  }

  /** Schemas in order of their names. */
  schemas(): TableSchema[] {
    const schemas = this.#transaction?.listTables() ?? this.engine.catalog.userTables().map(table => table.committed)
    return withoutOthers(schemas, this.names).sort((a, b) => a.name < b.name ? -1 : 1)
  }

  #move(event: SessionEvent): void {
    const state = next(SESSION_TRANSITIONS, this.#state, event)
    assert(state !== null, 'session: an event that cannot happen in this state')
    this.#state = state
    this.engine.catalog.epoch.advance()
  }

  // A transaction of one statement.
  #beginAlone(): Transaction {
    return this.engine.begin(this.defaults.level, {
      session: this.id, readOnly: this.defaults.readOnly, lazy: true,
    })
  }

  /**
   * Runs a read in the open transaction, or in one of its own that ends with it. The read must be finished
   * when `run` returns; see {@link startRead} for iterators.
   */
  read<T>(run: (txn: Transaction) => T): T {
    this.assertReady()
    const open = this.#transaction
    const txn = open ?? this.#beginAlone()
    try {
      if (open !== null) open.refresh()
      return run(txn)
    } catch (error) {
      this.fail()
      throw error
    } finally {
      if (open === null) txn.rollback()
      else open.endStatement()
    }
  }

  /** Begins a read whose tables stay as they are until `end`, which must be called once. */
  startRead(): StartedRead {
    this.assertReady()
    const open = this.#transaction
    if (open !== null) {
      open.refresh()
      const view = open.pin()
      open.endStatement()
      return { txn: open, tables: view.tables, end: view.close }
    }
    const txn = this.#beginAlone()
    return { txn, tables: name => txn.tables(name), end: () => txn.rollback() }
  }

  /** Runs a change atomically: in the open transaction with a statement savepoint, else in one of its own. */
  write<T>(run: (txn: Transaction) => T): T {
    this.assertReady()
    const open = this.#transaction
    if (open === null) return this.#writeAlone(run)
    this.settled(open).refresh()
    const mark = open.savepoint()
    try {
      open.assertWritable()
      return withForeignKeys(this, open, run)
    } catch (error) {
      open.foreign.take()
      if (open.state === 'active' && this.engine.isUsable) open.rollbackTo(mark)
      this.fail()
      throw error
    } finally {
      open.endStatement()
    }
  }

  #writeAlone<T>(run: (txn: Transaction) => T): T {
    const txn = this.#beginAlone()
    try {
      txn.assertWritable()
      this.alone = txn
      const result = run(txn)
      beforeCommit(this, txn)
      txn.commit()
      return result
    } finally {
      this.alone = null
      txn.rollback()
    }
  }

  /** Throws 25006 where a change would be refused by the session's READ ONLY default. */
  assertWritable(): void {
    if (this.defaults.readOnly) {
      throw new DatabaseError(CODE.READ_ONLY, 'transactions of this session are read-only by default', {
        hint: 'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE changes that.',
      })
    }
  }

  /**
   * One run of a statement of execute() that began in the transaction `block` (null: outside of any). A lock
   * that is held leaves everything as it was before the run.
   */
  attempt<T>(block: Transaction | null, recheck: RowRecheck | null, run: () => T): T {
    if (block === null && this.#transaction !== null) return this.#outside(() => this.attempt(null, recheck, run))
    if (block !== this.#transaction) {
      throw new DatabaseError(CODE.CANCELLED, 'the transaction ended while a statement of it waited for a lock')
    }
    const mark = block?.savepoint()
    this.#isAttempt = true
    this.recheck = recheck
    try {
      return run()
    } catch (error) {
      this.#isAttempt = false
      if (LockConflict.of(error) === null) this.fail()
      else if (block !== null && block === this.#transaction) block.rollbackTo(mark!)
      throw error
    } finally {
      this.#isAttempt = false
      this.recheck = null
    }
  }

  // Runs with the open transaction set aside, for statements that began before it.
  #outside<T>(run: () => T): T {
    const [transaction, state, savepoints] = [this.#transaction, this.#state, this.#savepoints]
    this.#transaction = null
    this.#state = 'idle'
    this.#savepoints = new Savepoints()
    try {
      return run()
    } finally {
      this.#transaction = transaction
      this.engine.catalog.epoch.advance()
      this.#state = state
      this.#savepoints = savepoints
    }
  }

  /** Names mean something else now: every cached plan is stale. */
  forgetPlans(): void {
    this.#ownVersion++
    this.engine.catalog.epoch.advance()
  }

  /** A catalogue change: like write, and every cached plan is stale afterwards. */
  define(run: (txn: Transaction) => void): void {
    try {
      this.write(run)
    } finally {
      this.#ownVersion++
    }
  }

  /**
   * An error happened inside the open transaction: nothing but rollback works from here, and what it did since
   * the innermost savepoint is taken back, locks included.
   */
  fail(): void {
    const txn = this.#transaction
    if (txn === null || this.#state === 'failed' || this.#isAttempt) return
    this.#move('error')
    if (txn.state !== 'active' || !this.engine.isUsable) return
    const mark = this.#savepoints.innermost
    if (txn.definitions > mark.ddl + mark.objects) this.#ownVersion++
    this.settled(txn).rollbackTo(mark)
  }

  /** BEGIN. 25001 when one is open. */
  begin(modes: TransactionModes = NO_MODES): void {
    this.assertReady()
    if (this.#transaction !== null) {
      throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'there is already a transaction in progress')
    }
    const { level, readOnly } = this.defaults
    this.#transaction = this.engine.begin(modes.level ?? level, {
      session: this.id, readOnly: modes.readOnly ?? readOnly, lazy: true,
    })
    this.#move('BEGIN')
    this.settings.begun()
    this.deferred.clear()
  }

  /** SET TRANSACTION: 25P01 outside of one, 25001 after its first statement. */
  setTransaction(modes: TransactionModes): void {
    this.assertReady()
    const txn = this.#open('SET TRANSACTION')
    try {
      txn.configure(modes)
    } catch (error) {
      this.fail()
      throw error
    }
  }

  /** SET SESSION CHARACTERISTICS AS TRANSACTION: how later transactions begin. */
  setDefaults({ level, readOnly }: TransactionModes): void {
    this.assertReady()
    this.defaults = { level: level ?? this.defaults.level, readOnly: readOnly ?? this.defaults.readOnly }
  }

  /** COMMIT. A failed transaction is rolled back and 25P02 says so, because its work is lost. */
  commit(): void {
    const txn = this.#end('COMMIT', true)
    try {
      beforeCommit(this, txn)
      txn.commit()
    } finally {
      txn.rollback()
    }
  }

  /** COMMIT whose durability is awaited together with that of others. */
  commitSoon(): Promise<void> {
    const txn = this.#end('COMMIT', true)
    try {
      beforeCommit(this, txn)
      return txn.commitSoon()
    } finally {
      txn.rollback()
    }
  }

  /** ROLLBACK. */
  rollback(): void {
    this.#end('ROLLBACK', false).rollback()
  }

  #end(command: 'COMMIT' | 'ROLLBACK', refuseFailed: boolean): Transaction {
    this.assertOpen()
    const txn = this.#transaction
    if (txn === null) {
      throw new DatabaseError(CODE.NO_TRANSACTION, `${command} without a transaction in progress`)
    }
    const failed = this.#state === 'failed'
    if (failed) this.cursors.ended()
    if (this.settled(txn).definitions > 0) this.#ownVersion++
    this.#leave(command)
    this.settings.ended(command === 'COMMIT' && !failed)
    if (!failed || !refuseFailed) return txn
    txn.rollback()
    throw new DatabaseError(
      CODE.IN_FAILED_TRANSACTION, 'the transaction was rolled back because a statement in it failed'
    )
  }

  // The session has no transaction any more, and what still waits in it is cancelled.
  #leave(event: SessionEvent): void {
    this.#move(event)
    if (event !== 'COMMIT') this.cursors.ended()
    this.#transaction = null
    this.#savepoints = new Savepoints()
    if (this.pending === null) return
    const error = new DatabaseError(CODE.CANCELLED, 'the transaction ended while a statement of it waited for a lock')
    for (const cancel of [...this.waiting]) cancel(error)
  }

  /** SAVEPOINT. */
  savepoint(name: string): void {
    this.assertReady()
    this.#savepoints.push(name, this.settings.noted(this.#open('SAVEPOINT').savepoint()))
  }

  /** RELEASE: forgets the savepoint and those after it, keeping their changes. */
  release(name: string): void {
    this.assertReady()
    this.#open('RELEASE')
    this.#savepoints.keep(this.#savepoints.find(name))
  }

  /** ROLLBACK TO: takes back everything since the savepoint and heals a failed transaction. */
  rollbackTo(name: string): void {
    this.assertOpen()
    const txn = this.#open('ROLLBACK TO')
    const index = this.#savepoints.find(name)
    this.#returnTo(txn, this.#savepoints.at(index))
    this.#savepoints.keep(index + 1)
  }

  #returnTo(txn: Transaction, mark: Savepoint): void {
    this.settings.returnTo(mark)
    if (txn.definitions > mark.ddl + mark.objects) this.#ownVersion++
    this.settled(txn).rollbackTo(mark)
    this.#move('ROLLBACK TO')
  }

  #open(command: string): Transaction {
    if (this.#transaction !== null) return this.#transaction
    throw new DatabaseError(CODE.NO_TRANSACTION, `${command} can only be used in transaction blocks`)
  }

  /** A nested block: returns how to keep and how to undo what happens from here. */
  nested(): { keep: () => void; undo: () => void } {
    const txn = this.#open('a nested transaction')
    const at = this.settings.noted(txn.savepoint())
    const outer = this.#savepoints.count
    this.#savepoints.push(null, at)
    return {
      keep: () => {
        if (this.#state === 'failed') {
          throw new DatabaseError(CODE.IN_FAILED_TRANSACTION, 'a statement in the nested transaction failed')
        }
        this.#savepoints.keep(outer)
      },
      undo: () => {
        if (this.#transaction !== txn) return
        this.#returnTo(txn, at)
        this.#savepoints.keep(outer)
      },
    }
  }

  /**
   * Ends the session: an open transaction is rolled back; running results may go on to their end, unless `force`
   * ends them now. Closing twice does nothing.
   */
  close(force: boolean): void {
    if (!this.#closing) {
      this.#closing = true
      this.engine.catalog.epoch.advance()
      const txn = this.#transaction
      if (txn !== null) this.#leave('close')
      for (const cancel of [...this.waiting]) {
        cancel(new DatabaseError(CODE.NOT_OPEN, 'the session was closed while a statement waited for a lock'))
      }
      txn?.rollback()
      endTemporary(this.engine, this.names)
    }
    if (force) for (const result of [...this.openResults]) result.close()
    this.database.ended(this)
  }

  /** A running result ended. */
  ended(result: OpenResult): void {
    this.openResults.delete(result)
    if (this.#closing) this.database.ended(this)
  }
}
