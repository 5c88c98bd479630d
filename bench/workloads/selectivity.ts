// The planner's choice against the best there is: the sum over a share of a table, from one row to all, by an interval
// of its key (range or scan) and of an indexed column in random order (index or scan). Every share is timed as the
// planner would run it and with each way forced, by a cost model that makes the others absurdly dear; the figure is
// chosen / best. Answers must be equal.
import { join } from 'node:path'
import type { CostModel } from '../../exec/plan/cost.ts'
import { DEFAULT_COSTS } from '../../exec/plan/cost.ts'
import { Connection } from '../../src/api/connection.ts'
import { DatabaseState } from '../../src/api/database-state.ts'
import { resolveOpenOptions } from '../../src/api/options.ts'
import type { Statement } from '../../src/api/statement.ts'
import { Random } from '../../src/base/random.ts'
import { loadParser } from '../../src/sql/parse.ts'
import { openEngine } from '../../storage/mod.ts'
import type { Measurement } from '../measure.ts'
import { grouped, summarize } from '../measure.ts'
import type { Workload } from './workload.ts'

const DEAR = 1e12
/** Milliseconds that each way gets at each share, and runs at least. */
const TIMED_MS = 25
const RUNS_MIN = 20

/** By what rows are chosen and what is summed. The index has all that is read for the last one. */
const SHAPES = [{ by: 'id', sum: 'price' }, { by: 'rank', sum: 'price' }, { by: 'rank', sum: 'rank' }] as const
/** A range or the index; a scan. */
const FORCED: readonly Partial<CostModel>[] = [{ scanStart: DEAR }, { rangeStart: DEAR }]

/** Chosen against best at every share. */
export const selectivity: Workload = {
  name: 'selectivity',
  group: 'storage',
  title: 'the chosen path against the best of range, index and scan, from one row to all',
  engines: ['secantdb'],
  isStandalone: true,
  rows: { full: [1_000_000], small: [200_000], tiny: [3_000] },
  run: async (one) => {
    const { engine, backend } = resolveOpenOptions({ memory: '1GB', synchronous: 'off' })
    const [opened] = await Promise.all([openEngine(join(one.folder, 'selectivity.sdb'), engine), loadParser()])
    const state = new DatabaseState(opened, backend)
    const connect = (costs: Partial<CostModel>): Connection => {
      const session = state.connect()
      session.costs = { ...DEFAULT_COSTS, ...costs }
      return new Connection(session)
    }
    const free = connect({})
    try {
      load(free, one.rows, one.seed)
      return SHAPES.flatMap(({ by, sum }) => {
        const sql = `SELECT sum(${sum}), count(*) FROM item WHERE ${by} BETWEEN ? AND ?`
        const ways = [free, ...FORCED.map(connect)].map((session) => session.prepare(sql))
        return shares(one.rows).map((rows) => compare(`sum(${sum}) by ${by}`, rows, one.rows, ways))
      })
    } finally {
      state.close(true)
    }
  },
}

function load(db: Connection, rows: number, seed: number): void {
  const random = new Random(seed)
  db.exec(`CREATE TABLE item (id BIGINT PRIMARY KEY, rank INTEGER NOT NULL, price FLOAT8 NOT NULL)`)
  db.table('item').append({
    id: Float64Array.from({ length: rows }, (_, i) => i),
    rank: random.shuffle(Int32Array.from({ length: rows }, (_, i) => i)),
    price: Float64Array.from({ length: rows }, () => random.below(100_000)),
  })
  db.exec('CREATE INDEX item_rank ON item (rank)')
}

function shares(rows: number): number[] {
  const found: number[] = []
  for (let share = 1; share < rows; share *= 2) found.push(share)
  return [...found, rows]
}

// The ways take turns, and the least time of each counts: other programs only ever add to it.
function compare(shape: string, share: number, rows: number, ways: readonly Statement[]): Measurement {
  const best = ways.map(() => Infinity)
  const random = new Random(share)
  const end = performance.now() + TIMED_MS * ways.length
  for (let run = 0; run < RUNS_MIN || performance.now() < end; run++) {
    const first = random.below(rows - share + 1)
    let answer = ''
    ways.forEach((statement, way) => {
      // Every way twice: the first time it pays for what the others have driven out of the caches.
      statement.raw([first, first + share - 1])
      const begin = performance.now()
      const row = statement.raw([first, first + share - 1])
      best[way] = Math.min(best[way]!, performance.now() - begin)
      const text = JSON.stringify(row)
      if (way > 0 && text !== answer) throw new Error(`${shape}, ${share} rows: ${text} instead of ${answer}`)
      answer = text
    })
  }
  const what = `chosen / best, ${shape}, ${grouped(share)} of ${grouped(rows)} rows`
  return summarize(what, 'factor', [best[0]! / Math.min(...best)])
}
