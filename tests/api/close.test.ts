// close(): afterwards 55000; running results may end first or are cancelled.
import { expect, test } from 'vitest'
import { SHOP, errorOf, freshPath, memoryDb, numbersDb, openDb, rejectionOf } from './shop.ts'

test('every call after close is 55000, closing again is nothing', async () => {
  const db = await memoryDb(SHOP)
  const statement = db.prepare('SELECT * FROM item WHERE id = ?')
  statement.get([1])
  const item = db.table('item')
  db.close()
  db.close()
  expect(db.isOpen).toBe(false)
  for (const run of [
    () => db.exec('SELECT 1'), () => db.prepare('SELECT 1'), () => db.table('item'), () => db.stats(),
    () => db.verify(), () => db.checkpoint(),
    () => db.transaction(() => 1), () => statement.get([1]), () => statement.all([1]), () => statement.run([1]),
    () => statement.arrow([1]),
    () => [...statement.iterate([1])], () => item.get(1), () => item.put({ id: 1, name: 'x' }), () => item.range(),
    () => item.append({ id: [1] }), () => item.has(1),
  ]) expect(errorOf(run).code).toBe('55000')
  expect((await rejectionOf(db.transact(() => 1))).code).toBe('55000')
})

test('a running iterator ends first', async () => {
  const db = await numbersDb(10_000)
  const rows = db.prepare('SELECT id FROM numbers').iterate()
  rows.next()
  db.close()
  expect(errorOf(() => db.exec('SELECT 1')).code).toBe('55000')
  let count = 1
  for (const row of rows) expect(row['id']).toBe(count++)
  expect(count).toBe(10_000)
})

test('force cancels a running iterator with 57014', async () => {
  const db = await numbersDb(50_000)
  const rows = db.prepare('SELECT id FROM numbers').iterate()
  rows.next()
  db.close({ force: true })
  expect(errorOf(() => [...rows]).code).toBe('57014')
})

test('an open transaction is rolled back', async () => {
  const path = freshPath()
  const db = await openDb(path, SHOP)
  db.exec('BEGIN; DELETE FROM item')
  db.close()
  expect((await openDb(path)).prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
})

test('many databases one after another', async () => {
  for (let i = 0; i < 20; i++) {
    const db = await memoryDb(SHOP)
    expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
    db.close()
  }
})
