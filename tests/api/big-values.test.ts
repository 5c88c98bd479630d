// Long values: limits with clear errors, row groups that are closed by bytes, values longer than log segments and
// overflow pages through every path, and streams. The limits are lowered here so that the suite stays small.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import { DEFAULT_ENGINE_OPTIONS } from '../../storage/mod.ts'
import { errorOf, freshPath, memoryDb, openDb } from './shop.ts'

const TEXT_MAX = 1_000_000
const BYTES_MAX = 2_000_000
const GROUP_BYTES = 300_000

Object.assign(DEFAULT_ENGINE_OPTIONS, {
  groupBytes: GROUP_BYTES, walSegmentBytes: 64 * 1024,
  valueLimits: { textBytes: TEXT_MAX, binaryBytes: BYTES_MAX, rowBytes: 2_500_000 },
})

const TABLE = 'CREATE TABLE t (id BIGINT PRIMARY KEY, body TEXT, raw BYTEA, n INTEGER DEFAULT 7, j JSON)'

function randomText(random: Random, length: number): string {
  return Array.from({ length: Math.ceil(length / 8) }, () => random.below(2 ** 30).toString(36).padEnd(8, 'é'))
    .join('').slice(0, length)
}

function checkAll(db: Database, wanted: Map<number, string | null>): void {
  const rows = db.prepare('SELECT id, body FROM t ORDER BY id').all()
  expect(rows.length).toBe(wanted.size)
  for (const row of rows) expect(row['body'] === wanted.get(row['id'] as number), String(row['id'])).toBe(true)
  for (const [id, body] of wanted) expect(db.table('t').get(id)!['body'] === body, String(id)).toBe(true)
  expect(db.verify().problems).toEqual([])
}

test('long text through log, checkpoint, recovery and merge', async () => {
  const path = freshPath()
  const random = new Random(1)
  const wanted = new Map<number, string | null>()
  const options: OpenOptions = { memory: '32MB', rowGroupRows: 64, deltaRows: 12, checkpointEvery: 7 }
  let db = await openDb(path, TABLE, options)
  const put = db.prepare('INSERT INTO t (id, body) VALUES ($1, $2)')
  for (let id = 0; id < 40; id++) {
    const body = id % 9 === 0 ? null : randomText(random, random.pick([0, 10, 70_000, 200_000, 333_000]))
    put.run([id, body])
    wanted.set(id, body)
  }
  db.exec('DELETE FROM t WHERE id % 5 = 0; UPDATE t SET n = 1 WHERE id % 4 = 0')
  for (const id of [...wanted.keys()]) if (id % 5 === 0) wanted.delete(id)
  checkAll(db, wanted)
  db.close()
  db = await openDb(path, '', { ...options, mergeEveryCommit: true })
  checkAll(db, wanted)
  db.exec('UPDATE t SET n = 2 WHERE id = 3')
  checkAll(db, wanted)
  const { groups } = db.table('t').index()
  expect(groups.length).toBeGreaterThan(8)
})

test('a row group is closed by bytes, also by appends and loaders', async () => {
  const path = freshPath()
  const random = new Random(2)
  const db = await openDb(path, `${TABLE}; CREATE TABLE loaded (id BIGINT PRIMARY KEY, body TEXT)`, { memory: '64MB' })
  const id = Array.from({ length: 60_000 }, (_, i) => i)
  const body = id.map(i => i % 1500 === 0 ? randomText(random, 100_000) : `short ${i}`)
  db.table('t').append({ id, body })
  expect(db.table('t').index().groups.length).toBeGreaterThan(12)
  const loader = db.table('loaded').loader()
  for (let from = 0; from < id.length; from += 10_000) {
    loader.add({ id: id.slice(from, from + 10_000).reverse(), body: body.slice(from, from + 10_000).reverse() })
  }
  loader.finish()
  expect(db.table('loaded').index().groups.length).toBeGreaterThan(12)
  const differ = 'SELECT count(*) AS n FROM t JOIN loaded USING (id) WHERE t.body <> loaded.body'
  expect(db.prepare(differ).get()).toEqual({ n: 0 })
  for (const i of [0, 1, 1499, 1500, 59_999]) expect(db.table('t').get(i)!['body'] === body[i]).toBe(true)
  expect(db.verify().problems).toEqual([])
})

test('values and rows beyond the limit are 54000, everywhere, and leave nothing', async () => {
  const db = await memoryDb(TABLE)
  const item = db.table('t')
  const fits = 'x'.repeat(TEXT_MAX)
  const long = `${fits}x`
  const wide = 'é'.repeat(TEXT_MAX / 2 + 1)
  item.put({ id: 1, body: fits })
  item.put({ id: 2, raw: new Uint8Array(BYTES_MAX) })
  const code = (run: () => unknown): unknown => {
    const { code, message } = errorOf(run)
    expect(message).toMatch(/too long/)
    return code
  }
  expect(code(() => item.put({ id: 3, body: long }))).toBe('54000')
  expect(code(() => item.put({ id: 3, body: wide }))).toBe('54000')
  expect(code(() => item.put({ id: 3, raw: new Uint8Array(BYTES_MAX + 1) }))).toBe('54000')
  expect(code(() => item.put({ id: 3, body: fits, raw: new Uint8Array(BYTES_MAX) }))).toBe('54000')
  expect(code(() => item.put({ id: 3, j: [long] }))).toBe('54000')
  expect(code(() => db.prepare('INSERT INTO t (id, body) VALUES ($1, $2)').run([3, long]))).toBe('54000')
  expect(code(() => db.prepare('UPDATE t SET body = $1 WHERE id = 1').run([long]))).toBe('54000')
  expect(code(() => db.exec("UPDATE t SET body = body || 'x' WHERE id = 1"))).toBe('54000')
  expect(code(() => item.append({ id: [3], body: [wide] }))).toBe('54000')
  const ids = Array.from({ length: 60_000 }, (_, i) => i + 10)
  expect(code(() => item.append({ id: ids, body: ids.map(id => id === 500 ? wide : 'x') }))).toBe('54000')
  expect(code(() => db.kv('kv', { value: 'utf8' }).put('a', long))).toBe('54000')
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2 })
})

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('streams write and read one value', async () => {
  const path = freshPath()
  let db = await openDb(path, TABLE, { memory: '32MB' })
  const bytes = Uint8Array.from({ length: 1_500_000 }, (_, i) => (i * 31) >>> 3)
  const writer = db.table('t').writeStream(1, 'raw').getWriter()
  const buffer = new Uint8Array(50_000)
  for (let at = 0; at < bytes.length; at += buffer.length) {
    buffer.set(bytes.subarray(at, at + buffer.length))
    await writer.write(buffer)
    expect(db.table('t').has(1)).toBe(false)
  }
  await writer.close()
  expect(db.table('t').get(1)).toMatchObject({ id: 1, body: null, n: 7 })
  const text = db.table('t').writeStream(1, 'body').getWriter()
  for (const part of [[0xc3], [0xa9, 0x61], []]) await text.write(Uint8Array.from(part))
  await text.close()
  expect(db.table('t').get(1)!['body']).toBe('éa')
  for (const merge of [false, true]) {
    if (merge) {
      db.close()
      db = await openDb(path, '', { memory: '32MB', mergeEveryCommit: true })
      db.exec('INSERT INTO t (id) VALUES (2)')
      expect(db.table('t').index().keys).toBe(2)
    }
    const item = db.table('t')
    expect(Buffer.compare(await collect(item.readStream(1, 'raw')!), bytes)).toBe(0)
    expect(await collect(item.readStream(1, 'body')!)).toEqual(Buffer.from('éa'))
    expect([item.readStream(1, 'j'), item.readStream(9, 'raw'), item.readStream(null, 'raw')])
      .toEqual([null, undefined, undefined])
  }
})

test('a stream keeps its snapshot, and lets it go', async () => {
  const db = await openDb(freshPath(), TABLE, { memory: '32MB', mergeEveryCommit: true })
  const item = db.table('t')
  const old = new Uint8Array(500_000).fill(1)
  // The suite's second run holds snapshots of its own.
  const snapshots = (): number => db.stats().transactions.openSnapshots
  item.put({ id: 1, raw: old })
  const reader = item.readStream(1, 'raw')!.getReader()
  const first = await reader.read()
  item.put({ id: 1, raw: new Uint8Array(500_000).fill(2) })
  db.exec('INSERT INTO t (id) VALUES (2); DELETE FROM t WHERE id = 1')
  let length = first.value!.length
  const during = snapshots()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    expect(next.value.every(byte => byte === 1)).toBe(true)
    length += next.value.length
  }
  expect(length).toBe(500_000)
  expect(snapshots()).toBe(during - 1)
  item.put({ id: 1, raw: old })
  const before = snapshots()
  for await (const chunk of item.readStream(1, 'raw')!) {
    expect(chunk.length).toBe(65_536)
    break
  }
  expect(snapshots()).toBe(before)
  const held = item.readStream(1, 'raw')!.getReader()
  await held.read()
  expect(snapshots()).toBe(before + 1)
  db.close({ force: true })
  await expect(held.read()).rejects.toMatchObject({ code: '57014' })
})

test('streams: aborts, limits and refusals', async () => {
  const db = await memoryDb(`${TABLE}; CREATE TABLE strict (id INT PRIMARY KEY, a INT NOT NULL, b TEXT)`)
  const item = db.table('t')
  const aborted = item.writeStream(1, 'raw').getWriter()
  await aborted.write(new Uint8Array(10))
  await aborted.abort()
  expect(item.has(1)).toBe(false)
  const long = item.writeStream(1, 'body').getWriter()
  await long.write(new Uint8Array(TEXT_MAX))
  await expect(long.write(new Uint8Array(1))).rejects.toMatchObject({ code: '54000' })
  await expect(long.close()).rejects.toBeDefined()
  const broken = item.writeStream(1, 'body').getWriter()
  await expect(broken.write(Uint8Array.from([0xff]))).rejects.toMatchObject({ code: '22021' })
  const cut = item.writeStream(1, 'body').getWriter()
  await cut.write(Uint8Array.from([0xc3]))
  await expect(cut.close()).rejects.toMatchObject({ code: '22021' })
  const notNull = db.table('strict').writeStream(1, 'b').getWriter()
  await expect(notNull.close()).rejects.toMatchObject({ code: '23502' })
  const json = item.writeStream(1, 'j').getWriter()
  await json.write(Buffer.from('{"a": '))
  await expect(json.close()).rejects.toMatchObject({ code: '22P02' })
  expect(item.has(1)).toBe(false)
  const code = (run: () => unknown): string => errorOf(run).code
  expect(code(() => item.writeStream(1, 'n'))).toBe('42804')
  expect(code(() => item.readStream(1, 'id'))).toBe('42804')
  expect(code(() => item.readStream(1, 'bdy'))).toBe('42703')
  expect(code(() => item.writeStream(null, 'raw'))).toBe('22023')
  const undone = item.writeStream(5, 'raw').getWriter()
  await undone.write(Uint8Array.from([1]))
  db.exec('BEGIN')
  await undone.close()
  expect(item.has(5)).toBe(true)
  db.exec('ROLLBACK')
  expect(item.has(5)).toBe(false)
})
