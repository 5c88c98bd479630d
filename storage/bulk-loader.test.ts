import { expect, test } from 'vitest'
import { Random } from '../src/base/random.ts'
import { BIGINT, TEXT } from '../src/base/types.ts'
import { MemoryFileSystem } from './file/memory-file.ts'
import { BulkLoader, openEngine, verifyEngine } from './mod.ts'
import type { Engine, StagedColumn } from './mod.ts'

async function openTable(): Promise<Engine> {
  const engine = await openEngine('t.sdb', {
    files: new MemoryFileSystem(), memoryBytes: 16 << 20, rowGroupRows: 64, bulkRows: 10,
  })
  const txn = engine.begin()
  const columns = [{ name: 'id', type: BIGINT, nullable: false }, { name: 'note', type: TEXT, nullable: true }]
  txn.createTable({ name: 't', columns, key: [0] })
  txn.commit()
  return engine
}

function batch(ids: number[], tag: string): StagedColumn[] {
  return [
    { type: BIGINT, values: Float64Array.from(ids), nulls: null, count: ids.length },
    { type: TEXT, values: ids.map((id) => `${tag}${id}`), nulls: null, count: ids.length },
  ]
}

function noteOf(engine: Engine, id: number): unknown {
  const txn = engine.begin()
  const row = txn.tables('t').row([id])
  txn.rollback()
  return row?.[1]
}

test('unsorted batches become one sorted table, run by run', async () => {
  const engine = await openTable()
  const ids = new Random(7).shuffle(Array.from({ length: 5000 }, (_, i) => i))
  const loader = new BulkLoader(engine, 't', 'error', 700)
  for (let at = 0; at < ids.length; at += 300) loader.add(batch(ids.slice(at, at + 300), 'a'))
  expect(noteOf(engine, 17)).toBeUndefined()
  expect(loader.finish()).toBe(5000)
  for (let id = 0; id < 5000; id += 7) expect(noteOf(engine, id)).toBe(`a${id}`)
  expect(verifyEngine(engine).problems).toEqual([])
  engine.close()
})

test('sorted batches are published as they are, without a merge', async () => {
  const engine = await openTable()
  const loader = new BulkLoader(engine, 't', 'error', 128)
  for (let at = 0; at < 1280; at += 128) loader.add(batch(Array.from({ length: 128 }, (_, i) => at + i), 'a'))
  const written = engine.pages.stats.pagesWritten
  expect(loader.finish()).toBe(1280)
  // The catalogue, the table root and no row group.
  expect(engine.pages.stats.pagesWritten - written).toBeLessThanOrEqual(2)
  expect(verifyEngine(engine).problems).toEqual([])
  engine.close()
})

const POLICIES = [['error', 'a'], ['skip', 'a'], ['replace', 'b']] as const

test.each(POLICIES)('duplicates with %s', async (onConflict, kept) => {
  const engine = await openTable()
  const first = new BulkLoader(engine, 't', 'error', 100)
  first.add(batch(Array.from({ length: 300 }, (_, i) => i * 2), 'a'))
  first.finish()
  const second = new BulkLoader(engine, 't', onConflict, 100)
  second.add(batch(Array.from({ length: 300 }, (_, i) => i), 'b'))
  if (onConflict === 'error') {
    expect(() => second.finish()).toThrow('already exists')
    expect(engine.catalog.get('t').liveRows).toBe(300)
  } else {
    second.finish()
    expect(engine.catalog.get('t').liveRows).toBe(450)
    expect(noteOf(engine, 3)).toBe('b3')
  }
  expect(noteOf(engine, 4)).toBe(`${kept}4`)
  expect(verifyEngine(engine).problems).toEqual([])
  engine.close()
})
