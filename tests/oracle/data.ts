// The tables and seeded rows of the executor's comparison with DuckDB, as SQL that both engines understand:
// NULLs in most columns, keys with holes, dangling references, quotes and astral characters in text.
import { Random } from '../../src/base/random.ts'

export const CREATE: readonly string[] = [
  `CREATE TABLE customer (c_id integer PRIMARY KEY, c_name text NOT NULL, c_nation text, c_balance double precision,
     c_since date)`,
  `CREATE TABLE orders (o_id bigint PRIMARY KEY, o_customer integer, o_date date, o_total decimal(12,2),
     o_status text, o_note text, o_priority smallint)`,
  `CREATE TABLE line (l_order bigint, l_number integer, l_quantity integer, l_price decimal(10,2),
     l_discount decimal(4,2), l_flag text, l_shipped timestamp, PRIMARY KEY (l_order, l_number))`,
  'CREATE TABLE word (w text PRIMARY KEY, n integer)',
  'CREATE TABLE nothing (id integer PRIMARY KEY, v text)',
]

/** What is done to the rows after they were inserted. */
export const CHANGES: readonly string[] = [
  "UPDATE orders SET o_total = o_total + 1, o_note = 'updated' WHERE o_id BETWEEN 100 AND 220",
  'UPDATE orders SET o_customer = NULL WHERE o_priority = 4 AND o_id < 900',
  'DELETE FROM orders WHERE o_id IN (4, 7, 1000, 1003) OR o_id BETWEEN 1500 AND 1550',
  'UPDATE line SET l_quantity = l_quantity * 2 WHERE l_order = 31',
  "DELETE FROM line WHERE l_order IN (SELECT o_id FROM orders WHERE o_status = 'P' AND o_priority = 2)",
  `INSERT INTO orders SELECT o_id + 10000, o_customer, o_date, o_total, 'N', o_note, o_priority FROM orders
     WHERE o_priority = 1`,
  'UPDATE customer SET c_id = c_id + 1000 WHERE c_id > 145',
  'UPDATE word SET n = (SELECT count(*) FROM orders WHERE o_note = w) WHERE n > 13',
  'DELETE FROM orders WHERE o_id > 12000 AND NOT EXISTS (SELECT 1 FROM line WHERE l_order = o_id - 10000)',
]

const NATIONS = ['FRANCE', 'PERU', 'CHINA', 'österreich']
const NOTES = ["it's late", '100% sure', 'special_requests', 'a\u{1F600}b', '']
const WORDS = [
  'apple', 'applet', 'apply', 'banana', 'band', 'bandana', 'ä', 'zebra', 'Zebra', '', 'a', 'A', '\u{1F600}', '\uFFFD',
  'common prefix 1', 'common prefix 2',
]
const ROWS_PER_INSERT = 400

/** INSERT statements of all rows. */
export function inserts(): string[] {
  const random = new Random(20)
  const maybe = (share: number, value: string): string => random.chance(share) ? 'NULL' : value
  const cents = (below: number): string => (random.below(below) / 100).toFixed(2)
  const two = (n: number): string => String(n).padStart(2, '0')
  const month = (): string => `${two(1 + random.below(12))}-${two(1 + random.below(28))}`
  const date = (): string => `DATE '${1992 + random.below(7)}-${month()}'`
  const shipped = (): string => `TIMESTAMP '199${random.below(9)}-03-04 ${10 + random.below(10)}:30:00'`
  const balance = (): string => `${(random.normal() * 1000).toFixed(3)}::double precision`
  const customers = Array.from({ length: 150 }, (_, i) => tuple(i + 1, quote(`Customer ${i + 1}`),
    maybe(0.1, quote(random.pick(NATIONS))), maybe(0.1, balance()), maybe(0.1, date())))
  const orders: string[] = []
  const lines: string[] = []
  for (let i = 0; i < 1200; i++) {
    const id = i * 3 + 1
    orders.push(tuple(id, maybe(0.05, String(1 + random.below(170))), date(), maybe(0.05, cents(5_000_000)),
      quote(random.pick(['O', 'F', 'P'])), maybe(0.4, quote(random.pick(NOTES))), random.below(5)))
    for (let n = 1; n <= random.below(5); n++) {
      lines.push(tuple(id, n, 1 + random.below(50), cents(1_000_000), `0.0${random.below(10)}`,
        maybe(0.1, quote(random.pick(['A', 'N', 'R']))), maybe(0.2, shipped())))
    }
  }
  const words = WORDS.map((word, i) => tuple(quote(word), i))
  return [
    ...insertAll('customer', customers), ...insertAll('orders', orders), ...insertAll('line', lines),
    ...insertAll('word', words),
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function tuple(...values: (string | number)[]): string {
  return `(${values.join(', ')})`
}

function insertAll(table: string, rows: readonly string[]): string[] {
  const statements: string[] = []
  for (let at = 0; at < rows.length; at += ROWS_PER_INSERT) {
    statements.push(`INSERT INTO ${table} VALUES ${rows.slice(at, at + ROWS_PER_INSERT).join(', ')}`)
  }
  return statements
}
