// The executor against DuckDB: the same SQL over the same data, on both back ends and over tables in every
// state (one big base, many tiny row groups merged after every commit, everything in the delta). Numbers are
// compared as numbers, everything else as text; queries with ORDER BY in order, others as bags.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import { isNumeric } from '../../src/base/types.ts'
import type { EngineOptions } from '../../storage/mod.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { QUERIES } from './queries.ts'
import { Session } from './session.ts'
import type { Result } from './session.ts'

const CREATE = [
  `CREATE TABLE customer (c_id integer PRIMARY KEY, c_name text NOT NULL, c_nation text, c_balance double precision,
     c_since date)`,
  `CREATE TABLE orders (o_id bigint PRIMARY KEY, o_customer integer, o_date date, o_total decimal(12,2), o_status text,
     o_note text, o_priority smallint)`,
  `CREATE TABLE line (l_order bigint, l_number integer, l_quantity integer, l_price decimal(10,2), l_discount decimal(4,2),
     l_flag text, l_shipped timestamp, PRIMARY KEY (l_order, l_number))`,
  'CREATE TABLE word (w text PRIMARY KEY, n integer)',
  'CREATE TABLE nothing (id integer PRIMARY KEY, v text)',
]

/** INSERT statements of seeded rows. */
function inserts(): string[] {
  const random = new Random(20)
  const quote = (text: string | null): string => text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`
  const maybe = (share: number, value: string): string => random.chance(share) ? 'NULL' : value
  const date = (): string => `DATE '${1992 + random.below(7)}-${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(28)).padStart(2, '0')}'`
  const tables: Record<string, string[]> = { customer: [], orders: [], line: [], word: [] }
  for (let i = 1; i <= 150; i++) {
    tables.customer!.push(`(${i}, ${quote(`Customer ${i}`)}, ${maybe(0.1, quote(random.pick(['FRANCE', 'PERU', 'CHINA', 'österreich'])))}, `
      + `${maybe(0.1, `${(random.normal() * 1000).toFixed(3)}::double precision`)}, ${maybe(0.1, date())})`)
  }
  for (let i = 0; i < 1200; i++) {
    tables.orders!.push(`(${i * 3 + 1}, ${maybe(0.05, String(1 + random.below(170)))}, ${date()}, ${maybe(0.05, (random.below(5_000_000) / 100).toFixed(2))}, `
      + `${quote(random.pick(['O', 'F', 'P']))}, ${maybe(0.4, quote(random.pick(["it's late", '100% sure', 'special_requests', 'a😀b', ''])))}, ${random.below(5)})`)
    for (let n = 1; n <= random.below(5); n++) {
      tables.line!.push(`(${i * 3 + 1}, ${n}, ${1 + random.below(50)}, ${(random.below(1_000_000) / 100).toFixed(2)}, 0.0${random.below(10)}, `
        + `${maybe(0.1, quote(random.pick(['A', 'N', 'R'])))}, ${maybe(0.2, `TIMESTAMP '199${random.below(9)}-03-04 ${10 + random.below(10)}:30:00'`)})`)
    }
  }
  const words = ['apple', 'applet', 'apply', 'banana', 'band', 'bandana', 'ä', 'zebra', 'Zebra', '', 'a', 'A', '\u{1F600}', '\uFFFD', 'common prefix 1', 'common prefix 2']
  words.forEach((word, i) => tables.word!.push(`(${quote(word)}, ${i})`))
  return Object.entries(tables).flatMap(([name, rows]) => {
    const statements: string[] = []
    for (let at = 0; at < rows.length; at += 400) statements.push(`INSERT INTO ${name} VALUES ${rows.slice(at, at + 400).join(', ')}`)
    return statements
  })
}

const CHANGES = [
  "UPDATE orders SET o_total = o_total + 1, o_note = 'updated' WHERE o_id BETWEEN 100 AND 220",
  'UPDATE orders SET o_customer = NULL WHERE o_priority = 4 AND o_id < 900',
  'DELETE FROM orders WHERE o_id IN (4, 7, 1000, 1003) OR o_id BETWEEN 1500 AND 1550',
  'UPDATE line SET l_quantity = l_quantity * 2 WHERE l_order = 31',
  'DELETE FROM line WHERE l_order IN (SELECT o_id FROM orders WHERE o_status = \'P\' AND o_priority = 2)',
  "INSERT INTO orders SELECT o_id + 10000, o_customer, o_date, o_total, 'N', o_note, o_priority FROM orders WHERE o_priority = 1",
  'UPDATE customer SET c_id = c_id + 1000 WHERE c_id > 145',
]

const STATES: readonly [string, Partial<EngineOptions>][] = [
  ['everything in the delta', {}],
  ['small row groups and a delta', { rowGroupRows: 256, deltaRows: 300 }],
  ['tiny row groups, merged after every commit', { rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true }],
]

let oracle: Oracle
const answers = new Map<string, (string | null)[][]>()

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [...CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
  for (const { sql, duckdb } of QUERIES) answers.set(sql, await oracle.rows(castToText(duckdb ?? sql)))
}, 60_000)

afterAll(() => oracle.close())

/** DuckDB's own text of every column. */
function castToText(sql: string): string {
  return `SELECT COLUMNS(*)::VARCHAR FROM (${sql}) AS t`
}

function ours(result: Result): (string | null)[][] {
  return result.rows.map((row) => row.map((value, i) => value === null ? null : formatScalar(result.types[i]!, value)))
}

/** Values as comparable text: numbers to 9 significant digits, booleans spelled out. */
function canonical(rows: (string | null)[][], result: Result, ordered: boolean): string[] {
  const list = rows.map((row) => row.map((value, i) => {
    if (value === null) return 'NULL'
    const type = result.types[i]!
    if (isNumeric(type)) return String(Number(Number(value).toPrecision(9)))
    if (type.kind === 'boolean') return value.startsWith('t') ? 'true' : 'false'
    return value
  }).join(' | '))
  return ordered ? list : list.sort()
}

describe.each(STATES)('%s', (_, options) => {
  let session: Session

  beforeAll(async () => {
    session = await Session.open(options)
    for (const sql of [...CREATE, ...inserts(), ...CHANGES]) session.run(sql)
  }, 60_000)

  afterAll(() => session.close())

  for (const { sql } of QUERIES) {
    test(sql.replace(/\s+/g, ' '), () => {
      const want = answers.get(sql)!
      const ordered = /order by/i.test(sql)
      for (const backend of ['javascript', 'webassembly', 'auto'] as const) {
        session.backend = backend
        const before = session.engine.memory.usedFrames
        const result = session.run(sql)
        expect(canonical(ours(result), result, ordered)).toEqual(canonical(want, result, ordered))
        expect(session.engine.memory.usedFrames - session.engine.pool.stats.frames).toBeLessThanOrEqual(before)
      }
    })
  }
})
