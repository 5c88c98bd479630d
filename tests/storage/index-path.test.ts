// Lookups go through the learned index and nothing else: counted, bounded, and wrong when the model is wrong.
import { expect, test } from 'vitest'
import type { Compression } from '../../src/base/types.ts'
import { BIGINT, INTEGER } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { PointReader, appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { ENCODING } from '../../storage/row-group/column-chunk.ts'
import { reading, scanRows } from './rows.ts'

const ROWS = 40_000

async function clustered(compression: Compression | null = null): Promise<{ engine: Engine; keys: Float64Array }> {
  const engine = await openEngine('i.sdb', {
    files: new MemoryFileSystem(), memoryBytes: 16 << 20, rowGroupRows: 16_384, bulkRows: 100, compression,
  })
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0], columns: [
    { name: 'id', type: BIGINT, nullable: false }, { name: 'v', type: INTEGER, nullable: true }] })
  txn.commit()
  const random = new Random(1)
  const keys = new Float64Array(ROWS)
  for (let i = 0, key = -1e9; i < ROWS; i++) {
    key += random.chance(0.01) ? random.between(1, 1e6) : random.between(1, 30)
    keys[i] = key
  }
  appendColumns(engine, 't', [
    { type: BIGINT, values: keys, nulls: null, count: ROWS },
    { type: INTEGER, values: Int32Array.from(keys, (_, i) => i >> 5), nulls: null, count: ROWS },
  ], 'error', null)
  return { engine, keys }
}

const SETTINGS: readonly (Compression | null)[] = [null, 'rle', 'zstd']

test.each(SETTINGS)('each base lookup is one probe, a bounded window, few key pages: %s', async (compression) => {
  const { engine, keys } = await clustered(compression)
  const table = engine.catalog.get('t')
  const bound = Math.max(...table.root.groups.map((group) => {
    const { errorLow, errorHigh } = table.metaOf(group).model
    return errorLow.reduce((most, low, s) => Math.max(most, low + errorHigh[s]!), 0)
  }))
  expect(bound).toBeLessThan(2048)
  const encodings = table.metaOf(table.root.groups[0]!).chunks.map(({ encoding }) => encoding)
  expect(encodings[0]).toBe(ENCODING.NARROW)
  expect(encodings[1]).toBe(compression === null ? ENCODING.NARROW : ENCODING.RUNS)
  const get = new PointReader(table, () => engine.commitId, [0, 1], ['id', 'v'], [null, null])
  const { indexCounters } = engine
  const random = new Random(2)
  for (let i = 0; i < 3000; i++) {
    const row = random.below(ROWS)
    const before = { ...indexCounters }
    if (i % 2 === 0) expect(get.get(keys[row]!)).toEqual({ id: keys[row], v: row >> 5 })
    else expect(reading(engine, (txn) => txn.tables('t').row([keys[row]!]))).toEqual([keys[row], row >> 5])
    expect(indexCounters.probes - before.probes).toBe(1)
    expect(indexCounters.windowRows - before.windowRows).toBeLessThanOrEqual(bound + 1)
    expect(indexCounters.keyPages - before.keyPages).toBeLessThanOrEqual(2)
  }
  expect(indexCounters.maxError).toBeLessThanOrEqual(bound)
  engine.close()
})

test('a wrong model makes lookups miss rows that a scan still has', async () => {
  const { engine, keys } = await clustered()
  const table = engine.catalog.get('t')
  // A fresh reader over a fresh image each time: the image of a warm base is a copy of the models (warm-base.ts).
  const found = (): number => {
    table.dropDerived()
    const get = new PointReader(table, () => engine.commitId, [0], ['id'], [null])
    return keys.reduce((count, key) => count + (get.has(key) ? 1 : 0), 0)
  }
  const foundByAccess = (): number => reading(engine, (txn) => {
    const access = txn.tables('t')
    let count = 0
    for (let row = 0; row < ROWS; row += 10) if (access.row([keys[row]!]) !== null) count++
    return count
  })
  expect(found()).toBe(ROWS)
  expect(foundByAccess()).toBe(ROWS / 10)
  for (const group of table.root.groups) {
    const { slope, errorLow, errorHigh } = table.metaOf(group).model
    slope.fill(0)
    errorLow.fill(0)
    errorHigh.fill(1)
  }
  expect(found()).toBeLessThan(ROWS / 4)
  expect(foundByAccess()).toBeLessThan(ROWS / 40)
  expect(reading(engine, (txn) => scanRows(engine, txn.tables('t'), { columns: [0] })).length).toBe(ROWS)
})
