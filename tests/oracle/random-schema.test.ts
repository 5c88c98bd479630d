// Random schemas, data and queries against DuckDB, and against ourselves: the parts of a predicate add up to the whole,
// and indexes, tiny row groups, codecs and back ends change no answer. SECANTDB_SEED and SECANTDB_SCHEMAS go further;
// a failure names the seed that runs its schema alone.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import { fromJs } from '../../src/base/scalar-js.ts'
import { open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import type { EngineOptions } from '../../storage/mod.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { openOracle } from './duckdb.ts'
import { randomPredicate, randomSchemaQuery, randomTable } from './random-schema.ts'
import type { RandomTable } from './random-schema.ts'
import { Session } from './session.ts'

const SEED = Number(process.env['SECANTDB_SEED'] ?? 11)
const SCHEMAS = Number(process.env['SECANTDB_SCHEMAS'] ?? 40)
const QUERIES = 60
const PREDICATES = 10

const STATES: readonly OpenOptions[] = [
  {}, { rowGroupRows: 64, deltaRows: 8, mergeEveryCommit: true },
  { rowGroupRows: 64, deltaRows: 4, mergeEveryCommit: true, compression: 'zstd' },
  { rowGroupRows: 64, deltaRows: 1000, compression: 'rle' },
]

const AS_TEXT = { int64: 'string', timestamps: 'string', decimals: 'string' } as const

/** The same query through the public API. */
function rowsOf(db: Database, sql: string): string[] {
  const statement = db.prepare(sql, AS_TEXT)
  const types = statement.columns.map(column => column.type)
  const texts = statement.raw().map(row => row.map((value, i) =>
    value === null ? null : formatScalar(types[i]!, fromJs(types[i]!, value))))
  return comparableRows(texts, types, false)
}

function checkParts(db: Database, random: Random, tables: readonly RandomTable[]): void {
  const table = random.pick(tables)
  const predicate = randomPredicate(random, [table])
  const count = (where: string): number => Number(rowsOf(db, `SELECT count(*) FROM ${table.name} ${where}`)[0])
  const parts = [`WHERE ${predicate}`, `WHERE NOT (${predicate})`, `WHERE (${predicate}) IS NULL`].map(count)
  expect(parts.reduce((a, b) => a + b), predicate).toBe(count(''))
}

test.each(Array.from({ length: SCHEMAS }, (_, i) => SEED * 1000 + i))('schema of seed %i', async (seed) => {
  const random = new Random(seed)
  const tables = ['a', 'b', 'c'].map(name => randomTable(random, name))
  const oracle = await openOracle()
  const session = await Session.open(STATES[seed % STATES.length] as Partial<EngineOptions>)
  const db = await open(':memory:', STATES[(seed + 1) % STATES.length]!)
  try {
    for (const table of tables) for (const sql of table.statements) await oracle.run(sql)
    for (const { statements, indexes } of tables) {
      for (const sql of statements) session.run(sql)
      for (const sql of [...statements, ...indexes]) db.exec(sql)
    }
    for (let i = 0; i < QUERIES; i++) {
      const sql = randomSchemaQuery(random, tables)
      session.backend = (['javascript', 'webassembly', 'auto'] as const)[i % 3]!
      const result = session.run(sql)
      const ours = ourRows(result, false)
      expect([sql, ...ours]).toEqual([sql, ...comparableRows(await oracle.rows(asText(sql)), result.types, false)])
      expect([sql, ...rowsOf(db, sql)]).toEqual([sql, ...ours])
    }
    for (let i = 0; i < PREDICATES; i++) checkParts(db, random, tables)
  } finally {
    session.close()
    db.close()
    oracle.close()
  }
}, 300_000)
