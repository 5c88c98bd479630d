// Which type a column gets. SQLite's declared types are advice: any value may stand anywhere. So every column is
// looked at first, by one aggregate query that runs inside SQLite, and gets the type that holds all its values:
//
//   integers  BIGINT       with reals, up to 2^53: DOUBLE    text, or text and numbers  TEXT
//   reals     DOUBLE       blobs, also with text:  BYTEA     blobs and numbers          refused, naming a row
//   declared BOOLEAN, DECIMAL(p,s), DATE, DATETIME, TIMESTAMP: that type when every value fits, else as above
//
// A column without values follows its declared type.

import { CODE, DatabaseError } from '../../base/errors.ts'
import { BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, TEXT, TIMESTAMP, TIMESTAMPTZ, decimalType } from '../../base/types.ts'
import type { SqlType } from '../../base/types.ts'
import { sqliteName, type SqliteFile, type SqliteRow } from './sqlite-file.ts'
import type { SqliteColumn, SqliteTable } from './sqlite-schema.ts'

/** What a value becomes; NULL never gets here. */
export type Convert = (value: unknown) => unknown

/** How a column is read and stored. */
export interface ColumnChoice {
  readonly type: SqlType
  /** SQL that reads it. */
  readonly expression: string
  readonly convert: Convert | null
  readonly nulls: number
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Text is read as bytes: the package would end it at a NUL and turn bytes that are no UTF-8 into something else.
function decodeText(value: unknown): string {
  try {
    return decoder.decode(value as Uint8Array)
  } catch {
    const hex = Buffer.from(value as Uint8Array).toString('hex').slice(0, 40)
    throw new DatabaseError(CODE.INVALID_ENCODING, `text x'${hex}' is not UTF-8`)
  }
}

interface Profile {
  readonly integers: number
  readonly reals: number
  readonly texts: number
  readonly blobs: number
  readonly nulls: number
  readonly low: number | bigint | null
  readonly high: number | bigint | null
  /** Values that fit the declared type: booleans, decimals, dates, timestamps without and with a zone. */
  readonly fitting: number
  readonly zoned: number
}

// Aggregates of one query: SQLite allows 2,000 result columns.
const COLUMNS_PER_QUERY = 100
const SAFE = 2 ** 53

/** Looks at every value of a table; returns the row count and a choice for each column. */
export function chooseTypes(file: SqliteFile, table: SqliteTable): { rows: number; choices: ColumnChoice[] } {
  const choices: ColumnChoice[] = []
  let rows = 0
  for (let from = 0; from < table.columns.length; from += COLUMNS_PER_QUERY) {
    const columns = table.columns.slice(from, from + COLUMNS_PER_QUERY)
    const parts = columns.flatMap((column, i) => profileSql(column, `c${i}`))
    const [row] = file.all(`SELECT count(*) AS n, ${parts.join(', ')} FROM ${sqliteName(table.name)}`)
    rows = Number(row!.n)
    columns.forEach((column, i) => choices.push(choose(file, table, column, profileOf(row!, `c${i}`, rows))))
  }
  return { rows, choices }
}

function profileSql({ name, declared, keyPosition }: SqliteColumn, as: string): string[] {
  const q = sqliteName(name)
  const count = (condition: string, suffix: string): string => `total(${condition}) AS ${as}${suffix}`
  const integer = `CASE WHEN typeof(${q}) = 'integer' THEN ${q} END`
  return [
    count(`typeof(${q}) = 'integer'`, 'i'), count(`typeof(${q}) = 'real'`, 'r'), count(`typeof(${q}) = 'text'`, 't'),
    count(`typeof(${q}) = 'blob'`, 'b'), `min(${integer}) AS ${as}lo`, `max(${integer}) AS ${as}hi`,
    count(fits(declared, q, keyPosition > 0), 'f'), count(`typeof(${q}) = 'text' AND ${q} LIKE '%Z'`, 'z'),
  ]
}

const STAMP = "'%Y-%m-%d %H:%M:%S'"

// The condition that a value fits its declared type.
function fits(declared: string, q: string, isKey: boolean): string {
  if (/^BOOL/.test(declared)) return isKey ? '0' : `typeof(${q}) = 'integer' AND ${q} IN (0, 1)`
  const decimal = decimalOf(declared)
  if (decimal !== null) {
    const limit = `1e${decimal.precision! - decimal.scale!}`
    return `typeof(${q}) IN ('integer', 'real') AND ${q} < ${limit} AND ${q} > -${limit} `
      + `AND round(${q}, ${decimal.scale}) = ${q}`
  }
  if (declared === 'DATE') return `typeof(${q}) = 'text' AND date(${q}) IS ${q}`
  if (!/^(DATETIME|TIMESTAMP)/.test(declared)) return '0'
  const plain = `rtrim(${q}, 'Z')`
  const second = `replace(substr(${plain}, 1, 19), 'T', ' ')`
  const fraction = `substr(${plain}, 20, 1) = '.' AND length(${plain}) BETWEEN 21 AND 26 `
    + `AND substr(${plain}, 21) NOT GLOB '*[^0-9]*'`
  return `typeof(${q}) = 'text' AND length(${q}) - length(${plain}) < 2 AND (date(${q}) IS ${q} OR `
    + `(strftime(${STAMP}, ${second}) IS ${second} AND (length(${plain}) = 19 OR (${fraction}))))`
}

function decimalOf(declared: string): SqlType | null {
  const match = /^(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(declared)
  if (match === null) return null
  const [precision, scale] = [Number(match[1]), Number(match[2] ?? 0)]
  // Beyond 20 digits before the point a double has no plain decimal text.
  if (precision < 1 || precision > 38 || scale > precision || scale > 30 || precision - scale > 20) return null
  return decimalType(precision, scale)
}

function profileOf(row: SqliteRow, as: string, rows: number): Profile {
  const number = (suffix: string): number => Number(row[as + suffix])
  const [integers, reals, texts, blobs] = [number('i'), number('r'), number('t'), number('b')]
  return {
    integers, reals, texts, blobs, nulls: rows - integers - reals - texts - blobs,
    low: row[`${as}lo`] as Profile['low'], high: row[`${as}hi`] as Profile['high'], fitting: number('f'),
    zoned: number('z'),
  }
}

function choose(file: SqliteFile, table: SqliteTable, column: SqliteColumn, profile: Profile): ColumnChoice {
  const { integers, reals, texts, blobs, nulls } = profile
  const q = sqliteName(column.name)
  const as = (type: SqlType, convert: Convert | null = null, expression = q): ColumnChoice =>
    ({ type, expression, convert, nulls })
  const filled = integers + reals + texts + blobs
  if (filled === 0) return as(emptyType(column))
  if (profile.fitting === filled) {
    const declared = declaredChoice(column, profile)
    if (declared !== null) return as(declared.type, declared.convert)
  }
  if (blobs > 0 && integers + reals > 0) throw mismatch(file, table, column)
  if (blobs > 0) return as(BYTEA, null, texts > 0 ? `CAST(${q} AS BLOB)` : q)
  const areSafe = integers === 0 || (profile.low! >= -SAFE && profile.high! <= SAFE)
  if (texts > 0 || (reals > 0 && !areSafe)) return as(TEXT, decodeText, `CAST(CAST(${q} AS TEXT) AS BLOB)`)
  return reals === 0 ? as(BIGINT) : as(DOUBLE, Number)
}

function declaredChoice(column: SqliteColumn, profile: Profile): { type: SqlType; convert: Convert | null } | null {
  const { declared } = column
  const decimal = decimalOf(declared)
  if (decimal !== null) {
    const { scale } = decimal
    return { type: decimal, convert: (value) => typeof value === 'number' ? value.toFixed(scale) : String(value) }
  }
  if (/^BOOL/.test(declared)) return { type: BOOLEAN, convert: (value) => value === 1 }
  if (declared === 'DATE') return { type: DATE, convert: null }
  if (profile.zoned === 0) return { type: TIMESTAMP, convert: null }
  return profile.zoned === profile.fitting ? { type: TIMESTAMPTZ, convert: null } : null
}

// SQLite's rules of affinity, in its order.
function emptyType({ declared, keyPosition }: SqliteColumn): SqlType {
  if (/INT/.test(declared)) return BIGINT
  if (/CHAR|CLOB|TEXT/.test(declared)) return TEXT
  if (/BLOB/.test(declared)) return BYTEA
  if (/REAL|FLOA|DOUB/.test(declared)) return DOUBLE
  if (/^BOOL/.test(declared)) return keyPosition > 0 ? BIGINT : BOOLEAN
  if (declared === 'DATE') return DATE
  if (/^(DATETIME|TIMESTAMP)/.test(declared)) return TIMESTAMP
  return decimalOf(declared) ?? (/^(DECIMAL|NUMERIC)/.test(declared) ? DOUBLE : TEXT)
}

function mismatch(file: SqliteFile, table: SqliteTable, column: SqliteColumn): DatabaseError {
  const q = sqliteName(column.name)
  const [row] = file.all(`SELECT n, value FROM (SELECT row_number() OVER () AS n, typeof(${q}) AS kind, `
    + `quote(${q}) AS value FROM ${sqliteName(table.name)}) WHERE kind = 'blob' LIMIT 1`)
  const value = String(row?.value).slice(0, 60)
  return new DatabaseError(CODE.DATATYPE_MISMATCH,
    `column ${column.name} of ${table.name} mixes blobs and numbers: row ${String(row?.n)} holds ${value}`, {
      hint: 'Make the values of the column of one type in SQLite first.',
    })
}
