// Random queries over the tables of data.ts, in the SQL both engines share: predicates on keys and other
// columns, joins, grouping, ordering by a total order. Seeded, so a failure can be run again.
import type { Random } from '../../src/base/random.ts'

interface Column {
  readonly name: string
  readonly literal: (random: Random) => string
  readonly text?: boolean
}

const integer = (low: number, high: number) => (random: Random): string => String(random.between(low, high))
const oneOf = (...values: string[]) => (random: Random): string => random.pick(values)

const ORDERS: readonly Column[] = [
  { name: 'o_id', literal: integer(-10, 3700) }, { name: 'o_id', literal: integer(0, 400) },
  { name: 'o_customer', literal: integer(0, 175) }, { name: 'o_priority', literal: integer(-1, 6) },
  { name: 'o_total', literal: (random) => (random.below(6_000_000) / 100).toFixed(random.below(4)) },
  { name: 'o_status', literal: oneOf("'O'", "'F'", "'P'", "'N'", "''"), text: true },
  { name: 'o_note', literal: oneOf("'updated'", "'100% sure'", "'it''s late'", "''", "'zzz'"), text: true },
  { name: 'o_date', literal: (random) => `DATE '199${random.between(1, 9)}-0${random.between(1, 9)}-15'` },
]
const CUSTOMER: readonly Column[] = [
  { name: 'c_id', literal: integer(-5, 200) },
  { name: 'c_nation', literal: oneOf("'PERU'", "'FRANCE'", "'X'"), text: true },
  { name: 'c_balance', literal: (random) => `${(random.normal() * 1000).toFixed(2)}::double precision` },
]
const LINE: readonly Column[] = [
  { name: 'l_order', literal: integer(0, 3600) }, { name: 'l_order', literal: integer(0, 100) },
  { name: 'l_number', literal: integer(0, 5) }, { name: 'l_quantity', literal: integer(0, 60) },
  { name: 'l_price', literal: (random) => (random.below(1_000_000) / 100).toFixed(2) },
  { name: 'l_flag', literal: oneOf("'A'", "'N'", "'R'"), text: true },
]

const COMPARISONS = ['=', '=', '<', '<=', '>', '>=', '<>']

function predicate(random: Random, columns: readonly Column[], depth: number): string {
  const column = random.pick(columns)
  const value = (): string => column.literal(random)
  switch (random.below(depth > 0 ? 12 : 6)) {
    case 0: return `${column.name} BETWEEN ${value()} AND ${value()}`
    case 1: {
      const items = Array.from({ length: 1 + random.below(6) }, value).join(', ')
      return `${column.name} ${random.chance(0.2) ? 'NOT ' : ''}IN (${items})`
    }
    case 2: return `${column.name} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`
    case 3: return column.text === true ? `${column.name} LIKE '${random.pick(['u%', '%e%', 'P', '_', '%'])}'`
      : `${value()} ${random.pick(COMPARISONS)} ${column.name}`
    case 6: return `NOT (${predicate(random, columns, depth - 1)})`
    case 7: case 8: return `(${predicate(random, columns, depth - 1)} OR ${predicate(random, columns, depth - 1)})`
    case 9: return `(${predicate(random, columns, depth - 1)} AND ${predicate(random, columns, depth - 1)})`
    case 10: return membership(random, column)
    case 11: return column.text === true ? `${column.name} IS NOT NULL` : extreme(random, column)
    default: return `${column.name} ${random.pick(COMPARISONS)} ${value()}`
  }
}

/** `x [NOT] IN (SELECT …)` over a column of the same kind of another table. */
function membership(random: Random, column: Column): string {
  const not = random.chance(0.3) ? 'NOT ' : ''
  const limit = random.below(2500)
  if (column.name === 'o_id' || column.name === 'l_order') {
    return `${column.name} ${not}IN (SELECT l_order FROM line WHERE l_quantity < ${random.below(30)})`
  }
  if (column.name === 'o_customer' || column.name === 'c_id') {
    return `${column.name} ${not}IN (SELECT o_customer FROM orders WHERE o_id < ${limit})`
  }
  if (column.text === true) return `${column.name} ${not}IN (SELECT w FROM word)`
  return `${random.chance(0.5) ? 'NOT ' : ''}EXISTS (SELECT 1 FROM nothing)`
}

/** A comparison with the result of a scalar subquery. */
function extreme(random: Random, column: Column): string {
  const table = { o: 'orders', c: 'customer', l: 'line' }[column.name[0]!]!
  const fn = random.pick(['min', 'max'])
  const where = random.chance(0.2) ? ` WHERE ${column.name} > 1000000000` : ''
  const isDate = column.name.endsWith('date')
  return isDate ? `${column.name} IS NOT NULL`
    : `${column.name} ${random.pick(COMPARISONS)} (SELECT ${fn}(${column.name}) FROM ${table}${where})`
}

/** FROM clause and the columns it offers. */
function source(random: Random): { from: string; columns: readonly Column[] } {
  const join = random.pick(['JOIN', 'LEFT JOIN'])
  switch (random.below(6)) {
    case 0: return { from: 'line', columns: LINE }
    case 1: return { from: `orders ${join} customer ON o_customer = c_id`, columns: [...ORDERS, ...CUSTOMER] }
    case 2: {
      const extra = random.chance(0.5) ? ` AND ${predicate(random, [...ORDERS, ...LINE], 0)}` : ''
      return { from: `orders ${join} line ON l_order = o_id${extra}`, columns: [...ORDERS, ...LINE] }
    }
    case 3: return {
      from: `customer ${join} orders ON o_customer = c_id ${random.pick(['JOIN', 'LEFT JOIN'])} line ON l_order = o_id`,
      columns: [...CUSTOMER, ...ORDERS, ...LINE],
    }
    default: return { from: 'orders', columns: ORDERS }
  }
}

function whereClause(random: Random, columns: readonly Column[]): string {
  if (random.chance(0.15)) return ''
  const parts = Array.from({ length: 1 + random.below(3) }, () => predicate(random, columns, 2))
  return ` WHERE ${parts.join(' AND ')}`
}

/** One random query. Ordered queries order by every column they return. */
export function randomQuery(random: Random): string {
  const { from, columns } = source(random)
  const where = whereClause(random, columns)
  const name = (): string => random.pick(columns).name
  if (random.chance(0.4)) {
    const groups = Array.from({ length: random.below(3) }, name)
    const calls = ['count(*)', `count(${name()})`, `min(${name()})`, `max(${name()})`, `count(DISTINCT ${name()})`]
    const numeric = columns.filter((column) => /total|priority|quantity|price|_id/.test(column.name))
    if (numeric.length > 0) calls.push(`sum(${random.pick(numeric).name})`, `avg(${random.pick(numeric).name})`)
    const list = [...groups, ...random.shuffle(calls).slice(0, 3)]
    const having = groups.length > 0 && random.chance(0.3) ? ` HAVING count(*) > ${random.below(5)}` : ''
    const grouped = groups.length > 0 ? ` GROUP BY ${groups.join(', ')}` : ''
    return `SELECT ${list.join(', ')} FROM ${from}${where}${grouped}${having}`
  }
  const list = [...new Set(Array.from({ length: 1 + random.below(4) }, name))]
  const distinct = random.chance(0.2) ? 'DISTINCT ' : ''
  const directions = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']
  const order = list.map((_, i) => `${i + 1}${random.pick(directions)}`).join(', ')
  const offset = random.chance(0.3) ? ` OFFSET ${random.below(10)}` : ''
  const limit = random.chance(0.5) ? ` LIMIT ${random.below(30)}${offset}` : ''
  const ordered = random.chance(0.5) || limit !== '' ? ` ORDER BY ${order}${limit}` : ''
  return `SELECT ${distinct}${list.join(', ')} FROM ${from}${where}${ordered}`
}
