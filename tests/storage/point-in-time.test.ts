// Restoring to a moment: the state of every commit can be had back from the backups and the archived log, and an
// archive with a gap, damage or another history is refused with nothing left behind.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { contentHash } from '../../src/api/content-hash.ts'
import { Random } from '../../src/base/random.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import {
  BulkLoader, appendColumns, backupSteps, openEngine, restoreSteps, runSteps, verifyEngine,
} from '../../storage/mod.ts'
import type { Engine, EngineOptions, RestoreReport } from '../../storage/mod.ts'
import { readFile, writeFile } from './small-database.ts'

const OPTIONS: Partial<EngineOptions> = {
  memoryBytes: 8 << 20, rowGroupRows: 64, deltaRows: 30, bulkRows: 20, walSegmentBytes: 4096, checkpointEvery: 7,
}
const SECOND = 1000

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 0 }))
afterEach(() => void vi.useRealTimers())

/** A database whose commit number n is made at second n. */
class History {
  readonly files = new MemoryFileSystem()
  readonly hashes: string[] = []
  readonly random = new Random(8)
  engine!: Engine
  restored = 0

  async start(): Promise<this> {
    this.engine = await openEngine('d.sdb', { ...OPTIONS, files: this.files, walArchive: 'kept' })
    this.commit((txn) => txn.createTable({
      name: 't', key: [0], columns: [
        { name: 'id', type: INTEGER, nullable: false }, { name: 'word', type: TEXT, nullable: true },
      ],
    }))
    return this
  }

  commit(work: (txn: ReturnType<Engine['begin']>) => void): void {
    vi.setSystemTime(this.engine.commitId * SECOND + SECOND)
    const txn = this.engine.begin()
    work(txn)
    txn.commit()
    this.hashes[this.engine.commitId] = contentHash(this.engine)
  }

  write(commits: number): void {
    for (let i = 0; i < commits; i++) {
      this.commit((txn) => {
        for (let n = 0; n < 3; n++) txn.put('t', [this.random.below(200), `word ${this.engine.commitId}`])
        if (this.random.chance(0.3)) txn.delete('t', [this.random.below(200)])
      })
    }
  }

  /** A bulk append: it bypasses the transactions' part of the log. */
  load(): void {
    vi.setSystemTime(this.engine.commitId * SECOND + SECOND)
    const ids = Int32Array.from({ length: 40 }, (_, i) => 1000 + i)
    appendColumns(this.engine, 't', [
      { type: INTEGER, values: ids, nulls: null, count: 40 },
      { type: TEXT, values: [...ids].map((id) => `bulk ${id}`), nulls: null, count: 40 },
    ], 'error', null)
    this.hashes[this.engine.commitId] = contentHash(this.engine)
  }

  /** A bulk load of any order, on top of what is there: with or without runs, it replaces the whole base. */
  bulkLoad(onConflict: 'error' | 'skip' | 'replace', ids: readonly number[], runRows: number): void {
    vi.setSystemTime(this.engine.commitId * SECOND + SECOND)
    const loader = new BulkLoader(this.engine, 't', onConflict, runRows)
    loader.add([
      { type: INTEGER, values: Int32Array.from(ids), nulls: null, count: ids.length },
      { type: TEXT, values: ids.map((id) => `loaded ${id}`), nulls: null, count: ids.length },
    ])
    loader.finish()
    this.hashes[this.engine.commitId] = contentHash(this.engine)
  }

  backup(): void {
    runSteps(backupSteps(this.engine, 'b', { incremental: true }))
  }

  restore(untilMs: number, archive = 'kept'): { report: RestoreReport; path: string } {
    const path = `r${this.restored++}.sdb`
    return { path, report: runSteps(restoreSteps(this.files, { from: 'b', to: path, until: { untilMs, archive } })) }
  }

  async hashOf(path: string): Promise<string> {
    const engine = await openEngine(path, { ...OPTIONS, files: this.files })
    expect(verifyEngine(engine).problems).toEqual([])
    const hash = contentHash(engine)
    engine.close()
    return hash
  }

  refused(untilMs: number, archive = 'kept'): { code: string; message: string } {
    const before = this.files.list('.')
    try {
      this.restore(untilMs, archive)
    } catch (error) {
      expect(this.files.list('.')).toEqual(before)
      return error as { code: string; message: string }
    }
    throw new Error('it was not refused')
  }
}

/** Three backups at commits 11, 41 and 61, 80 commits in all, everything archived. */
async function history(): Promise<History> {
  const h = await new History().start()
  h.write(10)
  h.backup()
  h.write(30)
  h.backup()
  h.write(20)
  h.backup()
  h.write(19)
  h.engine.durability.archiveNow()
  return h
}

describe('restoring to a time', () => {
  test('gives the state of the last commit at or before it, from the nearest backup', async () => {
    const h = await history()
    expect(h.files.list('kept').length).toBeGreaterThan(4)
    for (const commit of [11, 12, 25, 40, 41, 42, 60, 61, 62, 79, 80]) {
      for (const later of [0, 999]) {
        const { report, path } = h.restore(commit * SECOND + later)
        expect(report.commitId).toBe(commit)
        expect(await h.hashOf(path)).toBe(h.hashes[commit])
      }
    }
    expect(h.files.list('.').filter((name) => name.includes('restoring'))).toEqual([])
  })

  test('a bulk load is in the log of a database that archives it', async () => {
    const h = await new History().start()
    h.write(10)
    h.backup()
    h.load()
    h.write(20)
    h.engine.durability.archiveNow()
    const last = h.engine.commitId
    for (const commit of [11, 12, 13, last]) {
      const { path, report } = h.restore(commit * SECOND)
      expect(report.commitId).toBe(commit)
      expect(await h.hashOf(path)).toBe(h.hashes[commit])
    }
  })

  test.each([false, true])('a bulk load that replaces the base is in it too, with indexes: %s', async (isIndexed) => {
    const h = await new History().start()
    const spec = { columns: [1], unique: false, kind: 'learned' } as const
    if (isIndexed) h.commit((txn) => txn.defineIndex({ kind: 'create', name: 'by_word', table: 't', spec }))
    h.write(10)
    h.backup()
    const first = h.engine.commitId
    h.write(5)
    h.bulkLoad('replace', [50, 3, 400, 7, 8, 120, 60, 61, 300], 4)
    h.write(10)
    h.bulkLoad('skip', Array.from({ length: 90 }, (_, i) => (i * 37) % 211), 32)
    h.write(3)
    h.bulkLoad('error', Array.from({ length: 70 }, (_, i) => 500 + i), 16)
    h.write(8)
    h.engine.durability.archiveNow()
    const last = h.engine.commitId
    for (let commit = first; commit <= last; commit++) {
      const { path, report } = h.restore(commit * SECOND)
      expect(report.commitId).toBe(commit)
      expect(await h.hashOf(path)).toBe(h.hashes[commit])
    }
    expect(verifyEngine(h.engine).problems).toEqual([])
  })

  test('after the last commit it gives the last commit', async () => {
    const h = await history()
    expect(h.restore(1e9).report.commitId).toBe(80)
  })

  test('what is restored is a database of its own: it is written, archived and backed up on its own', async () => {
    const h = await history()
    const { path } = h.restore(70 * SECOND)
    const engine = await openEngine(path, { ...OPTIONS, files: h.files, walArchive: 'kept2' })
    const txn = engine.begin()
    txn.put('t', [1, 'after'])
    txn.commit()
    expect(engine.commitId).toBe(71)
    expect(() => runSteps(backupSteps(engine, 'b', { incremental: true })))
      .toThrow(expect.objectContaining({ code: '55000' }))
    runSteps(backupSteps(engine, 'b2'))
    engine.close()
  })
})

describe('what is refused', () => {
  test('a time before the first backup, and an archive that is not there', async () => {
    const h = await history()
    expect(h.refused(5 * SECOND)).toMatchObject({ code: '22023' })
    expect(h.refused(70 * SECOND, 'nowhere')).toMatchObject({ code: '58P01' })
  })

  test('a missing or damaged segment behind the backup, by its name; before it, it does not matter', async () => {
    const h = await history()
    const names = h.files.list('kept').map((name) => `kept/${name}`)
    const middle = names[names.length - 2]!
    const bytes = readFile(h.files, middle)
    h.files.unlink(middle)
    expect(h.refused(80 * SECOND)).toMatchObject({ code: 'XX001' })
    const damaged = bytes.slice()
    damaged[300]! ^= 4
    writeFile(h.files, middle, damaged)
    expect(h.refused(80 * SECOND)).toMatchObject({ code: 'XX001', file: middle })
    writeFile(h.files, middle, bytes)
    h.files.unlink(names[0]!)
    expect(h.restore(80 * SECOND).report.commitId).toBe(80)
  })

  test('the archive of another database', async () => {
    const h = await history()
    const other = await openEngine('o.sdb', { ...OPTIONS, files: h.files, walArchive: 'other' })
    for (let i = 0; i < 30; i++) {
      const txn = other.begin()
      if (i === 0) txn.createTable({ name: 'x', key: [0], columns: [{ name: 'id', type: INTEGER, nullable: false }] })
      else txn.put('x', [i])
      txn.commit()
    }
    other.durability.archiveNow()
    other.close()
    expect(h.refused(70 * SECOND, 'other')).toMatchObject({ code: 'XX001' })
  })

  test('a time the database did not archive its log: another backup is needed', async () => {
    const h = await new History().start()
    h.write(10)
    h.backup()
    h.engine.durability.setArchive(null)
    h.write(5)
    h.load()
    h.write(20)
    h.engine.durability.setArchive('kept')
    h.write(20)
    h.engine.durability.archiveNow()
    const last = h.engine.commitId
    expect(h.refused(last * SECOND)).toMatchObject({ code: 'XX001' })
    h.backup()
    const { path, report } = h.restore(1e9)
    expect(report.commitId).toBe(last)
    expect(await h.hashOf(path)).toBe(h.hashes[last])
  })
})
