// One open database as the tools see it: run a statement and get its rows or its number of changes. Values come
// with every digit: timestamps as text with microseconds, decimals as text, bigints as bigints.

import type { FileSystem } from '../../storage/file/file.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { open, type Database, type Statement } from '../index.ts'
import type { ResultRows } from './output.ts'

/** Options of a session. */
export interface SessionOptions {
  readonly readOnly?: boolean
  readonly memory?: string
  /** File system to use instead of the real one. */
  readonly files?: FileSystem
  /** Do not make a new database. */
  readonly mustExist?: boolean
}

/** What one statement did. */
export interface StatementResult {
  /** Rows, when the statement returns any; they are read while the caller iterates. */
  readonly rows: ResultRows | null
  readonly changes: number
}

/** An open database. */
export class Session {
  readonly database: Database
  readonly path: string

  constructor(database: Database, path: string) {
    this.database = database
    this.path = path
  }

  /** Runs one statement. Throws DatabaseError with its place in the text. */
  run(sql: string): StatementResult {
    const statement = this.database.prepare(sql, { timestamps: 'string' })
    const { columns } = statement
    if (columns.length === 0) return { rows: null, changes: statement.run().changes }
    const names = columns.map((column) => column.name)
    // Row objects come one by one in bounded memory; they cannot hold two columns of one name.
    const rows = new Set(names).size === names.length ? rowsAsArrays(statement, names) : statement.raw()
    return { rows: { columns, rows }, changes: 0 }
  }

  /** Runs a statement that is awaited: ATTACH, or COPY with the streams of the process. */
  async execute(sql: string, hasInput: boolean): Promise<StatementResult> {
    const streams = hasInput ? { stdin: process.stdin, stdout: process.stdout } : { stdout: process.stdout }
    const { changes } = await this.database.execute(sql, [], streams)
    return { rows: null, changes }
  }

  /** Names of all tables, sorted. */
  tableNames(): string[] {
    return [...this.run('SHOW TABLES').rows!.rows].map((row) => String(row[0])).sort()
  }

  /** Closes the database. */
  async close(): Promise<void> {
    await this.database.close()
  }
}

function* rowsAsArrays(statement: Statement, names: readonly string[]): Iterable<unknown[]> {
  for (const row of statement.iterate()) yield names.map((name) => row[name])
}

/** Opens a database file, or one in memory. */
export async function openSession(path: string, options: SessionOptions = {}): Promise<Session> {
  const { readOnly = false, memory, mustExist = false, files } = options
  if (mustExist) (files ?? new NodeFileSystem()).open(path, 'read').close()
  const chosen = {
    readOnly, ...(memory === undefined ? {} : { memory }), ...(files === undefined ? {} : { files }),
  }
  return new Session(await open(path, chosen), path)
}
