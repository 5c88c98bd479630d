// Durable single-row commits: one at a time, then 64 in flight. "In flight" is what a server does:
// 64 callers each wait for their own commit. An engine without group commit runs them in turn.
// Also random upserts in batches of 100, with the bytes written to disk per byte of row data.
import type { Engine } from '../engines/engine.ts'
import type { Measurement } from '../measure.ts'
import { grouped, summarize, timeMs } from '../measure.ts'
import { Random } from '../../src/base/random.ts'
import type { Workload } from './workload.ts'

const IN_FLIGHT = 64
const UPSERT_BATCH = 100
const ROW_BYTES = 16

/** Single-row commits with synchronous FULL. */
export const commit: Workload = {
  name: 'commit',
  title: 'durable single-row commits (synchronous FULL)',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [10_000], small: [1_000], tiny: [64] },
  run: async (one) => {
    await one.engine.openCounters!()
    let next = 1
    const measure = async (what: string, count: number, inFlight: number): Promise<Measurement> => {
      const figures: number[] = []
      for (let round = 0; round < one.rounds; round++) {
        const ms = await timeMs(() => commitAll(one.engine, next, count, inFlight))
        next += count
        figures.push(count / ms * 1e3)
      }
      return summarize(what, 'commits/s', figures)
    }
    return [
      await measure('durable commits, one at a time', one.rows, 1),
      await measure(`durable commits, ${IN_FLIGHT} in flight`, one.rows, IN_FLIGHT),
    ]
  },
}

/** Random upserts in batches. */
export const upsert: Workload = {
  name: 'upsert',
  title: 'random single-row upserts in batches of 100, durable',
  engines: ['secantdb', 'sqlite', 'lmdb'],
  rows: { full: [100_000], small: [10_000], tiny: [500] },
  run: async (one) => {
    await one.engine.openCounters!()
    const random = new Random(one.seed)
    const keys = Float64Array.from({ length: one.rows }, () => random.below(one.rows * 10))
    const before = one.engine.stats?.().bytesWritten
    const ms = await timeMs(async () => {
      for (let begin = 0; begin < keys.length; begin += UPSERT_BATCH) {
        await one.engine.upsertBatch!(keys.subarray(begin, begin + UPSERT_BATCH), begin)
      }
      await one.engine.settle?.()
    })
    const after = one.engine.stats?.().bytesWritten
    const size = `${grouped(one.rows)} upserts`
    const what = `upserts in batches of ${UPSERT_BATCH}, ${size}`
    const found = [summarize(what, 'rows/s', [one.rows / ms * 1e3])]
    if (before !== undefined && after !== undefined) {
      const factor = (after - before) / (one.rows * ROW_BYTES)
      found.push(summarize(`write amplification of upserts, ${size}`, 'factor', [factor]))
    }
    return found
  },
}

/** Commits `count` rows with keys from `first` on, at most `inFlight` unanswered at a time. */
export async function commitAll(engine: Engine, first: number, count: number, inFlight: number): Promise<void> {
  for (let begin = 0; begin < count; begin += inFlight) {
    const pending: (void | Promise<void>)[] = []
    for (let i = begin; i < Math.min(count, begin + inFlight); i++) pending.push(engine.commit!(first + i, i))
    await Promise.all(pending)
  }
}
