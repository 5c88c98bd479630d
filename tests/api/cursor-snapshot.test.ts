// A result shows the rows as they were when its statement began, also while its own transaction changes them.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

const N = 10_000

async function filled(): Promise<Database> {
  const db = await memoryDb('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT); CREATE INDEX tn ON t (n)')
  const id = Int32Array.from({ length: N }, (_, i) => i)
  db.table('t').append({ id, n: Array.from(id, i => i % 100), s: Array.from(id, i => i % 11 === 0 ? null : `s ${i}`) })
  db.exec("UPDATE t SET s = 'before' WHERE id % 50 = 1")
  return db
}

const CHANGES: readonly (readonly [string, string])[] = [
  ['updates', 'UPDATE t SET n = n + 1, s = NULL'],
  ['keys that move', 'UPDATE t SET id = id + 100000'],
  ['deletes', 'DELETE FROM t'],
  ['inserts', 'INSERT INTO t SELECT id + 20000, n, s FROM t'],
  ['truncate', 'TRUNCATE t'],
]

test.each(CHANGES)('%s while the rows are read', async (_name, change) => {
  const db = await filled()
  for (const sql of ['SELECT * FROM t', 'SELECT * FROM t ORDER BY id DESC',
    'SELECT * FROM t WHERE n < 60 ORDER BY n, id', 'SELECT a.id, b.s FROM t a JOIN t b ON a.id = b.id + 1']) {
    const wanted = db.prepare(sql).all()
    db.exec('BEGIN')
    const rows = db.prepare(sql).iterate()
    const got = [rows.next().value, rows.next().value]
    db.exec(change)
    got.push(...rows)
    expect(got.length, sql).toBe(wanted.length)
    if (sql.includes('ORDER')) expect(got).toEqual(wanted)
    else expect(new Set(got.map(row => JSON.stringify(row)))).toEqual(new Set(wanted.map(row => JSON.stringify(row))))
    db.exec('ROLLBACK')
  }
})

test('row by row, as programs do it', async () => {
  const db = await filled()
  const update = db.prepare('UPDATE t SET n = $1, id = $2 WHERE id = $3')
  db.transaction(() => {
    let seen = 0
    for (const row of db.prepare('SELECT id, n FROM t ORDER BY id').iterate()) {
      const { id, n } = row as { id: number; n: number }
      update.run([n + 1000, id + 100_000, id])
      if (++seen === 300) break
    }
    expect(seen).toBe(300)
  })
  expect(db.prepare('SELECT count(*) AS n FROM t WHERE n >= 1000 AND id >= 100000').get()).toEqual({ n: 300 })
  expect(db.verify().problems).toEqual([])
})

test('own changes made before are seen, those taken back or committed meanwhile do not matter', async () => {
  const db = await filled()
  db.exec("BEGIN; INSERT INTO t VALUES (-1, 5, 'own'); SAVEPOINT s; INSERT INTO t VALUES (-2, 5, 'later')")
  const open = (): IterableIterator<Record<string, unknown>> => {
    const rows = db.prepare('SELECT id, s FROM t ORDER BY id').iterate()
    expect(rows.next().value).toEqual({ id: -2, s: 'later' })
    return rows
  }
  const afterSavepoint = open()
  const afterCommit = open()
  db.exec('ROLLBACK TO s')
  expect(afterSavepoint.next().value).toEqual({ id: -1, s: 'own' })
  expect([...afterSavepoint].length).toBe(N)
  const rest = db.prepare('SELECT id FROM t ORDER BY id').iterate()
  expect(rest.next().value).toEqual({ id: -1 })
  db.exec('COMMIT')
  expect([...rest].length).toBe(N)
  expect([...afterCommit].length).toBe(N + 1)
  const range = db.table('t').range({ gte: 0, lt: 5000 })
  db.transaction(() => {
    const rows = range[Symbol.iterator]()
    rows.next()
    db.table('t').put({ id: 3000, n: 1, s: 'put' })
    expect([...{ [Symbol.iterator]: () => rows }].find(row => row['id'] === 3000)!['s']).not.toBe('put')
  })
  expect(db.stats().transactions.openSnapshots).toBeLessThan(4)
})
