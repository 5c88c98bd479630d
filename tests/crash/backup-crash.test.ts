// Crashes at every I/O of backups and restores, on the simulated disk: the source opens with every acknowledged
// commit, every backup that was finished can be restored to the state it was taken at, and a restore leaves either a
// whole database or none.
import { describe, expect, test } from 'vitest'
import { contentHash } from '../../src/api/content-hash.ts'
import { Random } from '../../src/base/random.ts'
import { appendColumns, backupSteps, openEngine, restoreSteps, runSteps, verifyEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'
import { CRASH_POLICIES, FaultyFileSystem } from '../sim/faulty-file.ts'
import { lastStep } from './state.ts'
import { KILL_OPTIONS, applyStep } from './steps.ts'

const TINY: Partial<EngineOptions> = { ...KILL_OPTIONS, memoryBytes: 4 << 20, poolFrames: 12, walSegmentBytes: 8192 }
const SEED = 3

const open = (disk: FaultyFileSystem, path = 'c.sdb'): Promise<Engine> => openEngine(path, { ...TINY, files: disk })

interface Image { readonly disk: FaultyFileSystem; readonly at: string; readonly finished: number }

/** A disk with a database, and what was on it when. */
class Run {
  readonly disk = new FaultyFileSystem()
  readonly random = new Random(SEED)
  engine!: Engine
  step = 0
  /** The last step that has been committed. */
  acknowledged = -1
  /** Hash of the state by number of links. */
  readonly hashes = new Map<number, string>()
  finished = 0
  images: Image[] = []

  async start(): Promise<this> {
    this.engine = await open(this.disk)
    await this.work(45)
    return this
  }

  async work(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      await applyStep(this.engine, appendColumns, SEED, this.step++)
      this.acknowledged = this.step - 1
    }
  }

  backup(incremental: boolean): void {
    this.hashes.set(incremental ? this.finished + 1 : 1, contentHash(this.engine))
    this.finished = runSteps(backupSteps(this.engine, 'b', { incremental })).link
  }

  /** Draws the disk as a crash would leave it, after every operation of `work`. */
  watch(work: () => void): void {
    this.disk.onStep = ({ index, operation, path }) => {
      for (const policy of CRASH_POLICIES) {
        const at = `${policy} after operation ${index} (${operation} ${path})`
        this.images.push({ disk: this.disk.crash(policy, this.random), at, finished: this.finished })
      }
    }
    work()
    this.disk.onStep = null
  }
}

async function restoredHash(disk: FaultyFileSystem, from: string, to: string): Promise<string> {
  runSteps(restoreSteps(disk, { from, to }))
  const restored = await open(disk, to)
  const hash = contentHash(restored)
  restored.close()
  return hash
}

describe('a crash at every I/O', () => {
  test('of a chain of backups: the source and every finished link survive', async () => {
    const run = await new Run().start()
    const acknowledged = new Map<Image, number>()
    for (let link = 1; link <= 3; link++) {
      run.watch(() => run.backup(link > 1))
      for (const image of run.images) if (!acknowledged.has(image)) acknowledged.set(image, run.step - 1)
      await run.work(9)
    }
    expect(run.images.length).toBeGreaterThan(150)
    for (const image of run.images) {
      const { disk, at, finished } = image
      const engine = await open(disk)
      expect(lastStep(engine), at).toBeGreaterThanOrEqual(acknowledged.get(image)!)
      engine.close()
      if (finished === 0) continue
      const hash = await restoredHash(disk, 'b', 'r.sdb')
      // A link whose last sync was under way may count already.
      expect([run.hashes.get(finished), run.hashes.get(finished + 1)], at).toContain(hash)
    }
  }, 120_000)

  test('of an interrupted append: the next one goes on from the last whole link', async () => {
    const run = await new Run().start()
    run.backup(false)
    await run.work(9)
    run.watch(() => run.backup(true))
    for (const { disk, at } of run.images.filter((_, i) => i % 3 === 0)) {
      const engine = await open(disk)
      await applyStep(engine, appendColumns, SEED, lastStep(engine) + 1)
      const hash = contentHash(engine)
      runSteps(backupSteps(engine, 'b', { incremental: true }))
      engine.close()
      expect(await restoredHash(disk, 'b', 'r.sdb'), at).toBe(hash)
    }
  }, 120_000)

  test('of a backup that replaces another: one of the two is there', async () => {
    const run = await new Run().start()
    run.backup(false)
    const before = run.hashes.get(1)
    await run.work(9)
    run.watch(() => run.backup(false))
    for (const { disk, at } of run.images) {
      expect([before, run.hashes.get(1)], at).toContain(await restoredHash(disk, 'b', 'r.sdb'))
    }
  }, 120_000)

  test('beside commits, merges and checkpoints: what was acknowledged is there', async () => {
    const run = await new Run().start()
    run.backup(false)
    const first = run.hashes.get(1)
    await run.work(9)
    const images: (Image & { acknowledged: number })[] = []
    run.disk.onStep = ({ index, operation, path }) => {
      if (index % 7 !== 0) return
      const policy = run.random.pick(CRASH_POLICIES)
      const at = `${policy} after operation ${index} (${operation} ${path})`
      images.push({ disk: run.disk.crash(policy, run.random), at, finished: 1, acknowledged: run.acknowledged })
    }
    const steps = backupSteps(run.engine, 'b', { incremental: true })
    let next = steps.next()
    const second = contentHash(run.engine)
    while (next.done !== true) {
      await run.work(8)
      if ('sync' in next.value) next.value.sync.sync()
      next = steps.next()
    }
    run.disk.onStep = null
    expect(images.length).toBeGreaterThan(15)
    for (const { disk, at, acknowledged } of images) {
      const engine = await open(disk)
      expect(lastStep(engine), at).toBeGreaterThanOrEqual(acknowledged)
      expect(verifyEngine(engine).problems, at).toEqual([])
      engine.close()
      expect([first, second], at).toContain(await restoredHash(disk, 'b', 'r.sdb'))
    }
    expect(await restoredHash(run.disk, 'b', 'r.sdb')).toBe(second)
  }, 120_000)

  test('of a restore to a time: the target is whole or not there, and nothing of the source changes', async () => {
    const run = new Run()
    run.engine = await openEngine('c.sdb', { ...TINY, files: run.disk, walArchive: 'kept' })
    await run.work(20)
    run.backup(false)
    for (let step = 1; step < 12; step++) {
      const txn = run.engine.begin()
      txn.put('meta', [1, 100 + step])
      txn.commit()
    }
    run.engine.durability.archiveNow()
    const hash = contentHash(run.engine)
    const until = { untilMs: Number.MAX_SAFE_INTEGER, archive: 'kept' }
    run.watch(() => runSteps(restoreSteps(run.disk, { from: 'b', to: 'r.sdb', until })))
    let whole = 0
    for (const { disk, at } of run.images) {
      if (disk.exists('r.sdb')) whole++
      else runSteps(restoreSteps(disk, { from: 'b', to: 'r.sdb', until }))
      const restored = await open(disk, 'r.sdb')
      expect(contentHash(restored), at).toBe(hash)
      restored.close()
      expect(disk.list('.').filter((name) => name.includes('restoring')), at).toEqual([])
    }
    expect(whole).toBeGreaterThan(0)
  }, 120_000)

  test('of a restore: the target is whole or not there, and the restore can be repeated', async () => {
    const run = await new Run().start()
    run.backup(false)
    await run.work(9)
    run.backup(true)
    run.watch(() => runSteps(restoreSteps(run.disk, { from: 'b', to: 'r.sdb' })))
    let whole = 0
    expect(run.images.length).toBeGreaterThan(60)
    for (const { disk, at } of run.images) {
      if (disk.exists('r.sdb')) {
        const restored = await open(disk, 'r.sdb')
        expect(contentHash(restored), at).toBe(run.hashes.get(2))
        restored.close()
        whole++
      } else expect(await restoredHash(disk, 'b', 'r.sdb'), at).toBe(run.hashes.get(2))
    }
    expect(whole).toBeGreaterThan(0)
  }, 120_000)
})

describe('errors at every I/O', () => {
  const FAULTS = [['write', 'ENOSPC', '53100'], ['write', 'EIO', '58030'], ['sync', 'fsync-drop', '58030'],
    ['read', 'EIO', '58030'], ['create', 'EACCES', '25006'], ['rename', 'EIO', '58030']] as const

  test.each(FAULTS)('%s %s of the backup: reported, the chain before it is whole', async (operation, what, code) => {
    let met = 0
    for (let nth = 1; ; nth++) {
      const run = await new Run().start()
      run.backup(false)
      await run.work(9)
      const isFull = nth % 2 === 0
      run.engine.checkpoint()
      run.disk.faults = [{ operation, nth: Math.ceil(nth / 2), what, path: operation === 'read' ? 'c.sdb' : 'b' }]
      const attempt = (): unknown => runSteps(backupSteps(run.engine, 'b', { incremental: !isFull }))
      let failure: unknown = null
      try {
        attempt()
      } catch (error) {
        failure = error
      }
      const isMet = run.disk.allFaultsMet
      run.disk.faults = []
      if (isMet) {
        met++
        expect(failure).toMatchObject({ code })
      }
      const hash = await restoredHash(run.disk, 'b', 'r.sdb')
      expect([run.hashes.get(1), contentHash(run.engine)]).toContain(hash)
      run.engine.close()
      if (!isMet && nth > 1) break
    }
    if (operation !== 'create' && operation !== 'rename') expect(met).toBeGreaterThan(2)
  }, 120_000)

  test.each(FAULTS)('%s %s of the restore: reported, and nothing is left', async (operation, what, code) => {
    const run = await new Run().start()
    run.backup(false)
    let met = 0
    for (let nth = 1; ; nth++) {
      const to = `r${nth}.sdb`
      run.disk.faults = [{ operation, nth, what }]
      let failure: unknown = null
      try {
        runSteps(restoreSteps(run.disk, { from: 'b', to }))
      } catch (error) {
        failure = error
      }
      const isMet = run.disk.allFaultsMet
      run.disk.faults = []
      if (!isMet) break
      met++
      expect(failure).toMatchObject({ code })
      expect(run.disk.exists(to)).toBe(false)
      expect(run.disk.list('.').filter((name) => name.startsWith(to))).toEqual([])
      expect(await restoredHash(run.disk, 'b', to)).toBe(run.hashes.get(1))
    }
    expect(met).toBeGreaterThan(0)
  }, 120_000)
})
