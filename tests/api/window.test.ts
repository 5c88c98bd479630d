// Window functions through the public API: on a table whose rows were changed and removed again, compared with
// a model that looks at every pair of rows. The model knows nothing about sorting.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Database } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

interface Item { id: number; g: number | null; k: number | null; v: number | null; t: string | null }

const CREATE = 'CREATE TABLE item (id INTEGER PRIMARY KEY, g INTEGER, k INTEGER, v INTEGER, t TEXT)'

function draw(random: Random, id: number): Item {
  const maybe = <T>(value: T): T | null => random.chance(0.15) ? null : value
  return {
    id, g: maybe(random.below(5)), k: maybe(random.below(12)), v: maybe(random.below(1000) - 500),
    t: maybe(random.pick(['a', 'b', 'ä', 'longer than a view', ''])),
  }
}

/** Rows written in several transactions, some changed and some removed again. */
async function dirtyTable(seed: number, count: number): Promise<{ db: Database; items: Item[] }> {
  const random = new Random(seed)
  const db = await memoryDb(CREATE)
  const put = db.prepare('INSERT INTO item VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET g = excluded.g, ' +
    'k = excluded.k, v = excluded.v, t = excluded.t')
  const items = new Map<number, Item>()
  for (let i = 0; i < count; i++) {
    const item = draw(random, random.below(count * 2))
    put.run([item.id, item.g, item.k, item.v, item.t])
    items.set(item.id, item)
    if (random.chance(0.1)) {
      const gone = random.below(count * 2)
      db.prepare('DELETE FROM item WHERE id = ?').run([gone])
      items.delete(gone)
    }
  }
  return { db, items: [...items.values()] }
}

/** NULLs last, then by the key, then by id. */
function comesBefore(a: Item, b: Item): boolean {
  const [x, y] = [a.k ?? Infinity, b.k ?? Infinity]
  return x < y || (x === y && a.id < b.id)
}

test.each([1, 2, 3])('ranks, sums and extremes are those of all pairs of rows, seed %i', async (seed) => {
  const { db, items } = await dirtyTable(seed, 400)
  const rows = db.prepare(`SELECT id, row_number() OVER w, rank() OVER (PARTITION BY g ORDER BY k),
      sum(v) OVER w, count(v) OVER (PARTITION BY g), max(v) OVER (PARTITION BY g ORDER BY k), lag(t) OVER w,
      sum(v) OVER (w ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING),
      min(v) OVER (w ROWS BETWEEN 20 PRECEDING AND 3 PRECEDING)
    FROM item WINDOW w AS (PARTITION BY g ORDER BY k, id) ORDER BY id`).raw()
  const want = items.sort((a, b) => a.id - b.id).map((item) => {
    const group = items.filter((other) => other.g === item.g).sort((a, b) => comesBefore(a, b) ? -1 : 1)
    const at = group.indexOf(item)
    const values = (list: readonly Item[]): number[] => list.map((other) => other.v).filter((v) => v !== null)
    const sum = (list: readonly Item[]): number | null => values(list).length === 0 ? null
      : values(list).reduce((total, v) => total + v, 0)
    const peers = group.filter((other) => (other.k ?? Infinity) <= (item.k ?? Infinity))
    const older = values(group.slice(Math.max(0, at - 20), Math.max(0, at - 2)))
    return [
      item.id, at + 1, 1 + group.filter((other) => (other.k ?? Infinity) < (item.k ?? Infinity)).length,
      sum(group.slice(0, at + 1)), values(group).length, values(peers).length === 0 ? null : Math.max(...values(peers)),
      at === 0 ? null : group[at - 1]!.t, sum(group.slice(Math.max(0, at - 2), at + 2)),
      older.length === 0 ? null : Math.min(...older),
    ]
  })
  expect(rows.map((row) => row.map((value) => typeof value === 'bigint' ? Number(value) : value))).toEqual(want)
  db.close()
})

test('more rows than a batch: results stay beside their rows', async () => {
  const db = await memoryDb('CREATE TABLE n (i INTEGER PRIMARY KEY, t TEXT)')
  db.transact(() => {
    const put = db.prepare('INSERT INTO n VALUES (?, ?)')
    for (let i = 0; i < 20_000; i++) put.run([i, i % 3 === 0 ? null : `t${i}`])
  })
  const wrong = db.prepare(`SELECT count(*) AS n FROM (SELECT i, t, row_number() OVER w AS r, lag(t) OVER w AS before,
      count(t) OVER w AS c, lag(i, 1, -1) OVER w AS j FROM n WINDOW w AS (ORDER BY i)) s
    WHERE r <> i + 1 OR j <> i - 1 OR c <> i - i / 3 OR (i > 0 AND before IS DISTINCT FROM
      CASE WHEN (i - 1) % 3 = 0 THEN NULL ELSE 't' || (i - 1) END)`).get()
  expect(wrong).toEqual({ n: 0 })
  db.close()
})

test('windows in statements that change rows', async () => {
  const db = await memoryDb('CREATE TABLE n (i INTEGER PRIMARY KEY, g INTEGER, r INTEGER)')
  db.exec('INSERT INTO n VALUES (1, 1, 0), (2, 1, 0), (3, 2, 0), (4, 2, 0)')
  db.exec('CREATE TABLE ranked AS SELECT i, row_number() OVER (PARTITION BY g ORDER BY i DESC) AS r FROM n')
  expect(db.prepare('SELECT i, r FROM ranked ORDER BY i').raw()).toEqual([[1, 2], [2, 1], [3, 2], [4, 1]])
  db.exec(`DELETE FROM n WHERE i IN (SELECT i FROM
    (SELECT i, row_number() OVER (PARTITION BY g ORDER BY i) AS r FROM n) s WHERE r > 1)`)
  expect(db.prepare('SELECT i FROM n ORDER BY i').raw()).toEqual([[1], [3]])
  const refused: unknown = expect.objectContaining({ code: '42P20' })
  expect(() => db.exec('UPDATE n SET r = rank() OVER (ORDER BY i)')).toThrow(refused)
  expect(() => db.exec('INSERT INTO n VALUES (rank() OVER (), 1, 1)')).toThrow(refused)
  db.close()
})

test('every type keeps its values through picked rows, extremes and defaults', async () => {
  const types: readonly [string, string, string][] = [
    ['BOOLEAN', 'false', 'true'], ['SMALLINT', '-3', '7'], ['BIGINT', '-9223372036854775808', '9223372036854775807'],
    ['REAL', '1.5', '2.5'], ['DOUBLE PRECISION', "'-Infinity'", "'NaN'"], ['DECIMAL(9,2)', '-1.25', '3.5'],
    ['DECIMAL(38,4)', '-99999999999999999999999999999999.5', '1'], ['DATE', "'1969-01-31'", "'2026-02-01'"],
    ['TIME', "'00:00:01'", "'23:59:59'"], ['TIMESTAMP', "'1900-01-01 00:00:00'", "'2026-01-01 10:00:00'"],
    ['TIMESTAMPTZ', "'1900-01-01 00:00:00Z'", "'2026-01-01 10:00:00Z'"], ['INTERVAL', "'1 day'", "'2 months'"],
    ['TEXT', "'a'", "'longer than one view can hold'"], ['VARCHAR(5)', "'ab'", "'b'"], ['CHAR(4)', "'ab'", "'b'"],
    ['BYTEA', "'\\x00'", "'\\xff00'"],
    ['UUID', "'00000000-0000-0000-0000-000000000001'", "'f0000000-0000-0000-0000-000000000001'"],
  ]
  for (const [type, low, high] of types) {
    const db = await memoryDb(`CREATE TABLE v (id INTEGER PRIMARY KEY, x ${type});
      INSERT INTO v VALUES (1, ${high}), (2, NULL), (3, ${low}), (4, ${high})`)
    const found = db.prepare(`SELECT lag(x) OVER w, lead(x, 2, x) OVER w, first_value(x) OVER (w ROWS 1 PRECEDING),
        min(x) OVER w, max(x) OVER (ORDER BY id DESC ROWS CURRENT ROW), rank() OVER (ORDER BY x NULLS FIRST)
      FROM v WINDOW w AS (ORDER BY id) ORDER BY id`).raw()
    const plain = db.prepare('SELECT x FROM v ORDER BY id').raw().map((row) => row[0])
    const [h, l] = [plain[0], plain[2]]
    expect(found, type).toEqual([
      [null, l, h, h, h, 3], [h, h, h, h, null, 1], [null, l, null, l, l, 2], [l, h, l, l, h, 3],
    ])
    db.close()
  }
})
