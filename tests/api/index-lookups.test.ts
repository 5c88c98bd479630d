// Small look-ups through indexes: prepared `get` by a unique index, UPDATE and DELETE by unique and selective ones, in
// every state a row can be in: in row groups, in the delta, uncommitted, deleted, seen by an old snapshot.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { freshPath, memoryDb, openDb } from './shop.ts'

const COLUMNS = 'id INT, part TEXT, code TEXT, n INT NOT NULL, d DECIMAL(30,2), v INT, PRIMARY KEY (part, id)'
const TABLE = `CREATE TABLE t (${COLUMNS});
  CREATE UNIQUE INDEX t_code ON t (code); CREATE UNIQUE INDEX t_n ON t (n); CREATE UNIQUE INDEX t_nd ON t (d, v);
  CREATE INDEX t_v ON t (v)`

const BIG = '123456789012345678901234.50'

function fill(db: Database): void {
  const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)')
  for (let i = 0; i < 200; i++) {
    insert.run([i, `p${i % 3}`, i % 10 === 0 ? null : `code${i}`, i, i === 7 ? BIG : `${i}.25`, i >> 1])
  }
}

function idBy(db: Database, column: string, value: unknown): unknown {
  return db.prepare(`SELECT id, part FROM t WHERE ${column} = ?`).get([value])
}

test('get by a unique index: types, NULL, composite primary key, changes and transactions', async () => {
  const path = freshPath()
  const db = await openDb(path, TABLE)
  fill(db)
  for (const state of ['delta', 'base', 'both']) {
    if (state === 'base') db.checkpoint()
    if (state === 'both') db.exec("UPDATE t SET code = 'new' WHERE code = 'code11'; DELETE FROM t WHERE n = 12")
    expect([idBy(db, 'code', 'code7'), idBy(db, 'n', 7)]).toEqual([{ id: 7, part: 'p1' }, { id: 7, part: 'p1' }])
    expect([idBy(db, 'code', null), idBy(db, 'code', 'nope'), idBy(db, 'n', -1)].every((row) => row === undefined))
      .toBe(true)
    expect(idBy(db, 'v = 3 AND d', BIG)).toEqual({ id: 7, part: 'p1' })
    expect(idBy(db, 'v = 3 AND d', '6.25')).toEqual({ id: 6, part: 'p0' })
  }
  expect([idBy(db, 'code', 'code11'), idBy(db, 'n', 12)]).toEqual([undefined, undefined])
  expect(idBy(db, 'code', 'new')).toEqual({ id: 11, part: 'p2' })
  db.exec("BEGIN; UPDATE t SET code = 'mine' WHERE n = 20")
  const other = db.connect()
  expect([idBy(db, 'code', 'mine'), other.prepare('SELECT id FROM t WHERE code = ?').get(['mine'])])
    .toEqual([{ id: 20, part: 'p2' }, undefined])
  db.exec('ROLLBACK')
  expect(idBy(db, 'code', 'mine')).toBe(undefined)
  other.close()
  db.close()
  expect(idBy(await openDb(path), 'code', 'new')).toEqual({ id: 11, part: 'p2' })
})

test('a prepared get follows the catalogue and the snapshot', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT)')
  db.exec('INSERT INTO t VALUES (1, 10, 5), (2, 20, 6)')
  const get = db.prepare('SELECT b FROM t WHERE a = ?')
  const old = db.connect()
  old.exec('BEGIN ISOLATION LEVEL REPEATABLE READ')
  const oldGet = old.prepare('SELECT b FROM t WHERE a = ?')
  const read = (): unknown[] => [get.get([20]), get.get([20]), oldGet.get([20]), oldGet.get([20])]
  expect(read()).toEqual([{ b: 6 }, { b: 6 }, { b: 6 }, { b: 6 }])
  db.exec('CREATE UNIQUE INDEX u ON t (a); UPDATE t SET b = 7 WHERE a = 20')
  expect(read()).toEqual([{ b: 7 }, { b: 7 }, { b: 6 }, { b: 6 }])
  db.exec('DROP INDEX u; UPDATE t SET b = 8 WHERE a = 20')
  expect(read()).toEqual([{ b: 8 }, { b: 8 }, { b: 6 }, { b: 6 }])
  old.exec('COMMIT')
  expect(read()).toEqual([{ b: 8 }, { b: 8 }, { b: 8 }, { b: 8 }])
  db.exec('BEGIN; CREATE UNIQUE INDEX u ON t (a)')
  expect(get.get([10])).toEqual({ b: 5 })
  db.exec('ROLLBACK')
  expect([get.get([10]), get.get([10])]).toEqual([{ b: 5 }, { b: 5 }])
  old.close()
})

test('UPDATE and DELETE by indexes change what they change without', async () => {
  const db = await memoryDb(TABLE)
  fill(db)
  db.checkpoint()
  db.exec(`CREATE TABLE u (${COLUMNS}); INSERT INTO u SELECT * FROM t`)
  const both = (sql: string, values: unknown[]): number => {
    const counts = ['t', 'u'].map((table) => db.prepare(sql.replace('$', table)).run(values).changes)
    expect(counts[0]).toBe(counts[1])
    const [rows, expected] = ['t', 'u'].map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY part, id`).raw())
    expect(rows).toEqual(expected)
    return counts[0]!
  }
  expect(both('UPDATE $ SET v = v + 1000 WHERE code = ?', ['code33'])).toBe(1)
  expect(both('UPDATE $ SET v = v + 1 WHERE code IN (?, ?, ?)', ['code3', 'nope', null])).toBe(1)
  expect(both('UPDATE $ SET v = v + 1 WHERE v = ?', [30])).toBe(2)
  expect(both('UPDATE $ SET v = v + 1 WHERE v BETWEEN ? AND ?', [40, 42])).toBe(6)
  expect(both('UPDATE $ SET v = v + 1 WHERE v BETWEEN ? AND ?', [0, 5000])).toBe(200)
  expect(both('UPDATE $ SET n = n + 1000, code = NULL WHERE v = ? AND n % 2 = 0', [60])).toBe(1)
  expect(both('DELETE FROM $ WHERE n = ?', [44])).toBe(1)
  expect(both('DELETE FROM $ WHERE n = ?', [44])).toBe(0)
  expect(both('DELETE FROM $ WHERE v BETWEEN ? AND ?', [70, 71])).toBe(4)
  expect(both('DELETE FROM $ WHERE v > ?', [20])).toBeGreaterThan(100)
  expect(db.verify().problems).toEqual([])
})
