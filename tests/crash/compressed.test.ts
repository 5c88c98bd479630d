// Compressed row groups crashed after every write, sync and name change: bulk appends that replace all rows, merges,
// a change of the codec and a reopening in between. What comes up is the state before or after the interrupted
// append, whole, with its pages compressed; and an I/O error anywhere leaves the last acknowledged state.
import { expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { COMPRESSIONS, INTEGER, TEXT } from '../../src/base/types.ts'
import type { Compression } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import { appendColumns, openEngine, setCompression, tableSize } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { CRASH_POLICIES, FaultyFileSystem } from '../sim/faulty-file.ts'
import { reading, scanRows } from '../storage/rows.ts'

const PATH = 'c.sdb'
const ROWS = 300
const BATCHES = 7
const NOTE = 'and so on '.repeat(6)

const open = (disk: FaultyFileSystem): Promise<Engine> =>
  openEngine(PATH, { files: disk, memoryBytes: 4 << 20, poolFrames: 12, rowGroupRows: 256, bulkRows: 50 })

function abandon(engine: Engine): void {
  engine.parts.lock?.release()
  engine.memory.release()
}

function append(engine: Engine, batch: number): void {
  const ids = Int32Array.from({ length: ROWS }, (_, i) => i)
  appendColumns(engine, 't', [
    { type: INTEGER, values: ids, nulls: null, count: ROWS },
    { type: INTEGER, values: new Int32Array(ROWS).fill(batch), nulls: null, count: ROWS },
    { type: TEXT, values: Array.from(ids, (i) => `row ${i} of batch ${batch}, ${NOTE}`), nulls: null, count: ROWS },
  ], 'replace', null)
}

function update(engine: Engine, id: number, batch: number): void {
  const txn = engine.begin()
  txn.put('t', [id, batch, 'changed'])
  txn.commit()
}

/** The batch all rows are of, -1 when the table is not there or empty; anything else fails. */
function batchOf(engine: Engine): number {
  if (!engine.catalog.has('t')) return -1
  const rows = reading(engine, (txn) => scanRows(engine, txn.tables('t'), { order: 'ascending' }))
  if (rows.length === 0) return -1
  expect(rows.length).toBe(ROWS)
  expect(rows.map(([id]) => id)).toEqual(Array.from({ length: ROWS }, (_, i) => i))
  const batch = rows[1]![1] as number
  for (const [id, of] of rows) if (id !== 0) expect(of).toBe(batch)
  expect(verifyEngine(engine).problems).toEqual([])
  return batch
}

interface Step {
  readonly acknowledged: number
}

/** All batches, each followed by a small change that a later merge takes along. */
async function run(
  disk: FaultyFileSystem, settings: readonly Compression[], step: (done: Step) => Promise<void>,
): Promise<void> {
  let engine = await open(disk)
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0], columns: [
    { name: 'id', type: INTEGER, nullable: false }, { name: 'batch', type: INTEGER, nullable: true },
    { name: 'note', type: TEXT, nullable: true }] })
  txn.commit()
  await step({ acknowledged: -1 })
  for (let batch = 0; batch < BATCHES; batch++) {
    setCompression(engine, batch % 2 === 0 ? null : engine.catalog.get('t'), settings[batch % settings.length]!)
    append(engine, batch)
    await step({ acknowledged: batch })
    update(engine, 0, batch)
    await step({ acknowledged: batch })
    if (batch !== 3) continue
    engine.close()
    engine = await open(disk)
  }
  engine.close()
}

test('after every write: whole batches, the last acknowledged one or the one after it', async () => {
  const random = new Random(8)
  const disk = new FaultyFileSystem()
  let acknowledged = -1
  let images: { disk: FaultyFileSystem; at: string; acknowledged: number }[] = []
  disk.onStep = ({ index, operation }) => {
    const policy = random.pick(CRASH_POLICIES)
    images.push({ disk: disk.crash(policy, random), at: `${policy} after ${index} (${operation})`, acknowledged })
  }
  let checked = 0
  let compressed = 0
  await run(disk, ['zstd', 'lz4', 'gzip', 'rle'], async (done) => {
    for (const image of images) {
      const engine = await open(image.disk)
      const batch = batchOf(engine)
      expect([batch, batch - 1], image.at).toContain(image.acknowledged)
      if (engine.catalog.has('t')) compressed += tableSize(engine, engine.catalog.get('t')).compressedPages
      if (random.chance(0.2) && batch >= 0) {
        append(engine, batch + 1)
        engine.close()
        const again = await open(image.disk)
        expect(batchOf(again)).toBe(batch + 1)
        abandon(again)
      } else abandon(engine)
      checked++
    }
    images = []
    acknowledged = done.acknowledged
  })
  expect(checked).toBeGreaterThan(60)
  expect(compressed).toBeGreaterThan(60)
}, 300_000)

test('an I/O error anywhere is a typed error, and nothing acknowledged is lost', async () => {
  const random = new Random(9)
  let failures = 0
  for (let nth = 1; nth < 90; nth += random.between(1, 5)) {
    const disk = new FaultyFileSystem()
    disk.faults = [{ operation: 'write', nth, what: random.pick(['EIO', 'ENOSPC', 'EDQUOT']) }]
    let acknowledged = -1
    let failed: unknown = null
    try {
      await run(disk, COMPRESSIONS, async (done) => { acknowledged = done.acknowledged })
    } catch (error) {
      failed = error
    }
    if (failed !== null) {
      expect(failed).toBeInstanceOf(DatabaseError)
      failures++
    }
    const engine = await open(disk.crash('all', random))
    const batch = batchOf(engine)
    expect(batch, `write ${nth}`).toBeGreaterThanOrEqual(acknowledged)
    abandon(engine)
  }
  expect(failures).toBeGreaterThan(10)
}, 300_000)
