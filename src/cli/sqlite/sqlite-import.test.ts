// SQLite files made by SQLite itself, imported and compared value by value.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from 'node-sqlite3-wasm'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { open } from '../../index.ts'
import type { Database as Target } from '../../index.ts'
import { importSqlite } from './sqlite-import.ts'
import { SqliteFile } from './sqlite-file.ts'
import { constraintsOf } from './sqlite-schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-sqlite-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => void vi.restoreAllMocks())
let files = 0

function make(sql: string, change: (db: Database) => void = () => {}): string {
  const path = join(folder, `${files++}.sqlite`)
  const db = new Database(path)
  db.exec(sql)
  change(db)
  db.close()
  return path
}

interface Imported { readonly db: Target; readonly out: string; readonly notes: string }

async function imported(path: string, tables: readonly string[] = []): Promise<Imported> {
  const target = `${path}.${files++}.sdb`
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const notes = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await importSqlite(target, path, { tables })
  const text = (spy: typeof out): string => spy.mock.calls.map(([part]) => String(part)).join('')
  return { db: await open(target), out: text(out), notes: text(notes) }
}

const described = (db: Target, table: string): string[] =>
  db.prepare(`DESCRIBE "${table}"`).all().map((row) =>
    [row.column, row.type, row.nullable === true ? 'null' : 'not null', row.key ?? '-', row.default ?? '-'].join(' '))

describe('tables', () => {
  test('types, keys, NOT NULL and defaults', async () => {
    const path = make(`
      CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL DEFAULT 'it''s', price REAL
        DEFAULT -1.5, stock INT, photo BLOB DEFAULT x'00ff', note, ok BOOLEAN DEFAULT TRUE, cost DECIMAL(10,2),
        day DATE, at DATETIME DEFAULT CURRENT_TIMESTAMP, zoned TIMESTAMP);
      INSERT INTO item VALUES (1, 'pen', 1.25, 9223372036854775807, x'0102', 'a', 1, 12.5, '2024-02-29',
        '2024-02-29 10:11:12.345', '2024-02-29T10:11:12Z'),
        (-5, '', 3, -9223372036854775808, x'', NULL, 0, -7, '1999-12-31', '2024-01-01', '2024-02-29T10:11:12.5Z'),
        (7, 'äöü 😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
      CREATE TABLE pair (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID;
      INSERT INTO pair VALUES ('x', 2, NULL), ('y', 1, NULL);
      CREATE TABLE "Odd name" ("a ""b""" TEXT);
      INSERT INTO "Odd name" VALUES ('q');
      CREATE TABLE empty (i INTEGER PRIMARY KEY, t TEXT, b BLOB, r REAL, d DATE, n NUMERIC(8,3), u BOOLEAN, x);`)
    const { db, out } = await imported(path)
    expect(described(db, 'item')).toEqual([
      'id bigint not null 1 -', "name text not null - 'it''s'", 'price double precision null - -1.5',
      'stock bigint null - -', "photo bytea null - '\\x00ff'", 'note text null - -', 'ok boolean null - TRUE',
      'cost decimal(10,2) null - -', 'day date null - -', 'at timestamp null - CURRENT_TIMESTAMP',
      'zoned timestamp with time zone null - -',
    ])
    expect(db.prepare('SELECT * FROM item ORDER BY id', { timestamps: 'string' }).raw()).toEqual([
      [-5, '', 3, -9223372036854775808n, new Uint8Array(0), null, false, '-7.00', '1999-12-31',
        '2024-01-01 00:00:00', '2024-02-29 10:11:12.5+00'],
      [1, 'pen', 1.25, 9223372036854775807n, Uint8Array.of(1, 2), 'a', true, '12.50', '2024-02-29',
        '2024-02-29 10:11:12.345', '2024-02-29 10:11:12+00'],
      [7, 'äöü 😀', null, null, null, null, null, null, null, null, null],
    ])
    expect(described(db, 'pair')).toEqual([
      'a text not null 2 -', 'b bigint not null 1 -', 'c text null - -',
    ])
    expect(db.table('pair').get([1, 'y'])).toEqual({ a: 'y', b: 1, c: null })
    expect(db.prepare('SELECT * FROM "Odd name"').all()).toEqual([{ 'a "b"': 'q' }])
    expect(described(db, 'empty').map((line) => line.split(' ').slice(1, 2)[0])).toEqual([
      'bigint', 'text', 'bytea', 'double', 'date', 'decimal(8,3)', 'boolean', 'text',
    ])
    expect(out).toMatch(/item +│ +3 │ id /)
    expect(db.verify().problems).toEqual([])
    db.close()
  })

  test('mixed values widen the column; dates and decimals that do not fit stay text and double', async () => {
    const path = make(`CREATE TABLE t (n INTEGER, m INT, big INT, day DATE, cost DECIMAL(4,2), flag BOOLEAN, raw BLOB);
      INSERT INTO t VALUES (1, 1, 9007199254740993, '2024-02-30', 1.234, 2, 'text'), (1.5, 'x', 0.5, '2024-01-01', 1, 1,
        x'ff'), (NULL, 2.5, NULL, NULL, NULL, NULL, NULL);`)
    const { db } = await imported(path)
    expect(described(db, 't').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'n double', 'm text', 'big text', 'day text', 'cost double', 'flag bigint', 'raw bytea',
    ])
    expect(db.prepare('SELECT n, m, big, raw FROM t WHERE n = 1').raw()).toEqual([
      [1, '1', '9007199254740993', new TextEncoder().encode('text')],
    ])
    db.close()
  })

  test('many rows in several batches, and text with a NUL in it', async () => {
    const path = make(`CREATE TABLE n (i INTEGER PRIMARY KEY, t TEXT);
      WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r WHERE x < 30000)
      INSERT INTO n SELECT x * 7919 % 30011, 'name ' || x FROM r;
      INSERT INTO n VALUES (-1, CAST(x'610062' AS TEXT));`)
    const { db } = await imported(path)
    const source = await SqliteFile.open(path)
    const [totals] = source.all('SELECT count(*) AS n, CAST(sum(i) AS TEXT) AS s FROM n')
    source.close()
    expect(db.prepare('SELECT count(*) AS n, sum(i) AS s FROM n').get()).toEqual(totals)
    expect(db.table('n').get(-1)!.t).toBe('a\0b')
    db.close()
  })

  test('unique constraints and indexes', async () => {
    const path = make(`CREATE TABLE u (id INTEGER PRIMARY KEY, email TEXT UNIQUE, a INT, "B c" TEXT, UNIQUE (a, "b c"));
      CREATE INDEX by_a ON u (a DESC);
      INSERT INTO u VALUES (1, 'x@y', 1, 'q'), (2, NULL, 2, 'q'), (3, NULL, 2, 'r');
      CREATE TABLE s (v INT UNIQUE) STRICT; INSERT INTO s VALUES (4);`)
    const { db, out, notes } = await imported(path)
    expect(notes).toBe('')
    expect(out).toMatch(/u +│ +3 │ id +│ +3 │ imported/)
    expect(out).toMatch(/s +│ +1 │ +│ +1 │ imported/)
    const insert = (sql: string): void => void db.exec(`INSERT INTO u VALUES ${sql}`)
    expect(() => insert("(4, 'x@y', 9, 'z')")).toThrow(expect.objectContaining({ code: '23505' }))
    expect(() => insert("(4, 'z', 2, 'r')")).toThrow(expect.objectContaining({ code: '23505' }))
    expect(() => db.exec('INSERT INTO s VALUES (4)')).toThrow(expect.objectContaining({ code: '23505' }))
    insert("(4, NULL, 2, 's')")
    expect(db.verify().problems).toEqual([])
    db.close()
  })

  test('only the tables that were named', async () => {
    const path = make('CREATE TABLE a (x INTEGER); CREATE TABLE b (x INTEGER)')
    const { db } = await imported(path, ['B'])
    expect(db.prepare('SHOW TABLES').all().map((row) => row.name)).toEqual(['b'])
    db.close()
    await expect(imported(path, ['c'])).rejects.toMatchObject({ code: '42P01' })
  })
})

describe('what is not kept is said', () => {
  test('views, triggers, virtual tables, checks, foreign keys, collations, NULLs in keys', async () => {
    const path = make(`CREATE TABLE o (id INTEGER PRIMARY KEY);
      CREATE TABLE t (a TEXT COLLATE NOCASE, b INT CHECK (b > 0), c INT REFERENCES o (id), d INT DEFAULT (abs(-3)),
        e TEXT DEFAULT (hex(zeroblob(2))), PRIMARY KEY (a, b));
      INSERT INTO t (a, b) VALUES (NULL, 1), ('x', 1), ('X2', 2);
      CREATE TABLE g (a INT, b INT GENERATED ALWAYS AS (a + 1) STORED);
      INSERT INTO g (a) VALUES (1);
      CREATE VIEW v AS SELECT 1;
      CREATE TRIGGER tr AFTER INSERT ON o BEGIN SELECT 1; END;
      CREATE VIRTUAL TABLE f USING fts5(x);
      CREATE INDEX part ON t (b) WHERE b > 5;
      CREATE INDEX expr ON t (lower(a));`)
    const { db, notes } = await imported(path)
    for (const what of ['view v', 'trigger tr', 'virtual table f', 'CHECK', 'foreign key', 'collation of a',
      'the primary key, because a holds NULL', 'hex(zeroblob', 'generated column b', 'INDEX part', 'INDEX expr']) {
      expect(notes).toContain(what)
    }
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 3 })
    expect(db.prepare('SELECT b FROM g').get()).toEqual({ b: 2 })
    expect(db.prepare('SHOW TABLES').all().map((row) => row.name)).toEqual(['g', 'o', 't'])
    db.close()
  })

  test('a table that cannot be imported is named, and the others are imported', async () => {
    const path = make(`CREATE TABLE bad (a); INSERT INTO bad VALUES (1), (x'ff');
      CREATE TABLE worse (a TEXT); INSERT INTO worse VALUES (CAST(x'61ff' AS TEXT));
      CREATE TABLE same (a PRIMARY KEY); INSERT INTO same VALUES ('1'), (1);
      CREATE TABLE good (a INTEGER PRIMARY KEY); INSERT INTO good VALUES (5);`)
    const target = join(folder, 'partly.sdb')
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    await expect(importSqlite(target, path)).rejects.toThrow('3 of 4 tables')
    const text = out.mock.calls.map(([part]) => String(part)).join('')
    expect(text).toContain("row 2 holds X'FF'")
    expect(text).toContain("row 1, column a: text x'61ff' is not UTF-8")
    const db = await open(target)
    expect(db.prepare('SHOW TABLES').all().map((row) => row.name)).toEqual(['good'])
    db.close()
    await expect(importSqlite(target, path)).rejects.toMatchObject({ code: '42P07' })
  })
})

describe('files', () => {
  test('WAL mode: read when the log is empty, refused with a hint when it is not', async () => {
    const path = make('CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)')
    const { readFileSync } = await import('node:fs')
    const bytes = readFileSync(path)
    bytes.set([2, 2], 18)
    writeFileSync(path, bytes)
    const { db } = await imported(path)
    expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }])
    db.close()
    expect(readFileSync(path).subarray(18, 20)).toEqual(Buffer.from([2, 2]))
    writeFileSync(`${path}-wal`, 'x')
    await expect(SqliteFile.open(path)).rejects.toMatchObject({
      code: '55000', hint: expect.stringContaining('journal_mode') as string,
    })
  })

  test('damage is XX001, and nothing is left behind', async () => {
    const path = make('CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)')
    const { readFileSync } = await import('node:fs')
    const bytes = readFileSync(path)
    bytes.fill(0xff, 100, 4096)
    writeFileSync(path, bytes)
    await expect(imported(path)).rejects.toMatchObject({ code: 'XX001' })
    expect(readdirSync(folder).some((name) => name.endsWith('.lock'))).toBe(false)
    expect(existsSync(`${path}-wal`)).toBe(false)
  })
})

describe('schema text', () => {
  test('constraints are read with the spelling of the columns', () => {
    const sql = 'CREATE TABLE t (Ab INT UNIQUE, "C d" TEXT, UNIQUE (AB, "C d"), CHECK (ab > 0))'
    expect(constraintsOf(sql, ['Ab', 'C d'])).toEqual({
      unique: [['Ab'], ['Ab', 'C d']], notes: ['a CHECK constraint'],
    })
  })

  test('what the parser cannot read gives null', () => {
    expect(constraintsOf('CREATE TABLE t (a INTEGER) STRICT', ['a'])).toBe(null)
    expect(constraintsOf('CREATE TABLE t (a INT, b INT)', ['a'])).toBe(null)
  })
})
