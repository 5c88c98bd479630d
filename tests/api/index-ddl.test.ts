// CREATE INDEX, DROP INDEX, REINDEX and UNIQUE: what they do, what they refuse, and who sees what when.
import { expect, test } from 'vitest'
import { errorOf, freshPath, memoryDb, openDb } from './shop.ts'

const TABLE = `CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT, j JSON, i INTERVAL);
  INSERT INTO t VALUES (1, 5, 'x', NULL, NULL), (2, NULL, 'y', NULL, NULL), (3, NULL, NULL, NULL, NULL)`

test.each([
  ['CREATE INDEX t ON t (a)', '42P07'], ['CREATE INDEX x ON nope (a)', '42P01'],
  ['CREATE INDEX x ON t (nope)', '42703'],
  ['CREATE INDEX x ON t (a, a)', '42701'], ['CREATE INDEX x ON t USING hash (a)', '42704'],
  ['CREATE INDEX x ON t (a) WITH (epsilon = 0)', '22023'], ['CREATE INDEX x ON t (a) WITH (fillfactor = 70)', '22023'],
  ['CREATE INDEX x ON t USING btree (a) WITH (epsilon = 8)', '22023'], ['CREATE INDEX x ON t (j)', '0A000'],
  ['CREATE INDEX x ON t (i)', '0A000'], ['DROP INDEX nope', '42704'], ['DROP INDEX t', '42809'],
  ['DROP TABLE t_a', '42809'], ['DROP INDEX u_a_key', '2BP01'], ['REINDEX INDEX nope', '42704'],
  ['REINDEX TABLE nope', '42P01'], ['CREATE TABLE t_a (id INT)', '42P07'], ['SELECT * FROM t_a', '42P01'],
  ['INSERT INTO t_a VALUES (1)', '42P01'], ['CREATE UNIQUE INDEX x ON u (b)', '23505'],
])('%s is %s', async (sql, code) => {
  const db = await memoryDb(`${TABLE}; CREATE INDEX t_a ON t (a);
    CREATE TABLE u (a INT UNIQUE, b INT); INSERT INTO u VALUES (1, 7), (2, 7)`)
  expect(errorOf(() => db.exec(sql)).code).toBe(code)
  expect(errorOf(() => db.table('t_a')).code).toBe('42P01')
  expect(db.verify().problems).toEqual([])
})

test('UNIQUE: duplicates name the index and the values, NULLs are no duplicates', async () => {
  const db = await memoryDb(TABLE)
  db.exec('CREATE UNIQUE INDEX t_ab ON t (a, b)')
  const error = errorOf(() => db.exec("INSERT INTO t VALUES (4, 5, 'x', NULL, NULL)"))
  expect([error.code, error.message]).toEqual([
    '23505', 'duplicate key value violates unique index "t_ab": (a, b) = (5, x) already exists'])
  db.exec("INSERT INTO t VALUES (4, NULL, 'y', NULL, NULL), (5, 5, NULL, NULL, NULL), (6, 5, NULL, NULL, NULL)")
  expect(errorOf(() => db.exec("UPDATE t SET a = 5, b = 'x' WHERE id = 4")).code).toBe('23505')
  db.exec("DELETE FROM t WHERE id = 1; UPDATE t SET a = 5, b = 'x' WHERE id = 4; UPDATE t SET id = 40 WHERE id = 4")
  expect(errorOf(() => db.table('t').put({ id: 9, a: 5, b: 'x' })).code).toBe('23505')
  expect(db.table('t').put({ id: 40, a: 5, b: 'x' })).toBe('updated')
  expect(db.verify().problems).toEqual([])
})

test('names of constraints and of indexes without a name', async () => {
  const db = await memoryDb(`CREATE TABLE t (a INT UNIQUE, b INT, CONSTRAINT pair UNIQUE (a, b), UNIQUE (b, a));
    CREATE INDEX ON t (a); CREATE INDEX ON t (a); CREATE INDEX IF NOT EXISTS t_a_idx ON t (b)`)
  const names = db.prepare('PRAGMA index_list(t)').raw().map(([name]) => name)
  expect(names).toEqual(['pair', 't_a_idx', 't_a_idx1', 't_a_key', 't_b_a_key'])
  expect(db.prepare('PRAGMA index_info(t_b_a_key)').raw()).toEqual([['0', 'b'], ['1', 'a']])
  expect(db.table('t').index('t_a_idx').kind).toBe('learned')
  expect(errorOf(() => db.table('t').index('t_a_idy')).hint).toContain('t_a_idx')
})

test('definitions belong to their transaction', async () => {
  const db = await memoryDb(TABLE)
  const count = (): number => db.prepare('PRAGMA index_list(t)').raw().length
  db.exec("BEGIN; INSERT INTO t VALUES (7, 7, 'q', NULL, NULL); SAVEPOINT s; CREATE INDEX i ON t (a)")
  expect(db.prepare('SELECT id FROM t WHERE a = 7').raw()).toEqual([[7]])
  db.exec("INSERT INTO t VALUES (8, 7, 'q', NULL, NULL); ROLLBACK TO s")
  expect(count()).toBe(0)
  db.exec('CREATE INDEX i ON t (a); DELETE FROM t WHERE id = 7; COMMIT')
  expect([count(), db.verify().problems]).toEqual([1, []])
  db.exec('BEGIN; DROP INDEX i; REINDEX DATABASE; ROLLBACK; BEGIN; CREATE INDEX k ON t (b); ROLLBACK')
  expect([count(), db.verify().problems]).toEqual([1, []])
  db.exec('DROP TABLE t')
  expect(db.verify().problems).toEqual([])
})

test('nobody else writes a table whose indexes change, and nobody defines one on a table being written', async () => {
  const db = await memoryDb(TABLE)
  const other = db.connect()
  db.exec('BEGIN; CREATE INDEX i ON t (a)')
  expect(errorOf(() => other.exec('DELETE FROM t')).code).toBe('55P03')
  expect(errorOf(() => other.exec('CREATE INDEX k ON t (b)')).code).toBe('55P03')
  expect(other.prepare('SELECT count(*) AS n FROM t WHERE a = 5').get()).toEqual({ n: 1 })
  db.exec('COMMIT')
  other.exec('BEGIN; UPDATE t SET a = 6 WHERE id = 1')
  expect(errorOf(() => db.exec('DROP INDEX i')).code).toBe('55P03')
  expect(db.prepare('SELECT id FROM t WHERE a = 5').raw()).toEqual([[1]])
  expect(other.prepare('SELECT id FROM t WHERE a = 6').raw()).toEqual([[1]])
  other.exec('COMMIT')
  expect(db.prepare('SELECT id FROM t WHERE a = 6').raw()).toEqual([[1]])
  other.close()
})

test('the same unique value from two transactions: the second waits, fails or gets it', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, a INT UNIQUE); INSERT INTO t VALUES (1, 1)')
  const other = db.connect()
  db.exec('BEGIN; INSERT INTO t VALUES (2, 2)')
  expect(errorOf(() => other.exec('INSERT INTO t VALUES (3, 2)')).code).toBe('55P03')
  const waiting = other.execute('INSERT INTO t VALUES (3, 2)')
  db.exec('ROLLBACK')
  expect((await waiting).changes).toBe(1)
  other.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM t')
  db.exec('INSERT INTO t VALUES (4, 4)')
  expect(errorOf(() => other.exec('INSERT INTO t VALUES (5, 4)')).code).toBe('40001')
  other.exec('ROLLBACK')
  other.close()
  expect(db.verify().problems).toEqual([])
})

test('bulk appends and loads keep indexes, and are refused as a whole', async () => {
  const path = freshPath()
  const db = await openDb(path, 'CREATE TABLE t (id INT PRIMARY KEY, a INT UNIQUE, b TEXT); CREATE INDEX t_b ON t (b)',
    { rowGroupRows: 64 })
  const rows = (from: number, count: number): { id: number[]; a: (number | null)[]; b: string[] } => ({
    id: Array.from({ length: count }, (_, i) => from + i),
    a: Array.from({ length: count }, (_, i) => i % 5 === 0 ? null : 10_000 - from - i),
    b: Array.from({ length: count }, (_, i) => `b${i % 7}`),
  })
  const table = db.table('t')
  table.append(rows(0, 2000))
  expect(errorOf(() => table.append({ ...rows(5000, 60), a: new Array(60).fill(9_999) })).code).toBe('23505')
  expect(errorOf(() => table.append({ ...rows(5000, 1), a: [9_999] })).code).toBe('23505')
  table.append(rows(1950, 100), { onConflict: 'skip' })
  table.append(rows(1000, 60), { onConflict: 'replace' })
  const loader = table.loader({ onConflict: 'replace' })
  loader.add(rows(2040, 80))
  loader.finish()
  expect(db.verify().problems).toEqual([])
  db.close()
  const again = await openDb(path)
  expect(again.prepare("SELECT count(*) AS n FROM t WHERE b = 'b3'").get())
    .toEqual(again.prepare("SELECT count(*) AS n FROM t WHERE b || '' = 'b3'").get())
  expect(again.prepare('PRAGMA index_list(t)').raw()).toEqual([
    ['t_a_key', 'CREATE UNIQUE INDEX t_a_key ON t USING learned (a)'],
    ['t_b', 'CREATE INDEX t_b ON t USING learned (b)'],
  ])
  expect(again.verify().problems).toEqual([])
})

test('EXPLAIN names the index and why', async () => {
  const db = await memoryDb(`CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT);
    CREATE INDEX i ON t USING btree (a)`)
  db.table('t').append({
    id: Array.from({ length: 5000 }, (_, i) => i), a: Array.from({ length: 5000 }, (_, i) => i % 1000),
    b: new Array(5000).fill(1),
  })
  const explain = (sql: string): string => db.prepare(`EXPLAIN ANALYZE ${sql}`).raw().map(([line]) => line).join('\n')
  expect(explain('SELECT * FROM t WHERE a = 17'))
    .toMatch(/IndexRange t .*actual rows=5[\s\S]*index i \(btree\) on a = 17/)
  expect(explain('SELECT max(a) FROM t')).toContain('index only: yes')
  expect(explain('SELECT a, id FROM t ORDER BY a DESC LIMIT 3')).toContain('order: index descending')
})
