// Arrow results row by row against all(): every type, NULLs, text with and without a dictionary, tables with changes in
// the delta and in sealed runs, ranges that begin and end anywhere and span row groups, forwards and backwards. And the
// objects handed out are field by field those that apache-arrow's own constructors make.
import * as arrow from 'apache-arrow'
import type { Data, Table } from 'apache-arrow'
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { memoryDb } from './shop.ts'

const COLUMNS = `id BIGINT PRIMARY KEY, b BOOLEAN, s SMALLINT, i INTEGER, l BIGINT NOT NULL, far BIGINT, r REAL,
  d DOUBLE PRECISION, m DECIMAL(10,2), w DECIMAL(30,3), dt DATE, ts TIMESTAMP, few TEXT, many TEXT NOT NULL, y BYTEA,
  u UUID`
const ROWS = 6000

/** A row of every type; one value in ten is NULL. */
function rowOf(id: number, random: Random): unknown[] {
  const maybe = <T>(value: T): T | null => random.below(10) === 0 ? null : value
  const uuid = Array.from({ length: 16 }, () => random.below(256).toString(16).padStart(2, '0')).join('')
  return [
    id, maybe(random.below(2) === 0), maybe(random.below(60_000) - 30_000), maybe(random.below(200) - 100),
    random.below(1_000_000) - 500_000, maybe(9_007_199_254_740_000n + BigInt(random.below(2000))),
    maybe(random.below(64) / 4), maybe(random.below(1000) / 8), maybe((random.below(100_000) / 100).toFixed(2)),
    maybe(`${random.below(1_000_000)}12345678901234567.125`),
    maybe(new Date(Date.UTC(2024, 0, 1 + random.below(900))).toISOString().slice(0, 10)),
    maybe(new Date(Date.UTC(2024, 0, 1) + random.below(90_000) * 1000)),
    maybe(['new', 'paid', 'sent', 'é😀'][random.below(4)]!), `text ${random.below(1e6)} ${'x'.repeat(id % 40)}`,
    maybe(Uint8Array.of(random.below(256), random.below(256))), maybe(uuid),
  ]
}

function insert(db: Database, ids: readonly number[], random: Random): void {
  const statement = db.prepare(`INSERT INTO t VALUES (${COLUMNS.split(/,(?![0-9])/).map(() => '?').join(', ')})`)
  db.transaction(() => { for (const id of ids) statement.run(rowOf(id, random)) })
}

// Values of an Arrow column as all() has them with { int64: 'string', timestamps: 'bigint' }.
function values(table: Table, name: string): unknown[] {
  const vector = table.getChild(name)!
  return Array.from({ length: table.numRows }, (_, row): unknown => {
    const value: unknown = vector.get(row)
    if (value === null) return null
    switch (name) {
      case 'id': case 'l': case 'far': return String(value)
      case 'm': case 'w': return wordsOf(value as Uint32Array)
      case 'u': return Buffer.from(value as Uint8Array).toString('hex')
      case 'y': return Buffer.from(value as Uint8Array).toString('hex')
      default: return value
    }
  })
}

function wordsOf(words: Uint32Array): string {
  return String(BigInt.asIntN(128, words.reduceRight((sum, word) => (sum << 32n) + BigInt(word), 0n)))
}

function expected(rows: readonly Record<string, unknown>[], name: string): unknown[] {
  return rows.map((row): unknown => {
    const value = row[name]
    if (value === null) return null
    switch (name) {
      case 'id': case 'l': case 'far': return String(value)
      case 'm': case 'w': return String(BigInt((value as string).replace('.', '')))
      case 'u': return (value as string).replaceAll('-', '')
      case 'y': return Buffer.from(value as Uint8Array).toString('hex')
      case 'dt': return Date.parse(value as string)
      case 'ts': return (value as Date).getTime()
      default: return value
    }
  })
}

function compare(table: Table, rows: readonly Record<string, unknown>[]): void {
  expect(table.numRows).toBe(rows.length)
  for (const { name } of table.schema.fields) expect(values(table, name), name).toEqual(expected(rows, name))
}

test('ranges of every type, clean and changed, row groups and delta', async () => {
  const db = await memoryDb(`CREATE TABLE t (${COLUMNS})`)
  const random = new Random(11)
  insert(db, Array.from({ length: ROWS }, (_, i) => i * 3), random)
  db.checkpoint()
  const table = db.table('t')
  const check = (): void => {
    for (const [gte, count] of [[0, 10], [5, 1000], [12_270, 900], [17_000, 5000], [9001, 1], [-5, 9000]] as const) {
      const rows = table.range({ gte, limit: count }).all()
      compare(table.range({ gte, limit: count }).arrow(), rows)
      compare(table.range({ gte, limit: count }).arrow({ dictionary: false }), rows)
    }
    compare(table.range({ lt: 15_000, limit: 4500, reverse: true }).arrow(),
      table.range({ lt: 15_000, limit: 4500, reverse: true }).all())
    const some = db.prepare('SELECT few, m, id FROM t WHERE id BETWEEN ? AND ? AND i > 0')
    compare(some.arrow([100, 5000]), some.all([100, 5000]))
    for (const batch of some.batches([100, 5000])) expect(String(batch.schema.fields[0]!.type)).toBe('Utf8')
  }
  check()
  db.exec('DELETE FROM t WHERE id % 21 = 0')
  db.exec("UPDATE t SET few = CASE WHEN i > 50 THEN 'other' ELSE few END, m = -m, l = -l WHERE id % 4 = 0")
  insert(db, Array.from({ length: 300 }, (_, i) => i * 30 + 1), random)
  check()
})

/** Own fields of an object of apache-arrow, deeply; functions left out. */
function fieldsOf(data: Data): Record<string, unknown> {
  const { type, ...rest } = data as unknown as Record<string, unknown>
  return {
    ...rest, type: String(type), children: data.children.map(fieldsOf),
    dictionary: data.dictionary?.data.map(fieldsOf),
  }
}

test('objects are those of the constructors', async () => {
  const db = await memoryDb(`CREATE TABLE t (${COLUMNS})`)
  insert(db, Array.from({ length: 2000 }, (_, i) => i), new Random(5))
  db.checkpoint()
  const table = db.table('t').range({ gte: 100, lt: 1900 }).arrow()
  const rebuilt = table.batches.map(({ schema, data }) => new arrow.RecordBatch(schema, arrow.makeData({
    type: new arrow.Struct(schema.fields), length: data.length, nullCount: 0,
    children: data.children.map(child => arrow.makeData({
      type: child.type, length: child.length, nullCount: child.nullCount, nullBitmap: child.nullBitmap,
      data: child.values, valueOffsets: child.valueOffsets, dictionary: child.dictionary,
    } as Parameters<typeof arrow.makeData>[0])),
  })))
  const wanted = new arrow.Table(table.schema, rebuilt)
  expect(Object.keys(table).sort()).toEqual(Object.keys(wanted).sort())
  expect(table.batches.map(batch => Object.keys(batch))).toEqual(wanted.batches.map(batch => Object.keys(batch)))
  expect(table.data.map(fieldsOf)).toEqual(wanted.data.map(fieldsOf))
  expect(table).toBeInstanceOf(arrow.Table)
  expect(arrow.Table.isTable(table) && arrow.RecordBatch.isRecordBatch(table.batches[0])).toBe(true)
  expect(table.toString()).toBe(wanted.toString())
  expect(table.slice(5, 9).toArray().map(String)).toEqual(wanted.slice(5, 9).toArray().map(String))
  expect(table.select(['few', 'id']).schema.names).toEqual(['few', 'id'])
  expect(table.concat(table).numRows).toBe(2 * table.numRows)
  const back = arrow.tableFromIPC(arrow.tableToIPC(table, 'file'))
  expect(back.toString()).toBe(table.toString())
})

test('results share nothing that users change', async () => {
  const db = await memoryDb(`CREATE TABLE t (${COLUMNS})`)
  insert(db, Array.from({ length: 2000 }, (_, i) => i), new Random(5))
  db.checkpoint()
  const read = (): Table => db.table('t').range({ gte: 100, lt: 1900 }).arrow()
  const first = read()
  const text = first.toString()
  first.schema.metadata.set('mine', '1')
  first.schema.fields[0]!.metadata.set('mine', '1')
  for (const { values: buffer, dictionary } of first.batches[0]!.data.children) {
    new Uint8Array((buffer as ArrayBufferView).buffer).fill(7)
    if (dictionary !== undefined) (dictionary.data[0]!.values as Uint8Array).fill(7)
  }
  const second = read()
  expect(second.toString()).toBe(text)
  expect([second.schema.metadata.size, second.schema.fields[0]!.metadata.size]).toEqual([0, 0])
})
