// Text and composite indexes over many rows, built from a table and kept by a load. CI takes a reduced number;
// SECANTDB_INDEX_ROWS=1000000 is the size they are meant for.
import { expect, test } from 'vitest'
import { open } from '../../src/index.ts'

const ROWS = Number(process.env['SECANTDB_INDEX_ROWS'] ?? 20_000)

test(`${ROWS} rows`, async () => {
  const db = await open(':memory:', { memory: '1GB' })
  db.exec('CREATE TABLE t (id BIGINT PRIMARY KEY, a INT, b TEXT, c DOUBLE PRECISION)')
  const load = (from: number, count: number): void => {
    const id = Array.from({ length: count }, (_, i) => from + i)
    db.table('t').append({
      id, a: id.map((n) => n % 97 === 0 ? null : (n * 7919) % (ROWS / 10)),
      b: id.map((n) => `user${(n * 104729) % ROWS}`),
      c: id.map((n) => (n * 0.6180339887) % 1),
    })
  }
  load(0, ROWS / 2)
  db.exec('CREATE INDEX t_b ON t (b); CREATE INDEX t_ac ON t (a, c) WITH (epsilon = 32)')
  db.exec('CREATE INDEX t_cb ON t USING btree (c, b)')
  load(ROWS / 2, ROWS / 2)
  for (const name of ['t_b', 't_ac', 't_cb']) {
    const { keys, deltaEntries } = db.table('t').index(name)
    expect(keys + deltaEntries).toBe(ROWS)
  }
  const byText = db.prepare('SELECT id FROM t WHERE b = ?')
  for (let n = 0; n < ROWS; n += Math.ceil(ROWS / 500)) {
    expect(byText.raw([`user${(n * 104729) % ROWS}`])).toContainEqual([n])
  }
  const ordered = db.prepare('SELECT a, c, id FROM t WHERE a BETWEEN 5 AND 7 ORDER BY a, c').raw()
  const plain = db.prepare('SELECT a, c, id FROM t WHERE a + 0 BETWEEN 5 AND 7 ORDER BY a, c').raw()
  expect(ordered).toEqual(plain)
  expect(db.prepare('SELECT count(*) AS n FROM t WHERE a IS NULL').get()).toEqual({ n: Math.ceil(ROWS / 97) })
  expect(db.prepare('SELECT max(c) AS c FROM t').get()).toEqual(db.prepare('SELECT max(c + 0) AS c FROM t').get())
  if (ROWS <= 20_000) expect(db.verify().problems).toEqual([])
  db.close()
}, 600_000)
