// SELECT … FOR UPDATE and FOR SHARE: which rows they lock, against whom, until when, and what they refuse.
import { describe, expect, test } from 'vitest'
import { CODE, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

async function withSessions(): Promise<{ db: Database; a: Connection; b: Connection; c: Connection }> {
  const db = await open(':memory:')
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30), (4, 40);
    CREATE TABLE u (a TEXT, b INTEGER, t INTEGER, PRIMARY KEY (a, b)); CREATE TABLE noted (word TEXT);
    INSERT INTO u VALUES ('x', 1, 1), ('x', 2, 2), ('y', 1, 2); INSERT INTO noted VALUES ('one'), ('two')`)
  return { db, a: db.connect(), b: db.connect(), c: db.connect() }
}

const failing = (code: string): unknown => expect.objectContaining({ code })
const raw = (session: Connection, sql: string): unknown => session.prepare(sql).raw()

/** Keys of t that the session could change now. */
function free(session: Connection): number[] {
  return [1, 2, 3, 4].filter((id) => {
    session.exec('BEGIN')
    try {
      session.prepare('UPDATE t SET v = v WHERE id = ?').run([id])
      return true
    } catch (error) {
      expect(error).toEqual(failing(CODE.LOCK_HELD))
      return false
    } finally {
      session.exec('ROLLBACK')
    }
  })
}

describe('row locks', () => {
  test('stand in the way of every kind of writer, until the transaction ends', async () => {
    const { db, a, b } = await withSessions()
    for (const end of ['ROLLBACK', 'COMMIT']) {
      a.exec('BEGIN')
      expect(raw(a, 'SELECT v FROM t WHERE id IN (1, 3) ORDER BY id DESC FOR UPDATE')).toEqual([[30], [10]])
      expect(free(b)).toEqual([2, 4])
      for (const write of [
        () => b.exec('UPDATE t SET v = 0'), () => b.exec('DELETE FROM t WHERE id = 3'),
        () => b.exec('UPDATE t SET id = 9 WHERE id = 1'), () => b.exec('SELECT * FROM t WHERE id = 1 FOR UPDATE'),
        () => b.exec('SELECT * FROM t WHERE id = 1 FOR SHARE'), () => b.table('t').put({ id: 1, v: 0 }),
        () => b.table('t').delete(1), () => b.table('t').append({ id: [1], v: [0] }, { onConflict: 'replace' }),
        () => b.exec('DROP TABLE t'),
      ]) expect(write).toThrow(failing(CODE.LOCK_HELD))
      expect(raw(b, 'SELECT count(*) FROM t')).toEqual([[4]])
      expect(db.stats().transactions).toMatchObject({ locksHeld: 2, lockHolders: 1 })
      a.exec('UPDATE t SET v = v + 1 WHERE id = 1')
      a.exec(end)
      expect(free(b)).toEqual([1, 2, 3, 4])
      expect(db.stats().transactions).toMatchObject({ locksHeld: 0, lockHolders: 0 })
    }
    db.close()
  })

  test('go with ROLLBACK TO, with a failed statement, and with the statement outside of a transaction', async () => {
    const { db, a, b } = await withSessions()
    a.exec('SELECT * FROM t FOR UPDATE')
    expect(free(b)).toEqual([1, 2, 3, 4])
    a.exec('BEGIN; SELECT * FROM t WHERE id = 1 FOR UPDATE; SAVEPOINT s; SELECT * FROM t WHERE id < 4 FOR UPDATE')
    expect(free(b)).toEqual([4])
    a.exec('ROLLBACK TO s')
    expect(free(b)).toEqual([2, 3, 4])
    a.transaction(() => { a.exec('SELECT * FROM t WHERE id = 2 FOR UPDATE') })
    expect(() => a.transaction(() => { a.exec('SELECT * FROM t WHERE id = 4 FOR UPDATE; SELECT 1/0') })).toThrow(/zero/)
    expect(free(b)).toEqual([3, 4])
    a.exec('SAVEPOINT t; SELECT * FROM t WHERE id = 3 FOR UPDATE')
    expect(() => a.exec('SELECT 1/0')).toThrow(/zero/)
    expect(free(b)).toEqual([3, 4])
    a.exec('ROLLBACK')
    expect(free(b)).toEqual([1, 2, 3, 4])
    db.close()
  })

  test('FOR SHARE is shared, keeps writers out, and may be strengthened by its only holder', async () => {
    const { db, a, b, c } = await withSessions()
    a.exec('BEGIN; SELECT * FROM t WHERE id = 1 FOR SHARE; SELECT * FROM t WHERE id = 2 FOR KEY SHARE')
    b.exec('BEGIN; SELECT * FROM t WHERE id = 1 FOR SHARE')
    expect(free(c)).toEqual([3, 4])
    expect(() => c.exec('SELECT * FROM t WHERE id = 1 FOR NO KEY UPDATE')).toThrow(failing(CODE.LOCK_HELD))
    a.exec('SAVEPOINT s')
    expect(() => a.exec('UPDATE t SET v = 0 WHERE id = 1')).toThrow(failing(CODE.LOCK_HELD))
    a.exec('ROLLBACK TO s; SELECT * FROM t WHERE id = 2 FOR UPDATE')
    expect(() => b.exec('SELECT * FROM t WHERE id = 2 FOR SHARE')).toThrow(failing(CODE.LOCK_HELD))
    b.exec('ROLLBACK')
    a.exec('SELECT * FROM t WHERE id = 1 FOR UPDATE')
    a.exec('ROLLBACK TO s')
    c.exec('BEGIN; SELECT * FROM t WHERE id < 3 FOR SHARE; ROLLBACK')
    expect(free(c)).toEqual([3, 4])
    a.exec('COMMIT')
    expect(free(c)).toEqual([1, 2, 3, 4])
    db.close()
  })

  test('rows found by any path, by composite keys and by hidden row ids', async () => {
    const { db, a, b } = await withSessions()
    a.exec("BEGIN; SELECT t FROM u WHERE a = 'x' FOR UPDATE; SELECT word FROM noted WHERE word = 'two' FOR UPDATE")
    expect(raw(b, 'SELECT a, b FROM u ORDER BY a, b FOR UPDATE SKIP LOCKED')).toEqual([['y', 1]])
    expect(raw(b, 'SELECT * FROM noted FOR UPDATE SKIP LOCKED')).toEqual([['one']])
    expect(raw(a, 'SELECT * FROM noted ORDER BY word FOR UPDATE')).toEqual([['one'], ['two']])
    a.exec('COMMIT')
    db.close()
  })

  test('of joined tables, all or those named', async () => {
    const { db, a, b } = await withSessions()
    const locked = (sql: string): unknown[] => {
      a.exec('BEGIN')
      const rows = raw(a, sql)
      const seen = [
        rows, raw(b, 'SELECT id FROM t ORDER BY id FOR UPDATE SKIP LOCKED'),
        raw(b, 'SELECT a, b FROM u ORDER BY a, b FOR UPDATE SKIP LOCKED'),
      ]
      a.exec('ROLLBACK')
      return seen
    }
    const join = 'SELECT v, b FROM t JOIN u AS w ON w.t = t.id WHERE v = 20 ORDER BY b'
    const pairs = [[20, 1], [20, 2]]
    expect(locked(`${join} FOR UPDATE`)).toEqual([pairs, [[1], [3], [4]], [['x', 1]]])
    expect(locked(`${join} FOR UPDATE OF t`)).toEqual([pairs, [[1], [3], [4]], [['x', 1], ['x', 2], ['y', 1]]])
    expect(locked(`${join} FOR SHARE OF w`)).toEqual([pairs, [[1], [2], [3], [4]], [['x', 1]]])
    expect(locked('SELECT * FROM t LEFT JOIN u ON u.t = t.id WHERE id = 3 FOR UPDATE OF t'))
      .toEqual([[[3, 30, null, null, null]], [[1], [2], [4]], [['x', 1], ['x', 2], ['y', 1]]])
    expect(locked('SELECT * FROM t CROSS JOIN u FOR UPDATE').slice(1)).toEqual([[], []])
    db.close()
  })

  test('SKIP LOCKED takes the first free row, NOWAIT fails without waiting', async () => {
    const { db, a, b, c } = await withSessions()
    const take = 'SELECT id FROM t ORDER BY id DESC LIMIT 1 FOR UPDATE SKIP LOCKED'
    const taken = [a, b, c].map((session) => {
      session.exec('BEGIN')
      return raw(session, take)
    })
    expect(taken).toEqual([[[4]], [[3]], [[2]]])
    expect(free(db)).toEqual([1])
    expect(raw(db, 'SELECT id FROM t ORDER BY id LIMIT 2 OFFSET 0 FOR UPDATE SKIP LOCKED')).toEqual([[1]])
    await expect(db.execute('SELECT * FROM t WHERE id = 4 FOR UPDATE NOWAIT')).rejects.toThrow(failing(CODE.LOCK_HELD))
    expect(db.stats().transactions.waits).toBe(0)
    db.close()
  })

  test('execute() waits for them, and then sees the newest version', async () => {
    const { db, a, b, c } = await withSessions()
    a.exec('BEGIN; SELECT * FROM t WHERE id = 1 FOR UPDATE')
    const read = b.execute('SELECT v FROM t WHERE id = 1 FOR UPDATE')
    const write = c.execute('UPDATE t SET v = v + 1 WHERE id = 1')
    a.exec('UPDATE t SET v = 11 WHERE id = 1; COMMIT')
    expect((await read).rows).toEqual([{ v: 11 }])
    expect((await write).changes).toBe(1)
    expect(raw(db, 'SELECT v FROM t WHERE id = 1')).toEqual([[12]])
    db.close()
  })
})

test('REPEATABLE READ: a row changed since the snapshot is 40001, one only locked is not', async () => {
  const { db, a, b } = await withSessions()
  a.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t')
  b.exec('UPDATE t SET v = 21 WHERE id = 2; BEGIN; SELECT * FROM t WHERE id = 1 FOR UPDATE; COMMIT')
  expect(raw(a, 'SELECT v FROM t WHERE id = 1 FOR UPDATE')).toEqual([[10]])
  expect(() => raw(a, 'SELECT v FROM t WHERE id = 2 FOR SHARE')).toThrow(failing(CODE.SERIALIZATION))
  a.exec('ROLLBACK; BEGIN READ ONLY')
  expect(() => raw(a, 'SELECT v FROM t FOR SHARE')).toThrow(failing(CODE.READ_ONLY))
  db.close()
})

test('what PostgreSQL refuses is refused, with a position', async () => {
  const { db } = await withSessions()
  for (const sql of [
    'SELECT DISTINCT v FROM t FOR UPDATE', 'SELECT v FROM t GROUP BY v FOR UPDATE', 'SELECT count(*) FROM t FOR SHARE',
    'SELECT 1 FROM t HAVING true FOR UPDATE', 'SELECT * FROM t LEFT JOIN u ON u.t = t.id FOR UPDATE',
    'SELECT * FROM t RIGHT JOIN u ON u.t = t.id FOR UPDATE OF t', 'VALUES (1) FOR UPDATE',
    'SELECT * FROM (SELECT * FROM t FOR UPDATE) AS s', 'SELECT * FROM (SELECT * FROM t) AS s FOR UPDATE',
    'WITH s AS (SELECT * FROM t) SELECT * FROM s FOR UPDATE',
  ]) {
    expect(() => db.prepare(sql)).toThrow(
      expect.objectContaining({ code: CODE.UNSUPPORTED, position: expect.any(Number) }))
  }
  expect(() => db.prepare('SELECT * FROM t FOR UPDATE OF tt')).toThrow(
    expect.objectContaining({ code: CODE.UNDEFINED_TABLE, hint: expect.stringContaining('"t"') }))
  expect(db.prepare('EXPLAIN SELECT v FROM t WHERE id = 1 LIMIT 1 FOR UPDATE NOWAIT').raw().join('\n'))
    .toMatch(/LockRows[^]*t for update nowait/)
  db.close()
})
