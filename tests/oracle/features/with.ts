// WITH: recursive queries over rows, graphs and trees; queries that several places read, materialised or not.
import type { OracleQuery } from '../queries.ts'

const EDGES = '(SELECT o_id % 97 AS a, o_id * 7 % 89 AS b FROM orders WHERE o_priority < 3)'

export const WITH_QUERIES: readonly OracleQuery[] = [
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 20000) ' +
    'SELECT count(*), sum(n), max(n) FROM r',
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT (n * 7 + 3) % 101 FROM r) SELECT * FROM r',
  `WITH RECURSIVE e AS ${EDGES}, reach(x) AS (SELECT 5::bigint UNION SELECT b FROM e, reach WHERE a = x)
    SELECT * FROM reach`,
  `WITH RECURSIVE e AS ${EDGES}, far(x, d) AS (SELECT 5::bigint, 0 UNION SELECT b, d + 1 FROM e
    JOIN far ON a = x WHERE d < 4)
    SELECT x, min(d) FROM far GROUP BY x`,
  `WITH RECURSIVE t(id, path, depth) AS (SELECT c_id, c_name, 0 FROM customer WHERE c_id = 1
     UNION ALL SELECT c.c_id, path || '/' || c.c_name, depth + 1 FROM customer c
     JOIN t ON c.c_id IN (t.id * 2, t.id * 2 + 1)
     WHERE depth < 5) SELECT * FROM t`,
  'WITH RECURSIVE f(a, b) AS (VALUES (0, 1) UNION ALL SELECT b, a + b FROM f WHERE b < 10000) SELECT a FROM f',
  'WITH RECURSIVE r(n, t) AS (SELECT c_id, c_nation FROM customer WHERE c_id < 9 ' +
    'UNION SELECT n - 1, t FROM r WHERE n > 0) ' +
    'SELECT * FROM r',
  'WITH RECURSIVE r(n) AS (SELECT NULL::integer UNION SELECT 1 FROM r WHERE n IS NULL) SELECT * FROM r',
  'WITH RECURSIVE r(n) AS (SELECT id FROM nothing UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r',
  `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LEFT JOIN customer ON c_id = n WHERE n < 30)
    SELECT x.n, y.n FROM r x JOIN r y ON x.n = y.n + 3`,
  `WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 3),
     b(n) AS (SELECT n FROM a UNION ALL SELECT n + 10 FROM b WHERE n < 20) SELECT * FROM b`,
  `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM (SELECT * FROM r WHERE n < 9) x)
    SELECT * FROM r WHERE n > 4`,
  'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT * FROM r LIMIT 7',
  `SELECT c_id, (WITH RECURSIVE r(n) AS (SELECT 3 UNION ALL SELECT n - 1 FROM r WHERE n > 0) SELECT sum(n) FROM r
     WHERE n < c_id) FROM customer WHERE c_id < 6`,
  `WITH big AS MATERIALIZED (SELECT * FROM orders WHERE o_total > 30000) SELECT count(*) FROM big
     WHERE o_total > (SELECT avg(o_total) FROM big)`,
  `WITH s AS (SELECT o_customer, sum(o_total) AS t FROM orders GROUP BY o_customer) SELECT x.o_customer FROM s x
     WHERE x.t = (SELECT max(t) FROM s) OR x.o_customer IN (SELECT o_customer FROM s WHERE t < 20000)`,
  `WITH s AS NOT MATERIALIZED (SELECT o_id, o_total FROM orders) SELECT a.o_id FROM s a JOIN s b ON a.o_id = b.o_id + 3
     WHERE b.o_id < 200`,
  'WITH a AS (SELECT c_id FROM customer), b AS (SELECT c_id * 2 AS d FROM a) SELECT * FROM a JOIN b ON c_id = d',
  `SELECT c_id, (WITH o AS (SELECT * FROM orders WHERE o_customer = c_id) SELECT count(*) + (SELECT count(*) FROM o)
     FROM o WHERE o_priority = 1) FROM customer WHERE c_id < 40`,
  'WITH x(p, q) AS (SELECT c_id, c_nation FROM customer) SELECT q, count(*) FROM x GROUP BY q',
  `WITH w AS (SELECT w FROM word), s AS (SELECT w, row_number() OVER (ORDER BY w) AS n FROM w)
     SELECT a.w, b.w FROM s a JOIN s b ON a.n = b.n + 1`,
].map((sql): OracleQuery => ({ sql }))
