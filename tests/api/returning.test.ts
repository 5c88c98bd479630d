// RETURNING, ON CONFLICT, UPDATE … FROM and DELETE … USING through every way out of a statement, with the indexes,
// savepoints and locks that they must leave right.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let db: Database

beforeEach(async () => {
  db = await open(':memory:')
  db.exec(`CREATE TABLE item (
      id INT PRIMARY KEY, code VARCHAR(5) UNIQUE, price DECIMAL(10,2), n INT NOT NULL DEFAULT 1);
    INSERT INTO item VALUES (1, 'pen', 1.20, 1), (2, 'ink', 4.50, 2), (3, NULL, NULL, 3);
    CREATE TABLE log (word TEXT UNIQUE, count INT);
    CREATE TABLE rate (code TEXT, factor INT);
    INSERT INTO rate VALUES ('pen', 2), ('ink', 3), ('ink', 3), ('nib', 4)`)
})
afterEach(() => db.close())

const all = (sql: string, parameters: unknown[] = []): unknown[][] => db.prepare(sql).raw(parameters)
const code = (sql: string, parameters: unknown[] = []): unknown => {
  try {
    return all(sql, parameters)
  } catch (error) {
    return (error as { code?: string }).code
  }
}
const check = (): unknown[][] => all('PRAGMA integrity_check').slice(0, 1)

describe('RETURNING', () => {
  test('INSERT gives the stored row: defaults, expressions, subqueries that see the table as it was', () => {
    expect(all(`INSERT INTO item (id, code) VALUES (7, 'cap  '), (8, DEFAULT)
      RETURNING *, id + n AS sum, (SELECT count(*) FROM item) AS before`))
      .toEqual([[7, 'cap  ', null, 1, 8, 3], [8, null, null, 1, 9, 3]])
    expect(db.prepare('SELECT count(*) AS n FROM item').get()).toEqual({ n: 5 })
  })

  test('every way out', async () => {
    const statement = db.prepare('INSERT INTO item (id) VALUES (?) RETURNING id, code')
    expect(statement.columns.map(column => column.name)).toEqual(['id', 'code'])
    expect(statement.get([10])).toEqual({ id: 10, code: null })
    expect(statement.all([11])).toEqual([{ id: 11, code: null }])
    expect(statement.raw([12])).toEqual([[12, null]])
    expect([...statement.iterate([13])]).toEqual([{ id: 13, code: null }])
    expect(statement.run([14])).toEqual({ changes: 1 })
    expect(statement.arrow([15]).toArray().map(row => row!.toJSON())).toEqual([{ id: 15, code: null }])
    expect(await db.execute('DELETE FROM item WHERE id >= 10 RETURNING id'))
      .toEqual({ rows: [10, 11, 12, 13, 14, 15].map(id => ({ id })), changes: 6 })
  })

  test('UPDATE gives new values, old ones by name; DELETE the old ones', () => {
    expect(all('UPDATE item SET n = n * 10 WHERE id < 3 RETURNING id, n, old.n, new.n'))
      .toEqual([[1, 10, 1, 10], [2, 20, 2, 20]])
    expect(all('UPDATE item SET id = id + 10 WHERE id = 1 RETURNING WITH (OLD AS o, NEW AS w) o.id, w.id'))
      .toEqual([[1, 11]])
    expect(all('DELETE FROM item AS i WHERE i.id = 11 RETURNING *, new.id')).toEqual([[11, 'pen', '1.20', 10, null]])
    expect(all('UPDATE item SET n = 0 WHERE false RETURNING *')).toEqual([])
    expect(all('INSERT INTO item (id, n) SELECT id + 100, n FROM item RETURNING id, old.id'))
      .toEqual([[102, null], [103, null]])
  })

  test('an error in it takes the statement back, inside a transaction too', () => {
    expect(code('UPDATE item SET n = 0 RETURNING 1 / n')).toBe('22012')
    expect(all('SELECT sum(n) FROM item')).toEqual([[6]])
    db.exec('BEGIN; SAVEPOINT s')
    expect(code('INSERT INTO item (id, n) VALUES (9, 0) RETURNING 1 / n')).toBe('22012')
    db.exec('ROLLBACK TO s')
    expect(all('DELETE FROM item WHERE id = 1 RETURNING code')).toEqual([['pen']])
    db.exec('COMMIT')
    expect(all('SELECT id FROM item ORDER BY id')).toEqual([[2], [3]])
  })

  test('what it refuses', () => {
    expect(code('DELETE FROM item RETURNING nope')).toBe('42703')
    expect(code('DELETE FROM item RETURNING count(*)')).toBe('42803')
    expect(code('INSERT INTO item (id) VALUES (20) RETURNING other.id')).toBe('42P01')
    expect(all('SELECT count(*) FROM item')).toEqual([[3]])
  })

  test('many rows, and a table without a primary key', () => {
    db.exec('CREATE TABLE many (a INT, b TEXT)')
    const rows = all("INSERT INTO many SELECT a.n * 100 + b.n, 'x' FROM (SELECT id AS n FROM item) a, "
      + '(SELECT id AS n FROM item) b RETURNING *')
    expect(rows).toHaveLength(9)
    for (let i = 0; i < 9; i++) db.exec('INSERT INTO many SELECT a, b FROM many')
    expect(all('UPDATE many SET a = a + 1 RETURNING a')).toHaveLength(9 * 512)
    expect(all('DELETE FROM many RETURNING *')).toHaveLength(9 * 512)
  })
})

describe('UPDATE … FROM and DELETE … USING', () => {
  test('a row is changed once, whatever it is joined with', () => {
    expect(all('UPDATE item SET n = n * factor FROM rate WHERE rate.code = item.code RETURNING id, n, rate.*'))
      .toEqual(expect.arrayContaining([[1, 2, 'pen', 2], [2, 6, 'ink', 3]]))
    expect(all('SELECT id, n FROM item ORDER BY id')).toEqual([[1, 2], [2, 6], [3, 3]])
    expect(db.prepare('UPDATE item i SET n = r.factor FROM rate r WHERE r.code = i.code').run()).toEqual({ changes: 2 })
    expect(db.prepare('UPDATE item SET n = 0 FROM rate').run()).toEqual({ changes: 3 })
  })

  test('joins, subqueries and self-joins', () => {
    expect(all(`UPDATE item SET n = s.total FROM (SELECT code, sum(factor) AS total FROM rate GROUP BY code) s
      WHERE s.code = item.code RETURNING item.id, item.n, total`).sort()).toEqual([[1, 2, 2], [2, 6, 6]])
    expect(all('UPDATE item SET n = o.n + 1 FROM item o WHERE o.id = item.id + 1 RETURNING item.id, item.n').sort())
      .toEqual([[1, 7], [2, 4]])
    expect(code('UPDATE item SET n = 1 FROM item WHERE true')).toBe('42712')
    expect(code('UPDATE item SET n = 1 FROM rate WHERE code = 1')).toBe('42702')
  })

  test('DELETE … USING', () => {
    expect(all(`DELETE FROM item USING rate r WHERE r.code = item.code RETURNING item.id, r.factor`).sort())
      .toEqual([[1, 2], [2, 3]])
    expect(db.prepare('DELETE FROM item USING rate').run()).toEqual({ changes: 1 })
  })
})

describe('ON CONFLICT', () => {
  test('DO NOTHING, with and without arbiters', () => {
    expect(all("INSERT INTO item (id, code) VALUES (1, 'a'), (4, 'pen'), (5, 'b'), (5, 'c') ON CONFLICT DO NOTHING "
      + 'RETURNING id')).toEqual([[5]])
    expect(code("INSERT INTO item (id, code) VALUES (6, 'pen') ON CONFLICT (id) DO NOTHING")).toBe('23505')
    expect(db.prepare("INSERT INTO item (id, code) VALUES (6, 'pen') ON CONFLICT (code) DO NOTHING").run())
      .toEqual({ changes: 0 })
    expect(db.prepare("INSERT INTO item (id) VALUES (1) ON CONFLICT ON CONSTRAINT item_pkey DO NOTHING").run())
      .toEqual({ changes: 0 })
    expect(db.prepare(`INSERT INTO item (id, code) VALUES (6, 'pen')
      ON CONFLICT ON CONSTRAINT item_code_key DO NOTHING`).run()).toEqual({ changes: 0 })
  })

  test('DO UPDATE with EXCLUDED, WHERE and RETURNING', () => {
    const sql = `INSERT INTO item AS i (id, code, n) VALUES (1, 'new', 5), (9, 'nine', 9), (2, 'x', -1)
      ON CONFLICT (id) DO UPDATE SET n = i.n + excluded.n, code = excluded.code WHERE excluded.n > 0
      RETURNING id, code, n, old.n`
    expect(all(sql)).toEqual([[1, 'new', 6, 1], [9, 'nine', 9, null]])
    expect(all('SELECT id FROM item WHERE code = ?', ['pen'])).toEqual([])
    expect(all('SELECT id FROM item WHERE code = ?', ['new'])).toEqual([[1]])
    expect(all("INSERT INTO item VALUES (2, 'z', 1, 1) ON CONFLICT (id) DO UPDATE SET (n, price) = (DEFAULT, n) "
      + 'RETURNING n, price')).toEqual([[1, '2.00']])
    expect(check()).toEqual([['integrity_check', 'ok']])
  })

  test('subqueries see the table as it was', () => {
    expect(all(`INSERT INTO item (id) VALUES (60), (1), (2) ON CONFLICT (id)
      DO UPDATE SET n = (SELECT count(*) FROM item) WHERE item.code IN (SELECT code FROM rate) RETURNING id, n`))
      .toEqual([[60, 1], [1, 3], [2, 3]])
    expect(all(`INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 9
      WHERE item.id NOT IN (SELECT id FROM item WHERE false) AND item.id NOT IN (SELECT NULL::int) RETURNING id`))
      .toEqual([])
    expect(all('UPDATE item SET n = CASE WHEN id IN (SELECT n FROM item) THEN 1 ELSE 0 END WHERE id = 1 RETURNING n'))
      .toEqual([[1]])
  })

  test('a unique index of a table without a primary key', () => {
    const count = db.prepare('INSERT INTO log VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET count = log.count + 1')
    for (const word of ['a', 'b', 'a', null, null, 'a']) count.run([word])
    expect(all('SELECT * FROM log ORDER BY word, count')).toEqual([['a', 3], ['b', 1], [null, 1], [null, 1]])
    expect(check()).toEqual([['integrity_check', 'ok']])
  })

  test('one command cannot change a row twice', () => {
    expect(code('INSERT INTO item (id) VALUES (1), (1) ON CONFLICT (id) DO UPDATE SET n = 9')).toBe('21000')
    expect(code('INSERT INTO item (id) VALUES (8), (8) ON CONFLICT (id) DO UPDATE SET n = 9')).toBe('21000')
    expect(code("INSERT INTO log VALUES ('q', 1), ('q', 2) ON CONFLICT (word) DO UPDATE SET count = 9")).toBe('21000')
    expect(all('SELECT count(*), sum(n) FROM item')).toEqual([[3, 6]])
  })

  test('the new values must be free as well', () => {
    expect(code("INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET code = 'ink'")).toBe('23505')
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2')).toBe('23505')
    expect(code('INSERT INTO item (id, n) VALUES (1, NULL) ON CONFLICT (id) DO NOTHING')).toBe('23502')
    expect(all('INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 50 RETURNING id, code'))
      .toEqual([[50, 'pen']])
    expect(check()).toEqual([['integrity_check', 'ok']])
  })

  test('arbiters that are not there', () => {
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT (n) DO NOTHING')).toBe('42P10')
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT (nope) DO NOTHING')).toBe('42703')
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT ON CONSTRAINT nope DO NOTHING')).toBe('42704')
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT DO UPDATE SET n = 1')).toBe('42601')
    expect(code('INSERT INTO item (id) VALUES (1) ON CONFLICT (id) WHERE n > 1 DO NOTHING')).toBe('0A000')
    expect(code('INSERT INTO rate VALUES (1) ON CONFLICT (code) DO NOTHING')).toBe('42P10')
  })

  test('an index made or dropped later decides anew', () => {
    const insert = db.prepare("INSERT INTO rate VALUES ('nib', 5) ON CONFLICT DO NOTHING")
    expect(insert.run()).toEqual({ changes: 1 })
    db.exec("DELETE FROM rate; INSERT INTO rate VALUES ('nib', 1); CREATE UNIQUE INDEX u ON rate (code)")
    expect(insert.run()).toEqual({ changes: 0 })
    db.exec('BEGIN; DROP INDEX u')
    expect(insert.run()).toEqual({ changes: 1 })
    expect(code("INSERT INTO rate VALUES ('nib', 5) ON CONFLICT (code) DO NOTHING")).toBe('42P10')
    db.exec('ROLLBACK')
    expect(insert.run()).toEqual({ changes: 0 })
  })

  test('first updater wins, and a waiting upsert goes on with the newest row', async () => {
    const other = db.connect()
    db.exec('BEGIN; UPDATE item SET n = 100 WHERE id = 1')
    expect(() => other.exec('INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = item.n + 1'))
      .toThrow(expect.objectContaining({ code: '55P03' }))
    const waiting = other.execute(
      'INSERT INTO item (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = item.n + 1 RETURNING n')
    db.exec('COMMIT')
    expect(await waiting).toEqual({ rows: [{ n: 101 }], changes: 1 })
    other.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM item')
    db.exec('UPDATE item SET n = 0 WHERE id = 2')
    expect(() => other.exec('INSERT INTO item (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET n = 1'))
      .toThrow(expect.objectContaining({ code: '40001' }))
    other.close()
  })
})

describe('other tables', () => {
  test('wide decimal keys, bytes, and an attached database', async () => {
    db.exec(`CREATE TABLE wide (k DECIMAL(38,0), b BYTEA, n INT, PRIMARY KEY (k, b));
      INSERT INTO wide VALUES (5, '\\x00', 1), (12345678901234567890123, '\\x01', 2)`)
    const sql = `INSERT INTO wide VALUES (5, '\\x00', 10), (12345678901234567890123, '\\x01', 20), (6, '\\x02', 30)
      ON CONFLICT (b, k) DO UPDATE SET n = wide.n + excluded.n RETURNING k, n, old.n`
    expect(all(sql)).toEqual([['5', 11, 1], ['12345678901234567890123', 22, 2], ['6', 30, null]])
    expect(code("INSERT INTO wide VALUES (7, '', 1), (7, '', 1) ON CONFLICT (k, b) DO UPDATE SET n = 0")).toBe('21000')
    await db.attach(':memory:', 'far', { create: true })
    db.exec('CREATE TABLE far.t (id INT PRIMARY KEY, w TEXT UNIQUE, n INT); INSERT INTO far.t VALUES (1, $$a$$, 1)')
    expect(all(`INSERT INTO far.t VALUES (2, 'a', 5) ON CONFLICT (w) DO UPDATE SET n = excluded.n RETURNING *`))
      .toEqual([[1, 'a', 5]])
    expect(all('UPDATE far.t SET n = item.id FROM item WHERE item.n = 3 RETURNING t.n')).toEqual([[3]])
    db.exec('BEGIN; DELETE FROM far.t RETURNING *; ROLLBACK; TRUNCATE far.t')
    expect(all('SELECT * FROM far.t')).toEqual([])
  })

  test('a failed upsert leaves its savepoint as it was', () => {
    db.exec('BEGIN; UPDATE item SET n = 7 WHERE id = 1; SAVEPOINT s')
    expect(code(`INSERT INTO item (id, code) VALUES (1, 'q'), (40, 'r'), (2, 'pen')
      ON CONFLICT (id) DO UPDATE SET code = excluded.code, n = 1 / (excluded.id - 2)`)).toBe('22012')
    db.exec('ROLLBACK TO s')
    expect(all('SELECT id, code, n FROM item ORDER BY id')).toEqual([[1, 'pen', 7], [2, 'ink', 2], [3, null, 3]])
    db.exec('COMMIT')
    expect(check()).toEqual([['integrity_check', 'ok']])
  })

  test('SERIALIZABLE: a conflict looked at and left alone is validated', () => {
    const other = db.connect()
    db.exec("BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO item (id) VALUES (1) ON CONFLICT DO NOTHING")
    db.exec("INSERT INTO log VALUES ('seen', 1)")
    other.exec('DELETE FROM item WHERE id = 1')
    expect(() => db.exec('COMMIT')).toThrow(expect.objectContaining({ code: '40001' }))
    other.close()
  })
})
