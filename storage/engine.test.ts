import { expect, test } from 'vitest'
import { CODE, DatabaseError } from '../src/base/errors.ts'
import { BIGINT, DOUBLE, INTEGER, TEXT } from '../src/base/types.ts'
import type { Row, TableSchema } from '../src/base/types.ts'
import { MemoryFileSystem } from './file/memory-file.ts'
import { Arena, appendColumns, openEngine } from './mod.ts'
import type { Engine, EngineOptions } from './mod.ts'

const ITEM: TableSchema = {
  name: 'item',
  columns: [
    { name: 'id', type: BIGINT, nullable: false },
    { name: 'name', type: TEXT, nullable: true },
    { name: 'price', type: DOUBLE, nullable: true },
    { name: 'stock', type: INTEGER, nullable: true },
  ],
  key: [0],
}

const TINY: Partial<EngineOptions> = { memoryBytes: 8 << 20, rowGroupRows: 64, deltaRows: 16, bulkRows: 20 }

function rowOf(engine: Engine, id: number): Row | null {
  const txn = engine.begin()
  try {
    return txn.tables('item').row([id])
  } finally {
    txn.rollback()
  }
}

function scanIds(engine: Engine): number[] {
  const txn = engine.begin()
  const arena = new Arena(engine.memory)
  const cursor = txn.tables('item').scan({ columns: [0], order: 'ascending', arena })
  const ids: number[] = []
  for (let batch = cursor.next(); batch !== null; batch = cursor.next()) {
    const { layout, valuesPtr, base } = batch.columns[0]!
    for (let i = batch.begin; i < batch.end; i++) {
      if (batch.alivePtr !== 0 && ((engine.memory.u8[batch.alivePtr + (i >> 3)]! >> (i & 7)) & 1) === 0) continue
      const raw = layout === 0 ? engine.memory.u8[valuesPtr + i]!
        : layout === 1 ? engine.memory.u16[valuesPtr / 2 + i]!
          : layout === 2 ? engine.memory.u32[valuesPtr / 4 + i]! : Number(engine.memory.i64[valuesPtr / 8 + i])
      ids.push(Number(base) + raw)
    }
  }
  cursor.close()
  arena.release()
  txn.rollback()
  return ids
}

test('rows survive reopening, through the log, through pages and through merges', async () => {
  const files = new MemoryFileSystem()
  const model = new Map<number, Row>()
  for (let round = 0; round < 4; round++) {
    const engine = await openEngine('t.sdb', { ...TINY, files, mergeEveryCommit: round % 2 === 1 })
    if (round === 0) {
      const txn = engine.begin()
      txn.createTable(ITEM)
      txn.commit()
    }
    for (let i = 0; i < 300; i++) {
      const id = (i * 7919 + round * 31) % 1000
      const txn = engine.begin()
      const row: Row = [id, i % 5 === 0 ? null : `name ${id % 10}`, id / 3, i]
      if (i % 7 === 3 && model.has(id)) {
        expect(txn.delete('item', [id])).toBe(true)
        model.delete(id)
      } else {
        expect(txn.put('item', row)).toBe(model.has(id) ? 'updated' : 'inserted')
        model.set(id, row)
      }
      txn.commit()
    }
    expect(scanIds(engine)).toEqual([...model.keys()].sort((a, b) => a - b))
    if (round === 2) engine.checkpoint()
    // The last two rounds end as a crash does: only the lock goes.
    if (round < 2) engine.close()
    else engine.parts.lock?.release()
  }
  const engine = await openEngine('t.sdb', { ...TINY, files, readOnly: true })
  expect(scanIds(engine)).toEqual([...model.keys()].sort((a, b) => a - b))
  for (let id = 0; id < 1000; id++) expect(rowOf(engine, id)).toEqual(model.get(id) ?? null)
  engine.close()
})

test('bulk append builds row groups, and later appends merge into them', async () => {
  const files = new MemoryFileSystem()
  const engine = await openEngine('t.sdb', { ...TINY, files })
  const txn = engine.begin()
  txn.createTable(ITEM)
  txn.commit()
  const append = (ids: number[], onConflict: 'error' | 'skip' | 'replace' = 'error'): number => {
    const count = ids.length
    return appendColumns(engine, 'item', [
      { type: BIGINT, values: BigInt64Array.from(ids, BigInt), nulls: null, count },
      { type: TEXT, values: ids.map((id) => `n${id}`), nulls: null, count },
      { type: DOUBLE, values: Float64Array.from(ids, (id) => id / 2), nulls: null, count },
      { type: INTEGER, values: Int32Array.from(ids), nulls: null, count },
    ], onConflict, null)
  }
  expect(append(Array.from({ length: 500 }, (_, i) => i * 2))).toBe(500)
  expect(engine.catalog.get('item').root.groups.length).toBe(8)
  expect(append(Array.from({ length: 100 }, (_, i) => 999 - i * 2))).toBe(100)
  expect(() => append(Array.from({ length: 50 }, (_, i) => i))).toThrow('already exists')
  expect(append(Array.from({ length: 50 }, (_, i) => i), 'skip')).toBe(25)
  expect(append(Array.from({ length: 50 }, (_, i) => i), 'replace')).toBe(50)
  expect(rowOf(engine, 7)).toEqual([7, 'n7', 3.5, 7])
  expect(scanIds(engine).length).toBe(625)
  expect(engine.catalog.get('item').liveRows).toBe(625)
  engine.close()
})

test.each(['data', 'log'])('a full disk met by a sync of the %s file stops the engine', async (which) => {
  const files = new MemoryFileSystem()
  let isFull = false
  const open = files.open.bind(files)
  files.open = (path, mode) => {
    const file = open(path, mode)
    const sync = file.sync.bind(file)
    file.sync = () => {
      if (isFull && (which === 'log') === path.includes('-wal')) {
        throw new DatabaseError(CODE.DISK_FULL, `cannot sync "${path}"`)
      }
      sync()
    }
    return file
  }
  const engine = await openEngine('t.sdb', { ...TINY, files, synchronous: 'normal' })
  const put = (id: number): void => {
    const txn = engine.begin()
    if (id === 0) txn.createTable(ITEM)
    txn.insert('item', [id, null, null, null])
    txn.commit()
  }
  put(0)
  engine.checkpoint()
  put(1)
  isFull = true
  expect(() => engine.checkpoint()).toThrow()
  expect(() => engine.begin()).toThrow(expect.objectContaining({ code: CODE.IO }))
  isFull = false
  engine.parts.lock?.release()
  const again = await openEngine('t.sdb', { ...TINY, files })
  expect(scanIds(again)).toEqual([0, 1])
  again.close()
})
