// table.get(), getMany() and has(): rows by key.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb, numbersDb } from './shop.ts'

test('get, getMany, has', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  expect(item.get(2)).toEqual({ id: 2, name: 'ink', price: '4.50', at: null })
  expect([item.get(99), item.get(null), item.get(undefined), item.get(-0), item.get(2n)]).toEqual(
    [undefined, undefined, undefined, undefined, expect.objectContaining({ id: 2 })])
  expect(item.getMany([3, 99, 1]).map(row => row?.['name'])).toEqual(['cap', undefined, 'pen'])
  expect([item.has(1), item.has(99), item.has(null)]).toEqual([true, false, false])
  expect(errorOf(() => item.get('x')).code).toBe('22P02')
  expect(errorOf(() => item.get(1.5)).code).toBe('22P02')
  expect(errorOf(() => item.get([1, 2])).code).toBe('22023')
  expect(errorOf(() => item.get({})).code).toBe('42804')
  expect([item.columns.map(c => c.name), item.key]).toEqual([['id', 'name', 'price', 'at'], ['id']])
})

test('through base, delta and merge, with the index counted', async () => {
  const db = await numbersDb(3000, { merged: true })
  const table = db.table('numbers')
  db.checkpoint()
  const before = db.stats().index.probes
  for (let id = 0; id < 3000; id += 13) expect(table.get(id)).toEqual(
    { id, n: id % 7, name: `n${id % 5}`, half: id / 2 }
  )
  expect(db.stats().index.probes - before).toBe(Math.ceil(3000 / 13))
  expect([table.get(-1), table.get(3000), table.get(2 ** 31 - 1)]).toEqual([undefined, undefined, undefined])
  db.exec('UPDATE numbers SET name = \'new\' WHERE id = 26; DELETE FROM numbers WHERE id = 39')
  expect([table.get(26)!['name'], table.has(39)]).toEqual(['new', false])
})

test('keys of every kind', async () => {
  const db = await memoryDb(`
    CREATE TABLE a (k TEXT PRIMARY KEY, v INT); INSERT INTO a VALUES ('x', 1), ('é', 2);
    CREATE TABLE b (k DOUBLE PRECISION PRIMARY KEY, v INT); INSERT INTO b VALUES (0.5, 1), ('NaN', 2), (0, 3);
    CREATE TABLE c (k DECIMAL(10,2) PRIMARY KEY, v INT); INSERT INTO c VALUES (1.25, 1);
    CREATE TABLE d (k DATE PRIMARY KEY, v INT); INSERT INTO d VALUES ('2024-05-06', 1);
    CREATE TABLE e (k TIMESTAMP PRIMARY KEY, v INT); INSERT INTO e VALUES ('2024-05-06 07:08:09', 1);
    CREATE TABLE f (k UUID PRIMARY KEY, v INT); INSERT INTO f VALUES ('123e4567-e89b-12d3-a456-426614174000', 1);
    CREATE TABLE g (a INT, b TEXT, v INT, PRIMARY KEY (b, a)); INSERT INTO g VALUES (1, 'x', 1), (2, 'x', 2);
    CREATE TABLE h (k BIGINT PRIMARY KEY, v INT); INSERT INTO h VALUES (9007199254740993, 1), (-9007199254740993, 2)`)
  const v = (table: string, key: unknown): unknown => db.table(table).get(key)?.['v']
  expect(
    [v('a', 'x'), v('a', 'é'), v('b', 0.5), v('b', NaN), v('b', -0), v('c', '1.25'), v('c', 1.25),
      v('d', '2024-05-06')]
  ).toEqual([1, 2, 1, 2, 3, 1, 1, 1])
  expect(
    [v('e', new Date('2024-05-06T07:08:09Z')), v('f', '123E4567-E89B-12D3-A456-426614174000'), v('g', ['x', 2])]
  ).toEqual([1, 1, 2])
  expect([v('h', 9007199254740993n), v('h', -9007199254740993n), v('h', 9007199254740992n)]).toEqual([1, 2, undefined])
  expect(db.table('h').get(9007199254740993n)!['k']).toBe(9007199254740993n)
})

test('inside a transaction', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  db.exec("BEGIN; UPDATE item SET name = 'new' WHERE id = 1; DELETE FROM item WHERE id = 2")
  expect(
    [item.get(1)!['name'], item.get(2), item.has(2), item.get(3)!['name']]
  ).toEqual(['new', undefined, false, 'cap'])
  db.exec('ROLLBACK')
  expect([item.get(1)!['name'], item.has(2)]).toEqual(['pen', true])
})

test('unknown tables, tables without a key, dropped and recreated ones', async () => {
  const db = await memoryDb(`${SHOP} CREATE TABLE log (line TEXT)`)
  expect(errorOf(() => db.table('itme'))).toMatchObject({ code: '42P01', hint: 'Did you mean "item"?' })
  expect(errorOf(() => db.table('log').get(1)).code).toBe('42809')
  const item = db.table('item')
  db.exec('DROP TABLE item')
  expect(errorOf(() => item.get(1)).code).toBe('42P01')
  db.exec('CREATE TABLE item (id INT PRIMARY KEY, z INT); INSERT INTO item VALUES (1, 5)')
  expect(item.get(1)).toEqual({ id: 1, z: 5 })
})
