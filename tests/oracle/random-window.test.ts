// Generated window functions against DuckDB: random partitions, orders with NULLS FIRST and LAST, frames of every
// mode with EXCLUDE, filters and functions over columns of several types, on a dirty table of small row groups.
// SECANTDB_SEED replays one seed. A ROWS frame and a picked row need an order without ties: there o_id is last.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { CHANGES, CREATE, inserts } from './data.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { Session } from './session.ts'

const QUERIES = 600
const CALLS = 3
const seeds = process.env['SECANTDB_SEED'] === undefined ? [7, 8] : [Number(process.env['SECANTDB_SEED'])]

let oracle: Oracle
let session: Session

beforeAll(async () => {
  oracle = await openOracle()
  session = await Session.open({ rowGroupRows: 128, deltaRows: 200 })
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) {
    await oracle.run(sql)
    session.run(sql)
  }
}, 60_000)

afterAll(() => {
  oracle.close()
  session.close()
})

const COLUMNS = ['o_customer', 'o_date', 'o_total', 'o_status', 'o_note', 'o_priority'] as const

function directed(random: Random, column: string): string {
  return column + random.pick(['', ' DESC']) + random.pick(['', ' NULLS FIRST', ' NULLS LAST'])
}

function places(random: Random, offset: () => string): string {
  const sides = random.pick([['PRECEDING', 'FOLLOWING'], ['PRECEDING', 'PRECEDING'], ['FOLLOWING', 'FOLLOWING']])
  // DuckDB counts rows of frames that end before they begin, so the nearer end is never the farther one.
  const ends = [Number(offset()), Number(offset())].sort((a, b) => a - b)
  const [near, far] = [ends[0]!, ends[1]!]
  const written = sides[0] === 'PRECEDING' ? [far, near] : [near, far]
  const first = sides[0] === 'PRECEDING' && random.chance(0.3) ? 'UNBOUNDED PRECEDING' : `${written[0]} ${sides[0]}`
  const last = sides[1] === 'FOLLOWING' && random.chance(0.3) ? 'UNBOUNDED FOLLOWING' : `${written[1]} ${sides[1]}`
  const from = sides[0] === sides[1] || random.chance(0.7) ? first : 'CURRENT ROW'
  const to = sides[0] === sides[1] || random.chance(0.7) ? last : 'CURRENT ROW'
  return `BETWEEN ${from} AND ${to}`
}

function drawWindow(random: Random, unique: boolean): string {
  const partition = random.pick(['', '', 'o_status', 'o_customer', 'o_status, o_priority', 'o_priority % 2'])
  const mode = random.pick(['none', 'none', 'ROWS', 'ROWS', 'RANGE', 'GROUPS'])
  const exclude = mode === 'none' ? ''
    : random.pick(['', '', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE GROUP', ' EXCLUDE TIES'])
  let order = random.chance(0.15) ? [] : [directed(random, random.pick(COLUMNS))]
  let frame = ''
  const isUnique = unique || mode === 'ROWS'
  if (mode === 'ROWS') frame = `ROWS ${places(random, () => String(random.below(40)))}`
  if (mode === 'GROUPS') {
    if (order.length === 0) order = ['o_date']
    frame = `GROUPS ${places(random, () => String(random.below(5)))}`
  }
  if (mode === 'RANGE') {
    order = [directed(random, unique ? 'o_id' : random.pick(['o_total', 'o_priority', 'o_customer', 'o_id']))]
    frame = `RANGE ${places(random, () => String(random.below(3000)))}`
  } else if (isUnique) order.push(directed(random, 'o_id'))
  const by = order.length === 0 ? '' : `ORDER BY ${order.join(', ')}`
  return `(${partition === '' ? '' : `PARTITION BY ${partition} `}${by} ${frame}${exclude})`
}

function drawCall(random: Random): string {
  const isPicked = random.chance(0.35)
  const text = drawWindow(random, isPicked)
  const column = random.pick(COLUMNS)
  if (isPicked) {
    return `${random.pick([
      `lag(${column})`, `lead(${column}, ${random.below(4)})`, 'lag(o_total, 2, -1.5)', "lead(o_note, 1, 'none')",
      `first_value(${column})`, `last_value(${column})`, `nth_value(${column}, ${1 + random.below(4)})`, 'row_number()',
      `ntile(${1 + random.below(9)})`,
    ])} OVER ${text}`
  }
  const condition = random.pick(['o_priority > 1', "o_status = 'F'", 'o_note IS NULL'])
  const filter = random.chance(0.2) ? ` FILTER (WHERE ${condition})` : ''
  if (random.chance(0.3)) {
    // Ranks have no frame in PostgreSQL; DuckDB gives them one.
    const partition = random.pick(['', 'PARTITION BY o_status '])
    const order = `ORDER BY ${directed(random, column)}`
    return `${random.pick(['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()'])} OVER (${partition}${order})`
  }
  return `${random.pick([
    'count(*)', `count(${column})`, 'sum(o_total)', 'sum(o_priority)', 'sum(o_id)', 'avg(o_priority)', 'avg(o_total)',
    `min(${column})`, `max(${column})`, 'sum(o_id::double precision / 2)', 'bool_or(o_priority > 2)',
  ])}${filter} OVER ${text}`
}

test.each(seeds)(`${QUERIES} generated queries, seed %i`, async (seed) => {
  const random = new Random(seed)
  for (let i = 0; i < QUERIES; i++) {
    const calls = Array.from({ length: 1 + random.below(CALLS) }, (_, n) => `${drawCall(random)} AS c${n}`)
    const rows = random.pick(['orders', 'orders', '(SELECT * FROM orders WHERE o_id < 400) few',
      '(SELECT * FROM orders WHERE o_id = 1) one', '(SELECT * FROM orders WHERE o_id < 0) none'])
    const sql = `SELECT o_id, ${calls.join(', ')} FROM ${rows}`
    const result = session.run(sql)
    const want = await oracle.rows(asText(sql))
    expect(ourRows(result, false), sql).toEqual(comparableRows(want, result.types, false))
  }
}, 600_000)
