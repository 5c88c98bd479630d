// Joins of every kind with every kind of condition: equal keys, ranges, OR, constants, none; merged columns of USING
// and NATURAL; NULL keys, empty sides, filters that reject the NULL rows of outer joins.
import type { OracleQuery } from '../queries.ts'

const small = '(SELECT c_id, c_nation, c_balance FROM customer WHERE c_id < 12)'
const few = '(SELECT o_id, o_customer, o_total, o_priority FROM orders WHERE o_id < 60)'

const CONDITIONS = [
  'c_id = o_customer', 'c_id < o_customer', 'c_id = o_customer AND o_priority > 1', 'c_id = o_customer AND c_id > 3',
  'c_id = o_customer OR c_id = o_priority', 'c_id = o_customer AND c_balance < o_total', 'TRUE', 'FALSE', 'NULL',
  'o_priority = 2', 'c_nation IS NULL', 'c_id + 1 = o_customer - 1', 'c_id BETWEEN o_priority AND o_customer',
]

export const JOIN_QUERIES: readonly OracleQuery[] = [
  ...['LEFT', 'RIGHT', 'FULL', 'INNER'].flatMap(kind => CONDITIONS.map(on => ({
    sql: `SELECT * FROM ${small} c ${kind} JOIN ${few} o ON ${on}`,
  }))),
  ...['c_id > 5', 'o_id > 20', 'c_id IS NULL', 'o_id IS NULL', 'c_id > 5 AND o_id > 20', 'coalesce(o_priority, 1) = 1',
    'c_id IS NOT NULL OR o_id > 30'].map(where => ({
    sql: `SELECT * FROM ${small} c FULL JOIN ${few} o ON c_id = o_customer WHERE ${where}`,
  })),
  ...['SELECT * FROM orders FULL JOIN customer ON c_id = o_customer AND c_balance > 0 WHERE o_id IS NULL OR o_id < 300',
    'SELECT count(*), count(o_id), count(c_id) FROM orders FULL JOIN customer ON c_id = o_customer',
    'SELECT * FROM customer FULL JOIN nothing ON c_id = id', 'SELECT * FROM nothing FULL JOIN customer ON c_id = id',
    'SELECT * FROM nothing a FULL JOIN nothing b ON a.id = b.id',
    'SELECT id FROM nothing a FULL JOIN nothing b USING (id)',
    'SELECT o_status, count(*) FROM customer FULL JOIN orders ON c_id = o_customer GROUP BY o_status',
    `SELECT a.c_id, b.c_id, c.c_id FROM ${small} a FULL JOIN ${small} b ON a.c_id = b.c_id + 3
      FULL JOIN ${small} c ON c.c_id = b.c_id + 2`,
    `SELECT c_id, o_id FROM ${small} c FULL JOIN ${few} o ON c_id = o_customer ORDER BY c_id NULLS FIRST, o_id`,
    `SELECT * FROM ${small} a
      FULL JOIN (SELECT c_id, c_name FROM customer WHERE c_id > 8 AND c_id < 20) b USING (c_id)`,
    `SELECT a.c_id, b.c_id, c_id FROM ${small} a FULL JOIN (SELECT c_id, c_name FROM customer WHERE c_id > 8) b
      USING (c_id)`,
    `SELECT * FROM ${small} a
      RIGHT JOIN (SELECT c_id, c_name FROM customer WHERE c_id BETWEEN 8 AND 20) b USING (c_id)`,
    `SELECT * FROM ${small} a NATURAL JOIN (SELECT c_id, c_name FROM customer WHERE c_id > 8) b`,
    `SELECT * FROM ${small} a NATURAL LEFT JOIN (SELECT c_id, c_nation, c_name FROM customer WHERE c_id > 8) b`,
    `SELECT * FROM (${small} a JOIN ${few} o ON c_id = o_customer) WHERE o_priority = 1`,
    `SELECT l.l_order, o_id FROM (SELECT * FROM line WHERE l_order < 40) l FULL JOIN ${few} o ON l.l_order = o_id
      AND l_number = 1`,
    `SELECT w, o_note FROM word FULL JOIN (SELECT DISTINCT o_note FROM orders) x ON w = o_note`,
    `SELECT c_nation, n FROM ${small} c FULL JOIN word ON c_nation > w`,
    `SELECT x.o_total, y.o_total FROM ${few} x FULL JOIN ${few} y ON x.o_total = y.o_total AND x.o_id <> y.o_id`,
  ].map(sql => ({ sql })),
]
