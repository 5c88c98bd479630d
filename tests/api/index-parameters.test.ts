// Conditions with parameters on indexed columns: the plan is prepared once, every execution takes the index or the scan
// by how many rows its values have, and both give the same rows; EXPLAIN ANALYZE says which one it was.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

const ROWS = 60_000

async function filled(): Promise<Database> {
  const db = await memoryDb(`CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT, c INT);
    CREATE TABLE u (id INT PRIMARY KEY, a INT, b TEXT, c INT);
    CREATE INDEX t_a ON t (a); CREATE INDEX t_bc ON t (b, c) USING btree`)
  const id = Array.from({ length: ROWS }, (_, i) => i)
  const columns = {
    id, a: id.map((i) => i % 11 === 0 ? null : (i * 7919) % ROWS), b: id.map((i) => i % 10 === 0 ? `b${i}` : 'often'),
    c: id.map((i) => (i * 31) % 5000),
  }
  for (const table of ['t', 'u']) db.table(table).append(columns)
  db.checkpoint()
  for (const table of ['t', 'u']) {
    db.exec(`DELETE FROM ${table} WHERE id = 500; UPDATE ${table} SET a = 3 WHERE id BETWEEN 600 AND 605;
      INSERT INTO ${table} VALUES (${ROWS}, 4, 'often', 17), (${ROWS + 1}, NULL, NULL, NULL)`)
  }
  return db
}

function planOf(db: Database, sql: string, values: unknown[]): string {
  return db.prepare(`EXPLAIN ANALYZE ${sql}`).raw(values).map(([line]) => line).join('\n')
}

const QUERIES: readonly [where: string, few: unknown[], many: unknown[]][] = [
  ['a BETWEEN ? AND ?', [2, 40], [0, ROWS]],
  ['a >= ? AND a < ?', [2, 40], [0, ROWS]],
  ['a > ?', [ROWS - 20], [-1]],
  ['a <= ?', [5], [ROWS]],
  ['b = ?', ['b50'], ['often']],
  ['b = ? AND c BETWEEN ? AND ?', ['often', 17, 18], ['often', 0, 5000]],
  ['b IN (?, ?)', ['b10', 'b20'], ['often', 'b10']],
  ['b LIKE ?', ['b501%'], ['%']],
  ['a BETWEEN ? AND ? AND c < 4000', [2, 40], [0, ROWS]],
  ['a BETWEEN ? AND ? AND id > ?', [2, 40, 5], [0, ROWS, 30_000]],
]

test.each(QUERIES)('WHERE %s', async (where, few, many) => {
  const db = await filled()
  const sql = `SELECT id, a, b, c FROM t WHERE ${where}`
  const [withIndex, without] = ['t', 'u'].map((table) => db.prepare(`${sql.replace('t WHERE', `${table} WHERE`)}`))
  for (const values of [few, many, few]) {
    const [rows, expected] = [withIndex!, without!].map((statement) =>
      statement.raw(values).sort((x, y) => Number(x[0]) - Number(y[0])))
    expect(rows).toEqual(expected)
    expect(rows!.length > 0).toBe(true)
  }
  expect(withIndex!.raw(few.map(() => null))).toEqual([])
  expect(planOf(db, sql, few)).toMatch(/IndexOrScan t[\s\S]*the parameters decide[\s\S]*chosen: index t_/)
  expect(planOf(db, sql, many)).toMatch(/IndexOrScan t[\s\S]*chosen: the other way/)
})

test('contradictions, subqueries and aggregates', async () => {
  const db = await filled()
  expect(db.prepare('SELECT count(*) FROM t WHERE a BETWEEN ? AND ?').raw([9, 3])).toEqual([[0]])
  const sum = 'SELECT count(*), sum(c), min(b) FROM t WHERE a < ?'
  for (const bound of [7, ROWS / 2]) {
    expect(db.prepare(sum).raw([bound])).toEqual(db.prepare(sum.replace('FROM t', 'FROM u')).raw([bound]))
  }
  const nested = 'SELECT count(*) FROM t WHERE a > (SELECT max(a) FROM t) - ? AND c > ?'
  for (const back of [5, ROWS]) {
    expect(db.prepare(nested).raw([back, 3])).toEqual(db.prepare(nested.replaceAll('FROM t', 'FROM u')).raw([back, 3]))
  }
})

test('a sort of booleans that are all true in a row group keeps them', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY, a INT, f BOOLEAN)', { rowGroupRows: 64 })
  for (let i = 0; i < 90; i++) db.prepare('INSERT INTO t VALUES (?, ?, true)').run([i, i % 7])
  const rows = db.prepare('SELECT f FROM t ORDER BY a + 0, id').raw().map(([f]) => f)
  expect([rows.length, rows.filter((f) => f === true).length]).toEqual([90, 90])
})
