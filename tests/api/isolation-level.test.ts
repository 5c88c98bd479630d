// Isolation levels and access modes by SQL: BEGIN, SET TRANSACTION, SET SESSION CHARACTERISTICS, PRAGMA and SHOW, and
// when each of them is refused.
import { describe, expect, test } from 'vitest'
import { CODE, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

async function withTable(): Promise<Database> {
  const db = await open(':memory:')
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 10)')
  return db
}

const failing = (code: string): unknown => expect.objectContaining({ code })
const shown = (session: Connection, name: string): unknown => Object.values(session.prepare(`SHOW ${name}`).get()!)[0]
const level = (session: Connection): unknown => session.prepare('PRAGMA isolation_level').get()!['value']
const LEVELS = ['read uncommitted', 'read committed', 'repeatable read', 'serializable']

describe('the level', () => {
  test.each(LEVELS)('%s, said in every way', async (name) => {
    const db = await withTable()
    expect(level(db)).toBe('read committed')
    db.exec(`BEGIN ISOLATION LEVEL ${name}`)
    expect([level(db), shown(db, 'transaction_isolation')]).toEqual([name, name])
    expect(shown(db, 'default_transaction_isolation')).toBe('read committed')
    db.exec('COMMIT; BEGIN')
    expect(level(db)).toBe('read committed')
    db.exec(`SET TRANSACTION ISOLATION LEVEL ${name.toUpperCase()}`)
    expect(shown(db, 'TRANSACTION ISOLATION LEVEL')).toBe(name)
    db.exec('ROLLBACK')
    for (const set of [
      `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL ${name}`, `PRAGMA isolation_level = '${name}'`,
      `PRAGMA isolation_level = ${name}`, `PRAGMA isolation_level = ${name.replace(' ', '_')}`,
    ]) {
      const session = db.connect()
      session.exec(set)
      expect(level(session)).toBe(name)
      session.exec('BEGIN')
      expect([level(session), level(db)]).toEqual([name, 'read committed'])
      session.close()
    }
    db.close()
  })

  test('a transaction keeps the snapshot of its first statement, not of BEGIN', async () => {
    const db = await withTable()
    const session = db.connect()
    for (const name of LEVELS) {
      db.exec('UPDATE t SET v = 10')
      session.exec(`BEGIN ISOLATION LEVEL ${name}`)
      db.exec('UPDATE t SET v = 11')
      const read = (): unknown => session.prepare('SELECT v FROM t').get()!['v']
      expect(read()).toBe(11)
      db.exec('UPDATE t SET v = 12')
      expect([read(), session.table('t').get(1)!['v'], session.table('t').range().all()[0]!['v']])
        .toEqual(name.startsWith('read') ? [12, 12, 12] : [11, 11, 11])
      session.exec('COMMIT')
      expect(read()).toBe(12)
    }
    db.close()
  })

  test('is fixed with the first statement, and unknown ones are refused', async () => {
    const db = await withTable()
    expect(() => db.exec('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')).toThrow(failing(CODE.NO_TRANSACTION))
    for (const statement of ['SELECT 1', 'SELECT * FROM t', 'UPDATE t SET v = 1']) {
      db.exec(`BEGIN; ${statement}`)
      db.exec('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
      expect(() => db.exec('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')).toThrow(failing(CODE.ACTIVE_TRANSACTION))
      expect(() => db.exec('SELECT 1')).toThrow(failing(CODE.IN_FAILED_TRANSACTION))
      db.exec('ROLLBACK')
    }
    expect(() => db.exec('PRAGMA isolation_level = serialisable')).toThrow(
      expect.objectContaining({ code: CODE.INVALID_PARAMETER, hint: expect.stringContaining('serializable') }))
    expect(() => db.exec('SHOW transaction_isolatio')).toThrow(failing(CODE.UNDEFINED_OBJECT))
    for (const value of ['-1', '1.5', 'soon']) {
      expect(() => db.exec(`PRAGMA busy_timeout = ${value}`)).toThrow(failing(CODE.INVALID_PARAMETER))
    }
    expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ name: 'busy_timeout', value: '5000' })
    db.exec('PRAGMA busy_timeout(250)')
    expect([db, db.connect()].map((session) => session.prepare('PRAGMA busy_timeout').get()!['value']))
      .toEqual(['250', '5000'])
    db.close()
  })
})

describe('READ ONLY', () => {
  const WRITES: [string, (session: Connection) => unknown][] = [
    ['INSERT', (session) => session.exec('INSERT INTO t VALUES (2, 20)')],
    ['UPDATE', (session) => session.exec('UPDATE t SET v = 1')],
    ['DELETE', (session) => session.exec('DELETE FROM t')],
    ['CREATE TABLE', (session) => session.exec('CREATE TABLE u (id INTEGER PRIMARY KEY)')],
    ['DROP TABLE', (session) => session.exec('DROP TABLE t')],
    ['put', (session) => session.table('t').put({ id: 2, v: 20 })],
    ['delete', (session) => session.table('t').delete(1)],
    ['append', (session) => session.table('t').append({ id: [2], v: [20] })],
  ]

  test.each(WRITES)('%s is 25006', async (_, write) => {
    const db = await withTable()
    db.exec('BEGIN READ ONLY')
    expect(shown(db, 'transaction_read_only')).toBe('on')
    expect(db.table('t').get(1)).toEqual({ id: 1, v: 10 })
    expect(() => write(db)).toThrow(failing(CODE.READ_ONLY))
    db.exec('ROLLBACK')
    const session = db.connect()
    session.exec('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY')
    expect(() => write(session)).toThrow(failing(CODE.READ_ONLY))
    expect(() => session.exec('SELECT 1; COMMIT')).toThrow(failing(CODE.NO_TRANSACTION))
    session.exec('BEGIN READ WRITE')
    write(session)
    session.exec('COMMIT')
    db.close()
  })

  test('may be set at any time, and taken back before the first statement', async () => {
    const db = await withTable()
    db.exec('BEGIN READ ONLY; SET TRANSACTION READ WRITE; UPDATE t SET v = 1; SET TRANSACTION READ ONLY')
    expect(() => db.exec('SET TRANSACTION READ WRITE')).toThrow(failing(CODE.ACTIVE_TRANSACTION))
    db.exec('ROLLBACK; SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY')
    expect(shown(db, 'default_transaction_read_only')).toBe('on')
    expect(() => db.table('t').loader()).toThrow(failing(CODE.READ_ONLY))
    expect(() => db.transaction(() => db.exec('DELETE FROM t'))).toThrow(failing(CODE.READ_ONLY))
    db.close()
  })
})
