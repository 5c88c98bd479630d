// db.kv(): every kind of key and value, what SQL sees of a store, transactions, ranges, refusals, and a long random
// run against a Map with reopening in between.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { compareBytes, compareUtf8 } from '../../src/base/utf8.ts'
import type { KvChange } from '../../src/index.ts'
import { errorOf, freshPath, memoryDb, openDb } from './shop.ts'

test('get, put, delete, has; undefined is absent, null is a value', async () => {
  const db = await memoryDb()
  const cache = db.kv('cache', { key: 'text', value: 'json' })
  expect(cache.get('a')).toBeUndefined()
  expect(cache.put('a', { n: [1, 'x'] })).toBe('inserted')
  expect(cache.put('a', 'text')).toBe('updated')
  expect(cache.get('a')).toBe('text')
  expect(cache.put('b', null)).toBe('inserted')
  expect(cache.get('b')).toBeNull()
  expect([cache.has('b'), cache.has('c')]).toEqual([true, false])
  expect(cache.getMany(['b', 'x', 'a'])).toEqual([null, undefined, 'text'])
  expect([cache.delete('a'), cache.delete('a')]).toEqual([true, false])
  expect([...cache]).toEqual([['b', null]])
  expect(db.kv('cache')).toBe(cache)
})

test('a store is a table', async () => {
  const db = await memoryDb()
  db.kv('cache').put('k', { a: 1 })
  expect(db.prepare('DESCRIBE cache').all()).toMatchObject(
    [{ column: 'key', type: 'text', nullable: false }, { column: 'value', type: 'json', nullable: true }]
  )
  db.exec(`INSERT INTO cache VALUES ('sql', '[1, 2]'), ('none', NULL)`)
  expect(db.kv('cache').get('sql')).toEqual([1, 2])
  expect(db.kv('cache').get('none')).toBeNull()
  expect(db.prepare('SELECT key, value FROM cache ORDER BY key').all()).toEqual(
    [{ key: 'k', value: '{"a":1}' }, { key: 'none', value: null }, { key: 'sql', value: '[1, 2]' }]
  )
  db.exec('CREATE TABLE made (key BIGINT PRIMARY KEY, value TEXT)')
  const made = db.kv<number | bigint, string>('made')
  made.put(7, 'seven')
  expect(made.get(7n)).toBe('seven')
})

test('kinds of keys keep the order of their kind', async () => {
  const db = await memoryDb()
  const text = db.kv('t', { key: 'text', value: 'utf8' })
  for (const key of ['～', '😀', 'b', '', 'a', 'ab', 'a\0b', 'é']) text.put(key, key)
  expect([...text.keys()]).toEqual(['', 'a', 'a\0b', 'ab', 'b', 'é', '～', '😀'])
  const whole = db.kv('i', { key: 'integer', value: 'utf8' })
  for (const key of [5, -1, 2n ** 60n, 0, -(2n ** 63n), 2n ** 53n, 2 ** 53 - 1]) whole.put(key, String(key))
  expect([...whole.keys()]).toEqual([-(2n ** 63n), -1, 0, 5, 2 ** 53 - 1, 2n ** 53n, 2n ** 60n])
  expect(whole.get(5n)).toBe('5')
  const double = db.kv('d', { key: 'double', value: 'utf8' })
  for (const key of [NaN, 0.5, -Infinity, Infinity, 1e-310, -2]) double.put(key, String(key))
  expect([...double.keys()]).toEqual([-Infinity, -2, 1e-310, 0.5, Infinity, NaN])
  expect(double.get(NaN)).toBe('NaN')
  double.put(-0, 'zero')
  expect([double.get(0), double.get(-0), Object.is([...double.range({ gte: 0, lte: 0 }).keys()][0], 0)])
    .toEqual(['zero', 'zero', true])
  const bytes = db.kv('b', { key: 'bytes', value: 'bytes' })
  for (const key of [[0, 255], [], [255], [0], [0, 0], [1]]) bytes.put(Uint8Array.from(key), Uint8Array.from(key))
  expect([...bytes.keys()].map(key => [...key])).toEqual([[], [0], [0, 0], [0, 255], [1], [255]])
  expect(bytes.get(Uint8Array.from([0, 255]))).toEqual(Uint8Array.from([0, 255]))
})

test('kinds of values', async () => {
  const db = await memoryDb()
  const price = db.kv('price', { key: 'text', value: 'DECIMAL(9,2)' })
  price.put('pen', '1.5')
  expect(price.get('pen')).toBe('1.50')
  const seen = db.kv('seen', { key: 'integer', value: { at: 'timestamp', ok: 'boolean', note: 'varchar(3)' } })
  const at = new Date('2024-01-02T03:04:05Z')
  seen.put(1, { at, ok: true, note: 'abc' })
  seen.put(2, { at, ok: false })
  expect([...seen.values()]).toEqual([{ at, ok: true, note: 'abc' }, { at, ok: false, note: null }])
  expect(seen.get(2)).toEqual({ at, ok: false, note: null })
  expect(errorOf(() => seen.put(3, { at, ok: true, note: 'abcd' })).code).toBe('22001')
  expect(errorOf(() => seen.put(3, { at, typo: 1 } as never)).code).toBe('42703')
  const json = db.kv('json', { value: 'json' })
  for (const value of ['\ud800', '', 0, false, [], {}, 'é😀', { __proto__x: 1 }]) {
    json.put('v', value)
    expect(json.get('v')).toEqual(value)
  }
  const bytes = db.kv('bytes', { value: 'bytes' })
  const own = Uint8Array.from([1, 2])
  db.transaction(() => {
    bytes.put('v', own)
    own[0] = 9
    bytes.get('v')![1] = 9
  })
  expect(bytes.get('v')).toEqual(Uint8Array.from([1, 2]))
})

test('refusals', async () => {
  const db = await memoryDb('CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT); CREATE TABLE plain (a INT)')
  const cache = db.kv('cache')
  const code = (run: () => unknown): string => errorOf(run).code
  expect(code(() => db.kv('cache', { key: 'integer' }))).toBe('42804')
  expect(code(() => db.kv('cache', { value: 'utf8' }))).toBe('42804')
  expect(code(() => db.kv('item'))).toBe('42804')
  expect(code(() => db.kv('plain'))).toBe('42804')
  expect(errorOf(() => db.kv('item', { key: 'integer', value: 'utf8' }))).toMatchObject(
    { detail: expect.stringContaining('id bigint, name text, PRIMARY KEY (id)') }
  )
  expect(code(() => db.kv('', {}))).toBe('22023')
  expect(code(() => db.kv('x', { keys: 'text' } as never))).toBe('22023')
  expect(code(() => db.kv('x', { key: 'number' as 'text' }))).toBe('22023')
  expect(code(() => db.kv('x', { value: 'nonsense' }))).toBe('42704')
  expect(code(() => db.kv('x', { value: 'INT); DROP TABLE item; --' }))).toBe('22023')
  expect(code(() => db.kv('x', { value: 'INT, other INT' }))).toBe('22023')
  expect(code(() => db.kv('x', { value: { key: 'INT' } }))).toBe('22023')
  expect(code(() => db.kv('x', { value: {} }))).toBe('22023')
  expect(code(() => cache.put('a', undefined))).toBe('22023')
  expect(code(() => cache.put('a', 1n))).toBe('22P02')
  expect(code(() => cache.put('a', () => 1))).toBe('22P02')
  expect(code(() => cache.get('\ud800'))).toBe('22021')
  expect(code(() => cache.put('x\udc00', 1))).toBe('22021')
  for (const key of [1, null, undefined, {}, Symbol('s')]) expect(code(() => cache.get(key as never))).toBe('42804')
  expect(code(() => db.kv('u', { value: 'utf8' }).put('a', 1 as never))).toBe('42804')
  expect(code(() => db.kv('n', { key: 'integer' }).get('1' as never))).toBe('42804')
  expect(code(() => db.kv('n').get(1.5 as never))).toBe('22P02')
  expect(code(() => db.kv('n').get(2 ** 60 as never))).toBe('22003')
  expect(code(() => cache.batch([{ type: 'put', key: 'a', value: 1 }, { type: 'add' } as never]))).toBe('22023')
  expect(cache.has('a')).toBe(false)
  expect(code(() => cache.range({ gt: 'a', gte: 'b' }))).toBe('22023')
  expect(code(() => cache.range({ limit: -1 }))).toBe('22023')
  expect(code(() => cache.range({ gte: 1 as never }))).toBe('42804')
  db.close()
  expect(code(() => cache.get('a'))).toBe('55000')
})

test('ranges: bounds, limit, reverse, keys, values, count, clear', async () => {
  const db = await memoryDb()
  const store = db.kv('s', { key: 'integer', value: 'integer' })
  store.batch(Array.from({ length: 20_000 }, (_, i) => ({ type: 'put' as const, key: i, value: i * 2 })))
  expect(store.range({ gt: 5, lte: 7 }).all()).toEqual([[6, 12], [7, 14]])
  expect([...store.range({ gte: 19_990, reverse: true, limit: 3 }).keys()]).toEqual([19_999, 19_998, 19_997])
  expect([...store.range({ lt: 3 }).values()]).toEqual([0, 2, 4])
  expect([...store.range({ gt: 10, lt: 5 })]).toEqual([])
  expect([store.count(), store.range({ gte: 100, lt: 9000 }).count(), store.range({ limit: 10 }).count()])
    .toEqual([20_000, 8900, 10])
  const seen: number[] = []
  for (const [key] of store.range({ reverse: true })) {
    seen.push(Number(key))
    if (seen.length === 10_000) break
    if (seen.length % 1000 === 0) store.delete(key)
  }
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, i) => 19_999 - i))
  expect(store.count()).toBe(19_991)
  expect(store.clear({ gte: 1000 })).toBe(18_991)
  expect(store.clear()).toBe(1000)
  expect(store.count()).toBe(0)
})

test('transactions, savepoints and a store that is gone', async () => {
  const db = await memoryDb()
  const store = db.kv('s', { value: 'utf8' })
  store.put('a', '1')
  expect(() => db.transaction(() => {
    store.put('a', '2')
    store.put('b', '2')
    expect([store.get('a'), store.has('b'), store.count()]).toEqual(['2', true, 2])
    try {
      db.transaction(() => {
        store.delete('a')
        expect(store.get('a')).toBeUndefined()
        throw new Error('inner')
      })
    } catch { /* the savepoint is taken back */ }
    expect(store.get('a')).toBe('2')
    throw new Error('outer')
  })).toThrow('outer')
  expect([...store]).toEqual([['a', '1']])
  expect(() => db.transaction(() => {
    db.kv('new', { key: 'double', value: 'utf8' }).put(1, 'x')
    expect(db.kv('new').get(1 as never)).toBe('x')
    throw new Error('undo')
  })).toThrow('undo')
  const made = db.kv<number, string>('new')
  expect([made.get(1), made.has(1), [...made], made.count()]).toEqual([undefined, false, [], 0])
  made.put(2, 'again')
  expect(db.prepare('SELECT key + 1 AS n, value FROM new').all()).toEqual([{ n: 3, value: 'again' }])
  db.exec('DROP TABLE s')
  expect(store.get('a')).toBeUndefined()
  expect(store.delete('a')).toBe(false)
  store.put('b', 'there')
  expect([...store]).toEqual([['b', 'there']])
  db.exec('DROP TABLE s; CREATE TABLE s (key TEXT PRIMARY KEY, value BIGINT)')
  expect(errorOf(() => store.get('b')).code).toBe('42804')
})

test('sessions see what others committed, and only that', async () => {
  const db = await memoryDb()
  const mine = db.kv('s', { value: 'utf8' })
  const other = db.connect()
  const theirs = other.kv<string, string>('s')
  other.exec('BEGIN')
  theirs.put('a', 'theirs')
  expect([mine.get('a'), theirs.get('a')]).toEqual([undefined, 'theirs'])
  expect(errorOf(() => mine.put('a', 'mine')).code).toBe('55P03')
  other.exec('COMMIT')
  expect(mine.get('a')).toBe('theirs')
  other.exec('DROP TABLE s')
  expect(mine.get('a')).toBeUndefined()
})

test('read-only databases', async () => {
  const path = freshPath()
  const db = await openDb(path)
  db.kv('s').put('a', [1])
  db.close()
  const reader = await openDb(path, '', { readOnly: true })
  expect(reader.kv('s').get('a')).toEqual([1])
  expect(errorOf(() => reader.kv('s').put('a', 1)).code).toBe('25006')
  expect(errorOf(() => reader.kv('other')).code).toBe('25006')
})

interface Kind {
  readonly key: 'text' | 'integer' | 'double' | 'bytes'
  make(random: Random): unknown
  /** Equal for equal keys. */
  id(key: unknown): string
  compare(a: unknown, b: unknown): number
}

function order(left: unknown, right: unknown): number {
  const [a, b] = [left as number, right as number]
  return Number.isNaN(a) ? Number.isNaN(b) ? 0 : 1 : Number.isNaN(b) || a < b ? -1 : a > b ? 1 : 0
}

const LETTERS = ['a', 'b', 'é', '～', '😀', '\0', 'prefix-']
const KINDS: readonly Kind[] = [
  {
    key: 'text', compare: (a, b) => compareUtf8(a as string, b as string), id: key => key as string,
    make: random => Array.from({ length: random.below(4) }, () => random.pick(LETTERS)).join(''),
  },
  {
    key: 'integer', compare: order, id: String,
    make: random => random.chance(0.8) ? random.below(300) - 150 : BigInt(random.below(20) - 30) * 2n ** 58n,
  },
  {
    key: 'double', compare: order, id: key => String((key as number) + 0),
    make: random => random.chance(0.1) ? random.pick([NaN, -0, 0, Infinity, -Infinity]) : (random.below(200) - 100) / 8,
  },
  {
    key: 'bytes', compare: (a, b) => compareBytes(a as Uint8Array, b as Uint8Array),
    id: key => (key as Uint8Array).join(),
    make: random => Uint8Array.from({ length: random.below(4) }, () => random.pick([0, 1, 127, 255])),
  },
]

for (const kind of KINDS) {
  test(`random changes of a store with ${kind.key} keys, against a Map`, async () => {
    const path = freshPath()
    const random = new Random(kind.key.length)
    const model = new Map<string, [unknown, string]>()
    const options = { rowGroupRows: 64, deltaRows: 24, poolFrames: 16, checkpointEvery: 9 }
    let db = await openDb(path, '', options)
    let store = db.kv<unknown, string>('s', { key: kind.key, value: 'utf8' })
    const sorted = (): [unknown, string][] => [...model.values()].sort((a, b) => kind.compare(a[0], b[0]))
    for (let step = 0; step < 700; step++) {
      const key = kind.make(random)
      const id = kind.id(key)
      const change = (): KvChange<unknown, string> => {
        const key = kind.make(random)
        const id = kind.id(key)
        if (random.chance(0.4)) return model.delete(id), { type: 'delete', key }
        const value = `v${random.below(1000)}`
        model.set(id, [Object.is(key, -0) ? 0 : key, value])
        return { type: 'put', key, value }
      }
      const what = random.below(10)
      if (what < 2) store.batch(Array.from({ length: random.below(40) }, change))
      else if (what < 4) {
        expect(store.put(key, 'p')).toBe(model.has(id) ? 'updated' : 'inserted')
        model.set(id, [Object.is(key, -0) ? 0 : key, 'p'])
      } else if (what < 5) expect(store.delete(key)).toBe(model.delete(id))
      else if (what < 8) {
        expect(store.get(key)).toEqual(model.get(id)?.[1])
        expect(store.has(key)).toBe(model.has(id))
      } else if (what < 9) {
        const reverse = random.chance(0.5)
        const limit = random.below(100)
        const wanted = sorted().filter(([found]) => kind.compare(found, key) >= 0)
        if (reverse) wanted.reverse()
        expect(store.range({ gte: key, reverse, limit }).all()).toEqual(wanted.slice(0, limit))
      } else if (random.chance(0.1)) {
        db.close()
        db = await openDb(path, '', options)
        store = db.kv<unknown, string>('s')
        expect([...store]).toEqual(sorted())
      }
    }
    expect([...store]).toEqual(sorted())
    expect(db.verify().problems).toEqual([])
  })
}
