// Query features through the public interface: samples, recursion that must be stopped, errors with their positions,
// parameters, plans as people read them, and the same answers after changes and merges.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database, DatabaseError } from '../../src/index.ts'

let db: Database

beforeAll(async () => {
  db = await open(':memory:')
  db.exec(`CREATE TABLE item (id INT PRIMARY KEY, parent INT, name TEXT, price DECIMAL(8,2));
    INSERT INTO item SELECT g, CASE WHEN g > 1 THEN g / 2 END, 'n' || g, g * 1.5 FROM generate_series(1, 500) g;
    UPDATE item SET name = NULL WHERE id % 10 = 0; DELETE FROM item WHERE id BETWEEN 401 AND 450`)
})

afterAll(() => db.close())

function rows(sql: string, values: unknown[] = []): unknown[][] {
  return db.prepare(sql).raw(values) as unknown[][]
}

function failure(sql: string, values: unknown[] = []): Pick<DatabaseError, 'code' | 'position'> {
  try {
    db.prepare(sql).raw(values)
  } catch (error) {
    const { code, position } = error as DatabaseError
    return { code, position }
  }
  throw new Error(`no error: ${sql}`)
}

describe('TABLESAMPLE', () => {
  const count = (clause: string): number => Number(rows(`SELECT count(*) FROM item TABLESAMPLE ${clause}`)[0]![0])
  test('none, all, and about as many as asked for', () => {
    expect([count('BERNOULLI (0)'), count('SYSTEM (0)'), count('BERNOULLI (100)'), count('SYSTEM (100)')])
      .toEqual([0, 0, 450, 450])
    expect(count('BERNOULLI (50) REPEATABLE (1)')).toBeGreaterThan(150)
    expect(count('BERNOULLI (50) REPEATABLE (1)')).toBeLessThan(300)
  })
  test('REPEATABLE gives the same rows, conditions look at them afterwards', () => {
    const sample = 'SELECT id FROM item TABLESAMPLE BERNOULLI (20) REPEATABLE (5)'
    const all = rows(`${sample} ORDER BY id`)
    expect(rows(`${sample} ORDER BY id`)).toEqual(all)
    expect(rows(`${sample} WHERE id > 100 ORDER BY id`)).toEqual(all.filter(([id]) => Number(id) > 100))
  })
  test('read twice by one statement it is one sample', () => {
    expect(rows(`WITH s AS (SELECT id FROM item TABLESAMPLE BERNOULLI (50))
      SELECT count(*) FROM s a FULL JOIN s b USING (id) WHERE a.id IS NULL OR b.id IS NULL`)).toEqual([[0]])
  })
  test.each([
    ['BERNOULLI (-1)', '2202H'], ['BERNOULLI (NULL)', '2202H'], ['SYSTEM (1) REPEATABLE (NULL)', '2202G'],
    ['nosuch (1)', '42704'], ['SYSTEM (1, 2)', '42601'],
  ])('%s is %s', (clause, code) => {
    expect(failure(`SELECT 1 FROM item TABLESAMPLE ${clause}`).code).toBe(code)
  })
})

describe('WITH RECURSIVE', () => {
  test('a tree with parameters', () => {
    expect(rows(`WITH RECURSIVE up(id, parent, depth) AS (SELECT id, parent, 0 FROM item WHERE id = ?
      UNION ALL SELECT i.id, i.parent, depth + 1 FROM item i JOIN up ON i.id = up.parent WHERE depth < ?)
      SELECT id FROM up ORDER BY depth`, [37, 3])).toEqual([[37], [18], [9], [4]])
  })
  test('without an end it is stopped by LIMIT, by a signal and by its time', async () => {
    const endless = 'WITH RECURSIVE r(n) AS (SELECT 1::bigint UNION ALL SELECT n + 1 FROM r) SELECT'
    expect(rows(`${endless} n FROM r LIMIT 3`)).toEqual([[1], [2], [3]])
    const signal = AbortSignal.timeout(30)
    await expect(db.execute(`${endless} count(*) FROM r`, [], { signal, timeoutMs: 200 }))
      .rejects.toMatchObject({ code: '57014' })
    expect(rows('SELECT 1')).toEqual([[1]])
  })
  test.each([
    ['WITH RECURSIVE r AS (SELECT n FROM r) SELECT 1 FROM r', '42P19'],
    ['WITH RECURSIVE r(n) AS (SELECT n FROM r UNION SELECT 1) SELECT 1 FROM r', '42P19'],
    ['WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT 2 WHERE 1 IN (SELECT n FROM r)) SELECT 1 FROM r', '42P19'],
    ['WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 10000000000 FROM r) SELECT 1 FROM r', '42804'],
    ['WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n, n FROM r) SELECT 1 FROM r', '42601'],
  ])('%s is %s', (sql, code) => {
    expect(failure(sql).code).toBe(code)
  })
})

test('plans say what was done', () => {
  const plan = (sql: string): string => rows(`EXPLAIN ${sql}`).join('\n')
  expect(plan('SELECT * FROM item a FULL JOIN item b ON a.id = b.parent')).toContain('HashFullJoin')
  expect(plan('SELECT id, (SELECT name FROM item i WHERE i.parent = o.id) FROM item o'))
    .toContain('partners: one at most')
  expect(plan('SELECT * FROM item, generate_series(1, id) g')).toContain('functions: generate_series(1, id)')
  expect(plan('WITH x AS (SELECT parent, count(*) FROM item GROUP BY 1) SELECT * FROM x, x y')).toContain('CTE x')
  expect(plan('WITH x AS (SELECT * FROM item) SELECT * FROM x WHERE id = 3')).toContain('Point item')
  expect(plan("SELECT string_agg(name, ',' ORDER BY id DESC) FROM item")).toContain('ORDER BY id DESC')
  expect(plan('WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n FROM r) SELECT * FROM r')).toContain('WorkingTable r')
})

test.each([
  ['SELECT id, (SELECT id FROM item i WHERE i.parent = o.id) FROM item o', '21000', 12],
  ['SELECT DISTINCT ON (id) id FROM item ORDER BY name', '42P10', 21],
  ['SELECT id FROM item FETCH FIRST 2 ROWS WITH TIES', '42601', 40],
  ['SELECT grouping(name) FROM item GROUP BY id', '42803', 17],
  ['SELECT * FROM item RIGHT JOIN LATERAL (SELECT item.id) s ON true', '42P10', 61],
  ['SELECT percentile_cont(2) WITHIN GROUP (ORDER BY id) FROM item', '22003', undefined],
  ['SELECT * FROM generate_series(1, 2, 0)', '22023', undefined], ['SELECT * FROM nosuch(1)', '42883', 15],
  ['SELECT (1, 2) = (SELECT 1)', '42601', 8], ['SELECT id FROM item QUALIFY nosuch = 1', '42703', 29],
])('%s is %s at %s', (sql, code, position) => {
  expect(failure(sql)).toEqual({ code, position })
})

test('every feature sees the changes of its own transaction', () => {
  db.transaction(() => {
    db.exec("INSERT INTO item VALUES (9001, 9000, 'x', 1), (9000, NULL, 'y', 2)")
    expect(rows(`SELECT o.name, s.name FROM item o LEFT JOIN LATERAL (SELECT name FROM item i WHERE i.parent = o.id
      ORDER BY id LIMIT 1) s ON true WHERE o.id >= 9000 ORDER BY 1`)).toEqual([['x', null], ['y', 'x']])
    expect(rows(`WITH RECURSIVE d(id) AS (SELECT 9000 UNION SELECT i.id FROM item i JOIN d ON i.parent = d.id)
      SELECT id FROM d ORDER BY id`)).toEqual([[9000], [9001]])
    db.exec('DELETE FROM item WHERE id >= 9000')
  })
})
