// LATERAL subqueries and functions, table functions alone and beside tables, set-returning functions in select lists.
import type { OracleQuery } from '../queries.ts'

const C = '(SELECT * FROM customer WHERE c_id < 20 OR c_id > 1000)'

const QUERIES = [
  'SELECT * FROM generate_series(1, 5)', 'SELECT * FROM generate_series(1, 10, 3) AS g(n) ORDER BY n DESC',
  'SELECT * FROM generate_series(5, -5, -3) AS g(n)', 'SELECT * FROM generate_series(1, 0) AS g(n)',
  'SELECT count(*), sum(n), min(n), max(n) FROM generate_series(1, 50000) AS g(n)',
  'SELECT n % 7, count(*) FROM generate_series(1, 20000) AS g(n) GROUP BY n % 7 HAVING count(*) > 2857',
  "SELECT * FROM generate_series(TIMESTAMP '2024-02-27', TIMESTAMP '2024-03-02', INTERVAL '18 hours') AS g(t)",
  'SELECT n, o_id FROM generate_series(25, 40) AS g(n) LEFT JOIN orders ON o_id = n',
  `SELECT c_id, g FROM ${C} c, generate_series(1, c_id % 4) AS s(g)`,
  `SELECT c_id, g FROM ${C} c LEFT JOIN LATERAL (SELECT g FROM generate_series(1, c_id % 3) AS s(g)) x ON TRUE`,
  `SELECT c_id, (SELECT sum(g * c_id) FROM generate_series(1, c_id) AS s(g)) FROM ${C} c WHERE c_id < 100`,
  `SELECT c_id FROM ${C} c WHERE EXISTS (SELECT 1 FROM generate_series(1, c_id % 10) AS s(g) WHERE g = 7)`,
  `SELECT a.g, b.g FROM generate_series(1, 4) AS a(g), LATERAL (SELECT * FROM generate_series(a.g, 4)) AS b(g)`,
  `SELECT c_id, s.* FROM ${C} c, LATERAL (SELECT o_id, o_total FROM orders WHERE o_customer = c_id) s`,
  `SELECT c_id, s.o_id FROM ${C} c LEFT JOIN LATERAL (SELECT o_id FROM orders WHERE o_customer = c_id
     ORDER BY o_total DESC, o_id LIMIT 2) s ON TRUE`,
  `SELECT c_id, s.o_id FROM ${C} c JOIN LATERAL (SELECT o_id FROM orders WHERE o_customer = c_id
     ORDER BY o_total DESC, o_id LIMIT 1 OFFSET 1) s ON o_id > 100`,
  `SELECT c_id, n, t FROM ${C} c, LATERAL (SELECT count(*) AS n, sum(o_total) AS t FROM orders
     WHERE o_customer = c_id) s`,
  `SELECT c_id, n FROM ${C} c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders WHERE o_customer >= c_id) s
     ON n > 900`,
  `SELECT c_id, a, b FROM ${C} c, LATERAL (SELECT c_id + 1 AS a) x, LATERAL (SELECT a * 2 AS b) y`,
  `SELECT c_id, k FROM ${C} c, LATERAL (VALUES (c_id), (c_id * 10), (NULL)) v(k)`,
  `SELECT c_id, o_status, n FROM ${C} c, LATERAL (SELECT o_status, count(*) AS n FROM orders WHERE o_customer = c_id
     GROUP BY o_status HAVING count(*) > 1) s`,
  `SELECT c_id, p FROM ${C} c, LATERAL (SELECT DISTINCT o_priority AS p FROM orders WHERE o_customer = c_id) s`,
  `SELECT c_id, p FROM ${C} c, LATERAL (SELECT o_priority AS p FROM orders WHERE o_customer = c_id
     UNION SELECT n FROM word WHERE n = c_id) s`,
  `SELECT c_id, r FROM ${C} c, LATERAL (SELECT rank() OVER (ORDER BY o_total) AS r, o_id FROM orders
     WHERE o_customer = c_id) s WHERE r = 2`,
  `SELECT x.c_id, y.c_id, n FROM ${C} x JOIN ${C} y ON y.c_id = x.c_id + 1,
     LATERAL (SELECT count(*) AS n FROM orders WHERE o_customer IN (x.c_id, y.c_id)) s`,
  `SELECT c_id, l_order, l_number FROM ${C} c, LATERAL (SELECT * FROM orders WHERE o_customer = c_id) o,
     LATERAL (SELECT * FROM line WHERE l_order = o_id AND l_quantity > c_id * 2) l`,
  `SELECT c_id, s.n FROM ${C} c, LATERAL (SELECT (SELECT count(*) FROM line WHERE l_order = o_id) AS n FROM orders
     WHERE o_customer = c_id AND o_priority = 1) s`,
  `SELECT o_id, (SELECT m FROM ${C} c, LATERAL (SELECT max(l_quantity) + c_id AS m FROM line WHERE l_order = o_id) s
     WHERE c_id = o_customer) FROM orders WHERE o_id < 200`,
]

export const LATERAL_QUERIES: readonly OracleQuery[] = [
  ...QUERIES.map((sql): OracleQuery => ({ sql })),
  { sql: 'SELECT x FROM (SELECT generate_series(1, 9) AS x) s WHERE x > 6', duckdb: 'VALUES (7), (8), (9)' },
  { sql: 'SELECT generate_series(1, 4)', duckdb: 'SELECT * FROM generate_series(1, 4)' },
  { sql: 'SELECT * FROM unnest(ARRAY[1, 2, NULL])', duckdb: 'VALUES (1), (2), (NULL)' },
  { sql: "SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c'])", duckdb: "VALUES (1, 'a'), (2, 'b'), (NULL, 'c')" },
  { sql: "SELECT * FROM unnest(ARRAY['x', 'y']) WITH ORDINALITY", duckdb: "VALUES ('x', 1), ('y', 2)" },
  { sql: 'SELECT * FROM generate_series(4, 6) WITH ORDINALITY AS g(a, b)', duckdb: 'VALUES (4, 1), (5, 2), (6, 3)' },
  { sql: 'SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(5, 6)) AS t(a, b)',
    duckdb: 'VALUES (1, 5), (2, 6), (3, NULL)' },
  { sql: 'SELECT * FROM generate_series(1.5, 3, 0.5)', duckdb: 'VALUES (1.5), (2.0), (2.5), (3.0)' },
  { sql: `SELECT c_id, g FROM ${C} c LEFT JOIN generate_series(1, c_id % 3) g ON true`,
    duckdb: `SELECT c_id, g FROM ${C} c LEFT JOIN LATERAL (SELECT g FROM generate_series(1, c_id % 3) AS s(g)) x
      ON TRUE` },
  { sql: `SELECT c_id, v FROM ${C} c, unnest(ARRAY[c_id, c_id * 2]) v`,
    duckdb: `SELECT c_id, v FROM ${C} c, LATERAL (VALUES (c_id), (c_id * 2)) x(v)` },
  { sql: `SELECT c_id, generate_series(1, 2) AS a, generate_series(1, 3) * 10 AS b FROM ${C} c`,
    duckdb: `SELECT c_id, a, b FROM ${C} c, (VALUES (1, 10), (2, 20), (NULL, 30)) v(a, b)` },
]
