// PRAGMA compression, the option and the table option: what they set, that it is durable, and that the same rows
// come back whatever they say.
import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { openEngine, tableSize } from '../../storage/mod.ts'
import { errorOf, freshPath, memoryDb, openDb } from '../api/shop.ts'

const CREATE = `CREATE TABLE log (id INTEGER PRIMARY KEY, at TIMESTAMP, level TEXT, message TEXT, size BIGINT,
  score DOUBLE)`
const ROWS = 60_000

function fill(db: Database, rows = ROWS): void {
  const levels = ['debug', 'info', 'warning', 'error']
  db.table('log').append({
    id: Int32Array.from({ length: rows }, (_, i) => i * 3),
    at: Array.from({ length: rows }, (_, i) => i % 50 === 0 ? null : new Date(1.7e12 + i * 40)),
    level: Array.from({ length: rows }, (_, i) => levels[(i >> 9) & 3]!),
    message: Array.from({ length: rows }, (_, i) => `request ${i % 911} of client ${i % 37}`),
    size: Array.from({ length: rows }, (_, i) => i < 100 ? 2n ** 60n + BigInt(i) : BigInt(i % 7)),
    score: Float64Array.from({ length: rows }, (_, i) => (i % 10) / 4),
  })
}

const SUMS = `SELECT count(*), sum(size % 1000), min(at), max(at), sum(score), count(DISTINCT message),
  min(level), max(id) FROM log WHERE id % 2 = 0 OR level = 'error'`

function answers(db: Database): unknown {
  const get = [0, 3, 300, 29_997, (ROWS - 1) * 3, 1, -3].map((id) => db.table('log').get(id))
  return [db.prepare(SUMS).raw(), get]
}

function fileBytes(path: string): number {
  return statSync(path).size
}

const SETTINGS = ['rle', 'lz4', 'zstd', 'gzip'] as const

test.each(SETTINGS)('%s: the same answers, before and after reopening', async (compression) => {
  const plainPath = freshPath()
  const plain = await openDb(plainPath, CREATE)
  fill(plain)
  const path = freshPath()
  const db = await openDb(path, CREATE, { compression })
  fill(db)
  const expected = answers(plain)
  expect(answers(db)).toEqual(expected)
  expect(db.verify().problems).toEqual([])
  db.close()
  const again = await openDb(path, '', { poolFrames: 4 })
  expect(again.prepare('PRAGMA compression').raw()).toEqual([['compression', compression.toUpperCase()]])
  expect(answers(again)).toEqual(expected)
  expect(fileBytes(path)).toBeLessThan(fileBytes(plainPath) * (compression === 'rle' ? 1.01 : 0.5))
})

describe('settings', () => {
  test('a new database has none; the pragma sets it for good', async () => {
    const path = freshPath()
    const db = await openDb(path, CREATE)
    expect(db.prepare('PRAGMA compression').get()).toEqual({ name: 'compression', value: 'NONE' })
    db.exec("PRAGMA compression = 'ZSTD'")
    db.exec('PRAGMA compression(log) = lz4')
    expect(db.prepare('PRAGMA compression').raw()).toEqual([['compression', 'ZSTD'], ['log', 'LZ4']])
    db.close()
    const again = await openDb(path)
    again.exec("CREATE TABLE t (a INTEGER) WITH (compression = 'gzip'); CREATE TABLE u (a INTEGER)")
    expect(again.prepare('PRAGMA compression').raw()).toEqual([['compression', 'ZSTD'], ['log', 'LZ4'], ['t', 'GZIP']])
    expect(again.prepare('PRAGMA compression(u)').raw()).toEqual([['u', 'ZSTD']])
  })

  test('the option of open() is stored, and left out it changes nothing', async () => {
    const path = freshPath()
    const db = await openDb(path, CREATE, { compression: 'gzip' })
    db.close()
    const second = await openDb(path)
    expect(second.prepare('PRAGMA compression').get()).toEqual({ name: 'compression', value: 'GZIP' })
    second.close()
    const third = await openDb(path, '', { compression: 'none' })
    expect(third.prepare('PRAGMA compression').get()).toEqual({ name: 'compression', value: 'NONE' })
    third.close()
    const reader = await openDb(path, '', { compression: 'zstd', readOnly: true })
    expect(reader.prepare('PRAGMA compression').get()).toEqual({ name: 'compression', value: 'NONE' })
    expect(errorOf(() => reader.exec('PRAGMA compression = lz4')).code).toBe('25006')
  })

  test('a table option survives in the log alone', async () => {
    const path = freshPath()
    const db = await openDb(path, "CREATE TABLE t (a INTEGER) WITH (compression = 'zstd')")
    const reader = await open(path, { readOnly: true })
    expect(reader.prepare('PRAGMA compression(t)').raw()).toEqual([['t', 'ZSTD']])
    reader.close()
    expect(db.prepare('PRAGMA compression(t)').raw()).toEqual([['t', 'ZSTD']])
  })

  test('a change holds for what is written later; old row groups stay readable', async () => {
    const db = await openDb(freshPath(), CREATE)
    fill(db)
    const before = answers(db)
    db.exec("PRAGMA compression = 'zstd'")
    db.exec("UPDATE log SET message = 'new ' || message WHERE id < 90")
    db.exec("UPDATE log SET message = substr(message, 5) WHERE id < 90")
    expect(answers(db)).toEqual(before)
  })

  test('recompress rewrites what was written before, for readers with old snapshots too', async () => {
    const path = freshPath()
    const db = await openDb(path, CREATE)
    fill(db)
    const before = answers(db)
    const plainBytes = db.stats().tables[0]!.storedBytes
    const old = db.prepare('SELECT id, message FROM log').iterate()
    expect(old.next().value).toMatchObject({ id: 0 })
    db.exec("DELETE FROM log WHERE id = 3; INSERT INTO log (id) VALUES (3); PRAGMA compression = 'zstd'")
    expect(db.prepare('PRAGMA recompress').raw()).toEqual([['log', `${ROWS} rows`]])
    const [size] = db.stats().tables
    expect(size!.storedBytes).toBeLessThan(plainBytes / 3)
    expect(size!.compressedPages).toBeGreaterThan(0)
    let rows = 1
    for (const row of old) {
      if (row.id === 3) expect(row.message).toBe('request 1 of client 1')
      rows++
    }
    expect(rows).toBe(ROWS)
    expect(db.prepare('SELECT message FROM log WHERE id = 3').get()).toEqual({ message: null })
    db.exec("UPDATE log SET at = NULL WHERE id = 3")
    expect(db.verify().problems).toEqual([])
    db.exec("PRAGMA compression = 'none'; PRAGMA recompress = log")
    expect(db.stats().tables[0]!.compressedPages).toBe(0)
    expect((answers(db) as unknown[][])[0]).toEqual((before as unknown[][])[0])
    expect(errorOf(() => db.exec('PRAGMA recompress = nothing')).code).toBe('42P01')
    db.close()
    expect((await openDb(path)).prepare('SELECT count(*) FROM log').raw()).toEqual([[ROWS]])
  })

  test('bad words, tables, and transactions', async () => {
    const db = await memoryDb(CREATE)
    const misspelt = errorOf(() => db.exec("PRAGMA compression = 'zst'"))
    expect([misspelt.code, misspelt.hint]).toEqual(['22023', 'Did you mean "zstd"?'])
    expect(errorOf(() => db.exec('PRAGMA compression = 7')).code).toBe('22023')
    expect(errorOf(() => db.exec('PRAGMA compression(nothing) = zstd')).code).toBe('42P01')
    expect(errorOf(() => db.exec('PRAGMA synchronous(log) = off')).code).toBe('0A000')
    for (const option of ["compression = 'best'", 'fillfactor = 70']) {
      expect(errorOf(() => db.exec(`CREATE TABLE t (a INTEGER) WITH (${option})`)).code).toBe('22023')
    }
    db.exec('BEGIN')
    expect(errorOf(() => db.exec('PRAGMA compression = zstd')).code).toBe('25001')
    db.exec('ROLLBACK')
    await expect(open(':memory:', { compression: 'snappy' as 'lz4' })).rejects.toMatchObject({ code: '22023' })
  })
})

test('an index is compressed as its table is', async () => {
  const path = freshPath()
  const db = await openDb(path, `${CREATE} WITH (compression = 'zstd')`)
  fill(db)
  db.exec('CREATE INDEX log_message ON log (message)')
  expect(db.prepare("SELECT count(*) FROM log WHERE message = 'request 5 of client 5'").raw())
    .toEqual(db.prepare("SELECT sum(CASE WHEN message = 'request 5 of client 5' THEN 1 ELSE 0 END) FROM log").raw())
  expect(db.prepare('PRAGMA recompress = log').raw().length).toBe(2)
  expect(db.verify().problems).toEqual([])
  db.close()
  const engine = await openEngine(path, { memoryBytes: 32 << 20, readOnly: true })
  const index = engine.catalog.tables().find(({ schema }) => schema.index !== undefined)!
  expect(tableSize(engine, index).compressedPages).toBeGreaterThan(0)
  engine.close()
})
