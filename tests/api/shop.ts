// What the API suites share: a small database, a table of every type, and a catcher of errors.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { DatabaseError, open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'

const opened: Database[] = []
const folders: string[] = []

afterEach(() => {
  for (const db of opened.splice(0)) db.close({ force: true })
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A database in memory that closes itself after the test. */
export async function memoryDb(sql = '', options: OpenOptions = {}): Promise<Database> {
  return openDb(':memory:', sql, options)
}

/** A database at a path that closes itself after the test. */
export async function openDb(path: string, sql = '', options: OpenOptions = {}): Promise<Database> {
  const db = await open(path, { memory: '64MB', ...options })
  opened.push(db)
  db.exec(sql)
  return db
}

/** A path in a folder that is removed after the test. */
export function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-api-'))
  folders.push(folder)
  return join(folder, 'test.sdb')
}

export const SHOP = `
  CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(12,2), at TIMESTAMP);
  INSERT INTO item VALUES (1, 'pen', 1.20, '2024-01-02 03:04:05'), (2, 'ink', 4.50, NULL), (3, 'cap', NULL, NULL);
`

/** A table with `rows` rows (id, n = id % 7, name, half), appended in one go; `merged` moves them into row groups. */
export async function numbersDb(rows: number, options: { merged?: boolean } = {}): Promise<Database> {
  const open: OpenOptions = options.merged === true ? { mergeEveryCommit: true } : {}
  const db = await memoryDb(
    'CREATE TABLE numbers (id INTEGER PRIMARY KEY, n SMALLINT, name TEXT, half DOUBLE PRECISION)', open
  )
  const ids = Int32Array.from({ length: rows }, (_, i) => i)
  db.table('numbers').append({
    id: ids, n: Array.from(ids, i => i % 7), name: Array.from(ids, i => `n${i % 5}`),
    half: Float64Array.from(ids, i => i / 2),
  })
  return db
}

/** The DatabaseError that `run` throws. */
export function errorOf(run: () => unknown): DatabaseError {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return error as DatabaseError
  }
  throw new Error('nothing was thrown')
}

/** The DatabaseError that a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<DatabaseError> {
  try {
    await promise
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return error as DatabaseError
  }
  throw new Error('nothing was thrown')
}
