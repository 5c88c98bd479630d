// COPY: a file into a table and back in every format, with what is hard in text (NULL beside empty text, quotes, line
// breaks), with the digits of decimals and microseconds; constraints hold, and what fails leaves table and file alone.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CODE } from '../../src/base/errors.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let folder = ''
let db: Database
const file = (name: string): string => join(folder, name)
const rows = (sql: string): unknown[] => db.prepare(sql, { timestamps: 'string' }).all()

const COLUMNS = `id integer PRIMARY KEY, b bigint, r real, d double precision, n numeric(30, 4), t text, f boolean,
  day date, at timestamp, tz timestamptz, u uuid, j jsonb, v varchar(9)`
const MORE = `id integer PRIMARY KEY, s smallint, b bytea, t time, i interval, a integer[], x text[],
  d double precision, c text`

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'copy-'))
  db = await open(':memory:')
  db.exec(`CREATE TABLE a (${COLUMNS});
    INSERT INTO a VALUES
      (1, 9223372036854775807, 1.5, 0.1, 12345678901234567890.1234, 'plain', true, '2024-02-29',
        '2024-02-29 01:02:03.000004',
        '1969-12-31 23:59:59.999999+00', '00000000-0000-0000-0000-000000000001', '{"a": [1, null]}', '00123'),
      (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
      (3, -1, -0.25, 1e300, -0.5, '', false, '0001-01-01', '1970-01-01', '2000-01-01', NULL, '"x"', ''),
      (4, 0, 0, 0, 0, E'a "quoted", \\t tab\\nline \\\\N ü🙂', true, '9999-12-31', NULL, NULL, NULL, '1', '1.50')`)
})

afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

describe('COPY', () => {
  test.each(['csv', 'tsv', 'json', 'jsonl', 'parquet', 'arrow', 'txt'])('round trip through %s', async (ending) => {
    const path = file('a.' + ending)
    db.exec(`DROP TABLE IF EXISTS b; CREATE TABLE b (${COLUMNS})`)
    expect(await db.execute(`COPY a TO '${path}'`)).toEqual({ rows: [], changes: 4 })
    expect(await db.execute(`COPY b FROM '${path}'`)).toEqual({ rows: [], changes: 4 })
    expect(rows('SELECT * FROM b ORDER BY id')).toEqual(rows('SELECT * FROM a ORDER BY id'))
    expect(await db.execute(`COPY (SELECT * FROM a WHERE false) TO '${path}'`)).toMatchObject({ changes: 0 })
    expect(await db.execute(`COPY b FROM '${path}'`)).toMatchObject({ changes: 0 })
  })

  test.each(['csv', 'json', 'jsonl', 'parquet', 'arrow', 'txt'])('arrays and bytes in %s', async (ending) => {
    db.exec(`CREATE TABLE m (${MORE}); CREATE TABLE m2 (${MORE}); INSERT INTO m VALUES
      (1, 3, '\\x00ff', '01:02:03.5', '1 mon 2 days 03:00:00', '{1,NULL}', '{"a,b",NULL,""}', 'NaN', '\\N'),
      (2, NULL, '\\x', NULL, NULL, '{}', '{}', '-Infinity', '\\.')`)
    await db.execute(`COPY m TO '${file('m.' + ending)}'`)
    await db.execute(`COPY m2 FROM '${file('m.' + ending)}'`)
    expect(rows('SELECT * FROM m2 ORDER BY id')).toEqual(rows('SELECT * FROM m ORDER BY id'))
  })

  test('options of text files', async () => {
    const path = file('options.dat')
    db.exec('CREATE TABLE o (a integer, b text)')
    await db.execute(`COPY (SELECT 1 AS a, 'x;''y' AS b UNION ALL SELECT NULL, 'NA') TO '${path}'
      WITH (FORMAT csv, HEADER false, DELIMITER ';', NULL 'NA', QUOTE '''')`)
    expect(readFileSync(path, 'utf8')).toBe("1;'x;''y'\nNA;'NA'\n")
    await db.execute(`COPY o (a, b) FROM '${path}' (FORMAT 'csv', HEADER off, DELIMITER ';', NULL 'NA', QUOTE '''')`)
    expect(rows('SELECT * FROM o ORDER BY a')).toEqual([{ a: 1, b: "x;'y" }, { a: null, b: 'NA' }])
    writeFileSync(path, 'b|a\nhello|7\n')
    const older = `COPY o (b, a) FROM '${path}' WITH DELIMITER E'\\x7c' CSV HEADER`
    expect(await db.execute(older)).toMatchObject({ changes: 1 })
    expect(rows("SELECT a FROM o WHERE b = 'hello'")).toEqual([{ a: 7 }])
  })

  test('streams', async () => {
    const written: Buffer[] = []
    const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => { written.push(chunk); done() } })
    await db.execute("COPY (VALUES (1, NULL), (2, E'a\\tb')) TO STDOUT (HEADER false)", [], { stdout })
    expect(Buffer.concat(written).toString()).toBe('1\t\\N\n2\ta\\tb\n')
    db.exec('CREATE TABLE s (a integer, b text)')
    const stdin = Readable.from([Buffer.from('1\t\\N\n2\ta\\'), Buffer.from('tb\n\\.\nbehind the end')])
    expect(await db.execute('COPY s FROM STDIN', [], { stdin })).toEqual({ rows: [], changes: 2 })
    expect(rows('SELECT * FROM s ORDER BY a')).toEqual([{ a: 1, b: null }, { a: 2, b: 'a\tb' }])
    await expect(db.execute('COPY s FROM STDIN')).rejects.toMatchObject({ code: CODE.UNSUPPORTED })
  })

  test('constraints hold, and a line that fails leaves the table as it was', async () => {
    const path = file('bad.csv')
    db.exec(`CREATE TABLE p (id integer PRIMARY KEY); INSERT INTO p VALUES (1), (2);
      CREATE TABLE c (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, p integer REFERENCES p,
        v integer CHECK (v > 0), w integer GENERATED ALWAYS AS (v * 2) STORED);
      CREATE TABLE k (id integer PRIMARY KEY, v integer CHECK (v > 0), s text DEFAULT 'none');
      INSERT INTO k VALUES (1, 1)`)
    const bad = async (sql: string, text: string, code: string, message: RegExp, line: number): Promise<void> => {
      writeFileSync(path, text)
      await expect(db.execute(sql)).rejects.toMatchObject({ code, message: expect.stringMatching(message), line })
    }
    await bad(`COPY k (id, v) FROM '${path}'`, '5,1\n6,x\n', CODE.INVALID_TEXT, /bad\.csv".*line 2, column "v"/, 2)
    await bad(`COPY k (id, v) FROM '${path}'`, '5,1\n6\n', CODE.INVALID_TEXT, /bad\.csv".*line 2 has 1 field/, 2)
    await bad(`COPY k FROM '${path}'`, '5,1,a\n6,0,b\n', '23514', /bad\.csv".*line 2/, 2)
    await bad(`COPY k FROM '${path}'`, 'id,v,s\n5,1,a\n1,3,b\n', '23505', /bad\.csv".*line 3/, 3)
    await bad(`COPY c (p, v) FROM '${path}'`, '1,1\n3,1\n', '23503', /bad\.csv".*line 2/, 2)
    expect([rows('SELECT * FROM c'), rows('SELECT id FROM k')]).toEqual([[], [{ id: 1 }]])
    writeFileSync(path, '1,5\n2,6\n')
    expect(await db.execute(`COPY c (p, v) FROM '${path}'`)).toMatchObject({ changes: 2 })
    expect(rows('SELECT p, v, w FROM c ORDER BY p')).toEqual([{ p: 1, v: 5, w: 10 }, { p: 2, v: 6, w: 12 }])
    await expect(db.execute(`COPY k (id, v) FROM '${path}'`)).rejects.toMatchObject({ code: '23505' })
    writeFileSync(path, '8,5\n9,6\n')
    await db.execute(`COPY k (id, v) FROM '${path}'`)
    expect(rows('SELECT id, s FROM k ORDER BY id').slice(1)).toEqual([{ id: 8, s: 'none' }, { id: 9, s: 'none' }])
  })

  test('in a transaction it is taken back with it', async () => {
    const path = file('t.jsonl')
    writeFileSync(path, '{"id":1}\n{"id":2}\n')
    db.exec('CREATE TABLE x (id integer PRIMARY KEY); BEGIN')
    expect(await db.execute(`COPY x FROM '${path}'`)).toMatchObject({ changes: 2 })
    expect(rows('SELECT count(*)::int AS n FROM x')).toEqual([{ n: 2 }])
    db.exec('ROLLBACK')
    expect(rows('SELECT count(*)::int AS n FROM x')).toEqual([{ n: 0 }])
  })

  test('an aborted signal ends it before anything is written', async () => {
    const path = file('never.csv')
    const signal = AbortSignal.abort()
    await expect(db.execute(`COPY a TO '${path}'`, [], { signal })).rejects.toMatchObject({ code: CODE.CANCELLED })
    expect(readdirSync(folder)).toEqual([])
  })

  test('what fails leaves the file that was there', async () => {
    const path = file('kept.csv')
    writeFileSync(path, 'kept')
    await expect(db.execute(`COPY (SELECT 1 / (3 - id) FROM a) TO '${path}'`)).rejects.toMatchObject({ code: '22012' })
    expect(readFileSync(path, 'utf8')).toBe('kept')
    expect(readdirSync(folder).filter(name => name.endsWith('.part'))).toEqual([])
  })

  test('is refused where it cannot wait, and for what is not there', async () => {
    expect(() => db.exec("COPY a TO 'x.csv'")).toThrow(expect.objectContaining({
      code: CODE.UNSUPPORTED, hint: expect.stringContaining('execute'),
    }))
    const refused = async (sql: string, code: string): Promise<void> => {
      await expect(db.execute(sql)).rejects.toMatchObject({ code })
    }
    await refused("COPY nothing TO 'x.csv'", CODE.UNDEFINED_TABLE)
    await refused("COPY a (nope) TO 'x.csv'", CODE.UNDEFINED_COLUMN)
    await refused("COPY a FROM 'x.csv' (FORMAT xml)", CODE.INVALID_PARAMETER)
    await refused("COPY a FROM 'x.csv' (DELIMITER ';;')", CODE.UNSUPPORTED)
    await refused("COPY a FROM 'x.parquet' (HEADER)", CODE.UNSUPPORTED)
    await refused("COPY (SELECT 1) FROM 'x.csv'", CODE.SYNTAX)
    await refused(`COPY a FROM '${file('missing.csv')}'`, '58P01')
  })
})
