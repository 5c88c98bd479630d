// The page store on memory files: round trips, reuse of blocks, damage of every kind of page, refusals.
import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { FRAME_SIZE, LinearMemory } from '../memory/linear-memory.ts'
import { BLOCK_SIZE } from './page-map.ts'
import { PAGE_KIND, PageStore } from './page-store.ts'
import type { StoreProblem } from './page-verify.ts'

const MIB = 1024 * 1024
const databaseId = Uint8Array.from({ length: 16 }, (_, i) => i)
const root = (commitId: number): { catalogPage: number; redoLsn: number; commitId: number } =>
  ({ catalogPage: 1, redoLsn: 100 + commitId, commitId })

function setUp(): { files: MemoryFileSystem; memory: LinearMemory; store: PageStore; frame: number } {
  const files = new MemoryFileSystem()
  const memory = LinearMemory.create(16 * MIB)
  const { store } = PageStore.create(files.open('a.sdb', 'create'), memory, { databaseId, redoLsn: 1 })
  return { files, memory, store, frame: memory.allocateRun(80) }
}

function fillPage(memory: LinearMemory, address: number, length: number, seed: number): void {
  const random = new Random(seed)
  for (let at = address; at < address + length; at += 4) memory.view.setUint32(at, random.nextU32(), true)
}

function isPage(memory: LinearMemory, address: number, length: number, seed: number): boolean {
  const random = new Random(seed)
  for (let at = address; at < address + length; at += 4) {
    if (memory.view.getUint32(at, true) !== random.nextU32()) return false
  }
  return true
}

function problemsOf(store: PageStore): StoreProblem[] {
  const problems: StoreProblem[] = []
  store.verify((problem) => problems.push(problem))
  return problems
}

function codeOf(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    return (error as DatabaseError).code
  }
  return 'none'
}

describe('page store', () => {
  test('pages of every size read back, before and after a checkpoint and a reopen', () => {
    const { files, memory, store, frame } = setUp()
    const first = store.allocatePageIds(16)
    expect(first).toBe(1)
    for (let i = 0; i < 16; i++) {
      const length = i * 4096 + 4 * (i + 1)
      fillPage(memory, frame, length, i)
      store.writePage(first + i, PAGE_KIND.HEAP, frame, length)
      store.setFill(first + i, i * 3)
    }
    const check = (from: PageStore): void => {
      for (let i = 0; i < 16; i++) {
        const length = i * 4096 + 4 * (i + 1)
        memory.u8.fill(0xee, frame, frame + FRAME_SIZE)
        expect(from.readPage(first + i, frame)).toBe((i + 1) * BLOCK_SIZE)
        expect(isPage(memory, frame, length, i)).toBe(true)
        expect(memory.u8.subarray(frame + length, frame + (i + 1) * BLOCK_SIZE).every((byte) => byte === 0)).toBe(true)
        expect([from.kindOf(first + i), from.fillOf(first + i)]).toEqual([PAGE_KIND.HEAP, i * 3])
      }
      expect([...from.pagesOfKind(PAGE_KIND.HEAP)].length).toBe(16)
      expect(problemsOf(from)).toEqual([])
    }
    check(store)
    store.checkpoint({ ...root(1), extra: Uint8Array.of(1, 2, 3) })
    check(store)
    store.close()
    const { store: again, meta } = PageStore.open(files.open('a.sdb', 'write'), memory)
    check(again)
    expect(meta).toMatchObject({ epoch: 2, catalogPage: 1, redoLsn: 101, commitId: 1, damage: null })
    expect([meta.extra, meta.databaseId]).toEqual([Uint8Array.of(1, 2, 3), databaseId])
    expect(again.olderRedoLsn).toBe(1)
    again.close()
    memory.release()
  })

  test('a run of pages is split, needs few writes, and leaves the bytes behind it alone', () => {
    const { files, memory, store, frame } = setUp()
    const length = 70 * FRAME_SIZE + 5000
    fillPage(memory, frame, length, 5)
    memory.u8[frame + length] = 77
    const first = store.allocatePageIds(71)
    const before = files.counters.writes
    store.writeRun(first, PAGE_KIND.BASE, frame, length)
    expect(files.counters.writes - before).toBe(2)
    expect(memory.u8[frame + length]).toBe(77)
    const expected = memory.u8.slice(frame, frame + length)
    for (let i = 0; i <= 70; i++) {
      const bytes = store.readPage(first + i, frame)
      const part = expected.subarray(i * FRAME_SIZE, (i + 1) * FRAME_SIZE)
      expect(Buffer.compare(memory.u8.subarray(frame, frame + part.length), part)).toBe(0)
      expect(bytes).toBe(Math.ceil(part.length / BLOCK_SIZE) * BLOCK_SIZE)
    }
    expect(problemsOf(store)).toEqual([])
    memory.release()
  })

  test('rewriting pages and freeing them reuses blocks and ids: the file stays small', () => {
    const { memory, store, frame } = setUp()
    const first = store.allocatePageIds(10)
    for (let round = 1; round <= 60; round++) {
      fillPage(memory, frame, FRAME_SIZE, round)
      for (let i = 0; i < 10; i++) store.writePage(first + i, PAGE_KIND.HEAP, frame, FRAME_SIZE)
      const extra = store.allocatePageIds(3)
      store.writeRun(extra, PAGE_KIND.BASE, frame, 3 * FRAME_SIZE)
      store.checkpoint(root(round))
      store.freePages(extra, 3)
      expect(problemsOf(store)).toEqual([])
    }
    expect(store.stats.fileBytes).toBeLessThan(5 * MIB)
    expect(store.pageCount).toBeLessThan(25)
    memory.release()
  })

  test('F2: a block freed now is not written to until two checkpoints later', () => {
    const { files, memory, store, frame } = setUp()
    const id = store.allocatePageIds(1)
    fillPage(memory, frame, FRAME_SIZE, 1)
    store.writePage(id, PAGE_KIND.HEAP, frame, FRAME_SIZE)
    store.checkpoint(root(1))
    const offset = store.map.blockOf(id) * BLOCK_SIZE
    const image = files.files.get('a.sdb')!
    const old = image.snapshot().slice(offset, offset + FRAME_SIZE)
    const isOld = (): boolean => Buffer.compare(image.snapshot().subarray(offset, offset + FRAME_SIZE), old) === 0
    const churn = (seed: number): void => {
      for (let i = 0; i < 40; i++) {
        fillPage(memory, frame, FRAME_SIZE, seed * 100 + i)
        store.writePage(store.allocatePageIds(1), PAGE_KIND.HEAP, frame, FRAME_SIZE)
      }
    }
    fillPage(memory, frame, FRAME_SIZE, 2)
    store.writePage(id, PAGE_KIND.HEAP, frame, FRAME_SIZE)
    churn(1)
    store.checkpoint(root(2))
    expect(isOld()).toBe(true)
    churn(2)
    expect(isOld()).toBe(true)
    store.checkpoint(root(3))
    churn(3)
    expect(isOld()).toBe(false)
    memory.release()
  })

  test('F2 holds across a reopen: what only the older root refers to is not written to', () => {
    const { files, memory, store, frame } = setUp()
    const first = store.allocatePageIds(5)
    const writeAll = (to: PageStore, seed: number): void => {
      for (let i = 0; i < 5; i++) {
        fillPage(memory, frame, 30_000, seed + i)
        to.writePage(first + i, PAGE_KIND.HEAP, frame, 30_000)
      }
    }
    writeAll(store, 10)
    store.checkpoint(root(1))
    writeAll(store, 20)
    store.checkpoint(root(2))
    store.close()
    const again = PageStore.open(files.open('a.sdb', 'write'), memory).store
    for (let i = 0; i < 100; i++) again.writePage(again.allocatePageIds(1), PAGE_KIND.HEAP, frame, 30_000)
    const image = files.files.get('a.sdb')!
    const slot = new DataView(image.snapshot().buffer, (again.epoch & 1) * BLOCK_SIZE)
    const mapRoot = slot.getUint32(40, true)
    again.close()
    image.write(mapRoot * BLOCK_SIZE, Uint8Array.of(1, 2, 3, 4))
    const older = PageStore.open(files.open('a.sdb', 'write'), memory, { salvage: true })
    expect(older.meta.commitId).toBe(1)
    for (let i = 0; i < 5; i++) {
      older.store.readPage(first + i, frame)
      expect(isPage(memory, frame, 30_000, 10 + i)).toBe(true)
    }
    memory.release()
  })

  test('a page written twice between checkpoints gives its first blocks back at once', () => {
    const { memory, store, frame } = setUp()
    const id = store.allocatePageIds(1)
    for (let i = 0; i < 200; i++) store.writePage(id, PAGE_KIND.HEAP, frame, FRAME_SIZE)
    expect(store.stats.fileBytes).toBeLessThan(MIB)
    memory.release()
  })

  test('more pages than one map page holds', () => {
    const { files, memory, store, frame } = setUp()
    const first = store.allocatePageIds(9000)
    for (let i = 0; i < 9000; i += 100) {
      memory.view.setUint32(frame, i, true)
      store.writePage(first + i, PAGE_KIND.HEAP, frame, 100)
    }
    store.checkpoint(root(1))
    const written = store.stats.bytesWritten
    store.setFill(first + 8000, 9)
    store.checkpoint(root(2))
    expect(store.stats.bytesWritten - written).toBeLessThan(2 * FRAME_SIZE)
    const { store: again } = PageStore.open(files.open('a.sdb', 'write'), memory)
    for (let i = 0; i < 9000; i += 100) {
      again.readPage(first + i, frame)
      expect(memory.view.getUint32(frame, true)).toBe(i)
    }
    expect(again.fillOf(first + 8000)).toBe(9)
    expect(again.pageBytes(first + 1)).toBe(0)
    expect(problemsOf(again)).toEqual([])
    memory.release()
  })

  test('the file shrinks when its tail is free', () => {
    const { memory, store, frame } = setUp()
    const kept = store.allocatePageIds(1)
    const ids = store.allocatePageIds(1600)
    for (let i = 0; i < 1600; i += 80) store.writeRun(ids + i, PAGE_KIND.BASE, frame, 80 * FRAME_SIZE)
    store.checkpoint(root(1))
    expect(store.stats.fileBytes).toBeGreaterThan(100 * MIB)
    store.freePages(ids, 1600)
    for (let i = 2; i < 9; i++) {
      store.writePage(kept, PAGE_KIND.HEAP, frame, 100)
      store.checkpoint(root(i))
    }
    expect(store.stats.fileBytes).toBeLessThan(20 * MIB)
    expect(problemsOf(store)).toEqual([])
    memory.release()
  })
})

describe('damage', () => {
  function sample(): { files: MemoryFileSystem; memory: LinearMemory; frame: number; ids: number } {
    const { files, memory, store, frame } = setUp()
    const ids = store.allocatePageIds(4)
    for (let i = 0; i < 4; i++) {
      fillPage(memory, frame, 5000, i)
      store.writePage(ids + i, PAGE_KIND.HEAP, frame, 5000)
    }
    store.checkpoint(root(1))
    store.checkpoint(root(2))
    store.close()
    return { files, memory, frame, ids }
  }

  test('one flipped bit anywhere: right answers or XX001, and never a different root', () => {
    const { files, memory, frame, ids } = sample()
    const image = files.files.get('a.sdb')!
    const size = image.size
    const unused = new Set<number>()
    const whole = PageStore.open(files.open('a.sdb', 'read'), memory, { readOnly: true }).store
    whole.blocks.forEachUnused((start, count) => {
      for (let i = start; i < start + count; i++) unused.add(i)
    })
    let refused = 0
    for (let at = 0; at < size; at += 37) {
      const byte = image.snapshot().subarray(at, at + 1)
      image.write(at, Uint8Array.of(byte[0]! ^ (1 << (at % 8))))
      const code = codeOf(() => {
        const { store, meta } = PageStore.open(files.open('a.sdb', 'read'), memory, { readOnly: true })
        try {
          expect(meta.commitId).toBe(2)
          for (let i = 0; i < 4; i++) {
            store.readPage(ids + i, frame)
            expect(isPage(memory, frame, 5000, i)).toBe(true)
          }
        } finally {
          store.close()
        }
      })
      expect(['none', 'XX001']).toContain(code)
      if (code === 'XX001') refused++
      else if (at >= 2 * BLOCK_SIZE && !unused.has(at >> 12)) expect(`offset ${at}`).toBe('found to be damaged')
      image.write(at, byte)
    }
    expect(refused).toBeGreaterThan(100)
    memory.release()
  })

  test('errors name file, page and offset', () => {
    const { files, memory, frame, ids } = sample()
    const { store } = PageStore.open(files.open('a.sdb', 'write'), memory)
    const offset = store.map.blockOf(ids + 2) * BLOCK_SIZE
    files.files.get('a.sdb')!.write(offset + 10, Uint8Array.of(1, 2, 3))
    try {
      store.readPage(ids + 2, frame)
      expect('no error').toBe('an error')
    } catch (error) {
      expect(error).toMatchObject({ code: 'XX001', file: 'a.sdb', page: ids + 2, offset })
    }
    expect(problemsOf(store)).toMatchObject([{ page: ids + 2, offset }])
    expect(codeOf(() => store.readPage(999, frame))).toBe('XX001')
    memory.release()
  })

  test('swapped pages are found', () => {
    const { files, memory, frame, ids } = sample()
    const { store } = PageStore.open(files.open('a.sdb', 'write'), memory)
    const image = files.files.get('a.sdb')!
    const [a, b] = [store.map.blockOf(ids) * BLOCK_SIZE, store.map.blockOf(ids + 1) * BLOCK_SIZE]
    const bytes = image.snapshot()
    image.write(a, bytes.subarray(b, b + 8192))
    image.write(b, bytes.subarray(a, a + 8192))
    expect(codeOf(() => store.readPage(ids, frame))).toBe('XX001')
    memory.release()
  })

  test('a damaged page map is refused; salvage goes back to the older root and says so', () => {
    const { files, memory, frame, ids } = sample()
    const { store } = PageStore.open(files.open('a.sdb', 'write'), memory)
    fillPage(memory, frame, 5000, 99)
    store.writePage(ids, PAGE_KIND.HEAP, frame, 5000)
    store.checkpoint(root(3))
    const bytes = files.files.get('a.sdb')!.snapshot()
    const slot = (store.epoch & 1) * BLOCK_SIZE
    const mapRoot = new DataView(bytes.buffer).getUint32(slot + 40, true) * BLOCK_SIZE
    files.files.get('a.sdb')!.write(mapRoot, Uint8Array.of(0xff))
    expect(codeOf(() => PageStore.open(files.open('a.sdb', 'write'), memory))).toBe('XX001')
    const salvaged = PageStore.open(files.open('a.sdb', 'write'), memory, { salvage: true })
    expect(salvaged.meta.commitId).toBe(2)
    expect(salvaged.meta.damage).toMatch(/checkpoint 4 cannot be used/)
    salvaged.store.readPage(ids, frame)
    expect(isPage(memory, frame, 5000, 0)).toBe(true)
    // The root in use must not be overwritten by the next one.
    const inUse = (salvaged.store.epoch & 1) * BLOCK_SIZE
    const before = files.files.get('a.sdb')!.snapshot().slice(inUse, inUse + BLOCK_SIZE)
    salvaged.store.checkpoint(root(9))
    const slotNow = files.files.get('a.sdb')!.snapshot().subarray(inUse, inUse + BLOCK_SIZE)
    expect(Buffer.compare(before, slotNow)).toBe(0)
    const after = PageStore.open(files.open('a.sdb', 'write'), memory)
    expect([after.meta.commitId, after.meta.damage]).toEqual([9, null])
    expect(problemsOf(after.store)).toEqual([])
    memory.release()
  })

  test('truncated at every block: XX001 or not a database, never a wrong page', () => {
    const { files, memory } = sample()
    const bytes = files.files.get('a.sdb')!.snapshot()
    for (let size = 0; size < bytes.length; size += 2048) {
      const cut = new MemoryFileSystem()
      const file = cut.open('a.sdb', 'create')
      file.write(0, bytes.subarray(0, size))
      const code = codeOf(() => PageStore.open(file, memory))
      expect(size < 8192 ? ['42809', 'XX001'] : ['XX001']).toContain(code)
    }
    memory.release()
  })

  test('other files, newer formats and unknown flags are told apart', () => {
    const { files, memory } = sample()
    const open = (change: (view: DataView) => void): string => {
      const other = new MemoryFileSystem()
      const bytes = files.files.get('a.sdb')!.snapshot()
      change(new DataView(bytes.buffer))
      other.open('a.sdb', 'create').write(0, bytes)
      return codeOf(() => PageStore.open(other.open('a.sdb', 'write'), memory))
    }
    expect(open((view) => { for (let i = 0; i < 8192; i++) view.setUint8(i, i) })).toBe('42809')
    expect(open((view) => { for (let i = 0; i < 8192; i += 2048) view.setUint32(i + 8, 2, true) })).toBe('0A000')
    expect(open((view) => { for (let i = 0; i < 8192; i += 2048) view.setUint32(i + 100, 2, true) })).toBe('XX001')
    expect(open(() => undefined)).toBe('none')
    memory.release()
  })

  test('a read-only store refuses to write', () => {
    const { files, memory } = sample()
    const { store } = PageStore.open(files.open('a.sdb', 'read'), memory, { readOnly: true })
    expect(codeOf(() => store.allocatePageIds(1))).toBe('25006')
    expect(codeOf(() => store.checkpoint(root(5)))).toBe('25006')
    memory.release()
  })
})
