// The cache of encoded delta rows: the views together hold each visible row once, after any sequence of writes;
// parts stay few; open views outlive changes; and all memory comes back.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { INTEGER } from '../../src/base/types.ts'
import type { TableSchema } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { openEngine } from '../mod.ts'
import type { Engine } from '../mod.ts'
import type { DeltaView } from './delta-image-cache.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'

const SCHEMA: TableSchema = {
  name: 't', key: [0],
  columns: [{ name: 'id', type: INTEGER, nullable: false }, { name: 'v', type: INTEGER, nullable: true }],
}

async function setUp(): Promise<{ engine: Engine; table: TableStore }> {
  const engine = await openEngine('t.sdb', { memoryBytes: 16 << 20, files: new MemoryFileSystem() })
  const txn = engine.begin()
  txn.createTable(SCHEMA)
  txn.commit()
  return { engine, table: engine.catalog.get('t') }
}

// Frames that are not the pool's: images, and what the engine always has.
function ownFrames(engine: Engine): number {
  return engine.memory.usedFrames - engine.pool.stats.frames
}

function present(engine: Engine): Visibility {
  return { commitId: engine.commitId, ownMark: -1, rootNumber: engine.rootNumber }
}

// Live keys of the views, in order.
function keysOf(views: readonly DeltaView[]): number[] {
  const keys: number[] = []
  for (const { image, dead } of views) {
    expect(image.blocks.reduce((rows, block) => rows + block.rows, 0)).toBe(image.keys.length)
    image.keys.forEach((key, row) => {
      if (dead === null || ((dead[row >> 3]! >> (row & 7)) & 1) === 0) keys.push(key as number)
    })
  }
  return keys.sort((a, b) => a - b)
}

function release(views: readonly DeltaView[]): void {
  for (const { image } of views) image.release()
}

function sorted(model: ReadonlySet<number>): number[] {
  return [...model].sort((a, b) => a - b)
}

test('views follow random commits, rollbacks and old snapshots, and give their memory back', async () => {
  const { engine, table } = await setUp()
  const random = new Random(9)
  const start = ownFrames(engine)
  const model = new Set<number>()
  let held: { views: DeltaView[]; expected: number[] } | null = null
  for (let step = 0; step < 150; step++) {
    const old = engine.begin('repeatable read')
    const before = { view: present(engine), keys: sorted(model) }
    const txn = engine.begin()
    const next = new Set(model)
    for (let i = random.below(40); i >= 0; i--) {
      const id = random.below(500)
      if (random.chance(0.3)) expect(txn.delete('t', [id])).toBe(next.delete(id))
      else {
        txn.put('t', [id, step])
        next.add(id)
      }
    }
    const during = table.images.acquire(table, present(engine))
    expect(keysOf(during)).toEqual(sorted(model))
    release(during)
    if (random.chance(0.2)) txn.rollback()
    else {
      txn.commit()
      model.clear()
      for (const id of next) model.add(id)
    }
    const past = table.images.acquire(table, before.view)
    expect(keysOf(past)).toEqual(before.keys)
    release(past)
    const views = table.images.acquire(table, present(engine))
    expect(keysOf(views)).toEqual(sorted(model))
    expect(views.length).toBeLessThan(15)
    if (held !== null) {
      expect(keysOf(held.views)).toEqual(held.expected)
      release(held.views)
    }
    held = { views, expected: sorted(model) }
    old.rollback()
  }
  table.images.drop()
  expect(ownFrames(engine)).toBeGreaterThan(start)
  expect(keysOf(held!.views)).toEqual(held!.expected)
  release(held!.views)
  expect(ownFrames(engine)).toBe(start)
  engine.close()
})

test('the same state is encoded once, a small commit encodes a small part', async () => {
  const { engine, table } = await setUp()
  const write = (from: number, count: number): void => {
    const txn = engine.begin()
    for (let id = from; id < from + count; id++) txn.put('t', [id, 1])
    txn.commit()
  }
  write(0, 1000)
  const first = table.images.acquire(table, present(engine))
  const again = table.images.acquire(table, present(engine))
  expect(again.map(({ image }) => image)).toEqual(first.map(({ image }) => image))
  expect(again[0]!.image).toBe(first[0]!.image)
  write(995, 10)
  const later = table.images.acquire(table, present(engine))
  expect(later.map(({ image }) => image.keys.length)).toEqual([1000, 10])
  expect(later[0]!.image).toBe(first[0]!.image)
  expect([first[0]!.dead, keysOf(later).length]).toEqual([null, 1005])
  for (const views of [first, again, later]) release(views)
  engine.close()
})
