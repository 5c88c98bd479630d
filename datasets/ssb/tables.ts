// The five tables of the Star Schema Benchmark (O'Neil, O'Neil, Chen: "The Star Schema Benchmark", revision 3):
// TPC-H's line items and orders denormalised into one fact table, partsupp dropped, a table of days added. Names
// of manufacturers, categories and brands are hierarchical, cities are nations with a digit. Dates of lineorder
// are numbers like 19940131, as in the original. Scale 1 has 6 M lines; small scales keep a few rows of everything.
import { civilFromDays } from '../../src/base/datetime.ts'
import { Random } from '../../src/base/random.ts'
import type { Scalar } from '../../src/base/types.ts'
import { columnsOf, piecesOf } from '../generated.ts'
import type { GeneratedTable, Piece, PieceColumn } from '../generated.ts'
import { FIRST_DAY, LAST_DAY, OrderWalk } from '../tpch/orders.ts'
import type { Population } from '../tpch/orders.ts'
import {
  address, COLOURS, CONTAINERS, MODES, NATIONS, numbered, phone, PRIORITIES, REGIONS, SEGMENTS, TYPES,
} from '../tpch/words.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December']
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const LINES_PER_PIECE = 65_536

/** All tables, dimensions first. */
export function ssbTables(scale: number, seed = 2009): GeneratedTable[] {
  const of = (rows: number): number => Math.max(4, Math.round(rows * scale))
  const population: Population = {
    orders: of(1_500_000), customers: of(30_000), suppliers: of(2_000),
    parts: Math.max(4, Math.round(200_000 * (scale > 1 ? 1 + Math.floor(Math.log2(scale)) : scale))),
  }
  return [
    days(), person('customer', 'c', population.customers, seed + 1),
    person('supplier', 's', population.suppliers, seed + 2), part(population.parts, seed + 3),
    lineorder(population, seed),
  ]
}

/** 19940131 for that day. */
function dateKey(day: number): number {
  const { year, month, day: date } = civilFromDays(day)
  return year * 10_000 + month * 100 + date
}

/** Columns of `rows` rows from one array of values per row. */
function transposed(rows: readonly (readonly Scalar[])[], isNumber: readonly boolean[]): PieceColumn[] {
  return isNumber.map((numeric, c) => numeric ? Int32Array.from(rows, (row) => row[c] as number)
    : rows.map((row) => row[c]!))
}

function days(): GeneratedTable {
  const count = LAST_DAY - FIRST_DAY + 1
  const columns = columnsOf(`d_datekey integer, d_date text, d_dayofweek text, d_month text, d_year integer,
    d_yearmonthnum integer, d_yearmonth text, d_daynuminweek integer, d_daynuminmonth integer, d_daynuminyear integer,
    d_monthnuminyear integer, d_weeknuminyear integer, d_sellingseason text, d_lastdayinweekfl integer,
    d_lastdayinmonthfl integer, d_holidayfl integer, d_weekdayfl integer`)
  const isNumber = columns.map((column) => column.type.kind === 'integer')
  return {
    name: 'dates', key: ['d_datekey'], rows: count, columns,
    pieces: () => piecesOf(count, (begin, end) => transposed(
      Array.from({ length: end - begin }, (_, i) => dayRow(FIRST_DAY + begin + i)), isNumber)),
  }
}

function dayRow(day: number): Scalar[] {
  const { year, month, day: date } = civilFromDays(day)
  const yearDay = day - dayOf(year) + 1
  const weekday = (day + 4) % 7
  const name = MONTHS[month - 1]!
  const season = month === 12 ? 'Christmas' : ['Winter', 'Spring', 'Summer', 'Fall'][Math.floor(month / 3)]!
  return [
    dateKey(day), `${name} ${date}, ${year}`, WEEKDAYS[weekday]!, name, year, year * 100 + month,
    `${name.slice(0, 3)}${year}`, weekday + 1, date, yearDay, month, Math.ceil(yearDay / 7), season,
    weekday === 6 ? 1 : 0, civilFromDays(day + 1).day === 1 ? 1 : 0, month === 12 && date === 25 ? 1 : 0,
    weekday > 0 && weekday < 6 ? 1 : 0,
  ]
}

/** The first day of a year. */
function dayOf(year: number): number {
  let day = (year - 1970) * 365
  while (civilFromDays(day).year < year) day++
  return day
}

/** Nine characters of the nation and a digit. */
function cityOf(nation: number, digit: number): string {
  return NATIONS[nation]![0].slice(0, 9).padEnd(9) + String(digit)
}

/** Customers and suppliers, which differ in a segment. */
function person(name: string, letter: string, rows: number, seed: number): GeneratedTable {
  const isCustomer = name === 'customer'
  const columns = columnsOf(`${letter}_${isCustomer ? 'cust' : 'supp'}key integer, ${letter}_name text,
    ${letter}_address text, ${letter}_city text, ${letter}_nation text, ${letter}_region text, ${letter}_phone text
    ${isCustomer ? ', c_mktsegment text' : ''}`)
  const title = isCustomer ? 'Customer#' : 'Supplier#'
  const isNumber = columns.map((column) => column.type.kind === 'integer')
  return {
    name, key: [columns[0]!.name], rows, columns,
    pieces: () => {
      const random = new Random(seed)
      return piecesOf(rows, (begin, end) => transposed(Array.from({ length: end - begin }, (_, i): Scalar[] => {
        const nation = random.below(NATIONS.length)
        const row = [begin + i + 1, numbered(title, begin + i + 1), address(random), cityOf(nation, random.below(10)),
          NATIONS[nation]![0], REGIONS[NATIONS[nation]![1]]!, phone(random, nation)]
        return isCustomer ? [...row, random.pick(SEGMENTS)] : row
      }), isNumber))
    },
  }
}

function part(rows: number, seed: number): GeneratedTable {
  const columns = columnsOf(`p_partkey integer, p_name text, p_mfgr text, p_category text, p_brand1 text, p_color text,
    p_type text, p_size integer, p_container text`)
  const isNumber = columns.map((column) => column.type.kind === 'integer')
  return {
    name: 'part', key: ['p_partkey'], rows, columns,
    pieces: () => {
      const random = new Random(seed)
      return piecesOf(rows, (begin, end) => transposed(Array.from({ length: end - begin }, (_, i): Scalar[] => {
        const maker = `MFGR#${random.between(1, 5)}`
        const category = `${maker}${random.between(1, 5)}`
        return [begin + i + 1, `${random.pick(COLOURS)} ${random.pick(COLOURS)}`, maker, category,
          `${category}${random.between(1, 40)}`, random.pick(COLOURS), TYPES.map((list) => random.pick(list)).join(' '),
          random.between(1, 50), CONTAINERS.map((list) => random.pick(list)).join(' ')]
      }), isNumber))
    },
  }
}

function lineorder(population: Population, seed: number): GeneratedTable {
  let rows = 0
  const count = new OrderWalk(population, seed)
  for (let i = 0; i < population.orders; i++) {
    count.next()
    rows += count.lines
  }
  return {
    name: 'lineorder', key: ['lo_orderkey', 'lo_linenumber'], rows,
    columns: columnsOf(`lo_orderkey bigint, lo_linenumber integer, lo_custkey integer, lo_partkey integer,
      lo_suppkey integer, lo_orderdate integer, lo_orderpriority text, lo_shippriority integer, lo_quantity integer,
      lo_extendedprice integer, lo_ordtotalprice integer, lo_discount integer, lo_revenue integer,
      lo_supplycost integer, lo_tax integer, lo_commitdate integer, lo_shipmode text`),
    pieces: () => linePieces(population, seed),
  }
}

function* linePieces(population: Population, seed: number): Generator<Piece> {
  const walk = new OrderWalk(population, seed)
  const keys = Array.from({ length: LAST_DAY - FIRST_DAY + 1 }, (_, i) => dateKey(FIRST_DAY + i))
  for (let left = population.orders; left > 0;) {
    const ints = Array.from({ length: 14 }, () => new Int32Array(LINES_PER_PIECE + 7))
    const orderKey = new Float64Array(LINES_PER_PIECE + 7)
    const priority: Scalar[] = []
    const mode: Scalar[] = []
    let rows = 0
    for (; left > 0 && rows < LINES_PER_PIECE; left--) {
      walk.next()
      for (let i = 0; i < walk.lines; i++, rows++) {
        const price = walk.price[i]!
        const values = [i + 1, walk.customer, walk.part[i]!, walk.supplier[i]!, keys[walk.day - FIRST_DAY]!, 0,
          walk.quantity[i]!, price, walk.totalPrice, walk.discount[i]!,
          Math.floor(price * (100 - walk.discount[i]!) / 100), Math.floor(6 * price / walk.quantity[i]! / 10),
          walk.tax[i]!, keys[walk.commitDay[i]! - FIRST_DAY]!]
        for (let c = 0; c < values.length; c++) ints[c]![rows] = values[c]!
        orderKey[rows] = walk.orderKey
        priority.push(PRIORITIES[walk.priority]!)
        mode.push(MODES[walk.mode[i]!]!)
      }
    }
    const [line, cust, item, by, day, ship, quantity, price, total, discount, revenue, cost, tax, commit] =
      ints.map((one) => one.slice(0, rows))
    yield {
      rows,
      columns: [orderKey.slice(0, rows), line!, cust!, item!, by!, day!, priority, ship!, quantity!, price!, total!,
        discount!, revenue!, cost!, tax!, commit!, mode],
    }
  }
}
