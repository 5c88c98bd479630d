// statement_timeout, timeoutMs and signals end what runs, wherever it is, and the session goes on. The statements here
// would run for hours, or forever: a test that does not end has failed.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { errorOf, memoryDb, rejectionOf } from './shop.ts'

const N = 40_000
const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, s TEXT)'

async function filled(): Promise<Database> {
  const db = await memoryDb(TABLE)
  const id = Int32Array.from({ length: N }, (_, i) => i)
  db.table('t').append({ id, a: Int32Array.from(id, i => i * 7919 % 1009), s: Array.from(id, i => `text ${i % 97}`) })
  return db
}

// Twelve billion pairs and more, and no way around them.
const PAIRS = 't x JOIN t y ON x.a < y.a + x.id * 0 JOIN t z ON z.a <> y.a + x.a * 0'

const ENDLESS: readonly (readonly [string, string])[] = [
  ['a join', `SELECT count(*) FROM ${PAIRS} WHERE x.id + y.id + z.id < 0`],
  ['a series', 'SELECT sum(g) FROM generate_series(1, 9000000000000) AS s(g)'],
  ['a sort', 'SELECT g FROM generate_series(1, 9000000000000) AS s(g) ORDER BY g % 7 LIMIT 1'],
  ['groups', 'SELECT g % 3, count(*) FROM generate_series(1, 9000000000000) AS s(g) GROUP BY 1'],
  ['a subquery', 'SELECT 1 WHERE (SELECT count(*) FROM generate_series(1, 9000000000000)) > 5'],
  ['an insert', 'INSERT INTO t SELECT 1, 2, null FROM generate_series(1, 9000000000000) AS s(g) WHERE g < 0'],
  ['an update', 'UPDATE t SET a = 1 WHERE (SELECT count(*) FROM generate_series(1, 9000000000000)) > 5'],
  ['a table made', `CREATE TABLE u AS SELECT g FROM generate_series(1, 9000000000000) AS s(g) WHERE g < 0`],
]

test.each(ENDLESS)('statement_timeout ends %s', async (_name, sql) => {
  const db = await filled()
  db.exec('SET statement_timeout = 30')
  const error = errorOf(() => db.prepare(sql).all())
  expect(error).toMatchObject({ code: '57014', message: expect.stringContaining('statement timeout') })
  db.exec('SET statement_timeout = 0')
  expect(db.prepare('SELECT count(*) AS n, sum(a) AS s FROM t').get()!['n']).toBe(N)
  expect(errorOf(() => db.exec('SELECT * FROM u')).code).toBe('42P01')
  expect((await rejectionOf(db.execute(sql, [], { timeoutMs: 20 }))).code).toBe('57014')
  db.exec("INSERT INTO t VALUES (-1, 1, 'x')")
})

test('in a transaction it fails the transaction, and only that', async () => {
  const db = await filled()
  db.exec("BEGIN; INSERT INTO t VALUES (-1, 1, 'x'); SET LOCAL statement_timeout = '20ms'")
  expect(errorOf(() => db.exec(ENDLESS[0]![1])).code).toBe('57014')
  expect(errorOf(() => db.exec('SELECT 1')).code).toBe('25P02')
  db.exec('ROLLBACK')
  expect(db.prepare('SHOW statement_timeout').raw()).toEqual([['0']])
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: N })
})

test('the setting: units, RESET, SHOW, PRAGMA, of one session', async () => {
  const db = await memoryDb(TABLE)
  const other = db.connect()
  const shown = (sql: string): unknown => {
    db.exec(sql)
    return db.prepare('SHOW statement_timeout').raw()[0]![0]
  }
  expect(shown("SET statement_timeout = '2s'")).toBe('2s')
  expect(shown('SET statement_timeout TO 1500')).toBe('1500ms')
  expect(shown("SET SESSION statement_timeout = '1 min'")).toBe('1min')
  expect(shown('SET statement_timeout TO DEFAULT')).toBe('0')
  expect(shown("PRAGMA statement_timeout = '250ms'")).toBe('250ms')
  expect(shown('RESET statement_timeout')).toBe('0')
  expect(shown('SET LOCAL statement_timeout = 5')).toBe('0')
  expect(shown('BEGIN; SET LOCAL statement_timeout = 60000')).toBe('1min')
  expect(shown('COMMIT')).toBe('0')
  db.exec('SET statement_timeout = 777')
  expect(other.prepare('PRAGMA statement_timeout').raw()).toEqual([['statement_timeout', '0']])
  for (const bad of ["'soon'", '-1', "'1 year'", '99999999999']) {
    expect(errorOf(() => db.exec(`SET statement_timeout = ${bad}`)).code, bad).toMatch(/22023|0A000/)
  }
  expect(errorOf(() => db.exec('SET nothing = 1')).code).toBe('42704')
  expect(db.prepare("SET statement_timeout = '3s'").columns).toEqual([])
  expect((await rejectionOf(db.execute('SELECT 1', [], { timeoutMs: -5 }))).code).toBe('22023')
  other.close()
})

test('a reader that takes its time is not timed out', async () => {
  const db = await filled()
  db.exec('SET statement_timeout = 200')
  let rows = 0
  for (const row of db.prepare('SELECT id FROM t').iterate()) {
    if (rows++ % 9000 === 0) await new Promise(resolve => setTimeout(resolve, 60))
    expect(row['id']).toBeGreaterThanOrEqual(0)
  }
  expect(rows).toBe(N)
})

test('a signal ends a query between its batches, and others have their turns', async () => {
  const db = await filled()
  const aborted = new AbortController()
  let turns = 0
  const clock = setInterval(() => {
    if (++turns === 3) aborted.abort(new Error('enough'))
  }, 5)
  const endless = 'SELECT g FROM generate_series(1, 9000000000000) AS s(g) WHERE g % 1000 = 0'
  const error = await rejectionOf(db.execute(endless, [], { signal: aborted.signal }))
  clearInterval(clock)
  expect(error).toMatchObject({ code: '57014', cause: { message: 'enough' } })
  expect(turns).toBeGreaterThanOrEqual(3)
  expect(db.stats().transactions.openSnapshots).toBeLessThan(4)
  const { signal } = new AbortController()
  const { rows } = await db.execute('SELECT id FROM t WHERE id < $1 ORDER BY id', [3], { signal })
  expect(rows).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }])
  expect((await db.execute("INSERT INTO t VALUES (-1, 1, 'x')", [], { signal })).changes).toBe(1)
  expect((await rejectionOf(db.execute('SELECT 1', [], { signal: AbortSignal.abort() }))).code).toBe('57014')
  // Statements of one transaction follow one another, also when the first one lets the event loop turn.
  db.exec('BEGIN')
  const first = db.execute('SELECT count(*) AS n FROM t x, t y WHERE x.id < 900 AND y.id < 900', [], { signal })
  const second = db.execute('INSERT INTO t VALUES (-2, 1, null)')
  expect([(await first).rows, (await second).changes]).toEqual([[{ n: 901 * 901 }], 1])
  db.exec('COMMIT')
})

test('statement_timeout bounds the wait for a lock', async () => {
  const db = await filled()
  const other = db.connect()
  other.exec('BEGIN; UPDATE t SET a = 0 WHERE id = 1')
  db.exec('SET statement_timeout = 40')
  expect((await rejectionOf(db.execute('UPDATE t SET a = 1 WHERE id = 1'))).code).toBe('57014')
  db.exec('SET statement_timeout = 0; PRAGMA busy_timeout = 40')
  expect((await rejectionOf(db.execute('UPDATE t SET a = 1 WHERE id = 1'))).code).toBe('55P03')
  other.close()
})
