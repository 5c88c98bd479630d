// Queries over more rows than fit: with the least memory a database may have, sorts, joins, groupings, windows and set
// operations use temporary files and give the same answers as with plenty; nothing is left on the disk; what must
// fail says 53200 and leaves the session usable; a damaged temporary file is found.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SPILL_DEFAULTS } from '../../exec/mod.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { sweepTemp, TempSpace } from '../../storage/file/temp-space.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

const ROWS = 300_000
const folder = mkdtempSync(join(tmpdir(), 'secantdb-spill-test-'))
let small: Database
let large: Database

async function filled(path: string, memory: string): Promise<Database> {
  const db = await open(path, { memory })
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, name TEXT, amount DECIMAL(10,2), x DOUBLE PRECISION)`)
  const id = Int32Array.from({ length: ROWS }, (_, i) => i)
  const k = Array.from(id, (i) => i % 97 === 0 ? null : (Math.imul(i, 0x9e37_79b1) >>> 0) % 200_000)
  const name = Array.from(id, (i) => i % 89 === 0 ? null : `name ${(Math.imul(i, 0x85eb_ca77) >>> 0) % 150_000}`)
  const amount = Float64Array.from(id, (i) => ((i * 7919) % 1_000_000) / 100)
  db.table('t').append({ id, k, name, amount, x: Float64Array.from(id, (i) => Math.sin(i)) })
  return db
}

beforeAll(async () => {
  small = await filled(join(folder, 'small.sdb'), '8MB')
  large = await filled(':memory:', '512MB')
})
afterAll(() => {
  small.close()
  large.close()
  expect(readdirSync(folder).filter((name) => name.endsWith('-tmp'))).toEqual([])
  rmSync(folder, { recursive: true })
})

const QUERIES = [
  'SELECT sum(p * (id % 1000)) FROM (SELECT id, row_number() OVER (ORDER BY id) AS p FROM t WHERE id < 1000) AS s',
  `SELECT id, k, name FROM t ORDER BY name DESC, k, id OFFSET 123456 LIMIT 200000`,
  'SELECT count(*), sum(n), sum(a) FROM (SELECT name, count(*) AS n, sum(amount) AS a FROM t GROUP BY name) AS s',
  'SELECT count(*), sum(k), min(name) FROM (SELECT DISTINCT k, name FROM t) AS s',
  'SELECT count(*), sum(a.amount), max(b.name) FROM t AS a JOIN t AS b ON a.k = b.k',
  'SELECT count(*), count(b.id), sum(b.amount) FROM t AS a LEFT JOIN t AS b ON a.k = b.id AND b.name IS NOT NULL',
  'SELECT count(*), sum(a.id), sum(b.id) FROM t AS a FULL JOIN t AS b ON a.k = b.id + 100000',
  'SELECT count(*) FROM t AS a WHERE NOT EXISTS (SELECT 1 FROM t AS b WHERE b.k = a.id AND b.x > a.x)',
  `SELECT sum(r * (id % 10)), sum(s) FROM (
     SELECT id, rank() OVER (PARTITION BY name ORDER BY k) AS r, sum(amount) OVER (PARTITION BY name) AS s
     FROM t) AS w`,
  'SELECT count(*), sum(k) FROM (SELECT k, name FROM t EXCEPT SELECT k, name FROM t WHERE id % 3 = 0) AS s',
]

test.each(QUERIES)('%s', (sql) => {
  expect(small.prepare(sql).raw()).toEqual(large.prepare(sql).raw())
  expect(existsSync(join(folder, 'small.sdb-tmp'))).toBe(false)
})

test('EXPLAIN ANALYZE says what spilled', () => {
  const lines = small.prepare('EXPLAIN ANALYZE SELECT id FROM t ORDER BY name, id').raw().flat().join('\n')
  expect(lines).toMatch(/spilled: \d+ temporary files/)
})

test('what cannot be parted fails with 53200, and the session goes on', () => {
  expect(() => small.prepare('SELECT count(*) OVER (ORDER BY x), * FROM t, (VALUES (1), (2), (3)) AS v').raw())
    .toThrow(expect.objectContaining({ code: '53200' }))
  expect(small.prepare('SELECT count(*) FROM t').raw()).toEqual([[ROWS]])
})

test('files have no names while they are open, and a crash leaves none', () => {
  const files = new MemoryFileSystem()
  const space = new TempSpace(files, 'db-tmp')
  const file = space.create()
  file.append(new Uint8Array([1, 2, 3]))
  const bytes = new Uint8Array(3)
  expect([file.read(0, bytes), ...bytes]).toEqual([3, 1, 2, 3])
  expect(files.exists('db-tmp')).toBe(false)
  space.close()
  expect(() => file.read(0, bytes)).toThrow()
  files.makeFolder('db-tmp')
  files.open('db-tmp/17-aa.spill', 'create').close()
  sweepTemp(files, 'db-tmp')
  expect(files.exists('db-tmp')).toBe(false)
})

test('a damaged block is XX001', async () => {
  const files = new MemoryFileSystem()
  const realOpen = files.open.bind(files)
  files.open = (path, mode) => {
    const handle = realOpen(path, mode)
    if (!path.endsWith('.spill')) return handle
    return Object.assign(Object.create(handle), {
      write: (offset: number, source: Uint8Array) => {
        const copy = Uint8Array.from(source)
        copy[100]! ^= 1
        handle.write(offset, copy)
      },
      size: () => handle.size(), close: () => handle.close(),
      read: (offset: number, target: Uint8Array) => handle.read(offset, target),
    })
  }
  const db = await open('damaged.sdb', { files, tempDirectory: 'elsewhere' })
  db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)')
  db.table('t').append({ a: [1, 2, 3], b: ['x', 'y', 'z'] })
  const before = SPILL_DEFAULTS.budgetBytes
  SPILL_DEFAULTS.budgetBytes = 1
  try {
    expect(() => db.prepare('SELECT * FROM t ORDER BY b').raw())
      .toThrow(expect.objectContaining({ code: 'XX001', message: expect.stringContaining('temporary file') as string }))
  } finally {
    SPILL_DEFAULTS.budgetBytes = before
  }
  expect(db.prepare('SELECT count(*) FROM t').raw()).toEqual([[3]])
  db.close()
})
