// Crashes the page store after every write, sync and truncation of random workloads, under every persistence
// policy, and reopens it: the state must be exactly one of the last two checkpoints that may have survived,
// every page of it intact, free and used blocks disjoint, and the store usable. Then I/O errors everywhere.
import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { FRAME_SIZE, LinearMemory } from '../../storage/memory/linear-memory.ts'
import { PAGE_CODEC } from '../../storage/page/page-codec.ts'
import { isUnfinishedStore } from '../../storage/page/page-load.ts'
import { PAGE_KIND, PageStore } from '../../storage/page/page-store.ts'
import { CRASH_POLICIES, FaultyFileSystem, SimulatedCrash } from './faulty-file.ts'
import type { Fault } from './faulty-file.ts'

const databaseId = new Uint8Array(16).fill(3)
const memory = LinearMemory.create(4 * 1024 * 1024)
const frame = memory.allocateRun(4)
const CODECS = Object.values(PAGE_CODEC)

// What a checkpoint holds: seed and length of every live page.
type Content = Map<number, { seed: number; length: number }>

interface Progress {
  disk: FaultyFileSystem
  /** Contents by commit id; the newest begun checkpoint is the last. */
  history: Content[]
  /** Checkpoints whose call returned. */
  acknowledged: number
}

// Pages of odd seeds repeat each word 16 times, so that every codec makes them smaller.
function wordAt(seed: number, at: number): number {
  return (seed * 2654435761 + ((seed & 1) === 1 ? at >>> 6 : at)) >>> 0
}

function writeSeed(seed: number, length: number): void {
  for (let at = 0; at < length; at += 4) memory.view.setUint32(frame + at, wordAt(seed, at), true)
}

function hasSeed(seed: number, length: number): boolean {
  for (let at = 0; at + 4 <= length; at += 4) {
    if (memory.view.getUint32(frame + at, true) !== wordAt(seed, at)) return false
  }
  return true
}

// One random change of the store and of the model.
function change(store: PageStore, content: Content, random: Random): void {
  const ids = [...content.keys()]
  const kind = random.below(4)
  if (kind === 0 && ids.length > 3) {
    const id = random.pick(ids)
    store.freePages(id, 1)
    content.delete(id)
    return
  }
  if (kind === 1) {
    const seed = random.nextU32()
    const length = 2 * FRAME_SIZE + 4 * random.between(1, 8000)
    writeSeed(seed, length)
    const first = store.allocatePageIds(3)
    store.writeRun(first, PAGE_KIND.BASE, frame, length, random.pick(CODECS))
    content.set(first, { seed, length: FRAME_SIZE })
    content.set(first + 1, { seed: -1, length: FRAME_SIZE })
    content.set(first + 2, { seed: -1, length: 4096 })
    return
  }
  const id = kind === 2 && ids.length > 0 ? random.pick(ids) : store.allocatePageIds(1)
  const seed = random.nextU32()
  const length = 4 * random.between(1, 16384)
  writeSeed(seed, length)
  store.writePage(id, PAGE_KIND.HEAP, frame, length)
  content.set(id, { seed, length })
}

function run(disk: FaultyFileSystem, seed: number, checkpoints: number): Progress {
  const progress: Progress = { disk, history: [], acknowledged: -1 }
  const random = new Random(seed)
  let store: PageStore | null = null
  try {
    const file = disk.open('a.sdb', 'create')
    disk.syncDir('.')
    progress.history.push(new Map())
    store = PageStore.create(file, memory, { databaseId, redoLsn: 1 }).store
    progress.acknowledged = 0
    const content: Content = new Map()
    for (let commit = 1; commit <= checkpoints; commit++) {
      for (let i = random.below(5); i >= 0; i--) change(store, content, random)
      progress.history.push(new Map(content))
      store.checkpoint({ catalogPage: 0, redoLsn: commit + 1, commitId: commit })
      progress.acknowledged = commit
    }
  } catch (error) {
    if (!(error instanceof SimulatedCrash) && !(error instanceof DatabaseError)) throw error
  } finally {
    store?.close()
  }
  return progress
}

// Opens an image and compares it with the history; then writes on, and checks that survives too.
function check(image: FaultyFileSystem, progress: Progress): void {
  const file = image.open('a.sdb', 'write')
  if (progress.acknowledged < 0 && isUnfinishedStore(file)) return
  const { store, meta } = PageStore.open(file, memory)
  try {
    expect(meta.commitId).toBeGreaterThanOrEqual(progress.acknowledged)
    expect(meta.commitId).toBeLessThan(progress.history.length)
    expect(meta.redoLsn).toBe(meta.commitId + 1)
    compare(store, progress.history[meta.commitId]!)
    verify(store)
    writeSeed(77, 8000)
    const id = store.allocatePageIds(1)
    for (let i = 0; i < 3; i++) {
      store.writePage(id, PAGE_KIND.HEAP, frame, 8000)
      store.checkpoint({ catalogPage: 0, redoLsn: 1000, commitId: 1000 + i })
    }
    verify(store)
    const again = PageStore.open(file, memory)
    const content = new Map(progress.history[meta.commitId]!)
    compare(again.store, content.set(id, { seed: 77, length: 8000 }))
    verify(again.store)
    again.store.close()
  } finally {
    store.close()
  }
}

function compare(store: PageStore, content: Content): void {
  let live = 0
  for (let id = 1; id < store.pageCount; id++) if (store.pageBytes(id) > 0) live++
  expect(live).toBe(content.size)
  for (const [id, { seed, length }] of content) {
    store.readPage(id, frame)
    if (seed >= 0 && !hasSeed(seed, length)) expect(`page ${id}`).toBe('its content')
  }
}

function verify(store: PageStore): void {
  const problems: string[] = []
  store.verify(({ message }) => problems.push(message))
  expect(problems).toEqual([])
}

describe('page store', () => {
  test('a crash after every operation leaves the last or the interrupted checkpoint', () => {
    let images = 0
    for (let seed = 1; seed <= 4; seed++) {
      const steps = run(new FaultyFileSystem(), seed, 7).disk.steps
      for (let step = 1; step <= steps; step++) {
        const disk = new FaultyFileSystem()
        disk.crashAtStep = step
        const progress = run(disk, seed, 7)
        for (const policy of CRASH_POLICIES) {
          const image = disk.crash(policy, new Random(seed * 1000 + step))
          if (!image.exists('a.sdb')) {
            expect(progress.acknowledged).toBe(-1)
            continue
          }
          check(image, progress)
          images++
        }
      }
    }
    expect(images).toBeGreaterThan(500)
  })

  test('a crash during the recovery of a crash', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed)
      const disk = new FaultyFileSystem()
      disk.crashAtStep = 8 + random.below(30)
      const progress = run(disk, seed, 7)
      if (progress.acknowledged < 0) continue
      const image = disk.crash(random.pick(CRASH_POLICIES), random)
      image.crashAtStep = 1 + random.below(4)
      const { store, meta } = PageStore.open(image.open('a.sdb', 'write'), memory)
      const content = new Map(progress.history[meta.commitId]!)
      const history = [...progress.history]
      history[meta.commitId + 1] = content
      try {
        change(store, content, random)
        store.checkpoint({ catalogPage: 0, redoLsn: meta.commitId + 2, commitId: meta.commitId + 1 })
      } catch (error) {
        expect(error).toBeInstanceOf(SimulatedCrash)
      }
      store.close()
      check(image.crash(random.pick(CRASH_POLICIES), random), { disk: image, history, acknowledged: meta.commitId })
    }
  })

  test('an I/O error at every operation: a typed error, no retry of a sync, nothing acknowledged is lost', () => {
    const faults: Omit<Fault, 'nth'>[] = [
      { operation: 'write', what: 'ENOSPC' }, { operation: 'write', what: 'EIO' },
      { operation: 'write', what: 'ENOSPC', isSticky: true }, { operation: 'sync', what: 'EIO' },
      { operation: 'sync', what: 'fsync-drop' }, { operation: 'sync', what: 'fsync-keep' },
      { operation: 'write', what: 'split-write', isSticky: true }, { operation: 'truncate', what: 'EIO' },
    ]
    let cases = 0
    for (const planned of faults) {
      for (let nth = 1; ; nth++) {
        const disk = new FaultyFileSystem()
        disk.faults = [{ ...planned, nth }]
        const progress = run(disk, 5, 7)
        if (!disk.allFaultsMet) break
        cases++
        expect(disk.syncRetries).toBe(0)
        for (const policy of CRASH_POLICIES) {
          const image = disk.crash(policy, new Random(nth))
          if (image.exists('a.sdb')) check(image, progress)
        }
      }
    }
    expect(cases).toBeGreaterThan(100)
  })

  test('a full disk during a checkpoint can be tried again', () => {
    const disk = new FaultyFileSystem()
    const { store } = PageStore.create(disk.open('a.sdb', 'create'), memory, { databaseId, redoLsn: 1 })
    writeSeed(5, 4000)
    const id = store.allocatePageIds(1)
    store.writePage(id, PAGE_KIND.HEAP, frame, 4000)
    disk.faults = [{ operation: 'write', nth: 1, what: 'ENOSPC' }]
    expect(() => store.checkpoint({ catalogPage: 0, redoLsn: 2, commitId: 1 })).toThrow(/no space left/)
    store.checkpoint({ catalogPage: 0, redoLsn: 2, commitId: 1 })
    verify(store)
    store.close()
  })

  test('after a failed sync every call is refused', () => {
    const disk = new FaultyFileSystem()
    const { store } = PageStore.create(disk.open('a.sdb', 'create'), memory, { databaseId, redoLsn: 1 })
    const id = store.allocatePageIds(1)
    store.writePage(id, PAGE_KIND.HEAP, frame, 4000)
    disk.faults = [{ operation: 'sync', nth: 1, what: 'fsync-drop' }]
    const checkpoint = (): void => store.checkpoint({ catalogPage: 0, redoLsn: 2, commitId: 1 })
    expect(checkpoint).toThrow(/cannot sync/)
    expect(checkpoint).toThrow(/earlier sync/)
    expect(() => store.writePage(id, PAGE_KIND.HEAP, frame, 10)).toThrow(/earlier sync/)
    expect(() => store.readPage(id, frame)).toThrow(/earlier sync/)
    expect(disk.syncRetries).toBe(0)
    store.close()
  })
})
