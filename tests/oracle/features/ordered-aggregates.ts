// ORDER BY inside aggregates and WITHIN GROUP: groups, filters, NULLs, DISTINCT, several orders in one query.
import type { OracleQuery } from '../queries.ts'

const within = (call: string, order: string, duckdb: string): OracleQuery => ({
  sql: `SELECT o_status, ${call} WITHIN GROUP (ORDER BY ${order}) FROM orders GROUP BY o_status`,
  duckdb: `SELECT o_status, ${duckdb} FROM orders GROUP BY o_status`,
})

export const ORDERED_AGGREGATE_QUERIES: readonly OracleQuery[] = [
  ...[
    "SELECT string_agg(w, ',' ORDER BY w DESC), string_agg(w, '' ORDER BY n, w) FROM word",
    "SELECT o_status, string_agg(o_note, '|' ORDER BY o_id DESC) FROM orders WHERE o_id < 400 GROUP BY o_status",
    `SELECT o_priority, string_agg(o_status, '' ORDER BY o_total DESC NULLS LAST, o_id) FILTER (WHERE o_id < 500),
      count(*) FROM orders GROUP BY o_priority`,
    "SELECT string_agg(DISTINCT o_status, ',' ORDER BY o_status DESC) FROM orders",
    "SELECT string_agg(v, ',' ORDER BY id) FROM nothing",
    'SELECT sum(o_priority ORDER BY o_id), max(o_id ORDER BY 1) FROM orders',
    "SELECT c_id, (SELECT string_agg(o_status, '' ORDER BY o_id) FROM orders WHERE o_customer = c_id) FROM customer",
    "SELECT o_status, string_agg(o_status, '' ORDER BY o_id) FROM orders WHERE o_id < 200 GROUP BY ROLLUP (o_status)",
  ].map((sql): OracleQuery => ({ sql })),
  within('percentile_cont(0.5)', 'o_priority', 'quantile_cont(o_priority::double, 0.5)'),
  within('percentile_cont(0.9)', 'o_total', 'quantile_cont(o_total::double, 0.9)'),
  within('percentile_cont(0.25)', 'o_total DESC', 'quantile_cont(o_total::double, 0.75)'),
  within('percentile_disc(0.3)', 'o_date', 'quantile_disc(o_date, 0.3)'),
  within('percentile_disc(1)', 'o_note', 'max(o_note)'),
  { sql: 'SELECT mode() WITHIN GROUP (ORDER BY o_status) FROM orders WHERE o_priority = 1',
    duckdb: `SELECT o_status FROM orders WHERE o_priority = 1 GROUP BY o_status
      ORDER BY count(*) DESC, o_status LIMIT 1` },
  { sql: 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), mode() WITHIN GROUP (ORDER BY v) FROM nothing',
    duckdb: 'SELECT NULL, NULL' },
]
