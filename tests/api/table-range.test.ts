// table.range(): rows of a key interval in order, forwards and backwards, as objects and as Arrow.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb, numbersDb } from './shop.ts'

const ids = (rows: Iterable<Record<string, unknown>>): unknown[] => [...rows].map(row => row['id'])

test('bounds, limit, reverse', async () => {
  const db = await memoryDb(SHOP)
  const item = db.table('item')
  expect(ids(item.range())).toEqual([1, 2, 3])
  expect(ids(item.range({ gt: 1 }))).toEqual([2, 3])
  expect(ids(item.range({ gte: 2, lt: 3 }))).toEqual([2])
  expect(ids(item.range({ lte: 2, reverse: true }))).toEqual([2, 1])
  expect(ids(item.range({ limit: 2, reverse: true }))).toEqual([3, 2])
  expect(ids(item.range({ limit: 0 }))).toEqual([])
  expect(ids(item.range({ gt: 3, lt: 1 }))).toEqual([])
  expect([...item.range({ gte: 1, lte: 1 })]).toEqual(
    [{ id: 1, name: 'pen', price: '1.20', at: new Date('2024-01-02T03:04:05Z') }]
  )
})

test('a table with updates, deletions and many windows, against a filter', async () => {
  const db = await numbersDb(20_000)
  db.exec('DELETE FROM numbers WHERE id % 3 = 0; UPDATE numbers SET half = 0 WHERE id % 5 = 0')
  db.exec('INSERT INTO numbers (id, name) VALUES (-5, \'first\'), (30000, \'last\')')
  const table = db.table('numbers')
  const all = db.prepare('SELECT * FROM numbers ORDER BY id').all()
  for (
    const [gte, lt, limit] of [
      [-10, 50_000, 1e9], [5000, 15_001, 1e9], [8190, 16_400, 3000], [19_999, 40_000, 5], [0, 9000, 8192],
    ] as const
  ) {
    const wanted = all.filter(row => (row['id'] as number) >= gte && (row['id'] as number) < lt)
    expect(table.range({ gte, lt, limit }).all()).toEqual(wanted.slice(0, limit))
    expect(table.range({ gte, lt, limit, reverse: true }).all()).toEqual(wanted.slice().reverse().slice(0, limit))
    const arrow = table.range({ gte, lt, limit, reverse: true }).arrow()
    expect(Array.from(arrow.getChild('id')!)).toEqual(wanted.slice().reverse().slice(0, limit).map(row => row['id']))
  }
})

test('composite keys and prefixes, text keys', async () => {
  const db = await memoryDb(`CREATE TABLE p (a INT, b TEXT, PRIMARY KEY (a, b));
    INSERT INTO p VALUES (1, 'x'), (1, 'y'), (2, 'x'), (2, 'z'), (3, 'a'); CREATE TABLE w (id TEXT PRIMARY KEY);
    INSERT INTO w VALUES ('a'), ('é'), ('z'), ('😀'), ('～')`)
  const pairs = (options: object): unknown[] => [...db.table('p').range(options)].map(
    row => Object.values(row).join('')
  )
  expect(pairs({ gte: [2], lt: [3] })).toEqual(['2x', '2z'])
  expect(pairs({ gt: [1, 'x'], lte: [2, 'x'] })).toEqual(['1y', '2x'])
  expect(pairs({ lte: [1] })).toEqual(['1x', '1y'])
  expect(pairs({ gt: [1] })).toEqual(['2x', '2z', '3a'])
  expect(pairs({ lt: [2], reverse: true })).toEqual(['1y', '1x'])
  expect(ids(db.table('w').range())).toEqual(['a', 'z', 'é', '～', '😀'])
  expect(ids(db.table('w').range({ gt: 'a', lt: 'é' }))).toEqual(['z'])
})

test('keeps its snapshot and releases it', async () => {
  const db = await numbersDb(1000)
  const seen: unknown[] = []
  let during = 0
  for (const row of db.table('numbers').range({ gte: 10 })) {
    if (seen.length === 0) {
      db.exec('DELETE FROM numbers')
      during = db.stats().transactions.openSnapshots
    }
    seen.push(row['id'])
    if (seen.length === 5) break
  }
  expect(seen).toEqual([10, 11, 12, 13, 14])
  expect(db.stats().transactions.openSnapshots).toBeLessThan(during)
})

test('sees the open transaction', async () => {
  const db = await memoryDb(SHOP)
  db.exec("BEGIN; DELETE FROM item WHERE id = 2; INSERT INTO item VALUES (0, 'zero', 1, NULL)")
  expect(ids(db.table('item').range())).toEqual([0, 1, 3])
  db.exec('ROLLBACK')
  expect(ids(db.table('item').range())).toEqual([1, 2, 3])
})

test('options are checked', async () => {
  const db = await memoryDb(`${SHOP} CREATE TABLE log (line TEXT); INSERT INTO log VALUES ('a')`)
  const item = db.table('item')
  expect(errorOf(() => item.range({ gtt: 1 } as object)).hint).toContain('gt')
  expect(errorOf(() => item.range({ gt: 1, gte: 1 })).code).toBe('22023')
  expect(errorOf(() => item.range({ limit: -1 })).code).toBe('22023')
  expect(errorOf(() => item.range({ gt: 'x' })).code).toBe('22P02')
  expect(errorOf(() => item.range({ gt: [1, 2] })).code).toBe('22023')
  expect(errorOf(() => db.table('log').range({ gt: 1 })).code).toBe('42809')
  expect([...db.table('log').range()]).toEqual([{ line: 'a' }])
})
