// Run length and delta: whatever the values, a read by row, a decoded window and a decoded group agree with the
// model; sizes decide, keys are left alone, and damaged parts stay inside their bounds.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, BOOLEAN, BYTEA, DOUBLE, INTEGER, REAL, TEXT, TIMESTAMP, decimalType } from '../../src/base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { FLAG } from '../page/meta-slot.ts'
import { PageStore } from '../page/page-store.ts'
import { BufferPool } from '../pool/buffer-pool.ts'
import { KeyOrder } from '../table/key.ts'
import { ChunkReader } from './chunk-reader.ts'
import { ENCODING } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { decodeGroup } from './group-decoder.ts'
import { decodeWindow, isLight, viewsOf } from './light-decoder.ts'
import { decodeGroupMeta } from './row-group.ts'
import type { RowGroup } from './row-group.ts'
import { writeRowGroup } from './row-group-writer.ts'
import { ColumnStage, stagedScalar } from './staged-column.ts'
import { ValueReader } from './value-reader.ts'

const FILE = 'light.sdb'
const memory = LinearMemory.create(24 << 20)
const { store: pages } = PageStore.create(new MemoryFileSystem().open(FILE, 'create'), memory, {
  databaseId: new Uint8Array(16), redoLsn: 1,
})
const pool = new BufferPool(memory, pages)
const reader = new ChunkReader(memory, pool, FILE)
const values = new ValueReader(reader)

function stage(type: SqlType, from: readonly Scalar[]): ColumnStage {
  const column = new ColumnStage(type, from.length)
  for (const value of from) column.append(value)
  return column
}

function isSame(a: Scalar, b: Scalar): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return Object.is(a, b)
}

interface Written {
  chunk: ColumnChunk
  keyChunk: ColumnChunk
  group: RowGroup
}

/** Writes the values beside a key, with run length and delta allowed, and checks every way to read them. */
function roundTrip(type: SqlType, from: readonly Scalar[], skipped = 0): Written {
  const schema: TableSchema = {
    name: 't', key: [0],
    columns: [{ name: 'id', type: INTEGER, nullable: false }, { name: 'v', type, nullable: true }],
  }
  const padding = new Array<Scalar>(skipped).fill(null)
  const staged = [stage(INTEGER, Array.from({ length: skipped + from.length }, (_, i) => i)),
    stage(type, [...padding, ...from])]
  const target = { schema, order: new KeyOrder(schema), memory, pages, groupBytes: 1e9, mayDecode: true }
  const group = writeRowGroup(target, staged, skipped, from.length)
  const bytes = new Uint8Array(group.streamBytes - group.metaOffset)
  reader.copy(group, group.metaOffset, bytes.length, bytes)
  const meta = decodeGroupMeta(bytes, group, schema, FILE)
  const chunk = meta.chunks[1]!
  const decoded = decodeGroup(reader, group, meta, schema)[1]!
  const method = ValueReader.methodFor(type)
  for (let row = 0; row < from.length; row++) {
    const expected = from[row]!
    const got = [reader.read(group, chunk, type, row), values[method](group, chunk, row), stagedScalar(decoded, row)]
    if (got.every((value) => isSame(value, expected))) continue
    expect([row, ...got]).toEqual([row, expected, expected, expected])
  }
  checkWindows(group, chunk)
  pool.discard(group.firstPage, group.pageCount)
  return { chunk, keyChunk: meta.chunks[0]!, group }
}

// Windows of a scan hold what one window over everything holds, in any order and length.
function checkWindows(group: RowGroup, chunk: ColumnChunk): void {
  if (!isLight(chunk)) return
  const width = LAYOUT_WIDTH[chunk.layout]!
  const whole = viewsOf(new ArrayBuffer(group.rows * 8))
  decodeWindow(reader, group, chunk, 0, group.rows, whole, 0)
  const random = new Random(group.rows)
  const begins = [0, ...Array.from({ length: 6 }, () => 64 * random.between(0, Math.floor((group.rows - 1) / 64)))]
  for (const begin of begins) {
    const rows = Math.min(group.rows - begin, random.chance(0.5) ? BATCH_ROWS : random.between(1, 300))
    const part = viewsOf(new ArrayBuffer(8 * (rows + 1)))
    decodeWindow(reader, group, chunk, begin, rows, part, 8 * (width === 8 ? 1 : 0))
    const at = 8 * (width === 8 ? 1 : 0)
    const got = Buffer.from(part.u8.slice(at, at + rows * width))
    expect(Buffer.compare(got, Buffer.from(whole.u8.slice(begin * width, (begin + rows) * width)))).toBe(0)
  }
}

/** `rows` values in runs of about `length`, with NULLs. */
function runsOf<T extends Scalar>(random: Random, rows: number, length: number, make: () => T, nulls = 0): Scalar[] {
  const out: Scalar[] = []
  while (out.length < rows) {
    const value = make()
    const count = random.between(1, 2 * length)
    for (let i = 0; i < count && out.length < rows; i++) out.push(random.chance(nulls) ? null : value)
  }
  return out
}

const ROWS = [1, 2, 63, 64, 65, 255, 256, 257, 1000, 8192, 20_000, 65_536]

describe('run length', () => {
  const makers: [string, SqlType, (random: Random) => Scalar][] = [
    ['integers', INTEGER, (random) => random.between(-5, 300)],
    ['wide integers', BIGINT, (random) => random.between(-(2 ** 51), 2 ** 51)],
    ['int64 beyond doubles', BIGINT, (random) => (2n ** 62n) + BigInt(random.between(0, 9))],
    ['booleans', BOOLEAN, (random) => random.between(0, 1)],
    ['doubles', DOUBLE, (random) => random.pick([NaN, Infinity, -Infinity, 0, 0.1, -2.5])],
    ['reals', REAL, (random) => random.pick([NaN, 0.5, 2 ** 20])],
    ['texts', TEXT, (random) => random.pick(['', 'a', 'ä', 'longer than the others', 'ABC'])],
  ]
  test.each(makers)('%s of every length, with NULLs', (_name, type, make) => {
    const random = new Random(11)
    let light = 0
    for (const rows of ROWS) {
      for (const nulls of [0, 0.2]) {
        const { chunk } = roundTrip(type, runsOf(random, rows, 100, () => make(random), nulls), random.between(0, 3))
        if (chunk.encoding === ENCODING.RUNS) light++
      }
    }
    expect(light).toBeGreaterThan(5)
  })

  test('as many distinct texts as need two bytes of code', () => {
    const random = new Random(5)
    const texts = Array.from({ length: 65_536 }, (_, i) => `text ${i >> 7}`)
    const { chunk } = roundTrip(TEXT, texts)
    expect([chunk.encoding, chunk.layout, chunk.auxCount]).toEqual([ENCODING.RUNS, LAYOUT.U16, 512])
    expect(roundTrip(TEXT, random.shuffle(texts)).chunk.encoding).toBe(ENCODING.DICTIONARY)
  })

  test('sizes decide', () => {
    const runs = (length: number): number[] => Array.from({ length: 4096 }, (_, i) => Math.floor(i / length) % 100)
    expect(roundTrip(INTEGER, runs(3)).chunk.encoding).toBe(ENCODING.NARROW)
    expect(roundTrip(INTEGER, runs(16)).chunk.encoding).toBe(ENCODING.RUNS)
    expect(roundTrip(INTEGER, new Array<number>(100).fill(7)).chunk.encoding).toBe(ENCODING.CONSTANT)
    expect(roundTrip(BYTEA, new Array<Uint8Array>(500).fill(Uint8Array.of(1))).chunk.encoding).toBe(ENCODING.VIEW)
    expect(roundTrip(decimalType(30, 2), new Array<bigint>(500).fill(5n)).chunk.encoding).toBe(ENCODING.PLAIN)
  })

  test('first rows NULL, all rows NULL, one value among NULLs', () => {
    const rows: Scalar[] = new Array<Scalar>(3000).fill(null)
    for (let i = 2000; i < 2500; i++) rows[i] = 'x'
    expect(roundTrip(TEXT, rows).chunk.encoding).toBe(ENCODING.RUNS)
    expect(roundTrip(TEXT, new Array<Scalar>(3000).fill(null)).chunk.encoding).toBe(ENCODING.CONSTANT)
    expect(roundTrip(DOUBLE, rows.map((value) => value === null ? null : 2.5)).chunk.encoding).toBe(ENCODING.RUNS)
  })
})

describe('delta', () => {
  const sequences: [string, (random: Random) => () => number][] = [
    ['steady', () => { let v = 1e15; return () => v += 1000 }],
    ['ascending with jitter', (random) => { let v = -5e9; return () => v += random.between(0, 255) }],
    ['timestamps in microseconds', (random) => { let v = 1.7e15; return () => v += 1e6 + random.between(0, 60_000) }],
    ['descending', (random) => { let v = 2 ** 40; return () => v -= random.between(1, 1000) }],
    ['both ways', (random) => { let v = 0; return () => v += random.between(-100, 100) * 50_000_000 }],
    ['a walk', (random) => { let v = 2 ** 31; return () => v += random.between(-128, 127) }],
  ]
  test.each(sequences)('%s, of every length, with NULLs', (_name, make) => {
    const random = new Random(12)
    for (const rows of ROWS) {
      for (const nulls of [0, 0.1]) {
        const next = make(random)
        const sequence = Array.from({ length: rows }, () => {
          const value = next()
          return random.chance(nulls) ? null : value
        })
        roundTrip(rows % 2 === 0 ? TIMESTAMP : BIGINT, sequence, random.between(0, 70))
      }
    }
  })

  test('sizes decide, and keys are never decoded', () => {
    const rows = 10_000
    const steady = Array.from({ length: rows }, (_, i) => 1.7e15 + i * 1_000_000 + i % 200)
    const { chunk, keyChunk } = roundTrip(TIMESTAMP, steady)
    expect([chunk.encoding, chunk.layout, chunk.stored]).toEqual([ENCODING.DELTA, LAYOUT.I64, LAYOUT.U8])
    expect(keyChunk.encoding).toBe(ENCODING.NARROW)
    const ids = Array.from({ length: rows }, (_, i) => i * 200 + (i * 7919) % 150)
    expect(roundTrip(INTEGER, ids).chunk).toMatchObject({ encoding: ENCODING.DELTA, layout: LAYOUT.U32 })
    expect(roundTrip(INTEGER, ids.map((_, i) => (i * 7919) % 60_000)).chunk.encoding).toBe(ENCODING.NARROW)
    const far = Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** 52)
    expect(roundTrip(BIGINT, far).chunk.encoding).toBe(ENCODING.PLAIN)
  })
})

test('groups with such chunks set the incompatible flag', () => {
  roundTrip(INTEGER, Array.from({ length: 1000 }, (_, i) => i >> 8))
  const root = { catalogPage: 0, redoLsn: 1, commitId: 1 }
  pages.checkpoint(root)
  const slot = new Uint8Array(4096)
  pages.file.read((pages.epoch & 1) * 4096, slot)
  expect(new DataView(slot.buffer).getUint32(20, true) & FLAG.RUNS_AND_DELTAS).toBe(FLAG.RUNS_AND_DELTAS)
})

test('hostile parts give other values, not other memory', () => {
  const random = new Random(9)
  for (const from of [runsOf(random, 9000, 50, () => random.between(0, 200)),
    Array.from({ length: 9000 }, (_, i) => i * 300 + random.between(0, 100))]) {
    const { chunk, group } = roundTrip(INTEGER, from)
    expect(isLight(chunk)).toBe(true)
    for (let i = 0; i < 3000; i++) {
      const part = random.chance(0.5) ? chunk.auxOffset : chunk.valuesOffset
      memory.u8[reader.address(group, part + random.between(0, 400))] = random.between(0, 255)
    }
    const target = viewsOf(new ArrayBuffer(BATCH_ROWS * 8))
    for (let begin = 0; begin < 9000; begin += 64) {
      const rows = Math.min(64 * random.between(1, 100), 9000 - begin, BATCH_ROWS)
      target.u8.fill(0xaa)
      decodeWindow(reader, group, chunk, begin, rows, target, 0)
      const end = rows * LAYOUT_WIDTH[chunk.layout]!
      expect(target.u8.subarray(end).every((byte) => byte === 0xaa)).toBe(true)
      reader.read(group, chunk, INTEGER, begin)
    }
    pool.discard(group.firstPage, group.pageCount)
  }
})
