// Tables that are generated piece by piece, so that any size fits into memory: what the benchmark schemas
// (tpch/, ssb/, hits/, h2o/) hand out. A piece is a batch of columns as loaders take them:
//
//   integers, dates (days), decimals (scaled: cents), timestamps (microseconds)   typed arrays, no NULLs
//   text, and columns with NULLs                                                  plain arrays of Scalars
//
// The same seed and size give the same rows everywhere, whatever the size of the pieces.
import type { ColumnSchema, Scalar, SqlType } from '../src/base/types.ts'
import { BIGINT, DATE, decimalType, DOUBLE, INTEGER, SMALLINT, TEXT, TIMESTAMP } from '../src/base/types.ts'
import type { Database } from '../src/index.ts'

/** Values of one column of a piece. */
export type PieceColumn = Int16Array | Int32Array | Float64Array | BigInt64Array | Scalar[]

export interface Piece {
  readonly rows: number
  readonly columns: readonly PieceColumn[]
}

/** A table and how to make its rows. */
export interface GeneratedTable {
  readonly name: string
  readonly columns: readonly ColumnSchema[]
  /** Names of the primary key's columns; none: the table has no key. */
  readonly key: readonly string[]
  readonly rows: number
  /** The rows from the first, in key order; may be called again. */
  pieces(): Iterable<Piece>
}

/** Rows of a piece, unless a generator has a reason of its own. */
export const PIECE_ROWS = 65_536

const TYPES: Readonly<Record<string, SqlType>> = {
  smallint: SMALLINT, integer: INTEGER, bigint: BIGINT, text: TEXT, date: DATE, timestamp: TIMESTAMP, double: DOUBLE,
  money: decimalType(15, 2),
}

/** Columns of lines `name type`; `type?` allows NULL. Types: those of TYPES, `money` is DECIMAL(15,2). */
export function columnsOf(lines: string): ColumnSchema[] {
  return lines.trim().split(/\s*[\n,]\s*/).map((line) => {
    const [name, word] = line.split(/\s+/) as [string, string]
    const type = TYPES[word.replace('?', '')]
    if (type === undefined) throw new Error(`column ${name}: no type '${word}'`)
    return { name, type, nullable: word.endsWith('?') }
  })
}

/** CREATE TABLE for this or another engine. `withKey` declares the primary key. */
export function createSql(table: GeneratedTable, withKey = true): string {
  const lines = table.columns.map(({ name, type, nullable }) =>
    `  ${name} ${typeText(type)}${nullable ? '' : ' NOT NULL'}`)
  if (withKey && table.key.length > 0) lines.push(`  PRIMARY KEY (${table.key.join(', ')})`)
  return `CREATE TABLE ${table.name} (\n${lines.join(',\n')}\n)`
}

function typeText(type: SqlType): string {
  if (type.kind === 'decimal') return `DECIMAL(${type.precision},${type.scale})`
  return type.kind === 'double' ? 'DOUBLE PRECISION' : type.kind.toUpperCase()
}

/** Creates the table and loads all rows; durable when it returns. */
export function loadTable(db: Database, table: GeneratedTable): void {
  db.exec(createSql(table))
  const handle = db.table(table.name)
  const loader = table.rows > PIECE_ROWS ? handle.loader() : null
  for (const piece of table.pieces()) {
    const columns = Object.fromEntries(table.columns.map((column, i) =>
      [column.name, appendable(column.type, piece.columns[i]!)]))
    if (loader !== null) loader.add(columns)
    else handle.append(columns)
  }
  loader?.finish()
}

/** Loads several tables and makes a checkpoint. */
export function loadTables(db: Database, tables: readonly GeneratedTable[]): void {
  for (const table of tables) loadTable(db, table)
  db.checkpoint()
}

/** A column as append() takes it: dates as text, decimals as numbers. */
function appendable(type: SqlType, values: PieceColumn): Exclude<PieceColumn, Scalar[]> | unknown[] {
  switch (type.kind) {
    case 'date': return mapped(values, dateTexts())
    case 'decimal': {
      const unit = 10 ** (type.scale ?? 0)
      return Array.isArray(values) ? mapped(values, (value) => Number(value) / unit)
        : Float64Array.from(values as Int32Array, (value) => value / unit)
    }
    case 'timestamp': return mapped(values, (value) => BigInt(value as number))
    default: return values
  }
}

function mapped(values: PieceColumn, convert: (value: NonNullable<Scalar>) => unknown): unknown[] {
  const out = new Array<unknown>(values.length)
  for (let i = 0; i < out.length; i++) {
    const value = values[i]!
    out[i] = value === null ? null : convert(value)
  }
  return out
}

/** ISO texts of day numbers, each made once. */
function dateTexts(): (day: NonNullable<Scalar>) => string {
  const known = new Map<unknown, string>()
  return (day) => {
    let text = known.get(day)
    if (text === undefined) known.set(day, text = new Date(Number(day) * 86_400_000).toISOString().slice(0, 10))
    return text
  }
}

/** Cuts `rows` into pieces; `make` fills the columns of rows [begin, end). */
export function* piecesOf(
  rows: number, make: (begin: number, end: number) => PieceColumn[], pieceRows = PIECE_ROWS,
): Generator<Piece> {
  for (let begin = 0; begin < rows; begin += pieceRows) {
    const end = Math.min(rows, begin + pieceRows)
    yield { rows: end - begin, columns: make(begin, end) }
  }
}
