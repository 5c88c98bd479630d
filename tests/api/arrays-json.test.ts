// Arrays and JSONB as values of a table: in and out of JavaScript, grouped, ordered, joined, after a merge and after
// reopening, in Arrow. What the functions answer is in tests/slt/types.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadArrow, open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let folder: string
let db: Database

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arrays-'))
  db = await open(join(folder, 'a.sdb'))
  db.exec('CREATE TABLE t (id integer PRIMARY KEY, tags text[], marks integer[], doc jsonb)')
  const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?, ?)')
  insert.run([1, ['a', 'b c', null, ''], [10, 9], { b: [1, null], a: 'x' }])
  insert.run([2, [], [9, 100], '{"a": 1.50, "a": 2}'])
  insert.run([3, null, null, null])
  insert.run([4, ['a', 'b c', null, ''], [9], [1, 2]])
})

afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

const ROWS = [
  [1, ['a', 'b c', null, ''], [10, 9], '{"a": "x", "b": [1, null]}'], [2, [], [9, 100], '{"a": 2}'],
  [3, null, null, null], [4, ['a', 'b c', null, ''], [9], '[1, 2]'],
]

test('values come back as JavaScript arrays and as JSON text, also after a merge and a reopening', async () => {
  expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual(ROWS)
  db.checkpoint()
  db.close()
  db = await open(join(folder, 'a.sdb'))
  db.exec('VACUUM t')
  expect(db.prepare('SELECT * FROM t ORDER BY id').raw()).toEqual(ROWS)
  expect(db.table('t').get(4)).toMatchObject({ marks: [9] })
  expect(db.prepare('SELECT * FROM t').columns.map(column => column.type.kind))
    .toEqual(['integer', 'array', 'array', 'jsonb'])
})

test('arrays are equal by their elements and sort by them, not by their text', () => {
  expect(db.prepare('SELECT id FROM t ORDER BY marks, id').raw()).toEqual([[4], [2], [1], [3]])
  expect(db.prepare('SELECT tags, count(*) FROM t GROUP BY tags ORDER BY 2 DESC, 1 LIMIT 1').raw())
    .toEqual([[['a', 'b c', null, ''], 2]])
  expect(db.prepare('SELECT a.id, b.id FROM t a JOIN t b ON a.tags = b.tags AND a.id < b.id').raw()).toEqual([[1, 4]])
  expect(db.prepare(`SELECT id FROM t WHERE marks > '{9,99}' ORDER BY id`).raw()).toEqual([[1], [2]])
  expect(db.prepare('SELECT id FROM t WHERE 9 = ANY (marks) AND marks[1] = 9 ORDER BY id').raw()).toEqual([[2], [4]])
  expect(db.prepare('SELECT id FROM t WHERE marks = ?').raw([[9, 100]])).toEqual([[2]])
})

test('documents are looked into, changed and compared', () => {
  expect(db.prepare(`SELECT id, doc ->> 'a' AS a FROM t WHERE doc @> '{"a": "x"}'`).all()).toEqual([{ id: 1, a: 'x' }])
  db.exec(`UPDATE t SET doc = jsonb_set(doc, '{b,0}', '[true]'), marks = marks || 7 WHERE id = 1`)
  expect(db.prepare('SELECT doc, marks FROM t WHERE id = 1').raw())
    .toEqual([['{"a": "x", "b": [[true], null]}', [10, 9, 7]]])
  expect(db.prepare('SELECT id FROM t ORDER BY doc, id').raw()).toEqual([[4], [2], [1], [3]])
})

test('Arrow has their text, and what cannot be a key says so', async () => {
  await loadArrow()
  const table = db.prepare('SELECT marks, doc FROM t ORDER BY id').arrow()
  expect(table.toArray().map(row => [row!['marks'], row!['doc']])[0]).toEqual(['{10,9}', '{"a": "x", "b": [1, null]}'])
  expect(() => db.exec('CREATE INDEX i ON t (marks)')).toThrow(/cannot be indexed/)
  expect(() => db.exec('CREATE TABLE k (a integer[] PRIMARY KEY)')).toThrow(/primary key of type array/)
  expect(() => db.exec(`INSERT INTO t (id, marks) VALUES (9, '{1,x}')`))
    .toThrow(/invalid input syntax for type integer/)
  expect(() => db.exec(`INSERT INTO t (id, marks) VALUES (9, '{1')`)).toThrow(/malformed array literal/)
  expect(() => db.prepare('INSERT INTO t (id, marks) VALUES (9, ?)').run([[1.5]])).toThrow(/not an integer/)
})
