// statement.raw(): every row as an array, so that duplicate names survive.
import { expect, test } from 'vitest'
import { SHOP, memoryDb } from './shop.ts'

test('arrays in column order', async () => {
  const db = await memoryDb(SHOP)
  expect(
    db.prepare('SELECT 1 AS a, name, 2 AS a FROM item ORDER BY id LIMIT 2').raw()
  ).toEqual([[1, 'pen', 2], [1, 'ink', 2]])
  expect(
    db.prepare('SELECT a.id, b.id FROM item a JOIN item b ON a.id = b.id + 1 ORDER BY 1').raw()
  ).toEqual([[2, 1], [3, 2]])
})
