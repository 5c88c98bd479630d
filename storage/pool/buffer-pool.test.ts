// The pool against a model: contents, pins, the cap, stolen dirty pages, room for scratch, and the hit
// rate of its replacement policy on a skewed workload with and without a scan in between.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { FRAME_SIZE, LinearMemory } from '../memory/linear-memory.ts'
import { PAGE_KIND, PageStore } from '../page/page-store.ts'
import { BufferPool } from './buffer-pool.ts'
import { EvictionPolicy } from './eviction.ts'

const MIB = 1024 * 1024

function setUp(maxFrames: number, bytes = 8 * MIB): { memory: LinearMemory; store: PageStore; pool: BufferPool } {
  const memory = LinearMemory.create(bytes)
  const file = new MemoryFileSystem().open('a.sdb', 'create')
  const { store } = PageStore.create(file, memory, { databaseId: new Uint8Array(16), redoLsn: 1 })
  return { memory, store, pool: new BufferPool(memory, store, { maxFrames }) }
}

function stamp(memory: LinearMemory, frame: number, value: number): void {
  memory.u32[(frame * FRAME_SIZE) >>> 2] = value
}

function stampOf(memory: LinearMemory, frame: number): number {
  return memory.u32[(frame * FRAME_SIZE) >>> 2]!
}

describe('buffer pool', () => {
  test('a table ten times the pool keeps its contents through random changes, steals and checkpoints', () => {
    const { memory, store, pool } = setUp(8)
    const random = new Random(5)
    const model = new Map<number, number>()
    for (let step = 1; step <= 4000; step++) {
      const ids = [...model.keys()]
      if (ids.length < 80) {
        const id = pool.create(PAGE_KIND.HEAP)
        expect(memory.u8.subarray(pool.frameOf[id]! * FRAME_SIZE, (pool.frameOf[id]! + 1) * FRAME_SIZE)
          .every((byte) => byte === 0)).toBe(true)
        stamp(memory, pool.frameOf[id]!, step)
        model.set(id, step)
        continue
      }
      const id = random.pick(ids)
      const frame = pool.fetch(id)
      expect(stampOf(memory, frame)).toBe(model.get(id))
      if (random.chance(0.3)) {
        stamp(memory, frame, step)
        pool.markDirty(id)
        model.set(id, step)
      }
      if (random.chance(0.02)) {
        pool.discard(id, 1)
        store.freePages(id, 1)
        model.delete(id)
      }
      if (random.chance(0.01)) {
        pool.flushDirty()
        expect(pool.stats.dirty).toBe(0)
        store.checkpoint({ catalogPage: 0, redoLsn: step, commitId: step })
      }
      expect(pool.stats.frames).toBeLessThanOrEqual(8)
    }
    for (const [id, value] of model) expect(stampOf(memory, pool.fetch(id))).toBe(value)
    expect(pool.stats.evictions).toBeGreaterThan(1000)
    const problems: string[] = []
    pool.flushDirty()
    store.verify(({ message }) => problems.push(message))
    expect(problems).toEqual([])
    pool.close()
    store.close()
    expect(memory.usedFrames).toBe(2)
    memory.release()
  })

  test('pinned pages stay where they are; when all are pinned the next page is refused with 53200', () => {
    const { memory, store, pool } = setUp(6)
    const ids = Array.from({ length: 20 }, () => pool.create(PAGE_KIND.HEAP))
    ids.forEach((id, i) => {
      stamp(memory, pool.fetch(id), i)
      pool.markDirty(id)
    })
    const pinned = ids.slice(0, 5).map((id) => pool.pin(id))
    for (let round = 0; round < 5; round++) for (const id of ids) pool.fetch(id)
    pinned.forEach((frame, i) => expect([pool.frameOf[ids[i]!], stampOf(memory, frame)]).toEqual([frame, i]))
    pool.pin(ids[9]!)
    expect(pool.stats.pinned).toBe(6)
    expect(() => pool.fetch(ids[10]!)).toThrow(/all 6 frames of the buffer pool are pinned/)
    expect(() => pool.create(PAGE_KIND.HEAP)).toThrow(/pinned/)
    pool.unpin(ids[9]!)
    expect(stampOf(memory, pool.fetch(ids[10]!))).toBe(10)
    expect(() => pool.unpin(ids[10]!)).toThrow(/was pinned/)
    store.close()
    memory.release()
  })

  test('scratch takes room from the pool, never from pinned pages, and the memory is the cap', () => {
    const { memory, store, pool } = setUp(1000, 4 * MIB)
    const ids = Array.from({ length: 100 }, () => pool.create(PAGE_KIND.HEAP))
    ids.forEach((id, i) => {
      stamp(memory, pool.fetch(id), i)
      pool.markDirty(id)
    })
    expect(memory.usedFrames).toBe(memory.frameCount)
    const frame = pool.pin(ids[99]!)
    const run = memory.allocateRun(20)
    memory.u8.fill(0xff, run, run + 20 * FRAME_SIZE)
    expect(stampOf(memory, frame)).toBe(99)
    expect(() => memory.allocateRun(memory.frameCount)).toThrow(/out of memory/)
    ids.forEach((id, i) => expect(stampOf(memory, pool.fetch(id))).toBe(i))
    memory.releaseRun(run, 20)
    pool.unpin(ids[99]!)
    store.close()
    memory.release()
  })

  test('damage met while loading leaves the pool as it was', () => {
    const { memory, store, pool } = setUp(4)
    const ids = Array.from({ length: 10 }, () => pool.create(PAGE_KIND.HEAP))
    pool.flushDirty()
    const bad = ids.find((id) => pool.frameOf[id] === -1)!
    store.file.write(store.map.blockOf(bad) * 4096, Uint8Array.of(1))
    const before = memory.usedFrames
    for (let i = 0; i < 10; i++) expect(() => pool.fetch(bad)).toThrow(/does not match its checksum/)
    expect(memory.usedFrames).toBeLessThanOrEqual(before)
    for (const id of ids) if (id !== bad) pool.fetch(id)
    expect(pool.stats.frames).toBe(4)
    store.close()
    memory.release()
  })

  test('a page that cannot be written back stays in memory, changed, and can be evicted later', () => {
    const { memory, store, pool } = setUp(4)
    const ids = Array.from({ length: 4 }, () => pool.create(PAGE_KIND.HEAP))
    ids.forEach((id, i) => stamp(memory, pool.fetch(id), i + 1))
    const { file } = store
    const write = file.write.bind(file)
    file.write = () => {
      throw new Error('disk full')
    }
    for (let i = 0; i < 10; i++) expect(() => pool.create(PAGE_KIND.HEAP)).toThrow(/disk full/)
    expect(pool.stats).toMatchObject({ frames: 4, dirty: 4, evictions: 0 })
    file.write = write
    for (let i = 0; i < 4; i++) expect(pool.frameOf[pool.create(PAGE_KIND.HEAP)]).toBeGreaterThan(0)
    expect(pool.stats.evictions).toBe(4)
    ids.forEach((id, i) => expect(stampOf(memory, pool.fetch(id))).toBe(i + 1))
    store.close()
    memory.release()
  })

  test('hits and misses are counted, also those of the fast path', () => {
    const { memory, store, pool } = setUp(4)
    const id = pool.create(PAGE_KIND.HEAP)
    pool.fetch(id)
    pool.noteHits(10)
    expect(pool.stats).toMatchObject({ hits: 11, misses: 0, capacity: 4, frames: 1, dirty: 1 })
    pool.markDirty(id, 100)
    pool.flushDirty()
    expect(store.pageBytes(id)).toBe(FRAME_SIZE)
    pool.markDirty(id, 100)
    pool.flushDirty()
    expect(store.pageBytes(id)).toBe(4096)
    store.close()
    memory.release()
  })
})

// The policy alone, over `capacity` frames: returns the hit rate of a page reference string.
class PolicyModel {
  private readonly referenced: Uint8Array
  private readonly policy: EvictionPolicy
  private readonly pageOf: Int32Array
  private readonly frameOf = new Map<number, number>()
  private readonly capacity: number
  hits = 0
  uses = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.referenced = new Uint8Array(capacity)
    this.policy = new EvictionPolicy(capacity, this.referenced)
    this.pageOf = new Int32Array(capacity).fill(-1)
  }

  use(page: number, isScan = false): void {
    if (!isScan) this.uses++
    const at = this.frameOf.get(page)
    if (at !== undefined) {
      if (isScan) return
      this.hits++
      this.referenced[at] = 1
      return
    }
    let frame = this.frameOf.size
    if (frame === this.capacity) {
      frame = this.policy.victim(() => false, (f) => this.pageOf[f]!)
      this.frameOf.delete(this.pageOf[frame]!)
    }
    this.pageOf[frame] = page
    this.frameOf.set(page, frame)
    this.policy.admit(frame, page)
  }
}

function zipf(pages: number, exponent: number, random: Random): () => number {
  const sums = new Float64Array(pages)
  let sum = 0
  for (let i = 0; i < pages; i++) sums[i] = sum += 1 / (i + 1) ** exponent
  return () => {
    const wanted = random.next() * sum
    let lo = 0
    let hi = pages - 1
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if (sums[mid]! < wanted) lo = mid + 1
      else hi = mid
    }
    return lo
  }
}

describe('eviction', () => {
  const PAGES = 10_000
  // The best any policy without foresight can do: the hottest 10 % always in memory.
  function bestRate(exponent: number): number {
    let hot = 0
    let all = 0
    for (let i = 0; i < PAGES; i++) {
      all += 1 / (i + 1) ** exponent
      if (i < PAGES / 10) hot = all
    }
    return hot / all
  }

  test('Zipf over pages, a pool of 10 %: close to the best possible', () => {
    for (const exponent of [0.9, 1.0, 1.2]) {
      const model = new PolicyModel(PAGES / 10)
      const next = zipf(PAGES, exponent, new Random(1))
      for (let i = 0; i < 50_000; i++) model.use(next())
      model.hits = model.uses = 0
      for (let i = 0; i < 200_000; i++) model.use(next())
      expect(model.hits / model.uses).toBeGreaterThan(bestRate(exponent) - 0.06)
      if (exponent === 1.2) expect(model.hits / model.uses).toBeGreaterThan(0.8)
    }
  })

  test('a scan of ten pools leaves the hot set where it is', () => {
    const model = new PolicyModel(PAGES / 10)
    const next = zipf(PAGES, 1.1, new Random(2))
    for (let i = 0; i < 100_000; i++) model.use(next())
    const rate = (): number => {
      model.hits = model.uses = 0
      for (let i = 0; i < 2000; i++) model.use(next())
      return model.hits / model.uses
    }
    const before = rate()
    for (let page = PAGES; page < 2 * PAGES; page++) {
      for (let use = 0; use < 8; use++) model.use(page, true)
    }
    expect(rate()).toBeGreaterThan(before - 0.05)
  })

  test('forgotten frames are never victims, and come back as new ones', () => {
    const referenced = new Uint8Array(100)
    const policy = new EvictionPolicy(100, referenced)
    const random = new Random(9)
    const held = new Map<number, number>()
    for (let step = 0; step < 20_000; step++) {
      const frame = random.below(100)
      const kind = random.below(4)
      if (kind === 0 && held.has(frame)) {
        policy.forget(frame)
        held.delete(frame)
      } else if (kind === 1 && held.size > 50) {
        const victim = policy.victim((f) => f % 7 === 0, (f) => held.get(f)!)
        expect(held.has(victim) && victim % 7 !== 0).toBe(true)
        held.delete(victim)
      } else if (!held.has(frame)) {
        const page = random.below(1000)
        policy.admit(frame, page)
        held.set(frame, page)
      } else referenced[frame] = 1
    }
    const pinnedOnly = policy.victim(() => true, () => 0)
    expect(pinnedOnly).toBe(-1)
  })
})
