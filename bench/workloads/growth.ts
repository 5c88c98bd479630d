// What size does: databases of about 100 MB, 1 GB and 10 GB with 256 MB of memory. Load rate, opening, cold and
// warm gets, ranges, a scan, and the memory the process takes. A get may grow with cache misses and reads from the
// disk, and with nothing else. SECANTDB_BENCH_GB=10 adds the largest, which takes about 12 GB of disk.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Random } from '../../src/base/random.ts'
import type { Database } from '../../src/index.ts'
import { openSecantdb } from '../engines/secantdb.ts'
import { grouped, summarize, timeMs } from '../measure.ts'
import type { Measurement } from '../measure.ts'
import type { Workload } from './workload.ts'

const ROWS_PER_GB = 8_400_000
const CHUNK_ROWS = 500_000
const MEMORY_BYTES = 256 * 2 ** 20
const GETS = 20_000
const RANGES = 200
const RANGE_ROWS = 1000
const NOTE_CHARS = 100

/** One database of each size. */
export const growth: Workload = {
  name: 'growth',
  group: 'storage',
  title: 'databases larger than their memory: 256 MB for 100 MB, 1 GB and 10 GB',
  engines: ['secantdb'],
  isStandalone: true,
  rows: {
    full: [ROWS_PER_GB / 10, ROWS_PER_GB, ...(process.env['SECANTDB_BENCH_GB'] === '10' ? [ROWS_PER_GB * 10] : [])],
    small: [200_000], tiny: [3_000],
  },
  run: async (one) => {
    const first = await openSecantdb({ folder: one.folder, memoryBytes: MEMORY_BYTES }, {}, 'growth.sdb')
    const loadMs = await timeMs(() => load(first.db, one.rows))
    await first.close()
    const bytes = statSync(join(one.folder, 'growth.sdb')).size
    dropGarbage()
    let second: Awaited<ReturnType<typeof openSecantdb>> | null = null
    const openMs = await timeMs(async () => {
      second = await openSecantdb({ folder: one.folder, memoryBytes: MEMORY_BYTES }, {}, 'growth.sdb')
    })
    const { db, close } = second!
    const size = `${grouped(one.rows)} rows`
    const found = [
      summarize(`file, ${size}`, 'MB', [bytes / 1e6]),
      summarize(`load, ${size}`, 'rows/s', [one.rows / loadMs * 1e3]),
      summarize(`open, ${size}`, 'ms', [openMs]),
      ...await read(db, one.rows, size, one.seed),
      summarize(`resident memory, ${size}`, 'MiB', [process.memoryUsage.rss() / 2 ** 20]),
    ]
    await close()
    return found
  },
}

// The arrays that the load was fed from are this program's, not the database's: they must not count as its memory.
function dropGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

function load(db: Database, rows: number): void {
  db.exec('CREATE TABLE event (id BIGINT PRIMARY KEY, kind INTEGER, amount DOUBLE PRECISION, note TEXT)')
  const table = db.table('event')
  const random = new Random(1)
  // Texts that do not compress, cut from one random string.
  const noise = Buffer.from(Uint8Array.from({ length: 1 << 20 }, () => random.below(256))).toString('latin1')
    .replaceAll(/[^ -~]/g, '.')
  for (let begin = 0; begin < rows; begin += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - begin)
    table.append({
      id: Float64Array.from({ length: count }, (_, i) => (begin + i) * 7),
      kind: Int32Array.from({ length: count }, (_, i) => (begin + i) % 1000),
      amount: Float64Array.from({ length: count }, () => random.next()),
      note: Array.from({ length: count }, () => {
        const at = random.below(noise.length - NOTE_CHARS)
        return noise.slice(at, at + NOTE_CHARS)
      }),
    })
  }
}

async function read(db: Database, rows: number, size: string, seed: number): Promise<Measurement[]> {
  const table = db.table('event')
  const random = new Random(seed)
  let missing = 0
  const get = (count: number, below: number): void => {
    for (let i = 0; i < count; i++) if (table.get(random.below(below) * 7) === undefined) missing++
  }
  const coldMs = await timeMs(() => get(GETS, rows))
  get(GETS, rows)
  const before = db.stats().pool
  const warmMs = await timeMs(() => get(GETS, rows))
  const after = db.stats().pool
  const hits = after.hits - before.hits
  const all = hits + after.misses - before.misses
  // Rows that fit the pool whatever the size of the table: what a get costs without reading.
  const hot = Math.min(rows, 100_000)
  get(2 * GETS, hot)
  const hotMs = await timeMs(() => get(GETS, hot))
  const rangeMs = await timeMs(() => {
    for (let i = 0; i < RANGES; i++) {
      const begin = random.below(Math.max(1, rows - RANGE_ROWS)) * 7
      table.range({ gte: begin, lt: begin + RANGE_ROWS * 7 }).arrow()
    }
  })
  const scan = db.prepare('SELECT sum(kind), sum(amount) FROM event')
  const scanMs = await timeMs(() => void scan.get([]))
  if (missing > 0) throw new Error(`${missing} rows are missing`)
  return [
    summarize(`get, cold, ${size}`, 'us', [coldMs / GETS * 1e3]),
    summarize(`get, random rows, ${size}`, 'us', [warmMs / GETS * 1e3]),
    summarize(`hit rate of random gets, ${size}`, 'fraction', [hits / Math.max(1, all)]),
    summarize(`get, rows that fit the pool, ${size}`, 'us', [hotMs / GETS * 1e3]),
    summarize(`range of 1,000, ${size}`, 'us', [rangeMs / RANGES * 1e3]),
    summarize(`scan of two columns, ${size}`, 'rows/s', [rows / scanMs * 1e3]),
  ]
}
