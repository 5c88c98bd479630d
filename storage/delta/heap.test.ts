// The heap against a list of tuples: short ones, long ones in overflow chains, removals, and what a scan finds
// when the free-space maps are rebuilt. Everything given back means no page is left.
import { describe, expect, test } from 'vitest'
import { CODE } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { FRAME_SIZE, LinearMemory } from '../memory/linear-memory.ts'
import { PAGE_KIND, PageStore } from '../page/page-store.ts'
import { BufferPool } from '../pool/buffer-pool.ts'
import { HEAP_TUPLE_MAX } from './heap-page.ts'
import { Heap } from './heap.ts'
import type { TupleAddress } from './heap.ts'

interface Stored { tableId: number; commitId: number; isTombstone: boolean; body: Uint8Array; at: TupleAddress }

function setUp(maxFrames = 40): { heap: Heap; pages: PageStore; pool: BufferPool; memory: LinearMemory } {
  const memory = LinearMemory.create(4 << 20)
  const { store: pages } = PageStore.create(new MemoryFileSystem().open('a.sdb', 'create'), memory, {
    databaseId: new Uint8Array(16), redoLsn: 1,
  })
  const pool = new BufferPool(memory, pages, { maxFrames })
  return { heap: new Heap(memory, pool, pages, 'a.sdb'), pages, pool, memory }
}

// The page map knows the kind of a page once it is written.
function countPages(pool: BufferPool, pages: PageStore, kind: number): number {
  pool.flushDirty()
  return [...pages.pagesOfKind(kind)].length
}

function body(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(random.below(256))
  if (length > 0) bytes[length - 1] = 77
  return bytes
}

// The body lies between other bytes, as it does in a commit of many rows.
function insert(heap: Heap, tableId: number, commitId: number, body: Uint8Array, isTombstone = false): TupleAddress {
  const source = new Uint8Array(body.length + 20).fill(99)
  source.set(body, 7)
  return heap.insert(tableId, commitId, isTombstone, source, 7, 7 + body.length)
}

function isAsStored(heap: Heap, stored: Stored): boolean {
  const tuple = heap.read(stored.at.page, stored.at.slot)
  return tuple.commitId === stored.commitId && tuple.isTombstone === stored.isTombstone
    && Buffer.compare(tuple.body, stored.body) === 0
}

describe('heap', () => {
  test.each([40, 6])('random tuples of two tables with %d frames', (frames) => {
    const { heap, pages, pool } = setUp(frames)
    const random = new Random(frames)
    let live: Stored[] = []
    for (let step = 0; step < 1500; step++) {
      if (random.chance(0.6)) {
        const length = random.pick([0, 1, 50, 2000, HEAP_TUPLE_MAX - 9, HEAP_TUPLE_MAX - 8, 65520, 65521, 150_000])
        const stored = { tableId: random.between(1, 2), commitId: step + 2 ** 40, isTombstone: random.chance(0.2),
          body: body(random, random.chance(0.8) ? length % 3000 : length) }
        live.push({ ...stored, at: insert(heap, stored.tableId, stored.commitId, stored.body, stored.isTombstone) })
      } else if (live.length > 0) {
        const [gone] = live.splice(random.below(live.length), 1)
        expect(isAsStored(heap, gone!)).toBe(true)
        heap.remove(gone!.tableId, gone!.at.page, gone!.at.slot)
      }
    }
    expect(live.filter((stored) => !isAsStored(heap, stored))).toEqual([])
    expect(new Set(live.map(({ at }) => `${at.page}:${at.slot}`)).size).toBe(live.length)
    const found: string[] = []
    pool.flushDirty()
    heap.scan((tableId, page, slot, tuple) => found.push(`${tableId} ${page}:${slot} ${tuple.commitId}`))
    const expected = live.map(({ tableId, at, commitId }) => `${tableId} ${at.page}:${at.slot} ${commitId}`)
    expect(found.sort()).toEqual(expected.sort())
    for (const stored of live) heap.remove(stored.tableId, stored.at.page, stored.at.slot)
    live = []
    expect([countPages(pool, pages, PAGE_KIND.HEAP), countPages(pool, pages, PAGE_KIND.OVERFLOW)]).toEqual([0, 0])
  })

  test('tables do not share pages, and small tuples fill a page before the next', () => {
    const { heap, pages, pool } = setUp()
    const first = Array.from({ length: 500 }, (_, i) => insert(heap, 1, i, new Uint8Array(91)))
    const second = Array.from({ length: 500 }, (_, i) => insert(heap, 2, i, new Uint8Array(91)))
    const pagesOf = (tuples: TupleAddress[]): Set<number> => new Set(tuples.map(({ page }) => page))
    expect([pagesOf(first).size, pagesOf(second).size]).toEqual([1, 1])
    expect([...pagesOf(first)].some((page) => pagesOf(second).has(page))).toBe(false)
    expect(countPages(pool, pages, PAGE_KIND.HEAP)).toBe(2)
  })

  test('room that removals make is used again, also after the maps are rebuilt', () => {
    const { heap, pages, pool } = setUp()
    const tuples = Array.from({ length: 60 }, () => insert(heap, 1, 1, new Uint8Array(5000)))
    const full = countPages(pool, pages, PAGE_KIND.HEAP)
    for (const rebuild of [false, true]) {
      const removed = tuples.filter((_, i) => i % 2 === 0)
      for (const { page, slot } of removed) heap.remove(1, page, slot)
      pool.flushDirty()
      if (rebuild) heap.scan(() => {})
      for (let i = 0; i < tuples.length; i += 2) tuples[i] = insert(heap, 1, 1, new Uint8Array(5000))
      expect(countPages(pool, pages, PAGE_KIND.HEAP)).toBe(full)
    }
  })

  test('the bucket in the page map is the free space of the page', () => {
    const { heap, pages } = setUp()
    const tuples: TupleAddress[] = []
    for (let i = 0; i < 6; i++) {
      tuples.push(insert(heap, 1, 1, new Uint8Array(10_000 - 9)))
      expect(pages.fillOf(tuples[0]!.page)).toBe(Math.floor((FRAME_SIZE - 32 - 4 * (i + 2) - 10_000 * (i + 1)) / 4096))
    }
    heap.remove(1, tuples[2]!.page, tuples[2]!.slot)
    expect(pages.fillOf(tuples[0]!.page)).toBe(Math.floor((FRAME_SIZE - 32 - 4 * 7 - 50_000) / 4096))
  })

  test('a damaged overflow chain is XX001', () => {
    const { heap, pool, pages, memory } = setUp()
    const { page, slot } = insert(heap, 1, 1, new Uint8Array(200_000).fill(5))
    pool.flushDirty()
    const [overflow] = [...pages.pagesOfKind(PAGE_KIND.OVERFLOW)]
    const base = pool.fetch(overflow!) * FRAME_SIZE
    for (const offset of [0, 8]) {
      const old = memory.view.getUint32(base + offset, true)
      memory.view.setUint32(base + offset, 0x7fffffff, true)
      expect(() => heap.read(page, slot)).toThrow(expect.objectContaining({ code: CODE.CORRUPT, file: 'a.sdb' }))
      memory.view.setUint32(base + offset, old, true)
    }
    expect(heap.read(page, slot).body.length).toBe(200_000)
    // A ring of pages without bytes would be walked for ever.
    memory.view.setUint32(base + 8, 0, true)
    memory.view.setUint32(base + 4, overflow!, true)
    expect(() => heap.read(page, slot)).toThrow(expect.objectContaining({ code: CODE.CORRUPT, page: overflow }))
  })

  test('tuples that cannot be are XX001 when the heap is scanned', () => {
    for (const length of [0, 8, 12]) {
      const { heap, pool, memory } = setUp()
      const { page } = insert(heap, 1, 1, new Uint8Array(length === 12 ? 200_000 : 100))
      pool.flushDirty()
      const base = pool.fetch(page) * FRAME_SIZE
      memory.view.setUint16(base + 34, length, true)
      memory.view.setUint32(base + 20, length, true)
      expect(() => heap.scan(() => {})).toThrow(expect.objectContaining({ code: CODE.CORRUPT, page }))
    }
  })

  test('a value that claims more bytes than its file has is XX001', () => {
    const { heap, pool, memory } = setUp()
    const { page, slot } = insert(heap, 1, 1, new Uint8Array(200_000))
    const base = pool.fetch(page) * FRAME_SIZE
    const offset = memory.view.getUint16(base + 32, true)
    memory.view.setUint32(base + offset + 9, 0xffff_fff0, true)
    expect(() => heap.read(page, slot)).toThrow('longer than its file')
  })
})
