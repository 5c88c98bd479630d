// QUALIFY as a clause and as the name it is in PostgreSQL, and where its errors point.
import { beforeAll, expect, test } from 'vitest'
import type { DatabaseError } from '../base/errors.ts'
import type { Query } from './ast.ts'
import { loadParser, parse } from './parse.ts'

beforeAll(loadParser)

function query(sql: string): Query {
  return parse(sql)[0]!.statement as Query
}

test.each([
  'SELECT a FROM t QUALIFY b', 'SELECT a FROM t WHERE c QUALIFY (b) ORDER BY d', 'SELECT a FROM t QUALIFY b LIMIT 1',
  'SELECT a FROM t GROUP BY c HAVING d qualify b;', 'SELECT a FROM t WINDOW w AS () QUALIFY b FETCH FIRST ROW ONLY',
  'SELECT a FROM t QUALIFY b WINDOW w AS ()', 'SELECT count(*) FROM t QUALIFY b IN ()',
  'SELECT * FROM f(1) Qualify -b = ?',
])('%s', sql => {
  expect(query(sql).qualify).not.toBeNull()
  expect(query(sql).windows!.every(window => window.name === 'w')).toBe(true)
})

test.each([
  'SELECT qualify FROM t', 'SELECT a qualify FROM t', 'SELECT a FROM t qualify', 'SELECT a FROM t AS qualify (b)',
  'SELECT a FROM t qualify WHERE b', 'SELECT a FROM t qualify JOIN u ON c', 'SELECT qualify.a, b FROM qualify',
  'SELECT a FROM t ORDER BY qualify DESC', 'SELECT a FROM t WHERE qualify = 1', 'SELECT "qualify" FROM t',
  "SELECT 'QUALIFY b' FROM t", 'SELECT qualify(a) FROM t', 'SELECT a FROM t qualify, u',
])('a name in %s', sql => {
  expect(query(sql).qualify).toBeNull()
})

test('in branches and subqueries, each its own', () => {
  const union = query('SELECT 1 FROM t QUALIFY a UNION SELECT 2 FROM u QUALIFY b ORDER BY 1')
  expect([union.qualify, union.set!.left.qualify, union.set!.right.qualify]).toMatchObject([
    null, { path: ['a'] }, { path: ['b'] },
  ])
  const nested = query('SELECT (SELECT 1 FROM t QUALIFY a) FROM u QUALIFY b IN (SELECT 2 FROM v QUALIFY c)')
  expect(nested.qualify).toMatchObject({ arg: { path: ['b'] }, query: { qualify: { path: ['c'] } } })
})

test.each([
  ['SELECT a FROM t QUALIFY b = = 1', 29], ['SELECT a FROM t QUALIFY b ORDER c', 33],
  ['SELECT ä FROM t QUALIFY b c', 27],
])('the syntax error in %s is at %i', (sql, position) => {
  let error: unknown
  try {
    parse(sql)
  } catch (caught) {
    error = caught
  }
  expect(error).toMatchObject({ code: '42601', position } satisfies Partial<DatabaseError>)
})

test('positions behind it are those of the text', () => {
  const { orderBy, qualify } = query('SELECT a FROM t QUALIFY b ORDER BY c')
  expect([qualify!.position, orderBy[0]!.position]).toEqual([25, 36])
})
