// ATTACH: queries and changes across files, transactions that are atomic per file, read-only attachments, the same
// answers as one database would give, and every refusal.
import { symlinkSync, unlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Database } from '../../src/index.ts'
import { errorOf, freshPath, openDb, rejectionOf } from './shop.ts'

const ITEMS = `CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT, price DECIMAL(12,2), kind TEXT, wide DECIMAL(30,2));
  INSERT INTO item VALUES (1, 'pen', 1.20, 'a', 1), (2, 'ink', 4.50, 'b', 2), (3, 'cap', NULL, 'a', NULL)`
const ORDERS = `CREATE TABLE orders (id BIGINT PRIMARY KEY, item BIGINT, n INTEGER);
  INSERT INTO orders VALUES (10, 1, 5), (11, 2, 7), (12, 2, 1), (13, 9, 3)`

async function twoDatabases(): Promise<{ db: Database; other: string }> {
  const other = freshPath()
  const made = await openDb(other, ITEMS)
  made.close()
  const db = await openDb(freshPath(), ORDERS)
  await db.attach(other, 'x')
  return { db, other }
}

test('joins, filters and aggregates across files', async () => {
  const { db } = await twoDatabases()
  expect(db.prepare('SELECT name, n FROM orders JOIN x.item ON item.id = orders.item ORDER BY orders.id').all())
    .toEqual([{ name: 'pen', n: 5 }, { name: 'ink', n: 7 }, { name: 'ink', n: 1 }])
  expect(db.prepare('SELECT kind, count(*) AS n, sum(wide) AS w FROM x.item GROUP BY kind ORDER BY kind').all())
    .toEqual([{ kind: 'a', n: 2, w: '1.00' }, { kind: 'b', n: 1, w: '2.00' }])
  expect(db.prepare('SELECT o.id FROM main.orders o WHERE item NOT IN (SELECT id FROM x.item)').all())
    .toEqual([{ id: 13 }])
  expect(db.prepare('SELECT * FROM x.item WHERE id = $1').get([2])).toMatchObject({ id: 2, name: 'ink', price: '4.50' })
  expect(db.prepare('SELECT name FROM x.item WHERE wide = 2').all()).toEqual([{ name: 'ink' }])
  expect([...db.prepare('SELECT i.name FROM x.item AS i ORDER BY i.name DESC').iterate()].map(row => row['name']))
    .toEqual(['pen', 'ink', 'cap'])
  expect(db.prepare('SELECT * FROM x.item ORDER BY id').arrow().numRows).toBe(3)
  expect(db.prepare('EXPLAIN SELECT * FROM x.item WHERE id = 2').all()[0]!['QUERY PLAN']).toContain('x.item')
  expect(db.prepare('PRAGMA database_list').all().map(row => row['name'])).toEqual(['main', 'x'])
})

test('changes in the attached file outlive both', async () => {
  const { db, other } = await twoDatabases()
  expect(db.prepare('INSERT INTO x.item (id, name) VALUES ($1, $2)').run([4, 'nib']).changes).toBe(1)
  expect(db.exec('UPDATE x.item SET price = 2 WHERE id = 1; DELETE FROM x.item WHERE id = 3').changes).toBe(2)
  db.exec('INSERT INTO x.item (id, name) SELECT id, CAST(n AS TEXT) FROM orders WHERE id > 11')
  db.exec('CREATE TABLE x.made (a INT PRIMARY KEY); INSERT INTO x.made VALUES (1); DROP TABLE x.made')
  db.exec('CREATE TABLE x.made (b TEXT)')
  db.close()
  const again = await openDb(other)
  expect(again.prepare('SELECT id, name, price FROM item ORDER BY id').raw()).toEqual(
    [[1, 'pen', '2.00'], [2, 'ink', '4.50'], [4, 'nib', null], [12, '1', null], [13, '3', null]]
  )
  expect(again.prepare('DESCRIBE made').raw()[0]![0]).toBe('b')
})

test('a transaction commits, rolls back and has savepoints in all files', async () => {
  const { db } = await twoDatabases()
  const rows = (): unknown[] => db.prepare('SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM x.item)').raw()
  db.transaction(() => {
    db.exec("INSERT INTO orders VALUES (20, 4, 1); INSERT INTO x.item (id, name) VALUES (4, 'nib')")
    expect(rows()).toEqual([[5, 4]])
    try {
      db.transaction(() => {
        db.exec('DELETE FROM x.item; DELETE FROM orders')
        expect(rows()).toEqual([[0, 0]])
        throw new Error('inner')
      })
    } catch { /* back to the savepoint */ }
    expect(rows()).toEqual([[5, 4]])
  })
  expect(rows()).toEqual([[5, 4]])
  expect(() => db.transaction(() => {
    db.exec('DELETE FROM x.item; DELETE FROM orders')
    throw new Error('outer')
  })).toThrow('outer')
  expect(rows()).toEqual([[5, 4]])
  await db.transact(() => db.exec('DELETE FROM x.item WHERE id = 4; DELETE FROM orders WHERE id = 20'))
  expect(rows()).toEqual([[4, 3]])
  db.exec('BEGIN; SAVEPOINT a')
  db.exec('DELETE FROM x.item')
  db.exec('ROLLBACK TO a')
  expect(rows()).toEqual([[4, 3]])
  expect(errorOf(() => db.exec('INSERT INTO x.item (id) VALUES (1)')).code).toBe('23505')
  expect(errorOf(() => db.exec('SELECT 1')).code).toBe('25P02')
  db.exec('ROLLBACK')
})

test('sessions: isolation and locks reach across', async () => {
  const { db } = await twoDatabases()
  const other = db.connect()
  other.exec('BEGIN ISOLATION LEVEL REPEATABLE READ')
  expect(other.prepare('SELECT name FROM x.item WHERE id = 1').get()).toEqual({ name: 'pen' })
  db.exec("UPDATE x.item SET name = 'quill' WHERE id = 1")
  expect(other.prepare('SELECT name FROM x.item WHERE id = 1').get()).toEqual({ name: 'pen' })
  expect(errorOf(() => other.exec("UPDATE x.item SET name = 'late' WHERE id = 1")).code).toBe('40001')
  other.exec('ROLLBACK; BEGIN')
  other.exec("UPDATE x.item SET name = 'held' WHERE id = 2")
  expect(errorOf(() => db.exec("UPDATE x.item SET name = 'no' WHERE id = 2")).code).toBe('55P03')
  db.exec('PRAGMA busy_timeout = 0')
  expect((await rejectionOf(db.execute("UPDATE x.item SET name = 'no' WHERE id = 2"))).code).toBe('55P03')
  const rows = db.prepare('SELECT name FROM x.item ORDER BY id').iterate()
  expect(rows.next().value).toEqual({ name: 'quill' })
  other.exec('COMMIT')
  expect([...rows]).toEqual([{ name: 'ink' }, { name: 'cap' }])
  expect(db.table('x.item').get(2)).toMatchObject({ name: 'held' })
})

test('waiting and deadlocks reach across', async () => {
  const { db } = await twoDatabases()
  const [a, b] = [db.connect(), db.connect()]
  a.exec("BEGIN; SAVEPOINT s; UPDATE x.item SET name = 'held' WHERE id = 2")
  const second = b.execute("UPDATE x.item SET name = name || '!' WHERE id = 2")
  a.exec("ROLLBACK TO s; UPDATE x.item SET name = 'later' WHERE id = 1")
  expect((await second).changes).toBe(1)
  const first = b.execute("UPDATE x.item SET name = name || '!' WHERE id = 1")
  a.exec('COMMIT')
  expect((await first).changes).toBe(1)
  expect(db.prepare('SELECT name FROM x.item WHERE id < 3 ORDER BY id').raw()).toEqual([['later!'], ['ink!']])
  a.exec("BEGIN; UPDATE x.item SET name = 'a' WHERE id = 1")
  b.exec('BEGIN; SELECT * FROM orders ORDER BY id LIMIT 1 FOR UPDATE')
  const waits = a.execute('SELECT * FROM orders ORDER BY id LIMIT 1 FOR UPDATE')
  expect((await rejectionOf(b.execute('DELETE FROM x.item WHERE id = 1'))).code).toBe('40P01')
  expect((await waits).rows.length).toBe(1)
  a.exec('COMMIT')
  b.exec('ROLLBACK')
})

test('handles, stores, ranges and appends of attached tables', async () => {
  const { db } = await twoDatabases()
  const item = db.table('x.item')
  expect(item.get(2)).toMatchObject({ name: 'ink' })
  expect(item.put({ id: 2, name: 'dye' })).toBe('updated')
  expect(item.get(2)).toMatchObject({ name: 'dye' })
  expect(item.append({ id: Array.from({ length: 20_000 }, (_, i) => 100 + i) })).toBe(20_000)
  expect([...item.range({ gte: 2, limit: 3, reverse: false })].map(row => row['id'])).toEqual([2, 3, 100])
  expect([...item.range({ reverse: true, limit: 2 })].map(row => row['id'])).toEqual([20_099, 20_098])
  expect(item.range({ lt: 50 }).arrow().numRows).toBe(3)
  expect(item.index().keys + item.index().deltaEntries).toBeGreaterThan(20_000)
  expect(db.transaction(() => item.append({ id: [50, 51] }))).toBe(2)
  expect(item.has(51)).toBe(true)
  const store = db.kv('x.cache', { value: 'json' })
  store.put('a', [1])
  expect([...store]).toEqual([['a', [1]]])
  expect(db.prepare('SELECT count(*) AS n FROM x.cache').get()).toEqual({ n: 1 })
})

test('many rows of every layout, against the same tables in one database', async () => {
  const random = new Random(5)
  const columns = {
    id: Array.from({ length: 30_000 }, (_, i) => i * 3),
    small: Array.from({ length: 30_000 }, () => random.below(100)),
    big: Array.from({ length: 30_000 }, () => BigInt(random.below(2 ** 30)) * 2n ** 33n),
    real: Array.from({ length: 30_000 }, () => random.chance(0.1) ? null : random.next()),
    word: Array.from({ length: 30_000 }, () => random.chance(0.1) ? null : `w${random.below(50)}`),
    text: Array.from({ length: 30_000 }, (_, i) =>
      random.chance(0.1) ? null : `text ${i} ${'x'.repeat(random.below(40))}`),
    dec: Array.from({ length: 30_000 }, () => `${random.below(1e9)}.25`),
  }
  const sql = `CREATE TABLE t (id BIGINT PRIMARY KEY, small INT, big BIGINT, real DOUBLE PRECISION, word TEXT,
    text TEXT, dec DECIMAL(30,2))`
  const change = 'DELETE FROM t WHERE id % 7 = 0; UPDATE t SET word = text, real = NULL WHERE id % 11 = 0'
  const path = freshPath()
  const other = await openDb(path, sql)
  other.table('t').append(columns)
  other.exec(change)
  other.close()
  const db = await openDb(freshPath(), sql)
  db.table('t').append(columns)
  db.exec(change)
  await db.attach(path, 'far')
  for (const query of [
    'SELECT * FROM t ORDER BY id', 'SELECT * FROM t WHERE id BETWEEN 600 AND 999 ORDER BY id',
    'SELECT word, count(*), sum(big), min(text), max(dec) FROM t GROUP BY word ORDER BY word',
    "SELECT id, text FROM t WHERE text LIKE '%9 xx%' ORDER BY text DESC LIMIT 50",
    'SELECT sum(real), avg(small), count(DISTINCT word) FROM t WHERE small < 30',
    'SELECT a.id, b.word FROM t a JOIN t b ON a.id = b.small * 3 ORDER BY a.id, b.word, b.id LIMIT 100',
    'SELECT word, max(length(text)) FROM t WHERE id IN (3, 33, 2997) GROUP BY 1 ORDER BY 1',
  ]) {
    const far = query.replace(/FROM t\b|JOIN t\b/g, found => found.replace(' t', ' far.t'))
    expect(db.prepare(far).raw()).toEqual(db.prepare(query).raw())
  }
  expect(db.prepare('SELECT count(*) AS n FROM t JOIN far.t AS f USING (id, small, text) WHERE f.big = t.big').get())
    .toEqual({ n: db.prepare('SELECT count(*) AS n FROM t WHERE text IS NOT NULL').get()!['n'] })
})

test('read-only attachments', async () => {
  const { db, other } = await twoDatabases()
  db.detach('x')
  await db.execute(`ATTACH DATABASE '${other}' AS y (READ_ONLY)`)
  expect(db.prepare('SELECT count(*) AS n FROM y.item').get()).toEqual({ n: 3 })
  const error = errorOf(() => db.exec('DELETE FROM y.item'))
  expect(error.code).toBe('25006')
  expect(error.message).toContain(other)
  expect(errorOf(() => db.exec('CREATE TABLE y.t (a INT)')).code).toBe('25006')
  db.exec('DETACH y')
})

test('refusals', async () => {
  const { db, other } = await twoDatabases()
  const own = db.path
  const missing = freshPath()
  const refused = async (path: string, name: string, options?: object): Promise<string> =>
    (await rejectionOf(db.attach(path, name, options))).code
  expect(await refused(missing, 'y')).toBe('58P01')
  expect((await rejectionOf(db.attach(missing, 'y'))).message).toContain(missing)
  expect(await refused(other, 'y')).toBe('55006')
  expect(await refused(own, 'y')).toBe('55006')
  expect(await refused(own, 'y', { readOnly: true })).toBe('55006')
  expect(await refused(':memory:', 'x')).toBe('42P04')
  for (const name of ['main', 'public', '', 'a.b', 'temp']) expect(await refused(':memory:', name)).toBe('22023')
  expect(await refused(':memory:', 'y', { readonly: true })).toBe('22023')
  const held = await openDb(freshPath())
  expect((await rejectionOf(db.attach(held.path, 'y'))).message).toContain(held.path)
  expect(errorOf(() => db.exec(`ATTACH '${missing}' AS y`)).code).toBe('58P01')
  expect(errorOf(() => db.exec(`ATTACH '${held.path}' AS y`)).code).toBe('55006')
  expect(errorOf(() => db.exec(`ATTACH '${own}' AS y`)).code).toBe('55006')
  symlinkSync(own, missing)
  expect(errorOf(() => db.exec(`ATTACH '${missing}' AS y`)).code).toBe('55006')
  unlinkSync(missing)
  const broken = ['ATTACH x AS y', "ATTACH 'x' y", "ATTACH 'x' AS y (nothing)", "ATTACH 'x' AS y (read_only", 'DETACH']
  for (const sql of broken) {
    expect((sql.startsWith('A') ? await rejectionOf(db.execute(sql)) : errorOf(() => db.exec(sql))).code).toBe('42601')
  }
  expect(errorOf(() => db.detach('y'))).toMatchObject({ code: '3D000' })
  const typo = errorOf(() => db.exec('SELECT * FROM x.itme'))
  expect(typo).toMatchObject({ code: '42P01', hint: expect.stringContaining('x.item') })
  expect(errorOf(() => db.exec('SELECT * FROM nowhere.item')).code).toBe('42P01')
  db.exec('BEGIN')
  expect((await rejectionOf(db.attach(':memory:', 'y'))).code).toBe('25001')
  db.prepare('SELECT * FROM x.item').all()
  expect(errorOf(() => db.detach('x')).code).toBe('55006')
  db.exec('ROLLBACK')
  const rows = db.prepare('SELECT * FROM x.item').iterate()
  rows.next()
  expect(errorOf(() => db.detach('x')).code).toBe('55006')
  rows.return?.()
  const item = db.table('x.item')
  db.exec('CREATE TABLE "z.t" (a INT)')
  expect(await refused(':memory:', 'z')).toBe('42P07')
  db.detach('x')
  expect(errorOf(() => item.get(1)).code).toBe('42P01')
  await db.attach(':memory:', 'scratch')
  await db.attach(missing, 'fresh', { create: true, memory: '16MB' })
  db.exec('CREATE TABLE scratch.t (a INT); CREATE TABLE fresh.t (a INT); INSERT INTO fresh.t VALUES (1)')
  expect(db.prepare('SELECT * FROM fresh.t, scratch.t s').all()).toEqual([])
})

test('ATTACH and DETACH as plain statements', async () => {
  const { db, other } = await twoDatabases()
  db.detach('x')
  db.exec(`ATTACH '${other}' AS y; SELECT * FROM y.item`)
  expect(db.prepare('SELECT name FROM y.item WHERE id = 2').get()).toEqual({ name: 'ink' })
  db.exec('DETACH y')
  const attach = db.prepare(`ATTACH DATABASE '${other}' AS z (READ_ONLY)`)
  attach.run()
  expect(db.prepare('SELECT count(*) AS n FROM z.item').get()).toEqual({ n: 3 })
  expect(errorOf(() => db.exec('DELETE FROM z.item')).code).toBe('25006')
  // A second reader of the file, and of the same file once more: its own name is needed, and the file is taken.
  expect(errorOf(() => attach.run()).code).toBe('42P04')
  expect(errorOf(() => db.exec(`ATTACH '${other}' AS w`)).code).toBe('55006')
  const session = db.connect()
  expect(session.prepare('SELECT count(*) AS n FROM z.item').get()).toEqual({ n: 3 })
  session.exec('BEGIN; SELECT * FROM z.item')
  expect(errorOf(() => db.exec('DETACH z')).code).toBe('55006')
  expect(errorOf(() => session.exec(`ATTACH '${freshPath()}' AS w (CREATE)`)).code).toBe('25001')
  session.exec('ROLLBACK')
  session.close()
  db.exec('DETACH z')
  const fresh = freshPath()
  db.exec(`ATTACH '${fresh}' AS made (CREATE); CREATE TABLE made.t AS SELECT * FROM orders`)
  db.close()
  const again = await openDb(fresh)
  expect(again.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 4 })
})

test('attached tables are read through their indexes', async () => {
  const { db } = await twoDatabases()
  db.exec('CREATE INDEX by_name ON x.item (name); CREATE UNIQUE INDEX by_kind ON x.item (kind, id)')
  const item = db.table('x.item')
  item.append({ id: Array.from({ length: 3000 }, (_, i) => 100 + i),
    name: Array.from({ length: 3000 }, (_, i) => `name ${i % 500}`), kind: Array.from({ length: 3000 }, () => 'many') })
  item.put({ id: 5, name: 'name 77', kind: 'x' })
  db.exec("UPDATE x.item SET name = 'name 77' WHERE id = 2; DELETE FROM x.item WHERE id = 177")
  const plan = (sql: string): string => db.prepare(`EXPLAIN ${sql}`).all().map(row => row['QUERY PLAN']).join('\n')
  const byName = "SELECT id FROM x.item WHERE name = 'name 77' ORDER BY id"
  expect(plan(byName)).toContain('by_name')
  expect(db.prepare(byName).raw().flat()).toEqual([2, 5, 677, 1177, 1677, 2177, 2677])
  const prices = "SELECT id, price FROM x.item WHERE kind = 'a'"
  expect(plan(prices)).toContain('by_kind')
  expect(db.prepare(`${prices} ORDER BY id`).raw()).toEqual([[1, '1.20'], [3, null]])
  expect(plan('SELECT * FROM x.item WHERE id = 3')).toContain('Point')
  expect(plan('SELECT * FROM x.item WHERE id BETWEEN 3 AND 9')).toContain('Range')
  db.exec("CREATE TABLE wanted (name TEXT PRIMARY KEY); INSERT INTO wanted VALUES ('ink'), ('name 3'), ('none')")
  const join = 'SELECT w.name, count(i.id) AS n FROM wanted w LEFT JOIN x.item i ON i.name = w.name'
    + ' GROUP BY 1 ORDER BY 1'
  expect(db.prepare(join).raw()).toEqual([['ink', 0], ['name 3', 6], ['none', 0]])
  expect(db.prepare('SELECT min(name), max(name) FROM x.item').raw()).toEqual([['cap', 'pen']])
  db.transaction(() => {
    db.exec("INSERT INTO x.item (id, name) VALUES (9999, 'name 77')")
    expect(db.prepare(byName).raw().length).toBe(8)
  })
  expect(errorOf(() => db.exec("INSERT INTO x.item (id, name, kind) VALUES (1, 'q', 'a')")).code).toBe('23505')
})

test('definitions in a transaction, rolled back and committed with it', async () => {
  const { db, other } = await twoDatabases()
  const insert = (): number => db.exec('INSERT INTO x.made VALUES (1, 2)').changes
  db.exec('BEGIN; CREATE TABLE x.made (a INT PRIMARY KEY, b INT)')
  expect(insert()).toBe(1)
  expect(db.prepare('SELECT b FROM x.made').raw()).toEqual([[2]])
  db.exec('CREATE INDEX made_b ON x.made (b); SAVEPOINT s; DROP TABLE x.made')
  expect(errorOf(insert).code).toBe('42P01')
  db.exec('ROLLBACK TO s')
  expect(db.prepare('SELECT a FROM x.made WHERE b = 2').raw()).toEqual([[1]])
  db.exec('ROLLBACK')
  expect(errorOf(insert).code).toBe('42P01')
  const session = db.connect()
  session.exec('BEGIN; CREATE TABLE x.made (a INT PRIMARY KEY, b INT); INSERT INTO x.made VALUES (5, 6)')
  expect(errorOf(insert).code).toBe('42P01')
  session.exec('COMMIT')
  session.close()
  expect(insert()).toBe(1)
  db.exec('BEGIN; DROP TABLE x.item; TRUNCATE x.made; COMMIT')
  expect(errorOf(() => db.exec('SELECT * FROM x.item')).code).toBe('42P01')
  db.close()
  const again = await openDb(other)
  expect(again.prepare('SELECT * FROM made').raw()).toEqual([])
})

test('names of three parts, and pragmas of attached tables', async () => {
  const { db } = await twoDatabases()
  expect(db.prepare('SELECT item.name FROM x.main.item WHERE id = 1').raw()).toEqual([['pen']])
  expect(db.prepare('SELECT count(*) FROM x.public.item').raw()).toEqual([[3]])
  expect(db.prepare('SELECT count(*) FROM main.public.orders').raw()).toEqual([[4]])
  expect(errorOf(() => db.exec('SELECT * FROM x.other.item')).code).toBe('42P01')
  expect(errorOf(() => db.exec('SELECT * FROM y.main.item')).code).toBe('42P01')
  db.exec('CREATE TABLE x.main.t (a INT); INSERT INTO x.public.t VALUES (1); DROP TABLE x.main.t')
  expect(errorOf(() => db.exec('SELECT * FROM x.t')).code).toBe('42P01')
  expect(db.prepare("PRAGMA compression(x.item) = 'lz4'").all()).toEqual([{ name: 'x.item', value: 'LZ4' }])
  expect(db.prepare('PRAGMA compression(x.item)').all()).toEqual([{ name: 'x.item', value: 'LZ4' }])
  expect(db.prepare('PRAGMA recompress = x.item').raw()[0]![0]).toBe('item')
  expect(db.prepare('PRAGMA storage_info(x.item)').raw()).toContainEqual(['rows', '3'])
  expect(db.prepare('PRAGMA storage_info = x.item').raw()).toContainEqual(['compression', 'LZ4'])
  expect(errorOf(() => db.exec('PRAGMA storage_info(x.nothing)')).code).toBe('42P01')
  expect(errorOf(() => db.exec('PRAGMA storage_info(y.item)')).code).toBe('42P01')
})
