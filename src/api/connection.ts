// A session as users hold it: statements, transactions and tables. `db` is one (the default session), and
// db.connect() returns others, each with its own transaction, isolation level and snapshot.
// It owns the statement cache and the table handles; the rules of transactions are in session.ts.
import { CODE, DatabaseError } from '../base/errors.ts'
import { attach } from './attachments.ts'
import { copySoon } from './backup.ts'
import { KvStores } from './kv.ts'
import type { KeyValueStore } from './kv.ts'
import type { KvKey, KvKeyKind, KvOptions, KvValue, KvValueKind } from './kv-types.ts'
import { execute, runTurning } from './execute.ts'
import type { ExecuteOptions, ExecuteResult } from './execute.ts'
import { checkTimeout } from './statement-limits.ts'
import { resolveStatementOptions } from './options.ts'
import type { StatementOptions } from './options.ts'
import type { Parameters } from './parameters.ts'
import { Prepared } from './prepared.ts'
import type { Session } from './session.ts'
import { decorateError } from '../sql/error-position.ts'
import { parse } from '../sql/parse.ts'
import type { ParsedStatement } from '../sql/parse.ts'
import { Statement } from './statement.ts'
import { TableHandle } from './table-handle.ts'
import { transact, transaction } from './transaction.ts'

/** Statements kept parsed and planned. */
const CACHED_STATEMENTS = 500

/** One session of an open database. Every method throws 55000 after close(). */
export class Connection {
  /** The state behind it; not part of the public API. */
  protected readonly session: Session
  readonly #statements = new Map<string, Prepared>()
  readonly #tables = new Map<string, TableHandle>()
  readonly #stores: KvStores

  /** Made by {@link Database.connect}. */
  constructor(session: Session) {
    this.session = session
    this.#stores = new KvStores(session)
  }

  /** True until close(). */
  get isOpen(): boolean {
    return this.session.isOpen
  }

  /** True inside BEGIN … COMMIT or a transaction() body. */
  get inTransaction(): boolean {
    return this.session.transaction !== null
  }

  /**
   * Runs any number of statements separated by semicolons; rows of queries are dropped. The first error ends
   * it: statements before it keep their effect unless they stand in a transaction.
   */
  exec(sql: string): { changes: number } {
    let changes = 0
    for (const statement of this.statements(sql)) changes += statement.run().changes
    return { changes }
  }

  /** The statements of a script, each prepared when its turn comes, so that it sees what earlier ones made. */
  *statements(sql: string, options: StatementOptions = {}): IterableIterator<Statement> {
    resolveStatementOptions(options)
    for (const parsed of this.#parse(sql)) {
      yield new Statement(new Prepared(sql, this.#expand(sql, parsed), this.session), options)
    }
  }

  /** Prepares one statement. Parsed and planned statements are cached by their text. */
  prepare(sql: string, options: StatementOptions = {}): Statement {
    this.session.assertOpen()
    resolveStatementOptions(options)
    let prepared = this.#statements.get(sql)
    if (prepared === undefined) {
      const parsed = this.#parse(sql)
      if (parsed.length !== 1) {
        throw new DatabaseError(CODE.SYNTAX, `prepare takes one statement, but the text has ${parsed.length}`)
      }
      const expanded = this.#expand(sql, parsed[0]!)
      prepared = new Prepared(sql, expanded, this.session)
      if (expanded !== parsed[0]) return new Statement(prepared, options)
      if (this.#statements.size >= CACHED_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value!)
      this.#statements.set(sql, prepared)
    }
    return new Statement(prepared, options)
  }

  // EXECUTE is the statement it names; the parameters in a PREPARE are not its own.
  #expand(sql: string, parsed: ParsedStatement): ParsedStatement {
    const { statement } = parsed
    if (statement.kind === 'explain') {
      const inner = this.#expand(sql, { ...parsed, statement: statement.statement })
      return inner.statement === statement.statement ? parsed
        : { ...inner, statement: { ...statement, statement: inner.statement } }
    }
    if (statement.kind !== 'definition') return parsed
    const { definition } = statement
    if (definition.kind === 'prepare') return { ...parsed, parameterNames: [] }
    if (definition.kind !== 'execute') return parsed
    try {
      this.session.assertReady()
      return this.session.named.expand(parsed, definition)
    } catch (error) {
      this.session.fail()
      throw decorateError(error, sql)
    }
  }

  #parse(sql: string): ParsedStatement[] {
    this.session.assertOpen()
    if (typeof sql !== 'string') {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `SQL must be a string, not ${typeof sql}`)
    }
    try {
      return parse(sql)
    } catch (error) {
      this.session.fail()
      throw decorateError(error, sql)
    }
  }

  /**
   * Runs one statement that may wait for locks, up to `PRAGMA busy_timeout` (55P03 after that, 40P01 when waiting
   * would never end). `signal` ends it (57014): while it waits, and, of a query, between its batches, when the event
   * loop turns every few milliseconds. `timeoutMs` ends it wherever it is, as statement_timeout does. Resolves with its
   * rows and the number of rows it changed.
   */
  async execute(sql: string, parameters: Parameters = [], options: ExecuteOptions = {}): Promise<ExecuteResult> {
    const { signal, timeoutMs = 0, stdin: _in, stdout: _out, ...rest } = options
    checkTimeout(timeoutMs)
    if (/^\s*copy\b/i.test(sql)) return this.#copy(sql, options)
    if (/^\s*(attach|backup|restore)\b/i.test(sql)) return this.#open(sql, signal)
    const { limits } = this.session
    if (signal !== undefined && signal.aborted === false && this.session.pending === null) {
      const statement = this.prepare(sql, rest)
      if (statement.isPlainQuery) {
        const steps = limits.under(signal, timeoutMs, () => statement.executeSteps(parameters))
        return runTurning(this.session, steps)
      }
    }
    return execute(this.session, () => limits.under(signal, timeoutMs, () => {
      const statement = this.prepare(sql, rest)
      if (statement.columns.length > 0) return statement.execute(parameters)
      return { rows: [], changes: statement.run(parameters).changes }
    }), signal)
  }

  async #copy(sql: string, options: ExecuteOptions): Promise<ExecuteResult> {
    const parsed = this.#parse(sql)
    const statement = parsed[0]?.statement
    if (parsed.length !== 1 || statement?.kind !== 'copy') {
      throw new DatabaseError(CODE.SYNTAX, `execute takes one statement, but the text has ${parsed.length}`)
    }
    // The readers and writers of files are only loaded for it.
    const { copy } = await import('./copy.ts')
    const host = { session: this.session, prepare: (text: string) => this.prepare(text, { timestamps: 'string' }) }
    return { rows: [], changes: await copy(host, statement, options) }
  }

  // Statements that work on files, without blocking the thread.
  async #open(sql: string, signal: AbortSignal | undefined): Promise<ExecuteResult> {
    const parsed = this.#parse(sql)
    const statement = parsed[0]?.statement
    if (parsed.length === 1 && (statement?.kind === 'backup' || statement?.kind === 'restore')) {
      return { rows: await copySoon(this.session, statement, signal), changes: 0 }
    }
    if (parsed.length !== 1 || statement?.kind !== 'attach') {
      throw new DatabaseError(CODE.SYNTAX, `execute takes one statement, but the text has ${parsed.length}`)
    }
    const { path, name, readOnly, create } = statement
    await attach(this.session, path, name, { readOnly, create })
    return { rows: [], changes: 0 }
  }

  /**
   * Runs `body` in a transaction: committed (durably) when it returns, rolled back when it throws. A nested
   * call is a savepoint. The body must be synchronous.
   */
  transaction<T>(body: () => T): T {
    return transaction(this.session, body)
  }

  /**
   * Runs `body` now in a transaction of its own; resolves with its result when the commit is durable. Commits
   * in flight share one sync. The body must be synchronous.
   */
  transact<T>(body: () => T): Promise<T> {
    return transact(this.session, body)
  }

  /** Access to a table by key, without SQL. Throws 42P01 with the nearest name. */
  table(name: string): TableHandle {
    const { session } = this
    session.assertReady()
    const full = session.names.isPlain ? name : session.catalog.schema(name)?.name ?? name
    let handle = this.#tables.get(full)
    if (handle === undefined) {
      handle = new TableHandle(session, full)
      this.#tables.set(full, handle)
    }
    handle.check()
    return handle
  }

  /**
   * A key-value store: the table `name (key … PRIMARY KEY, value …)`, made when it does not exist. `key` is text,
   * integer, double or bytes; `value` is bytes, utf8, json, a SQL type, or an object of columns with SQL types.
   * Throws 42804 when the table has other columns.
   */
  kv<K extends KvKeyKind, V extends KvValueKind>(
    name: string, options: KvOptions<K, V>,
  ): KeyValueStore<KvKey<K>, KvValue<V>>
  /** As above with the types given: `db.kv<string, User>('users')`. Options left out are those of the table. */
  kv<K = string, V = unknown>(name: string, options?: KvOptions): KeyValueStore<K, V>
  /** Both forms above. */
  kv(name: string, options: KvOptions = {}): KeyValueStore {
    return this.#stores.open(name, options)
  }

  /**
   * Ends the session. An open transaction is rolled back; results being iterated may run to their end, `force`
   * cancels them (57014). Closing twice does nothing.
   */
  close(options: { force?: boolean } = {}): void {
    this.session.close(options.force ?? false)
  }

  /** `using session = db.connect()` closes it at the end of the block. */
  [Symbol.dispose](): void {
    this.close()
  }
}
