// Window functions as both engines understand them, over the tables of data.ts. Where the order of a window leaves
// rows tied, only functions are used whose result does not depend on the order of the tied rows.

const OVER_ORDERS = '(PARTITION BY o_customer ORDER BY o_total, o_id)'

/** Queries whose rows are compared as bags. */
export const WINDOW_QUERIES: readonly string[] = [
  'SELECT o_id, row_number() OVER (ORDER BY o_id) FROM orders',
  'SELECT o_id, row_number() OVER (PARTITION BY o_customer ORDER BY o_id DESC) FROM orders',
  'SELECT o_id, rank() OVER (ORDER BY o_priority), dense_rank() OVER (ORDER BY o_priority) FROM orders',
  `SELECT o_id, percent_rank() OVER (PARTITION BY o_status ORDER BY o_priority),
     cume_dist() OVER (PARTITION BY o_status ORDER BY o_priority) FROM orders`,
  `SELECT o_id, ntile(7) OVER (ORDER BY o_id), ntile(3) OVER (PARTITION BY o_customer ORDER BY o_id),
     ntile(100000) OVER (ORDER BY o_id) FROM orders`,
  `SELECT o_id, lag(o_note) OVER ${OVER_ORDERS}, lead(o_note) OVER ${OVER_ORDERS} FROM orders`,
  `SELECT o_id, lag(o_total, 2) OVER ${OVER_ORDERS}, lead(o_total, 2, 0.5) OVER ${OVER_ORDERS},
     lag(o_id, -1) OVER ${OVER_ORDERS}, lag(o_date, 0) OVER ${OVER_ORDERS} FROM orders`,
  `SELECT o_id, lag(o_note, 1, 'none') OVER ${OVER_ORDERS}, lead(o_note, 1, o_status) OVER ${OVER_ORDERS} FROM orders`,
  `SELECT o_id, lag(o_id, o_priority) OVER ${OVER_ORDERS} FROM orders`,
  `SELECT o_id, first_value(o_note) OVER ${OVER_ORDERS}, last_value(o_date) OVER ${OVER_ORDERS},
     nth_value(o_total, 2) OVER ${OVER_ORDERS} FROM orders`,
  `SELECT l_order, l_number, first_value(l_flag) OVER w, last_value(l_shipped) OVER w, nth_value(l_price, 3) OVER w
     FROM line WINDOW w AS (PARTITION BY l_quantity ORDER BY l_order, l_number
       ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING)`,
  'SELECT o_id, count(*) OVER (), sum(o_total) OVER (), min(o_date) OVER (), max(o_note) OVER () FROM orders',
  `SELECT o_id, count(o_total) OVER (PARTITION BY o_customer), sum(o_total) OVER (PARTITION BY o_customer),
     min(o_note) OVER (PARTITION BY o_customer), max(o_date) OVER (PARTITION BY o_customer) FROM orders`,
  'SELECT o_id, sum(o_total) OVER (ORDER BY o_priority), count(*) OVER (ORDER BY o_priority) FROM orders',
  'SELECT o_id, sum(o_total) OVER (PARTITION BY o_status ORDER BY o_date) FROM orders',
  'SELECT o_id, sum(o_id) OVER (ORDER BY o_id ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) FROM orders',
  'SELECT o_id, sum(o_priority) OVER (ORDER BY o_id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM orders',
  'SELECT o_id, sum(o_priority) OVER (ORDER BY o_id ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING) FROM orders',
  'SELECT o_id, sum(o_priority) OVER (ORDER BY o_id ROWS BETWEEN 9 PRECEDING AND 5 PRECEDING) FROM orders',
  `SELECT o_id, min(o_total) OVER w, max(o_note) OVER w, min(o_date) OVER w FROM orders
     WINDOW w AS (PARTITION BY o_status ORDER BY o_id ROWS BETWEEN 30 PRECEDING AND 30 FOLLOWING)`,
  `SELECT c_id, sum(c_balance) OVER (ORDER BY c_id ROWS 20 PRECEDING), avg(c_balance) OVER (ORDER BY c_id),
     min(c_balance) OVER (ORDER BY c_id ROWS BETWEEN 40 PRECEDING AND 20 PRECEDING) FROM customer`,
  `SELECT o_id, count(*) FILTER (WHERE o_status = 'O') OVER ${OVER_ORDERS},
     sum(o_priority) FILTER (WHERE o_total > 20000) OVER (PARTITION BY o_customer),
     min(o_id) FILTER (WHERE o_note IS NULL) OVER (ORDER BY o_id ROWS 40 PRECEDING) FROM orders`,
  `SELECT o_id, sum(o_priority) OVER (ORDER BY o_total RANGE BETWEEN 1000 PRECEDING AND 500.25 FOLLOWING),
     count(*) OVER (ORDER BY o_total DESC RANGE BETWEEN 1000 PRECEDING AND 500 PRECEDING) FROM orders`,
  'SELECT o_id, count(*) OVER (ORDER BY o_id RANGE BETWEEN 10 FOLLOWING AND 20 FOLLOWING) FROM orders',
  `SELECT o_id, count(*) OVER (PARTITION BY o_status ORDER BY o_date
     RANGE BETWEEN INTERVAL '1 month' PRECEDING AND INTERVAL '10 days' FOLLOWING) FROM orders`,
  `SELECT l_order, l_number, count(*) OVER (ORDER BY l_shipped
     RANGE BETWEEN INTERVAL '2 hours' PRECEDING AND CURRENT ROW) FROM line`,
  `SELECT c_id, count(*) OVER (ORDER BY c_balance RANGE BETWEEN 100 PRECEDING AND 100 FOLLOWING),
     count(*) OVER (ORDER BY c_balance DESC NULLS LAST RANGE BETWEEN 50 PRECEDING AND 10 FOLLOWING) FROM customer`,
  `SELECT c_id, count(*) OVER (ORDER BY c_balance NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
     FROM customer`,
  `SELECT o_id, sum(o_priority) OVER (ORDER BY o_date GROUPS BETWEEN 1 PRECEDING AND 2 FOLLOWING),
     count(*) OVER (PARTITION BY o_status ORDER BY o_priority GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
     count(*) OVER (ORDER BY o_priority GROUPS BETWEEN CURRENT ROW AND CURRENT ROW) FROM orders`,
  `SELECT o_id, sum(o_id) OVER (ORDER BY o_id ROWS BETWEEN 20 PRECEDING AND 20 FOLLOWING EXCLUDE CURRENT ROW),
     count(*) OVER (ORDER BY o_priority RANGE UNBOUNDED PRECEDING EXCLUDE GROUP),
     count(*) OVER (ORDER BY o_priority GROUPS UNBOUNDED PRECEDING EXCLUDE TIES),
     min(o_id) OVER (ORDER BY o_priority, o_id ROWS BETWEEN 40 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)
     FROM orders`,
  `SELECT o_id, first_value(o_id) OVER (ORDER BY o_id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE CURRENT ROW),
     last_value(o_id) OVER (ORDER BY o_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW),
     nth_value(o_id, 2) OVER (ORDER BY o_id ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP) FROM orders`,
  `SELECT o_status, o_priority, sum(o_total) AS total, sum(sum(o_total)) OVER (PARTITION BY o_status),
     rank() OVER (PARTITION BY o_status ORDER BY sum(o_total) DESC) FROM orders GROUP BY o_status, o_priority`,
  'SELECT sum(count(*)) OVER (), count(*) FROM orders',
  'SELECT o_status, count(*) OVER () FROM orders GROUP BY o_status HAVING count(*) > 10',
  `SELECT * FROM (SELECT o_customer, o_id, row_number() OVER (PARTITION BY o_customer ORDER BY o_total DESC, o_id) AS n
     FROM orders) ranked WHERE n <= 2 AND o_customer BETWEEN 10 AND 40`,
  `SELECT o_customer, n FROM (SELECT o_customer, count(*) OVER () AS n FROM orders) counted WHERE o_customer = 5`,
  'SELECT DISTINCT o_status, max(o_total) OVER (PARTITION BY o_status) FROM orders',
  'SELECT o_id FROM orders ORDER BY row_number() OVER (ORDER BY o_total DESC NULLS LAST, o_id) LIMIT 10',
  'SELECT o_id, o_total - lag(o_total) OVER (ORDER BY o_id) AS change FROM orders ORDER BY o_id LIMIT 50',
  `SELECT o_id, CASE WHEN row_number() OVER w % 2 = 0 THEN 'even' ELSE 'odd' END,
     coalesce(lead(o_note) OVER w, 'end') FROM orders WINDOW w AS (ORDER BY o_id)`,
  `SELECT o_id, sum(o_priority) OVER (w ROWS 2 PRECEDING), rank() OVER (w) FROM orders
     WINDOW w AS (PARTITION BY o_status ORDER BY o_id)`,
  `SELECT c_name, o_id, rank() OVER (PARTITION BY c_nation ORDER BY o_total DESC) FROM orders
     JOIN customer ON o_customer = c_id`,
  'SELECT w, n, lag(w) OVER (ORDER BY w), max(w) OVER (ORDER BY n ROWS 3 PRECEDING) FROM word',
  'SELECT id, v, sum(id) OVER (), row_number() OVER (ORDER BY id), lag(v) OVER (ORDER BY id) FROM nothing',
  'SELECT sum(x) OVER (), row_number() OVER () FROM (SELECT 1 AS x) one',
  `SELECT bool_and(o_priority > 0) OVER (PARTITION BY o_customer), bool_or(o_total IS NULL) OVER (ORDER BY o_id)
     FROM orders`,
  `SELECT o_id, stddev_samp(o_priority) OVER (PARTITION BY o_customer ORDER BY o_id ROWS 5 PRECEDING),
     var_pop(o_priority) OVER (PARTITION BY o_customer) FROM orders`,
  "SELECT w, string_agg(w, ',') OVER (ORDER BY n ROWS 2 PRECEDING) FROM word",
  'SELECT l_order, l_number, avg(l_quantity) OVER (PARTITION BY l_order) FROM line WHERE l_quantity % 4 = 0',
]
