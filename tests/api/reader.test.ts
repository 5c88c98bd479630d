// open(path, { readOnly: true }) beside a writer: every statement and every get sees what was committed before it,
// tables come and go, and writing is refused.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { open } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-readers-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Within one turn of the event loop a reader may look at the log once for many calls.
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('readers follow the writer', async () => {
  const path = join(folder, 'shop.sdb')
  const writer = await open(path)
  writer.exec('CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT)')
  const readers = [await open(path, { readOnly: true }), await open(path, { readOnly: true })]
  const gets = readers.map((reader) => reader.prepare('SELECT name FROM item WHERE id = ?'))
  const counts = readers.map((reader) => reader.prepare('SELECT count(*) AS n FROM item'))
  for (let id = 1; id <= 40; id++) {
    writer.table('item').put({ id, name: `name ${id}` })
    if (id % 7 === 0) writer.checkpoint()
    await nextTurn()
    for (let r = 0; r < readers.length; r++) {
      expect(readers[r]!.table('item').get(id)).toEqual({ id, name: `name ${id}` })
      expect(gets[r]!.get([id])).toEqual({ name: `name ${id}` })
      expect(counts[r]!.get()).toEqual({ n: id })
    }
  }
  writer.checkpoint()
  expect(writer.stats().readers.count).toBe(2)
  writer.table('item').append({ id: Array.from({ length: 5000 }, (_, i) => i + 100), name: Array(5000).fill('bulk') })
  writer.exec('CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO other VALUES (1)')
  await nextTurn()
  expect(counts[0]!.get()).toEqual({ n: 5040 })
  expect(readers[1]!.prepare('SELECT * FROM other').all()).toEqual([{ id: 1 }])
  writer.exec('DROP TABLE other')
  await nextTurn()
  expect(() => readers[1]!.prepare('SELECT * FROM other').all()).toThrow(expect.objectContaining({ code: '42P01' }))
  expect(() => readers[0]!.exec('DELETE FROM item')).toThrow(expect.objectContaining({ code: '25006' }))
  for (const db of [...readers, writer]) db.close()
})

test('an iterator of a reader keeps the state of its start', async () => {
  const path = join(folder, 'iterate.sdb')
  const writer = await open(path)
  writer.exec('CREATE TABLE t (id INT PRIMARY KEY)')
  writer.table('t').append({ id: Array.from({ length: 3000 }, (_, i) => i) })
  const reader = await open(path, { readOnly: true })
  const seen: unknown[] = []
  for (const row of reader.prepare('SELECT id FROM t ORDER BY id').iterate()) {
    if (seen.length % 500 === 0) {
      writer.exec('DELETE FROM t WHERE id % 3 = 1')
      writer.exec(`INSERT INTO t VALUES (${10_000 + seen.length})`)
      writer.checkpoint()
      await nextTurn()
    }
    seen.push(row['id'])
  }
  expect(seen).toEqual(Array.from({ length: 3000 }, (_, i) => i))
  await nextTurn()
  expect(reader.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 2004 })
  reader.close()
  writer.close()
})

test('a reader follows DROP INDEX and DROP TABLE over sealed runs with stored filters', async () => {
  const path = join(folder, 'drop.sdb')
  const writer = await open(path, { deltaRows: 16, rowGroupRows: 64 })
  const index = 'CREATE INDEX t_v ON t (v)'
  writer.exec(`CREATE TABLE t (id INT PRIMARY KEY, v INT); ${index}`)
  for (let id = 0; id < 300; id++) writer.table('t').put({ id: (id * 37) % 300, v: id % 7 })
  writer.checkpoint()
  expect(writer.stats().tables.some((table) => table.runRows > 0)).toBe(true)
  const reader = await open(path, { readOnly: true })
  const count = reader.prepare('SELECT count(*) AS n FROM t WHERE v = 3')
  expect(count.get()).toEqual({ n: 43 })
  writer.exec('DROP INDEX t_v')
  await nextTurn()
  expect(count.get()).toEqual({ n: 43 })
  writer.exec(`${index}; INSERT INTO t VALUES (300, 3); DROP INDEX t_v`)
  await nextTurn()
  expect(count.get()).toEqual({ n: 44 })
  writer.exec('DROP TABLE t')
  await nextTurn()
  expect(() => count.get()).toThrow(expect.objectContaining({ code: '42P01' }))
  for (const db of [reader, writer]) db.close()
})
