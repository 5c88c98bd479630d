// table.put(): insert or replace one row.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb } from './shop.ts'

test('inserts, then updates', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  expect(item.put({ id: 7, name: 'new', price: 1.5, at: new Date(0) })).toBe('inserted')
  expect(item.put({ id: 7, name: 'newer' })).toBe('updated')
  expect(item.get(7)).toEqual({ id: 7, name: 'newer', price: null, at: null })
})

test('defaults fill what is missing, undefined and null are NULL', async () => {
  const db = await memoryDb(
    "CREATE TABLE t (id INT PRIMARY KEY, a TEXT DEFAULT 'x' || 'y', b TIMESTAMPTZ DEFAULT now())"
  )
  const table = db.table('t')
  table.put({ id: 1 })
  table.put({ id: 2, a: undefined, b: null })
  expect(table.get(1)!['a']).toBe('xy')
  expect(Math.abs((table.get(1)!['b'] as Date).getTime() - Date.now())).toBeLessThan(60_000)
  expect(table.get(2)).toEqual({ id: 2, a: null, b: null })
})

test('a table without a key only grows', async () => {
  const db = await memoryDb('CREATE TABLE log (line TEXT)')
  expect([db.table('log').put({ line: 'a' }), db.table('log').put({ line: 'a' })]).toEqual(['inserted', 'inserted'])
  expect(db.prepare('SELECT * FROM log').all()).toEqual([{ line: 'a' }, { line: 'a' }])
})

test('errors name the column and change nothing', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  expect(errorOf(() => item.put({ id: 8, nmae: 'x' }))).toMatchObject({ code: '42703', hint: 'Did you mean "name"?' })
  expect(errorOf(() => item.put({ id: 8, name: 'x', price: 'abc' })).message).toContain('column "price"')
  expect(errorOf(() => item.put({ id: 8 })).code).toBe('23502')
  expect(errorOf(() => item.put({ name: 'x' })).code).toBe('23502')
  expect(errorOf(() => item.put(null as never)).code).toBe('22023')
  expect(item.has(8)).toBe(false)
})

test('joins an open transaction', async () => {
  const db = await memoryDb(SHOP)
  db.exec('BEGIN')
  db.table('item').put({ id: 1, name: 'changed' })
  expect(db.table('item').get(1)!['name']).toBe('changed')
  db.exec('ROLLBACK')
  expect(db.table('item').get(1)!['name']).toBe('pen')
})
