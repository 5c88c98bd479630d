// Arrow streams and files with compressed buffers, dictionaries, nested values and units other than ours.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { afterAll, describe, expect, test } from 'vitest'
import { typeName } from '../base/types.ts'
import { loadArrow } from './arrow-source.ts'
import { decodeLz4Frame } from './lz4-frame.ts'
import { openSource } from './open-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-arrow-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** One LZ4 frame: literals of `head`, then one match that repeats them up to `length` bytes, then 5 literals. */
function repeatFrame(head: number[], length: number, tail: number[]): Uint8Array {
  const matchLength = length - head.length - tail.length
  const extra: number[] = []
  for (let rest = matchLength - 19; ; rest -= 255) {
    extra.push(Math.min(rest, 255))
    if (rest < 255) break
  }
  const block = [(head.length << 4) | 15, ...head, head.length, 0, ...extra, tail.length << 4, ...tail]
  const size = [block.length & 255, block.length >> 8, 0, 0]
  return Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, ...size, ...block, 0, 0, 0, 0])
}

describe('LZ4 frames', () => {
  test('matches that overlap themselves, stored blocks', () => {
    const frame = repeatFrame([1, 2, 3, 4], 1000, [1, 2, 3, 4, 1])
    const bytes = decodeLz4Frame(frame)
    expect(bytes.length).toBe(1000)
    expect(bytes.every((byte, i) => byte === (i < 995 ? (i % 4) + 1 : [1, 2, 3, 4, 1][i - 995]))).toBe(true)
    const stored = Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 3, 0, 0, 0x80, 7, 8, 9, 0, 0, 0, 0])
    expect(decodeLz4Frame(stored)).toStrictEqual(Uint8Array.of(7, 8, 9))
  })

  test('damage', () => {
    const frame = repeatFrame([1, 2, 3, 4], 1000, [1, 2, 3, 4, 1])
    for (const bad of [frame.subarray(0, 20), Uint8Array.of(1, 2, 3), frame.map((byte, i) => (i === 16 ? 99 : byte))]) {
      expect(() => decodeLz4Frame(bad)).toThrowError(expect.objectContaining({ code: '22P02' }))
    }
  })
})

async function read(path: string): Promise<{ types: string[]; columns: unknown[][] }> {
  const source = await openSource(path)
  const columns: unknown[][] = source.columns.map(() => [])
  for await (const batch of source.batches()) batch.columns.forEach((data, i) => columns[i]!.push(...data))
  await source.close()
  return { types: source.columns.map((column) => typeName(column.type)), columns }
}

test('a file with LZ4 buffers', async () => {
  await loadArrow()
  const { CompressionType, compressionRegistry } = arrow
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    encode: (bytes) => repeatFrame([...bytes.subarray(0, 4)], bytes.length,
      [...bytes.subarray(-5)]), decode: decodeLz4Frame,
  })
  const writer = new arrow.RecordBatchFileWriter({ compressionType: CompressionType.LZ4_FRAME })
  const table = new arrow.Table({ n: arrow.vectorFromArray(new Array<number>(5000).fill(7), new arrow.Int32()) })
  writer.writeAll(table).finish()
  const path = join(folder, 'lz4.arrow')
  const bytes = writer.toUint8Array(true)
  expect(bytes.length).toBeLessThan(2000)
  writeFileSync(path, bytes)
  expect(await read(path)).toStrictEqual({ types: ['integer'], columns: [new Array<number>(5000).fill(7)] })
})

test('dictionaries, units, nesting, unsigned and 64-bit integers', async () => {
  const vectors = {
    d: arrow.vectorFromArray(['x', null, 'y', 'x'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
    u: arrow.vectorFromArray([0, 1, 4294967295, null], new arrow.Uint32()),
    l: arrow.vectorFromArray([1n, -(2n ** 62n), null, 3n], new arrow.Int64()),
    s: arrow.vectorFromArray([0, 1000, null, 2000], new arrow.TimestampSecond()),
    n: arrow.makeVector({
      type: new arrow.TimestampNanosecond('UTC'), data: BigInt64Array.of(1n, 1999n, -1n, 0n), length: 4, nullCount: 0,
    } as never),
    day: arrow.vectorFromArray([new Date(0), new Date('1969-12-31'), null, new Date('2024-02-29')],
      new arrow.DateMillisecond()),
    list: arrow.vectorFromArray([[1, 2], null, [], [3]],
      new arrow.List(new arrow.Field('item', new arrow.Int32(), true))),
    b: arrow.vectorFromArray([true, false, null, true], new arrow.Bool()),
    f: arrow.vectorFromArray([0.5, -0, null, NaN], new arrow.Float32()),
  }
  const path = join(folder, 'mixed.arrows')
  writeFileSync(path, arrow.tableToIPC(new arrow.Table(vectors), 'stream'))
  const { types, columns } = await read(path)
  expect(types).toStrictEqual(['text', 'bigint', 'bigint', 'timestamp', 'timestamp with time zone', 'date', 'json',
    'boolean', 'real'])
  expect(columns).toStrictEqual([
    ['x', null, 'y', 'x'], [0, 1, 4294967295, null], [1, -(2n ** 62n), null, 3], [0, 1e6, null, 2e6],
    [0, 1, -1, 0], [0, -1, null, 19782], ['[1,2]', null, '[]', '[3]'], [1, 0, null, 1], [0.5, 0, null, NaN],
  ])
})

test('a stream cut inside a batch', async () => {
  const bytes = arrow.tableToIPC(new arrow.Table({ n: arrow.makeVector(new Float64Array(10_000)) }), 'stream')
  const path = join(folder, 'cut.arrows')
  writeFileSync(path, bytes.subarray(0, 40_000))
  await expect(read(path)).rejects.toThrowError(expect.objectContaining({ code: '22P02' }))
})
