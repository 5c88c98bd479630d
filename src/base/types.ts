// SQL types, the four physical kinds behind them, and schemas. The floor of the engine: imports nothing.
//
// Every value inside the engine is a `Scalar` in exactly one canonical form per type, so that storage,
// kernels and the API never guess what they were handed:
//
//   physical  SQL types                                          Scalar               bytes in a vector
//   --------  -------------------------------------------------  -------------------  -----------------
//   int       boolean (0 | 1), smallint, integer, bigint,        number when safe,    1, 2, 4 or 8
//             decimal(p <= 18) (scaled), date (days since 1970),  else bigint
//             time, timestamp, timestamptz (microseconds)
//   float     real, double                                       number               4 or 8
//   wide      decimal(p > 18) (scaled)                            bigint               16
//   bytes     text, json, jsonb, arrays (their text)                string               (ptr, length)
//             bytea; uuid (16 bytes, big-endian);                 Uint8Array           (ptr, length)
//             interval (i64 microseconds, i32 days, i32 months, little-endian, 16 bytes)
//
// SQL NULL is `null` everywhere. -0 is stored as 0; NaN is one value, equal to itself, sorting last.

/** Name of a SQL type without its modifiers. `null` is the type of a bare NULL literal. */
export type TypeKind =
  | 'null' | 'boolean' | 'smallint' | 'integer' | 'bigint' | 'real' | 'double' | 'decimal'
  | 'date' | 'time' | 'timestamp' | 'timestamptz' | 'interval' | 'text' | 'bytea' | 'uuid' | 'json'
  | 'jsonb' | 'array'

/** A SQL type with its modifiers. Immutable; compare with {@link sameType}. */
export interface SqlType {
  readonly kind: TypeKind
  /** Total digits of a decimal, 1..38. */
  readonly precision?: number
  /** Digits after the point of a decimal, 0..precision. */
  readonly scale?: number
  /** Longest VARCHAR(n) / CHAR(n) in characters; absent = unlimited. */
  readonly maxLength?: number
  /** CHAR(n): padded with blanks on output, trailing blanks ignored in comparisons. */
  readonly blankPadded?: boolean
  /** Type of an array's elements. */
  readonly element?: SqlType
}

/** The engine's one internal value form; see the table above. */
export type Scalar = null | number | bigint | string | Uint8Array

export type Physical = 'int' | 'float' | 'wide' | 'bytes'

/** Physical kind of a type. `null` counts as int, so an all-NULL vector has a layout. */
export function physicalOf(type: SqlType): Physical {
  switch (type.kind) {
    case 'real': case 'double': return 'float'
    case 'decimal': return (type.precision ?? 18) > 18 ? 'wide' : 'int'
    case 'text': case 'json': case 'bytea': case 'uuid': case 'interval': case 'jsonb': case 'array': return 'bytes'
    default: return 'int'
  }
}

/** True for the numeric types, on which arithmetic is defined. */
export function isNumeric(type: SqlType): boolean {
  const k = type.kind
  return k === 'smallint' || k === 'integer' || k === 'bigint' || k === 'real' || k === 'double' || k === 'decimal'
}

/** True for smallint, integer and bigint. */
export function isInteger(type: SqlType): boolean {
  return type.kind === 'smallint' || type.kind === 'integer' || type.kind === 'bigint'
}

/** True for types whose bytes are UTF-8 and whose Scalar is a string. */
export function isText(type: SqlType): boolean {
  return type.kind === 'text' || type.kind === 'json' || type.kind === 'jsonb' || type.kind === 'array'
}

/** True for types whose Scalar is an integer of at most 32 bits. */
export function isInt32({ kind }: SqlType): boolean {
  return kind === 'smallint' || kind === 'integer' || kind === 'date' || kind === 'boolean'
}

/** Equality with modifiers. */
export function sameType(a: SqlType, b: SqlType): boolean {
  return a.kind === b.kind && a.precision === b.precision && a.scale === b.scale
    && a.maxLength === b.maxLength && a.blankPadded === b.blankPadded
    && (a.element === b.element
      || (a.element !== undefined && b.element !== undefined && sameType(a.element, b.element)))
}

export const NULL_TYPE: SqlType = { kind: 'null' }
export const BOOLEAN: SqlType = { kind: 'boolean' }
export const SMALLINT: SqlType = { kind: 'smallint' }
export const INTEGER: SqlType = { kind: 'integer' }
export const BIGINT: SqlType = { kind: 'bigint' }
export const REAL: SqlType = { kind: 'real' }
export const DOUBLE: SqlType = { kind: 'double' }
export const DATE: SqlType = { kind: 'date' }
export const TIME: SqlType = { kind: 'time' }
export const TIMESTAMP: SqlType = { kind: 'timestamp' }
export const TIMESTAMPTZ: SqlType = { kind: 'timestamptz' }
export const INTERVAL: SqlType = { kind: 'interval' }
export const TEXT: SqlType = { kind: 'text' }
export const BYTEA: SqlType = { kind: 'bytea' }
export const UUID: SqlType = { kind: 'uuid' }
export const JSON_TYPE: SqlType = { kind: 'json' }
export const JSONB: SqlType = { kind: 'jsonb' }
/** An array of this type. */
export function arrayType(element: SqlType): SqlType {
  return { kind: 'array', element }
}
/** decimal(precision, scale). */
export function decimalType(precision: number, scale: number): SqlType {
  return { kind: 'decimal', precision, scale }
}

/** SQL spelling of a type: `decimal(12,2)`, `varchar(10)`, `double precision`. */
export function typeName(type: SqlType): string {
  switch (type.kind) {
    case 'double': return 'double precision'
    case 'timestamptz': return 'timestamp with time zone'
    case 'decimal': return type.precision === undefined ? 'decimal' : `decimal(${type.precision},${type.scale ?? 0})`
    case 'text':
      if (type.maxLength === undefined) return 'text'
      return type.blankPadded ? `char(${type.maxLength})` : `varchar(${type.maxLength})`
    case 'array': return `${typeName(type.element ?? TEXT)}[]`
    default: return type.kind
  }
}

/** One column of a table. */
export interface ColumnSchema {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
  /** Default as SQL text, evaluated at INSERT; absent = NULL. */
  readonly defaultSql?: string
  /** The implicit row id of a table without a primary key: never in `SELECT *`, never named by users. */
  readonly hidden?: boolean
  /** GENERATED … AS IDENTITY: where its values come from, and whether an INSERT may give others. */
  readonly identity?: { readonly sequence: string; readonly always: boolean }
  /** GENERATED ALWAYS AS (…) STORED: SQL text over the other columns. */
  readonly generatedSql?: string
}

/**
 * How row groups are written. 'none': only encodings that scans read in place; 'rle': run lengths and deltas too;
 * the others compress pages on top of that.
 */
export const COMPRESSIONS = ['none', 'rle', 'lz4', 'zstd', 'gzip'] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** What finds a key in a row group of an index: the learned model, a B+-tree, or plain binary search. */
export type IndexKind = 'learned' | 'btree' | 'sorted'

/** A secondary index, as the schema of its hidden table carries it. */
export interface IndexDefinition {
  /** Id of the indexed table. */
  readonly of: number
  readonly unique: boolean
  readonly kind: IndexKind
  /** Promised error of the learned model in rows; absent = chosen from the data. */
  readonly epsilon?: number
  /** Ordinals of the indexed table's columns, in index order. */
  readonly columns: readonly number[]
  /** Made by a UNIQUE constraint of CREATE TABLE: it goes with its table only. */
  readonly constraint?: boolean
}

/** What happens to rows that refer to a row that goes or changes. */
export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'

/** A FOREIGN KEY of a table, MATCH SIMPLE. */
export interface ForeignKey {
  readonly name: string
  /** Ordinals of the referring columns. */
  readonly columns: readonly number[]
  /** The table referred to, and its columns in the same order. */
  readonly table: string
  readonly references: readonly string[]
  readonly onUpdate: ReferentialAction
  readonly onDelete: ReferentialAction
  /** Ordinals that ON DELETE SET NULL or SET DEFAULT sets; absent = all of `columns`. */
  readonly setColumns?: readonly number[]
  /** May be put off to COMMIT (SET CONSTRAINTS), and is so from the start. Absent = neither. */
  readonly deferrable?: boolean
  readonly deferred?: boolean
}

/** A CHECK constraint of a table. */
export interface CheckConstraint {
  readonly name: string
  /** The condition as SQL text over the table's columns, without parentheses around it. */
  readonly sql: string
}

/** A table: its columns in order and the ordinals of its primary key columns in key order. */
export interface TableSchema {
  /** With the schema in front unless that is `public`: `sales.item`. */
  readonly name: string
  readonly columns: readonly ColumnSchema[]
  /** Ordinals into `columns`, never empty: a table without a PRIMARY KEY has one hidden bigint column. */
  readonly key: readonly number[]
  /** CHECK constraints; absent = none. */
  readonly checks?: readonly CheckConstraint[]
  /** FOREIGN KEYs; absent = none. */
  readonly foreign?: readonly ForeignKey[]
  /** Name of the PRIMARY KEY constraint where it is not `table_pkey`. */
  readonly keyName?: string
  /** A temporary table and what COMMIT does to its rows; it goes with its session or the process. */
  readonly temporary?: 'preserve' | 'delete' | 'drop'
  /** How the table was created to be compressed; absent = as the database is. */
  readonly compression?: Compression
  /** Present when this is the hidden table of a secondary index; its key columns may then be NULL. */
  readonly index?: IndexDefinition
}

/** A row inside the engine: one Scalar per column of the schema, hidden column included. */
export type Row = Scalar[]
