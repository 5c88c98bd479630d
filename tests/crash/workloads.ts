// The workloads that are crashed at every write and failed at every call (workload.ts), one for each thing that
// writes: changes of rows, definitions, bulk loads, checkpoints, merges, indexes, compression, backups, log modes.
import { DEFINITION_WORKLOADS } from './definition-workloads.ts'
import type { CrashWorkload, WorkStep } from './workload.ts'

const CREATE = 'CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, n DOUBLE PRECISION)'

/** `count` steps from a function of their number. */
function steps(count: number, step: (n: number) => WorkStep): WorkStep[] {
  return Array.from({ length: count }, (_, n) => step(n))
}

/** An INSERT of rows with ids [from, from + count). */
function insert(from: number, count: number, table = 't'): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const id = (from + i) * 3
    return `(${id}, ${id % 5 === 0 ? 'NULL' : `'name ${id % 7}'`}, ${id / 4})`
  })
  return `INSERT INTO ${table} VALUES ${rows.join(', ')}`
}

const checkpoint: WorkStep = (db) => db.checkpoint()
const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)
const columns = (from: number, count: number): { id: number[]; name: string[]; n: number[] } => ({
  id: ids(from, count), name: ids(from, count).map((id) => `bulk ${id % 9}`), n: ids(from, count).map((id) => id / 3),
})

/** All of them. */
export const CRASH_WORKLOADS: readonly CrashWorkload[] = [
  ...DEFINITION_WORKLOADS,
  { name: 'single rows', steps: [CREATE, ...steps(24, (n) => insert(n, 1)), 'DELETE FROM t WHERE id < 20'] },
  {
    name: 'updates of the same rows',
    steps: [CREATE, insert(0, 40), ...steps(20, (n) => `UPDATE t SET n = n + ${n},
      name = 'u${n}' WHERE id % 9 = ${n % 9}`)],
  },
  {
    name: 'deletes down to nothing',
    steps: [CREATE, insert(0, 120), ...steps(12, (n) => `DELETE FROM t WHERE id % 12 = ${n}`), insert(7, 5)],
  },
  {
    name: 'keys that move',
    steps: [CREATE, insert(0, 60), ...steps(10,
      (n) => `UPDATE t SET id = id + 1000 WHERE id BETWEEN ${n * 15} AND ${n * 15 + 9}`)],
  },
  {
    name: 'transactions with savepoints',
    steps: [CREATE, ...steps(12, (n) => (db) => db.transaction(() => {
      db.exec(insert(n * 10, 5))
      try {
        db.transaction(() => {
          db.exec(insert(n * 10 + 5, 3))
          if (n % 3 === 0) throw new Error('undone')
        })
      } catch (error) {
        if (!(error instanceof Error) || error.message !== 'undone') throw error
      }
      db.exec(`DELETE FROM t WHERE id = ${n * 30}`)
    }))],
  },
  {
    name: 'tables that come and go',
    steps: [CREATE, insert(0, 50), ...steps(8, (n) => (db) => db.transaction(() => {
      if (n > 0) db.exec(`DROP TABLE s${n - 1}`)
      db.exec(`CREATE TABLE s${n} (id BIGINT PRIMARY KEY, name TEXT, n DOUBLE PRECISION)`)
      db.exec(insert(n, 30, `s${n}`))
    })), 'DROP TABLE t'],
  },
  {
    name: 'bulk appends',
    steps: [CREATE, insert(0, 10), ...steps(5, (n) => (db) => db.table('t').append(columns(1000 * (n + 1), 150))),
      (db) => db.table('t').append(columns(900, 300), { onConflict: 'replace' }), insert(5000, 1)],
  },
  {
    name: 'a bulk load in pieces',
    steps: [CREATE, insert(0, 30), (db) => {
      const loader = db.table('t').loader()
      for (let n = 4; n >= 0; n--) loader.add(columns(500 + n * 200, 200))
      loader.finish()
    }, insert(40, 3), checkpoint, insert(50, 3)],
  },
  {
    name: 'a merge after every commit', options: { mergeEveryCommit: true },
    steps: [CREATE, ...steps(14, (n) => insert(n * 9, 8)), 'DELETE FROM t WHERE id % 2 = 0', 'UPDATE t SET n = 0'],
  },
  {
    name: 'checkpoints', options: { checkpointEvery: 0 },
    steps: [CREATE, ...steps(10, (n) => n % 2 === 0 ? insert(n * 20, 15) : checkpoint), checkpoint,
      'DELETE FROM t', checkpoint],
  },
  {
    name: 'long values',
    steps: ['CREATE TABLE b (id INTEGER PRIMARY KEY, text TEXT)', ...steps(10, (n) => (db) =>
      db.table('b').put({ id: n % 4, text: `long ${n} `.repeat(5_000 * (n % 3) + 1) })), checkpoint,
        'DELETE FROM b WHERE id = 1'],
  },
  {
    name: 'streamed values',
    steps: ['CREATE TABLE b (id INTEGER PRIMARY KEY, text TEXT, n INTEGER)', ...steps(4, (n) => async (db) => {
      if (n === 2) return db.exec("INSERT INTO b (id, n) VALUES (1, 1), (5, 5), (9, 9)")
      const writer = db.table('b').writeStream(n % 3 * 2, 'text').getWriter()
      for (let i = 0; i < 11; i++) await writer.write(new Uint8Array(100_000).fill(65 + n))
      await writer.close()
    }), 'UPDATE b SET n = 5 WHERE id = 0', checkpoint, 'DELETE FROM b WHERE id = 2'],
  },
  {
    name: 'rows without a key',
    steps: ['CREATE TABLE log (at TIMESTAMP, line TEXT)', ...steps(14, (n) =>
      `INSERT INTO log SELECT TIMESTAMP '2026-01-01 00:00:00', 'line ' || ${n}`),
        'DELETE FROM log WHERE line < \'line 5\''],
  },
  {
    name: 'composite text keys',
    steps: ['CREATE TABLE c (a TEXT, b INTEGER, v DECIMAL(30,2), PRIMARY KEY (a, b))', ...steps(12, (n) =>
      `INSERT INTO c VALUES ('owner ${n % 3}', ${n}, 12345678901234567890.12), ('owner ü', ${n}, NULL)`),
    'UPDATE c SET v = v * 2', checkpoint, 'DELETE FROM c WHERE a = \'owner 1\''],
  },
  {
    name: 'commits in flight',
    steps: [CREATE, ...steps(4, (n) => (db) => db.transact(() => void db.exec(insert(n * 20, 4)))), checkpoint,
      (db) => db.transact(() => void db.exec('DELETE FROM t WHERE id < 30'))],
  },
  {
    name: 'synchronous normal', losesTail: true, options: { synchronous: 'normal' },
    steps: [CREATE, ...steps(14, (n) => insert(n * 5, 3)), checkpoint, ...steps(5, (n) => insert(200 + n, 1))],
  },
  {
    name: 'synchronous off', losesTail: true, options: { synchronous: 'off' },
    steps: [CREATE, ...steps(14, (n) => insert(n * 5, 3)), checkpoint, ...steps(5, (n) => insert(200 + n, 1))],
  },
  {
    name: 'key-value store',
    steps: [(db) => void db.kv('cache', { key: 'text', value: 'json' }), ...steps(14, (n) => (db) => {
      const kv = db.kv('cache', { key: 'text', value: 'json' })
      if (n % 4 === 3) kv.delete(`key ${n - 2}`)
      else kv.put(`key ${n}`, { n, list: [1, null, 'x'.repeat(n * 20)] })
    })],
  },
  {
    name: 'compressed pages', options: { compression: 'zstd' },
    steps: [CREATE, (db) => db.table('t').append(columns(0, 400)), ...steps(8, (n) => insert(2000 + n * 10,
      8)), checkpoint,
      'UPDATE t SET name = \'compressible \' || name WHERE id % 3 = 0', checkpoint],
  },
  {
    name: 'a change of compression',
    steps: [CREATE, (db) => db.table('t').append(columns(0, 300)), 'PRAGMA compression = \'LZ4\'', insert(2000,
      60), checkpoint,
      'PRAGMA compression = \'GZIP\'', (db) => db.table('t').append(columns(9000, 200)), insert(5000, 20)],
  },
  {
    name: 'secondary indexes',
    steps: ['CREATE TABLE u (id BIGINT PRIMARY KEY, email TEXT UNIQUE, age INTEGER)', 'CREATE INDEX u_age ON u (age)',
      ...steps(10, (n) => `INSERT INTO u VALUES (${n}, 'user ${n}', ${n % 3}), (${n + 100}, NULL, NULL)`),
      'UPDATE u SET age = age + 1 WHERE id < 5', 'UPDATE u SET email = \'new \' || id WHERE id % 4 = 0',
      'DELETE FROM u WHERE age = 2', checkpoint, 'REINDEX TABLE u'],
  },
  {
    name: 'indexes that come and go',
    steps: [CREATE, insert(0, 150), ...steps(4, (n) => (db) => db.transaction(() => {
      if (n > 0) db.exec('DROP INDEX t_n')
      db.exec(`CREATE ${n % 2 === 0 ? 'UNIQUE ' : ''}INDEX t_n ON t (n, name)`)
      db.exec(insert(200 + n * 10, 5))
    })), 'DROP INDEX t_n'],
  },
  {
    name: 'duplicates that are refused',
    steps: [CREATE, 'CREATE UNIQUE INDEX t_n ON t (n)', insert(0, 20), ...steps(8, (n) => (db) => {
      try {
        db.exec(`INSERT INTO t VALUES (${1000 + n}, 'x', ${5000 + n}), (${2000 + n}, 'y', ${(n * 3) / 4})`)
      } catch (error) {
        if ((error as { code?: string }).code !== '23505') throw error
      }
      db.exec(insert(400 + n, 1))
    })],
  },
  {
    name: 'updates all over a table',
    steps: [CREATE, (db) => db.table('t').append(columns(0, 600)), ...steps(14, (n) => (db) => db.transaction(() => {
      for (let i = 0; i < 12; i++) db.table('t').put({ id: (n * 131 + i * 53) % 700, name: `u ${n}`, n: i })
      db.table('t').delete((n * 37) % 600)
    })), checkpoint, 'DELETE FROM t WHERE id % 5 = 0'],
  },
  {
    name: 'no log', options: { walMode: 'off' },
    steps: [CREATE, ...steps(10, (n) => insert(n * 6, 4)), 'UPDATE t SET n = 1', 'DELETE FROM t WHERE id > 60'],
  },
  {
    name: 'modes that change',
    steps: [CREATE, insert(0, 9), 'PRAGMA wal_mode = OFF', insert(20, 9), 'PRAGMA wal_mode = ON', insert(40, 9),
      'PRAGMA wal_checkpoint', insert(60, 9), 'PRAGMA wal_mode = OFF', 'DELETE FROM t WHERE id < 50'],
  },
  {
    name: 'vacuum',
    steps: [CREATE, (db) => db.table('t').append(columns(0, 900)), 'DELETE FROM t WHERE id % 3 > 0', checkpoint,
      'VACUUM',
      ...steps(4, (n) => insert(900 + n * 9, 9)), 'VACUUM t', 'DELETE FROM t', 'VACUUM', insert(5, 5)],
  },
]
