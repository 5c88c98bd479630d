// TRUNCATE and CREATE TABLE AS: what they leave behind, in transactions, with indexes, and after reopening.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let folder: string
let db: Database
const path = (): string => join(folder, 'a.sdb')
const all = (sql: string): unknown[][] => db.prepare(sql).raw()
const codeOf = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return (error as { code?: string }).code
  }
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secantdb-'))
  db = await open(path())
  db.exec(`CREATE TABLE t (id INT PRIMARY KEY, a TEXT UNIQUE, b INT DEFAULT 7) WITH (compression = 'rle');
    CREATE INDEX t_b ON t USING btree (b)`)
  for (let i = 0; i < 50; i++) db.prepare('INSERT INTO t VALUES (?, ?, ?)').run([i, `a${i}`, i % 5])
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('TRUNCATE', () => {
  test('empties the table, keeps its definition and its indexes', async () => {
    const before = all('PRAGMA index_list(t)')
    const insert = db.prepare('INSERT INTO t (id, a) VALUES (?, ?)')
    db.exec('TRUNCATE TABLE t')
    expect(all('SELECT * FROM t')).toEqual([])
    expect(all('PRAGMA index_list(t)')).toEqual(before)
    expect(insert.run([1, 'a1'])).toEqual({ changes: 1 })
    expect(codeOf(() => insert.run([2, 'a1']))).toBe('23505')
    expect(db.table('t').get(1)).toEqual({ id: 1, a: 'a1', b: 7 })
    db.close()
    db = await open(path())
    expect(all('SELECT * FROM t WHERE b = 7')).toEqual([[1, 'a1', 7]])
    expect(all('PRAGMA index_list(t)')).toEqual(before)
    expect(all('PRAGMA compression(t)')).toEqual([['t', 'RLE']])
    expect(all('PRAGMA integrity_check')[0]).toEqual(['integrity_check', 'ok'])
  })

  test('rolls back, also after changes of the same transaction', () => {
    db.exec("BEGIN; DELETE FROM t WHERE id < 10; SAVEPOINT s; TRUNCATE t; INSERT INTO t VALUES (1, 'x', 1)")
    expect(all('SELECT id FROM t')).toEqual([[1]])
    db.exec('ROLLBACK TO s')
    expect(all('SELECT count(*) FROM t')).toEqual([[40]])
    db.exec("TRUNCATE t; TRUNCATE t; INSERT INTO t VALUES (2, 'a2', 2); ROLLBACK")
    expect(all('SELECT count(*), count(DISTINCT a) FROM t')).toEqual([[50, 50]])
    db.exec("BEGIN; DELETE FROM t WHERE id < 10; TRUNCATE t; INSERT INTO t VALUES (3, 'a3', 3); COMMIT")
    expect(all('SELECT * FROM t WHERE a = $$a3$$')).toEqual([[3, 'a3', 3]])
  })

  test('is in the log: what a crash leaves is redone', async () => {
    db.exec("TRUNCATE t; INSERT INTO t VALUES (1, 'a1', 3), (2, 'a2', 4); BEGIN; DELETE FROM t; TRUNCATE t; "
      + "INSERT INTO t VALUES (9, 'a9', 3); COMMIT; CREATE TABLE c AS SELECT id, b FROM t")
    cpSync(path(), join(folder, 'b.sdb'))
    cpSync(`${path()}-wal`, join(folder, 'b.sdb-wal'), { recursive: true })
    const copy = await open(join(folder, 'b.sdb'))
    expect(copy.prepare('SELECT * FROM t WHERE b = 3').raw()).toEqual([[9, 'a9', 3]])
    expect(copy.prepare('SELECT * FROM c').raw()).toEqual([[9, 3]])
    expect(copy.prepare('PRAGMA integrity_check').raw()[0]).toEqual(['integrity_check', 'ok'])
    copy.close()
  })

  test('several tables, names that are none, a table in use', () => {
    db.exec('CREATE TABLE u (a INT); INSERT INTO u VALUES (1); TRUNCATE t, u RESTART IDENTITY CASCADE')
    expect(all('SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)')).toEqual([[0, 0]])
    expect(codeOf(() => db.exec('TRUNCATE nope'))).toBe('42P01')
    expect(codeOf(() => db.exec('TRUNCATE t_b'))).toBe('42P01')
    const other = db.connect()
    other.exec('BEGIN; INSERT INTO u VALUES (5)')
    expect(codeOf(() => db.exec('TRUNCATE u'))).toBe('55P03')
    other.close()
    db.exec('TRUNCATE u')
    expect(codeOf(() => db.exec('BEGIN READ ONLY; TRUNCATE u'))).toBe('25006')
    db.exec('ROLLBACK')
  })

  test('a running read goes on over what it began with', () => {
    const rows = db.prepare('SELECT id FROM t ORDER BY id').iterate()
    expect(rows.next().value).toEqual({ id: 0 })
    db.exec('TRUNCATE t')
    expect([...rows]).toHaveLength(49)
  })
})

describe('CREATE TABLE AS', () => {
  test('names, types and rows of the query', async () => {
    db.exec("CREATE TABLE c (k, total) AS SELECT b, sum(id), NULL AS nothing, 1.50 AS d, 'x' AS w FROM t GROUP BY b")
    const rows = all('SELECT * FROM c ORDER BY k LIMIT 2')
    expect(rows).toEqual([[0, 225, null, '1.50', 'x'], [1, 235, null, '1.50', 'x']])
    expect(all('DESCRIBE c').map(row => row.slice(0, 2))).toEqual([
      ['k', 'integer'], ['total', 'bigint'], ['nothing', 'text'], ['d', 'decimal(3,2)'], ['w', 'text']])
    db.prepare('CREATE TABLE p AS SELECT id FROM t WHERE id < $1::int').run([3])
    expect(all('SELECT * FROM p')).toEqual([[0], [1], [2]])
    db.close()
    db = await open(path())
    expect(all('SELECT count(*) FROM c')).toEqual([[5]])
  })

  test('without data, and when the name is taken', () => {
    db.exec('CREATE TABLE c AS SELECT id, a FROM t WITH NO DATA')
    expect(all('SELECT * FROM c')).toEqual([])
    expect(codeOf(() => db.exec('CREATE TABLE c AS SELECT 1 AS x'))).toBe('42P07')
    db.exec('CREATE TABLE IF NOT EXISTS c AS SELECT 1 AS x')
    expect(db.table('c').columns.map(column => column.name)).toEqual(['id', 'a'])
    expect(codeOf(() => db.exec('CREATE TABLE d (a, b) AS SELECT 1'))).toBe('42601')
    expect(codeOf(() => db.exec('CREATE TABLE d AS SELECT 1 AS a, 2 AS a'))).toBe('42701')
  })

  test('an error leaves no table, in a transaction as well', () => {
    expect(codeOf(() => db.exec('CREATE TABLE d AS SELECT 1 / (id - 40) AS q FROM t'))).toBe('22012')
    expect(codeOf(() => db.exec('SELECT * FROM d'))).toBe('42P01')
    db.exec('BEGIN; CREATE TABLE d AS SELECT * FROM t; INSERT INTO d SELECT * FROM d; ROLLBACK')
    expect(codeOf(() => db.exec('SELECT * FROM d'))).toBe('42P01')
  })
})
