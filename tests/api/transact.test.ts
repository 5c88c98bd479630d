// db.transact(): runs now, resolves when durable; those in flight share syncs.
import { expect, test } from 'vitest'
import { SHOP, freshPath, memoryDb, openDb, rejectionOf } from './shop.ts'

test('the body has run when transact returns, the value comes when it is durable', async () => {
  const path = freshPath()
  const db = await openDb(path, SHOP)
  const promise = db.transact(() => db.prepare('DELETE FROM item WHERE id = 1').run().changes)
  expect(db.table('item').has(1)).toBe(false)
  expect(await promise).toBe(1)
  db.close()
  expect((await openDb(path)).table('item').has(1)).toBe(false)
})

test('many in flight share one sync', async () => {
  const db = await openDb(freshPath(), SHOP, { checkpointEvery: 0, mergeEveryCommit: false })
  const add = db.prepare('INSERT INTO item VALUES (?, ?, NULL, NULL)')
  const before = db.stats().wal
  await Promise.all(Array.from({ length: 200 }, (_, i) => db.transact(() => add.run([100 + i, 'x']))))
  const after = db.stats().wal
  expect(after.commits - before.commits).toBe(200)
  expect(after.syncs - before.syncs).toBeLessThan(100)
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 203 })
})

test('an error rejects and rolls back', async () => {
  const db = await memoryDb(SHOP)
  await expect(db.transact(() => {
    db.exec('DELETE FROM item')
    throw new RangeError('mine')
  })).rejects.toThrow(RangeError)
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
  expect((await rejectionOf(db.transact(async () => undefined))).code).toBe('22023')
  db.exec('BEGIN')
  expect((await rejectionOf(db.transact(() => undefined))).code).toBe('25001')
})
