// db.exec(): many statements, counts, the first error ends it.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb } from './shop.ts'

test('runs statements in order and counts changes', async () => {
  const db = await memoryDb()
  expect(db.exec(SHOP)).toEqual({ changes: 3 })
  expect(db.exec("UPDATE item SET price = 1; DELETE FROM item WHERE id > 2; SELECT 1")).toEqual({ changes: 4 })
  expect(db.exec('')).toEqual({ changes: 0 })
})

test('a later statement sees what an earlier one made', async () => {
  const db = await memoryDb()
  db.exec('CREATE TABLE a (x INT PRIMARY KEY); INSERT INTO a VALUES (1); ' +
    'CREATE TABLE b (x INT PRIMARY KEY); INSERT INTO b SELECT x + 1 FROM a')
  expect(db.prepare('SELECT x FROM b').raw()).toEqual([[2]])
})

test('the first error ends it; what came before stays', async () => {
  const db = await memoryDb(SHOP)
  const error = errorOf(() => db.exec("DELETE FROM item WHERE id = 1;\nDELETE FROM itme;\nDELETE FROM item"))
  expect(error).toMatchObject({ code: '42P01', line: 2, column: 13, hint: 'Did you mean "item"?' })
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 2 })
})

test('a syntax error anywhere runs nothing and shows the caret', async () => {
  const db = await memoryDb(SHOP)
  const error = errorOf(() => db.exec('DELETE FROM item; SELECT * FORM item WHERE x'))
  expect(error).toMatchObject({ code: '42601', line: 1 })
  expect(error.message.split('\n')).toHaveLength(3)
  expect(error.message.split('\n')[2]!.indexOf('^')).toBe('LINE 1: '.length + error.column! - 1)
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
})

test('create and drop table', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.exec('CREATE TABLE item (a INT)')).code).toBe('42P07')
  db.exec('CREATE TABLE IF NOT EXISTS item (a INT); DROP TABLE item; DROP TABLE IF EXISTS item')
  expect(errorOf(() => db.exec('DROP TABLE item')).code).toBe('42P01')
  expect(errorOf(() => db.prepare('SELECT * FROM item')).code).toBe('42P01')
})

test('text must be a string', async () => {
  const db = await memoryDb()
  expect(errorOf(() => db.exec(5 as unknown as string)).code).toBe('22023')
})
