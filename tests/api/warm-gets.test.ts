// Reads by key that have become warm: table.get, getMany, kv.get and a prepared SELECT go straight to the table, and
// have to notice whatever makes that wrong. Each is asked again after every change, beside a scan.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { open } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { errorOf, memoryDb } from './shop.ts'

const ROWS = 3000
const WARM = 4200

async function filled(): Promise<Database> {
  const db = await memoryDb('CREATE TABLE t (id BIGINT PRIMARY KEY, n INT, x DOUBLE PRECISION, s TEXT)')
  const ids = Array.from({ length: ROWS }, (_, i) => i * 7 - 500)
  db.table('t').append({
    id: ids, n: ids.map((id) => id % 10 === 0 ? null : id & 255), x: ids.map((id) => id / 8),
    s: ids.map((id) => `s${id % 9}`),
  })
  return db
}

type Get = (id: number) => Record<string, unknown> | undefined

function readers(db: Database): Record<string, Get> {
  const table = db.table('t')
  const select = db.prepare('SELECT * FROM t WHERE id = $1')
  return {
    get: (id) => table.get(id), many: (id) => table.getMany([id + 1e6, id, 'x' === `${id}` ? null : id])[1],
    has: (id) => table.has(id) ? table.get(id) : undefined, select: (id) => select.get([id]),
  }
}

function warmUp(db: Database, all: Record<string, Get>): void {
  for (let i = 0; i < WARM; i++) for (const get of Object.values(all)) get((i % ROWS) * 7 - 500)
  expect(db.table('t').get(-500)).toBeDefined()
}

function check(db: Database, all: Record<string, Get>, ids: readonly number[]): void {
  const rows = new Map(db.prepare('SELECT * FROM t').all().map((row) => [row['id'], row]))
  for (const id of ids) {
    for (const [name, get] of Object.entries(all)) expect(get(id), `${name} ${id}`).toEqual(rows.get(id))
  }
}

test('updates, deletes, inserts, transactions and merges are seen', async () => {
  const db = await filled()
  const all = readers(db)
  warmUp(db, all)
  const random = new Random(4)
  const ids = [-500, -493, 0, 4, 200, 207, 20_493, 20_500, 99_999, -0]
  check(db, all, ids)
  for (let round = 0; round < 12; round++) {
    db.exec(`UPDATE t SET n = ${round}, s = NULL WHERE id = ${random.pick(ids)};
      DELETE FROM t WHERE id = ${round * 70 - 493};
      INSERT INTO t VALUES (${round * 7 + 3}, ${round}, NULL, 'new') ON CONFLICT DO NOTHING`)
    const changed = [...ids, round * 70 - 493, round * 7 + 3]
    check(db, all, changed)
    db.exec(`BEGIN; UPDATE t SET x = -1 WHERE id = 207; DELETE FROM t WHERE id = 200;
      INSERT INTO t VALUES (99999, 1, 1, 'x')`)
    check(db, all, changed)
    db.exec(round % 2 === 0 ? 'ROLLBACK'
      : 'COMMIT; DELETE FROM t WHERE id = 99999; INSERT INTO t VALUES (200, 1, 1, NULL)')
    check(db, all, changed)
    if (round === 6) {
      db.exec('VACUUM t')
      db.checkpoint()
    }
  }
  await db.close()
})

test('many keys at once are as many gets, whatever the keys are', async () => {
  const db = await filled()
  const table = db.table('t')
  warmUp(db, readers(db))
  const random = new Random(9)
  const keys = Array.from({ length: 1000 }, () => random.between(-600, 21_000))
  expect(table.getMany(keys)).toEqual(keys.map((key) => table.get(key)))
  expect(table.getMany(Float64Array.from(keys))).toEqual(keys.map((key) => table.get(key)))
  expect(table.getMany(new Set(keys))).toEqual([...new Set(keys)].map((key) => table.get(key)))
  db.exec('DELETE FROM t WHERE id < 3000; UPDATE t SET n = NULL WHERE id > 15000')
  expect(table.getMany(keys)).toEqual(keys.map((key) => table.get(key)))
  expect(table.getMany([])).toEqual([])
  const mixed = [5000n, '5000', null, undefined, 4001]
  expect(table.getMany(mixed)).toEqual(mixed.map((key) => table.get(key)))
  for (const bad of [1.5, 'x', {}, NaN]) {
    expect(errorOf(() => table.getMany([1, bad, 2])).code).toBe(errorOf(() => table.get(bad)).code)
  }
  await db.close()
})

test('a table that is dropped, made again, and a session or database that ends', async () => {
  const db = await filled()
  const all = readers(db)
  warmUp(db, all)
  const other = db.connect()
  const far = readers(other as unknown as Database)
  warmUp(db, far)
  other.exec('DROP TABLE t')
  for (const [name, get] of [...Object.entries(all), ...Object.entries(far)]) {
    expect(errorOf(() => get(-493)).code, name).toBe('42P01')
  }
  db.exec(`CREATE TABLE t (id BIGINT PRIMARY KEY, n INT, x DOUBLE PRECISION, s TEXT);
    INSERT INTO t VALUES (7, 1, 2, 'y')`)
  check(db, all, [7, -493])
  db.exec('DROP TABLE t; CREATE TABLE t (id BIGINT PRIMARY KEY, s TEXT); INSERT INTO t VALUES (7, \'z\')')
  check(db, all, [7])
  other.close()
  for (const get of Object.values(far)) expect(errorOf(() => get(7)).code).toBe('55000')
  await db.close()
  for (const get of Object.values(all)) expect(errorOf(() => get(7)).code).toBe('55000')
})

test('text keys, short and long, of one byte a character and more', async () => {
  const db = await memoryDb(`CREATE TABLE w (k TEXT PRIMARY KEY, n INT);
    CREATE TABLE v (k VARCHAR(5) PRIMARY KEY, n INT)`)
  const long = [63, 64, 65].map((length) => 'x'.repeat(length))
  const stems = ['', 'a', 'ab', 'abc', 'straße', 'zebra', 'Ω', '日本', '😀', ...long]
  const keys = stems.flatMap((stem) => Array.from({ length: 60 }, (_, i) => `${stem}${i === 0 ? '' : i}`))
  const known = new Map([...new Set(keys)].map((key, i) => [key, i]))
  db.table('w').append({ k: [...known.keys()], n: [...known.values()] })
  db.exec(`INSERT INTO v VALUES ('ab', 1), ('abcde', 2)`)
  const [w, v] = [db.table('w'), db.table('v')]
  for (let round = 0; round < 3; round++) {
    for (const [k, n] of known) {
      expect(w.get(k)).toEqual({ k, n })
      expect([w.has(k), w.get(`${k}!`), w.has(`${k}\0`)]).toEqual([true, undefined, false])
    }
    expect([w.get(null), v.get('ab')!['n'], v.get('abcde')!['n']]).toEqual([undefined, 1, 2])
    expect(errorOf(() => v.get('abcdef')).code).toBe('22001')
    expect(errorOf(() => w.get(5)).code).toBe('42804')
    expect(errorOf(() => w.get('a\ud800')).code).toBe('22021')
    expect(w.getMany(['a', 'nowhere', 'Ω'])).toEqual([w.get('a'), undefined, w.get('Ω')])
    db.exec(`UPDATE w SET n = n + 1 WHERE k = 'a'; DELETE FROM w WHERE k = 'Ω${round}'`)
    known.set('a', known.get('a')! + 1)
    known.delete(`Ω${round}`)
  }
  db.exec('DROP TABLE w; CREATE TABLE w (k INTEGER PRIMARY KEY)')
  expect(errorOf(() => w.get('a')).code).toBe('22P02')
  await db.close()
})

test('stores of keys and values', async () => {
  const db = await open(':memory:')
  const numbers = db.kv<number, string>('numbers', { key: 'integer', value: 'utf8' })
  const texts = db.kv<string, string>('texts', { key: 'text', value: 'utf8' })
  db.transaction(() => {
    for (let i = 0; i < 500; i++) {
      numbers.put(i * 3, `value ${i}`)
      texts.put(`key ${i}`, `value ${i}`)
    }
  })
  db.checkpoint()
  for (let i = 0; i < WARM; i++) {
    expect(numbers.get(i % 1500)).toBe(i % 3 === 0 ? `value ${i % 1500 / 3}` : undefined)
    expect(texts.get(`key ${i % 600}`)).toBe(i % 600 < 500 ? `value ${i % 600}` : undefined)
  }
  expect(numbers.getMany([3, 4, 6, -1])).toEqual(['value 1', undefined, 'value 2', undefined])
  expect(texts.getMany(['key 1', 'x'])).toEqual(['value 1', undefined])
  expect([numbers.has(3), numbers.has(4), texts.has('key 2'), texts.has('')]).toEqual([true, false, true, false])
  db.exec('BEGIN')
  numbers.put(3, 'inside')
  expect([numbers.get(3), numbers.getMany([3, 6])]).toEqual(['inside', ['inside', 'value 2']])
  db.exec('ROLLBACK')
  expect([numbers.get(3), numbers.getMany([3, 6])]).toEqual(['value 1', ['value 1', 'value 2']])
  expect(errorOf(() => numbers.get(0.5)).code).toBe(errorOf(() => numbers.getMany([0.5])).code)
  db.exec('DROP TABLE numbers')
  expect([numbers.get(3), numbers.getMany([3])]).toEqual([undefined, [undefined]])
  numbers.put(3, 'again')
  expect(numbers.get(3)).toBe('again')
  await db.close()
})
