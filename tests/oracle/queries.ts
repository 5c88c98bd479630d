// The corpus of the executor's comparison with DuckDB. `duckdb` replaces the text where the dialects differ.
// Queries with ORDER BY order totally, so that both engines have one right answer.

export interface OracleQuery {
  readonly sql: string
  readonly duckdb?: string
}

const PLAIN = [
  // access paths
  'SELECT * FROM orders WHERE o_id = 31',
  'SELECT o_total, o_id FROM orders WHERE o_id IN (1, 31, 31, 32, 5000, 10004)',
  'SELECT o_id FROM orders WHERE o_id BETWEEN 100 AND 160 ORDER BY o_id',
  'SELECT o_id FROM orders WHERE o_id > 3550 ORDER BY o_id DESC',
  'SELECT o_id FROM orders WHERE o_id >= 10 AND o_id < 40 AND o_id <> 13',
  'SELECT o_id FROM orders WHERE o_id < 10 OR o_id BETWEEN 300 AND 310 OR o_id = 700',
  'SELECT count(*) FROM orders WHERE o_id < 100.5',
  'SELECT count(*) FROM orders WHERE o_id = 3.5',
  'SELECT * FROM line WHERE l_order = 31 AND l_number = 1',
  'SELECT * FROM line WHERE l_order = 31',
  'SELECT * FROM line WHERE l_order IN (31, 34, 37) AND l_number > 1',
  'SELECT count(*) FROM line WHERE l_order > 3000 AND l_number = 2',
  "SELECT * FROM word WHERE w = 'apply'",
  "SELECT w FROM word WHERE w >= 'b' AND w < 'c'",
  "SELECT w FROM word WHERE w LIKE 'app%'",
  "SELECT w FROM word WHERE w LIKE 'b_n%' AND w NOT LIKE '%dana'",
  'SELECT w FROM word ORDER BY w',
  'SELECT w FROM word ORDER BY w DESC LIMIT 5',
  'SELECT * FROM nothing WHERE id = 1',
  'SELECT count(*), max(v) FROM nothing',
  "SELECT o_id FROM orders WHERE o_date = DATE '1995-03-04'",
  "SELECT count(*) FROM orders WHERE o_date >= DATE '1994-01-01' AND o_date < DATE '1994-01-01' + INTERVAL '1 year'",
  // filters and three-valued logic
  'SELECT o_id FROM orders WHERE o_note IS NULL AND o_priority = 3',
  'SELECT count(*) FROM orders WHERE NOT (o_note = \'updated\')',
  'SELECT count(*) FROM orders WHERE o_note = \'updated\' OR o_total > 40000',
  'SELECT count(*) FROM orders WHERE o_customer NOT IN (1, 2, 3)',
  'SELECT count(*) FROM orders WHERE o_customer NOT IN (1, NULL)',
  'SELECT count(*) FROM orders WHERE o_total BETWEEN 100 AND 20000 AND o_status IN (\'F\', \'N\')',
  'SELECT count(*) FROM orders WHERE (o_priority = 1 AND o_status = \'O\') OR (o_priority = 1 AND o_status = \'F\')',
  'SELECT o_id, o_note IS DISTINCT FROM \'updated\' FROM orders WHERE o_id < 200',
  // expressions
  'SELECT o_id, o_total * 2 + 1, o_priority % 3, -o_priority FROM orders WHERE o_id < 60',
  `SELECT o_id, CASE WHEN o_total > 20000 THEN 'big' WHEN o_total IS NULL THEN 'none' ELSE 'small' END FROM orders
     WHERE o_id < 300`,
  'SELECT c_id, coalesce(c_nation, \'?\'), upper(c_name), length(c_name) FROM customer',
  'SELECT c_id, abs(c_balance), c_balance / 3 FROM customer WHERE c_balance IS NOT NULL',
  'SELECT l_order, l_price * (1 - l_discount) FROM line WHERE l_number = 1 AND l_order < 500',
  'SELECT o_id, CAST(o_total AS integer), CAST(o_id AS text) FROM orders WHERE o_total IS NOT NULL AND o_id < 50',
  'SELECT o_id, EXTRACT(year FROM o_date), o_date + 30 FROM orders WHERE o_id < 50',
  "SELECT 1 + 1, 'a' || 'b', NULL, 7 / 2, 7 % 3, 2 > 1",
  'SELECT nullif(o_priority, 2), greatest(o_priority, 2), least(o_priority, 2) FROM orders WHERE o_id < 40',
  // aggregates
  'SELECT count(*), count(o_note), sum(o_priority), min(o_total), max(o_date), avg(o_total) FROM orders',
  'SELECT o_status, count(*), sum(o_total), avg(o_priority) FROM orders GROUP BY o_status',
  'SELECT o_status, o_priority, count(*) FROM orders GROUP BY o_status, o_priority ORDER BY o_status, o_priority',
  `SELECT l_flag, count(*), sum(l_quantity), sum(l_price), sum(l_price * (1 - l_discount)), avg(l_quantity),
     avg(l_price), min(l_shipped), max(l_shipped) FROM line GROUP BY l_flag`,
  'SELECT o_customer, count(*) AS n FROM orders GROUP BY o_customer HAVING count(*) > 9 ORDER BY n DESC, o_customer',
  'SELECT count(DISTINCT o_customer), count(DISTINCT o_note), count(DISTINCT o_date) FROM orders',
  'SELECT o_status, count(DISTINCT o_priority), sum(DISTINCT o_priority) FROM orders GROUP BY o_status',
  'SELECT EXTRACT(year FROM o_date) AS y, sum(o_total) FROM orders GROUP BY EXTRACT(year FROM o_date) ORDER BY y',
  'SELECT o_priority + 1, count(*) FROM orders WHERE o_total > 100 GROUP BY o_priority + 1',
  "SELECT sum(o_total) FILTER (WHERE o_status = 'F'), count(*) FILTER (WHERE o_note IS NULL) FROM orders",
  'SELECT sum(o_total) FROM orders WHERE o_id < 0',
  'SELECT o_status FROM orders WHERE o_id < 0 GROUP BY o_status',
  `SELECT sum(l_price * l_discount) FROM line WHERE l_shipped >= TIMESTAMP '1994-01-01 00:00:00'
     AND l_shipped < TIMESTAMP '1995-01-01 00:00:00' AND l_discount BETWEEN 0.02 AND 0.07 AND l_quantity < 24`,
  'SELECT min(w), max(w), count(*) FROM word',
  'SELECT max(o_id) FROM orders',
  'SELECT min(l_order) FROM line',
  'SELECT min(o_id) FROM orders WHERE o_priority = 3 AND o_id > 500',
  'SELECT max(o_id) FROM orders WHERE o_total < 0',
  'SELECT max(id) FROM nothing',
  'SELECT c_nation, min(c_name), max(c_balance), avg(c_balance) FROM customer GROUP BY c_nation',
  // distinct, order, limit
  'SELECT DISTINCT o_status, o_priority FROM orders',
  'SELECT DISTINCT c_nation FROM customer ORDER BY c_nation',
  'SELECT o_id, o_total FROM orders ORDER BY o_total DESC, o_id LIMIT 10',
  'SELECT o_id, o_total FROM orders ORDER BY o_total, o_id DESC LIMIT 10 OFFSET 5',
  'SELECT o_id, o_note FROM orders ORDER BY o_note NULLS FIRST, o_id LIMIT 700',
  'SELECT o_id FROM orders ORDER BY o_date, o_priority DESC, o_id',
  'SELECT c_name, c_balance FROM customer ORDER BY c_balance DESC, c_name',
  'SELECT l_order, l_number FROM line ORDER BY l_order DESC, l_number DESC LIMIT 20',
  'SELECT l_number, l_order FROM line WHERE l_order = 31 ORDER BY l_number',
  'SELECT o_id FROM orders ORDER BY o_total % 10, o_id LIMIT 15',
  'SELECT o_id FROM orders ORDER BY o_id LIMIT 5 OFFSET 1000',
  // joins
  'SELECT o_id, c_name FROM orders JOIN customer ON o_customer = c_id WHERE o_id < 200',
  'SELECT o_id, c_name FROM orders LEFT JOIN customer ON o_customer = c_id WHERE o_id < 400',
  'SELECT c_name, o_id FROM customer LEFT JOIN orders ON o_customer = c_id AND o_total > 45000',
  'SELECT c_name, o_id FROM customer LEFT JOIN orders ON o_customer = c_id WHERE o_id IS NULL',
  'SELECT c_nation, count(*), sum(o_total) FROM orders, customer WHERE o_customer = c_id GROUP BY c_nation',
  `SELECT c_nation, sum(l_price * (1 - l_discount)) AS revenue FROM customer JOIN orders ON c_id = o_customer
     JOIN line ON l_order = o_id WHERE o_date < DATE '1996-01-01' GROUP BY c_nation ORDER BY revenue DESC`,
  `SELECT o_id, count(l_number) FROM orders LEFT JOIN line ON l_order = o_id WHERE o_id BETWEEN 100 AND 300
     GROUP BY o_id`,
  `SELECT a.c_id, b.c_id FROM customer a JOIN customer b ON a.c_nation = b.c_nation AND a.c_id < b.c_id
     WHERE a.c_id < 20`,
  'SELECT a.w, b.w FROM word a CROSS JOIN word b WHERE a.n + 1 = b.n',
  'SELECT count(*) FROM word a, word b, nothing c',
  'SELECT a.w, b.w FROM word a JOIN word b ON a.w < b.w WHERE a.n < 3',
  'SELECT o.o_id, l.l_number FROM line l JOIN orders o ON l.l_order = o.o_id AND l.l_number = o.o_priority',
  `SELECT x.o_status, y.n FROM (SELECT o_status, count(*) AS n FROM orders GROUP BY o_status) x
     JOIN (SELECT o_status, max(o_id) AS n FROM orders GROUP BY o_status) y ON x.o_status = y.o_status`,
  `SELECT c_name, o_id, l_number FROM customer, line, orders WHERE c_id = o_customer AND l_order = o_id AND c_id < 30`,
  'SELECT c_name FROM customer LEFT JOIN nothing ON c_id = id WHERE v IS NULL AND c_id < 5',
  // subqueries
  'SELECT o_id FROM orders WHERE o_total = (SELECT max(o_total) FROM orders)',
  'SELECT o_id FROM orders WHERE o_customer IN (SELECT c_id FROM customer WHERE c_nation = \'PERU\')',
  'SELECT count(*) FROM orders WHERE o_customer NOT IN (SELECT c_id FROM customer WHERE c_balance > 0)',
  'SELECT count(*) FROM customer WHERE c_id NOT IN (SELECT o_customer FROM orders)',
  'SELECT o_id, o_total FROM orders WHERE o_id IN (SELECT max(o_id) FROM orders GROUP BY o_status)',
  'SELECT count(*) FROM orders WHERE EXISTS (SELECT 1 FROM nothing)',
  'SELECT count(*) FROM orders WHERE NOT EXISTS (SELECT 1 FROM nothing)',
  'SELECT o_id, (SELECT count(*) FROM customer) FROM orders WHERE o_id < 20',
  'SELECT n, (SELECT v FROM nothing) FROM word',
  `SELECT s, t FROM (SELECT o_status AS s, sum(o_total) AS t FROM orders GROUP BY o_status) q
     WHERE t > 100 AND s <> 'P'`,
  'SELECT * FROM (SELECT o_id FROM orders ORDER BY o_total DESC, o_id LIMIT 5) t WHERE o_id > 100',
  // set operations
  'SELECT o_status FROM orders UNION SELECT l_flag FROM line',
  'SELECT o_customer FROM orders UNION ALL SELECT c_id FROM customer UNION ALL SELECT id FROM nothing',
  'SELECT o_customer FROM orders INTERSECT SELECT c_id FROM customer',
  'SELECT o_customer, o_status FROM orders INTERSECT ALL SELECT o_customer, o_status FROM orders WHERE o_id % 2 = 0',
  'SELECT o_customer FROM orders EXCEPT ALL SELECT c_id FROM customer',
  'SELECT o_note FROM orders EXCEPT SELECT w FROM word',
  "SELECT o_note FROM orders EXCEPT ALL SELECT 'updated' EXCEPT ALL SELECT NULL",
  'SELECT o_priority, o_total FROM orders UNION SELECT l_quantity, l_price FROM line WHERE l_number = 1',
  'SELECT o_date FROM orders WHERE o_id < 300 UNION SELECT l_shipped FROM line WHERE l_order < 300',
  'SELECT c_balance FROM customer UNION ALL SELECT o_total FROM orders WHERE o_id < 90',
  'SELECT 1 AS x UNION SELECT 2 INTERSECT SELECT 2 UNION ALL SELECT NULL EXCEPT SELECT 1',
  'SELECT o_id, o_note FROM orders WHERE o_id < 100 UNION SELECT n, w FROM word ORDER BY 2 DESC NULLS LAST, 1 LIMIT 20',
  '(SELECT o_id FROM orders ORDER BY o_total, o_id LIMIT 3) UNION ALL (SELECT o_id FROM orders ORDER BY o_id LIMIT 2)',
  `SELECT s, count(*), sum(n) FROM (SELECT o_status AS s, o_id AS n FROM orders UNION ALL
     SELECT l_flag, l_order FROM line) u WHERE n > 300 GROUP BY s`,
  `SELECT n FROM (SELECT o_id AS n, o_status FROM orders UNION SELECT l_order, l_flag FROM line) u
     WHERE n BETWEEN 30 AND 60 AND o_status <> 'F'`,
  'SELECT c_id FROM customer WHERE c_id IN (SELECT n FROM word UNION SELECT o_customer FROM orders WHERE o_id < 50)',
  'SELECT count(*) FROM (SELECT * FROM orders EXCEPT SELECT * FROM orders WHERE o_priority = 1) x',
  'SELECT id, v FROM nothing UNION SELECT id, v FROM nothing',
  'SELECT id FROM nothing INTERSECT SELECT c_id FROM customer',
  'SELECT c_nation FROM customer EXCEPT SELECT v FROM nothing',
  'WITH big AS (SELECT o_id AS k FROM orders WHERE o_total > 40000) SELECT k FROM big EXCEPT SELECT l_order FROM line',
  'VALUES (1, 2), (3, NULL) INTERSECT (VALUES (1, 3) UNION ALL SELECT 3, NULL)',
]

export const QUERIES: readonly OracleQuery[] = [
  ...PLAIN.map((sql) => ({ sql })),
  {
    sql: "SELECT o_id FROM orders WHERE o_note LIKE '%100\\%%' OR o_note LIKE '%😀%'",
    duckdb: "SELECT o_id FROM orders WHERE o_note LIKE '%100\\%%' ESCAPE '\\' OR o_note LIKE '%😀%'",
  },
  { sql: "SELECT count(*) FROM orders WHERE o_note ~ '^it'",
    duckdb: "SELECT count(*) FROM orders WHERE regexp_matches(o_note, '^it')" },
]
