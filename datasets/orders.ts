// A seeded table of orders, for size: sorted order numbers with gaps (about one number in eight is missing,
// with a longer hole now and then), skewed customers, few distinct states and countries, exact money, and
// notes that are NULL for one row in ten. The same seed gives the same rows on every machine.

import { daysFromCivil } from '../src/base/datetime.ts'
import { Random } from '../src/base/random.ts'
import {
  BIGINT, DATE, decimalType, INTEGER, SMALLINT, TEXT, type ColumnSchema, type Scalar, type SqlType,
} from '../src/base/types.ts'
import type { ColumnData } from '../src/formats/format.ts'
import type { TableData } from './unicode.ts'

const CREATE = `CREATE TABLE orders (
  order_id BIGINT PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  status TEXT NOT NULL,
  order_date DATE NOT NULL,
  quantity SMALLINT NOT NULL,
  price DECIMAL(12,2) NOT NULL,
  discount DECIMAL(4,2) NOT NULL,
  country TEXT NOT NULL,
  note TEXT
)`

const STATUS = ['delivered', 'delivered', 'delivered', 'delivered', 'shipped', 'open', 'returned', 'cancelled']
const COUNTRY = ['DE', 'US', 'FR', 'GB', 'JP', 'BR', 'IN', 'PL', 'IT', 'ES', 'NL', 'SE', 'CA', 'AU', 'MX', 'KR']
const NOTES = ['gift wrap', 'leave with the neighbour', 'ring twice', 'call before delivery', 'fragile', 'no invoice',
  'second attempt', 'pay on delivery', 'collect at the shop']
const FIRST_DAY = daysFromCivil(2015, 1, 1)
const DAYS = 4018

/** `rowCount` orders in order_id order; 2,000,000 take about half a second. */
export function ordersTable(rowCount: number, seed = 20260101): TableData {
  const random = new Random(seed)
  const orderId = new Float64Array(rowCount)
  const customer = new Int32Array(rowCount)
  const date = new Int32Array(rowCount)
  const quantity = new Int32Array(rowCount)
  const price = new Int32Array(rowCount)
  const discount = new Int32Array(rowCount)
  const status: Scalar[] = new Array<Scalar>(rowCount)
  const country: Scalar[] = new Array<Scalar>(rowCount)
  const note: Scalar[] = new Array<Scalar>(rowCount)
  let id = 1000
  for (let row = 0; row < rowCount; row++) {
    const bits = random.nextU32()
    id += 1 + ((bits & 7) === 0 ? 1 : 0) + ((bits & 0xffff) === 8 ? random.below(50_000) : 0)
    orderId[row] = id
    // The square of a uniform number: a few customers order often.
    const draw = random.next()
    customer[row] = 1 + Math.floor(draw * draw * 100_000)
    date[row] = FIRST_DAY + Math.min(DAYS - 1, Math.floor((row / rowCount) * DAYS) + ((bits >>> 16) & 3))
    quantity[row] = 1 + ((bits >>> 8) & 15)
    price[row] = 99 + Math.floor(random.next() * 50_000)
    discount[row] = ((bits >>> 18) & 3) === 0 ? ((bits >>> 20) & 7) * 5 : 0
    status[row] = STATUS[(bits >>> 23) & 7]!
    country[row] = COUNTRY[((bits >>> 26) & 15) & ((bits >>> 12) | 3)]!
    note[row] = (bits >>> 3) % 10 === 0 ? null : NOTES[(bits >>> 5) % NOTES.length]!
  }
  const named: [string, SqlType, ColumnData][] = [
    ['order_id', BIGINT, orderId], ['customer_id', INTEGER, customer], ['status', TEXT, status],
    ['order_date', DATE, date],
    ['quantity', SMALLINT, quantity], ['price', decimalType(12, 2), price], ['discount', decimalType(4, 2), discount],
    ['country', TEXT, country], ['note', TEXT, note],
  ]
  return {
    name: 'orders', createSql: CREATE, rowCount,
    columns: named.map(([name, type]): ColumnSchema => ({ name, type, nullable: name === 'note' })),
    data: named.map(([, , data]) => data),
  }
}
