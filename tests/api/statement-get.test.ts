// statement.get(): the first row or undefined, by key and otherwise, in and out of transactions.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb, numbersDb } from './shop.ts'

test('by primary key', async () => {
  const db = await memoryDb(SHOP)
  const get = db.prepare('SELECT * FROM item WHERE id = ?')
  for (let round = 0; round < 3; round++) {
    expect(get.get([1])).toEqual({ id: 1, name: 'pen', price: '1.20', at: new Date('2024-01-02T03:04:05Z') })
    expect(get.get([99])).toBeUndefined()
    expect(get.get([2n])).toMatchObject({ name: 'ink' })
    expect(get.get(['3'])).toMatchObject({ name: 'cap', price: null })
    expect(get.get([-0])).toBeUndefined()
    expect(get.get([null])).toBeUndefined()
    expect(errorOf(() => get.get([1.5])).code).toBe('22P02')
    expect(errorOf(() => get.get(['x'])).code).toBe('22P02')
    expect(errorOf(() => get.get([])).code).toBe('42P02')
    expect(errorOf(() => get.get([2 ** 63])).code).toBe('22003')
  }
})

test('a point query goes through the learned index and sees every change', async () => {
  const db = await numbersDb(2000, { merged: true })
  db.checkpoint()
  const get = db.prepare('SELECT half, name FROM numbers WHERE id = :id')
  expect(get.get({ id: 1000 })).toEqual({ half: 500, name: 'n0' })
  const before = db.stats().index.probes
  for (let id = 0; id < 100; id++) expect(get.get({ id })).toEqual({ half: id / 2, name: `n${id % 5}` })
  expect(db.stats().index.probes - before).toBe(100)
  db.exec('UPDATE numbers SET half = -1 WHERE id = 1000; DELETE FROM numbers WHERE id = 1001')
  expect(get.get([1000])).toEqual({ half: -1, name: 'n0' })
  expect(get.get([1001])).toBeUndefined()
})

test('inside a transaction it sees the transaction, outside it does not', async () => {
  const db = await memoryDb(SHOP)
  const get = db.prepare('SELECT name FROM item WHERE id = ?')
  get.get([1])
  errorOf(() => db.transaction(() => {
    db.exec("UPDATE item SET name = 'new' WHERE id = 1; DELETE FROM item WHERE id = 2;" +
      "INSERT INTO item VALUES (8, 'eight', 1, NULL)")
    expect([get.get([1]), get.get([2]), get.get([8])]).toEqual([{ name: 'new' }, undefined, { name: 'eight' }])
    db.exec('ROLLBACK TO nowhere')
  }))
  expect([get.get([1]), get.get([2]), get.get([8])]).toEqual([{ name: 'pen' }, { name: 'ink' }, undefined])
})

test('composite, text and constant keys', async () => {
  const db = await memoryDb(`CREATE TABLE p (a INT, b TEXT, v INT, PRIMARY KEY (a, b));
    INSERT INTO p VALUES (1, 'x', 10), (1, 'y', 20), (2, 'x', 30);
    CREATE TABLE w (word TEXT PRIMARY KEY, n INT); INSERT INTO w VALUES ('é', 1), ('😀', 2), ('', 3)`)
  const both = db.prepare('SELECT v FROM p WHERE b = ? AND a = ?')
  const one = db.prepare("SELECT v FROM p WHERE a = 2 AND b = 'x'")
  const word = db.prepare('SELECT n FROM w WHERE word = ?')
  for (let round = 0; round < 2; round++) {
    expect(both.get(['y', 1])).toEqual({ v: 20 })
    expect(both.get(['z', 1])).toBeUndefined()
    expect(one.get()).toEqual({ v: 30 })
    expect(
      [word.get(['é']), word.get(['😀']), word.get(['']), word.get(['e'])]
    ).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, undefined])
  }
})

test('not by key: the first row of the result', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
  expect(db.prepare('SELECT id FROM item WHERE price > 100').get()).toBeUndefined()
  expect(db.prepare('SELECT name FROM item ORDER BY name').get()).toEqual({ name: 'cap' })
  expect(db.prepare("INSERT INTO item VALUES (7, 'x', NULL, NULL)").get()).toBeUndefined()
})

test('options apply to the fast path', async () => {
  const db = await memoryDb(SHOP)
  const get = db.prepare(
    'SELECT * FROM item WHERE id = ?', { int64: 'string', decimals: 'number', timestamps: 'string' }
  )
  for (let round = 0; round < 2; round++) expect(get.get([1])).toEqual(
    { id: '1', name: 'pen', price: 1.2, at: '2024-01-02 03:04:05' }
  )
})
