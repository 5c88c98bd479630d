// open(): creates, opens again, refuses what is not a database, validates options.
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import { SHOP, freshPath, openDb, rejectionOf } from './shop.ts'

test('creates a file, keeps its rows, opens again', async () => {
  const path = freshPath()
  const db = await openDb(path, SHOP)
  db.close()
  const again = await openDb(path)
  expect(again.prepare('SELECT name FROM item ORDER BY id').raw()).toEqual([['pen'], ['ink'], ['cap']])
  expect(again.path).toBe(path)
})

test('rows survive without a checkpoint too', async () => {
  const path = freshPath()
  const db = await openDb(path, SHOP)
  db.checkpoint()
  db.exec("INSERT INTO item VALUES (4, 'box', 9.99, NULL)")
  db.close()
  const again = await openDb(path)
  expect(again.table('item').get(4)).toEqual({ id: 4, name: 'box', price: '9.99', at: null })
})

test('read-only refuses writes with 25006', async () => {
  const path = freshPath()
  ;(await openDb(path, SHOP)).close()
  const db = await openDb(path, '', { readOnly: true })
  expect(db.table('item').get(1)).toMatchObject({ name: 'pen' })
  expect(() => db.exec('DELETE FROM item')).toThrow(expect.objectContaining({ code: '25006' }))
  expect(() => db.table('item').put({ id: 9, name: 'x' })).toThrow(expect.objectContaining({ code: '25006' }))
})

test('a missing file opened read-only is 58P01', async () => {
  expect((await rejectionOf(open(freshPath(), { readOnly: true }))).code).toBe('58P01')
})

test.skipIf(process.platform === 'win32')('a device is neither a database nor the target of a backup', async () => {
  expect((await rejectionOf(open('/dev/null'))).code).toBe('42809')
  const db = await open(':memory:')
  expect(() => db.exec("BACKUP DATABASE TO '/dev/null'")).toThrow(expect.objectContaining({ code: '42809' }))
  db.close()
})

test('a directory and a file that is no database are 42809', async () => {
  const path = freshPath()
  mkdirSync(path)
  expect((await rejectionOf(open(path))).code).toBe('42809')
  writeFileSync(`${path}.txt`, 'this is not a database at all '.repeat(1000))
  expect((await rejectionOf(open(`${path}.txt`))).code).toBe('42809')
})

test('a second writer is 55006', async () => {
  const path = freshPath()
  await openDb(path)
  expect((await rejectionOf(open(path))).code).toBe('55006')
})

test.each([
  [{ memry: '1GB' }, 'unknown option "memry"', 'Did you mean "memory"?'],
  [{ synchronous: 'ful' }, 'synchronous must be one of', undefined],
  [{ memory: '1QB' }, 'memory must be bytes or a size', undefined], [{ memory: 5 }, 'between 8MB and 4GB', undefined],
  [{ readOnly: 1 }, 'readOnly must be true or false', undefined],
  [{ rowGroupRows: 3 }, 'rowGroupRows must be an integer', undefined],
  [{ backend: 'gpu' }, 'backend must be one of', undefined],
])('options %j', async (options, message, hint) => {
  const error = await rejectionOf(open(':memory:', options as object))
  expect(error.code).toBe('22023')
  expect(error.message).toContain(message)
  if (hint !== undefined) expect(error.hint).toBe(hint)
})

test.each(['threads'])('option %s is 0A000', async name => {
  expect((await rejectionOf(open(':memory:', { [name]: 2 }))).code).toBe('0A000')
})

test('the path must be a string', async () => {
  expect((await rejectionOf(open(undefined as unknown as string))).code).toBe('22023')
})

test.each(['javascript', 'webassembly', 'auto'] as const)('back end %s gives the same rows', async backend => {
  const db = await openDb(':memory:', SHOP, { backend })
  expect(db.prepare('SELECT count(*), sum(price) FROM item WHERE id > 1').raw()).toEqual([[2, '4.50']])
})
