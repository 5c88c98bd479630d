// A SQLite file, read through SQLite itself compiled to WebAssembly (node-sqlite3-wasm) and never written. The
// WebAssembly build has no shared memory, so it cannot open files in WAL mode: one whose log is empty is read
// through a copy that says "rollback journal" in its header (bytes 18 and 19); one with a log is refused with what
// to do, because part of its data is in the log.

import {
  closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database, SQLiteValue } from 'node-sqlite3-wasm'
import { CODE, DatabaseError } from '../../base/errors.ts'
import { fileError } from '../../../storage/file/file.ts'

const MAGIC = 'SQLite format 3\0'
const WAL_VERSION = 2

/** One row: values by column name. */
export type SqliteRow = Record<string, SQLiteValue>

/** True for a file that begins like a SQLite database. False for one that cannot be read. */
export function isSqliteFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile() && headOf(path).toString('latin1', 0, MAGIC.length) === MAGIC
}

function headOf(path: string): Buffer {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const head = Buffer.alloc(100)
      return head.subarray(0, readSync(descriptor, head, 0, head.length, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw fileError('open for reading', path, cause)
  }
}

/** An open SQLite database. */
export class SqliteFile {
  readonly path: string
  readonly #database: Database
  readonly #copyFolder: string | null

  private constructor(path: string, database: Database, copyFolder: string | null) {
    this.path = path
    this.#database = database
    this.#copyFolder = copyFolder
  }

  /** Opens a file for reading. 55000 with a hint for one in WAL mode with a log, XX001 for a damaged one. */
  static async open(path: string): Promise<SqliteFile> {
    const isWal = headOf(path)[18] === WAL_VERSION || headOf(path)[19] === WAL_VERSION
    if (isWal && existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0) {
      throw new DatabaseError(CODE.NOT_OPEN, `"${path}" has a write-ahead log, "${path}-wal", which is not read`, {
        file: path,
        hint: 'Close the programs that use it and move the log into the file: '
          + `sqlite3 ${path} "PRAGMA journal_mode = DELETE"`,
      })
    }
    const { Database } = (await import('node-sqlite3-wasm')).default
    const folder = isWal ? mkdtempSync(join(tmpdir(), 'secantdb-sqlite-')) : null
    try {
      const source = folder === null ? path : withoutWal(path, join(folder, 'copy.sqlite'))
      const file = new SqliteFile(path, new Database(source, { readOnly: true, fileMustExist: true }), folder)
      file.all('SELECT count(*) FROM sqlite_master')
      return file
    } catch (error) {
      if (folder !== null) rmSync(folder, { recursive: true })
      throw sqliteError(path, error)
    }
  }

  /** All rows of a query. */
  all(sql: string, values: SQLiteValue[] = []): SqliteRow[] {
    try {
      return this.#database.all(sql, values) as SqliteRow[]
    } catch (error) {
      throw sqliteError(this.path, error)
    }
  }

  /** The rows of a query one by one. */
  *iterate(sql: string): IterableIterator<SqliteRow> {
    const statement = this.#database.prepare(sql)
    try {
      for (const row of statement.iterate()) yield row as SqliteRow
    } catch (error) {
      throw error instanceof DatabaseError ? error : sqliteError(this.path, error)
    } finally {
      statement.finalize()
    }
  }

  close(): void {
    this.#database.close()
    if (this.#copyFolder !== null) rmSync(this.#copyFolder, { recursive: true })
  }
}

function withoutWal(path: string, copy: string): string {
  copyFileSync(path, copy)
  const descriptor = openSync(copy, 'r+')
  try {
    writeSync(descriptor, Uint8Array.of(1, 1), 0, 2, 18)
  } finally {
    closeSync(descriptor)
  }
  return copy
}

// SQLite says what is wrong in words only.
function sqliteError(path: string, error: unknown): unknown {
  if (error instanceof DatabaseError || !(error instanceof Error) || error.name !== 'SQLite3Error') return error
  const { message } = error
  if (/malformed|not a database/.test(message)) {
    return new DatabaseError(CODE.CORRUPT, `"${path}": ${message}`, { file: path, cause: error })
  }
  if (/locked/.test(message)) {
    return new DatabaseError(CODE.IN_USE, `"${path}": ${message}`, {
      file: path, cause: error,
      hint: `Close the programs that use it; if there are none, remove the folder "${path}.lock".`,
    })
  }
  return new DatabaseError(CODE.IO, `"${path}": ${message}`, { file: path, cause: error })
}

/** A name as SQLite takes it. */
export function sqliteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
