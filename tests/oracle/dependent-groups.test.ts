// Group expressions that follow from other group expressions, against DuckDB: they leave the grouping and nothing else
// changes, with NULLs, no rows, constants only, HAVING, DISTINCT and expressions that are volatile or of other columns.
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
  const rows = Array.from({ length: 200 }, (_, i) => `(${i}, ${i % 9 === 0 ? 'NULL' : i % 7}, 'w${i % 5}')`)
  for (const sql of [
    'CREATE TABLE g (id integer PRIMARY KEY, a integer, w text)', `INSERT INTO g VALUES ${rows.join(', ')}`,
  ]) {
    session.run(sql)
    await oracle.run(sql)
  }
})
afterAll(() => {
  session.close()
  oracle.close()
})

test.each([
  'SELECT a, a + 1 AS b, a * 2 AS c, count(*) AS n FROM g GROUP BY a, a + 1, a * 2',
  'SELECT 7 AS k, a, count(*) AS n FROM g GROUP BY 1, a', "SELECT 'x' AS k, count(*) AS n FROM g GROUP BY 1",
  'SELECT 7 AS k, count(*) AS n FROM g WHERE id < 0 GROUP BY 1',
  'SELECT 1 AS k, 2 AS l, sum(a) AS s FROM g GROUP BY 1, 2',
  'SELECT a, upper(w) AS u, w, sum(id) AS s FROM g GROUP BY a, upper(w), w HAVING upper(w) > \'W1\' AND count(*) > 2',
  'SELECT a + 1 AS b, count(*) AS n FROM g GROUP BY a + 1',
  'SELECT coalesce(a, 5) AS b, a, count(*) AS n FROM g GROUP BY 1, 2',
  'SELECT w, a + length(w) AS m, a, max(id) AS i FROM g GROUP BY w, a + length(w), a',
])('%s', async (sql) => {
  const ours = session.run(sql)
  expect(ourRows(ours, false)).toEqual(comparableRows(await oracle.rows(asText(sql)), ours.types, false))
})

test('EXPLAIN shows the grouping that is left', () => {
  const plan = session.explain('SELECT a, a + 1, 7, count(*) FROM g GROUP BY a, a + 1, 3')
  expect(plan).toContain('groups: a\n')
})
