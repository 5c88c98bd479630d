// Seeded random correlated subqueries against DuckDB: EXISTS, IN and scalar aggregates under AND, OR and NOT and in the
// select list, with equality and other conditions, NULLs and empty tables, the back ends taking turns.
// SECANTDB_SEED and SECANTDB_QUERIES search further.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { Session } from './session.ts'

const SEED = Number(process.env['SECANTDB_SEED'] ?? 11)
const QUERIES = Number(process.env['SECANTDB_QUERIES'] ?? 1000)

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 64, deltaRows: 30 }],
]
const TABLES = ['p', 'q', 'r'] as const

/** Tables of one shape, with keys of overlapping ranges; r is empty. */
function statements(): string[] {
  const random = new Random(7)
  const maybe = (text: string): string => random.chance(0.15) ? 'NULL' : text
  const rows = (count: number): string => Array.from({ length: count }, (_, i) =>
    `(${i}, ${maybe(String(random.below(12)))}, ${maybe(`${random.below(60)}.5`)}, ` +
    `${maybe(`'t${random.below(8)}'`)}, ${maybe(`DATE '2024-01-${10 + random.below(9)}'`)})`).join(', ')
  const shape = '(id integer PRIMARY KEY, a integer, b decimal(10,2), t text, d date)'
  return [...TABLES.map(table => `CREATE TABLE ${table} ${shape}`),
    `INSERT INTO p VALUES ${rows(90)}`, `INSERT INTO q VALUES ${rows(140)}`]
}

const COLUMNS = ['a', 'id', 'b', 't', 'd'] as const

function correlation(random: Random): string {
  const column = random.pick(COLUMNS)
  switch (random.below(6)) {
    case 0: return `i.${column} ${random.pick(['<', '>', '<>', '<='])} o.${column}`
    case 1: return 'i.a + 1 = o.a'
    case 2: return `(i.${column} = o.${column} OR o.${column} IS NULL)`
    case 3: return 'i.a = o.a AND i.t = o.t'
    default: return `i.${column} = o.${column}`
  }
}

function source(random: Random): string {
  const own = random.chance(0.4) ? ` AND i.a ${random.pick(['>', '<'])} ${random.below(12)}` : ''
  const more = random.chance(0.3) ? ` AND ${correlation(random)}` : ''
  return `FROM ${random.chance(0.1) ? 'r' : random.pick(['p', 'q'])} i WHERE ${correlation(random)}${own}${more}`
}

function scalar(random: Random): string {
  const call = random.pick(['count(*)', 'count(i.t)', 'sum(i.a)', 'max(i.b)', 'min(i.a) + count(*)', 'sum(i.id) * 2'])
  return `(SELECT ${call} ${source(random)})`
}

function membership(random: Random): string {
  const not = random.chance(0.4) ? 'NOT ' : ''
  if (random.chance(0.5)) return `${not}EXISTS (SELECT 1 ${source(random)})`
  const column = random.pick(COLUMNS)
  return `o.${column} ${not}IN (SELECT i.${column} ${source(random)})`
}

function condition(random: Random, depth: number): string {
  if (depth > 0 && random.chance(0.5)) {
    const [left, right] = [condition(random, depth - 1), condition(random, depth - 1)]
    return random.chance(0.2) ? `NOT (${left})` : `(${left} ${random.pick(['AND', 'AND', 'OR'])} ${right})`
  }
  switch (random.below(5)) {
    case 0: return `o.a > ${random.below(12)}`
    case 1: return `o.a ${random.pick(['<', '>=', '='])} ${scalar(random)}`
    default: return membership(random)
  }
}

function query(random: Random): string {
  const from = `FROM ${random.pick(['p', 'q'])} o`
  if (random.chance(0.25)) return `SELECT o.id, ${scalar(random)} AS x, ${membership(random)} AS y ${from}`
  const where = `WHERE ${condition(random, 2)}`
  return random.chance(0.3) ? `SELECT o.a, count(*) ${from} ${where} GROUP BY o.a` : `SELECT o.id, o.t ${from} ${where}`
}

let oracle: Oracle

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of statements()) await oracle.run(sql)
}, 60_000)

afterAll(() => oracle.close())

test.each(STATES)('random correlated subqueries: %s', async (_, options) => {
  const session = await Session.open(options)
  for (const sql of statements()) session.run(sql)
  const random = new Random(SEED)
  for (let i = 0; i < QUERIES; i++) {
    const sql = query(random)
    session.backend = (['javascript', 'webassembly', 'auto'] as const)[i % 3]!
    const want = await oracle.rows(asText(sql))
    const result = session.run(sql)
    expect([sql, ...ourRows(result, false)]).toEqual([sql, ...comparableRows(want, result.types, false)])
  }
  session.close()
}, 600_000)
