// Backup speed: a full backup, incremental ones after changes of growing size, verification and restore. The point to
// show is that an incremental backup costs what changed: its pages and time beside the share of rows written.
// The longest time the event loop did not turn during a full backup stands for "online".
import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Random } from '../../src/base/random.ts'
import type { Database } from '../../src/index.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { restoreDatabase, runStepsSoon, verifyBackup } from '../../storage/mod.ts'
import { openSecantdb } from '../engines/secantdb.ts'
import { grouped, summarize, timeMs } from '../measure.ts'
import type { Measurement } from '../measure.ts'
import type { Workload } from './workload.ts'

const CHUNK_ROWS = 500_000
const SHARES = [0.0001, 0.001, 0.01]

/** Full and incremental backups of one table. */
export const backup: Workload = {
  name: 'backup',
  group: 'storage',
  title: 'backup: full, incremental by share of rows changed, verify, restore',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [2_000_000], small: [200_000], tiny: [3_000] },
  run: async (one) => {
    const { db, close } = await openSecantdb({ folder: one.folder, memoryBytes: 512 * 2 ** 20 }, {}, 'backup.sdb')
    load(db, one.rows)
    const path = join(one.folder, 'shop.bak')
    const full = await fullBackup(db, path)
    const found = [...full, ...await incrementals(db, path, one.rows, one.seed)]
    const hash = db.contentHash()
    await close()
    return [...found, ...await readBack(path, join(one.folder, 'restored.sdb'), hash)]
  },
}

function load(db: Database, rows: number): void {
  db.exec('CREATE TABLE event (id BIGINT PRIMARY KEY, kind INTEGER, amount DOUBLE PRECISION, note TEXT)')
  const random = new Random(1)
  for (let begin = 0; begin < rows; begin += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - begin)
    db.table('event').append({
      id: Float64Array.from({ length: count }, (_, i) => begin + i),
      kind: Int32Array.from({ length: count }, () => random.below(1000)),
      amount: Float64Array.from({ length: count }, () => random.next()),
      note: Array.from({ length: count }, (_, i) => `a note about event ${begin + i} of kind ${random.below(1e6)}`),
    })
  }
}

async function fullBackup(db: Database, path: string): Promise<Measurement[]> {
  db.checkpoint()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const ms = await timeMs(async () => void await db.backup(path))
  delay.disable()
  const megabytes = statSync(path).size / 1e6
  return [
    summarize('full backup', 'MB/s', [megabytes / ms * 1e3]), summarize('full backup, size', 'MB', [megabytes]),
    summarize('full backup, longest pause of the event loop', 'ms', [delay.max / 1e6]),
  ]
}

async function incrementals(db: Database, path: string, rows: number, seed: number): Promise<Measurement[]> {
  const random = new Random(seed)
  const found: Measurement[] = []
  for (const share of SHARES) {
    const changes = Math.max(1, Math.round(rows * share))
    db.transaction(() => {
      for (let i = 0; i < changes; i++) {
        db.table('event').put({ id: random.below(rows), kind: i % 1000, amount: i, note: `changed ${i}` })
      }
    })
    db.checkpoint()
    let report = { pages: 0, totalPages: 0, bytes: 0 }
    const ms = await timeMs(async () => {
      report = await db.backup(path, { incremental: true })
    })
    const what = `incremental backup, ${grouped(changes)} of ${grouped(rows)} rows changed`
    found.push(summarize(what, 'ms', [ms]), summarize(`${what}, size`, 'MB', [report.bytes / 1e6]),
      summarize(`${what}, pages copied of all`, 'fraction', [report.pages / report.totalPages]))
  }
  return found
}

async function readBack(path: string, to: string, hash: string): Promise<Measurement[]> {
  const files = new NodeFileSystem()
  const megabytes = statSync(path).size / 1e6
  const verifyMs = await timeMs(async () => void await runStepsSoon(verifyBackup(files, path)))
  const restoreMs = await timeMs(async () => void await restoreDatabase(files, { from: path, to }))
  const restored = await openSecantdb({ folder: dirname(to), memoryBytes: 512 * 2 ** 20 }, {}, basename(to))
  const isEqual = restored.db.contentHash() === hash
  await restored.close()
  if (!isEqual) throw new Error('the restored database has other content')
  return [
    summarize('verify a backup', 'MB/s', [megabytes / verifyMs * 1e3]),
    summarize('restore, verification included', 'MB/s', [megabytes / restoreMs * 1e3]),
  ]
}
