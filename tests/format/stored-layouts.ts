// Structures that have no encoder of their own: the map root, heap pages, tuples and overflow pages. A small
// store and heap write them, and their bytes are taken from the file or from the frame they lie in.
import { crc32c } from '../../src/base/checksum.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { FRAME_SIZE, LinearMemory } from '../../storage/memory/linear-memory.ts'
import { decodeMetaSlot } from '../../storage/page/meta-slot.ts'
import { BLOCK_SIZE } from '../../storage/page/page-map.ts'
import { PAGE_KIND, PageStore } from '../../storage/page/page-store.ts'
import { BufferPool } from '../../storage/pool/buffer-pool.ts'
import { Heap } from '../../storage/delta/heap.ts'
import { ascii, bytesField, field } from './layout.ts'
import type { Layout } from './layout.ts'

const MEMORY_BYTES = 8 * 1024 * 1024
const TABLE = 0xa1a1a1a2
const COMMIT = 123456789

function withStore<T>(use: (memory: LinearMemory, store: PageStore, bytes: () => Uint8Array) => T): T {
  const files = new MemoryFileSystem()
  const memory = LinearMemory.create(MEMORY_BYTES)
  const file = files.open('f', 'create')
  const { store } = PageStore.create(file, memory, { databaseId: new Uint8Array(16), redoLsn: 1 })
  try {
    return use(memory, store, () => {
      const bytes = new Uint8Array(file.size())
      file.read(0, bytes)
      return bytes
    })
  } finally {
    store.close()
    file.close()
    memory.release()
  }
}

/** The map root of a store with one page; the map page it points to is found by its contents. */
export function mapRootLayout(): Layout {
  return withStore((memory, store, bytes) => {
    const address = memory.allocateRun(1)
    const id = store.allocatePageIds(1)
    store.writePage(id, PAGE_KIND.OVERFLOW, address, 1)
    store.setFill(id, 0xa7)
    store.checkpoint({ catalogPage: 0, redoLsn: 1, commitId: 0 })
    memory.releaseRun(address, 1)
    const file = bytes()
    const isMapPage = (b: number): boolean => {
      const entry = b * BLOCK_SIZE + id * 16
      return b >= 2 && file[entry + 13] === PAGE_KIND.OVERFLOW && file[entry + 14] === 0xa7
    }
    const block = Array.from({ length: file.length / BLOCK_SIZE }, (_, b) => b).find(isMapPage)!
    const slot = (store.epoch & 1) * BLOCK_SIZE
    const root = decodeMetaSlot(file.subarray(slot, slot + BLOCK_SIZE), 'f')[0]!.meta!.mapRoot
    const at = root.block * BLOCK_SIZE
    return {
      name: 'map root entry', heading: 'Map root', source: 'storage/page/page-map.ts',
      picture: /^ *map root .*: /,
      sample: file.slice(at, at + 16),
      fields: [
        field('block', /block$/, 4, block),
        field('crc', /^CRC-32C/, 4, crc32c(file.subarray(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE))),
        field('epoch', /^epoch/, 4, store.epoch), field('blocks', /^blocks/, 4, 1),
      ],
    }
  })
}

/** Header of a heap page with three slots, a tuple, an overflow stub and its two pages. */
export function heapLayouts(): Layout[] {
  return withStore((memory, store) => {
    const pool = new BufferPool(memory, store, { maxFrames: 16 })
    const heap = new Heap(memory, pool, store, 'f')
    const first = heap.insert(TABLE, COMMIT, true, ascii('first'))
    const second = heap.insert(TABLE, COMMIT, false, ascii('second!'))
    const long = heap.insert(TABLE, COMMIT, false, new Uint8Array(70_000).fill(0xbb))
    heap.remove(TABLE, second.page, second.slot)
    const frame = (page: number): Uint8Array => {
      const base = pool.fetch(page) * FRAME_SIZE
      return memory.u8.slice(base, base + FRAME_SIZE)
    }
    const page = frame(first.page)
    const view = new DataView(page.buffer)
    const offsetOf = (slot: number): number => view.getUint16(32 + slot * 4, true)
    const stub = page.slice(offsetOf(long.slot), offsetOf(long.slot) + 17)
    const firstOverflow = new DataView(stub.buffer).getUint32(13, true)
    const next = new DataView(frame(firstOverflow).buffer).getUint32(4, true)
    const tuple = page.slice(offsetOf(first.slot), offsetOf(first.slot) + 14)
    const layouts = [
      heapPageLayout(page, first.page, [offsetOf(0), offsetOf(2)]), tupleLayout(tuple),
      stubLayout(stub, firstOverflow),
      overflowLayout(frame(firstOverflow), next),
    ]
    pool.close()
    return layouts
  })
}

function heapPageLayout(page: Uint8Array, id: number, offsets: [number, number]): Layout {
  const slots = new Uint8Array(12)
  const view = new DataView(slots.buffer)
  view.setUint16(0, offsets[0], true)
  view.setUint16(2, 14, true)
  view.setUint16(8, offsets[1], true)
  view.setUint16(10, 17, true)
  return {
    name: 'heap page header', heading: 'Heap pages', source: 'storage/delta/heap-page.ts',
    picture: /^ *offset  size  meaning$/, sample: page.slice(0, 44),
    fields: [
      bytesField('magic', /^magic/, ascii('HEAP')), field('page', /^page id/, 4, id),
      field('table', /^table id/, 4, TABLE),
      field('slotCount', /^number of slots/, 4, 3), field('dataBegin', /^dataBegin/, 4, offsets[1]),
      field('liveBytes', /^live bytes/, 4, 14 + 17), field('freeSlots', /^number of free slots/, 4, 1),
      bytesField('slots', /^slots:/, slots),
    ],
  }
}

function tupleLayout(sample: Uint8Array): Layout {
  const commit = new Uint8Array(8)
  new DataView(commit.buffer).setFloat64(0, COMMIT, true)
  return {
    name: 'heap tuple', heading: 'Heap tuples', source: 'storage/delta/heap.ts', picture: /^ *tuple +/,
    sample,
    fields: [
      bytesField('commitId', /^commit ?[iI]d/, commit), field('flags', /^flags/, 1, 1),
      bytesField('body', /^body/, ascii('first')),
    ],
  }
}

function stubLayout(stub: Uint8Array, firstPage: number): Layout {
  return {
    name: 'overflow stub', heading: 'Overflow stubs', source: 'storage/delta/heap.ts',
    picture: /^ *overflow  stub body: /,
    sample: stub.slice(9),
    fields: [field('length', /^total length/, 4, 70_000), field('firstPage', /^first page/, 4, firstPage)],
  }
}

function overflowLayout(page: Uint8Array, next: number): Layout {
  return {
    name: 'overflow page', heading: 'Overflow pages', source: 'storage/delta/heap.ts',
    picture: /^ *overflow page: /,
    sample: page,
    fields: [
      bytesField('magic', /^magic/, ascii('OVFL')), field('next', /^next page id/, 4, next),
      field('length', /^bytes$|^bytes here/, 4, 65520), field('table', /^table id/, 4, TABLE),
      bytesField('bytes', /^bytes…|^the bytes/, new Uint8Array(65520).fill(0xbb)),
    ],
  }
}
