// How commits become durable, through SQL: the log switched off and on, synchronous changed while open, flushing by
// time and size, automatic checkpoints, the archive, and what recovery reports.
import { describe, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { FaultyFileSystem } from '../sim/faulty-file.ts'

const PATH = 'd.sdb'
const opened = (files: OpenOptions['files'], options: OpenOptions = {}): Promise<Database> =>
  open(PATH, { files, memory: '16MB', ...options })

const pragma = (db: Database, text: string): unknown => db.prepare(`PRAGMA ${text}`).raw().at(-1)![1]
const codeOf = (body: () => unknown): string => {
  try {
    body()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function fill(db: Database, from: number, to: number): void {
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)')
  for (let i = from; i < to; i++) insert.run([i, `row ${i}`])
}

const COUNT = 'SELECT count(*) AS n FROM t'
const count = (db: Database): unknown => Number(db.prepare(COUNT).get()!['n'])

/** A copy of all files, as a crash that loses nothing written would leave them. */
function copyOf(files: MemoryFileSystem): MemoryFileSystem {
  const copy = new MemoryFileSystem()
  for (const [path, content] of files.files) {
    const at = path.lastIndexOf('/')
    if (at > 0) copy.makeFolder(path.slice(0, at))
    copy.open(path, 'create').write(0, content.snapshot())
  }
  return copy
}

describe('wal_mode', () => {
  test('off: every commit is a checkpoint, nothing is logged; on again: the log goes on', async () => {
    const files = new MemoryFileSystem()
    const db = await opened(files, { walMode: 'off' })
    expect(pragma(db, 'wal_mode')).toBe('off')
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    fill(db, 0, 10)
    await db.transact(() => db.prepare('INSERT INTO t VALUES (10, NULL)').run())
    const { wal, file } = db.stats()
    expect(wal).toMatchObject({ records: 0, commits: 0, mode: 'off' })
    expect(file.checkpoints).toBeGreaterThanOrEqual(12)
    const copy = await opened(copyOf(files))
    expect(count(copy)).toBe(11)
    expect(copy.stats().recovery).toMatchObject({ transactions: 0 })
    copy.close()
    expect(pragma(db, 'wal_mode = ON')).toBe('on')
    fill(db, 20, 25)
    expect(db.stats().wal.commits).toBe(5)
    const second = await opened(copyOf(files))
    expect(count(second)).toBe(16)
    second.close()
    expect(pragma(db, 'wal_mode = OFF')).toBe('off')
    fill(db, 30, 33)
    expect(db.stats().wal.commits).toBe(5)
    db.close()
    const last = await opened(files)
    expect(count(last)).toBe(19)
    last.close()
  })

  test('a failed sync of a commit without log stops the handle; reopening has all of it or nothing', async () => {
    const disk = new FaultyFileSystem()
    let db = await opened(disk, { walMode: 'off' })
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    fill(db, 0, 3)
    disk.faults = [{ operation: 'sync', nth: 1, what: 'fsync-keep' }]
    expect(codeOf(() => fill(db, 3, 4))).toBe('58030')
    expect(codeOf(() => count(db))).toBe('58030')
    db.close()
    disk.faults = []
    db = await opened(disk, { walMode: 'off' })
    expect([3, 4]).toContain(count(db))
    expect(disk.syncRetries).toBe(0)
    db.close()
  })
})

describe('synchronous', () => {
  test('is changed while the database is open, also off and back, and every commit is kept', async () => {
    const files = new MemoryFileSystem()
    const db = await opened(files)
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    const modes = ['NORMAL', 'OFF', 'FULL', 'OFF', 'NORMAL', 'FULL', '0', '1', '2']
    modes.forEach((mode, i) => {
      pragma(db, `synchronous = ${mode}`)
      fill(db, i * 10, i * 10 + 10)
    })
    expect(pragma(db, 'synchronous')).toBe('full')
    const copy = await opened(copyOf(files))
    expect(count(copy)).toBe(90)
    expect(copy.stats().recovery).toMatchObject({ transactions: 91, tornBytes: 0 })
    copy.close()
    db.close()
  })

  test('normal: a flush by size syncs in the background; its failure stops the handle', async () => {
    const disk = new FaultyFileSystem()
    const db = await opened(disk, { synchronous: 'normal', walFlushInterval: 0 })
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    pragma(db, "wal_flush_bytes = '1KB'")
    const before = db.stats().wal.syncs
    fill(db, 0, 30)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(db.stats().wal.syncs).toBeGreaterThan(before)
    expect(db.stats().wal.durableLsn).toBeGreaterThan(1000)
    disk.faults = [{ operation: 'sync', nth: 1, what: 'fsync-drop' }]
    fill(db, 30, 60)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(codeOf(() => count(db))).toBe('58030')
    await expect(db.transact(() => db.prepare('INSERT INTO t VALUES (1000, NULL)').run()))
      .rejects.toMatchObject({ code: '58030' })
    db.close()
    expect(disk.syncRetries).toBe(0)
  })

  test('normal: a flush by time', async () => {
    const db = await opened(new MemoryFileSystem(), { synchronous: 'normal', walFlushInterval: 1 })
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    const { endLsn, durableLsn } = db.stats().wal
    expect(durableLsn).toBeLessThan(endLsn)
    while (db.stats().wal.durableLsn < endLsn) await new Promise((resolve) => setTimeout(resolve, 1))
    db.close()
  })
})

describe('checkpoints', () => {
  test('by pages, by bytes of log, by time', async () => {
    const db = await opened(new MemoryFileSystem(), { checkpointBytes: 0 })
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    const before = (): number => db.stats().file.checkpoints
    const start = before()
    fill(db, 0, 100)
    expect(before()).toBe(start)
    expect(pragma(db, 'wal_autocheckpoint = 1')).toBe('1')
    fill(db, 100, 101)
    expect(before()).toBe(start + 1)
    pragma(db, 'wal_autocheckpoint = 0')
    expect(pragma(db, "checkpoint_bytes = '4KB'")).toBe('4096')
    fill(db, 200, 300)
    expect(before()).toBeGreaterThan(start + 1)
    pragma(db, 'checkpoint_bytes = 0')
    const timed = before()
    expect(pragma(db, 'checkpoint_interval = 1')).toBe('1')
    fill(db, 300, 301)
    while (before() === timed) await new Promise((resolve) => setTimeout(resolve, 1))
    db.close()
  })
})

describe('archive', () => {
  test('completed segments are copied, the rest at wal_checkpoint and at close', async () => {
    const files = new MemoryFileSystem()
    const db = await opened(files, { walSegment: '4KB', walArchive: 'kept' })
    expect(pragma(db, 'wal_archive')).toBe('kept')
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    fill(db, 0, 200)
    await new Promise((resolve) => setTimeout(resolve, 5))
    pragma(db, 'wal_checkpoint')
    const { archivedLsn, durableLsn, archiveError, segments } = db.stats().wal
    expect(archivedLsn).toBe(durableLsn)
    expect(archiveError).toBe(null)
    expect(files.list('kept').length).toBeGreaterThanOrEqual(segments)
    db.close()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(files.list('kept').every((name) => /^[0-9a-f]{16}\.wal$/.test(name))).toBe(true)
  })

  test('refusals: with wal_mode off, in memory, and a folder of another history', async () => {
    const files = new MemoryFileSystem()
    await expect(opened(files, { walMode: 'off', walArchive: 'kept' })).rejects.toMatchObject({ code: '0A000' })
    const db = await opened(files, { walMode: 'off' })
    expect(codeOf(() => pragma(db, "wal_archive = 'kept'"))).toBe('0A000')
    db.close()
    const memory = await open(':memory:')
    expect(codeOf(() => pragma(memory, "wal_archive = 'kept'"))).toBe('0A000')
    expect(pragma(memory, 'wal_mode')).toBe('off')
    memory.close()
    const first = await opened(files, { walArchive: 'kept' })
    expect(codeOf(() => pragma(first, 'wal_mode = off'))).toBe('0A000')
    first.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    first.close()
    const other = await open('other.sdb', { files, memory: '16MB', walArchive: 'kept' })
    other.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    expect(codeOf(() => pragma(other, 'wal_checkpoint'))).toBe('XX001')
    expect(other.stats().wal.archiveError).toMatch(/belongs to another database/)
    expect(count(other)).toBe(0)
    other.close()
  })

  test('a full disk keeps the segments, says so, and is made up for when there is room', async () => {
    const disk = new FaultyFileSystem()
    const db = await opened(disk, { walSegment: '4KB', walArchive: 'kept', io: 'sync', checkpointEvery: 20 })
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    disk.faults = [{ operation: 'write', nth: 1, what: 'ENOSPC', isSticky: true, path: 'kept/' }]
    fill(db, 0, 300)
    await new Promise((resolve) => setTimeout(resolve, 5))
    const { wal } = db.stats()
    expect(wal.archiveError).toMatch(/no space left/)
    expect(wal.segments).toBeGreaterThan(5)
    expect(codeOf(() => pragma(db, 'wal_checkpoint'))).toBe('53100')
    expect(count(db)).toBe(300)
    disk.faults = []
    pragma(db, 'wal_checkpoint')
    expect(db.stats().wal).toMatchObject({ archiveError: null, archivedLsn: db.stats().wal.durableLsn })
    fill(db, 300, 310)
    pragma(db, 'wal_checkpoint')
    pragma(db, 'wal_checkpoint')
    fill(db, 310, 311)
    pragma(db, 'wal_checkpoint')
    expect(db.stats().wal.segments).toBeLessThan(5)
    db.close()
  })
})

describe('recovery', () => {
  test('is reported', async () => {
    const files = new MemoryFileSystem()
    const db = await opened(files)
    expect(db.stats().recovery).toBe(null)
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)')
    fill(db, 0, 7)
    const copy = await opened(copyOf(files))
    const { recovery } = copy.stats()
    expect(recovery).toMatchObject({ fromLsn: 1, transactions: 8, records: 16, tornBytes: 0, damagedCopies: 0 })
    expect(recovery!.toLsn - recovery!.fromLsn).toBe(recovery!.bytes)
    const rows = Object.fromEntries(copy.prepare('PRAGMA recovery_info').raw())
    expect(rows).toMatchObject({ transactions: '8', records: '16' })
    expect(Date.parse(String(rows['lastCommit']))).toBe(recovery!.lastCommitMs)
    copy.close()
    db.close()
  })
})

test.each([
  ['wal_mode = MAYBE', '22023'], ['synchronous = 3', '22023'], ['wal_flush_interval = -1', '22023'],
  ["wal_flush_bytes = 'x'", '22023'], ['wal_segment_size = 100', '22023'], ['wal_autocheckpoint = 1.5', '22023'],
  ["checkpoint_interval = '1 h'", '22023'],
])('PRAGMA %s is %s', async (text, code) => {
  const db = await opened(new MemoryFileSystem())
  expect(codeOf(() => pragma(db, text))).toBe(code)
  db.exec('BEGIN')
  expect(codeOf(() => pragma(db, 'wal_mode = off'))).toBe('25001')
  db.close()
})
