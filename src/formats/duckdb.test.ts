// Files exchanged with another engine: DuckDB writes Parquet and CSV that we read, and reads what we write.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, expect, test } from 'vitest'
import { formatScalar } from '../base/scalar-format.ts'
import {
  BIGINT, BOOLEAN, DATE, decimalType, DOUBLE, JSON_TYPE, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ, typeName, UUID,
    type ColumnSchema,
  type Scalar,
} from '../base/types.ts'
import { openSink } from './open-sink.ts'
import { openSource } from './open-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-duckdb-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function query(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const result = await connection.runAndReadAll(sql)
  const rows = result.getRowsJson()
  connection.closeSync()
  instance.closeSync()
  return rows
}

async function read(path: string): Promise<{ columns: string[]; rows: (string | null)[][] }> {
  const source = await openSource(path)
  const rows: (string | null)[][] = []
  for await (const batch of source.batches()) {
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(batch.columns.map((data, i) => {
        const value = data[row] as Scalar
        return value === null ? null : formatScalar(source.columns[i]!.type, value)
      }))
    }
  }
  await source.close()
  return { columns: source.columns.map(({ name, type }) => `${name} ${typeName(type)}`), rows }
}

const EVERYTHING = `SELECT i::BIGINT id, (i % 100)::TINYINT tiny, i::USMALLINT us, i::UINTEGER ui, i::UBIGINT ub,
  i / 8 AS d,
  (i / 8)::FLOAT f, (i * 1.01)::DECIMAL(9,2) m9, (i * 1.01)::DECIMAL(18,4) m18, (i * -1.01)::DECIMAL(38,6) m38,
  DATE '2020-01-01' + i::INTEGER AS day, TIME '00:00:01' + i * INTERVAL 1 MINUTE AS t,
    TIMESTAMP '1969-12-31 23:59:59.5' + i * INTERVAL 1 HOUR AS ts,
  TIMESTAMPTZ '2020-01-01 00:00:00+00' tz, CASE WHEN i % 3 = 0 THEN NULL ELSE 'text é ' || i END txt, i % 2 = 0 AS ok,
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS u, [i, i + 1] AS list, {'a': i, 'b': 'x'} AS struct
  FROM range(5) t(i)`

test.each(['snappy', 'zstd', 'gzip', 'lz4_raw', 'brotli', 'uncompressed'])('Parquet of DuckDB, %s', async (codec) => {
  const path = join(folder, `a-${codec}.parquet`)
  await query(`COPY (${EVERYTHING}) TO '${path}' (FORMAT parquet, COMPRESSION ${codec})`)
  const { columns, rows } = await read(path)
  expect(columns).toStrictEqual(['id bigint', 'tiny smallint', 'us integer', 'ui bigint', 'ub decimal(20,0)',
    'd double precision',
    'f real', 'm9 decimal(9,2)', 'm18 decimal(18,4)', 'm38 decimal(38,6)', 'day date', 't time', 'ts timestamp',
    'tz timestamp with time zone', 'txt text', 'ok boolean', 'u uuid', 'list json', 'struct json'])
  expect(rows[4]).toStrictEqual(['4', '4', '4', '4', '4', '0.5', '0.5', '4.04', '4.0400', '-4.040000', '2020-01-05',
    '00:04:01',
    '1970-01-01 03:59:59.5', '2020-01-01 00:00:00+00', 'text é 4', 't', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[4,5]',
    '{"a":4,"b":"x"}'])
  expect(rows.map((row) => row[14])).toStrictEqual([null, 'text é 1', 'text é 2', null, 'text é 4'])
})

test('several row groups, CSV of DuckDB', async () => {
  const parquet = join(folder, 'b.parquet')
  const csv = join(folder, 'b.csv')
  const rows = "SELECT i id, 'name ' || (i % 1000) AS name, i % 7 = 0 AS ok, i / 4 AS v FROM range(300000) t(i)"
  await query(`COPY (${rows}) TO '${parquet}' (FORMAT parquet, ROW_GROUP_SIZE 50000)`)
  await query(`COPY (${rows}) TO '${csv}' (HEADER)`)
  const [a, b] = [await read(parquet), await read(csv)]
  expect(b).toStrictEqual(a)
  expect(a.rows.length).toBe(300_000)
  expect(a.rows[299_999]).toStrictEqual(['299999', 'name 999', 't', '74999.75'])
})

test('DuckDB reads our Parquet', async () => {
  const columns = ([['id', BIGINT], ['ok', BOOLEAN], ['m', decimalType(12, 2)], ['w', decimalType(30, 3)],
    ['day', DATE], ['t', TIME],
    ['ts', TIMESTAMP], ['tz', TIMESTAMPTZ], ['x', TEXT], ['u', UUID], ['j', JSON_TYPE], ['d', DOUBLE]] as const)
    .map(([name, type]): ColumnSchema => ({ name, type, nullable: true }))
  const path = join(folder, 'ours.parquet')
  const sink = await openSink(path, 'parquet', columns)
  await sink.write([
    [2n ** 60n, true, '-1.25', '123456789012345678901234567.125', '2024-02-29', '01:02:03.000004',
      '1969-12-31 23:59:59.999999',
      '2024-01-01 00:00:00+02', 'é😀', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1]}', 0.1],
    columns.map(() => null),
  ])
  await sink.close()
  const rows = await query(`SELECT id::TEXT, ok, m::TEXT, w::TEXT, day::TEXT, t::TEXT, ts::TEXT, epoch_ms(tz)::TEXT,
    x, u::TEXT,
    j->>'a', d
    FROM read_parquet('${path}')`)
  expect(rows).toStrictEqual([
    ['1152921504606846976', true, '-1.25', '123456789012345678901234567.125', '2024-02-29', '01:02:03.000004',
      '1969-12-31 23:59:59.999999', '1704060000000', 'é😀', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '[1]', 0.1],
    columns.map(() => null),
  ])
})
