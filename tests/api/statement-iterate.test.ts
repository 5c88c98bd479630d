// statement.iterate(): rows one by one at the snapshot of the start; ending early releases everything.
import { expect, test } from 'vitest'
import { errorOf, numbersDb } from './shop.ts'

test('keeps its snapshot while rows change', async () => {
  const db = await numbersDb(10_000)
  let count = 0
  for (const row of db.prepare('SELECT id, half FROM numbers').iterate()) {
    if (count === 0) db.exec('DELETE FROM numbers WHERE id > 100; UPDATE numbers SET half = 0')
    if (count === 1) db.checkpoint()
    expect(row).toEqual({ id: count, half: count / 2 })
    count++
  }
  expect(count).toBe(10_000)
  expect(db.prepare('SELECT count(*) AS n FROM numbers').get()).toEqual({ n: 101 })
})

test('breaking out releases the snapshot', async () => {
  const db = await numbersDb(100)
  const before = db.stats().transactions.openSnapshots
  for (const row of db.prepare('SELECT id FROM numbers').iterate()) {
    expect(db.stats().transactions.openSnapshots).toBeGreaterThan(before)
    if (row['id'] === 5) break
  }
  expect(db.stats().transactions.openSnapshots).toBe(before)
})

test('two iterations of one statement do not disturb each other', async () => {
  const db = await numbersDb(300)
  const statement = db.prepare('SELECT id FROM numbers WHERE id >= ? ORDER BY id')
  const [a, b] = [statement.iterate([0]), statement.iterate([100])]
  for (let i = 0; i < 200; i++) expect([a.next().value, b.next().value]).toEqual([{ id: i }, { id: i + 100 }])
})

test('an error on the way has a code and a position', async () => {
  const db = await numbersDb(100)
  const rows = db.prepare('SELECT 10 / (id - 50) AS x FROM numbers').iterate()
  expect(errorOf(() => [...rows]).code).toBe('22012')
})
