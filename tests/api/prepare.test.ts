// db.prepare(): one statement, its columns and parameters, its cache and its options.
import { expect, test } from 'vitest'
import { typeName } from '../../src/index.ts'
import { SHOP, errorOf, memoryDb } from './shop.ts'

test('columns and parameter types', async () => {
  const db = await memoryDb(SHOP)
  const statement = db.prepare('SELECT id, price * 2 AS twice FROM item WHERE name = ? AND at > ?')
  expect(statement.columns.map(c => [c.name, typeName(c.type)])).toEqual([['id', 'bigint'], ['twice', 'decimal(22,2)']])
  expect(statement.parameterTypes.map(typeName)).toEqual(['text', 'timestamp'])
  expect(statement.sql).toContain('twice')
  expect(db.prepare('DELETE FROM item').columns).toEqual([])
  expect(db.prepare('EXPLAIN SELECT 1').columns[0]!.name).toBe('QUERY PLAN')
})

test('several statements, or none, are refused', async () => {
  const db = await memoryDb()
  expect(errorOf(() => db.prepare('SELECT 1; SELECT 2')).code).toBe('42601')
  expect(errorOf(() => db.prepare('  -- nothing')).code).toBe('42601')
})

test('a prepared statement follows the catalogue', async () => {
  const db = await memoryDb(SHOP)
  const statement = db.prepare('SELECT * FROM item WHERE id = ?')
  expect(Object.keys(statement.get([1])!)).toEqual(['id', 'name', 'price', 'at'])
  db.exec('DROP TABLE item; CREATE TABLE item (id TEXT PRIMARY KEY, other INT)')
  expect(statement.get(['1'])).toBeUndefined()
  db.exec("INSERT INTO item VALUES ('1', 7)")
  expect(statement.get(['1'])).toEqual({ id: '1', other: 7 })
  expect(statement.get([1 as never === 1 ? '1' : '1'])).toEqual({ id: '1', other: 7 })
  db.exec('DROP TABLE item')
  expect(errorOf(() => statement.get(['1'])).code).toBe('42P01')
})

test('a plan made for an empty table is made anew when it has grown', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, n INT)')
  const statement = db.prepare('SELECT n FROM t WHERE id BETWEEN ? AND ?')
  expect(statement.raw([5, 6])).toEqual([])
  db.table('t').append(
    { id: Int32Array.from({ length: 3000 }, (_, i) => i), n: Int32Array.from({ length: 3000 }, (_, i) => i * 2) }
  )
  expect(statement.raw([5, 6])).toEqual([[10], [12]])
})

test('the same text is parsed once, options are per statement', async () => {
  const db = await memoryDb(SHOP)
  const sql = 'SELECT id, price FROM item WHERE id = 1'
  expect(db.prepare(sql).get()).toEqual({ id: 1, price: '1.20' })
  expect(db.prepare(sql, { int64: 'bigint', decimals: 'number' }).get()).toEqual({ id: 1n, price: 1.2 })
  expect(db.prepare(sql).get()).toEqual({ id: 1, price: '1.20' })
  expect(
    errorOf(() => db.prepare(sql, { int46: 'bigint' } as object))
  ).toMatchObject({ code: '22023', hint: 'Did you mean "int64"?' })
  expect(errorOf(() => db.prepare(sql, { int64: 'bigit' as never })).code).toBe('22023')
})
