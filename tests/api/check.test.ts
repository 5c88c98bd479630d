// CHECK constraints on every way into a table: SQL, put, append, the bulk loader, upserts; after reopening too.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseError, open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let folder: string
let db: Database
const path = (): string => join(folder, 'a.sdb')
const all = (sql: string): unknown[][] => db.prepare(sql).raw()
const errorOf = (run: () => unknown): DatabaseError => {
  try {
    run()
  } catch (error) {
    if (error instanceof DatabaseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
const codeOf = (sql: string): string => errorOf(() => db.exec(sql)).code

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secantdb-'))
  db = await open(path())
  db.exec(`CREATE TABLE item (
      id INT PRIMARY KEY,
      price DECIMAL(30,2) CONSTRAINT positive CHECK (price > 0) NOT NULL,
      rebate DECIMAL(30,2) CHECK (rebate >= 0),
      word TEXT CHECK (word IN ('a', ')', 'it''s') OR length(word) > 3),
      CHECK (rebate < price), CONSTRAINT whole CHECK (id <> 13 AND (word IS NULL OR word <> 'wrong')));
    INSERT INTO item VALUES (1, 10, 1, 'a'), (2, 5, NULL, NULL), (3, 7, 0, ')')`)
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true, force: true })
})

function refused(run: () => unknown, constraint: string): void {
  const before = all('SELECT * FROM item ORDER BY id')
  const error = errorOf(run)
  expect([error.code, error.message]).toEqual(['23514', expect.stringContaining(`"${constraint}"`)])
  expect(all('SELECT * FROM item ORDER BY id')).toEqual(before)
}

function everyWayRefuses(): void {
  const table = db.table('item')
  refused(() => db.exec("INSERT INTO item VALUES (4, 1, 0, 'a'), (5, 0, NULL, NULL)"), 'positive')
  refused(() => db.exec('INSERT INTO item SELECT id + 10, price - 6, 0 FROM item'), 'positive')
  refused(() => db.prepare('INSERT INTO item VALUES (?, ?, ?, ?)').run([6, 2, 3, null]), 'item_check')
  refused(() => db.exec('UPDATE item SET rebate = rebate - 1'), 'item_rebate_check')
  refused(() => db.exec('UPDATE item SET id = id + 10'), 'whole')
  refused(() => db.exec("INSERT INTO item VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET word = 'b'"), 'item_word_check')
  refused(() => db.exec('INSERT INTO item VALUES (1, -1) ON CONFLICT DO NOTHING'), 'positive')
  refused(() => table.put({ id: 1, price: '3', word: 'wrong' }), 'whole')
  refused(() => table.append({ id: [7, 8], price: ['1', '0'] }), 'positive')
  refused(() => table.append({ id: [7, 13], price: ['1', '1'] }, { onConflict: 'replace' }), 'whole')
  const many = Array.from({ length: 5000 }, (_, i) => i + 100)
  refused(() => table.append({ id: many, price: many.map(i => i === 4000 ? '0' : String(i)) }), 'positive')
  const rebate = many.map(i => String(i === 5099 ? i : 0))
  refused(() => table.append({ id: many, price: many.map(String), rebate }), 'item_check')
  const loader = table.loader()
  refused(() => loader.add({ id: many, price: many.map(String), word: many.map(i => i === 3000 ? 'no' : 'long') }),
    'item_word_check')
  loader.abort()
}

describe('CHECK', () => {
  test('every way in refuses, and leaves the table as it was', () => everyWayRefuses())

  test('after reopening, and after a crash', async () => {
    cpSync(path(), join(folder, 'b.sdb'))
    cpSync(`${path()}-wal`, join(folder, 'b.sdb-wal'), { recursive: true })
    db.close()
    db = await open(path())
    everyWayRefuses()
    db.close()
    db = await open(join(folder, 'b.sdb'))
    everyWayRefuses()
    db.exec('TRUNCATE item')
    expect(codeOf('INSERT INTO item VALUES (1, 0)')).toBe('23514')
  })

  test('the message names the constraint, the detail the row', () => {
    expect(errorOf(() => db.exec("INSERT INTO item VALUES (9, 0.5, 2, 'long')"))).toMatchObject({
      message: 'new row for relation "item" violates check constraint "item_check"',
      detail: 'Failing row contains (9, 0.50, 2.00, long).',
    })
  })

  test('NULL passes; what passes is stored', () => {
    const many = Array.from({ length: 5000 }, (_, i) => i + 100)
    expect(db.table('item').append({ id: many, price: many.map(String), word: many.map(i => i % 2 ? null : 'long') }))
      .toBe(5000)
    const loader = db.table('item').loader()
    loader.add({ id: many.map(i => i + 10_000), price: many.map(() => '99999999999999999999.5') })
    expect(loader.finish()).toBe(5000)
    expect(db.prepare('UPDATE item SET rebate = price - 0.01').run().changes).toBe(10_003)
    expect(all('SELECT count(*) FROM item WHERE rebate >= price')).toEqual([[0]])
  })

  test('a run-time error in it is the statement\'s, and points nowhere', () => {
    db.exec('CREATE TABLE q (a INT CHECK (10 / a > 1))')
    const error = errorOf(() => db.exec('INSERT INTO q VALUES (0)'))
    expect([error.code, error.position]).toEqual(['22012', undefined])
    expect(codeOf('INSERT INTO q VALUES (10)')).toBe('23514')
  })

  test('types, in rows and in columns', () => {
    db.exec(`CREATE TABLE k (a BOOLEAN CHECK (a), b BIGINT CHECK (b % 2 = 0), c DATE CHECK (c > DATE '2020-01-01'),
      d DOUBLE PRECISION CHECK (d < 'Infinity'), e UUID, f BYTEA CHECK (length(f) < 3),
      g VARCHAR(4) CHECK (g LIKE 'a%'), CHECK (e IS NULL OR a IS NOT NULL))`)
    const good: Record<string, unknown> = {
      a: true, b: 2n ** 60n, c: '2021-01-01', d: 1.5, f: new Uint8Array(2), g: 'ab',
    }
    const bad: Record<string, unknown> = {
      a: false, b: 2n ** 60n + 1n, c: '2019-01-01', d: Infinity, f: new Uint8Array(3), g: 'b',
    }
    const table = db.table('k')
    const columns = (row: Record<string, unknown>, n: number): Record<string, unknown[]> =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, new Array<unknown>(n).fill(value)]))
    table.put(good)
    for (const name of Object.keys(good)) {
      const row = { ...good, [name]: bad[name] }
      for (const n of [1, 100]) expect(errorOf(() => table.append(columns(row, n))).code).toBe('23514')
      expect(errorOf(() => table.put(row)).code).toBe('23514')
    }
    expect(table.append(columns(good, 100))).toBe(100)
    expect(table.append({ e: new Array<null>(100).fill(null) })).toBe(100)
  })

  test('what a definition may not say', () => {
    expect(codeOf('CREATE TABLE c (a INT CHECK (b > 0))')).toBe('42703')
    expect(codeOf('CREATE TABLE c (a INT CHECK (a + 1))')).toBe('42804')
    expect(codeOf('CREATE TABLE c (a INT CHECK (sum(a) > 0))')).toBe('42803')
    expect(codeOf('CREATE TABLE c (a INT CHECK (a > (SELECT 1)))')).toBe('0A000')
    expect(codeOf('CREATE TABLE c (a INT CONSTRAINT x CHECK (a > 0), CONSTRAINT x CHECK (a < 9))')).toBe('42710')
    expect(codeOf('CREATE TABLE c (a INT CHECK (a > 0) NOT ENFORCED)')).toBe('0A000')
    expect(errorOf(() => db.prepare('CREATE TABLE c (a INT CHECK (a > ?))').run([1])).code).toMatch(/0A000|42P02/)
    db.exec('CREATE TABLE c (a INT CHECK (a > 0) CHECK (a < 9), b INT CHECK (a < b))')
    expect(errorOf(() => db.exec('INSERT INTO c VALUES (9, 10)')).message).toContain('"c_a_check1"')
    expect(errorOf(() => db.exec('INSERT INTO c VALUES (3, 2)')).message).toContain('"c_check"')
  })

  test('in a transaction, and in an attached database', async () => {
    db.exec('BEGIN; INSERT INTO item VALUES (20, 1); SAVEPOINT s')
    expect(codeOf('INSERT INTO item VALUES (21, 0)')).toBe('23514')
    db.exec('ROLLBACK TO s; COMMIT')
    expect(all('SELECT id FROM item WHERE id >= 20')).toEqual([[20]])
    await db.attach(':memory:', 'far', { create: true })
    db.exec('CREATE TABLE far.c (a INT CHECK (a > 0))')
    expect(codeOf('INSERT INTO far.c VALUES (0)')).toBe('23514')
    db.exec('INSERT INTO far.c VALUES (1)')
  })
})
