// DECIMAL of more than 18 digits: small and large values through every way in and out, and as a key. Small ones
// are numbers in the executor and bigints in storage.
import { expect, test } from 'vitest'
import { memoryDb } from './shop.ts'

test('small and large values, as columns and as keys', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, w DECIMAL(25,5));' +
    'INSERT INTO t VALUES (1, -1.5), (2, 0), (3, NULL), (4, 12345678901234567.12345)')
  const rows = [[1, '-1.50000'], [2, '0.00000'], [3, null], [4, '12345678901234567.12345']]
  for (let i = 0; i < 2; i++) {
    expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual(rows)
    expect(db.prepare('SELECT * FROM t WHERE id = ?').get([1])).toEqual({ id: 1, w: '-1.50000' })
    expect(db.table('t').get(1)).toEqual({ id: 1, w: '-1.50000' })
    db.checkpoint()
  }
  db.table('t').append({ id: [10, 11], w: [1, '2.5'] })
  expect(
    db.prepare('SELECT sum(w) AS s, min(w) AS lo FROM t').get()
  ).toEqual({ s: '12345678901234569.12345', lo: '-1.50000' })
  db.exec('CREATE TABLE k (w DECIMAL(25,5) PRIMARY KEY); INSERT INTO k VALUES (1.5), (-1), (12345678901234567.12345)')
  expect(db.table('k').get('1.5')).toEqual({ w: '1.50000' })
  expect(db.prepare('SELECT * FROM k WHERE w = ?').raw(['-1'])).toEqual([['-1.00000']])
  expect(db.prepare('DELETE FROM k WHERE w = 1.5').run()).toEqual({ changes: 1 })
  expect(db.prepare('UPDATE k SET w = w + 2.5 WHERE w < 0').run()).toEqual({ changes: 1 })
  expect(db.prepare('SELECT * FROM k WHERE w BETWEEN 1 AND 2').raw()).toEqual([['1.50000']])
  expect([...db.table('k').range({ gte: '1.5', lt: 2 })]).toEqual([{ w: '1.50000' }])
  expect([db.table('k').delete(1.5), db.table('k').put({ w: -1 }), db.table('k').put({ w: '1.5' })]).toEqual(
    [true, 'inserted', 'inserted'])
  expect(db.prepare('SELECT * FROM k ORDER BY w').raw()).toEqual(
    [['-1.00000'], ['1.50000'], ['12345678901234567.12345']]
  )
})
