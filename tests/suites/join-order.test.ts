// The order in which tables are written does not matter: TPC-H's joins with their FROM lists turned around give the
// same answers and plans of about the same cost; conditions are carried over to the other tables they hold for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadTables } from '../../datasets/generated.ts'
import { SUITES } from '../../datasets/suites.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

const suite = SUITES.tpch(0.002)
const FROM = /from ((?:\w+ ?\w*, ){2,}\w+ ?\w*)\n/
const JOINS = suite.queries.filter(({ sql }) => FROM.test(sql))
let db: Database

beforeAll(async () => {
  db = await open(':memory:', { memory: '256MB' })
  loadTables(db, suite.tables)
})
afterAll(() => db.close())

/** The query with the first list of tables in another order. */
function reordered(sql: string, order: (tables: string[]) => string[]): string {
  const list = FROM.exec(sql)![1]!
  return sql.replace(list, order(list.split(', ')).join(', '))
}

function costOf(sql: string): number {
  const line = String(db.prepare(`EXPLAIN ${sql}`).raw()[0]![0])
  return Number(/cost=([\d.e+]+)/.exec(line)![1])
}

test.each(JOINS)('$name', ({ sql }) => {
  const answer = db.prepare(sql).raw()
  const variants = [reordered(sql, (tables) => [...tables].reverse()), reordered(sql, (tables) => [...tables].sort())]
  const costs = [sql, ...variants].map(costOf)
  for (const variant of variants) expect(db.prepare(variant).raw()).toEqual(answer)
  expect(Math.max(...costs) / Math.min(...costs)).toBeLessThan(5)
})

function explained(sql: string): string {
  return db.prepare(`EXPLAIN ${sql}`).raw().map(String).join('\n')
}

test('a condition holds for every column that is equal', () => {
  const plan = explained(`SELECT count(*) FROM orders, lineitem WHERE o_orderkey = l_orderkey AND o_orderkey < 100`)
  expect(plan).toContain('Range orders')
  expect(plan).toContain('Range lineitem')
})

test('an OR over two tables restricts each of them', () => {
  const { sql } = suite.queries.find(({ name }) => name === 'Q7')!
  expect(explained(sql).match(/filter: \(\(n_name = '\w+'\) OR \(n_name = '\w+'\)\)/g)).toHaveLength(2)
})
