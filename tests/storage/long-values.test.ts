// Values longer than the memory of the database: streamed in and out, kept through merges, reopening, backups and
// checks, replaced and deleted. The memory is the smallest there is, and a value is half as long again.
import { mkdtempSync, rmSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import { errorOf } from '../api/shop.ts'

const MEMORY = 8 << 20
const LONG = 1.5 * MEMORY + 12_345
const folders: string[] = []
const opened: Database[] = []

afterEach(() => {
  for (const db of opened.splice(0)) db.close({ force: true })
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-long-'))
  folders.push(folder)
  return folder
}

async function openSmall(path: string, options: OpenOptions = {}): Promise<Database> {
  const db = await open(path, { memory: MEMORY, ...options })
  opened.push(db)
  return db
}

/** Piece `n` of the value with this seed: different for every seed and place. */
function piece(seed: number, n: number, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes).fill(seed * 31 + n * 7)
  for (let i = 0; i < bytes; i += 97) out[i] = (i >> 7) + seed
  return out
}

const PIECE = 100_000

async function write(
  db: Database, id: number, column: string, seed: number, length: number, hash = createHash('sha256'),
): Promise<string> {
  const writer = db.table('t').writeStream(id, column).getWriter()
  for (let at = 0, n = 0; at < length; at += PIECE, n++) {
    const bytes = column === 'body' ? textPiece(seed, Math.min(PIECE, length - at))
      : piece(seed, n, Math.min(PIECE, length - at))
    hash.update(bytes)
    await writer.write(bytes)
  }
  await writer.close()
  return hash.digest('hex')
}

function textPiece(seed: number, bytes: number): Uint8Array {
  return Buffer.from(`${'aä€'[seed % 3]}bc😀`.repeat(bytes)).subarray(0, bytes - bytes % 60)
}

async function read(db: Database, id: number, column: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of db.table('t').readStream(id, column)!) {
    expect(chunk.length).toBeLessThanOrEqual(65536)
    hash.update(chunk)
  }
  return hash.digest('hex')
}

const TABLE = 'CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, raw BYTEA, body TEXT, n INTEGER DEFAULT 7)'

function fill(db: Database): void {
  const id = Array.from({ length: 2000 }, (_, i) => i * 10)
  db.table('t').append({ id, name: id.map(i => `name ${i}`) })
}

test('a value longer than the memory: between rows, through merges, a reopening and a check', async () => {
  const path = join(freshFolder(), 'a.sdb')
  let db = await openSmall(path)
  db.exec(`${TABLE}; CREATE INDEX by_name ON t (name)`)
  fill(db)
  const wanted = new Map<string, string>()
  for (const [id, column] of [[5005, 'raw'], [5010, 'raw'], [30_001, 'raw'], [7, 'body']] as const) {
    wanted.set(`${id}.${column}`, await write(db, id, column, id, LONG))
  }
  const check = async (): Promise<void> => {
    for (const [place, hash] of wanted) {
      const [id, column] = place.split('.')
      expect(await read(db, Number(id), column!), place).toBe(hash)
    }
    expect(db.verify().problems).toEqual([])
    const count = 'SELECT count(*) AS n, sum(n) AS total, count(name) AS names FROM t'
    expect(db.prepare(count).get()).toMatchObject({ n: 2003, names: 2000 })
  }
  await check()
  // A second long value in a row that has one; the rest of a row stays.
  wanted.set('5010.body', await write(db, 5010, 'body', 1, LONG))
  expect(db.prepare("SELECT id, n FROM t WHERE name = 'name 5010'").get()).toEqual({ id: 5010, n: 7 })
  await check()
  // Rows around it are changed until everything has been merged.
  for (let round = 0; round < 2; round++) {
    db.exec(`UPDATE t SET n = ${round} WHERE name = 'name 5020' OR name = 'name 4990'`)
    db.exec('PRAGMA wal_checkpoint')
    await check()
  }
  db.close()
  db = await openSmall(path, { mergeEveryCommit: true, deltaRows: 16 })
  db.exec("INSERT INTO t (id, name) VALUES (5006, 'x'); DELETE FROM t WHERE id = 5006")
  await check()
  db.exec('DELETE FROM t WHERE id = 5005')
  wanted.delete('5005.raw')
  wanted.set('30001.raw', await write(db, 30_001, 'raw', 77, LONG + 1))
  for (const [place, hash] of wanted) {
    const [id, column] = place.split('.')
    expect(await read(db, Number(id), column!), place).toBe(hash)
  }
  db.exec("INSERT INTO t (id, name) VALUES (5004, 'x'); VACUUM")
  expect(db.verify().problems).toEqual([])
  // Four values of this length are left (one row has two), and what was replaced is free.
  expect(db.stats().file.bytes).toBeLessThan(4.9 * LONG)
})

test('what is not closed is free: aborts, errors, and a crash', async () => {
  const folder = freshFolder()
  const path = join(folder, 'a.sdb')
  let db = await openSmall(path)
  db.exec(TABLE)
  fill(db)
  db.exec('PRAGMA wal_checkpoint')
  const writer = db.table('t').writeStream(3, 'raw').getWriter()
  for (let n = 0; n < 100; n++) await writer.write(piece(1, n, PIECE))
  expect(db.verify().problems).toEqual([])
  db.exec("INSERT INTO t (id, name) VALUES (1, 'other'); PRAGMA wal_checkpoint")
  await writer.abort()
  expect(db.verify().problems).toEqual([])
  const broken = db.table('t').writeStream(3, 'body').getWriter()
  for (let n = 0; n < 30; n++) await broken.write(textPiece(1, PIECE))
  await expect(broken.write(Uint8Array.from([0xff]))).rejects.toMatchObject({ code: '22021' })
  const gone = db.table('t').writeStream(4, 'raw').getWriter()
  for (let n = 0; n < 30; n++) await gone.write(piece(1, n, PIECE))
  db.exec('DROP TABLE t')
  await expect(gone.close()).rejects.toMatchObject({ code: '42P01' })
  db.exec(TABLE)
  const left = db.table('t').writeStream(3, 'raw').getWriter()
  for (let n = 0; n < 100; n++) await left.write(piece(1, n, PIECE))
  db.exec("INSERT INTO t (id, name) VALUES (1, 'other'); PRAGMA wal_checkpoint")
  // As a process that dies: the pages are in the file, and no root has them.
  db.close({ force: true })
  await expect(left.write(piece(1, 1, PIECE))).rejects.toMatchObject({ code: '55000' })
  db = await openSmall(path)
  expect(db.verify().problems).toEqual([])
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 })
  for (const id of [2, 3]) db.exec(`INSERT INTO t (id) VALUES (${id}); PRAGMA wal_checkpoint`)
  db.exec('VACUUM')
  expect(db.stats().file.bytes).toBeLessThan(4 << 20)
})

test('transactions, locks, constraints and indexes', async () => {
  const db = await openSmall(join(freshFolder(), 'a.sdb'))
  db.exec(`${TABLE}; CREATE UNIQUE INDEX one_name ON t (name); INSERT INTO t (id, name) VALUES (1, 'a')`)
  const bytes = 2 << 20
  // Closed inside a transaction: part of it.
  const inside = db.table('t').writeStream(2, 'raw').getWriter()
  for (let n = 0; n * PIECE < bytes; n++) await inside.write(piece(9, n, PIECE))
  db.exec('BEGIN')
  await inside.close()
  expect(db.table('t').has(2)).toBe(true)
  db.exec('ROLLBACK')
  expect(db.table('t').has(2)).toBe(false)
  const locked = db.table('t').writeStream(1, 'raw').getWriter()
  for (let n = 0; n * PIECE < bytes; n++) await locked.write(piece(9, n, PIECE))
  const session = db.connect()
  session.exec("BEGIN; UPDATE t SET name = 'b' WHERE id = 1")
  await expect(locked.close()).rejects.toMatchObject({ code: '55P03' })
  session.exec('COMMIT')
  expect(db.table('t').get(1)).toMatchObject({ name: 'b', raw: null })
  const hash = await write(db, 1, 'raw', 5, bytes)
  expect(await read(db, 1, 'raw')).toBe(hash)
  expect(db.prepare("SELECT id FROM t WHERE name = 'b'").get()).toEqual({ id: 1 })
  expect(errorOf(() => db.exec("INSERT INTO t (id, name) VALUES (3, 'b')")).code).toBe('23505')
  session.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t')
  const before = hash
  const after = await write(db, 1, 'raw', 6, bytes)
  expect(await read(db, 1, 'raw')).toBe(after)
  const old = createHash('sha256')
  for await (const chunk of session.table('t').readStream(1, 'raw')!) old.update(chunk)
  expect(old.digest('hex')).toBe(before)
  session.exec('COMMIT')
  session.close()
  // A CHECK is evaluated on the value, so it goes through memory.
  db.exec('CREATE TABLE c (id INT PRIMARY KEY, raw BYTEA CHECK (octet_length(raw) < 1000))')
  const refused = db.table('c').writeStream(1, 'raw').getWriter()
  for (let n = 0; n * PIECE < bytes; n++) await refused.write(piece(9, n, PIECE))
  await expect(refused.close()).rejects.toMatchObject({ code: '23514' })
  expect(db.verify().problems).toEqual([])
})

test('backups, incremental ones, and what was restored', async () => {
  const folder = freshFolder()
  const db = await openSmall(join(folder, 'a.sdb'), { compression: 'zstd' })
  db.exec(TABLE)
  fill(db)
  const first = await write(db, 5, 'raw', 5, LONG)
  await db.backup(join(folder, 'a.bak'))
  const second = await write(db, 15, 'raw', 6, LONG)
  const link = await db.backup(join(folder, 'a.bak'), { incremental: true })
  expect(link.pages).toBeLessThan(1.2 * LONG / 65536)
  db.exec(`RESTORE DATABASE '${join(folder, 'b.sdb')}' FROM '${join(folder, 'a.bak')}'`)
  const copy = await openSmall(join(folder, 'b.sdb'))
  expect([await read(copy, 5, 'raw'), await read(copy, 15, 'raw')]).toEqual([first, second])
  expect(copy.verify().problems).toEqual([])
  expect(copy.contentHash()).toBe(db.contentHash())
  copy.exec("UPDATE t SET name = 'x' WHERE id = 10")
  expect(copy.contentHash()).not.toBe(db.contentHash())
})

test('values longer than the memory that come as rows', async () => {
  const path = join(freshFolder(), 'a.sdb')
  let db = await openSmall(path)
  db.exec(TABLE)
  fill(db)
  const raw = piece(3, 3, LONG)
  const check = (n: number): void => {
    expect(db.prepare('SELECT count(*) AS n, count(name) AS names FROM t').get()).toEqual({ n, names: 2000 })
    expect(db.prepare('SELECT id, n FROM t WHERE id BETWEEN 4 AND 21 ORDER BY id DESC').all().map(row => row['id']))
      .toEqual(n === 2001 ? [20, 15, 10] : [20, 15, 10, 5])
    expect(Buffer.compare(db.table('t').get(15)!['raw'] as Uint8Array, raw)).toBe(0)
    expect(db.verify().problems).toEqual([])
  }
  db.table('t').put({ id: 15, raw })
  check(2001)
  db.prepare('INSERT INTO t (id, raw) VALUES (5, ?)').run([raw])
  check(2002)
  db.table('t').put({ id: 15, raw, n: 3 })
  check(2002)
  db.close()
  db = await openSmall(path)
  check(2002)
  db.exec('DELETE FROM t WHERE id = 5')
  check(2001)
  db.exec('VACUUM')
  check(2001)
  expect(db.stats().file.bytes).toBeLessThan(1.5 * LONG)
})
