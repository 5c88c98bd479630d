// statement.run(): effects and the number of changed rows; constraint errors leave nothing behind.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb } from './shop.ts'

test('counts inserted, updated and deleted rows', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare("INSERT INTO item VALUES (4, 'a', 1, NULL), (5, 'b', 2, NULL)").run()).toEqual({ changes: 2 })
  expect(db.prepare('UPDATE item SET price = price + 1 WHERE id >= ?').run([4])).toEqual({ changes: 2 })
  expect(db.prepare('DELETE FROM item WHERE id IN (?, ?, 77)').run([4, 1])).toEqual({ changes: 2 })
  expect(db.prepare('UPDATE item SET price = 0 WHERE id = 1000').run()).toEqual({ changes: 0 })
  expect(db.prepare('SELECT * FROM item').run()).toEqual({ changes: 0 })
  expect(db.prepare('SELECT id, price FROM item ORDER BY id').raw()).toEqual([[2, '4.50'], [3, null], [5, '3.00']])
})

test('a prepared insert runs many times', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, a TEXT DEFAULT \'dflt\', ' +
    'n DECIMAL(8,2) DEFAULT 1 + 1, at TIMESTAMPTZ DEFAULT now())')
  const all = db.prepare('INSERT INTO t (a, id) VALUES (?, ?)')
  for (let i = 0; i < 5; i++) expect(all.run([`a${i}`, i])).toEqual({ changes: 1 })
  expect(all.run([null, 9])).toEqual({ changes: 1 })
  expect(
    db.prepare('SELECT id, a, n FROM t WHERE id IN (4, 9) ORDER BY id').raw()
  ).toEqual([[4, 'a4', '2.00'], [9, null, '2.00']])
  expect(db.prepare('SELECT at FROM t').get()!['at']).toBeInstanceOf(Date)
  db.exec('INSERT INTO t (id) VALUES (20), (21), (22)')
  expect(db.prepare('SELECT count(DISTINCT at) AS n FROM t WHERE id >= 20').get()).toEqual({ n: 1 })
  db.exec('INSERT INTO t (id, a) VALUES (10, DEFAULT)')
  expect(db.table('t').get(10)).toMatchObject({ a: 'dflt' })
})

test('many rows in one statement, all or nothing', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, a TEXT, b TEXT)')
  const two = db.prepare("INSERT INTO t VALUES (?, ?, 'x'), (?, upper('y'), ?)")
  expect(two.run([1, 'a', 2, 'b'])).toEqual({ changes: 2 })
  expect(two.run([3, 'a', 4, 'b'])).toEqual({ changes: 2 })
  expect(errorOf(() => two.run([5, 'a', 5, 'b'])).code).toBe('23505')
  expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual(
    [[1, 'a', 'x'], [2, 'Y', 'b'], [3, 'a', 'x'], [4, 'Y', 'b']])
  const again = db.prepare('INSERT INTO t VALUES (:id, :a, :a)')
  again.run({ id: 9, a: 'z' })
  again.run({ id: 10, a: 'q' })
  expect(db.table('t').get(10)).toEqual({ id: 10, a: 'q', b: 'q' })
})

test('update of the key, of a row to itself, and with a subquery', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare('UPDATE item SET id = id + 100 WHERE id > 1').run()).toEqual({ changes: 2 })
  expect(db.prepare('SELECT id FROM item ORDER BY id').raw()).toEqual([[1], [102], [103]])
  expect(
    db.prepare('UPDATE item SET price = (SELECT max(price) FROM item) WHERE price IS NULL').run()
  ).toEqual({ changes: 1 })
  expect(db.table('item').get(103)).toMatchObject({ price: '4.50' })
  expect(db.prepare('INSERT INTO item SELECT id + 1000, name, price, at FROM item').run()).toEqual({ changes: 3 })
})

test.each([
  ["INSERT INTO item VALUES (9, 'a', 1, NULL), (1, 'dup', 1, NULL)", '23505'],
  ['INSERT INTO item VALUES (9, NULL, 1, NULL)', '23502'],
  ['UPDATE item SET id = 2 WHERE id = 1', '23505'], ['UPDATE item SET name = NULL', '23502'],
  ['INSERT INTO item (name) VALUES (\'x\')', '23502'],
  ['INSERT INTO item VALUES (9, \'x\', 99999999999.99, NULL)', '22003'], ['UPDATE item SET price = price / 0', '22012'],
  ['INSERT INTO item SELECT id + 10, NULL, price, at FROM item', '23502'],
])('%s is %s and changes nothing', async (sql, code) => {
  const db = await memoryDb(SHOP)
  const before = db.prepare('SELECT * FROM item ORDER BY id').raw()
  expect(errorOf(() => db.prepare(sql).run()).code).toBe(code)
  expect(db.prepare('SELECT * FROM item ORDER BY id').raw()).toEqual(before)
})

test('varchar and char lengths', async () => {
  const db = await memoryDb('CREATE TABLE v (id INT PRIMARY KEY, a VARCHAR(3), b CHAR(3))')
  db.prepare('INSERT INTO v VALUES (1, ?, ?)').run(['abc', 'x'])
  expect(db.table('v').get(1)).toEqual({ id: 1, a: 'abc', b: 'x  ' })
  expect(errorOf(() => db.prepare('INSERT INTO v VALUES (2, ?, NULL)').run(['abcd'])).code).toBe('22001')
  expect(errorOf(() => db.exec("INSERT INTO v VALUES (2, 'abcd', NULL)")).code).toBe('22001')
  db.exec("INSERT INTO v VALUES (2, 'ab  ', 'y ')")
  for (const sql of ["UPDATE v SET a = a || 'xyz'", "INSERT INTO v SELECT id + 10, a || 'long', b FROM v",
    "INSERT INTO v SELECT id + 10, a, 'long' || b FROM v", "INSERT INTO v VALUES (3, 'ab' || 'cd', NULL)",
    'INSERT INTO v VALUES (3, 12345, NULL)',
    'INSERT INTO v SELECT id + 10, 12345 + id, NULL FROM v']) {
    expect(errorOf(() => db.exec(sql))).toMatchObject({ code: '22001' })
  }
  expect(errorOf(() => db.table('v').put({ id: 9, a: 'abcd' })).code).toBe('22001')
  expect(errorOf(() => db.table('v').append({ id: [9], a: ['abcd'] })).code).toBe('22001')
  expect(db.prepare("SELECT 'abcd'::varchar(3) AS x").get()).toEqual({ x: 'abc' })
  expect(
    db.prepare("SELECT count(*) AS n FROM v WHERE a = 'longer' OR a IN ('longer') OR b = 'longer'").get()
  ).toEqual({ n: 0 })
  expect(db.prepare("SELECT coalesce(a, 'longer') AS x, CASE WHEN id = 1 THEN a ELSE 'longer' END AS y FROM v").raw())
    .toEqual([['abc', 'abc'], ['ab ', 'longer']])
  expect(db.prepare('SELECT id FROM v WHERE b = ? AND a <> ?').raw(['x    ', 'longer'])).toEqual([[1]])
  expect(db.prepare("SELECT id FROM v WHERE b = 'y'").raw()).toEqual([[2]])
})
