// statement.arrow(): an apache-arrow Table of the documented types, in buffers of its own.
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import { memoryDb, numbersDb } from './shop.ts'

const EVERY = `CREATE TABLE every (id INT PRIMARY KEY, b BOOLEAN, s SMALLINT, l BIGINT, r REAL, d DOUBLE PRECISION,
  m DECIMAL(10,2),
  w DECIMAL(30,3), dt DATE, tm TIME, ts TIMESTAMP, tz TIMESTAMPTZ, iv INTERVAL, x TEXT, y BYTEA, u UUID, j JSON);
  INSERT INTO every VALUES (1, true, -5, 9007199254740993, 1.5, -2.25, -12.34, 123456789012345678901234567.891,
    '2024-02-29', '12:34:56.789',
    '2024-02-29 12:34:56.789012', '1969-12-31 23:59:59+00', '1 mon 2 days 03:00:00', 'é😀', '\\x00ff',
    '123e4567-e89b-12d3-a456-426614174000', '{"a":1}');
  INSERT INTO every (id) VALUES (2)`

test('types of the schema', async () => {
  const db = await memoryDb(EVERY)
  const table = db.prepare('SELECT * FROM every ORDER BY id').arrow()
  expect(table.schema.fields.map(field => `${field.name} ${String(field.type)}`)).toEqual([
    'id Int32', 'b Bool', 's Int16', 'l Int64', 'r Float32', 'd Float64', 'm Decimal[10e+2]', 'w Decimal[30e+3]',
    'dt Date32<DAY>',
    'tm Time64<MICROSECOND>', 'ts Timestamp<MICROSECOND>', 'tz Timestamp<MICROSECOND, UTC>',
    'iv Interval<MONTH_DAY_NANO>', 'x Utf8',
    'y Binary', 'u FixedSizeBinary[16]', 'j Utf8',
  ])
})

test('values survive the way through IPC, NULLs too', async () => {
  const db = await memoryDb(EVERY)
  const own = db.prepare('SELECT * FROM every ORDER BY id').arrow()
  const table = tableFromIPC(tableToIPC(own, 'stream'))
  const value = (name: string): unknown => table.getChild(name)!.get(0)
  expect([value('b'), value('s'), value('l'), value('r'), value('d'), value('x'), value('j')]).toEqual(
    [true, -5, 9007199254740993n, 1.5, -2.25, 'é😀', '{"a":1}'])
  expect(Array.from(value('y') as Uint8Array)).toEqual([0, 255])
  expect(Buffer.from(value('u') as Uint8Array).toString('hex')).toBe('123e4567e89b12d3a456426614174000')
  expect(Array.from(value('m') as Uint32Array).map(word => word | 0)).toEqual([-1234, -1, -1, -1])
  expect(value('tm')).toBe(45_296_789_000n)
  expect(Number(value('dt'))).toBe(Date.UTC(2024, 1, 29))
  expect(own.getChild('ts')!.data[0]!.values[0]).toBe(BigInt(Date.UTC(2024, 1, 29, 12, 34, 56)) * 1000n + 789012n)
  expect(own.getChild('tz')!.data[0]!.values[0]).toBe(-1_000_000n)
  for (const field of table.schema.fields.slice(1)) expect(table.getChild(field.name)!.get(1)).toBeNull()
})

test('many rows equal the rows of all()', async () => {
  const db = await numbersDb(20_000)
  db.exec('UPDATE numbers SET half = NULL, name = \'changed\' WHERE n = 2; DELETE FROM numbers WHERE n = 3')
  const statement = db.prepare('SELECT id, n, name, half FROM numbers WHERE id % 3 = 0')
  expect(statement.arrow().toArray().map(row => ({ ...row?.toJSON() }))).toEqual(statement.all())
})

test('repeating text is dictionary-coded unless asked otherwise', async () => {
  const db = await numbersDb(5000)
  db.checkpoint()
  const coded = db.prepare('SELECT name FROM numbers').arrow()
  const plain = db.prepare('SELECT name FROM numbers', { dictionary: false }).arrow()
  expect(String(plain.schema.fields[0]!.type)).toBe('Utf8')
  expect(Array.from(coded.getChild('name')!)).toEqual(Array.from(plain.getChild('name')!))
})

test('columns of one name keep their types', async () => {
  const db = await memoryDb()
  const table = db.prepare("SELECT 1 AS a, 'x' AS a, 2.5 AS a").arrow()
  expect(table.schema.fields.map(field => `${field.name} ${String(field.type)}`)).toEqual(
    ['a Int32', 'a Utf8', 'a Decimal[2e+1]'])
  expect([table.getChildAt(0)!.get(0), table.getChildAt(1)!.get(0)]).toEqual([1, 'x'])
})

test('empty results and statements without rows have a schema', async () => {
  const db = await numbersDb(10)
  const table = db.prepare('SELECT id, name FROM numbers WHERE id > 100').arrow()
  expect([table.numRows, table.schema.names]).toEqual([0, ['id', 'name']])
  expect(db.prepare('DELETE FROM numbers').arrow().numCols).toBe(0)
})

test('what was returned stays valid after close', async () => {
  const db = await numbersDb(3000)
  const table = db.prepare('SELECT * FROM numbers').arrow()
  const copy = structuredClone(table.batches[0]!.data.children[0]!.values)
  db.close()
  expect(table.batches[0]!.data.children[0]!.values).toEqual(copy)
  expect(table.getChild('id')!.get(2999)).toBe(2999)
})
