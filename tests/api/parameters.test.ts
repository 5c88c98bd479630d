// Parameters in every spelling, their conversion, and the errors that name them.
import { expect, test } from 'vitest'
import { SHOP, errorOf, memoryDb } from './shop.ts'

test.each([
  ['SELECT name FROM item WHERE id = $1 AND price > $2', [1, 1]],
  ['SELECT name FROM item WHERE id = ? AND price > ?', [1, '1']],
  ['SELECT name FROM item WHERE id = ?1 AND price > ?2', [1n, 1.1]],
  ['SELECT name FROM item WHERE id = :id AND price > :min', { id: 1, min: 0 }],
  ['SELECT name FROM item WHERE id = @id AND price > @min', { id: '1', min: '1.19' }],
  ['SELECT name FROM item WHERE id = :id AND price > :min', [1, 1]],
])('%s', async (sql, parameters) => {
  const db = await memoryDb(SHOP)
  expect(db.prepare(sql).raw(parameters as never)).toEqual([['pen']])
})

test.each([
  ['SELECT ?', [], '42P02', 'has 1 parameters'], ['SELECT ?', [1, 2], '42P02', 'has 1 parameters'],
  ['SELECT :a', { b: 1 }, '42P02', 'no parameter "b"'],
  ['SELECT :a', {}, '42P02', 'no value for parameter "a"'], ['SELECT ?', { a: 1 }, '42P02', 'no parameter "a"'],
  ['SELECT ?', 5, '42P02', 'as number'],
  ['SELECT id FROM item WHERE id = ?', ['x'], '22P02', 'parameter $1'],
  ['SELECT id FROM item WHERE id = :key', { key: 1.5 }, '22P02', 'parameter key'],
  ['SELECT ?::int', [3000000000], '22003', 'parameter $1'],
  ['SELECT id FROM item WHERE id = ?', [true], '42804', 'parameter $1'],
  ['INSERT INTO item VALUES (?, ?, NULL, NULL)', [9, '\ud800'], '22021', 'parameter $2'],
  ['SELECT id FROM item WHERE id = ?', [2 ** 60], '22003', 'bigint'],
  ['SELECT * FROM item LIMIT ?', [-1], '2201W', ''],
])('%s with %j is %s', async (sql, parameters, code, words) => {
  const db = await memoryDb(SHOP)
  const error = errorOf(() => db.prepare(sql).all(parameters as never))
  expect(error.code, error.message).toBe(code)
  expect(error.message).toContain(words)
})

test('undefined and null are NULL', async () => {
  const db = await memoryDb(SHOP)
  expect(
    db.prepare('SELECT ?::int IS NULL AS a, ?::text IS NULL AS b').get([undefined, null])
  ).toEqual({ a: true, b: true })
  expect(db.prepare('SELECT * FROM item WHERE id = ?').get([null])).toBeUndefined()
})

test('a decimal with more digits than the column is compared exactly, not rounded', async () => {
  const db = await memoryDb(SHOP)
  const equal = db.prepare('SELECT count(*) AS n FROM item WHERE price = ?')
  expect(
    [equal.get(['1.20']), equal.get(['1.204']), equal.get([1.2]), equal.get(['1e30'])].map(row => row!['n'])
  ).toEqual([1, 0, 1, 0])
  const less = db.prepare('SELECT count(*) AS n FROM item WHERE price < ?')
  expect([less.get(['1.2001']), less.get(['1.2']), less.get(['1e20'])].map(row => row!['n'])).toEqual([1, 0, 2])
})

test('limit and offset', async () => {
  const db = await memoryDb(SHOP)
  expect(db.prepare('SELECT id FROM item ORDER BY id LIMIT ? OFFSET ?').raw([1, 1])).toEqual([[2]])
  expect(db.prepare('SELECT id FROM item ORDER BY id LIMIT ?').raw([null])).toHaveLength(3)
})

test('what nothing decides is text', async () => {
  const db = await memoryDb()
  expect(db.prepare('SELECT ? AS x').get(['5'])).toEqual({ x: '5' })
  expect(errorOf(() => db.prepare('SELECT ? AS x').get([5])).code).toBe('42804')
})
