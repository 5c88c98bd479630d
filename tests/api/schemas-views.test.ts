// Schemas, qualified names, views: what they mean, who depends on whom, transactions, sessions, reopening.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { CRASH_POLICIES, FaultyFileSystem } from '../sim/faulty-file.ts'
import { codeOf, errorOf } from './errors.ts'

let files: FaultyFileSystem
let db: Database
const rows = (sql: string): unknown[][] => db.prepare(sql).raw()
const reopen = async (): Promise<void> => {
  db.close()
  db = await open('a.sdb', { files })
}

beforeEach(async () => {
  files = new FaultyFileSystem()
  db = await open('a.sdb', { files })
  db.exec(`CREATE SCHEMA sales;
    CREATE TABLE item (id INT PRIMARY KEY, name TEXT);
    CREATE TABLE sales.item (id INT PRIMARY KEY, amount INT, UNIQUE (amount));
    INSERT INTO item VALUES (1, 'pen'), (2, NULL);
    INSERT INTO sales.item VALUES (1, 10), (2, 20), (3, NULL)`)
})
afterEach(() => db.close())

describe('schemas', () => {
  test('a relation is known by its schema; public and main are the same', async () => {
    expect(rows('SELECT * FROM sales.item ORDER BY id')).toEqual([[1, 10], [2, 20], [3, null]])
    expect(rows('SELECT name FROM public.item WHERE id = 1')).toEqual([['pen']])
    expect(rows('SELECT main.item.name FROM main.item WHERE id = 1')).toEqual([['pen']])
    expect(rows('SELECT a.name, sales.item.amount FROM item a JOIN sales.item USING (id)')).toHaveLength(2)
    db.exec('CREATE INDEX by_amount ON sales.item (amount); DROP INDEX sales.by_amount')
    expect(db.table('sales.item').get(2)).toEqual({ id: 2, amount: 20 })
    await reopen()
    expect(rows('SELECT sum(amount) FROM sales.item')).toEqual([[30]])
  })
  test('errors', () => {
    expect(codeOf(() => db.exec('CREATE SCHEMA sales'))).toBe('42P06')
    expect(codeOf(() => db.exec('CREATE SCHEMA pg_mine'))).toBe('42939')
    expect(codeOf(() => db.exec('CREATE TABLE nowhere.t (a INT)'))).toBe('3F000')
    expect(codeOf(() => db.exec('DROP SCHEMA nowhere'))).toBe('3F000')
    expect(codeOf(() => db.exec('SELECT * FROM sales.nothing'))).toBe('42P01')
    expect(codeOf(() => db.exec('DROP SCHEMA public'))).toBe('2BP01')
    const error = errorOf(() => db.exec('DROP SCHEMA sales'))
    expect([error.code, error.detail]).toEqual(['2BP01', 'table sales.item depends on schema sales'])
    db.exec('CREATE SCHEMA IF NOT EXISTS sales; DROP SCHEMA IF EXISTS nowhere')
  })
  test('CASCADE drops what is in it, and a rollback has it back', () => {
    db.exec('BEGIN; DROP SCHEMA sales CASCADE')
    expect(codeOf(() => db.prepare('SELECT * FROM sales.item').raw())).toBe('42P01')
    db.exec('ROLLBACK')
    expect(rows('SELECT count(*) FROM sales.item')).toEqual([[3]])
    db.exec('DROP SCHEMA sales CASCADE')
    expect(codeOf(() => db.exec('CREATE TABLE sales.item (id INT)'))).toBe('3F000')
  })
})

describe('views', () => {
  test('are queries by name, also of views and after reopening', async () => {
    db.exec(`CREATE VIEW big AS SELECT * FROM sales.item WHERE amount > 10;
      CREATE VIEW named (n, twice) AS SELECT i.name, b.amount * 2 FROM item i LEFT JOIN big b USING (id)`)
    expect(rows('SELECT * FROM named ORDER BY n')).toEqual([['pen', null], [null, 40]])
    expect(rows('SELECT v.n FROM named v(n, m) WHERE m = 40')).toEqual([[null]])
    expect(db.prepare('SELECT * FROM named').columns.map(({ name }) => name)).toEqual(['n', 'twice'])
    await reopen()
    db.exec('UPDATE sales.item SET amount = 50 WHERE id = 2')
    expect(rows('SELECT twice FROM named WHERE twice IS NOT NULL')).toEqual([[100]])
    db.checkpoint()
    await reopen()
    expect(rows('SELECT twice FROM named WHERE twice IS NOT NULL')).toEqual([[100]])
  })
  test('columns of a star are those of the moment', () => {
    db.exec(`CREATE VIEW v AS
      SELECT i.*, 'count(*)' AS text, (SELECT count(*) FROM sales.item) AS n FROM public.item i`)
    expect(rows('SELECT * FROM v WHERE id = 1')).toEqual([[1, 'pen', 'count(*)', 3]])
    expect(rows('PRAGMA definitions(v)')).toEqual([['v', 'CREATE VIEW v (id, name, text, n) AS SELECT id, name, '
      + "'count(*)' AS text, (SELECT count(*) FROM sales.item) AS n FROM public.item i;"]])
  })
  test('what they read stays unless CASCADE', () => {
    db.exec('CREATE VIEW a AS SELECT id FROM item; CREATE VIEW b AS SELECT id FROM a')
    expect(errorOf(() => db.exec('DROP VIEW a')).detail).toBe('view b depends on view a')
    expect(codeOf(() => db.exec('DROP TABLE item'))).toBe('2BP01')
    db.exec('DROP VIEW b, a; CREATE VIEW a AS SELECT id FROM item; CREATE VIEW b AS SELECT id FROM a')
    db.exec('DROP TABLE item CASCADE')
    expect(codeOf(() => rows('SELECT * FROM b'))).toBe('42P01')
  })
  test('OR REPLACE adds columns and changes none', () => {
    db.exec('CREATE VIEW v AS SELECT id FROM item; CREATE VIEW w AS SELECT * FROM v')
    db.exec('CREATE OR REPLACE VIEW v AS SELECT id, name FROM item WHERE id > 1')
    expect([rows('SELECT * FROM v'), rows('SELECT * FROM w')]).toEqual([[[2, null]], [[2]]])
    expect(codeOf(() => db.exec('CREATE OR REPLACE VIEW v AS SELECT id FROM item'))).toBe('42P16')
    expect(codeOf(() => db.exec('CREATE OR REPLACE VIEW v AS SELECT id AS x, name FROM item'))).toBe('42P16')
    expect(codeOf(() => db.exec('CREATE OR REPLACE VIEW v AS SELECT 1.5 AS id, name FROM item'))).toBe('42P16')
    expect(codeOf(() => db.exec('CREATE OR REPLACE VIEW v AS SELECT id, NULL::text AS name FROM w'))).toBe('42P17')
    expect(codeOf(() => db.exec('CREATE VIEW v AS SELECT 1'))).toBe('42P07')
    expect(codeOf(() => db.exec('CREATE OR REPLACE VIEW item AS SELECT 1'))).toBe('42809')
  })
  test('are no tables', () => {
    db.exec('CREATE VIEW v AS SELECT id FROM item')
    for (const sql of ['INSERT INTO v VALUES (1)', 'DELETE FROM v', 'UPDATE v SET id = 1', 'CREATE INDEX ON v (id)',
      'TRUNCATE v', 'DROP TABLE v']) expect(codeOf(() => db.exec(sql)), sql).toBe('42809')
    expect(codeOf(() => db.exec('CREATE TABLE v (a INT)'))).toBe('42P07')
    expect(codeOf(() => db.exec('CREATE INDEX v ON item (name)'))).toBe('42P07')
    expect(codeOf(() => db.exec('CREATE VIEW two AS SELECT 1 AS a, 2 AS a'))).toBe('42701')
    expect(codeOf(() => db.exec('CREATE VIEW par AS SELECT ?'))).toBe('0A000')
    expect(codeOf(() => db.exec('DROP VIEW item'))).toBe('42809')
  })
  test('other sessions see them at the commit, and savepoints take them back', () => {
    const other = db.connect()
    db.exec('BEGIN; CREATE VIEW v AS SELECT 1 AS one; SAVEPOINT s; DROP VIEW v')
    expect(codeOf(() => other.prepare('SELECT * FROM v').raw())).toBe('42P01')
    expect(codeOf(() => rows('SELECT * FROM v'))).toBe('42P01')
    db.exec('ROLLBACK TO s')
    expect(rows('SELECT * FROM v')).toEqual([[1]])
    db.exec('COMMIT')
    expect(other.prepare('SELECT * FROM v').raw()).toEqual([[1]])
  })
  test('two sessions that make the same one: the second has to wait', () => {
    const other = db.connect()
    db.exec('BEGIN; CREATE VIEW v AS SELECT 1 AS one')
    expect(codeOf(() => other.exec('CREATE VIEW v AS SELECT 2 AS two'))).toBe('55P03')
    db.exec('COMMIT')
    expect(codeOf(() => other.exec('CREATE VIEW v AS SELECT 2 AS two'))).toBe('42P07')
    expect(rows('SELECT one FROM v')).toEqual([[1]])
  })
})

describe('temporary tables', () => {
  test('belong to their session and hide others', () => {
    const other = db.connect()
    db.exec("CREATE TEMP TABLE item (t TEXT); INSERT INTO item VALUES ('mine')")
    expect(rows('SELECT * FROM item')).toEqual([['mine']])
    expect(rows('SELECT count(*) FROM public.item')).toEqual([[2]])
    expect(other.prepare('SELECT count(*) FROM item').raw()).toEqual([[2]])
    expect(codeOf(() => other.prepare('SELECT * FROM pg_temp_1.item').raw())).toBe('42P01')
    db.exec('DROP TABLE item')
    expect(rows('SELECT count(*) FROM item')).toEqual([[2]])
  })
  test('end with their session, also by a crash', async () => {
    const other = db.connect()
    other.exec('CREATE TEMP TABLE t (a INT); INSERT INTO t VALUES (1); CREATE TEMP VIEW v AS SELECT * FROM t')
    other.close()
    expect(rows("SELECT 1 FROM item WHERE id = 1")).toEqual([[1]])
    db.exec('CREATE TEMPORARY TABLE u AS SELECT * FROM item')
    db.checkpoint()
    const copy = files.crash(CRASH_POLICIES[0]!, new Random(1))
    const after = await open('a.sdb', { files: copy })
    expect(after.prepare('SHOW TABLES').raw().map(([name]) => name)).toEqual(['item', 'sales.item'])
    expect(after.verify().problems).toEqual([])
    after.close()
    await reopen()
    expect(rows('SHOW TABLES').map(([name]) => name)).toEqual(['item', 'sales.item'])
  })
  test('ON COMMIT', () => {
    db.exec(`CREATE TEMP TABLE d (a INT) ON COMMIT DELETE ROWS; CREATE TEMP TABLE p (a INT) ON COMMIT PRESERVE ROWS;
      BEGIN; CREATE TEMP TABLE x (a INT) ON COMMIT DROP; INSERT INTO d VALUES (1); INSERT INTO p VALUES (1)`)
    expect(rows('SELECT * FROM d, p LEFT JOIN x ON true')).toEqual([[1, 1, null]])
    db.exec('COMMIT')
    expect(rows('SELECT (SELECT count(*) FROM d), (SELECT count(*) FROM p)')).toEqual([[0, 1]])
    expect(codeOf(() => rows('SELECT * FROM x'))).toBe('42P01')
    db.exec('INSERT INTO d VALUES (1)')
    expect(rows('SELECT count(*) FROM d')).toEqual([[0]])
    expect(codeOf(() => db.exec('CREATE TABLE q (a INT) ON COMMIT DROP'))).toBe('42P16')
    expect(codeOf(() => db.exec('CREATE TEMP TABLE sales.q (a INT)'))).toBe('42P16')
  })
})
