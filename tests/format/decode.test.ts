// Bytes that are not what docs/FORMAT.md says are XX001, never something else: every structure above pages is
// cut at every byte, given a wrong magic, and told things that cannot be.
import { describe, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { decodeCatalog } from '../../storage/catalog/catalog.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { FRAME_SIZE, LinearMemory } from '../../storage/memory/linear-memory.ts'
import { PageStore } from '../../storage/page/page-store.ts'
import { BufferPool } from '../../storage/pool/buffer-pool.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { emptyChunk } from '../../storage/row-group/chunk-plan.ts'
import { ENCODING, decodeColumnChunk, encodeColumnChunk } from '../../storage/row-group/column-chunk.ts'
import type { ColumnChunk } from '../../storage/row-group/column-chunk.ts'
import { Heap } from '../../storage/delta/heap.ts'
import { checkHeapPage } from '../../storage/delta/heap-page.ts'
import { KeyOrder } from '../../storage/table/key.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { decodeGroupEntry, decodeGroupMeta } from '../../storage/row-group/row-group.ts'
import { BloomFilter } from '../../storage/table/bloom-filter.ts'
import { decodeTableRoot } from '../../storage/table/root-codec.ts'
import { ascii } from './layout.ts'
import { allLayouts } from './layouts.ts'

const SOURCE = { file: 'f', page: 7 }
const ROOT_SOURCE = { ...SOURCE, filterAt: () => BloomFilter.create(1) }
const layouts = new Map(allLayouts().map((layout) => [layout.name, layout.sample]))

function sample(...names: string[]): Uint8Array {
  return Uint8Array.from(names.flatMap((name) => [...layouts.get(name)!]))
}

/** The code of what a decoder throws; 'fine' when it throws nothing. */
function codeOf(decode: () => unknown): string {
  try {
    decode()
    return 'fine'
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return error.code
  }
}

const keyCodec = new RowCodec([INTEGER])
const order = new KeyOrder({ name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] })
const rowsOfMeta = {
  firstPage: 1, pageCount: 1, streamBytes: 0x10000, metaOffset: 0, rows: 211, firstKeyValues: [0],
  lastKeyValues: [1],
}
const metaSchema = { name: 't', columns: [{ name: 'c', type: TEXT, nullable: true }], key: [0] }

// The entry of the sample has sizes that disagree; this one is sound.
function soundEntry(): Uint8Array {
  const bytes = sample('row group directory entry')
  const view = new DataView(bytes.buffer)
  view.setUint32(4, Math.ceil(0x63636364 / 65536), true)
  view.setUint32(12, 0x63636300, true)
  return bytes
}

const ROWS = 211
const STREAM_BYTES = 0x10000

// Nor do the offsets of the sample chunk lie in a stream; these do.
function soundChunk(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const [nullCount, values, validity, dictionary, entries] = [5, 0x100, 0x2000, 0x4000, 2]
  const fields = [nullCount, values, validity, dictionary, entries]
  fields.forEach((value, i) => view.setUint32(3 + i * 4, value, true))
  return bytes
}

function soundMeta(): Uint8Array {
  const bytes = sample('row group meta')
  new DataView(bytes.buffer).setUint32(4, ROWS, true)
  soundChunk(bytes.subarray(12))
  return bytes
}

// Chunks of the two encodings with a companion part, whose parts lie in the stream.
function lightChunk(given: Partial<ColumnChunk>): Uint8Array {
  const out = new ByteWriter(64)
  encodeColumnChunk({
    ...emptyChunk(), layout: LAYOUT.U32, valuesOffset: 0x100, auxOffset: 0x4000, base: 7, min: 7, max: 1000, ...given,
  }, INTEGER, out)
  return out.finish().slice()
}

function runsChunk(): Uint8Array {
  return lightChunk({ encoding: ENCODING.RUNS, stored: LAYOUT.U32, auxCount: 3 })
}

function deltaChunk(): Uint8Array {
  return lightChunk({ encoding: ENCODING.DELTA, stored: LAYOUT.U8, auxCount: Math.ceil(ROWS / 64), step: -5 })
}

function decodeChunk(bytes: Uint8Array, streamBytes = STREAM_BYTES): unknown {
  return decodeColumnChunk(new ByteReader(bytes, SOURCE), TEXT, ROWS, streamBytes)
}

type Decoder = (bytes: Uint8Array) => unknown

const DECODERS: readonly [name: string, bytes: Uint8Array, decode: Decoder][] = [
  ['catalogue', sample('catalogue header', 'catalogue entry'), (bytes) => decodeCatalog(bytes, SOURCE)],
  ['table root', Uint8Array.from([...sample('table root'), ...soundEntry()]),
    (bytes) => decodeTableRoot(bytes, 0x73737374, 1, order, keyCodec, ROOT_SOURCE)],
  ['directory entry', soundEntry(), (bytes) => decodeGroupEntry(new ByteReader(bytes, SOURCE), keyCodec)],
  ['column chunk', soundChunk(sample('column chunk descriptor')), decodeChunk],
  ['runs', runsChunk(), (bytes) => decodeColumnChunk(new ByteReader(bytes, SOURCE), INTEGER, ROWS, STREAM_BYTES)],
  ['deltas', deltaChunk(), (bytes) => decodeColumnChunk(new ByteReader(bytes, SOURCE), INTEGER, ROWS, STREAM_BYTES)],
  ['row group meta', soundMeta(), (bytes) => decodeGroupMeta(bytes, rowsOfMeta, metaSchema, 'f')],
]

describe.each(DECODERS)('%s', (_name, whole, decode) => {
  test('is read whole, and is XX001 cut at any byte', () => {
    expect(codeOf(() => decode(whole))).toBe('fine')
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => decode(whole.slice(0, length))), `cut at ${length}`).toBe(CODE.CORRUPT)
    }
  })

  // A key that became NULL is told as that (23502); the page's checksum comes before either.
  test('one changed byte is read, or an error', () => {
    for (let at = 0; at < whole.length; at++) {
      const bytes = whole.slice()
      bytes[at]! ^= 0xff
      expect(['fine', CODE.CORRUPT, CODE.NOT_NULL], `byte ${at}`).toContain(codeOf(() => decode(bytes)))
    }
  })
})

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = value
  return copy
}

describe('what cannot be', () => {
  test.each([
    ['a wrong magic', (bytes: Uint8Array) => changed(bytes, 0, 0)],
    ['another table', (bytes: Uint8Array) => changed(bytes, 4, 0)],
    ['no rows in a group', (bytes: Uint8Array) => changed(changed(bytes, 44, 0), 45, 0)],
    ['more than 65,536 rows', (bytes: Uint8Array) => changed(bytes, 46, 1)],
    ['a meta behind the stream', (bytes: Uint8Array) => changed(bytes, 43, 0xff)],
    ['another number of pages', (bytes: Uint8Array) => changed(bytes, 32, 0)],
  ])('in a table root: %s', (_what, damage) => {
    const [, whole, decode] = DECODERS[1]!
    expect(codeOf(() => decode(damage(whole)))).toBe(CODE.CORRUPT)
  })

  test.each([
    ['an unknown encoding', 0, 7], ['an unknown layout', 1, 8], ['a layout of another type', 1, 5],
    ['a validity flag without its part', 11, 0xff], ['more NULLs than rows', 4, 1],
  ])('in a column chunk: %s', (_what, at, value) => {
    const bytes = soundChunk(sample('column chunk descriptor'))
    bytes.fill(value, at, at === 11 ? 15 : at + 1)
    expect(codeOf(() => decodeChunk(bytes))).toBe(CODE.CORRUPT)
  })

  // Stored layout at 31, aux offset at 32, aux count at 36, step at 40.
  test.each([
    ['runs of another layout', runsChunk(), 31, 0], ['runs with a step', runsChunk(), 47, 0x40],
    ['no runs', runsChunk(), 36, 0], ['more runs than rows', runsChunk(), 38, 1],
    ['a directory outside the stream', runsChunk(), 34, 0xff], ['a directory at an odd place', runsChunk(), 32, 1],
    ['differences of four bytes', deltaChunk(), 31, 2], ['another number of blocks', deltaChunk(), 36, 1],
    ['bases that are not aligned', deltaChunk(), 32, 4], ['a step that is no integer', deltaChunk(), 40, 1],
    ['differences outside the stream', deltaChunk(), 10, 0x7f],
  ])('in a companion: %s', (_what, bytes, at, value) => {
    const run = (): unknown => decodeColumnChunk(new ByteReader(changed(bytes, at, value), SOURCE), INTEGER, ROWS,
      STREAM_BYTES)
    expect(codeOf(run)).toBe(CODE.CORRUPT)
  })

  test('in a column chunk: a part outside the stream', () => {
    const bytes = soundChunk(sample('column chunk descriptor'))
    expect(codeOf(() => decodeChunk(bytes, 0x3fff))).toBe(CODE.CORRUPT)
  })

  test('in a row: an end before its values', () => {
    const out = new ByteWriter()
    new RowCodec([INTEGER, TEXT]).encode([5, 'text'], out)
    const reader = new ByteReader(out.finish(), SOURCE, 0, out.length - 1)
    expect(codeOf(() => new RowCodec([INTEGER, TEXT]).decode(reader))).toBe(CODE.CORRUPT)
  })
})

describe('heap', () => {
  function withHeap(use: (memory: LinearMemory, pool: BufferPool, heap: Heap) => void): void {
    const files = new MemoryFileSystem()
    const memory = LinearMemory.create(8 * 1024 * 1024)
    const file = files.open('f', 'create')
    const { store } = PageStore.create(file, memory, { databaseId: new Uint8Array(16), redoLsn: 1 })
    const pool = new BufferPool(memory, store, { maxFrames: 16 })
    use(memory, pool, new Heap(memory, pool, store, 'f'))
    pool.close()
    store.close()
    memory.release()
  }

  test('H1 and the page id are checked', () => {
    withHeap((memory, pool, heap) => {
      const { page } = heap.insert(1, 1, false, ascii('tuple'))
      pool.flushDirty()
      const base = pool.fetch(page) * FRAME_SIZE
      expect(checkHeapPage(memory, base, page)).toBeNull()
      expect(checkHeapPage(memory, base, page + 1)).toContain('page id')
      memory.view.setUint16(base + 34, 0xffff, true)
      expect(checkHeapPage(memory, base, page)).toContain('H1')
      expect(codeOf(() => heap.scan(() => {}))).toBe(CODE.CORRUPT)
    })
  })

  test('a chain that is too long, ends early or leads elsewhere is XX001', () => {
    withHeap((memory, pool, heap) => {
      const long = heap.insert(1, 1, false, new Uint8Array(100_000))
      const base = pool.fetch(long.page) * FRAME_SIZE
      const stub = base + memory.view.getUint16(base + 32, true)
      const first = memory.view.getUint32(stub + 13, true)
      const overflow = pool.fetch(first) * FRAME_SIZE
      const next = memory.view.getUint32(overflow + 4, true)
      expect(codeOf(() => heap.read(long.page, long.slot))).toBe('fine')
      memory.view.setUint32(overflow + 4, 0, true)
      expect(codeOf(() => heap.read(long.page, long.slot))).toBe(CODE.CORRUPT)
      memory.view.setUint32(overflow + 4, long.page, true)
      expect(codeOf(() => heap.read(long.page, long.slot))).toBe(CODE.CORRUPT)
      memory.view.setUint32(overflow + 4, next, true)
      memory.view.setUint32(stub + 9, 1000, true)
      expect(codeOf(() => heap.read(long.page, long.slot))).toBe(CODE.CORRUPT)
    })
  })
})
