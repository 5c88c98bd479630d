// SecantDB under sqllogictest: the public API and nothing below it. It answers to the name of PostgreSQL, whose
// dialect it speaks. Values go through the text of their type, so all digits are compared.
import { DatabaseError, open } from '../../src/index.ts'
import type { Connection, Database, OpenOptions, SqlType, Statement } from '../../src/index.ts'
import { fromJs } from '../../src/base/scalar-js.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import type { SltEngine, SltFailure, SltResult } from './engine.ts'
import type { TextRows } from './value-text.ts'

const AS_TEXT = { int64: 'string', timestamps: 'string', decimals: 'string' } as const

/** Opens an empty database in memory (or at `path`). */
export async function openSecantDb(options: OpenOptions = {}, path = ':memory:'): Promise<SltEngine> {
  const database = await open(path, options)
  return { names: ['secantdb', 'postgresql'], run: sql => runText(database, sql), close: () => database.close() }
}

/** Runs text on a connection: the rows of a statement that has columns, or none. */
export function runText(connection: Connection | Database, sql: string): SltResult | SltFailure {
  try {
    return isQuery(sql) ? rowsOf(connection.prepare(sql, AS_TEXT)) : execute(connection, sql)
  } catch (error) {
    if (error instanceof DatabaseError) return { code: error.code, message: error.message }
    throw error
  }
}

// Several statements in one record have no rows that anybody asks for.
function execute(connection: Connection | Database, sql: string): SltResult {
  connection.exec(sql)
  return { rows: [], types: '' }
}

const QUERY = /^\s*(?:--[^\n]*\n|\(|\s)*(?:select|values|with|explain|pragma|show|table|fetch|execute)\b|\breturning\b/i

function isQuery(sql: string): boolean {
  return QUERY.test(sql)
}

function rowsOf(statement: Statement): SltResult {
  const columns = statement.columns.map(column => column.type)
  const rows: TextRows = statement.raw().map(row => row.map((value, i) => textOf(columns[i]!, value)))
  return { rows, types: columns.map(letterOf).join('') }
}

function textOf(type: SqlType, value: unknown): string | null {
  const scalar = fromJs(type, value)
  return scalar === null ? null : formatScalar(type, scalar)
}

function letterOf({ kind }: SqlType): string {
  if (kind === 'smallint' || kind === 'integer' || kind === 'bigint') return 'I'
  return kind === 'real' || kind === 'double' ? 'R' : 'T'
}
