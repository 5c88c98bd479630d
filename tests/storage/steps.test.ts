// Maintenance in steps, with commits and snapshots between them: the delta is compacted on a copy, a checkpoint syncs
// off the thread before its last step, and nothing waits for an event loop that does not turn.
import { expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import type { Row } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine, verifyEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions, Transaction } from '../../storage/mod.ts'

const OPTIONS: Partial<EngineOptions> = { memoryBytes: 8 << 20, rowGroupRows: 256, deltaRows: 64, runsMax: 3 }

async function opened(files: MemoryFileSystem, options: Partial<EngineOptions>): Promise<Engine> {
  return openEngine('s.sdb', { ...OPTIONS, ...options, files })
}

function createTable(engine: Engine): void {
  const txn = engine.begin()
  const columns = [{ name: 'id', type: INTEGER, nullable: false }, { name: 'word', type: TEXT, nullable: true }]
  txn.createTable({ name: 't', key: [0], columns })
  txn.commit()
}

function put(engine: Engine, rows: readonly Row[]): void {
  const txn = engine.begin()
  for (const row of rows) txn.put('t', row)
  txn.commit()
}

function get(txn: Transaction, id: number): Row | null {
  return txn.tables('t').row([id])
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test.each([1, 2, 7])('random changes, %s steps a commit, with snapshots that come and go', async (stepCount) => {
  const files = new MemoryFileSystem()
  const engine = await opened(files, { stepCount, checkpointEvery: 50 })
  createTable(engine)
  const random = new Random(stepCount)
  const model = new Map<number, string | null>()
  const open: { txn: Transaction; rows: Map<number, string | null> }[] = []
  let smallest = Infinity
  let largest = 0
  const { delta } = engine.catalog.get('t')
  for (let step = 0; step < 1000; step++) {
    const txn = engine.begin()
    for (let i = random.below(4); i >= 0; i--) {
      const id = random.below(500)
      if (random.chance(0.2)) {
        txn.delete('t', [id])
        model.delete(id)
      } else {
        const word = random.chance(0.1) ? null : `word ${step}`
        txn.put('t', [id, word])
        model.set(id, word)
      }
    }
    txn.commit()
    largest = Math.max(largest, delta.entryCount)
    if (largest > 60) smallest = Math.min(smallest, delta.entryCount)
    if (random.chance(0.02)) {
      const reader = engine.begin('repeatable read')
      get(reader, 0)
      open.push({ txn: reader, rows: new Map(model) })
    }
    for (const { txn: reader, rows } of open) {
      const id = random.below(500)
      expect(get(reader, id)).toEqual(rows.has(id) ? [id, rows.get(id)!] : null)
    }
    if (open.length > 0 && random.chance(0.03)) open.shift()!.txn.rollback()
  }
  for (const { txn } of open) txn.rollback()
  expect(smallest).toBeLessThan(largest)
  expect(verifyEngine(engine).problems).toEqual([])
  engine.close()
  const again = await opened(files, {})
  const txn = again.begin()
  for (let id = 0; id < 500; id++) expect(get(txn, id)).toEqual(model.has(id) ? [id, model.get(id)!] : null)
  txn.rollback()
  again.close()
})

test('a checkpoint in steps syncs through the queue before its last step', async () => {
  const engine = await opened(new MemoryFileSystem(), { stepMs: 1, checkpointEvery: 20 })
  createTable(engine)
  for (let i = 0; i < 200; i++) {
    put(engine, [[i, `word ${i}`]])
    await turn()
  }
  expect(engine.counters.checkpoints).toBeGreaterThan(2)
  expect(engine.parts.io.stats.submitted).toBeGreaterThan(2)
  engine.close()
})

test('it does not wait for a loop that does not turn', async () => {
  const engine = await opened(new MemoryFileSystem(), { stepMs: 1, checkpointEvery: 20 })
  createTable(engine)
  const before = engine.counters.checkpoints
  for (let i = 0; engine.counters.checkpoints < before + 3; i++) put(engine, [[i % 1000, `word ${i}`]])
  engine.close()
})

test('a sync that fails there stops the engine', async () => {
  const engine = await opened(new MemoryFileSystem(), { stepMs: 1, checkpointEvery: 20 })
  createTable(engine)
  engine.parts.file.syncAsync = () => Promise.reject(new DatabaseError(CODE.IO, 'the disk is gone'))
  const commit = async (): Promise<void> => {
    for (let i = 0; i < 1000; i++) {
      put(engine, [[i, 'word']])
      await turn()
    }
  }
  await expect(commit()).rejects.toMatchObject({ code: '58030' })
  expect(engine.isUsable).toBe(false)
  engine.close()
})
