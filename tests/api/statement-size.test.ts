// Statements of a size nobody writes by hand: they end in an answer or in an error with a code, and the connection
// goes on. Long lists of literal rows are read without the grammar and must mean what it would make of them.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let db: Database

beforeEach(async () => {
  db = await open(':memory:', { memory: '64MB' })
})

afterEach(() => {
  expect(db.prepare('SELECT 1 AS one').get()).toEqual({ one: 1 })
  db.close()
})

const list = (count: number, item: (i: number) => string, by = ', '): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(by)

test('a thousand parentheses, CASE and subqueries inside each other', () => {
  expect(db.prepare(`SELECT ${'('.repeat(1000)}1${')'.repeat(1000)} AS a`).get()).toEqual({ a: 1 })
  expect(db.prepare(`SELECT ${'CASE WHEN 1 = 1 THEN '.repeat(300)}1${' END'.repeat(300)} AS a`).get()).toEqual({ a: 1 })
  expect(db.prepare(`SELECT * FROM ${'(SELECT * FROM '.repeat(150)}(SELECT 5 AS a) t${') t'.repeat(150)}`).get())
    .toEqual({ a: 5 })
  expect(() => db.prepare(`SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`)).toThrow(/nests more than/)
  expect(() => db.prepare(`SELECT 1${' + 1'.repeat(100_000)}`)).toThrow(/nests more than/)
})

test('a thousand common tables that build on each other', () => {
  const tables = list(1000, i => `t${i} AS (SELECT ${i === 0 ? '1 AS x' : `x + 1 AS x FROM t${i - 1}`})`)
  try {
    expect(db.prepare(`WITH ${tables} SELECT x FROM t999`).get()).toEqual({ x: 1000 })
  } catch (error) {
    expect(error).toMatchObject({ name: 'DatabaseError', code: '54001' })
  }
})

test('lists of 100,000 elements and a join of 20 tables', () => {
  db.exec('CREATE TABLE t (id integer PRIMARY KEY, v integer, s text)')
  db.exec(`INSERT INTO t VALUES ${list(2000, i => `(${i}, ${i % 10}, 's${i}')`)}`)
  expect(db.prepare(`SELECT count(*) AS n FROM t WHERE id IN (${list(100_000, i => String(i * 3))})`).get())
    .toEqual({ n: 667 })
  expect(db.prepare(`SELECT count(*) AS n FROM t WHERE s IN (${list(100_000, i => `'s${i * 3}'`)})`).get())
    .toEqual({ n: 667 })
  expect(db.prepare(`SELECT count(*) AS n FROM ${list(20, i => `t t${i}`)} WHERE ${
    list(19, i => `t${i}.id = t${i + 1}.id`, ' AND ')}`).get()).toEqual({ n: 2000 })
})

test('a text of ten megabytes and a statement of ten megabytes', () => {
  expect(db.prepare(`SELECT length('${'x'.repeat(10 << 20)}') AS n`).get()).toEqual({ n: 10 << 20 })
  db.exec('CREATE TABLE t (id integer PRIMARY KEY, v text)')
  const long = 'y'.repeat(1000)
  db.exec(`INSERT INTO t VALUES ${list(10_000, i => `(${i}, '${long}')`)}`)
  expect(db.prepare('SELECT count(*) AS n, sum(length(v)) AS s FROM t').get()).toEqual({ n: 10_000, s: 10_000_000 })
})

const FILL = list(500, i => `(${i + 100}, 'fill', NULL)`)

test('long lists of literal rows: every kind of literal, and what stands behind them', () => {
  db.exec('CREATE TABLE t (id bigint PRIMARY KEY, s text, d decimal(20,4))')
  db.exec(`INSERT INTO t (id, s, d) VALUES (1, 'first', 1.5), (-2, 'it''s 😀', -.25) ,(3,NULL,1e2),
    ( 9007199254740993 , '', 12345678901234.5678 ), (5, 'true', 7), ${FILL}`)
  const rows = db.prepare('SELECT * FROM t WHERE id NOT BETWEEN 100 AND 700 ORDER BY id', { int64: 'string' }).raw()
  expect(rows).toEqual([
    ['-2', "it's 😀", '-0.2500'], ['1', 'first', '1.5000'], ['3', null, '100.0000'], ['5', 'true', '7.0000'],
    ['9007199254740993', '', '12345678901234.5678'],
  ])
  expect(db.prepare(`INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), ${FILL} ON CONFLICT DO NOTHING RETURNING id`).raw())
    .toEqual([[2]])
  const more = list(400, i => `(${i + 900}, 'z', 0)`)
  expect(db.exec(`INSERT INTO t VALUES (10, 'a', 1), (11, 'b', 1), ${more}; SELECT 1`))
    .toEqual({ changes: 402 })
})

test('rows that are not all literal are left to the grammar', () => {
  db.exec('CREATE TABLE t (id integer PRIMARY KEY, s text DEFAULT \'d\', n integer)')
  db.exec(`INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1 + 1), (3, DEFAULT, 3) /* x */, (4, E'\\t', 4), ${FILL}`)
  expect(db.prepare('SELECT * FROM t WHERE id < 10 ORDER BY id').raw())
    .toEqual([[1, 'a', 1], [2, 'b', 2], [3, 'd', 3], [4, '\t', 4]])
  db.prepare(`INSERT INTO t VALUES (5, ?, 1), (6, ?, 2), ${list(400, i => `(${i + 900}, 'z', 0)`)}`).run(['p', 'q'])
  expect(db.prepare('SELECT s FROM t WHERE id IN (5, 6) ORDER BY id').raw()).toEqual([['p'], ['q']])
  expect(db.prepare(`SELECT count(*) AS n FROM (VALUES (1, 'fill', NULL), ${FILL}) v`).get()).toEqual({ n: 501 })
})

test('errors among literal rows point at their place and change nothing', () => {
  db.exec('CREATE TABLE t (id integer PRIMARY KEY, s text, n integer)')
  const head = "INSERT INTO t VALUES (1, '😀', 1), "
  expect(() => db.exec(`${head}(2, 'b', 'no'), ${FILL}`))
    .toThrow(expect.objectContaining({ code: '22P02', position: 44 }))
  expect(() => db.exec(`${head}(2, 'b'), ${FILL}`)).toThrow(/VALUES lists must all be the same length/)
  expect(() => db.exec(`${head}(1, 'b', 1), ${FILL}`)).toThrow(expect.objectContaining({ code: '23505' }))
  expect(() => db.exec(`${head}(2, 'b', 1), ${FILL}, (`)).toThrow(expect.objectContaining({ code: '42601' }))
  expect(() => db.exec(`${head}(2, 'b', 1), ${FILL} nonsense`)).toThrow(expect.objectContaining({ code: '42601' }))
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 })
})
