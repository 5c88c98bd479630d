// Joins through secondary indexes: few outer rows look their matches up. The same queries over a table without indexes
// are the oracle, with NULLs, duplicates, left joins, more matches than a batch, dirty rows and other integer widths.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

const ROWS = 60_000

async function filled(): Promise<Database> {
  const columns = 'id INT PRIMARY KEY, a INT, b TEXT, c BIGINT NOT NULL, d DECIMAL(30,2)'
  const db = await memoryDb(`CREATE TABLE t (${columns}); CREATE TABLE u (${columns});
    CREATE INDEX t_a ON t (a); CREATE INDEX t_ba ON t (b, a) USING btree; CREATE UNIQUE INDEX t_c ON t (c);
    CREATE INDEX t_d ON t (d);
    CREATE TABLE few (k INT PRIMARY KEY, a INT, b TEXT, c INT, big BIGINT, d DECIMAL(30,2));
    INSERT INTO few VALUES (1, 5, 'b5', 10, 5, 7.25), (2, NULL, 'b6', 11, 4294967301, 9.25), (3, 6, NULL, -1, NULL, 1),
      (4, 5, 'b7', 12, 6, NULL), (5, -7, 'none', NULL, -5000000000, 123456789012345678901234.50)`)
  const id = Array.from({ length: ROWS }, (_, i) => i)
  const rows = {
    id, a: id.map((i) => i % 13 === 0 ? null : i % 20_000),
    b: id.map((i) => i % 10_000 === 9 ? null : `b${i % 10_000}`),
    c: id, d: id.map((i) => i === 50 ? '123456789012345678901234.50' : `${i % 9000}.25`),
  }
  for (const table of ['t', 'u']) db.table(table).append(rows)
  db.checkpoint()
  for (const table of ['t', 'u']) {
    db.exec(`DELETE FROM ${table} WHERE id = 20005; UPDATE ${table} SET a = 5 WHERE id = 77;
      INSERT INTO ${table} VALUES (${ROWS}, 6, 'b6', ${ROWS}, 9.25)`)
  }
  return db
}

const JOINS = [
  'SELECT few.k, $.id, $.b FROM few JOIN $ ON $.a = few.a',
  'SELECT few.k, $.id, $.b FROM $ JOIN few ON $.a = few.a',
  'SELECT few.k, $.id FROM few LEFT JOIN $ ON $.a = few.a',
  'SELECT few.k, $.id FROM few JOIN $ ON $.b = few.b AND $.a = few.a',
  'SELECT few.k, $.id FROM few LEFT JOIN $ ON $.b = few.b',
  'SELECT few.k, $.id, $.a FROM few JOIN $ ON $.c = few.c',
  'SELECT few.k, $.id FROM few LEFT JOIN $ ON $.c = few.c',
  'SELECT few.k, $.id FROM few JOIN $ ON $.a = few.big',
  'SELECT few.k, $.id FROM few JOIN $ ON $.d = few.d',
  'SELECT few.k, $.id FROM few JOIN $ ON $.a = few.a WHERE $.id > 100 AND $.b <> few.b',
  'SELECT few.k, count(*), min($.id) FROM few JOIN $ ON $.b = few.b GROUP BY few.k',
] as const

test('joins through an index answer as joins without', async () => {
  const db = await filled()
  const rowsOf = (sql: string): string[] => db.prepare(sql).raw().map((row) => JSON.stringify(row)).sort()
  for (const sql of JOINS) {
    const rows = rowsOf(sql.replaceAll('$', 't'))
    expect(rows, sql).toEqual(rowsOf(sql.replaceAll('$', 'u')))
    expect(rows.length > 0, sql).toBe(true)
  }
  const plan = (sql: string): string =>
    db.prepare(`EXPLAIN ANALYZE ${sql.replaceAll('$', 't')}`).raw().flat().join('\n')
  expect(plan(JOINS[0])).toMatch(/IndexJoin t[\s\S]*look their key up in index t_a[\s\S]*index: t_a/)
  expect(plan(JOINS[2])).toMatch(/IndexLeftJoin t[\s\S]*index: t_a/)
  expect(plan(JOINS[3])).toMatch(/IndexJoin t[\s\S]*index: t_ba/)
  expect(plan(JOINS[5])).toMatch(/IndexJoin t[\s\S]*index: t_c/)
  expect(plan('SELECT count(*) FROM u JOIN $ ON $.a = u.a')).not.toContain('IndexJoin')
})

test('an outer row with more matches than a batch, and an insert that reads what it writes', async () => {
  const db = await filled()
  db.exec("UPDATE t SET b = 'often' WHERE id BETWEEN 10000 AND 29999; UPDATE few SET b = 'often' WHERE k IN (1, 4)")
  expect(db.prepare('SELECT few.k, count(*), sum(t.id) FROM few LEFT JOIN t ON t.b = few.b GROUP BY few.k ORDER BY 1')
    .raw().map(([k, n]) => [k, Number(n)])).toEqual([[1, 19999], [2, 5], [3, 1], [4, 19999], [5, 1]])
  const before = db.prepare('SELECT count(*) FROM few JOIN t ON t.a = few.a').raw()[0]![0]
  const sql = `INSERT INTO t SELECT 100000 + t.id * 10 + few.k, t.a, 'new', 100000 + t.id * 10 + few.k,
      CAST(NULL AS DECIMAL(30,2))
    FROM few JOIN t ON t.a = few.a`
  expect(db.prepare(sql).run().changes).toBe(Number(before))
  expect(db.verify().problems).toEqual([])
  db.exec('DROP INDEX t_a')
  const after = db.prepare('SELECT count(*) FROM few JOIN t ON t.a = few.a').raw()[0]![0]
  expect(Number(after)).toBeGreaterThan(Number(before))
})
