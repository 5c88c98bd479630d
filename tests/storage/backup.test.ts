// Backups of a small database in memory: what is copied, what a restore gives back, and what is refused.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { contentHash } from '../../src/api/content-hash.ts'
import { appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { KILL_OPTIONS, applyStep } from '../crash/steps.ts'
import { backupSteps } from '../../storage/backup/backup.ts'
import type { BackupReport } from '../../storage/backup/backup.ts'
import { readChain } from '../../storage/backup/chain.ts'
import { restoreDatabase, restoreSteps } from '../../storage/backup/restore.ts'
import { runSteps, runStepsSoon } from '../../storage/backup/steps.ts'

const SEED = 11

class Fixture {
  readonly files = new MemoryFileSystem()
  engine!: Engine
  step = 0
  private restores = 0

  async open(): Promise<this> {
    this.engine = await openEngine('d.sdb', { ...KILL_OPTIONS, files: this.files })
    return this
  }

  /** Does some steps of the crash tests' workload. */
  async work(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await applyStep(this.engine, appendColumns, SEED, this.step++)
  }

  backup(path = 'b', incremental = true): BackupReport {
    return runSteps(backupSteps(this.engine, path, { incremental }))
  }

  async restoredHash(from = 'b', to = `r${this.restores++}.sdb`): Promise<string> {
    runSteps(restoreSteps(this.files, { from, to }))
    const restored = await openEngine(to, { ...KILL_OPTIONS, files: this.files })
    expect(verifyEngine(restored).problems).toEqual([])
    const hash = contentHash(restored)
    // It is a database like any other: written, closed and opened again.
    const txn = restored.begin()
    txn.put('meta', [1, 999])
    txn.commit()
    restored.close()
    const again = await openEngine(to, { ...KILL_OPTIONS, files: this.files })
    expect(contentHash(again)).not.toBe(hash)
    again.close()
    return hash
  }
}

describe('backup and restore', () => {
  test('an empty database', async () => {
    const f = await new Fixture().open()
    const report = f.backup()
    expect(report).toMatchObject({ kind: 'full', link: 1, pages: 0, commitId: 0 })
    runSteps(restoreSteps(f.files, { from: 'b', to: 'r.sdb' }))
    const restored = await openEngine('r.sdb', { files: f.files, memoryBytes: 16 << 20 })
    expect(contentHash(restored)).toBe(contentHash(f.engine))
    restored.close()
  })

  test('each link of a chain restores to the state it was taken at', async () => {
    const f = await new Fixture().open()
    for (let link = 1; link <= 12; link++) {
      await f.work(link === 1 ? 60 : 7)
      const report = f.backup()
      expect(report).toMatchObject({ link, kind: link === 1 ? 'full' : 'incremental', commitId: f.engine.commitId })
      expect(await f.restoredHash()).toBe(contentHash(f.engine))
    }
    const file = f.files.open('b', 'read')
    expect(readChain(file).links).toHaveLength(12)
    expect(file.size()).toBe(readChain(file).header.end)
  })

  test('an incremental backup copies what changed, and nothing when nothing did', async () => {
    const f = await new Fixture().open()
    await f.work(200)
    const full = f.backup()
    expect(f.backup()).toMatchObject({ kind: 'unchanged', link: 1, pages: 0, bytes: 0 })
    const txn = f.engine.begin()
    txn.put('meta', [1, 1])
    txn.commit()
    const small = f.backup()
    expect(small.kind).toBe('incremental')
    expect(small.pages).toBeLessThanOrEqual(4)
    expect(full.pages).toBeGreaterThan(small.pages * 5)
  })

  test('commits, merges and checkpoints go on while pages are copied', async () => {
    const f = await new Fixture().open()
    await f.work(80)
    const random = new Random(5)
    for (let round = 0; round < 10; round++) {
      const steps = backupSteps(f.engine, 'b', { incremental: round % 4 !== 0 })
      let next = steps.next()
      const hash = contentHash(f.engine)
      while (next.done !== true) {
        await f.work(random.between(1, 30))
        if ('sync' in next.value) next.value.sync.sync()
        next = steps.next()
      }
      expect(await f.restoredHash()).toBe(hash)
      expect(verifyEngine(f.engine).problems).toEqual([])
    }
    // The hold is over: what it kept is used again.
    const before = f.engine.pages.blocks.delayedCount
    await f.work(60)
    f.engine.checkpoint()
    expect(f.engine.pages.blocks.delayedCount).toBeLessThan(before + 500)
  })

  test('an aborted backup leaves the chain and the database as they were', async () => {
    const f = await new Fixture().open()
    await f.work(60)
    f.backup()
    const hash = contentHash(f.engine)
    await f.work(40)
    const abort = new AbortController()
    const running = runStepsSoon(backupSteps(f.engine, 'b', { incremental: true }), {
      signal: abort.signal, onProgress: () => abort.abort(),
    })
    await expect(running).rejects.toMatchObject({ code: '57014' })
    await expect(runStepsSoon(backupSteps(f.engine, 'c'), { signal: AbortSignal.abort() }))
      .rejects.toMatchObject({ code: '57014' })
    expect(await f.restoredHash()).toBe(hash)
    expect(f.files.list('.').filter((name) => name.includes('partial') || name === 'c')).toEqual([])
    expect(f.backup()).toMatchObject({ link: 2, kind: 'incremental' })
    expect(await f.restoredHash()).toBe(contentHash(f.engine))
  })
})

describe('what is refused', () => {
  test('a target that is a database, a folder or some other file', async () => {
    const f = await new Fixture().open()
    await f.work(20)
    f.files.makeFolder('folder')
    const other = f.files.open('notes.txt', 'create')
    other.write(0, Uint8Array.of(1, 2, 3))
    other.close()
    for (const path of ['d.sdb', 'folder', 'notes.txt']) {
      for (const incremental of [true, false]) {
        expect(() => f.backup(path, incremental), path).toThrow(expect.objectContaining({ code: '42809' }))
      }
    }
    expect(() => f.backup('missing/b')).toThrow(expect.objectContaining({ code: '58P01' }))
    expect(() => f.backup('')).toThrow(expect.objectContaining({ code: '22023' }))
    expect(f.files.exists('.partial')).toBe(false)
    expect(verifyEngine(f.engine).problems).toEqual([])
  })

  test('a backup of another database, also one restored from it', async () => {
    const f = await new Fixture().open()
    await f.work(20)
    f.backup()
    await restoreDatabase(f.files, { from: 'b', to: 'r.sdb' })
    const restored = await openEngine('r.sdb', { ...KILL_OPTIONS, files: f.files })
    for (const incremental of [true, false]) {
      expect(() => runSteps(backupSteps(restored, 'b', { incremental })))
        .toThrow(expect.objectContaining({ code: '55000' }))
    }
    restored.close()
  })

  test('an older copy of the database that went its own way', async () => {
    const f = await new Fixture().open()
    await f.work(30)
    f.engine.close()
    const copy = new MemoryFileSystem()
    copy.makeFolder('d.sdb-wal')
    for (const path of ['d.sdb', ...f.files.list('d.sdb-wal').map((name) => `d.sdb-wal/${name}`)]) {
      const [from, to] = [f.files.open(path, 'read'), copy.open(path, 'create')]
      const bytes = new Uint8Array(from.size())
      from.read(0, bytes)
      to.write(0, bytes)
    }
    await f.open()
    await f.work(30)
    f.backup()
    const bytes = new Uint8Array(f.files.open('b', 'read').size())
    f.files.open('b', 'read').read(0, bytes)
    copy.open('b', 'create').write(0, bytes)
    const other = await openEngine('d.sdb', { ...KILL_OPTIONS, files: copy })
    for (let i = 0; i < 90; i++) {
      const txn = other.begin()
      txn.put('meta', [1, i])
      txn.commit()
      other.checkpoint()
      if (i % 20 !== 0) continue
      expect(() => runSteps(backupSteps(other, 'b', { incremental: true })))
        .toThrow(expect.objectContaining({ code: '55000' }))
    }
    other.close()
  })

  test('a restore over something that exists', async () => {
    const f = await new Fixture().open()
    await f.work(20)
    f.backup()
    const restore = (from: string, to: string, force = false): unknown =>
      runSteps(restoreSteps(f.files, { from, to, force }))
    expect(() => restore('b', 'd.sdb')).toThrow(expect.objectContaining({ code: '58P02' }))
    expect(() => restore('b', 'b', true)).toThrow(expect.objectContaining({ code: '42809' }))
    expect(() => restore('d.sdb', 'r.sdb')).toThrow(expect.objectContaining({ code: '42809' }))
    expect(() => restore('nothing', 'r.sdb')).toThrow(expect.objectContaining({ code: '58P01' }))
    await expect(restoreDatabase(f.files, { from: 'b', to: 'd.sdb', force: true }))
      .rejects.toMatchObject({ code: '55006' })
    const hash = contentHash(f.engine)
    await f.work(20)
    f.engine.close()
    await restoreDatabase(f.files, { from: 'b', to: 'd.sdb', force: true })
    await f.open()
    expect(contentHash(f.engine)).toBe(hash)
    f.engine.close()
  })

  test('a log folder without its database', async () => {
    const f = await new Fixture().open()
    await f.work(20)
    f.backup()
    f.files.makeFolder('r.sdb-wal')
    f.files.open('r.sdb-wal/0000000000000001.wal', 'create').write(0, Uint8Array.of(1))
    expect(() => runSteps(restoreSteps(f.files, { from: 'b', to: 'r.sdb' })))
      .toThrow(expect.objectContaining({ code: '58P02' }))
  })
})
