// Correlated subqueries that are more than a filter of one table: GROUP BY, HAVING, DISTINCT, LIMIT, set operations and
// window functions inside, references over several levels, subqueries in every clause, rows, ANY and ALL.
import type { OracleQuery } from '../queries.ts'

const C = '(SELECT * FROM customer WHERE c_id < 25)'
const SCALARS = [
  '(SELECT o_id FROM orders WHERE o_customer = c_id ORDER BY o_total, o_id LIMIT 1)',
  '(SELECT o_id FROM orders WHERE o_customer > c_id ORDER BY o_total DESC, o_id OFFSET 3 LIMIT 1)',
  '(SELECT o_total FROM orders WHERE o_id = c_id * 3 + 1)',
  '(SELECT c.c_id + 1)',
  '(SELECT max(o_total) + c_id FROM orders WHERE o_customer = c_id HAVING count(*) > 4)',
  '(SELECT count(*) FROM (SELECT DISTINCT o_priority FROM orders WHERE o_customer = c_id) x)',
  '(SELECT sum(n) FROM (SELECT o_status, count(*) AS n FROM orders WHERE o_customer < c_id GROUP BY o_status) x)',
  `(SELECT count(*) FROM (SELECT o_id FROM orders WHERE o_customer = c_id UNION ALL
     SELECT o_id FROM orders WHERE o_priority = c_id) x)`,
  `(SELECT count(*) FROM (SELECT o_priority FROM orders WHERE o_customer = c_id EXCEPT
     SELECT o_priority FROM orders WHERE o_id < c_id * 10) x)`,
  `(SELECT count(*) FROM (SELECT o_priority FROM orders WHERE o_customer = c_id INTERSECT ALL
     SELECT o_priority FROM orders WHERE o_customer = c_id + 1) x)`,
  '(SELECT max(r) FROM (SELECT rank() OVER (ORDER BY o_total) AS r FROM orders WHERE o_customer = c_id) x)',
  '(SELECT count(l_order) FROM orders LEFT JOIN line ON l_order = o_id WHERE o_customer = c_id)',
  '(SELECT count(*) FROM orders o JOIN line ON l_order = o_id WHERE o_customer = c_id AND l_quantity > c_id)',
  `(SELECT count(*) FROM orders o WHERE o_customer = c_id AND EXISTS
     (SELECT 1 FROM line WHERE l_order = o_id AND l_quantity > c.c_id))`,
  `(SELECT sum(o_total) FROM orders o WHERE o_customer = c_id AND o_total >
     (SELECT avg(i.o_total) FROM orders i WHERE i.o_customer = c.c_id AND i.o_priority <> o.o_priority))`,
  '(SELECT count(*) FILTER (WHERE o_priority < c_id) FROM orders WHERE o_customer = c_id)',
  '(SELECT min(id) + c_id FROM nothing)', '(SELECT v FROM nothing WHERE id = c_id)',
  '(SELECT count(*) + c_id FROM nothing)',
]

const CONDITIONS = [
  'c_id IN (SELECT o_customer FROM orders WHERE o_total > c_balance * 20 GROUP BY o_customer HAVING count(*) > 1)',
  'c_id NOT IN (SELECT o_customer FROM orders WHERE o_priority = c_id % 5 AND o_customer IS NOT NULL)',
  'c_id NOT IN (SELECT o_customer FROM orders WHERE o_priority = c_id % 5)',
  'EXISTS (SELECT o_customer FROM orders WHERE o_customer = c_id GROUP BY o_customer HAVING count(*) > 5)',
  'NOT EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id LIMIT 1 OFFSET 6)',
  'EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id UNION SELECT 2 FROM orders WHERE o_id = c_id)',
  'c_id * 1000 > ALL (SELECT o_total FROM orders WHERE o_customer = c_id AND o_total IS NOT NULL)',
  'c_id * 1000 > ALL (SELECT o_total FROM orders WHERE o_customer = c_id)',
  'c_id * 1000 < ANY (SELECT o_total FROM orders WHERE o_customer = c_id)',
  'c_id <> ALL (SELECT o_customer FROM orders WHERE o_priority = 1 AND o_customer IS NOT NULL)',
  'c_id = ANY (SELECT o_customer FROM orders WHERE o_priority = 1)', 'c_id <= ANY (SELECT id FROM nothing)',
  'c_id > ALL (SELECT id FROM nothing)', 'c_id = ALL (SELECT o_priority FROM orders WHERE o_id = c_id)',
  'EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id) OR c_balance < 0',
  `NOT (EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id)
     AND c_id IN (SELECT o_priority FROM orders WHERE o_id > c_id))`,
]

const WHOLE = [
  `SELECT o_priority, count(*), (SELECT max(c_id) FROM customer WHERE c_id = o_priority) FROM orders
     GROUP BY o_priority`,
  `SELECT o_priority, count(*) FROM orders GROUP BY o_priority
     HAVING count(*) > (SELECT count(*) * 2 FROM customer WHERE c_id > o_priority)`,
  `SELECT o_priority FROM orders GROUP BY o_priority
     HAVING EXISTS (SELECT 1 FROM customer WHERE c_id = o_priority + 2)`,
  `SELECT (SELECT count(*) FROM line WHERE l_order = o_id) AS n, count(*) FROM orders GROUP BY n ORDER BY n`,
  'SELECT sum((SELECT count(*) FROM line WHERE l_order = o_id)) FROM orders',
  `SELECT o_status, max((SELECT max(l_quantity) FROM line WHERE l_order = o_id)) FROM orders GROUP BY o_status`,
  `SELECT c_id FROM ${C} c ORDER BY (SELECT count(*) FROM orders WHERE o_customer = c_id) DESC, c_id`,
  `SELECT c_id, rank() OVER (ORDER BY (SELECT count(*) FROM orders WHERE o_customer = c_id)) FROM ${C} c`,
  `SELECT c_id, o_id FROM ${C} c JOIN orders ON o_customer = c_id AND EXISTS
     (SELECT 1 FROM line WHERE l_order = o_id AND l_quantity > c_id)`,
  `SELECT c_id, o_id FROM ${C} c LEFT JOIN orders ON o_customer = c_id AND EXISTS
     (SELECT 1 FROM line WHERE l_order = o_id AND l_quantity > 30)`,
  `SELECT c_id FROM ${C} c WHERE EXISTS (SELECT 1 FROM orders o WHERE o_customer = c_id AND EXISTS (SELECT 1 FROM line
     WHERE l_order = o_id AND EXISTS (SELECT 1 FROM word WHERE n > l_quantity AND n < o.o_priority + c.c_id)))`,
  `SELECT c_id, (SELECT (SELECT (SELECT c.c_id + o_priority + count(*) FROM word WHERE n > c.c_id) FROM orders
     WHERE o_id = x.id) FROM (SELECT 31 AS id) x) FROM ${C} c`,
]

// What DuckDB does not have, or has differently, in other words.
const IN_OTHER_WORDS: readonly (readonly [sql: string, duckdb: string])[] = [
  ["(c_id, c_nation) IN (SELECT o_customer, 'PERU' FROM orders)",
    `CASE WHEN EXISTS (SELECT 1 FROM orders WHERE o_customer = c_id AND c_nation = 'PERU') THEN true
      WHEN EXISTS (SELECT 1 FROM orders WHERE (o_customer = c_id AND c_nation = 'PERU') IS NULL) THEN NULL
      ELSE false END`],
  ['(c_id, 1) = (SELECT o_customer, 1 FROM orders WHERE o_id = 31)',
    'c_id = (SELECT o_customer FROM orders WHERE o_id = 31)'],
  ['(c_id, 2) < (SELECT o_customer, o_priority FROM orders WHERE o_id = 31)',
    `c_id < (SELECT o_customer FROM orders WHERE o_id = 31) OR (c_id = (SELECT o_customer FROM orders WHERE o_id = 31)
      AND 2 < (SELECT o_priority FROM orders WHERE o_id = 31))`],
  ['(SELECT count(*) FROM orders LEFT JOIN line ON l_order = o_id AND l_quantity > c_id WHERE o_customer = c_id) > 9',
    `(SELECT sum(greatest((SELECT count(*) FROM line WHERE l_order = o_id AND l_quantity > c_id), 1)) FROM orders
      WHERE o_customer = c_id) > 9`],
]

export const SUBQUERY_QUERIES: readonly OracleQuery[] = [
  ...SCALARS.map(value => `SELECT c_id, ${value} AS v FROM ${C} c`),
  ...SCALARS.slice(0, 6).map(value => `SELECT c_id FROM ${C} c WHERE ${value} > 1000 OR c_nation IS NULL`),
  ...CONDITIONS.map(condition => `SELECT c_id FROM ${C} c WHERE ${condition}`),
  ...CONDITIONS.map(condition => `SELECT c_id, ${condition} AS v FROM ${C} c`), ...WHOLE,
].map((sql): OracleQuery => ({ sql })).concat(IN_OTHER_WORDS.map(([sql, duckdb]) => ({
  sql: `SELECT c_id FROM ${C} c WHERE ${sql}`, duckdb: `SELECT c_id FROM ${C} c WHERE ${duckdb}`,
})))
