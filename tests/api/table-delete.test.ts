// table.delete(): removes one row by key.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb, numbersDb } from './shop.ts'

test('true when there was a row', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  expect([item.delete(1), item.delete(1), item.delete(null), item.has(1)]).toEqual([true, false, false, false])
  expect(errorOf(() => item.delete('x')).code).toBe('22P02')
})

test('every second row of many', async () => {
  const db = await numbersDb(500)
  const table = db.table('numbers')
  db.transaction(() => { for (let id = 0; id < 500; id += 2) expect(table.delete(id)).toBe(true) })
  expect(db.prepare('SELECT count(*) AS n, min(id) AS least FROM numbers').get()).toEqual({ n: 250, least: 1 })
})
