// db.transaction() and transactions by SQL: commit, rollback, nesting, failed statements.
import { expect, test } from 'vitest'
import { SHOP, errorOf, freshPath, memoryDb, openDb } from './shop.ts'

const NAMES = 'SELECT name FROM item ORDER BY id'

test('commits, returns the value, rolls back on an error', async () => {
  const path = freshPath()
  const db = await openDb(path, SHOP)
  expect(db.transaction(() => db.prepare('DELETE FROM item WHERE id = 1').run().changes)).toBe(1)
  expect(() => db.transaction(() => {
    db.exec('DELETE FROM item')
    expect(db.inTransaction).toBe(true)
    throw new RangeError('mine')
  })).toThrow(RangeError)
  expect(db.inTransaction).toBe(false)
  db.close()
  expect((await openDb(path)).prepare(NAMES).raw()).toEqual([['ink'], ['cap']])
})

test('a nested call is a savepoint', async () => {
  const db = await memoryDb(SHOP)
  db.transaction(() => {
    db.exec("UPDATE item SET name = 'a' WHERE id = 1")
    expect(() => db.transaction(() => {
      db.exec("UPDATE item SET name = 'b' WHERE id = 2; DELETE FROM item WHERE id = 3")
      throw new Error('inner')
    })).toThrow('inner')
    db.transaction(() => db.exec("UPDATE item SET name = 'c' WHERE id = 3"))
  })
  expect(db.prepare(NAMES).raw()).toEqual([['a'], ['ink'], ['c']])
})

test('a nested failure heals the transaction', async () => {
  const db = await memoryDb(SHOP)
  db.transaction(() => {
    errorOf(
      () => db.transaction(
        () => db.exec("INSERT INTO item VALUES (8, 'x', 1, NULL); INSERT INTO item VALUES (1, 'dup', 1, NULL)")
      )
    )
    db.exec("INSERT INTO item VALUES (9, 'y', 1, NULL)")
  })
  expect(db.prepare('SELECT id FROM item WHERE id > 3').raw()).toEqual([[9]])
})

test('after a failed statement everything is 25P02 until rollback', async () => {
  const db = await memoryDb(SHOP)
  db.exec('BEGIN; DELETE FROM item WHERE id = 1')
  expect(errorOf(() => db.exec('SELECT 1 / 0')).code).toBe('22012')
  for (const run of [
    () => db.exec('SELECT 1'), () => db.table('item'), () => db.prepare('SELECT * FROM item WHERE id = 1').get(),
    () => db.exec('SAVEPOINT a'),
    () => db.checkpoint(),
  ]) expect(errorOf(run).code).toBe('25P02')
  db.exec('ROLLBACK')
  expect(db.prepare(NAMES).raw()).toHaveLength(3)
})

test('COMMIT of a failed transaction rolls back and says so', async () => {
  const db = await memoryDb(SHOP)
  db.exec('BEGIN; DELETE FROM item WHERE id = 1')
  errorOf(() => db.exec('SELECT nothing'))
  expect(errorOf(() => db.exec('COMMIT')).code).toBe('25P02')
  expect(db.inTransaction).toBe(false)
  expect(db.prepare(NAMES).raw()).toHaveLength(3)
})

test('a swallowed error in transaction() loses nothing silently', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.transaction(() => {
    db.exec('DELETE FROM item WHERE id = 1')
    try {
      db.exec('SELECT nothing')
    } catch { /* the body carries on */ }
  })).code).toBe('25P02')
  expect(db.prepare(NAMES).raw()).toHaveLength(3)
})

test('savepoints by SQL', async () => {
  const db = await memoryDb(SHOP)
  db.exec(`BEGIN; DELETE FROM item WHERE id = 1; SAVEPOINT a; DELETE FROM item WHERE id = 2;
    SAVEPOINT b; DELETE FROM item;
    ROLLBACK TO b; ROLLBACK TO SAVEPOINT a; SAVEPOINT c; RELEASE SAVEPOINT a`)
  expect(errorOf(() => db.exec('ROLLBACK TO c')).code).toBe('3B001')
  db.exec('ROLLBACK; BEGIN; SAVEPOINT a; DELETE FROM item WHERE id = 1; RELEASE a; COMMIT')
  expect(db.prepare(NAMES).raw()).toEqual([['ink'], ['cap']])
  db.exec('BEGIN; SAVEPOINT s; DELETE FROM item')
  errorOf(() => db.exec('SELECT nothing'))
  db.exec('ROLLBACK TO s; COMMIT')
  expect(db.prepare(NAMES).raw()).toEqual([['ink'], ['cap']])
})

test('tables made and dropped in a transaction', async () => {
  const db = await memoryDb(SHOP)
  db.exec('BEGIN; CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1); DROP TABLE item')
  expect(db.prepare('SELECT a FROM t').raw()).toEqual([[1]])
  expect(db.table('t').get(1)).toEqual({ a: 1 })
  db.exec('ROLLBACK')
  expect(errorOf(() => db.prepare('SELECT a FROM t')).code).toBe('42P01')
  expect(db.prepare(NAMES).raw()).toHaveLength(3)
  db.exec('BEGIN; CREATE TABLE t (a INT PRIMARY KEY); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; COMMIT')
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 })
})

test.each(
  [
    ['COMMIT', '25P01'], ['ROLLBACK', '25P01'], ['SAVEPOINT a', '25P01'], ['RELEASE a', '25P01'],
    ['BEGIN; BEGIN', '25001'], ['BEGIN; PRAGMA wal_checkpoint', '25001'],
  ]
)(
  '%s is %s', async (sql, code) => {
    const db = await memoryDb()
    expect(errorOf(() => db.exec(sql)).code).toBe(code)
  })

test('an asynchronous body is refused and rolled back', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.transaction(async () => { db.exec('DELETE FROM item') })).code).toBe('22023')
  expect(db.prepare(NAMES).raw()).toHaveLength(3)
})

test('a body that commits by itself is an error, its work stands', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.transaction(() => db.exec('DELETE FROM item WHERE id = 1; COMMIT'))).code).toBe('25P01')
  expect(db.prepare(NAMES).raw()).toHaveLength(2)
})
