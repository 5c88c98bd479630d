// Backups as users make them: db.backup() beside running work, the SQL statements, and their refusals.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-backup-'))
afterAll(() => rmSync(folder, { recursive: true }))
let names = 0
const fresh = (): string => join(folder, `${names++}`)

async function shop(path = `${fresh()}.sdb`): Promise<Database> {
  const db = await open(path)
  db.exec('CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(12,2))')
  db.table('item').append({
    id: Array.from({ length: 60_000 }, (_, i) => i), name: Array.from({ length: 60_000 }, (_, i) => `name ${i}`),
    price: Array.from({ length: 60_000 }, (_, i) => `${i}.25`),
  })
  return db
}

async function hashOf(path: string): Promise<string> {
  const db = await open(path, { readOnly: true })
  try {
    expect(db.verify().problems.slice(0, 3).map((one) => one.message)).toEqual([])
    return db.contentHash()
  } finally {
    db.close()
  }
}

describe('db.backup()', () => {
  test('copies a moment while writes go on', async () => {
    const db = await shop()
    const backup = fresh()
    const before = db.contentHash()
    const progress: number[] = []
    const running = db.backup(backup, { onProgress: ({ done, total }) => progress.push(done / total) })
    for (let i = 0; i < 50; i++) await db.transact(() => db.table('item').put({ id: i, name: 'later', price: null }))
    expect(await running).toMatchObject({ kind: 'full', link: 1 })
    expect(progress[progress.length - 1]).toBe(1)
    const restored = `${fresh()}.sdb`
    db.exec(`RESTORE DATABASE '${restored}' FROM '${backup}'`)
    expect(await hashOf(restored)).toBe(before)
    const second = await db.backup(backup, { incremental: true })
    expect(second.kind).toBe('incremental')
    const again = `${fresh()}.sdb`
    db.exec(`RESTORE DATABASE '${again}' FROM '${backup}'`)
    expect(await hashOf(again)).toBe(db.contentHash())
    db.close()
  })

  test('close() waits for it, a forced one cancels it', async () => {
    const db = await shop()
    const running = db.backup(fresh())
    db.close()
    expect((await running).kind).toBe('full')
    const other = await shop()
    const cancelled = other.backup(fresh())
    other.close({ force: true })
    await expect(cancelled).rejects.toMatchObject({ code: '57014' })
  })

  test('compressed pages and indexes come back as they were', async () => {
    const db = await open(`${fresh()}.sdb`, { compression: 'zstd' })
    db.exec('CREATE TABLE item (id BIGINT PRIMARY KEY, name TEXT NOT NULL); CREATE INDEX by_name ON item (name)')
    const count = 60_000
    db.table('item').append({
      id: Array.from({ length: count }, (_, i) => i), name: Array.from({ length: count }, (_, i) => `name ${i % 999}`),
    })
    const backup = fresh()
    await db.backup(backup)
    db.exec("UPDATE item SET name = 'other' WHERE id = 77")
    expect((await db.backup(backup, { incremental: true })).kind).toBe('incremental')
    db.exec(`RESTORE DATABASE '${backup}.sdb' FROM '${backup}'`)
    expect(await hashOf(`${backup}.sdb`)).toBe(db.contentHash())
    const restored = await open(`${backup}.sdb`)
    expect(restored.prepare("SELECT id FROM item WHERE name = 'other'").all()).toEqual([{ id: 77 }])
    expect(restored.prepare('PRAGMA compression').get()).toEqual(db.prepare('PRAGMA compression').get())
    restored.close()
    db.close()
  })

  test('an in-memory database is backed up to the disk', async () => {
    const db = await shop(':memory:')
    const backup = fresh()
    await db.backup(backup)
    const restored = `${fresh()}.sdb`
    db.exec(`RESTORE DATABASE '${restored}' FROM '${backup}'`)
    expect(await hashOf(restored)).toBe(db.contentHash())
    db.close()
  })

  test('wrong options and transactions are refused', async () => {
    const path = `${fresh()}.sdb`
    const db = await shop(path)
    await expect(db.backup('')).rejects.toMatchObject({ code: '22023' })
    const misspelt: object = { incremental: true, sginal: 1 }
    const unknown = { code: '22023', hint: expect.stringContaining('signal') as string }
    await expect(db.backup('b', misspelt)).rejects.toMatchObject(unknown)
    db.exec('BEGIN')
    await expect(db.backup('b')).rejects.toMatchObject({ code: '25001' })
    expect(() => db.exec("BACKUP DATABASE TO 'b'")).toThrow(/transaction block/)
    db.exec('ROLLBACK')
    db.close()
  })

  test('a reader beside a writer backs up the last checkpoint it has opened', async () => {
    const path = `${fresh()}.sdb`
    const db = await shop(path)
    db.checkpoint()
    const reader = await open(path, { readOnly: true })
    const hash = reader.contentHash()
    const backup = fresh()
    const running = reader.backup(backup)
    for (let i = 0; i < 12; i++) {
      db.exec(`UPDATE item SET name = 'written ${i}' WHERE id % 12 = ${i}`)
      db.checkpoint()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await running).toMatchObject({ kind: 'full', laterCommits: 0 })
    db.exec(`RESTORE DATABASE '${backup}.sdb' FROM '${backup}'`)
    expect(await hashOf(`${backup}.sdb`)).toBe(hash)
    reader.close()
    expect((await db.backup(backup, { incremental: true })).kind).toBe('incremental')
    db.exec(`RESTORE DATABASE '${backup}.2.sdb' FROM '${backup}'`)
    expect(await hashOf(`${backup}.2.sdb`)).toBe(db.contentHash())
    db.close()
  })
})

describe('SQL', () => {
  test('BACKUP and RESTORE say what they did', async () => {
    const db = await shop()
    const backup = fresh()
    const run = (sql: string): unknown => db.prepare(sql).get()
    expect(run(`BACKUP DATABASE TO '${backup}'`)).toMatchObject({ kind: 'full', link: 1, commit_id: 2 })
    expect(run(`BACKUP INCREMENTAL TO '${backup}'`)).toMatchObject({ kind: 'unchanged', pages: 0 })
    db.exec('DELETE FROM item WHERE id = 1')
    expect(run(`BACKUP INCREMENTAL TO '${backup}'`)).toMatchObject({ kind: 'incremental', link: 2 })
    expect(run(`RESTORE DATABASE '${backup}.sdb' FROM '${backup}'`)).toMatchObject({ links: 2, commit_id: 3 })
    db.close()
  })

  test.each([
    ["BACKUP TO 'x'", 'to'], ['BACKUP DATABASE TO x', 'x'], ["BACKUP DATABASE TO 'x' y", 'y'],
    ["RESTORE 'x' FROM 'y'", "'x'"], ["RESTORE DATABASE 'x'", 'at end'],
  ])('%s is a syntax error', async (sql, near) => {
    const db = await open(':memory:')
    expect(() => db.exec(sql)).toThrow(new RegExp(`syntax error.*${near}`, 'i'))
    db.close()
  })
})

test('awaited statements copy in slices; a backup right after another one copies nothing', async () => {
  const folder = fresh()
  const db = await open(`${folder}.sdb`, { compression: 'none' })
  db.exec('CREATE TABLE t (id BIGINT PRIMARY KEY, s TEXT)')
  db.table('t').append({ id: ids(60_000), s: ids(60_000).map(i => `row ${i * 7919} of many`) })
  let turns = 0
  const clock = setInterval(() => turns++, 0)
  const { rows } = await db.execute(`BACKUP DATABASE TO '${folder}.bak'`)
  expect(turns).toBeGreaterThan(1)
  expect(rows[0]).toMatchObject({ kind: 'full', link: 1 })
  for (let i = 0; i < 3; i++) {
    const again = await db.execute(`BACKUP INCREMENTAL TO '${folder}.bak'`)
    expect(again.rows[0]).toMatchObject({ kind: 'unchanged', pages: 0, bytes: 0 })
  }
  db.exec("UPDATE t SET s = 'changed' WHERE id = 7")
  const little = await db.execute(`BACKUP INCREMENTAL TO '${folder}.bak'`)
  expect(little.rows[0]).toMatchObject({ kind: 'incremental', link: 2 })
  expect(Number(little.rows[0]!['pages'])).toBeLessThan(Number(rows[0]!['pages']) / 3 + 6)
  const restored = await db.execute(`RESTORE DATABASE '${folder}.copy' FROM '${folder}.bak'`)
  clearInterval(clock)
  expect(restored.rows[0]).toMatchObject({ path: `${folder}.copy`, links: 2 })
  expect(await hashOf(`${folder}.copy`)).toBe(db.contentHash())
  const aborted = db.execute(`BACKUP DATABASE TO '${folder}.none'`, [], { signal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ code: '57014' })
  db.exec('BEGIN')
  await expect(db.execute(`BACKUP DATABASE TO '${folder}.none'`)).rejects.toMatchObject({ code: '25001' })
  db.exec('ROLLBACK')
  db.close({ force: true })
})

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
