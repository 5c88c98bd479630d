// The table of SQL types and JavaScript values: in, out, and the options that change what comes out.
import { expect, test } from 'vitest'
import { errorOf, memoryDb } from './shop.ts'

test.each([
  ['BOOLEAN', true, true], ['BOOLEAN', 'no', false], ['SMALLINT', -32768, -32768],
  ['INTEGER', 2147483647, 2147483647], ['BIGINT', 5n, 5],
  ['BIGINT', 9223372036854775807n, 9223372036854775807n], ['BIGINT', '-9223372036854775808', -9223372036854775808n],
  ['REAL', 0.1, Math.fround(0.1)],
  ['DOUBLE PRECISION', 0.1, 0.1], ['DOUBLE PRECISION', NaN, NaN], ['DOUBLE PRECISION', -Infinity, -Infinity],
  ['DECIMAL(10,2)', 1.005, '1.01'],
  ['DECIMAL(10,2)', '-0.004', '0.00'],
  ['DECIMAL(38,10)', '1234567890123456789012345678.0123456789', '1234567890123456789012345678.0123456789'],
  ['DATE', '2024-02-29', '2024-02-29'], ['DATE', new Date('1969-12-31T23:00:00Z'), '1969-12-31'],
  ['TIME', '23:59:59.999999', '23:59:59.999999'],
  ['TIMESTAMP', new Date(-1), new Date(-1)],
  ['TIMESTAMP', '2024-01-01 00:00:00.123456', new Date('2024-01-01T00:00:00.123Z')],
  ['TIMESTAMPTZ', '2024-01-01 02:00:00+02', new Date('2024-01-01T00:00:00Z')],
  ['INTERVAL', '1 year 2 days 3 hours', '1 year 2 days 03:00:00'],
  ['TEXT', 'é😀\0x', 'é😀\0x'], ['TEXT', '', ''], ['VARCHAR(4)', 'abcd', 'abcd'],
  ['BYTEA', Uint8Array.of(0, 255), Uint8Array.of(0, 255)], ['BYTEA', '\\x00ff', Uint8Array.of(0, 255)],
  ['UUID', '123E4567-E89B-12D3-A456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
  ['JSON', '{"a": [1]}', '{"a": [1]}'],
])('%s: %o comes back as %o', async (type, value, out) => {
  const db = await memoryDb(`CREATE TABLE t (id INT PRIMARY KEY, v ${type})`)
  const add = db.prepare('INSERT INTO t VALUES ($1, $2)')
  add.run([1, value])
  add.run([2, null])
  for (const round of ['delta', 'base']) {
    expect(db.table('t').get(1)!['v'], round).toEqual(out)
    expect(db.prepare('SELECT v FROM t ORDER BY id').raw(), round).toEqual([[out], [null]])
    expect(db.prepare('SELECT v FROM t WHERE id = ?').get([2]), round).toEqual({ v: null })
    expect(db.table('t').put({ id: 1, v: db.table('t').get(1)!['v'] }), round).toBe('updated')
    db.checkpoint()
  }
})

test('options', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, l BIGINT, m DECIMAL(9,3), s TIMESTAMP, ' +
    'z TIMESTAMPTZ);' +
    "INSERT INTO t VALUES (1, 5, 1.5, '2024-01-01 00:00:00.000001', '2024-01-01 00:00:00+00')," +
    "(2, 9007199254740993, 0, NULL, NULL)")
  const row = (options: object, id = 1): unknown => {
    const [first] = db.prepare('SELECT l, m, s, z FROM t WHERE id + 0 = ?', options).raw([id])
    return first
  }
  expect(
    row({ int64: 'bigint', decimals: 'number', timestamps: 'string' })
  ).toEqual([5n, 1.5, '2024-01-01 00:00:00.000001', '2024-01-01 00:00:00+00'])
  expect(
    row({ int64: 'string', decimals: 'string', timestamps: 'bigint' })
  ).toEqual(['5', '1.500', 1_704_067_200_000_001n, 1_704_067_200_000_000n])
  expect(row({ int64: 'number' })).toEqual(
    [5, '1.500', new Date('2024-01-01T00:00:00Z'), new Date('2024-01-01T00:00:00Z')]
  )
  expect(errorOf(() => row({ int64: 'number' }, 2)).code).toBe('22003')
})
