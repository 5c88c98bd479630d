// Statistics of pairs and medians against DuckDB, with NULLs on both sides, groups of one row and of none, constant
// columns, and as window functions.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asText, comparableRows, ourRows } from './compare.ts'
import type { Oracle } from './duckdb.ts'
import { openOracle } from './duckdb.ts'
import { Session } from './session.ts'

let session: Session
let oracle: Oracle

beforeAll(async () => {
  session = await Session.open()
  oracle = await openOracle()
  const rows = Array.from({ length: 300 }, (_, i) => {
    const y = i % 11 === 0 ? 'NULL' : String((i * 37) % 101 - 50)
    const x = i % 13 === 0 ? 'NULL' : `${((i * 53) % 89) / 4}::double precision`
    return `(${i}, ${i % 7}, ${y}, ${x}, ${((i * 7) % 1000) / 100}::decimal(8,2), 5)`
  })
  for (const sql of [
    'CREATE TABLE p (id integer PRIMARY KEY, g integer, y integer, x double precision, d decimal(8,2), c integer)',
    `INSERT INTO p VALUES ${rows.join(', ')}, (1000, 100, 1, 1, 1, 5), (1001, 101, NULL, 1, 1, 5)`,
  ]) {
    session.run(sql)
    await oracle.run(sql)
  }
})
afterAll(() => {
  session.close()
  oracle.close()
})

const PAIRS = ['corr', 'covar_pop', 'covar_samp', 'regr_avgx', 'regr_avgy', 'regr_count', 'regr_intercept', 'regr_r2',
  'regr_slope', 'regr_sxx', 'regr_sxy', 'regr_syy']
const all = (y: string, x: string): string => PAIRS.map((fn, i) => `${fn}(${y}, ${x}) AS f${i}`).join(', ')

test.each([
  `SELECT g, ${all('y', 'x')} FROM p WHERE g < 100 GROUP BY g ORDER BY g`,
  `SELECT ${all('x', 'd')} FROM p`,
  `SELECT regr_count(y, x) AS n, covar_samp(y, x) AS s FROM p WHERE id < 0`,
  `SELECT g, median(x) AS m, median(y) AS n, median(d) AS o FROM p GROUP BY g ORDER BY g`,
  'SELECT median(x) FILTER (WHERE y > 0) AS m, corr(y, x) FILTER (WHERE y > 0) AS c FROM p',
  'SELECT id, median(x) OVER (PARTITION BY g) AS m FROM p ORDER BY id',
])('%s', async (sql) => {
  const ours = session.run(sql)
  expect(ourRows(ours, true)).toEqual(comparableRows(await oracle.rows(asText(sql)), ours.types, true))
})

test('no pairs, one pair and constants are NULL where PostgreSQL says so', () => {
  const { rows } = session.run(`SELECT corr(y, x), covar_samp(y, x), covar_pop(y, x), regr_count(y, x) FROM p
    WHERE g >= 100 GROUP BY g ORDER BY g`)
  expect(rows).toEqual([[null, null, 0, 1], [null, null, null, 0]])
  expect(session.run('SELECT corr(y, c), regr_slope(y, c), regr_r2(c, y) FROM p WHERE y IS NOT NULL').rows)
    .toEqual([[null, null, 1]])
})
