// A lineitem table of TPC-H's shape: the columns, value domains and correlations that queries 1 and 6
// depend on. Seeded and of our own making: dbgen's text columns and key tables are left out, so
// figures may be compared between engines here, not with published TPC-H results.
//
//   quantity 1..50, price per part 900.00..2,098.99, discount 0.00..0.10, tax 0.00..0.08
//   shipdate = order date (1992-01-01 .. 1998-08-02) + 1..121 days
//   linestatus O when shipped after 1995-06-17, else F
//   returnflag N when received after 1995-06-17, else A or R by chance
import { Random } from '../../src/base/random.ts'

export const RETURN_FLAGS = ['A', 'N', 'R']
export const LINE_STATUSES = ['F', 'O']

const FIRST_ORDER_DAY = 8035 // 1992-01-01 in days since 1970
const ORDER_DAYS = 2406 // up to 1998-08-02
const CURRENT_DAY = 9298 // 1995-06-17, TPC-H's "today"

/** Columns in key order; money and rates as integers of two decimals. */
export interface Lineitem {
  readonly rows: number
  readonly id: Int32Array
  readonly quantity: Int32Array
  readonly priceCents: Int32Array
  readonly discountPercent: Int32Array
  readonly taxPercent: Int32Array
  /** Index into {@link RETURN_FLAGS}. */
  readonly returnFlag: Uint8Array
  /** Index into {@link LINE_STATUSES}. */
  readonly lineStatus: Uint8Array
  /** Days since 1970-01-01. */
  readonly shipDay: Int32Array
}

/** Generates the table; 6 M rows take about a second. */
export function makeLineitem(rows: number, seed: number): Lineitem {
  const random = new Random(seed)
  const table = {
    rows, id: new Int32Array(rows), quantity: new Int32Array(rows), priceCents: new Int32Array(rows),
    discountPercent: new Int32Array(rows), taxPercent: new Int32Array(rows), returnFlag: new Uint8Array(rows),
    lineStatus: new Uint8Array(rows), shipDay: new Int32Array(rows),
  }
  for (let i = 0; i < rows; i++) {
    const quantity = random.between(1, 50)
    const shipDay = FIRST_ORDER_DAY + random.below(ORDER_DAYS) + random.between(1, 121)
    const receiptDay = shipDay + random.between(1, 30)
    table.id[i] = i + 1
    table.quantity[i] = quantity
    table.priceCents[i] = quantity * random.between(90_000, 209_899)
    table.discountPercent[i] = random.between(0, 10)
    table.taxPercent[i] = random.between(0, 8)
    table.returnFlag[i] = receiptDay > CURRENT_DAY ? 1 : random.chance(0.5) ? 0 : 2
    table.lineStatus[i] = shipDay > CURRENT_DAY ? 1 : 0
    table.shipDay[i] = shipDay
  }
  return table
}

/** TPC-H query 6: filter and one sum. */
export const Q6 = `SELECT sum(extendedprice * discount) AS revenue FROM lineitem
  WHERE shipdate >= DATE '1994-01-01' AND shipdate < DATE '1995-01-01'
    AND discount BETWEEN 0.05 AND 0.07 AND quantity < 24`

/** TPC-H query 1: grouping by two small columns, eight aggregates. */
export const Q1 = `SELECT returnflag, linestatus,
    sum(quantity) AS sum_qty, sum(extendedprice) AS sum_base_price,
    sum(extendedprice * (1 - discount)) AS sum_disc_price,
    sum(extendedprice * (1 - discount) * (1 + tax)) AS sum_charge,
    avg(quantity) AS avg_qty, avg(extendedprice) AS avg_price, avg(discount) AS avg_disc,
    count(*) AS count_order
  FROM lineitem WHERE shipdate <= DATE '1998-09-02'
  GROUP BY returnflag, linestatus ORDER BY returnflag, linestatus`
