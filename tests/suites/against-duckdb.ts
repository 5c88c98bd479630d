// A suite of queries over generated tables, answered by SecantDB and by DuckDB over the same rows. Numbers are
// compared exactly but for floats and divisions of decimals, whose last digits differ by rounding: both are
// compared to twelve significant digits. Rows are compared in order when the query orders them.
import { DuckDBInstance } from '@duckdb/node-api'
import type { DuckDBConnection } from '@duckdb/node-api'
import { loadTables } from '../../datasets/generated.ts'
import { loadIntoDuckdb } from '../../datasets/into-duckdb.ts'
import type { Suite } from '../../datasets/suites.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

/** Both engines with the tables of a suite. */
export interface Pair {
  readonly db: Database
  /** Rows of both engines as comparable lines, and whether their order counts. */
  answers(sql: string): Promise<{ ours: string[]; theirs: string[] }>
  /** Runs a change in both. */
  change(sql: string): Promise<void>
  close(): void
}

const MEMORY = 512 << 20

/** Loads the tables of a suite into both engines. */
export async function openPair(suite: Suite, options: { memory?: number } = {}): Promise<Pair> {
  const db = await open(':memory:', { memory: options.memory ?? MEMORY })
  loadTables(db, suite.tables)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
  await connection.run('SET integer_division = true')
  // Without keys: DuckDB refuses to change a row twice within one transaction when an index covers it.
  await loadIntoDuckdb(connection, suite.tables, false)
  return {
    db,
    answers: (sql) => answersOf(db, connection, sql),
    change: async (sql) => {
      db.exec(sql)
      await connection.run(sql)
    },
    close: () => {
      db.close()
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function answersOf(
  db: Database, connection: DuckDBConnection, sql: string,
): Promise<{ ours: string[]; theirs: string[] }> {
  const ours = db.prepare(sql, { timestamps: 'string' }).raw().map(lineOf)
  const reader = await connection.runAndReadAll(sql)
  const theirs = reader.getRows().map(lineOf)
  if (/\border by\b(?!.*\bover\b)[^()]*$/is.test(sql)) return { ours, theirs }
  return { ours: ours.sort(), theirs: theirs.sort() }
}

function lineOf(row: readonly unknown[]): string {
  return row.map(cellOf).join(' | ')
}

/** A value as text: whole numbers and decimals without trailing zeros, others to twelve digits. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  const text = String(value)
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) || /^-?0\d/.test(text)) return text
  const isExact = typeof value !== 'number' && (text.split('.')[1] ?? '').length <= EXACT_SCALE
  if (isExact) return text.includes('.') ? text.replace(/\.?0+$/, '') : text
  return String(Number(Number(text).toPrecision(DIGITS)))
}

/** Decimals of at most this scale are sums and products, which are exact; longer ones are quotients. */
const EXACT_SCALE = 8
const DIGITS = 12
