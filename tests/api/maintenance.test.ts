// checkpoint(), verify(), stats() and PRAGMA.
import { expect, test } from 'vitest'
import { SHOP, errorOf, freshPath, memoryDb, numbersDb, openDb } from './shop.ts'

test('checkpoint moves commits into pages', async () => {
  const db = await openDb(freshPath(), SHOP)
  const before = db.stats().file.checkpoints
  db.exec('DELETE FROM item WHERE id = 1')
  db.checkpoint()
  expect(db.stats().file.checkpoints).toBeGreaterThan(before)
  db.exec('BEGIN')
  expect(errorOf(() => db.checkpoint()).code).toBe('25001')
})

test('verify finds a healthy database healthy', async () => {
  const db = await numbersDb(5000)
  db.exec('DELETE FROM numbers WHERE n = 1; UPDATE numbers SET half = 3 WHERE n = 2')
  expect(db.verify().problems).toEqual([])
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ name: 'integrity_check', value: 'ok' })
})

test('stats count', async () => {
  const db = await openDb(freshPath(), SHOP)
  const before = db.stats()
  db.exec("INSERT INTO item VALUES (50, 'x', 1, NULL)")
  const after = db.stats()
  expect(after.transactions.commits - before.transactions.commits).toBe(1)
  expect(after.wal.bytes).toBeGreaterThan(0)
  expect(after.tables).toMatchObject([{ name: 'item', rows: 4 }])
})

test('pragmas are rows of name and value', async () => {
  const db = await memoryDb(SHOP)
  const info = new Map(db.prepare('PRAGMA storage_info').raw() as [string, string][])
  expect(info.get('table.item')).toContain('3 rows')
  expect(Number(info.get('pool.frames'))).toBeGreaterThanOrEqual(0)
  expect(new Map(db.prepare('PRAGMA storage_info(item)').raw() as [string, string][]).get('rows')).toBe('3')
  expect(db.prepare('PRAGMA synchronous').raw()).toEqual([['synchronous', 'full']])
  expect(db.prepare('PRAGMA wal_checkpoint').get()).toEqual({ name: 'wal_checkpoint', value: 'ok' })
  expect(errorOf(() => db.exec('PRAGMA storage_inf')).hint).toBe('Did you mean "storage_info"?')
  expect(errorOf(() => db.exec('PRAGMA synchronous = off')).code).toBe('0A000')
  expect(errorOf(() => db.exec('PRAGMA storage_info = nothing')).code).toBe('42P01')
})

test('show tables and describe', async () => {
  const db = await memoryDb(`${SHOP} CREATE TABLE log (line TEXT DEFAULT 'x')`)
  expect(db.prepare('SHOW TABLES').all()).toEqual(
    [{ name: 'item', rows: 3, key: 'id' }, { name: 'log', rows: 0, key: '' }]
  )
  expect(db.prepare('DESCRIBE item').raw()[2]).toEqual(['price', 'decimal(12,2)', true, null, null])
  expect(db.prepare('DESCRIBE log').all()).toEqual(
    [{ column: 'line', type: 'text', nullable: true, key: null, default: "'x'" }]
  )
})
