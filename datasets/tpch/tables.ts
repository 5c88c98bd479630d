// The eight tables of TPC-H at any scale factor (TPC Benchmark H, revision 3.0.1, clauses 1.4 and 4.2): row
// counts, key populations, value distributions and the correlation of dates, flags and prices are the
// specification's; the random numbers are our own. Scale factor 1 has 6 M line items; 0.1 takes about 2 s to
// generate. A scale factor may be any positive number: every table keeps at least one row (parts: 4 suppliers).
import { Random } from '../../src/base/random.ts'
import type { Scalar } from '../../src/base/types.ts'
import { columnsOf, PIECE_ROWS, piecesOf } from '../generated.ts'
import type { GeneratedTable, Piece } from '../generated.ts'
import { OrderWalk, retailPrice, supplierOf, TODAY } from './orders.ts'
import type { Population } from './orders.ts'
import {
  address, COLOURS, commentMaker, CONTAINERS, INSTRUCTIONS, MODES, NATIONS, numbered, phone, PRIORITIES, REGIONS,
  SEGMENTS, TYPES,
} from './words.ts'

const SUPPLIERS_PER_PART = 4

/** Row counts at a scale factor. */
export function populationOf(scale: number): Population {
  const of = (rows: number, least: number): number => Math.max(least, Math.round(rows * scale))
  return {
    orders: of(1_500_000, 1), customers: of(150_000, 2), parts: of(200_000, 1),
    suppliers: of(10_000, SUPPLIERS_PER_PART),
  }
}

/** All tables, small ones first. */
export function tpchTables(scale: number, seed = 1992): GeneratedTable[] {
  const population = populationOf(scale)
  return [
    region(seed), nation(seed), supplier(population, seed), customer(population, seed), part(population, seed),
    partsupp(population, seed), orders(population, seed, scale), lineitem(population, seed),
  ]
}

function region(seed: number): GeneratedTable {
  const comment = commentMaker(new Random(seed + 1))
  const comments = REGIONS.map(() => comment(31, 115))
  return {
    name: 'region', key: ['r_regionkey'], rows: REGIONS.length,
    columns: columnsOf('r_regionkey integer, r_name text, r_comment text?'),
    pieces: () => piecesOf(REGIONS.length, () => [Int32Array.from(REGIONS.keys()), [...REGIONS], [...comments]]),
  }
}

function nation(seed: number): GeneratedTable {
  const comment = commentMaker(new Random(seed + 2))
  const comments = NATIONS.map(() => comment(31, 114))
  return {
    name: 'nation', key: ['n_nationkey'], rows: NATIONS.length,
    columns: columnsOf('n_nationkey integer, n_name text, n_regionkey integer, n_comment text?'),
    pieces: () => piecesOf(NATIONS.length, () => [
      Int32Array.from(NATIONS.keys()), NATIONS.map(([name]) => name), Int32Array.from(NATIONS, ([, at]) => at),
      [...comments],
    ]),
  }
}

/** Columns of `count` rows, made by a function of the row; text columns by `texts`, numbers by `numbers`. */
function room(count: number, numbers: number, texts: number): { ints: Int32Array[]; lists: Scalar[][] } {
  return {
    ints: Array.from({ length: numbers }, () => new Int32Array(count)),
    lists: Array.from({ length: texts }, () => new Array<Scalar>(count)),
  }
}

function supplier({ suppliers }: Population, seed: number): GeneratedTable {
  return {
    name: 'supplier', key: ['s_suppkey'], rows: suppliers,
    columns: columnsOf(`s_suppkey integer, s_name text, s_address text, s_nationkey integer, s_phone text,
      s_acctbal money, s_comment text`),
    pieces: () => {
      const random = new Random(seed + 3)
      const comment = commentMaker(new Random(seed + 4))
      return piecesOf(suppliers, (begin, end) => {
        const { ints: [key, home, balance], lists: [name, street, number, remark] } = room(end - begin, 3, 4)
        for (let row = begin, i = 0; row < end; row++, i++) {
          const at = random.below(NATIONS.length)
          key![i] = row + 1
          home![i] = at
          balance![i] = random.between(-99_999, 999_999)
          name![i] = numbered('Supplier#', row + 1)
          street![i] = address(random)
          number![i] = phone(random, at)
          remark![i] = verdict(row, comment(25, 100), random)
        }
        return [key!, name!, street!, home!, number!, balance!, remark!]
      })
    },
  }
}

/** Clause 4.2.3: of 2,000 suppliers one has `Customer … Complaints` in its comment and one `… Recommends`. */
function verdict(row: number, text: string, random: Random): string {
  const at = row % 2000
  if (at !== 359 && at !== 1431) return text
  const found = at === 359 ? 'Complaints' : 'Recommends'
  const gap = random.below(Math.max(1, text.length - 18))
  return `Customer ${text.slice(0, gap)}${found}${text.slice(gap + 18)}`
}

function customer({ customers }: Population, seed: number): GeneratedTable {
  return {
    name: 'customer', key: ['c_custkey'], rows: customers,
    columns: columnsOf(`c_custkey integer, c_name text, c_address text, c_nationkey integer, c_phone text,
      c_acctbal money, c_mktsegment text, c_comment text`),
    pieces: () => {
      const random = new Random(seed + 5)
      const comment = commentMaker(new Random(seed + 6))
      return piecesOf(customers, (begin, end) => {
        const { ints: [key, home, balance], lists: [name, street, number, segment, remark] } = room(end - begin, 3, 5)
        for (let row = begin, i = 0; row < end; row++, i++) {
          const at = random.below(NATIONS.length)
          key![i] = row + 1
          home![i] = at
          balance![i] = random.between(-99_999, 999_999)
          name![i] = numbered('Customer#', row + 1)
          street![i] = address(random)
          number![i] = phone(random, at)
          segment![i] = random.pick(SEGMENTS)
          remark![i] = comment(29, 116)
        }
        return [key!, name!, street!, home!, number!, balance!, segment!, remark!]
      })
    },
  }
}

function part({ parts }: Population, seed: number): GeneratedTable {
  return {
    name: 'part', key: ['p_partkey'], rows: parts,
    columns: columnsOf(`p_partkey integer, p_name text, p_mfgr text, p_brand text, p_type text, p_size integer,
      p_container text, p_retailprice money, p_comment text`),
    pieces: () => {
      const random = new Random(seed + 7)
      const comment = commentMaker(new Random(seed + 8))
      return piecesOf(parts, (begin, end) => {
        const { ints: [key, size, price], lists: [name, maker, brand, type, container, remark] } =
          room(end - begin, 3, 6)
        for (let row = begin, i = 0; row < end; row++, i++) {
          const by = random.between(1, 5)
          key![i] = row + 1
          size![i] = random.between(1, 50)
          price![i] = retailPrice(row + 1)
          name![i] = colours(random)
          maker![i] = `Manufacturer#${by}`
          brand![i] = `Brand#${by}${random.between(1, 5)}`
          type![i] = TYPES.map((list) => random.pick(list)).join(' ')
          container![i] = CONTAINERS.map((list) => random.pick(list)).join(' ')
          remark![i] = comment(5, 22)
        }
        return [key!, name!, maker!, brand!, type!, size!, container!, price!, remark!]
      })
    },
  }
}

/** Five different colours. */
function colours(random: Random): string {
  const picked: string[] = []
  while (picked.length < 5) {
    const one = random.pick(COLOURS)
    if (!picked.includes(one)) picked.push(one)
  }
  return picked.join(' ')
}

function partsupp({ parts, suppliers }: Population, seed: number): GeneratedTable {
  const rows = parts * SUPPLIERS_PER_PART
  return {
    name: 'partsupp', key: ['ps_partkey', 'ps_suppkey'], rows,
    columns: columnsOf(`ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost money,
      ps_comment text`),
    pieces: () => {
      const random = new Random(seed + 9)
      const comment = commentMaker(new Random(seed + 10))
      return piecesOf(rows, (begin, end) => {
        const { ints: [key, by, available, cost], lists: [remark] } = room(end - begin, 4, 1)
        for (let row = begin, i = 0; row < end; row++, i++) {
          key![i] = (row >>> 2) + 1
          by![i] = suppliersOf((row >>> 2) + 1, suppliers)[row & 3]!
          available![i] = random.between(1, 9999)
          cost![i] = random.between(100, 100_000)
          remark![i] = comment(49, 198)
        }
        return [key!, by!, available!, cost!, remark!]
      })
    },
  }
}

/** The suppliers of a part in ascending order. Few suppliers may repeat in the formula: then the next free one. */
function suppliersOf(part: number, suppliers: number): number[] {
  const found: number[] = []
  for (let i = 0; i < SUPPLIERS_PER_PART; i++) {
    let one = supplierOf(part, i, suppliers)
    while (found.includes(one)) one = one % suppliers + 1
    found.push(one)
  }
  return found.sort((a, b) => a - b)
}

function orders(population: Population, seed: number, scale: number): GeneratedTable {
  return {
    name: 'orders', key: ['o_orderkey'], rows: population.orders,
    columns: columnsOf(`o_orderkey bigint, o_custkey integer, o_orderstatus text, o_totalprice money,
      o_orderdate date, o_orderpriority text, o_clerk text, o_shippriority integer, o_comment text`),
    pieces: () => {
      const walk = new OrderWalk(population, seed)
      const random = new Random(seed + 11)
      const comment = commentMaker(new Random(seed + 12))
      const clerks = Math.max(1, Math.round(scale * 1000))
      return piecesOf(population.orders, (begin, end) => {
        const { ints: [by, day, ship], lists: [status, priority, clerk, remark] } = room(end - begin, 3, 4)
        const key = new Float64Array(end - begin)
        const total = new Float64Array(end - begin)
        for (let i = 0; i < end - begin; i++) {
          walk.next()
          key[i] = walk.orderKey
          by![i] = walk.customer
          status![i] = walk.status
          total[i] = walk.totalPrice
          day![i] = walk.day
          priority![i] = PRIORITIES[walk.priority]!
          clerk![i] = numbered('Clerk#', random.between(1, clerks))
          remark![i] = comment(19, 78)
        }
        return [key, by!, status!, total, day!, priority!, clerk!, ship!, remark!]
      })
    },
  }
}

function lineitem(population: Population, seed: number): GeneratedTable {
  let rows = 0
  const count = new OrderWalk(population, seed)
  for (let i = 0; i < population.orders; i++) {
    count.next()
    rows += count.lines
  }
  return {
    name: 'lineitem', key: ['l_orderkey', 'l_linenumber'], rows,
    columns: columnsOf(`l_orderkey bigint, l_partkey integer, l_suppkey integer, l_linenumber integer,
      l_quantity money, l_extendedprice money, l_discount money, l_tax money, l_returnflag text, l_linestatus text,
      l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text,
      l_comment text`),
    pieces: () => linePieces(population, seed),
  }
}

function* linePieces(population: Population, seed: number): Generator<Piece> {
  const walk = new OrderWalk(population, seed)
  const comment = commentMaker(new Random(seed + 13))
  for (let left = population.orders; left > 0;) {
    const { ints, lists } = room(PIECE_ROWS + 7, 9, 5)
    const key = new Float64Array(PIECE_ROWS + 7)
    const price = new Float64Array(PIECE_ROWS + 7)
    let rows = 0
    for (; left > 0 && rows < PIECE_ROWS; left--) {
      walk.next()
      for (let i = 0; i < walk.lines; i++, rows++) {
        key[rows] = walk.orderKey
        price[rows] = walk.price[i]!
        const received = walk.receiptDay[i]! <= TODAY
        const numbers = [walk.part[i]!, walk.supplier[i]!, i + 1, walk.quantity[i]! * 100, walk.discount[i]!,
          walk.tax[i]!, walk.shipDay[i]!, walk.commitDay[i]!, walk.receiptDay[i]!]
        for (let c = 0; c < 9; c++) ints[c]![rows] = numbers[c]!
        lists[0]![rows] = received ? 'AR'[walk.flag[i]!]! : 'N'
        lists[1]![rows] = walk.shipDay[i]! > TODAY ? 'O' : 'F'
        lists[2]![rows] = INSTRUCTIONS[walk.instruction[i]!]!
        lists[3]![rows] = MODES[walk.mode[i]!]!
        lists[4]![rows] = comment(10, 43)
      }
    }
    const [part, by, line, quantity, discount, tax, ship, commit, receipt] = ints.map((one) => one.slice(0, rows))
    const [flag, status, instruction, mode, remark] = lists.map((one) => one.slice(0, rows))
    yield {
      rows,
      columns: [key.slice(0, rows), part!, by!, line!, quantity!, price.slice(0, rows), discount!, tax!, flag!,
        status!, ship!, commit!, receipt!, instruction!, mode!, remark!],
    }
  }
}
