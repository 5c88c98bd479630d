// statement.all(): every row as an object.
import { expect, test } from 'vitest'
import { SHOP, memoryDb, numbersDb } from './shop.ts'

test('rows as objects in order', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare('SELECT id, name FROM item ORDER BY id DESC').all()).toEqual([
    { id: 3, name: 'cap' }, { id: 2, name: 'ink' }, { id: 1, name: 'pen' },
  ])
  expect(db.prepare('SELECT id FROM item WHERE id > ?').all([100])).toEqual([])
})

test('many batches, filters and deletions', async () => {
  const db = await numbersDb(20_000)
  db.exec('DELETE FROM numbers WHERE id % 2 = 0')
  const rows = db.prepare('SELECT id, name, half FROM numbers WHERE n = 3').all()
  expect(rows).toEqual(Array.from({ length: 20_000 }, (_, id) => id).filter(id => id % 2 === 1 && id % 7 === 3)
    .map(id => ({ id, name: `n${id % 5}`, half: id / 2 })))
})

test('duplicate names: the last column wins; odd names are plain properties', async () => {
  const db = await memoryDb()
  expect(db.prepare('SELECT 1 AS a, 2 AS a').all()).toEqual([{ a: 2 }])
  const [row] = db.prepare('SELECT 1 AS "__proto__", 2 AS "a b", 3 AS "q""x", 4 AS constructor').all()
  expect(Object.entries(row!)).toEqual([['__proto__', 1], ['a b', 2], ['q"x', 3], ['constructor', 4]])
})

test('statements without rows give none', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare('DELETE FROM item').all()).toEqual([])
  expect(db.prepare('CREATE TABLE x (a INT)').all()).toEqual([])
})
