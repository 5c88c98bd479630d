// What a key-value store keeps, and how its keys and values look in JavaScript. A store is a real table, so that
// SQL reads and writes it too:
//
//   key      column                          value              columns
//   text     key TEXT PRIMARY KEY            bytes              value BYTEA
//   integer  key BIGINT PRIMARY KEY          utf8               value TEXT
//   double   key DOUBLE PRECISION …          json               value JSON
//   bytes    key BYTEA PRIMARY KEY           'DECIMAL(9,2)'     value DECIMAL(9,2)
//                                            { a: 'INT', … }    a INT, …
//
// Keys and values are taken strictly: no text is parsed into a number or into bytes on the way in.
import { CODE, DatabaseError } from '../base/errors.ts'
import { jsonFromValue } from '../base/json-text.ts'
import { fromJs } from '../base/scalar-js.ts'
import { sameType, typeName } from '../base/types.ts'
import type { ColumnSchema, Scalar, TableSchema } from '../base/types.ts'
import { checkWellFormed, utf8Length } from '../base/utf8.ts'
import type { Convert } from '../../storage/mod.ts'
import { bind } from '../sql/bind.ts'
import { parse } from '../sql/parse.ts'
import { checkNames, checkOneOf } from './options.ts'
import { converterFor } from './row-shape.ts'

/** Kind of a store's keys. */
export type KvKeyKind = 'text' | 'integer' | 'double' | 'bytes'

/** What a store's values are: one of three kinds, a SQL type, or an object of columns with SQL types. */
export type KvValueKind = 'bytes' | 'utf8' | 'json' | (string & {}) | Readonly<Record<string, string>>

/** Options of {@link Database.kv}. What is left out is taken from the table, or is text and json for a new one. */
export interface KvOptions<K extends KvKeyKind = KvKeyKind, V extends KvValueKind = KvValueKind> {
  readonly key?: K
  readonly value?: V
}

/** JavaScript type of the keys of a kind. */
export type KvKey<K extends KvKeyKind> =
  K extends 'text' ? string : K extends 'integer' ? number | bigint : K extends 'double' ? number : Uint8Array

/** JavaScript type of the values of a kind; null is SQL NULL. */
export type KvValue<V extends KvValueKind> =
  V extends 'bytes' ? Uint8Array | null : V extends 'utf8' ? string | null
    : V extends Readonly<Record<string, string>> ? { [name in keyof V]?: unknown } : unknown

const KEY_TYPES: Readonly<Record<KvKeyKind, string>> = {
  text: 'TEXT', integer: 'BIGINT', double: 'DOUBLE PRECISION', bytes: 'BYTEA',
}
const KEY_KINDS = ['text', 'integer', 'double', 'bytes'] as const
const VALUE_TYPES: Readonly<Record<string, string>> = { bytes: 'BYTEA', utf8: 'TEXT', json: 'JSON' }

/** Longest name that SQL can spell, in bytes. */
const NAME_BYTES_MAX = 63

/** How the rows of one store are made and read. */
export interface KvShape {
  readonly schema: TableSchema
  readonly key: KvKeyKind
  /** Properties of a value that is an object; null when it is the one column `value`. */
  readonly names: readonly string[] | null
  /** One per value column. */
  readonly converts: readonly Convert[]
}

/** The table that options describe; parts that are not given come from `existing`. Throws 22023 and 42xxx. */
export function kvShape(name: string, options: KvOptions, existing: TableSchema | undefined): KvShape {
  checkNames(options, ['key', 'value'], 'kv')
  if (typeof name !== 'string' || name === '' || utf8Length(checkWellFormed(name)) > NAME_BYTES_MAX) {
    throw invalid(`the name of a store is text of 1 to ${NAME_BYTES_MAX} bytes, not ${JSON.stringify(name)}`)
  }
  const key = options.key ?? keyKindOf(existing) ?? 'text'
  checkOneOf('key', key, KEY_KINDS)
  const columns = options.value === undefined && existing !== undefined
    ? existing.columns.slice(1)
    : valueColumns(options.value ?? 'json')
  const [keyColumn] = columnsOf(`key ${KEY_TYPES[key]} PRIMARY KEY`)
  const schema: TableSchema = { name, columns: [keyColumn!, ...columns], key: [0] }
  if (existing !== undefined) checkSame(schema, existing)
  const isObject = columns.length !== 1 || columns[0]!.name !== 'value'
  return {
    schema: existing ?? schema, key, names: isObject ? columns.map(column => column.name) : null,
    converts: columns.map(kvConvert),
  }
}

function kvConvert({ type }: ColumnSchema): Convert {
  return type.kind === 'json' ? parseJson : converterFor(type, {})
}

function parseJson(text: Scalar): unknown {
  return text === null ? null : JSON.parse(text as string)
}

function keyKindOf(existing: TableSchema | undefined): KvKeyKind | undefined {
  switch (existing?.columns[existing.key[0]!]?.type.kind) {
    case 'text': return 'text'
    case 'smallint': case 'integer': case 'bigint': return 'integer'
    case 'double': return 'double'
    case 'bytea': return 'bytes'
    default: return undefined
  }
}

function valueColumns(value: KvValueKind): readonly ColumnSchema[] {
  if (typeof value === 'string') return columnsOf(`value ${VALUE_TYPES[value] ?? value}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`option value must be bytes, utf8, json, a SQL type or an object of columns, not ${String(value)}`)
  }
  const entries = Object.entries(value)
  if (entries.length === 0) throw invalid('option value must name at least one column')
  return entries.flatMap(([name, type]) => {
    if (typeof type !== 'string') throw invalid(`column "${name}" of option value needs a SQL type`)
    if (name === '' || utf8Length(checkWellFormed(name)) > NAME_BYTES_MAX || name.includes('\0')) {
      throw invalid(`${JSON.stringify(name)} is not the name of a column`)
    }
    if (name === 'key') throw invalid('the column "key" is the key itself; name the value\'s column otherwise')
    return columnsOf(`"${name.replaceAll('"', '""')}" ${VALUE_TYPES[type] ?? type}`)
  })
}

/** The one column a definition describes. Positions in its text mean nothing to the caller. */
function columnsOf(definition: string): ColumnSchema[] {
  const refused = (cause?: unknown): DatabaseError => new DatabaseError(
    CODE.INVALID_PARAMETER, `${JSON.stringify(definition)} is not one column with a SQL type`, { cause }
  )
  try {
    const parsed = parse(`CREATE TABLE store (${definition}\n)`)
    const statement = parsed.length === 1 ? bind(parsed[0]!, { schema: () => undefined, names: () => [] }) : null
    if (statement?.kind !== 'create_table') throw refused()
    const columns = statement.schema.columns.filter(column => column.hidden !== true)
    if (columns.length !== 1) throw refused()
    return columns
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    delete error.position
    throw error.code === CODE.SYNTAX ? refused(error) : error
  }
}

function checkSame(wanted: TableSchema, existing: TableSchema): void {
  const same = existing.key.length === 1 && existing.key[0] === 0 && existing.columns.length === wanted.columns.length
    && wanted.columns.every((column, c) =>
      column.name === existing.columns[c]!.name && sameType(column.type, existing.columns[c]!.type))
  if (same) return
  throw new DatabaseError(
    CODE.DATATYPE_MISMATCH, `table "${existing.name}" is not the key-value store that was asked for`, {
      detail: `The table is (${describe(existing)}); the store would be (${describe(wanted)}).`,
      hint: 'Open the store with the options it was made with, or leave them out.',
    }
  )
}

function describe({ columns, key }: TableSchema): string {
  const shown = columns.filter(column => column.hidden !== true).map(({ name, type }) => `${name} ${typeName(type)}`)
  const keys = key.map(c => columns[c]!).filter(column => column.hidden !== true).map(({ name }) => name)
  return [...shown, keys.length === 0 ? 'no primary key' : `PRIMARY KEY (${keys.join(', ')})`].join(', ')
}

function invalid(message: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, message)
}

/** A key as the Scalar of its column. Throws 42804 for another kind, 22003 and 22021 for what it cannot hold. */
export function kvKey({ schema, key: kind }: KvShape, key: unknown): Scalar {
  const isKind = kind === 'text' ? typeof key === 'string' : kind === 'double' ? typeof key === 'number'
    : kind === 'integer' ? typeof key === 'number' || typeof key === 'bigint' : key instanceof Uint8Array
  if (!isKind) {
    const shown = key === null ? 'null' : typeof key === 'object' ? 'an object' : `${typeof key} ${String(key)}`
    throw new DatabaseError(CODE.DATATYPE_MISMATCH, `a key of store "${schema.name}" is ${kind}, not ${shown}`)
  }
  if (kind === 'text') return checkWellFormed(key as string)
  return kind === 'bytes' ? (key as Uint8Array).slice() : fromJs(schema.columns[0]!.type, key)
}

/** The row of a key and a value. `undefined` is 22023: a store keeps values and NULL, and delete() removes. */
export function kvRow(shape: KvShape, key: unknown, value: unknown): Scalar[] {
  const { names, schema: { columns, name } } = shape
  if (value === undefined) throw invalid(`put into store "${name}" needs a value: null is kept, undefined is not`)
  if (names === null) return [kvKey(shape, key), kvScalar(columns[1]!, value)]
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Array.isArray(value)) {
    throw new DatabaseError(
      CODE.DATATYPE_MISMATCH, `a value of store "${name}" is an object of ${names.join(', ')}, not ${String(value)}`
    )
  }
  const given = value as Readonly<Record<string, unknown>>
  const surplus = Object.keys(given).find(property => !names.includes(property))
  if (surplus !== undefined) {
    throw new DatabaseError(CODE.UNDEFINED_COLUMN, `values of store "${name}" have no property "${surplus}"`)
  }
  return [kvKey(shape, key), ...names.map((property, i) =>
    kvScalar(columns[i + 1]!, Object.hasOwn(given, property) ? given[property] : null))]
}

function kvScalar(column: ColumnSchema, value: unknown): Scalar {
  if (value === null || value === undefined) return null
  const { kind } = column.type
  if (kind === 'json') return jsonFromValue(value)
  const isRight = kind === 'bytea' ? value instanceof Uint8Array : kind !== 'text' || typeof value === 'string'
  if (!isRight) {
    throw new DatabaseError(
      CODE.DATATYPE_MISMATCH,
      `column "${column.name}" keeps ${kind === 'bytea' ? 'bytes' : 'text'}, not ${typeof value}`
    )
  }
  // The caller may change its bytes as soon as put() has returned.
  return kind === 'bytea' ? (value as Uint8Array).slice() : fromJs(column.type, value)
}
