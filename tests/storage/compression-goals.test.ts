// What compression is held to on the shipped real data set: ZSTD at least three times smaller than plain Arrow
// buffers, and the file no larger than DuckDB's of the same table. Sizes only, no times.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unicodeTable } from '../../datasets/unicode.ts'
import { loadArrow, open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { appendColumns } from '../../src/formats/append-columns.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-goals-'))
const table = unicodeTable()
const opened: Database[] = []

afterAll(() => {
  for (const db of opened) db.close()
  rmSync(folder, { recursive: true, force: true })
})

async function loaded(compression: 'none' | 'zstd'): Promise<{ db: Database; fileBytes: number }> {
  const path = join(folder, `${compression}.sdb`)
  const db = await open(path, { compression })
  opened.push(db)
  db.exec(table.createSql)
  db.table('unicode').append(appendColumns(table.columns, table.data))
  db.checkpoint()
  return { db, fileBytes: statSync(path).size }
}

/** Bytes of all buffers of the table as Arrow, text as plain Utf8. */
async function arrowBytes(db: Database): Promise<number> {
  await loadArrow()
  let bytes = 0
  for (const batch of db.prepare('SELECT * FROM unicode', { dictionary: false }).arrow().batches) {
    for (const column of batch.data.children) {
      for (const buffer of [column.values, column.valueOffsets, column.nullBitmap]) bytes += buffer?.byteLength ?? 0
    }
  }
  return bytes
}

/** Bytes of a DuckDB file of the same table, checkpointed; the rows go by way of a JSON file. */
async function duckdbBytes(db: Database): Promise<number> {
  const rows = join(folder, 'unicode.json')
  writeFileSync(rows, [...db.prepare('SELECT * FROM unicode').iterate()].map((row) => JSON.stringify(row)).join('\n'))
  const path = join(folder, 'rival.duckdb')
  const instance = await DuckDBInstance.create(path)
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

let zstd: Awaited<ReturnType<typeof loaded>>
beforeAll(async () => {
  zstd = await loaded('zstd')
}, 120_000)

test('ZSTD: at least three times smaller than plain Arrow buffers', async () => {
  const arrow = await arrowBytes(zstd.db)
  expect(arrow).toBeGreaterThan(15_000_000)
  expect(arrow / zstd.fileBytes).toBeGreaterThanOrEqual(3)
}, 120_000)

test('ZSTD: no larger than the DuckDB file of the same table', async () => {
  const duckdb = await duckdbBytes(zstd.db)
  expect(zstd.fileBytes).toBeLessThanOrEqual(duckdb)
}, 120_000)

test('the rows are those of the plain database, and the figures add up', async () => {
  const plain = await loaded('none')
  const sql = `SELECT count(*), sum(code_point), count(upper), count(DISTINCT script), sum(width), min(notation),
    max(char), sum(digit), count(CASE WHEN is_emoji THEN 1 END) FROM unicode`
  expect(zstd.db.prepare(sql).raw()).toEqual(plain.db.prepare(sql).raw())
  expect(zstd.db.verify().problems).toEqual([])
  const [ours] = zstd.db.stats().tables
  expect(ours!.compression).toBe('zstd')
  expect(ours!.storedBytes).toBeLessThan(zstd.fileBytes)
  expect(ours!.pageBytes / ours!.storedBytes).toBeGreaterThan(3)
  const info = new Map(zstd.db.prepare('PRAGMA storage_info(unicode)').raw() as [string, string][])
  expect(info.get('column.category')).toContain('runs')
  const stored = table.columns.map(({ name }) => {
    const [, raw, bytes, ratio] = /^(\d+) bytes in (\d+) \((.+)x\)$/.exec(info.get(`compression.${name}`)!)!
    expect(Number(ratio)).toBeCloseTo(Number(raw) / Number(bytes), 1)
    return Number(bytes)
  })
  const sum = stored.reduce((a, b) => a + b, 0)
  expect(Math.abs(sum - ours!.storedBytes) / ours!.storedBytes).toBeLessThan(0.02)
}, 120_000)
