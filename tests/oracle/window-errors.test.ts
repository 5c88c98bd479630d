// What PostgreSQL refuses about windows, with its SQLSTATE and position, and what DuckDB gets wrong or does not
// share: chained named windows, frames that end before they begin, exact sums, plans.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { Session } from './session.ts'

let session: Session

beforeAll(async () => {
  session = await Session.open()
  session.run(`CREATE TABLE t (id integer PRIMARY KEY, g integer, v bigint, d decimal(38, 2), f double precision,
    x text)`)
  session.run(`INSERT INTO t VALUES (1, 1, 9223372036854775807, 1.5, 1e308, 'a'),
    (2, 1, 9223372036854775807, 2.5, -1e308, 'b'),
    (3, 2, -9223372036854775808, 99999999999999999999999999.99, 'NaN', NULL), (4, 2, NULL, NULL, 1, 'd')`)
})

afterAll(() => session.close())

/** SQLSTATE and position of the error that a statement ends with. */
function refusal(sql: string): string {
  try {
    session.run(sql)
  } catch (error) {
    if (error instanceof DatabaseError) return `${error.code} ${error.position ?? '-'}`
    throw error
  }
  return 'no error'
}

describe('refused', () => {
  const cases: readonly [string, string][] = [
    ['SELECT id FROM t WHERE row_number() OVER () = 1', '42P20 24'],
    ['SELECT count(*) FROM t GROUP BY rank() OVER (ORDER BY id)', '42P20 33'],
    ['SELECT rank() OVER (ORDER BY id) FROM t GROUP BY 1', '42P20 50'],
    ['SELECT count(*) FROM t HAVING count(*) OVER () > 1', '42P20 31'],
    ['SELECT sum(rank() OVER (ORDER BY id)) OVER () FROM t', '42P20 12'],
    ['SELECT sum(v) OVER (ORDER BY rank() OVER ()) FROM t', '42P20 30'],
    ['SELECT sum(rank() OVER (ORDER BY id)) FROM t', '42803 12'],
    ['SELECT t.id FROM t JOIN t AS u ON rank() OVER () = 1', '42P20 35'],
    ['SELECT id FROM t LIMIT rank() OVER ()', '42P20 24'],
    ['SELECT v, sum(id) OVER (PARTITION BY g) FROM t GROUP BY v', '42803 15'],
    ['SELECT row_number() FROM t', '42809 8'],
    ['SELECT abs(id) OVER () FROM t', '42809 8'],
    ['SELECT nothing(id) OVER () FROM t', '42809 8'],
    ['SELECT row_number(id) OVER () FROM t', '42883 8'],
    ["SELECT lag(id, 'x') OVER (ORDER BY id) FROM t", '22P02 16'],
    ['SELECT count(DISTINCT g) OVER () FROM t', '0A000 8'],
    ['SELECT rank() FILTER (WHERE id > 1) OVER (ORDER BY id) FROM t', '0A000 8'],
    ['SELECT sum(id) OVER w FROM t', '42704 21'],
    ['SELECT sum(id) OVER w FROM t WINDOW w AS (), w AS ()', '42P20 51'],
    ['SELECT sum(id) OVER (w PARTITION BY g) FROM t WINDOW w AS ()', '42P20 21'],
    ['SELECT sum(id) OVER (w ORDER BY g) FROM t WINDOW w AS (ORDER BY id)', '42P20 21'],
    ['SELECT sum(id) OVER (w) FROM t WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)', '42P20 21'],
    ['SELECT sum(id) OVER (ORDER BY id, g RANGE 1 PRECEDING) FROM t', '42P20 21'],
    ['SELECT sum(id) OVER (GROUPS 1 PRECEDING) FROM t', '42P20 21'],
    ['SELECT sum(id) OVER (ORDER BY id ROWS -1 PRECEDING) FROM t', '22013 39'],
    ['SELECT sum(id) OVER (ORDER BY id ROWS NULL PRECEDING) FROM t', '22004 39'],
    ['SELECT sum(id) OVER (ORDER BY id ROWS id PRECEDING) FROM t', '42P10 39'],
    ['SELECT sum(id) OVER (ORDER BY x RANGE 1 PRECEDING) FROM t', '0A000 39'],
    ['SELECT ntile(0) OVER (ORDER BY id) FROM t', '22014 8'],
    ['SELECT nth_value(id, 0) OVER (ORDER BY id) FROM t', '22016 8'],
    ['SELECT id, rank() OVER (ORDER BY id) FROM t FOR UPDATE', '0A000 1'],
    ['SELECT sum(id) OVER (ROWS UNBOUNDED FOLLOWING) FROM t', '42P20 27'],
  ]
  test.each(cases)('%s: %s', (sql, want) => {
    expect(refusal(sql)).toBe(want)
  })

  test('a window that nothing uses is still put together', () => {
    expect(refusal('SELECT id FROM t WINDOW a AS (b)')).toBe('42704 30')
    expect(refusal('SELECT id FROM t WINDOW a AS (ORDER BY nothing)')).toBe('42703 40')
    expect(refusal('SELECT id FROM t WINDOW a AS (GROUPS 1 PRECEDING)')).toBe('42P20 30')
    expect(column('SELECT id FROM t WINDOW a AS (ORDER BY id) ORDER BY id')).toEqual([1, 2, 3, 4])
  })
})

function column(sql: string): unknown[] {
  return session.run(sql).rows.map((row) => row[0])
}

describe('exact and odd', () => {
  test('sums of bigint are exact beyond int64', () => {
    expect(column('SELECT sum(v) OVER (ORDER BY id) FROM t')).toEqual([
      9223372036854775807n, 18446744073709551614n, 9223372036854775806n, 9223372036854775806n,
    ])
  })

  test('decimals beyond safe integers keep every digit, also where rows leave the frame', () => {
    expect(column('SELECT sum(d) OVER (ORDER BY id ROWS 1 PRECEDING)::text FROM t')).toEqual([
      '1.50', '4.00', '100000000000000000000000002.49', '99999999999999999999999999.99',
    ])
  })

  test('NaN and infinities do not stay in a moving frame', () => {
    expect(column('SELECT sum(f) OVER (ORDER BY id ROWS CURRENT ROW) FROM t')).toEqual([1e308, -1e308, NaN, 1])
    const long = `SELECT sum(CASE WHEN id = 3 THEN 'Infinity'::float8 ELSE id END) OVER (ORDER BY id ROWS 20 PRECEDING)
      FROM (SELECT a.id + 4 * b.id + 16 * c.id - 20 AS id FROM t a, t b, t c) n ORDER BY id`
    const sums = column(long)
    expect(sums[30]).toBe(441)
    expect(sums.slice(2, 23)).toEqual(new Array(21).fill(Infinity))
  })

  test('a frame that ends before it begins is empty', () => {
    expect(column('SELECT count(*) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 3 PRECEDING) FROM t'))
      .toEqual([0, 0, 0, 0])
    expect(column('SELECT first_value(id) OVER (ORDER BY id ROWS BETWEEN 2 FOLLOWING AND 1 FOLLOWING) FROM t'))
      .toEqual([null, null, null, null])
  })

  test('equal calls are one, also for SELECT DISTINCT and ORDER BY', () => {
    const sql = `SELECT DISTINCT rank() OVER (ORDER BY g) + 0 * rank() OVER (ORDER BY g) FROM t
      ORDER BY rank() OVER (ORDER BY g) + 0 * rank() OVER (ORDER BY g) DESC`
    expect(column(sql)).toEqual([3, 1])
    expect(session.explain(sql).match(/rank\(\) OVER/g)).toHaveLength(1)
  })

  test('in subqueries, set operations and common tables', () => {
    expect(column('SELECT (SELECT max(r) FROM (SELECT rank() OVER (ORDER BY id) AS r FROM t) s)')).toEqual([4])
    expect(column('SELECT rank() OVER (ORDER BY id) FROM t UNION SELECT 9 ORDER BY 1')).toEqual([1, 2, 3, 4, 9])
    expect(column(`WITH r AS (SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM t)
      SELECT id FROM t WHERE id IN (SELECT n FROM r WHERE r.id = 1)`)).toEqual([4])
    expect(column(`SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t AS u WHERE u.id = t.id + 1)
      ORDER BY row_number() OVER (ORDER BY id DESC)`)).toEqual([3, 2, 1])
    expect(refusal('SELECT id FROM t WHERE id = (SELECT rank() OVER (ORDER BY u.id) FROM t u WHERE u.g = t.g)'))
      .toMatch(/^21000 /)
    expect(column('SELECT id FROM t WHERE id = (SELECT max(r) FROM (SELECT rank() OVER (ORDER BY u.id) AS r FROM t u ' +
      'WHERE u.id <= t.id) s)')).toEqual([1, 2, 3, 4])
  })

  test('named windows build on each other', () => {
    expect(column(`SELECT sum(id) OVER (w ROWS CURRENT ROW) + 10 * sum(id) OVER w FROM t
      WINDOW base AS (PARTITION BY g), w AS (base ORDER BY id DESC)`)).toEqual([22, 31, 44, 73])
  })

  test('parameters are offsets and arguments', () => {
    const sql = 'SELECT sum(id) OVER (ORDER BY id ROWS $1 PRECEDING), lag(id, $2, $3) OVER (ORDER BY id) FROM t'
    expect(session.run(sql, [1, 2, -1]).rows).toEqual([[1, -1], [3, -1], [5, 1], [7, 2]])
  })
})

describe('plans', () => {
  test('calls whose keys agree share one sort', () => {
    const plan = session.explain(`SELECT rank() OVER (PARTITION BY g ORDER BY id), sum(v) OVER (PARTITION BY g),
      lag(x) OVER (PARTITION BY g ORDER BY id, v), count(*) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t`)
    expect(plan.match(/Window/g)).toHaveLength(2)
    expect(plan).toContain('sum(v) OVER (PARTITION BY g)')
    expect(plan).toContain('count(*) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)')
  })

  test('only filters on what all calls partition by go below', () => {
    const ranked = 'SELECT * FROM (SELECT id, g, rank() OVER (PARTITION BY g ORDER BY id) AS r FROM t) s WHERE'
    const below = session.explain(`${ranked} g = 1`)
    expect(below.indexOf('g = 1')).toBeGreaterThan(below.indexOf('Window'))
    const above = session.explain(`${ranked} id = 1`)
    expect(above).toContain('Filter')
    expect(above.indexOf('id = 1')).toBeLessThan(above.indexOf('Window'))
  })

  test('calls nobody reads are not computed', () => {
    const unread = session.explain('SELECT id FROM (SELECT id, rank() OVER (ORDER BY v) AS r FROM t) s')
    expect(unread).not.toContain('Window')
  })
})
