// Random tables and queries over them, in the SQL that DuckDB shares: columns of every type with NULLs, duplicates and
// the ends of their ranges, tables that may be empty, keys or none. Every table has k, a number of its own for each
// row, so that orders can be total. Seeded, so a failure can be run again.
import type { Random } from '../../src/base/random.ts'

interface Column {
  readonly name: string
  readonly type: string
  /** A random literal, never NULL. */
  readonly literal: (random: Random) => string
}

export interface RandomTable {
  readonly name: string
  readonly columns: readonly Column[]
  /** CREATE TABLE, then INSERT and changes. */
  readonly statements: readonly string[]
  /** CREATE INDEX of some columns: answers must not change. */
  readonly indexes: readonly string[]
}

const few = (random: Random): string => String(random.between(-4, 9))
const KINDS: readonly { type: string; literal: (random: Random) => string }[] = [
  { type: 'integer', literal: r => r.chance(0.1) ? r.pick(['2147483647', '-2147483648', '0']) : few(r) },
  { type: 'bigint', literal: r => r.chance(0.15)
    ? r.pick(['9223372036854775807', '-9223372036854775807', '9007199254740993', '-9007199254740993']) : few(r) },
  { type: 'smallint', literal: r => r.chance(0.1) ? r.pick(['32767', '-32768']) : few(r) },
  { type: 'decimal(12,2)', literal: r => r.chance(0.1) ? r.pick(['9999999999.99', '-9999999999.99', '0.00'])
    : (random => (random.between(-500, 900) / 100).toFixed(2))(r) },
  { type: 'decimal(30,4)', literal: r => r.chance(0.2) ? '99999999999999999999.1234' : `${few(r)}.5000` },
  { type: 'double precision', literal: r => `${r.chance(0.1) ? r.pick(['1e300', '-1e300', '1e-300'])
    : String(r.between(-40, 90) / 8)}::double precision` },
  { type: 'text', literal: r =>
    r.pick(["''", "'a'", "'A'", "'b c'", "'é'", "'日本'", "'%'", "'_x'", "'zz''z'", "'aaaa'"]) },
  { type: 'date', literal: r => `DATE '${r.pick(['1970-01-01', '1969-12-31', '2000-02-29', '1994-03-04'])}'` },
  { type: 'timestamp', literal: r => `TIMESTAMP '${r.pick(['1970-01-01 00:00:00', '2001-02-03 04:05:06.789'])}'` },
  { type: 'boolean', literal: r => r.pick(['true', 'false']) },
]

/** A table of up to 150 rows; about one in eight is empty. */
export function randomTable(random: Random, name: string): RandomTable {
  const columns = Array.from({ length: 2 + random.below(5) }, (_, i): Column =>
    ({ name: `${name}${i}`, ...random.pick(KINDS) }))
  const keyed = random.chance(0.7)
  const definitions = columns.map(column => `${column.name} ${column.type}`)
  const create = `CREATE TABLE ${name} (k integer${keyed ? ' PRIMARY KEY' : ''}, ${definitions.join(', ')})`
  const nulls = random.pick([0, 0.1, 0.5])
  const rows = random.chance(0.12) ? 0 : 1 + random.below(150)
  const values = Array.from({ length: rows }, (_, k) =>
    `(${[k, ...columns.map(column => random.chance(nulls) ? 'NULL' : column.literal(random))].join(', ')})`)
  const statements = [create]
  if (rows > 0) statements.push(`INSERT INTO ${name} VALUES ${values.join(', ')}`)
  if (rows > 4) {
    const column = random.pick(columns)
    statements.push(`UPDATE ${name} SET ${column.name} = ${column.literal(random)} WHERE k % 5 = 1`)
    statements.push(`DELETE FROM ${name} WHERE k % 7 = 3`)
  }
  const indexes = columns.filter(() => random.chance(0.5))
    .map(column => `CREATE INDEX ${name}_${column.name} ON ${name} (${column.name})`)
  return { name, columns, statements, indexes }
}

/** A predicate over the columns of these relations. */
export function randomPredicate(random: Random, tables: readonly RandomTable[], depth = 2): string {
  const table = random.pick(tables)
  const column = random.pick(table.columns)
  const name = `${table.name}.${column.name}`
  const value = (): string => column.literal(random)
  switch (random.below(depth > 0 ? 12 : 7)) {
    case 0: return `${name} IS ${random.chance(0.5) ? 'NOT ' : ''}NULL`
    case 1: return `${name} BETWEEN ${value()} AND ${value()}`
    case 2: {
      const second = random.chance(0.2) ? 'NULL' : value()
      return `${name} ${random.chance(0.3) ? 'NOT ' : ''}IN (${value()}, ${second})`
    }
    case 3: return `${name} IS ${random.chance(0.5) ? 'NOT ' : ''}DISTINCT FROM ${value()}`
    case 4: return column.type === 'text' ? `${name} LIKE '${random.pick(['%a%', 'a%', '_', '', '%'])}'`
      : column.type === 'boolean' ? name : `${name} <= ${value()}`
    case 5: return sameType(random, tables, column, name)
    case 7: return `NOT (${randomPredicate(random, tables, depth - 1)})`
    case 8: case 9:
      return `(${randomPredicate(random, tables, depth - 1)} OR ${randomPredicate(random, tables, depth - 1)})`
    case 10: return `(${randomPredicate(random, tables, depth - 1)} AND ${randomPredicate(random, tables, depth - 1)})`
    case 11: return `CASE WHEN ${randomPredicate(random, tables, 0)} THEN ${randomPredicate(random, tables, 0)} END`
    default: return `${name} ${random.pick(['=', '<', '>=', '<>'])} ${value()}`
  }
}

// A comparison with another column of the same type, where there is one.
function sameType(random: Random, tables: readonly RandomTable[], column: Column, name: string): string {
  const others = tables.flatMap(table =>
    table.columns.filter(one => one.type === column.type).map(one => `${table.name}.${one.name}`))
  return `${name} ${random.pick(['=', '<=', '>'])} ${random.pick(others)}`
}

const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']

/** FROM of one or two tables. A full join has an equality, which DuckDB wants. */
function source(random: Random, tables: readonly RandomTable[]): { from: string; used: RandomTable[] } {
  const [left, right] = random.shuffle([...tables]) as [RandomTable, RandomTable]
  if (random.chance(0.45)) return { from: left.name, used: [left] }
  const join = random.pick(JOINS)
  const extra = random.chance(0.4) && join !== 'FULL JOIN' ? ` AND ${randomPredicate(random, [left, right], 0)}` : ''
  const equal = left.columns.flatMap(a => right.columns.filter(b => b.type === a.type && a.type !== 'double precision')
    .map(b => `${left.name}.${a.name} = ${right.name}.${b.name}`))
  const on = equal.length > 0 && random.chance(0.7) ? random.pick(equal) : `${left.name}.k = ${right.name}.k`
  return { from: `${left.name} ${join} ${right.name} ON ${on}${extra}`, used: [left, right] }
}

/** One query; its rows compare as a set. */
export function randomSchemaQuery(random: Random, tables: readonly RandomTable[]): string {
  const { from, used } = source(random, tables)
  const names = used.flatMap(table =>
    [`${table.name}.k`, ...table.columns.map(column => `${table.name}.${column.name}`)])
  const where = random.chance(0.7) ? ` WHERE ${randomPredicate(random, used)}` : ''
  const list = Array.from({ length: 1 + random.below(3) }, () => random.pick(names))
  switch (random.below(8)) {
    case 0: case 1: return grouped(random, from, where, used, names)
    case 2: return `SELECT DISTINCT ${list.join(', ')} FROM ${from}${where}`
    case 3: return windowed(random, from, where, used)
    case 4: return membership(random, tables)
    case 5: return setOperation(random, tables)
    default: return `SELECT ${list.join(', ')} FROM ${from}${where}`
  }
}

function grouped(
  random: Random, from: string, where: string, used: readonly RandomTable[], names: readonly string[],
): string {
  const columns = used.flatMap(table =>
    table.columns.map(column => ({ ...column, name: `${table.name}.${column.name}` })))
  const calls = columns.flatMap(({ name, type }) => [
    `count(${name})`, `count(DISTINCT ${name})`,
    ...(type === 'boolean' ? [`bool_or(${name})`] : [`min(${name})`, `max(${name})`]),
    ...(type === 'integer' || type === 'smallint' ? [`sum(${name})`] : []),
  ])
  const groups = Array.from({ length: random.below(3) }, () => random.pick(names))
  const list = [...groups, 'count(*)', ...random.shuffle(calls).slice(0, 3)]
  const filter = random.chance(0.2) ? ` FILTER (WHERE ${randomPredicate(random, used, 0)})` : ''
  const having = random.chance(0.3) ? ' HAVING count(*) > 1' : ''
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}${having}`
  return `SELECT ${list.join(', ')}, count(*)${filter} FROM ${from}${where}${by}`
}

function windowed(random: Random, from: string, where: string, used: readonly RandomTable[]): string {
  const total = used.map(table => `${table.name}.k`).join(', ')
  const table = random.pick(used)
  const [part, value] = [random.pick(table.columns), random.pick(table.columns)]
  const over = `OVER (PARTITION BY ${table.name}.${part.name} ORDER BY ${total})`
  const call = random.pick(['row_number()', `lag(${table.name}.${value.name})`, `count(${table.name}.${value.name})`,
    `first_value(${table.name}.${value.name})`, 'ntile(3)'])
  return `SELECT ${total}, ${call} ${over} FROM ${from}${where}`
}

// Two columns of the same type, or the numbers of the rows.
function alike(random: Random, left: RandomTable, right: RandomTable): readonly [string, string] {
  const pairs = left.columns.flatMap(a =>
    right.columns.filter(b => b.type === a.type).map(b => [a.name, b.name] as const))
  return pairs.length > 0 ? random.pick(pairs) : ['k', 'k']
}

function membership(random: Random, tables: readonly RandomTable[]): string {
  const [outer, inner] = random.shuffle([...tables]) as [RandomTable, RandomTable]
  const where = randomPredicate(random, [inner], 1)
  const [a, b] = alike(random, outer, inner)
  const not = random.chance(0.4) ? 'NOT ' : ''
  const matching = `FROM ${inner.name} WHERE ${inner.name}.${b} = ${outer.name}.${a} AND ${where}`
  const select = `SELECT ${outer.name}.k FROM ${outer.name} WHERE`
  switch (random.below(3)) {
    case 0: return `${select} ${outer.name}.${a} ${not}IN (SELECT ${inner.name}.${b} FROM ${inner.name} WHERE ${where})`
    case 1: return `${select} ${not}EXISTS (SELECT 1 ${matching})`
    default: return `SELECT ${outer.name}.k, (SELECT count(*) ${matching}) FROM ${outer.name}`
  }
}

function setOperation(random: Random, tables: readonly RandomTable[]): string {
  const [left, right] = [random.pick(tables), random.pick(tables)]
  const [a, b] = alike(random, left, right)
  const operation = random.pick(['UNION', 'UNION ALL', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL'])
  const branch = (table: RandomTable, column: string): string =>
    `SELECT ${table.name}.${column} FROM ${table.name} WHERE ${randomPredicate(random, [table], 1)}`
  return `${branch(left, a)} ${operation} ${branch(right, b)}`
}
