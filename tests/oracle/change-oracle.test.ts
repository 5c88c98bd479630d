// INSERT … ON CONFLICT, RETURNING, UPDATE … FROM, DELETE … USING and CHECK against DuckDB: the same random
// statements over the same rows, and the same rows afterwards. Joins are made so that a row has one match at most:
// which of several counts is nobody's promise. A statement either fails in both or in neither. (What ON CONFLICT
// proposes passes CHECK: PostgreSQL and we look at it before the conflict, DuckDB after it.)
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'

const SETUP = [
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b VARCHAR, CHECK (a < 60 OR a IS NULL))',
  'CREATE TABLE u (k INTEGER PRIMARY KEY, v INTEGER, w VARCHAR)',
]
const STATEMENTS = 150
let oracle: Oracle
let db: Database

beforeAll(async () => {
  oracle = await openOracle()
  db = await open(':memory:')
  for (const sql of SETUP) {
    await oracle.run(sql)
    db.exec(sql)
  }
}, 60_000)

afterAll(() => {
  oracle.close()
  db.close()
})

/** A statement with RETURNING, or without. */
function statement(random: Random): string {
  const n = (): string => random.chance(0.15) ? 'NULL' : String(random.between(0, 40))
  const key = (): number => random.between(0, 30)
  const word = (): string => random.chance(0.2) ? 'NULL' : `'${random.pick(['x', 'yy', '', 'zzz'])}'`
  const rows = (count: number): string => [...new Set(Array.from({ length: count }, key))]
    .map(id => `(${id}, ${n()}, ${word()})`).join(', ')
  const returning = random.pick(['', ' RETURNING *', ' RETURNING id, coalesce(a, -1) + 1 AS c, upper(b) AS d'])
  // DuckDB's * leaves the other tables out, PostgreSQL's does not.
  const own = returning.replace('*', 'id, a, b')
  const values = rows(random.between(1, 6))
  const plain = `INSERT INTO t VALUES (${key()}, ${random.between(50, 64)}, ${word()})${returning}`
  return random.pick([
    () => `INSERT INTO t VALUES ${values} ON CONFLICT DO NOTHING${returning}`,
    () => `INSERT INTO t VALUES ${values} ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = t.b${returning}`,
    () => `INSERT INTO t VALUES ${values} ON CONFLICT (id) DO UPDATE SET a = coalesce(t.a, 0) + 1 `
      + `WHERE excluded.a > ${key()}${returning}`,
    () => `INSERT INTO t SELECT k, v, w FROM u WHERE true ON CONFLICT (id) DO UPDATE SET b = excluded.b${returning}`,
    () => plain,
    () => `INSERT INTO u VALUES ${values} ON CONFLICT (k) DO UPDATE SET v = excluded.v`,
    () => `UPDATE t SET a = u.v, b = u.w FROM u WHERE u.k = t.id AND u.v > ${key()}${own}`,
    () => `UPDATE t SET a = s.m FROM (SELECT w, min(v) AS m FROM u GROUP BY w) s WHERE s.w = t.b${own}`,
    () => `UPDATE t SET a = a + ${key()} WHERE id < ${key()}${returning}`,
    () => `DELETE FROM t USING u WHERE u.k = t.id AND u.v < ${key()}${own}`,
    () => `DELETE FROM t WHERE a > ${key() + 10}${returning}`,
  ])()
}

test.each([1, 2, 3])('seed %i', async seed => {
  const random = new Random(seed)
  let failures = 0
  let returned = 0
  for (let i = 0; i < STATEMENTS; i++) {
    const sql = statement(random)
    const hasRows = sql.includes('RETURNING')
    const theirs = await (hasRows ? oracle.rows(sql) : oracle.run(sql).then(() => [])).catch(() => null)
    const ours = run(sql)
    if (theirs === null || ours === null) {
      failures++
      expect([sql, ours]).toEqual([sql, theirs])
      continue
    }
    if (hasRows) {
      returned += theirs.length
      expect([sql, comparable(ours)]).toEqual([sql, comparable(theirs)])
    }
    for (const table of ['t ORDER BY id', 'u ORDER BY k']) {
      const query = `SELECT * FROM ${table}`
      expect([sql, run(query)]).toEqual([sql, await oracle.rows(query)])
    }
  }
  expect(failures).toBeGreaterThan(0)
  expect(returned).toBeGreaterThan(20)
}, 60_000)

/** Our rows as text; null when the statement breaks a constraint. */
function run(sql: string): (string | null)[][] | null {
  try {
    return db.prepare(sql).raw().map(row => row.map(value => value === null ? null : String(value)))
  } catch (error) {
    if (['23505', '23514'].includes((error as { code?: string }).code ?? '')) return null
    throw error
  }
}

function comparable(rows: readonly (readonly (string | null)[])[]): string[] {
  return rows.map(row => JSON.stringify(row)).sort()
}
