// session.execute(): statements that wait for locks. Who waits, who is woken and in which order, what a wait can end
// in, and what the statement does after it.
import { describe, expect, test } from 'vitest'
import { CODE, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

async function withSessions(count: number): Promise<{ db: Database; sessions: Connection[] }> {
  const db = await open(':memory:')
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)')
  return { db, sessions: Array.from({ length: count }, () => db.connect()) }
}

const failing = (code: string): unknown => expect.objectContaining({ code })
const rows = (session: Connection): unknown => session.prepare('SELECT id, v FROM t ORDER BY id').raw()

/** What has happened to a promise by now. */
function watch<T>(promise: Promise<T>): { state: 'pending' | 'done' | 'failed'; promise: Promise<T> } {
  const seen: ReturnType<typeof watch<T>> = { state: 'pending', promise }
  promise.then(() => { seen.state = 'done' }, () => { seen.state = 'failed' })
  return seen
}

/** Lets everything that can run, run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await null
}

describe('execute', () => {
  test('gives rows and changes, with parameters and statement options', async () => {
    const { db } = await withSessions(0)
    expect(await db.execute('SELECT v FROM t WHERE id > ? ORDER BY id', [1])).toEqual({
      rows: [{ v: 20 }, { v: 30 }], changes: 0,
    })
    expect(await db.execute('UPDATE t SET v = v + 1 WHERE id < :n', { n: 3 })).toEqual({ rows: [], changes: 2 })
    expect((await db.execute('SELECT 1::bigint AS n', [], { int64: 'string' })).rows).toEqual([{ n: '1' }])
    await expect(db.execute('SELECT nothing')).rejects.toThrow(failing(CODE.UNDEFINED_COLUMN))
    await expect(db.execute('SELECT 1', [], { signl: 1 } as never)).rejects.toThrow(failing(CODE.INVALID_PARAMETER))
    db.close()
  })

  test('waits until the holder commits, and then changes the newest version', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = v + 1 WHERE id = 1')
    const update = watch(b!.execute('UPDATE t SET v = v * 2 WHERE id = 1'))
    await settle()
    expect([update.state, db.stats().transactions.waiting]).toEqual(['pending', 1])
    expect(rows(b!)).toEqual([[1, 10], [2, 20], [3, 30]])
    a!.exec('COMMIT')
    expect(await update.promise).toEqual({ rows: [], changes: 1 })
    expect(rows(db)).toEqual([[1, 22], [2, 20], [3, 30]])
    expect(db.stats().transactions).toMatchObject({ waiting: 0, waits: 1, locksHeld: 0 })
    db.close()
  })

  test('goes on as if nothing had been when the holder rolls back, wholly or to a savepoint', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    for (const level of ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']) {
      for (const end of ['ROLLBACK', 'ROLLBACK TO s']) {
        a!.exec('BEGIN; SAVEPOINT s; DELETE FROM t WHERE id = 2')
        b!.exec('BEGIN')
        b!.exec(`SET TRANSACTION ISOLATION LEVEL ${level}`)
        expect(rows(b!)).toEqual([[1, 10], [2, 20], [3, 30]])
        const update = watch(b!.execute('UPDATE t SET v = 0 WHERE id = 2'))
        await settle()
        expect(update.state).toBe('pending')
        a!.exec(end)
        expect(await update.promise).toMatchObject({ changes: 1 })
        b!.exec('ROLLBACK')
        if (a!.inTransaction) a!.exec('ROLLBACK')
      }
    }
    db.close()
  })

  test('REPEATABLE READ fails with 40001 when the holder committed a change of the row', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
      a!.exec('BEGIN; UPDATE t SET v = v + 1 WHERE id = 1')
      b!.exec(`BEGIN ISOLATION LEVEL ${level}; SELECT * FROM t`)
      const update = b!.execute('UPDATE t SET v = 0 WHERE id = 1')
      a!.exec('COMMIT')
      await expect(update).rejects.toThrow(failing(CODE.SERIALIZATION))
      expect(() => b!.exec('SELECT 1')).toThrow(failing(CODE.IN_FAILED_TRANSACTION))
      b!.exec('ROLLBACK')
    }
    db.close()
  })

  test('an insert waits for the insert of the same key', async () => {
    const { db, sessions: [a, b, c] } = await withSessions(3)
    a!.exec('BEGIN; INSERT INTO t VALUES (9, 1)')
    const first = watch(b!.execute('INSERT INTO t VALUES (9, 2)'))
    const second = watch(c!.execute('INSERT INTO t VALUES (9, 3)'))
    await settle()
    expect([first.state, second.state]).toEqual(['pending', 'pending'])
    a!.exec('ROLLBACK')
    expect(await first.promise).toMatchObject({ changes: 1 })
    await expect(second.promise).rejects.toThrow(failing(CODE.UNIQUE))
    expect(db.prepare('SELECT v FROM t WHERE id = 9').get()).toEqual({ v: 2 })
    db.close()
  })

  test('an insert waits for a value of a unique index', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    db.exec('CREATE UNIQUE INDEX t_v ON t (v)')
    for (const end of ['ROLLBACK', 'COMMIT']) {
      a!.exec('BEGIN; INSERT INTO t VALUES (7, 77)')
      const insert = watch(b!.execute('INSERT INTO t VALUES (8, 77)'))
      await settle()
      expect(insert.state).toBe('pending')
      a!.exec(end)
      if (end === 'COMMIT') await expect(insert.promise).rejects.toThrow(failing(CODE.UNIQUE))
      else expect(await insert.promise).toMatchObject({ changes: 1 })
      db.exec('DELETE FROM t WHERE v = 77')
    }
    db.close()
  })

  test('waiters are served in the order they came, before statements that begin later', async () => {
    const { db, sessions } = await withSessions(6)
    const [holder, ...others] = sessions
    holder!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    const appendDigit = (session: Connection, digit: number): Promise<unknown> =>
      session.execute('UPDATE t SET v = v * 10 + ? WHERE id = 1', [digit])
    const waits = others.slice(0, 4).map((session, i) => appendDigit(session, i + 1))
    holder!.exec('COMMIT')
    await Promise.all([...waits, appendDigit(others[4]!, 5)])
    expect(db.prepare('SELECT v FROM t WHERE id = 1').get()).toEqual({ v: 12345 })
    db.close()
  })

  test('a waiting statement holds nothing it took before it met the lock', async () => {
    const { db, sessions: [a, b, c] } = await withSessions(3)
    a!.exec('BEGIN; UPDATE t SET v = 31 WHERE id = 3')
    b!.exec('BEGIN')
    const all = watch(b!.execute('UPDATE t SET v = v + 1'))
    await settle()
    expect(c!.exec('UPDATE t SET v = 11 WHERE id = 1').changes).toBe(1)
    a!.exec('COMMIT')
    expect(await all.promise).toMatchObject({ changes: 3 })
    b!.exec('COMMIT')
    expect(rows(db)).toEqual([[1, 12], [2, 21], [3, 32]])
    db.close()
  })

  test('after a wait, READ COMMITTED changes rows its first snapshot found and that still match', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = v + 10; INSERT INTO t VALUES (4, 20)')
    // Row 1 is 20 now and row 4 is new: neither was 20 before. Row 2 was, and is not any more.
    const gone = b!.execute('DELETE FROM t WHERE v = 20')
    a!.exec('COMMIT')
    expect(await gone).toMatchObject({ changes: 0 })
    a!.exec('BEGIN; UPDATE t SET v = v + 1 WHERE id < 3')
    const both = b!.execute('UPDATE t SET v = -v WHERE v < 35')
    a!.exec('COMMIT')
    expect(await both).toMatchObject({ changes: 3 })
    expect(rows(db)).toEqual([[1, -21], [2, -31], [3, 40], [4, -20]])
    db.close()
  })
})

describe('what ends a wait', () => {
  test('busy_timeout: 55P03 at once or later, and the transaction has failed', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    for (const timeout of [0, 30]) {
      b!.exec(`PRAGMA busy_timeout = ${timeout}`)
      b!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 2')
      await expect(b!.execute('UPDATE t SET v = 0 WHERE id = 1')).rejects.toThrow(
        expect.objectContaining({ code: CODE.LOCK_HELD, detail: expect.stringContaining(`${timeout} ms`) }))
      expect(() => b!.exec('SELECT 1')).toThrow(failing(CODE.IN_FAILED_TRANSACTION))
      expect(a!.exec('UPDATE t SET v = 21 WHERE id = 2').changes).toBe(1)
      a!.exec('ROLLBACK; BEGIN; UPDATE t SET v = 0 WHERE id = 1')
      b!.exec('ROLLBACK')
    }
    expect(db.stats().transactions).toMatchObject({ lockTimeouts: 1, waiting: 0 })
    db.close()
  })

  test('a signal, the end of the transaction, and closing', async () => {
    const { db, sessions: [a, b, c] } = await withSessions(3)
    a!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    const controller = new AbortController()
    const aborted = b!.execute('DELETE FROM t WHERE id = 1', [], { signal: controller.signal })
    controller.abort()
    await expect(aborted).rejects.toThrow(failing(CODE.CANCELLED))
    await expect(b!.execute('SELECT 1', [], { signal: controller.signal })).rejects.toThrow(failing(CODE.CANCELLED))
    b!.exec('BEGIN')
    const ended = b!.execute('DELETE FROM t WHERE id = 1')
    const queued = b!.execute('SELECT count(*)::int AS n FROM t')
    b!.exec('ROLLBACK')
    await expect(ended).rejects.toThrow(failing(CODE.CANCELLED))
    expect((await queued).rows).toEqual([{ n: 3 }])
    const closed = c!.execute('DELETE FROM t WHERE id = 1')
    c!.close()
    await expect(closed).rejects.toThrow(failing(CODE.NOT_OPEN))
    const all = b!.execute('DELETE FROM t WHERE id = 1')
    db.close()
    await expect(all).rejects.toThrow(failing(CODE.NOT_OPEN))
  })

  test('a deadlock: who closes the cycle fails with 40P01, and the other goes on at once', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = 1 WHERE id = 1')
    b!.exec('BEGIN; UPDATE t SET v = 2 WHERE id = 2')
    const first = watch(a!.execute('UPDATE t SET v = 1 WHERE id = 2'))
    await settle()
    await expect(b!.execute('UPDATE t SET v = 2 WHERE id = 1')).rejects.toThrow(expect.objectContaining({
      code: CODE.DEADLOCK,
      detail: 'session 3 waits for row (id) = (1) of table "t", held by session 2; '
        + 'session 2 waits for row (id) = (2) of table "t", held by session 3.',
    }))
    expect(await first.promise).toMatchObject({ changes: 1 })
    expect(() => b!.exec('SELECT 1')).toThrow(failing(CODE.IN_FAILED_TRANSACTION))
    a!.exec('COMMIT')
    b!.exec('ROLLBACK')
    expect(rows(db)).toEqual([[1, 1], [2, 1], [3, 30]])
    expect(db.stats().transactions.deadlocks).toBe(1)
    db.close()
  })
})

test('a deadlock of statements that lock other rows on the way is found too', async () => {
  const { db, sessions: [a, b] } = await withSessions(2)
  db.exec('INSERT INTO t VALUES (4, 40)')
  a!.exec('BEGIN; UPDATE t SET v = 1 WHERE id = 2')
  b!.exec('BEGIN; UPDATE t SET v = 2 WHERE id = 4')
  // Each takes a free row first, gives it up because of the second, and must not wake the other by that.
  const first = watch(a!.execute('UPDATE t SET v = 1 WHERE id IN (3, 4)'))
  const second = watch(b!.execute('UPDATE t SET v = 2 WHERE id IN (1, 2)'))
  await expect(second.promise).rejects.toThrow(failing(CODE.DEADLOCK))
  expect(await first.promise).toMatchObject({ changes: 2 })
  expect(db.stats().transactions).toMatchObject({ deadlocks: 1, waits: 1 })
  db.close()
})

describe('order within a session', () => {
  test('statements of a transaction take turns; others do not wait for them', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    await b!.execute('BEGIN')
    const steps = [
      b!.execute('UPDATE t SET v = v + 1 WHERE id = 1'), b!.execute('UPDATE t SET v = v * 2 WHERE id = 1'),
      b!.execute('COMMIT'), b!.execute('UPDATE t SET v = v + 100 WHERE id = 1'),
    ]
    a!.exec('COMMIT')
    await Promise.all(steps)
    expect([b!.inTransaction, rows(db)]).toEqual([false, [[1, 102], [2, 20], [3, 30]]])
    db.close()
  })

  test('a statement that began outside of a transaction stays outside', async () => {
    const { db, sessions: [a, b] } = await withSessions(2)
    a!.exec('BEGIN; UPDATE t SET v = 0 WHERE id = 1')
    const alone = b!.execute('UPDATE t SET v = v + 1 WHERE id = 1')
    expect(await b!.execute('UPDATE t SET v = 21 WHERE id = 2')).toMatchObject({ changes: 1 })
    b!.exec('BEGIN; UPDATE t SET v = 31 WHERE id = 3')
    a!.exec('COMMIT')
    expect(await alone).toMatchObject({ changes: 1 })
    expect(b!.inTransaction).toBe(true)
    b!.exec('ROLLBACK')
    expect(rows(db)).toEqual([[1, 1], [2, 21], [3, 30]])
    db.close()
  })
})
