// An open database: the package's main object, and its default session (connection.ts has the statement methods).
// Here is what concerns the database as a whole: opening, further sessions, checkpoints, checks, closing.
import { CODE, DatabaseError } from '../base/errors.ts'
import { engineStats, openEngine, verifyEngine } from '../../storage/mod.ts'
import { makeChecks } from './table-checks.ts'
import type { BackupReport, EngineStats, VerifyOptions, VerifyResult } from '../../storage/mod.ts'
import { adoptLoadedArrow } from './arrow-module.ts'
import { attach, detach } from './attachments.ts'
import type { AttachOptions } from './attachments.ts'
import { backupSoon } from './backup.ts'
import type { BackupOptions } from './backup.ts'
import { contentHash } from './content-hash.ts'
import { Connection } from './connection.ts'
import { DatabaseState } from './database-state.ts'
import { checkNames, resolveOpenOptions } from './options.ts'
import type { OpenOptions } from './options.ts'
import { loadParser } from '../sql/parse.ts'

/**
 * Opens or creates a database file; ':memory:' lives in memory only. Afterwards reads and writes are
 * synchronous. Throws 55006 when another process writes it, XX001 for damage, 22023 for wrong options.
 */
export async function open(path: string, options: OpenOptions = {}): Promise<Database> {
  if (typeof path !== 'string' || path === '') {
    throw new DatabaseError(
      CODE.INVALID_PARAMETER, `open takes the path of a file, not ${JSON.stringify(path) ?? typeof path}`
    )
  }
  const { engine: engineOptions, backend } = resolveOpenOptions(options)
  const [engine] = await Promise.all([openEngine(path, engineOptions), loadParser(), adoptLoadedArrow()])
  engine.rowChecks.make = makeChecks
  return new Database(new DatabaseState(engine, backend))
}

/** One open database. Every method throws 55000 after close(). */
export class Database extends Connection {
  /** Use {@link open}. */
  constructor(state: DatabaseState) {
    super(state.connect())
  }

  get path(): string {
    return this.session.engine.parts.path
  }

  /**
   * Adds another database file under `name`: its tables are `name.table` in the statements of all sessions, and in
   * `db.table('name.table')`. A transaction commits in each file by itself. Errors: 58P01 no such file, 55006 open
   * elsewhere or here already, 42P04 the name is taken.
   */
  attach(path: string, name: string, options: AttachOptions = {}): Promise<void> {
    return attach(this.session, path, name, options)
  }

  /** Closes an attached database. 3D000 when there is none, 55006 while a transaction or a result is open. */
  detach(name: string): void {
    this.session.assertReady()
    detach(this.session.database, name)
  }

  /** Writes everything into pages and cuts the log. */
  checkpoint(): void {
    this.session.assertReady()
    if (this.session.transaction !== null) {
      throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'checkpoint() cannot run inside a transaction')
    }
    this.session.engine.checkpoint()
  }

  /**
   * Backs the database up to the file `path` while it goes on; `incremental` adds to the backup there only the pages
   * that are newer. Resolves when the backup is durable. See docs/BACKUP.md for restoring. 57014 when aborted; a
   * backup that fails leaves the one that was there.
   */
  backup(path: string, options: BackupOptions = {}): Promise<BackupReport> {
    return backupSoon(this.session, path, options)
  }

  /**
   * Checks every page, index, zone map and derived structure, and the log; reads the whole file. `full: false`
   * leaves the rows out. Problems cite the rules of storage/README.md.
   */
  verify(options: VerifyOptions = {}): VerifyResult {
    checkNames(options, ['full', 'onProgress'], 'verify')
    this.session.assertReady()
    return verifyEngine(this.session.engine, options)
  }

  /** SHA-256 over the schemas and all rows in key order: equal for equal content. Reads everything. */
  contentHash(): string {
    this.session.assertReady()
    return contentHash(this.session.engine)
  }

  /** Counters since open. */
  stats(): EngineStats {
    this.session.assertOpen()
    return engineStats(this.session.engine)
  }

  /**
   * Another session of the same database: the same statement methods, with a transaction, isolation level and
   * snapshot of its own. Close it when it is no longer needed.
   */
  connect(): Connection {
    this.session.assertOpen()
    return new Connection(this.session.database.connect())
  }

  /**
   * Closes the database and all its sessions. Results being iterated may run to their end first; `force` cancels
   * them (57014). Open transactions are rolled back. Closing twice does nothing.
   */
  override close(options: { force?: boolean } = {}): void {
    this.session.database.close(options.force ?? false)
  }
}
