// Forms of SQLite that PostgreSQL's grammar does not have: empty IN lists, INSERT OR …, REPLACE INTO, REINDEX name.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let db: Database

beforeEach(async () => {
  db = await open(':memory:')
  db.exec(`CREATE TABLE t (id integer PRIMARY KEY, a text, b double DEFAULT 1.5);
    INSERT INTO t VALUES (1, 'x', 2.5), (2, NULL, NULL)`)
})

afterEach(() => {
  db.close()
})

const rows = (): unknown[] => db.prepare('SELECT id, a, b FROM t ORDER BY id').raw()

test('an empty list holds nothing, not even NULL', () => {
  expect(db.prepare(`SELECT id IN () AS i, a NOT IN () AS n, NULL IN () AS u FROM t`).all())
    .toEqual([{ i: false, n: true, u: false }, { i: false, n: true, u: false }])
  expect(db.prepare('SELECT id FROM t WHERE NOT id IN () AND a IN (\'x\')').raw()).toEqual([[1]])
  expect(db.prepare(`SELECT 'IN ()' AS text`).get()).toEqual({ text: 'IN ()' })
})

test('INSERT OR REPLACE and REPLACE INTO take the place of a row, with defaults for what is not named', () => {
  db.exec(`INSERT OR REPLACE INTO t VALUES (1, 'y', 3), (3, 'z', 4)`)
  db.exec(`REPLACE INTO t (id, a) VALUES (2, 'w')`)
  expect(rows()).toEqual([[1, 'y', 3], [2, 'w', 1.5], [3, 'z', 4]])
  expect(db.prepare('INSERT OR REPLACE INTO t VALUES (1, ?, 9) RETURNING a').get(['v'])).toEqual({ a: 'v' })
})

test('INSERT OR IGNORE keeps the row that is there', () => {
  expect(db.exec(`INSERT OR IGNORE INTO t VALUES (1, 'y', 3), (3, 'z', 4)`)).toEqual({ changes: 1 })
  expect(rows()).toEqual([[1, 'x', 2.5], [2, null, null], [3, 'z', 4]])
})

test('a table without keys takes every row; one with two unique keys is refused', () => {
  db.exec('CREATE TABLE free (a integer); INSERT OR REPLACE INTO free VALUES (1), (1)')
  expect(db.prepare('SELECT count(*) AS n FROM free').get()).toEqual({ n: 2 })
  db.exec('CREATE TABLE one (a integer UNIQUE, b text); INSERT INTO one VALUES (1, \'x\')')
  db.exec(`REPLACE INTO one VALUES (1, 'y')`)
  expect(db.prepare('SELECT * FROM one').all()).toEqual([{ a: 1, b: 'y' }])
  db.exec('CREATE TABLE two (a integer PRIMARY KEY, b integer UNIQUE)')
  expect(() => db.exec('REPLACE INTO two VALUES (1, 1)')).toThrow(/2 unique keys/)
  expect(() => db.exec('INSERT OR IGNORE INTO t VALUES (1) ON CONFLICT DO NOTHING')).toThrow(/has no ON CONFLICT/)
})

test('REINDEX takes the name of an index or of a table; errors keep their place', () => {
  db.exec('CREATE INDEX t_a ON t (a); REINDEX t_a; REINDEX t')
  expect(() => db.exec('REINDEX nothing')).toThrow(/index "nothing" does not exist/)
  expect(() => db.exec('INSERT OR REPLACE INTO t VALUES (1, nope, 2)'))
    .toThrow(expect.objectContaining({ code: '42703', position: 37 }))
})
