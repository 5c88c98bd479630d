// EXPLAIN and EXPLAIN ANALYZE: the access path, why, and what happened.
import { expect, test } from 'vitest'
import { errorOf, numbersDb } from './shop.ts'

interface Node {
  op: string
  access?: string | null
  reason?: string
  actualRows?: number
  indexProbes?: number
  children?: Node[]
}

function nodes(plan: Node): Node[] {
  return [plan, ...(plan.children ?? []).flatMap(nodes)]
}

test.each([
  ['SELECT * FROM numbers WHERE id = 77', 'point', 1], ['SELECT * FROM numbers WHERE id IN (1, 5, 99999)', 'point', 2],
  ['SELECT * FROM numbers WHERE id BETWEEN 10 AND 19', 'range', 10],
  ['SELECT * FROM numbers WHERE id > 2990 AND id <= 2995', 'range', 5],
  ['SELECT * FROM numbers WHERE n = 3 AND id % 2 = 0', 'scan', 214],
])('%s is a %s', async (sql, access, rows) => {
  const db = await numbersDb(3000)
  const [{ plan }] = JSON.parse(
    db.prepare(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`).raw()[0]![0] as string
  ) as [{ plan: Node }]
  const scan = nodes(plan).find(node => node.access !== undefined && node.access !== null)!
  expect(scan.access).toBe(access)
  expect(scan.reason).toBeTruthy()
  expect(plan.actualRows).toBe(rows)
  expect(db.prepare(sql).all()).toHaveLength(rows)
})

test('as text, with parameters, of a change', async () => {
  const db = await numbersDb(3000)
  const text = db.prepare('EXPLAIN SELECT * FROM numbers WHERE id = ?').raw([5]).flat().join('\n')
  expect(text).toMatch(/point/i)
  expect(db.prepare('EXPLAIN DELETE FROM numbers').raw().length).toBeGreaterThan(0)
  expect(db.prepare('SELECT count(*) AS n FROM numbers').get()).toEqual({ n: 3000 })
  db.exec('EXPLAIN ANALYZE DELETE FROM numbers WHERE id < 10')
  expect(db.prepare('SELECT count(*) AS n FROM numbers').get()).toEqual({ n: 2990 })
  expect(errorOf(() => db.exec('EXPLAIN CREATE TABLE x (a int)')).code).toBe('42601')
})
