// A table more than ten times larger than the buffer pool: right by scan and by key, with evictions, and never
// more memory than was given.
import { expect, test } from 'vitest'
import { BIGINT, DOUBLE, INTEGER, TEXT } from '../../src/base/types.ts'
import type { Compression } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { Arena, PointReader, appendColumns, openEngine } from '../../storage/mod.ts'
import { engineStats } from '../../storage/stats.ts'
import { nextRows } from './rows.ts'

const CASES: [number, number, number, number, Compression][] = [
  [8, 4 << 20, 40_000, 16_384, 'none'], [8, 4 << 20, 40_000, 16_384, 'zstd'], [8, 4 << 20, 40_000, 16_384, 'lz4'],
  [64, 12 << 20, 700_000, 65_536, 'none'],
]

test.each(CASES)(
  'a pool of %d frames in %d bytes, %d rows in groups of %d, %s',
  async (poolFrames, memoryBytes, rows, rowGroupRows, compression) => {
    const files = new MemoryFileSystem()
    const options = { files, memoryBytes, poolFrames, rowGroupRows, bulkRows: 100, compression }
    let engine = await openEngine('p.sdb', options)
    const txn = engine.begin()
    txn.createTable({ name: 't', key: [0], columns: [
      { name: 'id', type: BIGINT, nullable: false }, { name: 'd', type: DOUBLE, nullable: true },
      { name: 'i', type: INTEGER, nullable: true }, { name: 's', type: TEXT, nullable: true }] })
    txn.commit()
    const text = (id: number): string => `some text that differs in every row ${id}`.repeat(rows > 1e5 ? 1 : 4)
    for (let begin = 0; begin < rows; begin += rowGroupRows / 4) {
      const count = Math.min(rowGroupRows / 4, rows - begin)
      const ids = Float64Array.from({ length: count }, (_, i) => begin + i)
      appendColumns(engine, 't', [
        { type: BIGINT, values: ids, nulls: null, count },
        { type: DOUBLE, values: ids.map(Math.sqrt), nulls: null, count },
        { type: INTEGER, values: Int32Array.from(ids, (id) => id * 7), nulls: null, count },
        { type: TEXT, values: Array.from(ids, text), nulls: null, count },
      ], 'error', null)
    }
    engine.close()
    engine = await openEngine('p.sdb', options)
    expect(engineStats(engine).file.pages).toBeGreaterThan(10 * poolFrames)
    const table = engine.catalog.get('t')
    const names = ['id', 'd', 'i', 's']
    const reader = new PointReader(table, () => engine.commitId, [0, 1, 2, 3], names, names.map(() => null))
    const random = new Random(poolFrames)
    const arena = new Arena(engine.memory)
    const reading = engine.begin()
    const access = reading.tables('t')
    const cursor = access.scan({ columns: [0, 1, 3], order: 'ascending', arena })
    let expected = 0
    let wrong = 0
    for (let part = nextRows(engine, access, [0, 1, 3], cursor); part !== null;
      part = nextRows(engine, access, [0, 1, 3], cursor)) {
      for (const [id, d, s] of part) {
        if (id !== expected || d !== Math.sqrt(expected) || s !== text(expected)) wrong++
        expected++
      }
      const key = random.below(rows)
      expect(reader.get(key)).toEqual({ id: key, d: Math.sqrt(key), i: key * 7, s: text(key) })
      const { pool, memory } = engineStats(engine)
      expect(pool.frames).toBeLessThanOrEqual(poolFrames)
      expect(memory.usedBytes).toBeLessThanOrEqual(memory.bytes)
    }
    cursor.close()
    arena.release()
    reading.rollback()
    expect([expected, wrong]).toEqual([rows, 0])
    const { pool, memory } = engineStats(engine)
    expect(pool.evictions).toBeGreaterThan(9 * poolFrames)
    expect(pool.pinned).toBe(0)
    expect(memory.bytes).toBeLessThanOrEqual(memoryBytes)
    engine.close()
  })
