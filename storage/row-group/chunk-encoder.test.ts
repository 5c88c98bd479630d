// Column chunks of every layout: a row group is written, its meta read back from its pages, and every value
// read by row (chunk-reader.ts) and by group (group-decoder.ts). Zone maps and the placement of slices too.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, BYTEA, DOUBLE, INTEGER, REAL, TEXT, decimalType } from '../../src/base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { PageStore } from '../page/page-store.ts'
import { BufferPool } from '../pool/buffer-pool.ts'
import { ChunkReader } from './chunk-reader.ts'
import { ENCODING, NO_PART } from './column-chunk.ts'
import type { ColumnChunk, Encoding } from './column-chunk.ts'
import { decodeGroup } from './group-decoder.ts'
import { KeyOrder } from '../table/key.ts'
import { decodeGroupMeta } from './row-group.ts'
import { writeRowGroup } from './row-group-writer.ts'
import { ColumnStage, stagedScalar } from './staged-column.ts'

const FILE = 'a.sdb'
const memory = LinearMemory.create(16 << 20)
const { store: pages } = PageStore.create(new MemoryFileSystem().open(FILE, 'create'), memory, {
  databaseId: new Uint8Array(16), redoLsn: 1,
})
const pool = new BufferPool(memory, pages)
const reader = new ChunkReader(memory, pool, FILE)

function stage(type: SqlType, values: readonly Scalar[]): ColumnStage {
  const column = new ColumnStage(type, values.length)
  for (const value of values) column.append(value)
  return column
}

function isSame(a: Scalar, b: Scalar): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return Object.is(a, b)
}

// Writes the values beside a key column, behind `skipped` rows that are not part of the group; everything
// must come back. Gives the chunk as read from the pages.
function roundTrip(type: SqlType, values: readonly Scalar[], skipped = 0): ColumnChunk {
  const schema: TableSchema = {
    name: 't', key: [0],
    columns: [{ name: 'id', type: INTEGER, nullable: false }, { name: 'v', type, nullable: true }],
  }
  const before = memory.usedFrames - pool.stats.frames
  const padding = new Array<Scalar>(skipped).fill(null)
  const ids = Array.from({ length: skipped + values.length }, (_, i) => i * 3)
  const staged = [stage(INTEGER, ids), stage(type, [...padding, ...values])]
  const target = { schema, order: new KeyOrder(schema), memory, pages, groupBytes: 1e9 }
  const group = writeRowGroup(target, staged, skipped, values.length)
  expect(memory.usedFrames - pool.stats.frames).toBe(before)
  const bytes = new Uint8Array(group.streamBytes - group.metaOffset)
  reader.copy(group, group.metaOffset, bytes.length, bytes)
  const meta = decodeGroupMeta(bytes, group, schema, FILE)
  const chunk = meta.chunks[1]!
  const [keys, decoded] = decodeGroup(reader, group, meta, schema)
  const isWrong = (_: Scalar, row: number): boolean => !isSame(reader.read(group, chunk, type, row), values[row]!)
    || !isSame(stagedScalar(decoded!, row), values[row]!) || stagedScalar(keys!, row) !== ids[skipped + row]
  expect(values.filter(isWrong)).toEqual([])
  expect(chunk.nullCount).toBe(values.filter((value) => value === null).length)
  checkSlices(chunk, values.length)
  pool.discard(group.firstPage, group.pageCount)
  pages.freePages(group.firstPage, group.pageCount)
  return chunk
}

// The slice of a batch never straddles a page; values of 16 bytes fill two whole pages.
function checkSlices(chunk: ColumnChunk, rows: number): void {
  for (let begin = 0; begin < rows; begin += BATCH_ROWS) {
    const end = Math.min(rows, begin + BATCH_ROWS)
    for (const [part, width] of [[chunk.valuesOffset, LAYOUT_WIDTH[chunk.layout]!], [chunk.validityOffset, 1 / 8]]) {
      if (part === NO_PART) continue
      const first = part! + begin * width!
      const last = part! + Math.ceil(end * width!) - 1
      if (last - first >= 65536) expect([width, first % 65536]).toEqual([16, 0])
      else expect(last >>> 16).toBe(first >>> 16)
    }
  }
}

function shape(chunk: ColumnChunk): [Encoding, Layout] {
  return [chunk.encoding, chunk.layout]
}

// [lowest, highest, encoding, layout]: both sides of each border of a range.
const INT_BORDERS: [number, number, Encoding, Layout][] = [0, -5, 1000, -1e12, 2 ** 52].flatMap((base) => [
  [base, base, ENCODING.CONSTANT, LAYOUT.U8],
  [base, base + 255, ENCODING.NARROW, LAYOUT.U8],
  [base, base + 256, ENCODING.NARROW, LAYOUT.U16],
  [base, base + 65535, ENCODING.NARROW, LAYOUT.U16],
  [base, base + 65536, ENCODING.NARROW, LAYOUT.U32],
  [base, base + 2 ** 32 - 1, ENCODING.NARROW, LAYOUT.U32],
  [base, base + 2 ** 32, ENCODING.PLAIN, LAYOUT.I64],
] as [number, number, Encoding, Layout][])

describe('integers', () => {
  test.each(INT_BORDERS)('%d .. %d', (low, high, encoding, layout) => {
    const middle = low + Math.floor((high - low) / 2)
    const chunk = roundTrip(BIGINT, [middle, high, low, middle, high])
    expect([...shape(chunk), chunk.min, chunk.max]).toEqual([encoding, layout, low, high])
    const withNulls = roundTrip(BIGINT, [null, high, null, low, null], 3)
    expect([...shape(withNulls), withNulls.min, withNulls.max]).toEqual([encoding, layout, low, high])
  })

  test('safe values over the whole range, and values beyond it', () => {
    const safe = [2 ** 53 - 1, -(2 ** 53) + 1, 0, -1, null, 2 ** 32, -(2 ** 32)]
    const chunk = roundTrip(BIGINT, safe)
    expect([...shape(chunk), chunk.min, chunk.max]).toEqual([ENCODING.PLAIN, LAYOUT.I64, -(2 ** 53) + 1, 2 ** 53 - 1])
    const wide = roundTrip(BIGINT, [5, null, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 53n), 2n ** 53n, -7])
    expect([...shape(wide), wide.min, wide.max]).toEqual([ENCODING.PLAIN, LAYOUT.I64, -(2n ** 63n), 2n ** 63n - 1n])
    roundTrip(BIGINT, [2n ** 53n, 2n ** 53n, null, 2n ** 53n])
  })

  test('-0 is stored as 0', () => {
    const column = { type: BIGINT, values: Float64Array.of(-0, -0), nulls: null, count: 2 }
    const schema = { name: 't', key: [0], columns: [{ name: 'id', type: INTEGER, nullable: false },
      { name: 'v', type: BIGINT, nullable: true }] }
    const group = writeRowGroup({ schema, order: new KeyOrder(schema), memory, pages, groupBytes: 1e9 },
      [stage(INTEGER, [1, 2]), column], 0, 2)
    const chunk = group.meta!.chunks[1]!
    expect([reader.read(group, chunk, BIGINT, 0), chunk.min, chunk.max]).toEqual([0, 0, 0])
  })

  test('full row groups of random values with NULLs', () => {
    const random = new Random(4)
    for (const range of [200, 60000, 4e9, 1e13]) {
      const values = Array.from({ length: 65536 }, () => (random.chance(0.1) ? null : random.below(range) - 77))
      roundTrip(BIGINT, values)
    }
  })
})

describe('floats and wide', () => {
  test('doubles and reals with NaN, infinities and -0', () => {
    const values = [1.5, null, NaN, -Infinity, Infinity, 0]
    const chunk = roundTrip(DOUBLE, values)
    expect([...shape(chunk), chunk.min, chunk.max]).toEqual([ENCODING.PLAIN, LAYOUT.F64, -Infinity, NaN])
    expect(shape(roundTrip(REAL, [...values, Math.fround(0.1)]))).toEqual([ENCODING.PLAIN, LAYOUT.F32])
    const nan = roundTrip(DOUBLE, [NaN, NaN])
    expect([nan.min, nan.max]).toEqual([NaN, NaN])
    const top = roundTrip(DOUBLE, [NaN, Infinity])
    expect([top.min, top.max]).toEqual([Infinity, NaN])
    const plain = roundTrip(DOUBLE, [null, 2, -3.5, 0])
    expect([plain.min, plain.max]).toEqual([-3.5, 2])
  })

  test('wide decimals over a page border', () => {
    const random = new Random(6)
    const values = Array.from({ length: 20000 }, (_, i) => (i % 9 === 0 ? null
      : BigInt(random.below(2 ** 32) - 2 ** 31) * 10n ** BigInt(random.below(28))))
    values[1] = -(10n ** 38n) + 1n
    values[2] = 10n ** 38n - 1n
    const chunk = roundTrip(decimalType(38, 3), values)
    expect([...shape(chunk), chunk.min, chunk.max]).toEqual([ENCODING.PLAIN, LAYOUT.I128, values[1], values[2]])
  })
})

describe('text and bytes', () => {
  test('a dictionary while at most half of the rows are distinct', () => {
    const atLimit = Array.from({ length: 40 }, (_, i) => `value ${i % 20}`)
    const chunk = roundTrip(TEXT, atLimit)
    expect([...shape(chunk), chunk.dictionaryCount]).toEqual([ENCODING.DICTIONARY, LAYOUT.U8, 20])
    expect([chunk.min, chunk.max]).toEqual(['value 0', 'value 9'])
    expect(shape(roundTrip(TEXT, atLimit.with(20, 'one more')))).toEqual([ENCODING.VIEW, LAYOUT.VIEW])
  })

  test.each([[256, LAYOUT.U8], [257, LAYOUT.U16], [5000, LAYOUT.U16], [32768, LAYOUT.U16]] as const)(
    'dictionary of %d', (count, layout) => {
      const values = Array.from({ length: 65536 }, (_, i) => (i % 11 === 5 && i > count ? null : `ü${i % count}`))
      const chunk = roundTrip(TEXT, values)
      expect([...shape(chunk), chunk.dictionaryCount]).toEqual([ENCODING.DICTIONARY, layout, count])
    })

  test('views: order of the zone map is the order of UTF-8 bytes', () => {
    const chunk = roundTrip(TEXT, ['\uffff', null, '\u{1f600}', 'a\0b', ''])
    expect([chunk.encoding, chunk.min, chunk.max]).toEqual([ENCODING.VIEW, '', '\u{1f600}'])
    const bytes = roundTrip(BYTEA, [Uint8Array.of(255), Uint8Array.of(0), null, new Uint8Array(0)])
    expect([bytes.min, bytes.max]).toEqual([new Uint8Array(0), Uint8Array.of(255)])
  })

  test('strings up to, at, over and far over 64 KiB', () => {
    const lengths = [10, 65535, 65536, 65537, 0, 200_000, 1, 65530, 7, 131072]
    const texts = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length))
    const chunk = roundTrip(TEXT, texts)
    expect([chunk.encoding, chunk.min, chunk.max]).toEqual([ENCODING.VIEW, null, null])
    roundTrip(TEXT, texts.flatMap((text) => [text, text]))
    roundTrip(TEXT, texts.map((text) => text.replace(/.$/, '\u{1f600}')))
    roundTrip(BYTEA, lengths.map((length, i) => (i === 4 ? null : new Uint8Array(length).fill(i))))
  })

  test('many strings of all small lengths over many pages', () => {
    const random = new Random(12)
    const values = Array.from({ length: 30000 }, (_, i) => (random.chance(0.05) ? null
      : `${i}${random.pick(['é', 'x', '\u{1f600}']).repeat(random.below(40))}`))
    expect(shape(roundTrip(TEXT, values))).toEqual([ENCODING.VIEW, LAYOUT.VIEW])
  })
})

describe('NULLs', () => {
  test.each([INTEGER, BIGINT, REAL, DOUBLE, decimalType(30, 2), TEXT, BYTEA])('all NULL $kind', (type) => {
    for (const rows of [1, 9, 9000]) {
      const chunk = roundTrip(type, new Array<Scalar>(rows).fill(null))
      expect([chunk.nullCount, chunk.min, chunk.max]).toEqual([rows, null, null])
    }
  })

  test.each([[INTEGER, 5], [BIGINT, 2n ** 60n], [DOUBLE, 2.5], [decimalType(30, 2), 7n], [TEXT, 'x'],
    [BYTEA, Uint8Array.of(1)]] as [SqlType, Scalar][])('NULL first and last: $kind', (type, value) => {
    for (const rows of [3, 8, 9, 64, 65, 8192, 8193]) {
      const values = new Array<Scalar>(rows).fill(null)
      values[rows >> 1] = value
      const chunk = roundTrip(type, values)
      expect([chunk.min, chunk.max]).toEqual([value, value])
    }
  })
})
