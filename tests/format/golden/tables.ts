// What the golden database holds: a table for every kind of key and a column of every type, in every
// encoding, with rows in the base, in the delta and only in the log. Values come from formulas, so the text
// of the rows beside the database can be made again; the text, not the formulas, is what the database is
// held against.
import {
  BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ,
  UUID, decimalType,
} from '../../../src/base/types.ts'
import type { ColumnSchema, Row, Scalar, SqlType, TableSchema } from '../../../src/base/types.ts'

/** A change after the first rows: a whole row, or the key of a row to delete. */
export type Change = { readonly put: Row } | { readonly remove: Scalar[] }

/** One table and its three generations of rows. */
export interface GoldenTable {
  readonly schema: TableSchema
  /** Merged into row groups. */
  readonly base: readonly Row[]
  /** In heap pages at the last checkpoint. */
  readonly delta: readonly Change[]
  /** Committed after it. */
  readonly log: readonly Change[]
}

/** Rows of a full row group, small enough for several groups a table. */
export const GOLDEN_GROUP_ROWS = 256

function column(name: string, type: SqlType, nullable = true): ColumnSchema {
  return { name, type, nullable }
}

function range<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11) & 0xff)
}

// interval: microseconds i64, days i32, months i32; these ascend as bytes as they do as spans of time
function interval(i: number): Uint8Array {
  const value = new Uint8Array(16)
  const view = new DataView(value.buffer)
  view.setBigInt64(0, BigInt(i % 250), true)
  view.setInt32(8, i % 250, true)
  view.setInt32(12, i % 250, true)
  return value
}

const WIDE = decimalType(30, 4)
const WORDS = ['', 'a', 'A', 'ä', 'ab', '\u0000', '\uffff', '\u{1f600}', 'naïve', 'zz']
const DOUBLES = [NaN, Infinity, -Infinity, 0, 0.1, -1e300, 5e-324]

function kindsRow(i: number): Row {
  const orNull = (step: number, value: Scalar): Scalar => (i % step === 1 ? null : value)
  return [
    i * 3, orNull(7, i & 1), orNull(11, (i * 131) % 60000 - 30000), orNull(5, i * 1_000_003 - 2_000_000_000),
    orNull(9, i % 4 === 0 ? BigInt(i) * 10n ** 15n - 2n ** 62n : i * 2 ** 32), orNull(6, Math.fround(i / 3)),
    orNull(8, i % 10 === 0 ? DOUBLES[(i / 10) % DOUBLES.length]! : i / 7), orNull(10, i * 99_999 - 1_000_000),
    orNull(4, BigInt(i - 300) * 10n ** 25n), orNull(12, 20_000 - i), orNull(13, i * 86_399_999),
    orNull(14, i * 10 ** 12 - 10 ** 14), orNull(15, 1 - i), orNull(16, interval(i)),
    orNull(17, `row ${i} ${'x'.repeat(i % 12)}`), orNull(3, WORDS[i % WORDS.length]!),
    orNull(18, `{"i":${i}}`),
    orNull(19, bytes(i % 25, i)), orNull(20, bytes(16, i)), 7, null, 200 + i % 200,
  ]
}

const KINDS: TableSchema = {
  name: 'kinds', key: [0],
  columns: [
    column('id', INTEGER, false), column('bool', BOOLEAN), column('small', SMALLINT), column('int', INTEGER),
    column('big', BIGINT), column('float', REAL), column('num', DOUBLE), column('money', decimalType(12, 2)),
    column('wide', WIDE), column('day', DATE), column('clock', TIME), column('stamp', TIMESTAMP),
    column('zoned', TIMESTAMPTZ), column('span', INTERVAL), column('line', TEXT),
    column('word', { kind: 'text', maxLength: 20 }), column('doc', JSON_TYPE), column('raw', BYTEA),
    column('uid', UUID),
    { ...column('seven', INTEGER), defaultSql: '7' }, column('nothing', TEXT), column('byte', SMALLINT),
  ],
}

function kinds(): GoldenTable {
  const base = range(270, kindsRow)
  const changed = (i: number): Row => kindsRow(i + 1000).with(0, i * 3)
  return {
    schema: KINDS, base,
    delta: [...range(20, (i) => ({ put: changed(i * 14) })),
      ...range(20, (i) => ({ put: kindsRow(270 + i) })),
      ...range(10, (i) => ({ remove: [(i * 25 + 5) * 3] }))],
    log: [...range(5, (i) => ({ put: changed(i * 31 + 3) })), { put: kindsRow(700).with(0, -3) },
      { remove: [270 * 3] }, { remove: [0] }],
  }
}

const PREFIX = 'https://example.org/shared/'

function keyed(
  name: string, type: SqlType | readonly SqlType[], keys: readonly (readonly Scalar[])[],
  text = (i: number) => `v${i}`,
): GoldenTable {
  const types = 'kind' in type ? [type] : type
  const schema = {
    name, key: types.map((_, c) => c),
    columns: [...types.map((one, c) => column(`k${c}`, one, false)), column('v', TEXT)],
  }
  const rows = keys.map((key, i): Row => [...key, i % 8 === 3 ? null : text(i)])
  // Of ten keys seven are in the base; one comes with the delta, one with the log, and two go again.
  const part = (rest: readonly number[]): Row[] => rows.filter((_, i) => rest.includes(i % 10))
  const key = (row: Row): Scalar[] => row.slice(0, types.length)
  return {
    schema, base: part([0, 1, 2, 4, 5, 7, 8, 9]),
    delta: [...part([3]).map((put) => ({ put })), ...part([5]).map((row) => ({ remove: key(row) })),
      ...part([7]).map((row) => ({ put: row.with(-1, 'updated') }))],
    log: [...part([6]).map((put) => ({ put })), ...part([8]).map((row) => ({ remove: key(row) })),
      ...part([5]).slice(0, 3).map((row) => ({ put: row.with(-1, 'back again') }))],
  }
}

function uuid(i: number): Uint8Array {
  return bytes(16, i).with(0, i >> 8).with(1, i & 255)
}

function rowIds(): GoldenTable {
  const schema: TableSchema = {
    name: 'rowids', key: [1],
    columns: [column('v', TEXT), { name: '#id', type: BIGINT, nullable: false, hidden: true }],
  }
  return {
    schema, base: range(100, (i) => [`base ${i}`, i + 1]),
    delta: [...range(10, (i) => ({ put: [`delta ${i}`, i + 101] as Row })), { remove: [17] }],
    log: [{ put: ['log', 111] }, { put: [null, 1] }],
  }
}

/** Strings longer than a page, in the base (over pages) and in the delta (overflow chains). */
function long(): GoldenTable {
  const table = keyed('long', INTEGER, range(30, (i) => [i]), (i) => `${i}-${'0123456789'.repeat(i * 10)}`)
  return {
    ...table, base: table.base.map((row) => (row[0] === 11 ? row.with(1, 'base '.repeat(14_000)) : row)),
    delta: [...table.delta, { put: [1000, 'overflow '.repeat(15_000)] },
      { put: [1001, 'one page '.repeat(3000)] }],
    log: [...table.log, { put: [1001, 'short again'] }, { put: [1002, 'log '.repeat(2000)] }],
  }
}

/** Every table; `empty` has no rows. Order is the order of creation. */
export function goldenTables(): GoldenTable[] {
  return [
    kinds(), { ...keyed('empty', BIGINT, []), base: [], delta: [], log: [] },
    keyed('words', TEXT, [...WORDS, ...range(270, (i) => (i % 3 === 0 ? `${i}` : `${PREFIX}${10_000 + i}`))]
      .map((word) => [word])),
    keyed('pairs', [TEXT, INTEGER], range(200, (i) => [WORDS[i % WORDS.length]!, i - 100])),
    keyed('huge', BIGINT, range(120, (i) => [2n ** 62n + BigInt(i * i)])),
    keyed('wides', WIDE, range(100, (i) => [BigInt(i - 50) * 10n ** 26n + BigInt(i)])),
    keyed('reals', DOUBLE, [...DOUBLES, ...range(100, (i) => (i - 50) * 1.7)].map((value) => [value])),
    keyed('uids', UUID, range(100, (i) => [uuid(i)])),
    keyed('gaps', DOUBLE, range(400, (i) => [Math.floor(1.2 ** i) + i])),
    rowIds(), long(),
  ]
}

/** What runs and deltas are for: steady times, states that last. Only in the compressed database. */
export function seriesTable(): GoldenTable {
  const row = (i: number): Row => [
    i, 1_700_000_000_000_000 + i * 1_000_000 + i % 50, i % 40 === 3 ? null : WORDS[(i >> 6) % WORDS.length]!,
    (i >> 7) * 2 ** 40, (i >> 5) / 2,
  ]
  const columns = [
    column('k', INTEGER, false), column('at', TIMESTAMP), column('state', TEXT), column('total', BIGINT),
    column('level', DOUBLE),
  ]
  return {
    schema: { name: 'series', columns, key: [0] },
    base: range(600, row), delta: [{ put: row(700) }, { remove: [7] }], log: [{ put: [8, null, 'now', 1, NaN] }],
  }
}
