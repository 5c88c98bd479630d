// table.append(): columns or an Arrow table, atomically, with the three ways to treat existing keys.
import { tableFromArrays } from 'apache-arrow'
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb, numbersDb } from './shop.ts'

test('typed and plain arrays, missing columns take their defaults', async () => {
  const db = await memoryDb(
    "CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT DEFAULT 'd', b DECIMAL(8,2), c DATE, d BOOLEAN, e DOUBLE PRECISION)"
  )
  const table = db.table('t')
  expect(
    table.append(
      {
        id: [3, 1n, '2'], b: ['1.5', null, 2], c: ['2024-01-01', null, new Date(0)], d: [true, false, null],
        e: Float64Array.of(-0, NaN, 1),
      }
    )
  ).toBe(3)
  expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual([
    [1, 'd', null, null, false, NaN], [2, 'd', '2.00', '1970-01-01', null, 1], [3, 'd', '1.50', '2024-01-01', true, 0],
  ])
  expect(Object.is(table.get(3)!['e'], 0)).toBe(true)
  expect(table.append({ id: BigInt64Array.of(9007199254740993n), e: Int32Array.of(7) })).toBe(1)
  expect(table.get(9007199254740993n)).toMatchObject({ id: 9007199254740993n, e: 7 })
  expect(table.append({})).toBe(0)
})

test('unsorted input of many rows', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, n INT)')
  const ids = Int32Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5000)
  db.table('t').append({ id: ids, n: ids.map(id => id * 2) })
  expect(
    db.prepare('SELECT count(*) AS c, min(n) AS lo, max(n) AS hi, sum(id) AS s FROM t').get()
  ).toEqual({ c: 5000, lo: 0, hi: 9998, s: 12_497_500 })
  expect(db.table('t').get(4321)).toEqual({ id: 4321, n: 8642 })
})

test.each([10, 3000])('existing keys among %i rows: error, skip, replace', async rows => {
  const db = await numbersDb(rows)
  const table = db.table('numbers')
  const id = Int32Array.from({ length: rows }, (_, i) => i + rows - 5)
  const data = { id, name: Array.from(id, () => 'new') }
  expect(errorOf(() => table.append(data)).code).toBe('23505')
  expect(db.prepare('SELECT count(*) AS n FROM numbers').get()).toEqual({ n: rows })
  expect(table.append(data, { onConflict: 'skip' })).toBe(rows - 5)
  expect(table.get(rows - 5)!['name']).not.toBe('new')
  expect(table.append(data, { onConflict: 'replace' })).toBe(rows)
  expect(table.get(rows - 5)!['name']).toBe('new')
  expect(db.prepare('SELECT count(*) AS n FROM numbers').get()).toEqual({ n: 2 * rows - 5 })
})

test('duplicates inside the input are 23505', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.table('item').append({ id: [10, 10], name: ['a', 'b'] })).code).toBe('23505')
  expect(db.table('item').has(10)).toBe(false)
})

test('an Arrow table', async () => {
  const db = await memoryDb('CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, x REAL)')
  const count = db.table('t').append(
    tableFromArrays({ id: Int32Array.of(2, 1), name: ['b', 'a'], x: Float64Array.of(0.5, 1.5) })
  )
  expect(count).toBe(2)
  expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual([[1, 'a', 1.5], [2, 'b', 0.5]])
  const copy = await memoryDb('CREATE TABLE u (id BIGINT PRIMARY KEY, name TEXT, x REAL)')
  copy.table('u').append(db.prepare('SELECT * FROM t').arrow())
  expect(copy.prepare('SELECT * FROM u ORDER BY id').raw()).toEqual([[1, 'a', 1.5], [2, 'b', 0.5]])
})

test('joins an open transaction', async () => {
  const db = await memoryDb(SHOP)
  db.exec('BEGIN')
  expect(db.table('item').append({ id: [10, 11], name: ['a', 'b'] })).toBe(2)
  db.exec('ROLLBACK')
  expect(db.table('item').has(10)).toBe(false)
})

test.each([
  [{ id: [1, 2], name: ['a'] }, '22023', '1 values'], [{ id: [10], nmae: ['a'] }, '42703', 'nmae'],
  [{ id: ['x'], name: ['a'] }, '22P02', 'column "id", row 0'],
  [{ id: [10, 11], name: ['a', null] }, '23502', 'name'],
  [{ id: Float64Array.of(1.5), name: ['a'] }, '22P02', 'row 0'], [{ name: ['a'] }, '23502', 'id'],
  [{ id: [10], name: ['\ud800'] }, '22021', 'surrogate'],
  [{ id: [10], name: ['a'], price: [1e20] }, '22003', 'row 0'], [null, '22023', 'append takes'],
  [{ id: 5, name: 6 }, '22023', 'must be an array'],
])('%j is %s', async (data, code, words) => {
  const db = await memoryDb(SHOP)
  const error = errorOf(() => db.table('item').append(data as never))
  expect([error.code, error.message.includes(words)], error.message).toEqual([code, true])
  expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 3 })
})

test('options are checked', async () => {
  const db = await memoryDb(SHOP)
  expect(errorOf(() => db.table('item').append({}, { onConfict: 'skip' } as object)).hint).toContain('onConflict')
  expect(errorOf(() => db.table('item').append({}, { onConflict: 'ignore' as never })).code).toBe('22023')
})
