// Queries over a table with indexes give what they give over the same rows without: random changes to both, in every
// state a table can be in (rows in row groups, in the delta, in both, uncommitted, read at an old snapshot).
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

const COLUMNS = 'id BIGINT PRIMARY KEY, a INT, b TEXT, c DOUBLE PRECISION NOT NULL, d DECIMAL(30,2), e DATE, f BOOLEAN'
const INDEXES = [
  'CREATE INDEX t_a ON t (a)', 'CREATE INDEX t_ba ON t USING btree (b, a)', 'CREATE INDEX t_c ON t USING sorted (c)',
  'CREATE UNIQUE INDEX t_cid ON t (c, id)', 'CREATE INDEX t_d ON t (d) WITH (epsilon = 2)',
  'CREATE INDEX t_efa ON t (e, f, a)',
]

function value(random: Random, column: string): unknown {
  if (column !== 'c' && random.chance(0.15)) return null
  switch (column) {
    case 'a': return random.between(-6, 6)
    case 'b': return random.pick(['', 'x', 'xy', 'xyz', 'y', 'é', '\u{1f600}'])
    case 'c': return random.pick([0, -1.5, 2.25, 1e300, NaN, -Infinity, random.between(-9, 9) / 2])
    case 'd': return random.pick(['0.00', '-7.25', '123456789012345678901234.50', '3.10'])
    case 'e': return `2024-01-0${random.between(1, 9)}`
    default: return random.chance(0.5)
  }
}

function change(db: Database, random: Random, next: () => number): void {
  const both = (sql: (table: string) => string, parameters: unknown[]): void => {
    for (const table of ['t', 'u']) db.prepare(sql(table)).run(parameters)
  }
  const roll = random.below(10)
  if (roll < 5) {
    const row = [next(), ...['a', 'b', 'c', 'd', 'e', 'f'].map((column) => value(random, column))]
    both((table) => `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?)`, row)
  } else if (roll < 7) {
    const column = random.pick(['a', 'b', 'c', 'd', 'e', 'f'])
    both((table) => `UPDATE ${table} SET ${column} = ? WHERE a = ?`, [value(random, column), value(random, 'a')])
  } else if (roll < 8) both((table) => `UPDATE ${table} SET id = id + 100000 WHERE b = ? AND id < 90000`, ['xy'])
  else if (roll < 9) both((table) => `DELETE FROM ${table} WHERE c = ? AND a > ?`, [value(random, 'c'), 2])
  else both((table) => `DELETE FROM ${table} WHERE d = ? AND id % 3 = 0`, ['3.10'])
}

const QUERIES: readonly [string, ...string[]][] = [
  ['SELECT * FROM t WHERE a = ? ORDER BY id', 'a'],
  ['SELECT a, id FROM t WHERE a = ? ORDER BY id', 'a'],
  ['SELECT id, c FROM t WHERE a > ? AND a <= 4 ORDER BY id', 'a'],
  ['SELECT count(*) FROM t WHERE a < ?', 'a'],
  ['SELECT id FROM t WHERE a IN (1, 3, ?) ORDER BY id', 'a'],
  ['SELECT id FROM t WHERE a IS NULL ORDER BY id'],
  ['SELECT id, d FROM t WHERE a IS NOT NULL AND a > 3 ORDER BY id'],
  ['SELECT * FROM t WHERE b = ? AND a >= ? ORDER BY id', 'b', 'a'],
  ['SELECT id FROM t WHERE b IS NULL AND a = ? ORDER BY id', 'a'],
  ["SELECT id, b FROM t WHERE b LIKE 'x%' ORDER BY id"],
  ['SELECT a, id FROM t ORDER BY a, id LIMIT 7'],
  ['SELECT a, id, c FROM t ORDER BY a DESC, id DESC LIMIT 7'],
  ['SELECT b, a, id FROM t WHERE b = ? ORDER BY a DESC, id DESC', 'b'],
  ['SELECT b, a, id FROM t ORDER BY b, a, id'],
  ['SELECT a, id FROM t ORDER BY a NULLS FIRST, id LIMIT 5'],
  ['SELECT c, id FROM t ORDER BY c DESC, id DESC LIMIT 9'],
  ['SELECT min(a), max(a) FROM t'],
  ['SELECT max(a) FROM t'],
  ['SELECT min(c) FROM t'],
  ['SELECT max(c) FROM t WHERE a = ?', 'a'],
  ['SELECT min(b) FROM t WHERE b > ?', 'b'],
  ['SELECT max(d) FROM t'],
  ['SELECT id FROM t WHERE d = ? ORDER BY id', 'd'],
  ['SELECT id FROM t WHERE d > ? ORDER BY id', 'd'],
  ['SELECT id FROM t WHERE c = ? AND id = 5', 'c'],
  ['SELECT * FROM t WHERE e = ? AND f AND a = 2 ORDER BY id', 'e'],
  ['SELECT * FROM t WHERE e = ? AND f = true ORDER BY id', 'e'],
  ['SELECT id FROM t WHERE e BETWEEN ? AND ? ORDER BY id', 'e', 'e'],
  ['SELECT sum(a), count(b) FROM t WHERE b >= ?', 'b'],
  ['SELECT id FROM t WHERE a = 1 OR a BETWEEN 3 AND 4 ORDER BY id'],
  ['SELECT id FROM t WHERE c = ? ORDER BY id', 'c'],
]

function compare(db: Database, random: Random): void {
  for (const [sql, ...columns] of QUERIES) {
    const parameters = columns.map((column) => value(random, column))
    const other = sql.replaceAll('FROM t', 'FROM u')
    expect(db.prepare(sql).raw(parameters), `${sql} ${JSON.stringify(parameters)}`)
      .toEqual(db.prepare(other).raw(parameters))
  }
}

test.each([[1, 1000], [2, 5], [3, 60]])('seed %i: indexed and plain tables answer alike', async (seed, deltaRows) => {
  const random = new Random(seed)
  const db = await open(':memory:', { rowGroupRows: 64, deltaRows, memory: '16MB' })
  try {
    db.exec(`CREATE TABLE t (${COLUMNS}); CREATE TABLE u (${COLUMNS})`)
    let id = 0
    INDEXES.slice(0, 3).forEach((sql) => db.exec(sql))
    for (let round = 0; round < 14; round++) {
      if (round === 5) INDEXES.slice(3).forEach((sql) => db.exec(sql))
      const isOpen = round % 3 === 1
      if (isOpen) db.exec('BEGIN')
      for (let i = 0; i < 25; i++) change(db, random, () => ++id)
      compare(db, random)
      if (isOpen) db.exec(round % 2 === 0 ? 'ROLLBACK' : 'COMMIT')
      if (round % 4 === 3) db.checkpoint()
      if (round === 9) db.exec('REINDEX TABLE t')
      compare(db, random)
    }
    expect(db.verify().problems).toEqual([])
  } finally {
    db.close()
  }
}, 120_000)

test('a snapshot taken before an index was made does not read it', async () => {
  const db = await open(':memory:')
  const old = db.connect()
  db.exec('CREATE TABLE t (id INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 2)')
  old.exec('BEGIN ISOLATION LEVEL REPEATABLE READ')
  const query = 'SELECT id FROM t WHERE a = 2 ORDER BY id'
  expect(old.prepare(query).raw()).toEqual([[2], [3]])
  db.exec('DELETE FROM t WHERE id = 3; CREATE INDEX i ON t (a)')
  expect(db.prepare(query).raw()).toEqual([[2]])
  expect(old.prepare(query).raw()).toEqual([[2], [3]])
  db.exec('INSERT INTO t VALUES (4, 2)')
  expect(old.prepare(query).raw()).toEqual([[2], [3]])
  old.exec('COMMIT')
  expect(old.prepare(query).raw()).toEqual([[2], [4]])
  old.close()
  db.close()
})
