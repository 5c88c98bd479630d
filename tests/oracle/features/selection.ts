// Which rows of a result stay: DISTINCT ON, FETCH FIRST … WITH TIES, QUALIFY, LIMIT of expressions, NULLS FIRST, row
// comparisons and lists as conditions.
import type { OracleQuery } from '../queries.ts'

const O = '(SELECT * FROM orders WHERE o_id < 700) o'

const ties = (columns: string, order: string, limit: number, offset = 0): OracleQuery => ({
  sql: `SELECT ${columns} FROM ${O} ORDER BY ${order} OFFSET ${offset} FETCH FIRST ${limit} ROWS WITH TIES`,
  duckdb: `SELECT ${columns} FROM (SELECT *, rank() OVER (ORDER BY ${order}) AS rk FROM (SELECT * FROM ${O}
    ORDER BY ${order} OFFSET ${offset})) WHERE rk <= ${limit}`,
})

export const SELECTION_QUERIES: readonly OracleQuery[] = [
  ...[
    'SELECT DISTINCT ON (o_customer) o_customer, o_id, o_total FROM orders ORDER BY o_customer, o_total DESC, o_id',
    'SELECT DISTINCT ON (o_status, o_priority) o_id FROM orders ORDER BY o_status DESC, o_priority, o_id DESC',
    'SELECT DISTINCT ON (o_priority % 2) o_priority, o_id FROM orders ORDER BY o_priority % 2, o_id',
    'SELECT DISTINCT ON (o_status) o_status, count(*) FROM orders GROUP BY o_status, o_priority ORDER BY o_status, 2',
    'SELECT DISTINCT ON (o_note) o_note, o_id FROM orders ORDER BY o_note NULLS FIRST, o_id LIMIT 3',
    'SELECT DISTINCT ON (id) v FROM nothing ORDER BY id, v',
    `SELECT o_id, o_customer FROM ${O} QUALIFY row_number() OVER (PARTITION BY o_customer ORDER BY o_total, o_id) = 1`,
    `SELECT o_id, rank() OVER w AS r FROM ${O} WINDOW w AS (PARTITION BY o_status ORDER BY o_date, o_id)
      QUALIFY r <= 2`,
    `SELECT o_status, count(*) FROM orders GROUP BY o_status QUALIFY rank() OVER (ORDER BY count(*) DESC) = 1`,
    `SELECT o_id FROM ${O} WHERE o_priority = 1 QUALIFY sum(o_priority) OVER (ORDER BY o_id) > 5 ORDER BY o_id LIMIT 3`,
    `SELECT * FROM (SELECT o_id FROM ${O} QUALIFY lag(o_id) OVER (ORDER BY o_id) IS NULL) x
      UNION ALL SELECT c_id FROM customer QUALIFY row_number() OVER (ORDER BY c_id DESC) = 1`,
    'SELECT o_id FROM orders ORDER BY o_total DESC NULLS LAST, o_id LIMIT 2 + 3',
    'SELECT o_id FROM orders ORDER BY o_total NULLS FIRST, o_id LIMIT (SELECT min(c_id) + 3 FROM customer)',
    'SELECT o_id FROM orders WHERE o_id < 40 ORDER BY o_id LIMIT NULL OFFSET 3',
    'SELECT o_id FROM orders WHERE (o_priority, o_status) IN ((1, \'F\'), (2, \'O\')) AND o_id < 300',
    'SELECT o_id FROM orders WHERE o_id < 200 AND o_priority IS DISTINCT FROM 1',
    'SELECT o_id FROM orders WHERE o_id < 100 AND o_priority = ANY (ARRAY[1, 3])',
  ].map((sql): OracleQuery => ({ sql })),
  ties('o_priority', 'o_priority', 1), ties('o_priority', 'o_priority DESC', 3, 5), ties('o_total', 'o_total', 4),
  ties('o_customer', 'o_customer DESC', 2, 1), ties('o_status, o_priority', 'o_status, o_priority', 7, 2),
  { sql: 'SELECT o_id FROM orders WHERE (o_priority, o_id) > (3, 500)',
    duckdb: 'SELECT o_id FROM orders WHERE o_priority > 3 OR (o_priority = 3 AND o_id > 500)' },
  { sql: 'SELECT o_id, (o_total, o_customer) < (20000, 50) FROM orders WHERE o_id < 300',
    duckdb: 'SELECT o_id, o_total < 20000 OR (o_total = 20000 AND o_customer < 50) FROM orders WHERE o_id < 300' },
  { sql: 'SELECT o_id FROM orders WHERE o_priority BETWEEN SYMMETRIC 3 AND 1 AND o_id < 200',
    duckdb: 'SELECT o_id FROM orders WHERE o_priority BETWEEN 1 AND 3 AND o_id < 200' },
  { sql: 'SELECT o_id FROM orders WHERE o_id < 200 AND (o_priority, o_note) IS NOT DISTINCT FROM (1, NULL)',
    duckdb: 'SELECT o_id FROM orders WHERE o_id < 200 AND o_priority = 1 AND o_note IS NULL' },
  { sql: "SELECT c_id FROM customer WHERE c_nation <> ALL ('{FRANCE,PERU}')",
    duckdb: "SELECT c_id FROM customer WHERE c_nation NOT IN ('FRANCE', 'PERU')" },
]
