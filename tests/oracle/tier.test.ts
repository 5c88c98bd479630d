// A kernel starts in JavaScript and moves to WebAssembly when it has seen enough rows. Tables whose scan windows are
// small make it move in the middle of a query; the answers must not show it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Session } from './session.ts'

const ROWS = 12_000
let session: Session

beforeAll(async () => {
  session = await Session.open({ rowGroupRows: 1000, deltaRows: 500, mergeEveryCommit: true })
  session.run('CREATE TABLE t (id bigint PRIMARY KEY, g integer, d decimal(18,4), x double, name text)')
  for (let from = 0; from < ROWS; from += 1000) {
    const rows = Array.from({ length: 1000 }, (_, i) => {
      const id = from + i
      const d = id % 7 === 0 ? 'NULL' : `${(id * 7919) % 100_003}.${id % 10_000}`
      return `(${id}, ${id % 13 === 0 ? 'NULL' : id % 97}, ${d}, ${id / 8}, 'name ${id % 31}')`
    })
    session.run(`INSERT INTO t VALUES ${rows.join(', ')}`)
  }
})

afterAll(() => {
  session.close()
})

test.each([
  'SELECT count(*), sum(g), sum(d), min(x), max(name), avg(d) FROM t WHERE g < 50',
  'SELECT g, count(*), sum(d), sum(x), count(DISTINCT name) FROM t GROUP BY g ORDER BY g',
  'SELECT name, g, sum(id * 4000000000) FROM t GROUP BY name, g ORDER BY name, g',
  'SELECT id * 2 + g, upper(name), d * d FROM t WHERE x > 10 AND name LIKE \'%3%\' ORDER BY id',
  'SELECT DISTINCT g, name FROM t ORDER BY g, name',
])('%s', (sql) => {
  session.backend = 'javascript'
  const expected = session.run(sql).rows
  session.backend = 'webassembly'
  expect(session.run(sql).rows).toEqual(expected)
  session.backend = 'auto'
  expect(session.run(sql).rows).toEqual(expected)
  const { wasmRowFraction } = session.analyze(sql)
  expect(wasmRowFraction).toBeGreaterThan(0)
  expect(wasmRowFraction).toBeLessThan(1)
})

test('a query over few rows compiles nothing', () => {
  session.backend = 'auto'
  expect(session.analyze('SELECT sum(g) FROM t WHERE id < 500').wasmRowFraction).toBe(0)
})
