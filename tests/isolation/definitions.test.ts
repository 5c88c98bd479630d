// Definitions of two sessions: who makes a relation of a name another transaction has just made waits for it, as in
// PostgreSQL; definitions and changes of rows meet in the same locks and the same wait-for graph.
import { afterEach, expect, test } from 'vitest'
import { DatabaseError, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

const opened: Database[] = []

afterEach(() => {
  for (const db of opened.splice(0)) db.close({ force: true })
})

async function three(sql = ''): Promise<[Database, Connection, Connection]> {
  const db = await open(':memory:', { memory: '32MB' })
  opened.push(db)
  if (sql !== '') db.exec(sql)
  return [db, db.connect(), db.connect()]
}

/** The code a promise rejects with, or what it resolves to. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
    return 'done'
  } catch (error) {
    if (error instanceof DatabaseError) return error.code
    throw error
  }
}

function code(run: () => unknown): string {
  try {
    run()
    return 'done'
  } catch (error) {
    if (error instanceof DatabaseError) return error.code
    throw error
  }
}

const NAMES = [
  ['CREATE TABLE t (a INT PRIMARY KEY)', 'CREATE TABLE t (b TEXT)'],
  ['CREATE TABLE t (a INT PRIMARY KEY)', 'CREATE TABLE t AS SELECT 1 AS a'],
  ['CREATE TABLE i (a INT PRIMARY KEY)', 'CREATE INDEX i ON base (n)'],
  ['CREATE VIEW v AS SELECT 1 AS a', 'CREATE TABLE v (a INT)'],
  ['CREATE TABLE v (a INT)', 'CREATE VIEW v AS SELECT 1 AS a'],
  ['CREATE TABLE t (a INT PRIMARY KEY); CREATE INDEX i ON t (a)', 'CREATE TABLE i (a INT PRIMARY KEY)'],
] as const

test.each(NAMES)('%s against %s', async (first, second) => {
  for (const end of ['COMMIT', 'ROLLBACK'] as const) {
    const [db, a, b] = await three('CREATE TABLE base (id INT PRIMARY KEY, n INT)')
    a.exec(`BEGIN; ${first}`)
    // Who cannot wait is told at once.
    expect(code(() => b.exec(second))).toBe('55P03')
    const waits = outcome(b.execute(second))
    await null
    expect(db.stats().transactions.waiting).toBe(1)
    a.exec(end)
    expect(await waits).toBe(end === 'COMMIT' ? '42P07' : 'done')
    expect(db.stats().transactions.waiting).toBe(0)
    expect(db.verify().problems).toEqual([])
  }
})

test('IF NOT EXISTS waits too, and then finds it', async () => {
  const [db, a, b] = await three()
  a.exec('BEGIN; CREATE TABLE t (a INT PRIMARY KEY)')
  const waits = outcome(b.execute('CREATE TABLE IF NOT EXISTS t (b INT)'))
  a.exec('COMMIT')
  expect(await waits).toBe('done')
  expect(db.table('t').columns.map(column => column.name)).toEqual(['a'])
})

test('a savepoint gives a name back', async () => {
  const [db, a, b] = await three()
  a.exec('BEGIN; SAVEPOINT s; CREATE TABLE t (a INT PRIMARY KEY)')
  const waits = outcome(b.execute('CREATE TABLE t (b INT)'))
  a.exec('ROLLBACK TO s')
  expect(await waits).toBe('done')
  expect(code(() => a.exec('CREATE TABLE t (a INT)'))).toBe('42P07')
  a.exec('ROLLBACK')
  expect(db.table('t').columns.map(column => column.name)).toEqual(['b'])
})

test('two names in opposite order are a deadlock', async () => {
  const [db, a, b] = await three()
  a.exec('BEGIN; CREATE TABLE x (a INT PRIMARY KEY)')
  b.exec('BEGIN; CREATE TABLE y (a INT PRIMARY KEY)')
  const waits = outcome(a.execute('CREATE TABLE y (a INT PRIMARY KEY)'))
  expect(await outcome(b.execute('CREATE TABLE x (a INT PRIMARY KEY)'))).toBe('40P01')
  expect(await waits).toBe('done')
  b.exec('ROLLBACK')
  a.exec('COMMIT')
  expect(db.stats().transactions.deadlocks).toBe(1)
  expect(db.prepare('SHOW TABLES').raw().map(row => row[0]).sort()).toEqual(['x', 'y'])
})

test('a definition and changes of rows: each waits for the other, and a cycle is found', async () => {
  const rows = 'CREATE TABLE p (id INT PRIMARY KEY, n INT); CREATE TABLE q (id INT PRIMARY KEY, n INT);'
    + 'INSERT INTO p VALUES (1, 1); INSERT INTO q VALUES (1, 1)'
  const [db, a, b] = await three(rows)
  a.exec('BEGIN; UPDATE p SET n = 2')
  for (const sql of ['DROP TABLE p', 'CREATE INDEX pn ON p (n)', 'TRUNCATE p']) {
    expect(code(() => b.exec(sql)), sql).toBe('55P03')
  }
  const drop = outcome(b.execute('DROP TABLE p'))
  a.exec('COMMIT')
  expect(await drop).toBe('done')
  a.exec('BEGIN; DROP TABLE q')
  const change = outcome(b.execute('UPDATE q SET n = 3'))
  a.exec('COMMIT')
  expect(await change).toBe('42P01')
  db.exec(rows)
  a.exec('BEGIN; UPDATE p SET n = 2')
  b.exec('BEGIN; DROP TABLE q')
  const waits = outcome(a.execute('UPDATE q SET n = 2'))
  expect(await outcome(b.execute('DROP TABLE p'))).toBe('40P01')
  expect(await waits).toBe('done')
  b.exec('ROLLBACK')
  a.exec('COMMIT')
  expect(db.prepare('SELECT n FROM q').raw()).toEqual([[2]])
})

test('busy_timeout: none, some, and one that ends in time; the event loop goes on meanwhile', async () => {
  const [db, a, b] = await three('CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1)')
  a.exec('BEGIN; UPDATE t SET n = 2')
  let turns = 0
  const clock = setInterval(() => turns++, 10)
  const waited = async (timeoutMs: number): Promise<number> => {
    b.exec(`PRAGMA busy_timeout = ${timeoutMs}`)
    const before = turns
    expect(await outcome(b.execute('UPDATE t SET n = 3'))).toBe('55P03')
    return turns - before
  }
  expect(await waited(0)).toBe(0)
  // 300 ms are thirty turns of ten; a loaded machine has fewer, never many more.
  const some = await waited(300)
  expect(some).toBeGreaterThan(3)
  expect(some).toBeLessThan(40)
  expect(db.stats().transactions.lockTimeouts).toBe(1)
  b.exec('PRAGMA busy_timeout = 60000')
  const inTime = outcome(b.execute('UPDATE t SET n = n + 10'))
  setTimeout(() => a.exec('COMMIT'), 30)
  expect(await inTime).toBe('done')
  clearInterval(clock)
  expect(db.prepare('SELECT n FROM t').raw()).toEqual([[12]])
  // A wait that has ended leaves no timer behind to end the next one.
  a.exec('BEGIN; UPDATE t SET n = 5')
  b.exec('PRAGMA busy_timeout = 100')
  const first = outcome(b.execute('UPDATE t SET n = 6'))
  a.exec('ROLLBACK')
  expect(await first).toBe('done')
})
