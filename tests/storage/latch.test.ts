// Worker threads read frames while the main thread loads, changes and evicts them: what a worker believes is always
// one whole page, a pinned page stays, and the main thread never waits.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, TEXT } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine } from '../../storage/mod.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { builtStorage, compile } from '../crash/process.ts'

const WORKERS = 2
/** Rounds over all frames that every worker must have made while the main thread worked. */
const ROUNDS = 60

interface Counts {
  optimistic: number
  changed: number
  pinned: number
  heapPages: number
  problems: string[]
}

const isBuilt = existsSync(builtStorage)

test.skipIf(!isBuilt)('workers read while the main thread writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-latch-'))
  const engine = await openEngine('l.sdb', {
    memoryBytes: 4 << 20, poolFrames: 10, rowGroupRows: 128, deltaRows: 300, files: new MemoryFileSystem(),
  })
  const shared = new Int32Array(new SharedArrayBuffer(4 + 4 * WORKERS))
  const rounds = (): number => Math.min(...shared.subarray(1).map((_, i) => Atomics.load(shared, 1 + i)))
  const script = compile('latch-worker', folder, import.meta.dirname)
  const module = (path: string): string => new URL(path, pathToFileURL(builtStorage)).href
  try {
    const workers = Array.from({ length: WORKERS }, (_, number) => new Worker(script, {
      workerData: {
        buffer: engine.memory.memory.buffer, tableAddress: engine.pool.tableAddress, frames: engine.memory.frameCount,
        shared, number, latchUrl: module('./pool/frame-latch.js'), checksumUrl: module('../src/base/checksum.js'),
      },
    }))
    const reports = workers.map((worker) => new Promise<Counts>((resolve, reject) => {
      worker.on('message', resolve)
      worker.on('error', reject)
    }))
    const first = engine.begin()
    first.createTable({
      name: 't', key: [0],
      columns: [{ name: 'id', type: BIGINT, nullable: false }, { name: 'v', type: TEXT, nullable: true }],
    })
    first.commit()
    const random = new Random(5)
    for (let i = 0; i < 600 || rounds() < ROUNDS; i++) {
      const txn = engine.begin()
      for (let k = random.between(1, 40); k > 0; k--) {
        const id = random.below(4000)
        if (random.chance(0.3)) txn.delete('t', [id])
        else txn.put('t', [id, 'value '.repeat(random.below(60))])
      }
      for (let k = 0; k < 20; k++) txn.tables('t').row([random.below(4000)])
      txn.commit()
      // Workers must get their turn while the main thread is busy, also on one processor.
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    Atomics.store(shared, 0, 1)
    for (const counts of await Promise.all(reports)) {
      expect(counts.problems).toEqual([])
      expect(counts.optimistic).toBeGreaterThan(100)
      expect(counts.pinned).toBeGreaterThan(20)
      expect(counts.heapPages).toBeGreaterThan(10)
    }
    expect(engine.pool.stats.evictions).toBeGreaterThan(100)
    expect(verifyEngine(engine).problems).toEqual([])
    expect(engine.pool.stats.pinned).toBe(0)
  } finally {
    Atomics.store(shared, 0, 1)
    engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)

test.runIf(!isBuilt)('workers need the build', () => {
  console.log('skipped: there is no dist/; run npm run build, or npm test, which does')
})
