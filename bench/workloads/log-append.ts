// Throughput of the write-ahead log: transactions of a thousand rows of about a hundred bytes, durable one by one,
// in bytes of row data per second; and commits of one row by the number of callers that wait at a time.
import type { Engine } from '../engines/engine.ts'
import { summarize, timeMs } from '../measure.ts'
import type { Measurement } from '../measure.ts'
import { commitAll } from './commit.ts'
import type { Workload } from './workload.ts'

const ROWS_PER_COMMIT = 1000
const NOTE = 'n'.repeat(92)
const ROW_BYTES = 100
const IN_FLIGHT = [1, 4, 16, 64, 256]

/** Log throughput in large transactions. */
export const logAppend: Workload = {
  name: 'log-append',
  group: 'storage',
  title: 'log throughput: durable transactions of 1,000 rows of 100 bytes',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [300_000], small: [50_000], tiny: [2_000] },
  run: async (one) => {
    await one.engine.openNotes!()
    const figures: number[] = []
    let next = 0
    for (let round = 0; round < one.rounds; round++) {
      const end = next + one.rows
      const ms = await timeMs(async () => {
        for (; next < end; next += ROWS_PER_COMMIT) await one.engine.insertNotes!(next, ROWS_PER_COMMIT, NOTE)
      })
      figures.push(one.rows * ROW_BYTES / ms / 1e3)
    }
    return [summarize('log throughput, 1,000 rows of 100 bytes a commit', 'MB/s', figures)]
  },
}

/** Durable commits by callers in flight. */
export const inFlight: Workload = {
  name: 'in-flight',
  group: 'storage',
  title: 'durable single-row commits by the number in flight',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [5_000], small: [1_000], tiny: [64] },
  run: async (one) => {
    await one.engine.openCounters!()
    const found: Measurement[] = []
    let next = 1
    for (const callers of IN_FLIGHT) {
      const figures: number[] = []
      for (let round = 0; round < one.rounds; round++) {
        figures.push(await rate(one.engine, next, one.rows, callers))
        next += one.rows
      }
      found.push(summarize(`commits, ${String(callers)} in flight`, 'commits/s', figures))
    }
    return found
  },
}

async function rate(engine: Engine, first: number, count: number, callers: number): Promise<number> {
  return count / await timeMs(() => commitAll(engine, first, count, callers)) * 1e3
}
