// GROUPING SETS, ROLLUP, CUBE and GROUPING(), alone and combined, over tables, joins and nothing, with NULLs among the
// groups, HAVING, windows and subqueries.
import type { OracleQuery } from '../queries.ts'

const SETS = [
  'ROLLUP (o_status, o_priority)', 'CUBE (o_status, o_priority)',
  'GROUPING SETS ((o_status, o_priority), (o_status), ())',
  'GROUPING SETS (o_priority, o_status)', 'o_status, ROLLUP (o_priority)', 'ROLLUP (o_status), ROLLUP (o_priority)',
  'GROUPING SETS (ROLLUP (o_status, o_priority), CUBE (o_priority))', 'ROLLUP ((o_status, o_priority))',
]

export const GROUP_QUERIES: readonly OracleQuery[] = [
  ...SETS.map(sets => `SELECT o_status, o_priority, count(*), sum(o_total), min(o_note), grouping(o_status, o_priority)
    FROM orders GROUP BY ${sets}`),
  'SELECT o_note, o_priority, count(*), avg(o_total) FROM orders GROUP BY ROLLUP (o_note, o_priority)',
  'SELECT o_note, count(*) FROM orders GROUP BY CUBE (o_note) HAVING count(*) > 50',
  `SELECT c_nation, o_status, count(*) FROM orders JOIN customer ON c_id = o_customer
     GROUP BY CUBE (c_nation, o_status)`,
  'SELECT o_priority % 2 AS odd, count(DISTINCT o_customer) FROM orders GROUP BY ROLLUP (o_priority % 2)',
  `SELECT o_status, sum(o_priority) AS s, rank() OVER (ORDER BY sum(o_priority)) FROM orders
     GROUP BY ROLLUP (o_status)`,
  `SELECT CASE WHEN grouping(o_status) = 1 THEN 'all' ELSE o_status END AS g, count(*) FROM orders
     GROUP BY ROLLUP (o_status) ORDER BY grouping(o_status), g`,
  'SELECT v, count(*) FROM nothing GROUP BY ROLLUP (v)', 'SELECT v, count(*) FROM nothing GROUP BY GROUPING SETS ((v))',
  'SELECT count(*), max(v) FROM nothing GROUP BY ()',
  'SELECT o_status, o_priority FROM orders GROUP BY (o_status, o_priority)',
  `SELECT o_status, (SELECT count(*) FROM customer WHERE c_nation > o_status) FROM orders GROUP BY ROLLUP (o_status)`,
  `SELECT o_status, count(DISTINCT o_note) FILTER (WHERE o_priority = 1) FROM orders GROUP BY ROLLUP (o_status)`,
  `SELECT x.o_status, sum(n) FROM (SELECT o_status, o_priority, count(*) AS n FROM orders
     GROUP BY CUBE (o_status, o_priority)) x GROUP BY x.o_status`,
].map((sql): OracleQuery => ({ sql }))
