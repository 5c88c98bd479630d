// db.connect(): sessions with their own transactions over one database, and what closing one of them means.
import { describe, expect, test } from 'vitest'
import { CODE, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

async function withSessions(): Promise<{ db: Database; a: Connection; b: Connection }> {
  const db = await open(':memory:')
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')")
  return { db, a: db.connect(), b: db.connect() }
}

const failing = (code: string): unknown => expect.objectContaining({ code })

describe('sessions', () => {
  test('see each other\'s changes at commit, whichever way they read', async () => {
    const { db, a, b } = await withSessions()
    a.exec("BEGIN; UPDATE t SET v = 'ONE' WHERE id = 1; INSERT INTO t VALUES (3, 'three')")
    const reads = (session: Connection): unknown => [
      session.prepare('SELECT v FROM t WHERE id = ?').get([1])?.['v'], session.table('t').get(1)?.['v'],
      session.table('t').has(3), session.table('t').range().all().length,
      session.prepare('SELECT count(*) AS n FROM t').get()!['n'],
    ]
    expect(reads(a)).toEqual(['ONE', 'ONE', true, 3, 3])
    for (const other of [b, db]) expect(reads(other)).toEqual(['one', 'one', false, 2, 2])
    expect([a.inTransaction, b.inTransaction, db.inTransaction]).toEqual([true, false, false])
    a.exec('COMMIT')
    for (const any of [a, b, db]) expect(reads(any)).toEqual(['ONE', 'ONE', true, 3, 3])
    db.close()
  })

  test('a table-handle in a transaction writes in that transaction', async () => {
    const { db, a, b } = await withSessions()
    a.exec('BEGIN')
    expect(a.table('t').put({ id: 1, v: 'mine' })).toBe('updated')
    expect(a.table('t').delete(2)).toBe(true)
    expect(a.table('t').append({ id: [7, 8], v: ['x', 'y'] })).toBe(2)
    expect(b.table('t').range().all()).toEqual([{ id: 1, v: 'one' }, { id: 2, v: 'two' }])
    expect(() => b.table('t').put({ id: 1, v: 'theirs' })).toThrow(failing(CODE.LOCK_HELD))
    a.exec('ROLLBACK')
    expect(a.table('t').range().all()).toEqual([{ id: 1, v: 'one' }, { id: 2, v: 'two' }])
    db.close()
  })

  test('catalogue changes of one session reach the prepared statements of the others', async () => {
    const { db, a, b } = await withSessions()
    const all = b.prepare('SELECT * FROM t')
    const one = b.prepare('SELECT * FROM t WHERE id = 1')
    const insert = b.prepare('INSERT INTO t VALUES (?, ?)')
    const handle = b.table('t')
    expect([all.all().length, one.get(), handle.get(2)]).toEqual([2, { id: 1, v: 'one' }, { id: 2, v: 'two' }])
    insert.run([3, 'three'])
    a.exec('BEGIN; DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w DOUBLE PRECISION)')
    a.exec("INSERT INTO t VALUES (1, 'new', 1.5)")
    expect([all.all().length, one.get()]).toEqual([3, { id: 1, v: 'one' }])
    expect(a.prepare('SELECT * FROM t').all()).toEqual([{ id: 1, v: 'new', w: 1.5 }])
    a.exec('COMMIT')
    expect(all.all()).toEqual([{ id: 1, v: 'new', w: 1.5 }])
    expect([one.get(), handle.get(1), handle.get(2)]).toEqual(
      [{ id: 1, v: 'new', w: 1.5 }, { id: 1, v: 'new', w: 1.5 }, undefined])
    insert.run([2, 'short'])
    expect(handle.get(2)).toEqual({ id: 2, v: 'short', w: null })
    a.exec('DROP TABLE t')
    for (const use of [() => all.all(), () => one.get(), () => handle.get(1), () => insert.run([9, 'x'])]) {
      expect(use).toThrow(failing(CODE.UNDEFINED_TABLE))
    }
    db.close()
  })
})

describe('closing', () => {
  test('a session rolls back and frees its locks; the others go on', async () => {
    const { db, a, b } = await withSessions()
    a.exec("BEGIN; UPDATE t SET v = 'x' WHERE id = 1")
    expect(() => b.exec('DELETE FROM t WHERE id = 1')).toThrow(failing(CODE.LOCK_HELD))
    a.close()
    a.close()
    expect([a.isOpen, b.isOpen, db.isOpen]).toEqual([false, true, true])
    expect(() => a.exec('SELECT 1')).toThrow(/session.*closed/)
    expect(b.exec('DELETE FROM t WHERE id = 1').changes).toBe(1)
    db.close()
    for (const session of [b, db]) expect(() => session.exec('SELECT 1')).toThrow(/database.*closed/)
    expect(() => db.connect()).toThrow(failing(CODE.NOT_OPEN))
  })

  test('the database waits for the results of every session, or cancels them', async () => {
    for (const force of [false, true]) {
      const { db, a, b } = await withSessions()
      const rows = a.prepare('SELECT * FROM t ORDER BY id').iterate()
      const more = b.table('t').range()[Symbol.iterator]()
      expect([rows.next().value, more.next().value]).toEqual([{ id: 1, v: 'one' }, { id: 1, v: 'one' }])
      b.close()
      db.close({ force })
      expect([a.isOpen, b.isOpen, db.isOpen]).toEqual([false, false, false])
      for (const rest of [rows, more]) {
        if (force) expect(() => [...rest]).toThrow(failing(CODE.CANCELLED))
        else expect([...rest]).toEqual([{ id: 2, v: 'two' }])
      }
      expect(() => db.exec('SELECT 1')).toThrow(failing(CODE.NOT_OPEN))
    }
  })

  test('a result of a closed session may be read to its end', async () => {
    const { db, a } = await withSessions()
    using session = db.connect()
    const rows = a.prepare('SELECT * FROM t ORDER BY id').iterate()
    rows.next()
    a.close()
    session.exec('DELETE FROM t')
    expect([...rows]).toEqual([{ id: 2, v: 'two' }])
    db.close()
  })
})
