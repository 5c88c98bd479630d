// Random queries over two small tables that PostgreSQL, DuckDB and SecantDB answer alike: integers, decimals,
// doubles, text, dates and booleans in expressions, filters, groups, joins and orders. Ordered totally, so that
// there is one right answer.
import type { Random } from '../../src/base/random.ts'

type Kind = 'int' | 'text' | 'bool' | 'date' | 'double' | 'decimal'

const COLUMNS: Record<Kind, readonly string[]> = {
  int: ['id', 's', 'i', 'l'], text: ['x'], bool: ['b'], date: ['dt'], double: ['f'], decimal: ['d'],
}
const LITERALS: Record<Kind, readonly string[]> = {
  int: ['0', '1', '-1', '2', '7', '100'], text: ["'a'", "''", "'abc'", "'é'"], bool: ['true', 'false'],
  date: ["date '2024-02-29'", "date '2000-01-01'"], double: ['cast(0.5 as double precision)', 'f'],
  decimal: ['1.50', '-0.25', 'd'],
}
const KINDS: readonly Kind[] = ['int', 'int', 'text', 'bool', 'date', 'double', 'decimal']

const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM'] as const

/** The two tables. */
export const TABLES = `
  CREATE TABLE t (id INT PRIMARY KEY, b BOOLEAN, s SMALLINT, i INT, l BIGINT, f DOUBLE PRECISION, dt DATE, x TEXT,
    d DECIMAL(8,2));
  CREATE TABLE k (a INT PRIMARY KEY, m TEXT, g INT)`

/** INSERT statements for both tables, and changes that leave updated and deleted rows behind. */
export function contents(random: Random): string[] {
  const some = (values: readonly string[]): string => random.chance(0.2) ? 'NULL' : random.pick(values)
  const rows = Array.from({ length: 300 }, (_, n) => [
    String(n * 2), some(['true', 'false']), some([String(random.between(-100, 99))]), some([String(random.below(20))]),
    some(['0', '1', '-5', '9007199254740', '123456789012']), some(['0.5', '-1.25', '100', '3']),
    some(["'2024-02-29'", "'1969-12-31'", "'2000-01-01'"]), some(["''", "'a'", "'abc'", "'é😀'", "'A%_'", "'bab'"]),
    some(['0', '1.25', '-99.99', '1000.50']),
  ].join(', '))
  const keys = Array.from({ length: 15 }, (_, a) => `(${a}, '${'abc'[a % 3]}', ${a % 4})`)
  return [
    `INSERT INTO t VALUES ${rows.map(row => `(${row})`).join(', ')}`, `INSERT INTO k VALUES ${keys.join(', ')}`,
    'DELETE FROM t WHERE id % 14 = 0', "UPDATE t SET x = 'upd' WHERE id % 22 = 0",
  ]
}

/** Makes queries from a seeded source. */
export class QueryMaker {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  #pick<T>(values: readonly T[]): T {
    return this.#random.pick(values)
  }

  #leaf(kind: Kind): string {
    return this.#pick(this.#random.chance(0.75) ? COLUMNS[kind] : LITERALS[kind])
  }

  #expr(kind: Kind, depth: number): string {
    if (depth <= 0 || this.#random.chance(0.15)) return this.#leaf(kind)
    const next = (of: Kind): string => this.#expr(of, depth - 1)
    if (this.#random.chance(0.12)) {
      return `CASE WHEN ${next('bool')} THEN ${next(kind)} ${this.#random.chance(0.7) ? `ELSE ${next(kind)}` : ''} END`
    }
    if (this.#random.chance(0.08)) {
      return `${this.#pick(['coalesce', 'greatest', 'least', 'nullif'])}(${next(kind)}, ${next(kind)})`
    }
    switch (kind) {
      case 'int': return this.#int(next)
      case 'text': return this.#text(next)
      case 'bool': return this.#bool(next)
      case 'date': return `(${next('date')} + ${this.#pick(['1', '-30'])})`
      case 'double': return this.#pick([
        () => `(${next('double')} ${this.#pick(['+', '-', '*'])} ${this.#leaf('double')})`,
        () => `(- ${next('double')})`,
      ])()
      case 'decimal': return this.#pick([
        () => `(${this.#leaf('decimal')} ${this.#pick(['+', '-', '*'])} ${this.#leaf('decimal')})`,
        () => `abs(${next('decimal')})`,
      ])()
    }
  }

  #int(next: (kind: Kind) => string): string {
    return this.#pick([
      () => `(${next('int')}::bigint ${this.#pick(['+', '-', '*'])} ${this.#leaf('int')})`,
      () => `(${next('int')} % ${this.#pick(['7', '3'])})`,
      () => `(${next('int')} / ${this.#pick(['2', '3'])})`, () => `length(${next('text')})`,
      () => `(${next('date')} - ${next('date')})`,
      () => `abs(${next('int')})`, () => `(${next('bool')})::int`, () => `strpos(${next('text')}, 'a')`,
    ])()
  }

  #text(next: (kind: Kind) => string): string {
    return this.#pick([
      () => `(${next('text')} || ${next('text')})`,
      () => `${this.#pick(['upper', 'lower', 'trim', 'reverse'])}(${next('text')})`,
      () => `substring(${next('text')}, ${this.#pick(['1', '2'])}, ${this.#pick(['1', '2', '5'])})`,
      () => `left(${next('text')}, 2)`,
      () => `replace(${next('text')}, 'a', 'zz')`, () => `cast(${next(this.#pick(['int', 'date']))} as text)`,
    ])()
  }

  #bool(next: (kind: Kind) => string): string {
    const kind = this.#pick(KINDS)
    const ordered = this.#pick(['int', 'text', 'decimal', 'double'] as const)
    const listed = this.#pick(['int', 'text', 'date', 'decimal'] as const)
    const not = this.#pick(['', 'NOT '])
    return this.#pick([
      () => `(${next(kind)} ${this.#pick(COMPARISONS)} ${next(kind)})`,
      () => `(${next('bool')} ${this.#pick(['AND', 'OR'])} ${next('bool')})`, () => `(NOT ${next('bool')})`,
      () => `(${next(kind)} IS ${not}NULL)`, () => `(${next('bool')} IS ${not}${this.#pick(['true', 'false'])})`,
      () => `(${next(listed)} ${not}IN (${this.#leaf(listed)}, ${this.#leaf(listed)}, ${this.#leaf(listed)}))`,
      () => `(${next(ordered)} ${not}BETWEEN ${next(ordered)} AND ${next(ordered)})`,
      () => `(${next('text')} ${not}LIKE ${this.#pick(["'a%'", "'%b%'", "'_'", "'abc'"])})`,
      () => `(i ${not}IN (SELECT a FROM k WHERE ${this.#pick(['g = 1', "m = 'a'", 'true', 'false'])}))`,
      () => `(id ${this.#pick(['=', '<', '>', '>=', '<='])} ${this.#pick(['7', '100', '300', '598', '-5'])})`,
      () => `(id BETWEEN ${this.#pick(['7', '100'])} AND ${this.#pick(['300', '50'])})`,
      () => `(id IN (${this.#pick(['2', '4', '6'])}, ${this.#pick(['400', '5'])}, 10))`,
    ])()
  }

  #aggregate(depth: number): string {
    const of = (kinds: readonly Kind[]): string => this.#expr(this.#pick(kinds), depth)
    return this.#pick([
      () => 'count(*)', () => `count(${this.#pick(['', 'DISTINCT '])}${of(KINDS)})`, () => `sum(${of(['int'])})`,
      () => `sum(${this.#expr('decimal', 1)})`,
      () => `min(${of(['int', 'text', 'date', 'decimal'])})`, () => `max(${of(['int', 'text', 'date', 'double'])})`,
      () => `bool_or(${of(['bool'])})`, () => `count(*) FILTER (WHERE ${of(['bool'])})`,
    ])()
  }

  #where(): string {
    if (this.#random.chance(0.6)) return this.#expr('bool', 3)
    return `id ${this.#pick(['>', '<'])} ${this.#pick([50, 300, 550])} AND ${this.#expr('bool', 2)}`
  }

  /** The next query. */
  next(): string {
    const any = (depth: number): string => this.#expr(this.#pick(KINDS), depth)
    const bool = (depth: number): string => this.#expr('bool', depth)
    switch (this.#random.below(9)) {
      case 0: return `SELECT id, ${any(3)} AS e FROM t ORDER BY id`
      case 1: return `SELECT id FROM t WHERE ${this.#where()} ORDER BY id ${this.#pick(['', 'DESC'])} ` +
        `LIMIT ${this.#pick([3, 1000])}`
      case 2: return `SELECT ${this.#aggregate(2)}, ${this.#aggregate(2)}, count(*) FROM t WHERE ${this.#where()}`
      case 3: return `SELECT ${any(2)} AS g, ${this.#aggregate(2)}, ${this.#aggregate(1)} FROM t GROUP BY 1 ORDER BY 1`
      case 4: return `SELECT DISTINCT ${any(2)} AS z FROM t WHERE ${bool(1)} ORDER BY 1`
      case 5: return `SELECT t.id, k.a, k.m, ${any(2)} AS e FROM t ` +
        `${this.#pick(['', 'LEFT'])} JOIN k ON t.i = k.a AND ${bool(1)} ` +
        `WHERE ${this.#pick(['true', bool(2)])} ORDER BY 1, 2`
      case 6: return `SELECT g, h, count(*), sum(g) FROM (SELECT ${this.#expr('int', 1)} AS g, ` +
        `${this.#expr('text', 1)} AS h FROM t WHERE ${bool(2)}) q ` +
        `GROUP BY g, h HAVING count(*) > ${this.#pick([0, 1])} ORDER BY 1, 2`
      case 7: return `SELECT k.m, ${this.#aggregate(1)}, count(*) FROM t, k ` +
        `WHERE t.i = k.g AND ${bool(2)} GROUP BY k.m ORDER BY 1`
      default: return `SELECT id, ${any(2)} AS e FROM t WHERE ${bool(1)} ORDER BY ${this.#expr('int', 2)} + 0 ` +
        `${this.#pick(['', 'DESC', 'NULLS FIRST'])}, id LIMIT 20`
    }
  }
}
