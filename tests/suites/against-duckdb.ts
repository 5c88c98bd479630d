// A suite of queries over generated tables, answered by SecantDB and by DuckDB over the same rows. Numbers are
// compared exactly but for floats and divisions of decimals, whose last digits differ by rounding: those may
// differ by 1e-11 (of their size when above 1). Rows are compared in order when the query orders them.
import * as duck from '@duckdb/node-api'
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
  const instance = await duck.DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
  await connection.run('SET integer_division = true')
  // Without keys: DuckDB refuses to change a row twice within one transaction when an index covers it.
  await loadIntoDuckdb(duck, connection, suite.tables, false)
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
  const ours = db.prepare(sql, { timestamps: 'string' }).raw().map((row) => row.map(cellOf))
  const reader = await connection.runAndReadAll(sql)
  const theirs = reader.getRows().map((row) => row.map(cellOf))
  if (!/\border by\b(?!.*\bover\b)[^()]*$/is.test(sql)) {
    ours.sort(byText)
    theirs.sort(byText)
  }
  return {
    ours: ours.map((row, r) => row.map((cell, c) => isNear(cell, theirs[r]?.[c]) ? theirs[r]![c]! : cell).join(' | ')),
    theirs: theirs.map((row) => row.join(' | ')),
  }
}

/** Rows in an order that the last digits of floats have no part in, unless they are all that differs. */
function byText(a: readonly string[], b: readonly string[]): number {
  const [x, y] = [a, b].map((row) => row.map((cell) => isFloat(cell) ? Number(cell).toPrecision(8) : cell).join('|'))
  return x! < y! ? -1 : x! > y! ? 1 : 0
}

function isFloat(cell: string): boolean {
  return cell.length > EXACT_SCALE && (cell.split('.')[1] ?? '').length > EXACT_SCALE && !Number.isNaN(Number(cell))
}

/** Floats, and quotients of decimals, that differ in the last digits only. */
function isNear(a: string, b: string | undefined): boolean {
  if (b === undefined || (!isFloat(a) && !isFloat(b))) return false
  return Math.abs(Number(a) - Number(b)) <= TOLERANCE * Math.max(1, Math.abs(Number(b)))
}

/** A value as text: decimals without trailing zeros. corr() of one pair is NULL in PostgreSQL, NaN in DuckDB. */
function cellOf(value: unknown): string {
  if (value === null || Number.isNaN(value)) return 'NULL'
  const text = String(value)
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

/** Sums and products of decimals have at most this scale and are exact; longer ones are quotients or floats. */
const EXACT_SCALE = 8
const TOLERANCE = 1e-11
