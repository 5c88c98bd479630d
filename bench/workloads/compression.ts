// What each compression costs and gives, on the shipped real data set (every character of this Node's Unicode
// tables): file size against plain Arrow buffers and against DuckDB's file of the same table, load, scan and point
// speed. Cold = the first time after opening, when pages are read and unpacked; warm = from the pool, where nothing
// is compressed and only runs and deltas are decoded.
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unicodeTable } from '../../datasets/unicode.ts'
import type { TableData } from '../../datasets/unicode.ts'
import type { ColumnData } from '../../src/formats/format.ts'
import { appendColumns } from '../../src/formats/append-columns.ts'
import { loadArrow, open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { RivalMissing, loadRival } from '../engines/rivals.ts'
import type { Measurement } from '../measure.ts'
import { grouped, roundsMs, summarize, timeMs } from '../measure.ts'
import type { Case, Workload } from './workload.ts'

const SETTINGS = ['none', 'rle', 'lz4', 'zstd', 'gzip'] as const
const SCAN = `SELECT script, count(*), sum(width), max(notation) FROM unicode WHERE category <> 'Lo' GROUP BY script`
const GETS = 100_000
const COLD_GETS = 5_000
/** Frames of a pool that holds about one column of a row group. */
const SMALL_POOL = 8
const MB = 1e6

/** Ratio, load, scan and point speed for each codec. */
export const compression: Workload = {
  name: 'compression',
  group: 'storage',
  title: 'file size, load, scan and get for each compression, on the Unicode table',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [297_334], small: [297_334], tiny: [4_000] },
  run: async (one) => {
    await loadArrow()
    const table = firstRows(unicodeTable(), one.rows)
    const found: Measurement[] = []
    let duckdb: number | null = null
    for (const setting of SETTINGS) {
      const path = join(one.folder, `${setting}.sdb`)
      const loadMs: number[] = []
      loadMs.push(await load(path, table, setting))
      const bytes = statSync(path).size
      const first = await open(path)
      if (setting === 'none') duckdb = await duckdbBytes(first, table, one.folder)
      const arrow = arrowBytes(first)
      first.close()
      found.push(
        summarize(`file, ${setting}`, 'MB', [bytes / MB]),
        summarize(`Arrow / file, ${setting}`, 'fraction', [arrow / bytes]),
        ...duckdb === null ? [] : [summarize(`file / DuckDB's, ${setting}`, 'factor', [bytes / duckdb])],
        summarize(`load, ${setting}`, 'rows/s', loadMs.map((ms) => table.rowCount / ms * 1e3)),
        ...await speeds(path, table, setting, one),
      )
    }
    return found
  },
}

function firstRows(table: TableData, rows: number): TableData {
  if (rows >= table.rowCount) return table
  return { ...table, rowCount: rows, data: table.data.map((data) => data.slice(0, rows) as ColumnData) }
}

async function load(path: string, table: TableData, setting: OpenOptions['compression']): Promise<number> {
  const db = await open(path, { compression: setting! })
  db.exec(table.createSql)
  const columns = appendColumns(table.columns, table.data)
  const ms = await timeMs(() => void db.table('unicode').append(columns))
  db.close()
  return ms
}

/** Bytes of all buffers of the table as Arrow, text as plain Utf8. */
function arrowBytes(db: Database): number {
  let bytes = 0
  for (const batch of db.prepare('SELECT * FROM unicode', { dictionary: false }).arrow().batches) {
    for (const column of batch.data.children) {
      for (const buffer of [column.values, column.valueOffsets, column.nullBitmap]) bytes += buffer?.byteLength ?? 0
    }
  }
  return bytes
}

async function speeds(path: string, table: TableData, setting: string, one: Case): Promise<Measurement[]> {
  const keys = table.data[0] as Int32Array
  const random = new Random(one.seed)
  const probes = Int32Array.from({ length: GETS }, () => keys[random.below(table.rowCount)]!)
  const gets = (db: Database, count: number): void => {
    const handle = db.table('unicode')
    for (let i = 0; i < count; i++) handle.get(probes[i]!)
  }
  const cold: number[] = []
  for (let round = 0; round < one.rounds; round++) {
    const db = await open(path)
    cold.push(await timeMs(() => void db.prepare(SCAN).raw([])))
    db.close()
  }
  const db = await open(path)
  const statement = db.prepare(SCAN)
  const warm = await roundsMs(one.rounds, () => void statement.raw([]))
  const points = await roundsMs(one.rounds, () => gets(db, GETS))
  db.close()
  const small = await open(path, { poolFrames: SMALL_POOL })
  const missing = await timeMs(() => gets(small, COLD_GETS))
  small.close()
  const size = `${grouped(table.rowCount)} rows`
  return [
    summarize(`scan cold, ${setting}, ${size}`, 'ms', cold),
    summarize(`scan warm, ${setting}, ${size}`, 'ms', warm),
    summarize(`get warm, ${setting}, ${size}`, 'ns', points.map((ms) => ms * 1e6 / GETS)),
    summarize(`get from a pool of ${SMALL_POOL} pages, ${setting}`, 'us', [missing * 1e3 / COLD_GETS]),
  ]
}

interface DuckModule {
  DuckDBInstance: {
    create(path: string): Promise<{
      connect(): Promise<{ run(sql: string): Promise<unknown>; closeSync(): void }>
      closeSync(): void
    }>
  }
}

/** Bytes of DuckDB's checkpointed file of the same table; null where DuckDB is not installed. */
async function duckdbBytes(db: Database, table: TableData, folder: string): Promise<number | null> {
  let duck: DuckModule
  try {
    duck = (await loadRival('@duckdb/node-api')).module as DuckModule
  } catch (error) {
    if (error instanceof RivalMissing) return null
    throw error
  }
  const rows = join(folder, 'rows.json')
  writeFileSync(rows, [...db.prepare('SELECT * FROM unicode').iterate()].map((row) => JSON.stringify(row)).join('\n'))
  const path = join(folder, 'size.duckdb')
  const instance = await duck.DuckDBInstance.create(path)
  const connection = await instance.connect()
  const types = table.columns.map(({ name, type }) =>
    `${name}: '${type.kind === 'text' ? 'VARCHAR' : type.kind.toUpperCase()}'`)
  await connection.run(table.createSql)
  await connection.run(`INSERT INTO unicode SELECT * FROM
    read_json('${rows}', format = 'newline_delimited', columns = {${types.join(', ')}}) ORDER BY code_point`)
  await connection.run('CHECKPOINT')
  connection.closeSync()
  instance.closeSync()
  return statSync(path).size
}
