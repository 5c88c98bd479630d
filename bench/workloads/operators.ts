// Rows per second of every operator by the type it works on, over a clean table and over a dirty one (10 % NULLs, 5 %
// of the rows updated, 2 % deleted, not merged), and the share of the rows that ran in WebAssembly. Results are one
// row each, so that what is timed is the operator under it and not the hand-over of rows.
import type { SecantEngine } from '../engines/secantdb.ts'
import type { Database } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import type { Measurement } from '../measure.ts'
import { grouped, roundsMs, summarize } from '../measure.ts'
import type { Workload } from './workload.ts'

/** Columns of the table by the name of their type in the report. */
const TYPES = {
  integer: 'i', bigint: 'b', decimal: 'd', double: 'x', date: 't', text: 's', 'dictionary text': 'c',
} as const

/** Queries over table T with column C; `only` names the types that an operator takes. */
const OPERATORS: readonly { readonly name: string; readonly sql: string; readonly only?: readonly string[] }[] = [
  { name: 'filter', sql: 'SELECT count(*) FROM T WHERE C > (SELECT C FROM T WHERE id = 1)' },
  {
    name: 'filter and sum', sql: 'SELECT sum(C) FROM T WHERE i < 50000',
    only: ['integer', 'bigint', 'decimal', 'double'],
  },
  {
    name: 'project', sql: 'SELECT max(v) FROM (SELECT C * 2 + 1 AS v FROM T) AS p',
    only: ['integer', 'decimal', 'double'],
  },
  { name: 'LIKE', sql: "SELECT count(*) FROM T WHERE C LIKE '%7%'", only: ['text', 'dictionary text'] },
  { name: 'min and max', sql: 'SELECT min(C), max(C) FROM T WHERE id >= 0' },
  { name: 'group', sql: 'SELECT count(*), sum(n) FROM (SELECT C, count(*) AS n FROM T GROUP BY C) AS g' },
  { name: 'count distinct', sql: 'SELECT count(DISTINCT C) FROM T' },
  {
    name: 'hash join',
    sql: 'SELECT count(*) FROM T JOIN (SELECT DISTINCT C AS k FROM T WHERE id < 1000) AS r ON C = k',
  },
  { name: 'sort', sql: 'SELECT max(id) FROM (SELECT id FROM T ORDER BY C, id OFFSET 1) AS o' },
  { name: 'top 100', sql: 'SELECT max(id) FROM (SELECT id FROM T ORDER BY C, id LIMIT 100) AS o' },
  { name: 'window', sql: 'SELECT max(r) FROM (SELECT rank() OVER (PARTITION BY c ORDER BY C) AS r FROM T) AS w' },
  { name: 'intersect', sql: 'SELECT count(*) FROM (SELECT C FROM T INTERSECT SELECT C FROM T WHERE id % 2 = 0) AS s' },
]

/** Makes the table `name`, all of whose rows come from `random`. */
function load(db: Database, name: string, rows: number, seed: number, nulls: number): void {
  const random = new Random(seed)
  db.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, i INTEGER, b BIGINT, d DECIMAL(12,2), x DOUBLE PRECISION,
    t DATE, s TEXT, c TEXT)`)
  const column = (make: () => unknown): unknown[] =>
    Array.from({ length: rows }, () => random.chance(nulls) ? null : make())
  db.table(name).append({
    id: Int32Array.from({ length: rows }, (_, i) => i), i: column(() => random.below(100_000)),
    b: column(() => random.nextU32() * 1_000_003), d: column(() => random.below(1_000_000) / 100),
    x: column(() => random.normal()),
    t: column(() => new Date(random.below(10_000) * 86_400_000).toISOString().slice(0, 10)),
    s: column(() => `text ${random.below(rows)}`), c: column(() => `kind ${random.below(100)}`),
  })
}

function makeDirty(db: Database, rows: number, seed: number): void {
  load(db, 'dirty', rows, seed, 0.1)
  db.exec(`UPDATE dirty SET i = i + 1, d = d + 1, s = 'changed ' || s WHERE id % 20 = 3;
    DELETE FROM dirty WHERE id % 50 = 7`)
}

/** Share of the rows of a query's kernels that ran in WebAssembly. */
function fractionOf(db: Database, sql: string): number {
  const json = String(db.prepare(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`).raw()[0]![0])
  return (JSON.parse(json) as { plan: { wasmRowFraction: number | null } }[])[0]!.plan.wasmRowFraction ?? 1
}

/** Every operator with every type it takes. */
export const operators: Workload = {
  name: 'operators',
  group: 'suites',
  title: 'rows per second of each operator and type, and the share in WebAssembly',
  engines: ['secantdb'],
  rows: { full: [500_000], small: [100_000], tiny: [2_000] },
  run: async (one) => {
    const { db } = one.engine as SecantEngine
    load(db, 'clean', one.rows, one.seed, 0)
    makeDirty(db, one.rows, one.seed + 1)
    const found: Measurement[] = []
    for (const { name, sql, only } of OPERATORS) {
      for (const [type, column] of Object.entries(TYPES)) {
        if (only !== undefined && !only.includes(type)) continue
        for (const table of ['clean', 'dirty']) {
          const text = sql.replaceAll(/\bT\b/g, table).replaceAll(/\bC\b/g, column)
          const statement = db.prepare(text)
          const ms = await roundsMs(one.rounds, () => void statement.raw())
          const what = `${name}, ${type}, ${table}, ${grouped(one.rows)} rows`
          found.push(summarize(what, 'rows/s', ms.map((time) => one.rows / time * 1000)))
          found.push(summarize(`in WebAssembly: ${what}`, 'fraction', [fractionOf(db, text)]))
        }
      }
    }
    return found
  },
}
