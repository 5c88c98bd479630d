// What snapshots keep and give back: statements of READ COMMITTED keep nothing between them, a REPEATABLE READ
// transaction keeps its state for as long as it lives (and stats() says whose it is), and when the oldest one ends,
// old versions, old roots and the pages of replaced row groups are reclaimed.
import { describe, expect, test } from 'vitest'
import { CODE, open } from '../../src/index.ts'
import { DatabaseState } from '../../src/api/database-state.ts'
import { Database } from '../../src/api/database.ts'
import { loadParser } from '../../src/sql/parse.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'

const ROWS = 500

async function withEngine(options = {}): Promise<{ db: Database; engine: Engine }> {
  await loadParser()
  const engine = await openEngine('t.sdb', {
    memoryBytes: 16 << 20, rowGroupRows: 128, files: new MemoryFileSystem(), ...options,
  })
  const db = new Database(new DatabaseState(engine, 'auto'))
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)')
  db.table('t').append({ id: Int32Array.from({ length: ROWS }, (_, i) => i), v: new Int32Array(ROWS) })
  return { db, engine }
}

const sum = (session: { prepare: Database['prepare'] }): unknown =>
  session.prepare('SELECT count(*)::int AS n, sum(v)::int AS s FROM t').get()

describe.each([[false], [true]])('merge after every commit: %s', (mergeEveryCommit) => {
  test('old versions and old pages go when the oldest snapshot ends', async () => {
    const { db, engine } = await withEngine({ mergeEveryCommit })
    const table = engine.catalog.get('t')
    const readers = [db.connect(), db.connect()]
    const before = sum(db)
    for (const reader of readers) reader.exec('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const reader of readers) expect(sum(reader)).toEqual(before)
    for (let round = 1; round <= 5; round++) db.exec(`UPDATE t SET v = ${round}; DELETE FROM t WHERE id = ${round}`)
    for (const reader of readers) expect(sum(reader)).toEqual(before)
    expect(engine.hasGarbage).toBe(true)
    if (mergeEveryCommit) expect(engine.retired.length).toBeGreaterThan(0)
    else expect(table.delta.versionCount).toBeGreaterThan(4 * ROWS)
    const peak = db.stats().file.usedBlocks
    readers[0]!.exec('COMMIT')
    expect(engine.hasGarbage).toBe(true)
    expect(sum(readers[1]!)).toEqual(before)
    readers[1]!.exec('COMMIT')
    expect(engine.hasGarbage).toBe(false)
    expect([engine.retired.length, table.roots.length]).toEqual([0, 1])
    for (let entry = 0; entry < table.delta.entryCount; entry++) {
      expect(table.delta.versions.older(table.delta.headOf(entry))).toBe(-1)
    }
    expect(sum(db)).toEqual({ n: ROWS - 5, s: 5 * (ROWS - 5) })
    expect(db.verify().problems).toEqual([])
    // Blocks are free for use two checkpoints later (F2).
    for (let i = 0; i < 3; i++) {
      db.exec(`UPDATE t SET v = ${i} WHERE id = 9`)
      db.checkpoint()
    }
    if (mergeEveryCommit) expect(db.stats().file.usedBlocks).toBeLessThan(peak)
    db.close()
  })

  test('an idle READ COMMITTED transaction keeps nothing; a running result keeps its own', async () => {
    const { db } = await withEngine({ mergeEveryCommit })
    const session = db.connect()
    session.exec('BEGIN')
    const before = sum(session)
    expect(db.stats().transactions).toMatchObject({ openSnapshots: 0, oldestSnapshotSession: 0 })
    const rows = session.prepare('SELECT id, v FROM t ORDER BY id').iterate()
    rows.next()
    db.exec('UPDATE t SET v = 1; DELETE FROM t WHERE id > 400')
    expect(sum(session)).toEqual({ n: 401, s: 401 })
    expect([...rows].length).toBe(ROWS - 1)
    expect(before).toEqual({ n: ROWS, s: 0 })
    expect(db.stats().transactions.openSnapshots).toBe(0)
    db.close()
  })
})

test('stats() tells how old the oldest snapshot is, and whose', async () => {
  const { db, engine } = await withEngine()
  let clockMs = 1_000_000
  engine.snapshots.now = () => clockMs
  const [old, young] = [db.connect(), db.connect()]
  old.exec('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t')
  for (let i = 0; i < 7; i++) db.exec(`UPDATE t SET v = ${i} WHERE id = 1`)
  clockMs += 5000
  young.exec('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM t')
  db.exec('UPDATE t SET v = 0 WHERE id = 1')
  clockMs += 250
  expect(db.stats().transactions).toMatchObject({
    openSnapshots: 2, oldestSnapshotMs: 5250, oldestSnapshotCommits: 8, oldestSnapshotSession: 2, recentCommits: 1,
  })
  const info = new Map(db.prepare('PRAGMA storage_info').raw() as [string, string][])
  expect([info.get('transactions.oldestSnapshotMs'), info.get('transactions.oldestSnapshotSession')])
    .toEqual(['5250', '2'])
  old.close()
  expect(db.stats().transactions).toMatchObject({
    openSnapshots: 1, oldestSnapshotMs: 250, oldestSnapshotCommits: 1, oldestSnapshotSession: 3,
  })
  young.exec('COMMIT')
  expect(db.stats().transactions).toMatchObject({
    openSnapshots: 0, oldestSnapshotMs: 0, oldestSnapshotCommits: 0, oldestSnapshotSession: 0, recentCommits: 0,
  })
  db.close()
})

test('readers never wait: a snapshot is read beside every lock, at every level', async () => {
  const db = await open(':memory:')
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 1), (2, 2)')
  const [writer, reader] = [db.connect(), db.connect()]
  writer.exec('BEGIN; SELECT * FROM t FOR UPDATE; UPDATE t SET v = 0; INSERT INTO t VALUES (3, 3); DROP TABLE t')
  for (const level of ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']) {
    reader.exec(`BEGIN ISOLATION LEVEL ${level}`)
    expect((await reader.execute('SELECT * FROM t ORDER BY id')).rows).toEqual([{ id: 1, v: 1 }, { id: 2, v: 2 }])
    expect([reader.table('t').get(1), reader.table('t').range().all().length]).toEqual([{ id: 1, v: 1 }, 2])
    reader.exec('COMMIT')
  }
  expect(db.stats().transactions.waits).toBe(0)
  expect(() => reader.exec('INSERT INTO t VALUES (9, 9)')).toThrow(expect.objectContaining({ code: CODE.LOCK_HELD }))
  writer.exec('ROLLBACK')
  reader.exec('INSERT INTO t VALUES (9, 9)')
  db.close()
})
