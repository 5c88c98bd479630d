// statement.batches(): record batches one by one.
import { expect, test } from 'vitest'
import { numbersDb } from './shop.ts'

test('batches hold all rows in order and share a schema', async () => {
  const db = await numbersDb(20_000)
  let next = 0
  const schemas = new Set<unknown>()
  for (const batch of db.prepare('SELECT id, name FROM numbers ORDER BY id').batches()) {
    schemas.add(batch.schema.toString())
    for (const id of batch.getChild('id')!) expect(id).toBe(next++)
  }
  expect(next).toBe(20_000)
  expect(schemas.size).toBe(1)
})

test('ending early releases the snapshot', async () => {
  const db = await numbersDb(20_000)
  const before = db.stats().transactions.openSnapshots
  for (const batch of db.prepare('SELECT * FROM numbers').batches()) {
    expect(batch.numRows).toBeGreaterThan(0)
    break
  }
  expect(db.stats().transactions.openSnapshots).toBe(before)
})
