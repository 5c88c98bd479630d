// Every format written and read back, messy and damaged input, and the files other programs wrote.
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { formatScalar } from '../base/scalar-format.ts'
import { fromJs, toJs } from '../base/scalar-js.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, decimalType, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME,
    TIMESTAMP,
  TIMESTAMPTZ, typeName, UUID, type ColumnSchema, type Scalar, type SqlType,
} from '../base/types.ts'
import type { SinkFormat, SourceOptions } from './format.ts'
import { openSink } from './open-sink.ts'
import { openSource } from './open-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-formats-'))
afterAll(() => rmSync(folder, { recursive: true }))

let fileCount = 0
function file(name: string, content?: string | Uint8Array): string {
  const path = join(folder, `${fileCount++}-${name}`)
  if (content !== undefined) writeFileSync(path, content)
  return path
}

/** All rows as text, NULL as null, with the column types. */
interface Table { types: string[]; names: string[]; rows: (string | null)[][] }

async function read(path: string, options: SourceOptions = {}): Promise<Table> {
  const source = await openSource(path, options)
  const rows: (string | null)[][] = []
  let bytes = 0
  for await (const batch of source.batches()) {
    expect(batch.bytesDone).toBeGreaterThanOrEqual(bytes)
    bytes = batch.bytesDone
    for (const data of batch.columns) expect(data.length).toBe(batch.rowCount)
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(batch.columns.map((data, i) => {
        let value = data[row] as Scalar
        if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) value = Number(value)
        return value === null ? null : formatScalar(source.columns[i]!.type, value)
      }))
    }
  }
  await source.close()
  return { types: source.columns.map((one) => typeName(one.type)), names: source.columns.map((one) => one.name), rows }
}

const fails = (path: string, code: string, message: RegExp, options?: SourceOptions): Promise<void> =>
  expect(read(path, options)).rejects.toThrowError(expect.objectContaining({ code,
    message: expect.stringMatching(message) }))

describe('CSV', () => {
  test('types by spelling, quotes, CRLF, BOM, NULL and empty text', async () => {
    const path = file('a.csv', '\ufeffid,zip,price,day,at,ok,note\r\n'
      + '1,00501,1.5,2024-02-29,2024-02-29 10:00:00,true,"a ""b"", c\r\nd"\r\n'
      + '-2,10001,-0.25,2023-01-01,2024-02-29T10:00:00.5,FALSE,""\r\n9007199254740993,,,,,,\r\n')
    const { types, rows, names } = await read(path)
    expect(names).toStrictEqual(['id', 'zip', 'price', 'day', 'at', 'ok', 'note'])
    expect(types).toStrictEqual(['bigint', 'text', 'double precision', 'date', 'timestamp', 'boolean', 'text'])
    expect(rows).toStrictEqual([
      ['1', '00501', '1.5', '2024-02-29', '2024-02-29 10:00:00', 't', 'a "b", c\r\nd'],
      ['-2', '10001', '-0.25', '2023-01-01', '2024-02-29 10:00:00.5', 'f', ''],
      ['9007199254740993', null, null, null, null, null, null],
    ])
  })

  test('delimiters, missing headers, duplicate names', async () => {
    expect((await read(file('b.csv', 'a;b;a\n1;2,5;3\n'))).rows).toStrictEqual([['1', '2,5', '3']])
    expect((await read(file('b.tsv', 'a\tb\n1\t2\n'))).rows).toStrictEqual([['1', '2']])
    expect(await read(file('c.csv', '1,x\n2,y'))).toStrictEqual(
      { types: ['bigint', 'text'], names: ['column1', 'column2'], rows: [['1', 'x'], ['2', 'y']] })
    expect((await read(file('d.csv', 'a,A,\nx,y,z\n'), { header: true })).names).toStrictEqual(['a', 'A_2', 'column3'])
    expect((await read(file('e.csv', 'a,b\nx,y\n'), { header: false })).rows).toStrictEqual([['a', 'b'], ['x', 'y']])
  })

  test('headers over numbers, quoted empty fields in files that quote everything', async () => {
    expect(await read(file('h1.csv', '"name","2020",""\n"x","1","2.5"\n"","",""\n'))).toStrictEqual({
      types: ['text', 'bigint', 'double precision'], names: ['name', '2020', 'column3'],
      rows: [['x', '1', '2.5'], ['', null, null]],
    })
    expect((await read(file('h2.csv', ',a\n0,x\n1,y\n'))).names).toStrictEqual(['column1', 'a'])
  })

  test('records across windows of one MiB', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => [String(i), `text "${i}" é\n${'x'.repeat(i % 97)}`])
    const text = 'id,note\n' + rows.map(([id, note]) => `${id},"${note!.replaceAll('"', '""')}"`).join('\n')
    const long = 'y'.repeat(3_000_000)
    const path = file('f.csv', `${text}\n30000,${long}`)
    expect((await read(path)).rows).toStrictEqual([...rows, ['30000', long]])
  })

  test('bad records are named by line', async () => {
    await fails(file('g.csv', 'a,b\n1,2\n\n3\n'), '22P02', /line 4 has 1 field, expected 2/)
    await fails(file('h.csv', 'a,b\n1,"x\n'), '22P02', /line 2: quoted field has no closing quote/)
    await fails(file('i.csv', 'a,b\n1,"x"y\n'), '22P02', /after the closing quote/)
    await fails(file('j.csv', Buffer.from('a,b\n1,\xff\n', 'latin1')), '22021', /not UTF-8/)
    const late = 'a\n' + '123456789012345\n'.repeat(1_100_000) + 'x\n'
    await fails(file('k.csv', late), '22P02', /line 1100002, column "a": .*"x"/)
  })

  test('numbers keep their value', async () => {
    const values = ['0.1', '123456789012345678', '1e10', '-0', '1.7976931348623157e308', '5e-324',
      '0.30000000000000004', '1234567.891']
    const { rows } = await read(file('l.csv', 'v\n' + values.join('\n')))
    expect(rows.map(([v]) => Number(v))).toStrictEqual(values.map(Number).map((v) => (v === 0 ? 0 : v)))
  })
})

describe('JSON', () => {
  test('mixed types, missing keys, nesting and long integers', async () => {
    const { types, rows, names } = await read(file('a.json', `[
      {"id": 9007199254740993, "a": 1, "b": "x", "c": {"k": [1, 12345678901234567890]}, "d": "2024-02-29"},
      {"id": 2, "a": 1.5, "b": 7, "e": true, "d": null, "s": "quoted \\" , ] }"}]`))
    expect(names).toStrictEqual(['id', 'a', 'b', 'c', 'd', 'e', 's'])
    expect(types).toStrictEqual(['bigint', 'double precision', 'text', 'json', 'date', 'boolean', 'text'])
    expect(rows).toStrictEqual([
      ['9007199254740993', '1', 'x', '{"k":[1,12345678901234567890]}', '2024-02-29', null, null],
      ['2', '1.5', '7', null, null, 't', 'quoted " , ] }'],
    ])
  })

  test('lines', async () => {
    expect((await read(file('b.jsonl', '{"a":1}\n\n{"a":2,"b":[]}\r\n{"b":"x"}'))).rows)
      .toStrictEqual([['1', null], ['2', '[]'], [null, '"x"']])
  })

  test('damage', async () => {
    await fails(file('c.json', '[{"a":1},{"a":'), '22P02', /middle of an element/)
    await fails(file('d.json', '[{"a":1}'), '22P02', /no closing bracket/)
    await fails(file('e.jsonl', '{"a":1}\n{"a":}\n'), '22P02', /record 2/)
    await fails(file('f.json', '[1, 2]'), '22P02', /not a JSON object/)
    await fails(file('g.json', '[]'), '22P02', /no JSON objects/)
  })
})

const COLUMNS: [string, SqlType][] = [
  ['b', BOOLEAN], ['s', SMALLINT], ['i', INTEGER], ['l', BIGINT], ['r', REAL], ['d', DOUBLE], ['m', decimalType(12, 2)],
  ['w', decimalType(38, 5)], ['y', DATE], ['t', TIME], ['ts', TIMESTAMP], ['tz', TIMESTAMPTZ], ['x', TEXT], ['u', UUID],
  ['z', BYTEA], ['j', JSON_TYPE],
]
const SCHEMA = COLUMNS.map(([name, type]): ColumnSchema => ({ name, type, nullable: true }))
const ROWS: unknown[][] = [
  [true, -5, 7, 2n ** 60n, 0.5, 0.1, '1234567890.12', '-12345678901234567890.00001', '2024-02-29', '04:05:06.000007',
    '2024-02-29 10:00:00.123456', '1969-12-31 23:59:59.999999+00', 'é "😀", x\n|',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    Uint8Array.of(0, 255), '{"k":1}'],
  [false, 32767, -1, -7, -1.5, -2, '-0.01', '0.00000', '0099-12-31', '24:00:00', '9999-12-31 23:59:59.999999',
    '2024-01-01 00:00:00+00', '', '00000000-0000-0000-0000-000000000000', Uint8Array.of(), '[]'],
  COLUMNS.map(() => null),
]

async function write(path: string, format: SinkFormat): Promise<void> {
  const sink = await openSink(path, format, SCHEMA)
  const values = ROWS.map((row) => row.map((value, i) =>
    toJs(SCHEMA[i]!.type, fromJs(SCHEMA[i]!.type, value), { timestamps: 'string' })))
  await sink.write(values.slice(0, 1))
  await sink.write(values.slice(1))
  await sink.close()
}

const EXPECTED = ROWS.map((row) => row.map((value, i) => (value === null ? null
  : formatScalar(SCHEMA[i]!.type, fromJs(SCHEMA[i]!.type, value)))))

describe('what is written reads back', () => {
  test('Arrow', async () => {
    const path = file('a.arrow')
    await write(path, 'arrow')
    const { types, rows } = await read(path)
    // Arrow has no UUID and no JSON: they travel as bytes and text.
    expect(types).toStrictEqual(SCHEMA.map(({ type, name }) =>
      (name === 'u' ? 'bytea' : name === 'j' ? 'text' : typeName(type))))
    const uuid = (text: string | null): string | null => (text === null ? null : '\\x' + text.replaceAll('-', ''))
    expect(rows).toStrictEqual(EXPECTED.map((row) =>
      row.map((value, i) => (SCHEMA[i]!.name === 'u' ? uuid(value) : value))))
    truncateSync(path, readFileSync(path).length - 100)
    await fails(path, '22P02', /cut short/)
  })

  test('Parquet', async () => {
    const path = file('a.parquet')
    await write(path, 'parquet')
    const { types, rows } = await read(path)
    expect(types).toStrictEqual(SCHEMA.map(({ type }) => typeName(type)))
    expect(rows).toStrictEqual(EXPECTED)
    const bytes = readFileSync(path)
    await fails(file('cut.parquet', bytes.subarray(0, bytes.length - 10)), '22P02', /cut short/)
    bytes.fill(0x55, bytes.length - 200, bytes.length - 150)
    await fails(file('bad.parquet', bytes), '22P02', /damaged/)
  })

  test('CSV', async () => {
    const path = file('a.csv')
    await write(path, 'csv')
    const { rows } = await read(path)
    // Decimals come back as doubles: CSV says nothing about types, and most numbers with a point are measurements.
    const kept = (row: (string | null)[]): (string | null)[] => row.filter((_, i) => SCHEMA[i]!.name !== 'w')
    expect(rows.map(kept)).toStrictEqual(EXPECTED.map(kept))
    expect(readFileSync(path, 'utf8')).toContain(',-12345678901234567890.00001,')
  })

  test('JSON and JSON lines', async () => {
    for (const format of ['json', 'jsonl'] as const) {
      const path = file(`a.${format}`)
      await write(path, format)
      const text = readFileSync(path, 'utf8')
      const objects = format === 'json' ? JSON.parse(text) : text.trimEnd().split('\n').map((line) => JSON.parse(line))
      expect(objects[0]).toMatchObject({ b: true, m: 1234567890.12, x: 'é "😀", x\n|', j: { k: 1 }, z: '\\x00ff' })
      expect(text).toContain('"l":1152921504606846976,')
      expect((await read(path)).rows.map((row) => row[12])).toStrictEqual(['é "😀", x\n|', '', null])
    }
  })

  test('Markdown', async () => {
    const path = file('a.md')
    const sink = await openSink(path, 'markdown',
      [{ name: 'n', type: BIGINT, nullable: true }, { name: 'x|y', type: TEXT, nullable: true }])
    await sink.write([[1, 'a|b'], [22, null]])
    await sink.close()
    expect(readFileSync(path, 'utf8')).toBe('|   n | x\\|y |\n| --: | ---- |\n|   1 | a\\|b |\n|  22 |      |\n')
  })
})

test('intervals travel in Arrow and as text in Parquet', async () => {
  const columns: ColumnSchema[] = [{ name: 'v', type: INTERVAL, nullable: true }]
  const text = '1 year 2 mons -3 days +04:05:06.7'
  for (const [name, type] of [['a.arrow', 'interval'], ['a.parquet', 'text']] as const) {
    const path = file(name)
    const sink = await openSink(path, name === 'a.arrow' ? 'arrow' : 'parquet', columns)
    await sink.write([[text], [null]])
    await sink.close()
    expect(await read(path)).toStrictEqual({ types: [type], names: ['v'], rows: [[text], [null]] })
  }
})

describe('bad files', () => {
  test('missing, folder, empty, other formats', async () => {
    await fails(join(folder, 'missing.csv'), '58P01', /missing\.csv/)
    await fails(folder, '42809', /directory/)
    await fails(file('empty.csv', ''), '22P02', /empty/)
    await fails(file('a.parquet', 'PK\u0003\u0004 not parquet'), '22P02', /not a Parquet file/)
    await fails(file('a.arrow', 'definitely not arrow'), '22P02', /not an Arrow/)
    await fails(file('unknown.bin', 'abc'), '22P02', /cannot tell the format/)
  })

  test('a sink that cannot be opened', async () => {
    await expect(openSink(join(folder, 'no', 'such.csv'), 'csv', SCHEMA))
      .rejects.toThrowError(expect.objectContaining({ code: '58P01' }))
    await expect(openSink(folder, 'csv', SCHEMA)).rejects.toThrowError(expect.objectContaining({ code: '42809' }))
  })
})

const DATA = '../shared/data'
describe.skipIf(!existsSync(DATA))('files that other programs wrote', () => {
  test('flights-200k.arrow', async () => {
    const { types, rows } = await read(`${DATA}/flights-200k.arrow`)
    expect(types).toStrictEqual(['smallint', 'smallint', 'real'])
    expect(rows.length).toBe(200_000)
  })

  test('zipcodes.csv', async () => {
    const { types, rows } = await read(`${DATA}/zipcodes.csv`)
    expect(types).toStrictEqual(['text', 'double precision', 'double precision', 'text', 'text', 'text'])
    expect(rows[0]).toStrictEqual(['00501', '40.922326', '-72.637078', 'Holtsville', 'NY', 'Suffolk'])
    expect(rows.length).toBe(readFileSync(`${DATA}/zipcodes.csv`, 'latin1').trimEnd().split('\n').length - 1)
  })

  test('movies.json', async () => {
    const { types, rows, names } = await read(`${DATA}/movies.json`)
    const objects = JSON.parse(readFileSync(`${DATA}/movies.json`, 'utf8')) as Record<string, unknown>[]
    expect(rows.length).toBe(objects.length)
    expect(types[names.indexOf('Title')]).toBe('text')
    expect(rows.map((row) => row[names.indexOf('Title')])).toStrictEqual(objects.map((one) =>
      (one['Title'] === null ? null : String(one['Title']))))
    expect(types[names.indexOf('IMDB Rating')]).toBe('double precision')
  })
})
