// Short queries by keys and indexes against the same queries over a table without either: extremes, ORDER BY … LIMIT
// in both directions, counts of ranges, joins of few rows, with NULLs, in clean and changed tables, empty ones too; and
// a statement that is executed again and again with other values, inside other executions of itself.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { memoryDb } from './shop.ts'

const ROWS = 3000
const COLUMNS = 'id BIGINT, grp INTEGER, rank INTEGER, code TEXT, price DECIMAL(10,2)'

async function twoTables(rows: number): Promise<{ db: Database; fill: (first: number, count: number) => void }> {
  const db = await memoryDb(`CREATE TABLE plain (${COLUMNS}); CREATE TABLE t (${COLUMNS}, PRIMARY KEY (id));
    CREATE INDEX t_rank ON t (rank); CREATE INDEX t_grp ON t (grp, price); CREATE UNIQUE INDEX t_code ON t (code)`)
  const fill = (first: number, count: number): void => {
    for (const name of ['plain', 't']) {
      const insert = db.prepare(`INSERT INTO ${name} VALUES (?, ?, ?, ?, ?)`)
      const same = new Random(first + 1)
      const pick = (most: number): number => same.below(most)
      db.transaction(() => {
        for (let id = first; id < first + count; id++) {
          insert.run([id, pick(40), pick(12) === 0 ? null : pick(5000), `c${(id * 7919) % 10007}`, pick(9000) / 100])
        }
      })
    }
  }
  if (rows > 0) fill(0, rows)
  db.checkpoint()
  return { db, fill }
}

const change = (db: Database): void => {
  for (const name of ['plain', 't']) {
    db.exec(`DELETE FROM ${name} WHERE id % 7 = 3; UPDATE ${name} SET rank = rank + 1, price = NULL WHERE id % 11 = 0;
      UPDATE ${name} SET grp = NULL WHERE id % 13 = 0; DELETE FROM ${name} WHERE rank > 4900 OR rank < 20`)
  }
}

const QUERIES = [
  'SELECT min(rank), max(rank) FROM T', 'SELECT max(id), min(rank), count(*), sum(price) FROM T',
  'SELECT max(rank) - min(rank), min(code), max(code) FROM T WHERE rank BETWEEN 500 AND 900',
  'SELECT min(rank), max(price) FROM T WHERE grp = 7', 'SELECT min(grp), max(grp), min(id) FROM T WHERE rank > 99999',
  'SELECT min(rank), max(rank) FILTER (WHERE grp = 3), count(rank) FROM T', 'SELECT min(rank), min(rank) FROM T',
  'SELECT count(*), min(rank) FROM T WHERE rank >= 100 AND rank < 2000',
  'SELECT rank, id FROM T WHERE rank IS NOT NULL ORDER BY rank DESC, id LIMIT 10',
  'SELECT id, price FROM T ORDER BY id DESC LIMIT 7 OFFSET 100', 'SELECT id, rank FROM T ORDER BY id LIMIT 5 OFFSET 3',
  'SELECT id FROM T ORDER BY id DESC LIMIT 1000 OFFSET 60', 'SELECT rank FROM T ORDER BY rank LIMIT 70',
  'SELECT rank FROM T ORDER BY rank DESC LIMIT 200', 'SELECT rank FROM T WHERE rank < 300 ORDER BY rank DESC LIMIT 3',
  'SELECT code, price FROM T ORDER BY code DESC LIMIT 12', 'SELECT count(*) FROM T WHERE rank BETWEEN 10 AND 800',
  'SELECT grp, price FROM T WHERE grp = 5 ORDER BY price DESC NULLS LAST, id LIMIT 4',
  'SELECT a.id, b.id FROM T a JOIN T b ON b.rank = a.grp WHERE a.id BETWEEN 50 AND 60 ORDER BY 1, 2',
  'SELECT a.id, b.code FROM T a LEFT JOIN T b ON b.id = a.rank WHERE a.id BETWEEN 50 AND 60 ORDER BY 1, 2',
]

function compare(db: Database): void {
  for (const query of QUERIES) {
    const [indexed, plain] = ['t', 'plain'].map((name) => db.prepare(query.replaceAll(/\bT\b/g, name)).raw())
    expect(indexed, query).toEqual(plain)
  }
}

test('answers with and without indexes are the same', async () => {
  const { db, fill } = await twoTables(ROWS)
  compare(db)
  change(db)
  compare(db)
  fill(ROWS, 200)
  compare(db)
  db.checkpoint()
  compare(db)
})

test('answers of empty tables', async () => {
  const { db } = await twoTables(0)
  compare(db)
  expect(db.prepare('SELECT min(rank), max(rank), count(*) FROM t').raw()).toEqual([[null, null, 0]])
})

test('extremes are read from the ends of their indexes', async () => {
  const { db } = await twoTables(ROWS)
  const plan = db.prepare('EXPLAIN SELECT min(rank), max(rank), max(id) FROM t').raw().map(String).join('\n')
  expect(plan).toContain('OneRow')
  expect(plan.match(/index only: yes/g)).toHaveLength(2)
  expect(plan.match(/limit: 1/g)).toHaveLength(3)
})

test('one statement with many values, and inside itself', async () => {
  const { db } = await twoTables(ROWS)
  change(db)
  const texts = [
    'SELECT id, rank + ? AS more FROM T WHERE id BETWEEN ? AND ? AND grp <> ? ORDER BY id',
    'SELECT id, price FROM T WHERE rank BETWEEN ? AND ? AND price > ? AND grp <> ? ORDER BY rank, id',
    'SELECT sum(price + ?), count(*) FROM T WHERE id BETWEEN ? AND ? AND grp < ?',
  ]
  const random = new Random(9)
  for (const text of texts) {
    const [indexed, plain] = ['t', 'plain'].map((name) => db.prepare(text.replaceAll(/\bT\b/g, name)))
    for (let i = 0; i < 25; i++) {
      const low = random.below(ROWS)
      const values = [random.below(3) === 0 ? 1 : low, low + random.below(60), low + 40 + random.below(900), i % 5]
      if (i === 20) values[0] = null as unknown as number
      expect(indexed!.raw(values), text).toEqual(plain!.raw(values))
    }
  }
  const outer = db.prepare(texts[0]!.replaceAll(/\bT\b/g, 't'))
  const pairs: unknown[] = []
  for (const row of outer.iterate([1, 100, 130, 0])) {
    const inner = [...outer.iterate([2, row['id'], (row['id'] as number) + 5, 1])]
    pairs.push([row['more'], inner.map(({ more }) => more)])
  }
  const wanted = outer.all([1, 100, 130, 0]).map(({ id, more }) =>
    [more, outer.all([2, id, (id as number) + 5, 1]).map((inner) => inner['more'])])
  expect(pairs).toEqual(wanted)
})

test('the values at hand choose the join, and a statement has a plan for each kind of them', async () => {
  const { db } = await twoTables(0)
  const rows = 60_000
  db.table('t').append({
    id: Float64Array.from({ length: rows }, (_, i) => i), grp: Int32Array.from({ length: rows }, (_, i) => i % 40),
    rank: Int32Array.from({ length: rows }, (_, i) => (i * 7919) % rows),
    code: Array.from({ length: rows }, (_, i) => `c${i}`), price: Array.from({ length: rows }, () => null),
  })
  const text = 'SELECT a.id, b.id AS other FROM t a JOIN t b ON b.rank = a.id WHERE a.id BETWEEN ? AND ?'
  const explain = db.prepare(`EXPLAIN ${text}`)
  const planOf = (values: unknown[]): string => explain.raw(values).map(String).join('\n')
  expect(planOf([10, 15])).toContain('IndexJoin')
  expect(planOf([0, 50_000])).toContain('HashJoin')
  expect(planOf([10, 15])).toContain('rank of the parameters at hand')
  const statement = db.prepare(text)
  const { index } = db.stats()
  for (let i = 0; i < 5; i++) {
    expect(statement.all([i, i + 2]).map(({ id }) => id).sort()).toEqual([i, i + 1, i + 2])
    expect(statement.all([0, 50_000])).toHaveLength(50_001)
  }
  expect(statement.all([null, 5])).toEqual([])
  expect(statement.all([10, 5])).toEqual([])
  expect(db.stats().index.probes).toBeGreaterThan(index.probes)
})
