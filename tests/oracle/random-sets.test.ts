// Seeded random trees of set operations against DuckDB, with NULLs, duplicates and empty branches, over merged and
// unmerged tables, the back ends taking turns. SECANTDB_SEED and SECANTDB_QUERIES search further.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { Session } from './session.ts'

const SEED = Number(process.env['SECANTDB_SEED'] ?? 5)
const QUERIES = Number(process.env['SECANTDB_QUERIES'] ?? 500)

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 128, deltaRows: 100 }],
]

/** Branches of three columns: a number of any type, a text, a date or timestamp. */
const NUMBERS = {
  orders: ['o_id', 'o_customer', 'o_priority', 'o_total', 'o_id % 7', 'NULL', '3'],
  line: ['l_number', 'l_price', '4.00'], customer: ['c_id', 'c_balance', 'c_id % 3'], nothing: ['id'],
  word: ['n', 'n % 2'],
} as const
const TEXTS = {
  orders: ['o_status', 'o_note', "'F'"], line: ['l_flag', 'NULL'], customer: ['c_nation', 'c_name'], nothing: ['v'],
  word: ['w', "''"],
} as const
const TIMES = {
  orders: ['o_date', 'NULL::date'], line: ['l_shipped', "DATE '1994-03-04'"], customer: ['c_since'],
  nothing: ['NULL::date'], word: ["DATE '1995-01-01'"],
} as const
const TABLES = ['orders', 'line', 'customer', 'nothing', 'word'] as const
const OPERATIONS = ['UNION', 'UNION ALL', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL'] as const

function branch(random: Random): string {
  const table = random.pick(TABLES)
  const number = random.pick<string>(NUMBERS[table])
  const columns = [number === 'NULL' ? 'NULL::integer' : number, random.pick<string>(TEXTS[table])]
  const where = random.chance(0.3) ? ` WHERE ${random.pick<string>(TEXTS[table])} IS NOT NULL` : ''
  const distinct = random.chance(0.2) ? 'DISTINCT ' : ''
  return `SELECT ${distinct}${[...columns, random.pick<string>(TIMES[table])].join(', ')} FROM ${table}${where}`
}

function tree(random: Random, depth: number): string {
  if (depth === 0 || random.chance(0.2)) return branch(random)
  const [left, right] = [tree(random, depth - 1), tree(random, depth - 1)]
  return random.chance(0.5) ? `(${left}) ${random.pick(OPERATIONS)} (${right})`
    : `${left} ${random.pick(OPERATIONS)} ${right}`
}

/** The tree alone, filtered (so that conditions sink into branches), or read for some columns only. */
function query(random: Random): string {
  const inner = `(${tree(random, 3)}) AS s(a, b, c)`
  switch (random.below(4)) {
    case 0: return `SELECT a, b, c FROM ${inner} WHERE a > 2`
    case 1: return `SELECT count(*), count(a), count(DISTINCT b), min(c), max(c) FROM ${inner}`
    case 2: return `SELECT b, a FROM ${inner} WHERE b IS NULL OR b < 'P' ORDER BY b, a NULLS FIRST LIMIT 50`
    default: return `SELECT * FROM ${inner}`
  }
}

let oracle: Oracle

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
}, 60_000)

afterAll(() => oracle.close())

test.each(STATES)('random set operations: %s', async (_, options) => {
  const session = await Session.open(options)
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  const random = new Random(SEED)
  for (let i = 0; i < QUERIES; i++) {
    const sql = query(random)
    session.backend = (['javascript', 'webassembly', 'auto'] as const)[i % 3]!
    const want = await oracle.rows(asText(sql))
    const result = session.run(sql)
    const ordered = sql.includes('ORDER BY')
    expect([sql, ...ourRows(result, ordered)]).toEqual([sql, ...comparableRows(want, result.types, ordered)])
  }
  session.close()
}, 600_000)
