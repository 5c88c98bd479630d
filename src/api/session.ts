// One session: its transaction and the rules around statements. PostgreSQL's rules: outside BEGIN every
// statement is its own transaction; inside, a failed statement makes the transaction refuse everything but
// ROLLBACK and ROLLBACK TO (25P02), and its own partial effects are taken back.
//
//   none ──begin──► open ──error in a statement──► failed
//    ▲ commit, rollback │  ◄──rollback to savepoint──┘
import { CODE, DatabaseError } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import type { Backend } from '../../exec/mod.ts'
import type { Engine, Savepoint, Transaction } from '../../storage/mod.ts'
import type { Catalog } from '../sql/bind.ts'
import type { DatabaseState } from './database-state.ts'

interface NamedSavepoint {
  readonly name: string
  readonly mark: Savepoint
}

/** Something that holds memory or a snapshot until it is closed: a running result. */
export interface OpenResult {
  close(): void
}

/** The transaction state of one connection and the running results that close() has to wait for. */
export class Session {
  readonly engine: Engine
  readonly backend: Backend
  readonly database: DatabaseState
  /** Numbers the sessions of a database from 1; the default session is 1. */
  readonly id: number
  /** Running iterators; close() waits for them or cancels them. */
  readonly openResults = new Set<OpenResult>()
  /** Counts catalogue changes inside this session's transaction, which others do not see. */
  #ownVersion = 1
  #transaction: Transaction | null = null
  #failed = false
  #savepoints: NamedSavepoint[] = []
  #closing = false

  /** Made by {@link DatabaseState.connect}. */
  constructor(database: DatabaseState, id: number) {
    this.database = database
    this.engine = database.engine
    this.backend = database.backend
    this.id = id
  }

  get isOpen(): boolean {
    return !this.#closing
  }

  /**
   * Changes whenever the tables a statement would see may have changed, by any session: plans made before are
   * stale. A reader of another process's database first takes in what was committed there.
   */
  get catalogVersion(): number {
    this.engine.follower?.follow()
    return this.#ownVersion + this.engine.catalog.version
  }

  /** The explicit transaction, or null in autocommit mode. */
  get transaction(): Transaction | null {
    return this.#transaction
  }

  /** Throws 55000 when closed or closing, 25P02 inside a failed transaction. */
  assertReady(): void {
    this.assertOpen()
    if (this.#failed) {
      throw new DatabaseError(CODE.IN_FAILED_TRANSACTION,
        'current transaction is aborted, commands ignored until end of transaction block', {
          hint: 'Use ROLLBACK, or ROLLBACK TO a savepoint set before the error.',
        })
    }
  }

  /** Throws 55000 when closed or closing. */
  assertOpen(): void {
    if (this.#closing) {
      const path = this.engine.parts.path
      const what = this.database.isOpen ? `the session of database "${path}"` : `database "${path}"`
      throw new DatabaseError(CODE.NOT_OPEN, `${what} is closed`)
    }
    this.engine.assertUsable()
    this.engine.follower?.follow()
  }

  /** Tables as the next statement sees them. */
  get catalog(): Catalog {
    const { engine } = this
    const txn = this.#transaction
    if (txn === null) {
      const find = (name: string): TableSchema | undefined =>
        engine.catalog.has(name) ? engine.catalog.get(name).schema : undefined
      return { schema: find, names: () => engine.catalog.tables().map(table => table.schema.name) }
    }
    const schemas = new Map(txn.listTables().map(schema => [schema.name, schema]))
    return { schema: name => schemas.get(name), names: () => schemas.keys() }
  }

  /** Schemas in order of their names. */
  schemas(): TableSchema[] {
    const schemas = this.#transaction?.listTables() ?? this.engine.catalog.tables().map(table => table.schema)
    return schemas.sort((a, b) => a.name < b.name ? -1 : 1)
  }

  /**
   * Runs a read in the open transaction, or in one of its own that ends with it. The read must be finished
   * when `run` returns; see {@link startRead} for iterators.
   */
  read<T>(run: (txn: Transaction) => T): T {
    const { txn, end } = this.startRead()
    try {
      return run(txn)
    } catch (error) {
      this.fail()
      throw error
    } finally {
      end()
    }
  }

  /** A transaction to read in; `end` must be called once, when the read is over. */
  startRead(): { txn: Transaction; end: () => void } {
    this.assertReady()
    const open = this.#transaction
    if (open !== null) {
      open.refresh()
      return { txn: open, end: nothing }
    }
    const txn = this.engine.begin()
    return { txn, end: () => txn.rollback() }
  }

  /** Runs a change atomically: in the open transaction with a statement savepoint, else in one of its own. */
  write<T>(run: (txn: Transaction) => T): T {
    this.assertReady()
    const open = this.#transaction
    if (open === null) return this.#writeAlone(run)
    open.refresh()
    const mark = open.savepoint()
    try {
      return run(open)
    } catch (error) {
      open.rollbackTo(mark)
      this.fail()
      throw error
    }
  }

  #writeAlone<T>(run: (txn: Transaction) => T): T {
    const txn = this.engine.begin()
    try {
      const result = run(txn)
      txn.commit()
      return result
    } finally {
      txn.rollback()
    }
  }

  /** A catalogue change: like write, and every cached plan is stale afterwards. */
  define(run: (txn: Transaction) => void): void {
    try {
      this.write(run)
    } finally {
      this.#ownVersion++
    }
  }

  /** An error happened inside the open transaction: nothing but rollback works from here. */
  fail(): void {
    if (this.#transaction !== null) this.#failed = true
  }

  /** BEGIN. 25001 when one is open. */
  begin(): void {
    this.assertReady()
    if (this.#transaction !== null) {
      throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'there is already a transaction in progress')
    }
    this.#transaction = this.engine.begin()
  }

  /** COMMIT. A failed transaction is rolled back and 25P02 says so, because its work is lost. */
  commit(): void {
    const txn = this.#end('COMMIT', true)
    try {
      txn.commit()
    } finally {
      txn.rollback()
    }
  }

  /** COMMIT whose durability is awaited together with that of others. */
  commitSoon(): Promise<void> {
    const txn = this.#end('COMMIT', true)
    try {
      return txn.commitSoon()
    } finally {
      txn.rollback()
    }
  }

  /** ROLLBACK. */
  rollback(): void {
    this.#end('ROLLBACK', false).rollback()
  }

  #end(command: string, refuseFailed: boolean): Transaction {
    this.assertOpen()
    const txn = this.#transaction
    if (txn === null) {
      throw new DatabaseError(CODE.NO_TRANSACTION, `${command} without a transaction in progress`)
    }
    const failed = this.#failed
    if (txn.ddl.length > 0) this.#ownVersion++
    this.#transaction = null
    this.#failed = false
    this.#savepoints = []
    if (!failed || !refuseFailed) return txn
    txn.rollback()
    throw new DatabaseError(
      CODE.IN_FAILED_TRANSACTION, 'the transaction was rolled back because a statement in it failed'
    )
  }

  /** SAVEPOINT. */
  savepoint(name: string): void {
    this.assertReady()
    this.#savepoints.push({ name, mark: this.#open('SAVEPOINT').savepoint() })
  }

  /** RELEASE: forgets the savepoint and those after it, keeping their changes. */
  release(name: string): void {
    this.assertReady()
    this.#open('RELEASE')
    this.#savepoints.length = this.#find(name)
  }

  /** ROLLBACK TO: takes back everything since the savepoint and heals a failed transaction. */
  rollbackTo(name: string): void {
    this.assertOpen()
    const txn = this.#open('ROLLBACK TO')
    const index = this.#find(name)
    this.#returnTo(txn, this.#savepoints[index]!.mark)
    this.#savepoints.length = index + 1
  }

  #returnTo(txn: Transaction, mark: Savepoint): void {
    if (txn.ddl.length > mark.ddl) this.#ownVersion++
    txn.rollbackTo(mark)
    this.#failed = false
  }

  #open(command: string): Transaction {
    if (this.#transaction !== null) return this.#transaction
    throw new DatabaseError(CODE.NO_TRANSACTION, `${command} can only be used in transaction blocks`)
  }

  #find(name: string): number {
    for (let i = this.#savepoints.length - 1; i >= 0; i--) if (this.#savepoints[i]!.name === name) return i
    throw new DatabaseError(CODE.UNDEFINED_SAVEPOINT, `savepoint "${name}" does not exist`)
  }

  /** A nested block: returns how to keep and how to undo what happens from here. */
  nested(): { keep: () => void; undo: () => void } {
    const txn = this.#open('a nested transaction')
    const mark = txn.savepoint()
    const named = this.#savepoints.length
    return {
      keep: () => {
        if (this.#failed) {
          throw new DatabaseError(CODE.IN_FAILED_TRANSACTION, 'a statement in the nested transaction failed')
        }
        this.#savepoints.length = Math.min(this.#savepoints.length, named)
      },
      undo: () => {
        if (this.#transaction !== txn) return
        this.#returnTo(txn, mark)
        this.#savepoints.length = Math.min(this.#savepoints.length, named)
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
      this.#transaction?.rollback()
      this.#transaction = null
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

function nothing(): void {}
