// Makes the golden database and the text of its rows. The database is left as a killed process would leave
// it: everything committed and synced, the last commits only in the log.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32c } from '../../../src/base/checksum.ts'
import type { Row, Scalar, TableSchema } from '../../../src/base/types.ts'
import { mergeTable } from '../../../storage/merging.ts'
import { openEngine, walFolder } from '../../../storage/mod.ts'
import type { Engine } from '../../../storage/mod.ts'
import { KeyOrder } from '../../../storage/table/key.ts'
import { rowText } from '../../storage/rows.ts'
import { GOLDEN_GROUP_ROWS, goldenTables, seriesTable } from './tables.ts'
import type { Change, GoldenTable } from './tables.ts'

/** Options of the golden database: nothing merges or checkpoints by itself, log segments stay small. */
export const GOLDEN_OPTIONS = {
  memoryBytes: 32 * 1024 * 1024, rowGroupRows: GOLDEN_GROUP_ROWS, deltaRows: 1_000_000,
  walSegmentBytes: 16 * 1024,
  checkpointEvery: 0, checkpointBytes: 2 ** 40, mergeEveryCommit: false,
}

/** A row on one line; long strings by length and checksum. */
export function goldenText(row: readonly Scalar[]): string {
  return rowText(row.map((value) => {
    if (typeof value !== 'string' || value.length <= 100) return value
    return `${value.slice(0, 20)}… ${value.length} characters, ${crc32c(Buffer.from(value)).toString(16)}`
  }))
}

/** The lines that stand for one table: its schema, then its rows in key order. */
export function tableLines(schema: TableSchema, rows: readonly Row[]): string[] {
  return [`${schema.name} ${JSON.stringify(schema)}`, ...rows.map((row) => `  ${goldenText(row)}`), '']
}

function expectedRows({ schema, base, delta, log }: GoldenTable): Row[] {
  const order = new KeyOrder(schema)
  const rows = new Map(base.map((row) => [order.fromRow(row), row]))
  for (const change of [...delta, ...log]) {
    if ('put' in change) rows.set(order.fromRow(change.put), change.put)
    else rows.delete(order.fromValues(change.remove))
  }
  return [...rows.values()].sort((a, b) => order.compare(order.fromRow(a), order.fromRow(b)))
}

/** Which golden database: as one is made when nothing is said, or with every kind of compression. */
export type Variant = 'plain' | 'compressed'

function tablesOf(variant: Variant): GoldenTable[] {
  return variant === 'plain' ? goldenTables() : [...goldenTables(), seriesTable()]
}

/** Text of everything the golden database must show. */
export function expectedText(variant: Variant = 'plain'): string {
  const created: GoldenTable = { schema: CREATED, base: [], delta: [], log: [{ put: [1] }, { put: [2] }] }
  const tables = [...tablesOf(variant), created]
  return tables.flatMap((table) => tableLines(table.schema, expectedRows(table))).join('\n')
}

const CREATED: TableSchema = {
  name: 'created', columns: [{ name: 'k', type: { kind: 'integer' }, nullable: false }], key: [0],
}

function change(engine: Engine, name: string, changes: readonly Change[]): void {
  if (changes.length === 0) return
  const txn = engine.begin()
  for (const one of changes) {
    if ('put' in one) txn.put(name, one.put.slice())
    else txn.delete(name, one.remove)
  }
  txn.commit()
}

function fill(engine: Engine, variant: Variant): void {
  const tables = tablesOf(variant)
  const txn = engine.begin()
  for (const { schema } of tables) txn.createTable(schema)
  for (const name of ['dropped', 'doomed']) txn.createTable({ ...CREATED, name })
  for (const name of ['dropped', 'doomed']) txn.put(name, [1])
  txn.commit()
  for (const { schema, base } of tables) change(engine, schema.name, base.map((put) => ({ put })))
  for (const table of engine.catalog.tables()) mergeTable(engine, table, () => true)
  engine.checkpoint()
  for (const { schema, delta } of tables) change(engine, schema.name, delta)
  const drop = engine.begin()
  drop.dropTable('dropped')
  drop.put('doomed', [2])
  drop.commit()
  engine.checkpoint()
  for (const { schema, log } of tables) change(engine, schema.name, log)
  const last = engine.begin()
  last.createTable(CREATED)
  for (const k of [1, 2]) last.put('created', [k])
  last.dropTable('doomed')
  last.commit()
}

/** Makes the database at `path`, whose folder exists. */
export async function makeGolden(path: string, variant: Variant = 'plain'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-golden-'))
  const from = join(folder, 'made.sdb')
  const engine = await openEngine(from, { ...GOLDEN_OPTIONS, compression: variant === 'plain' ? null : 'zstd' })
  try {
    fill(engine, variant)
    copyFileSync(from, path)
    mkdirSync(walFolder(path))
    for (const name of readdirSync(walFolder(from)).filter((one) => !one.startsWith('spare-'))) {
      copyFileSync(join(walFolder(from), name), join(walFolder(path), name))
    }
  } finally {
    engine.close()
    rmSync(folder, { recursive: true })
  }
}
