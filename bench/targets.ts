// What we set out to reach, as ratios of medians of the same run. A ratio of 2 means twice as good:
// half the time or double the rate. Below 1 we lose, and losses are printed first.
import type { CaseOutcome } from './case.ts'
import type { EngineName } from './engines/engine.ts'
import type { Measurement } from './measure.ts'
import { smallerWins } from './measure.ts'

interface Target {
  /** Matches `what` of the measurement. */
  readonly what: RegExp
  readonly rival: EngineName
  readonly atLeast: number
}

const TARGETS: readonly Target[] = [
  { what: /^get, /, rival: 'lmdb', atLeast: 5 },
  { what: /^get, /, rival: 'sqlite', atLeast: 8 },
  { what: /^get, .*10,000,000/, rival: 'map', atLeast: 1 },
  { what: /^prepared SELECT/, rival: 'sqlite', atLeast: 2 },
  { what: /^prepared SELECT/, rival: 'duckdb', atLeast: 200 },
  { what: /^range of/, rival: 'lmdb', atLeast: 10 },
  { what: /^range of/, rival: 'sqlite', atLeast: 10 },
  { what: /^bulk append/, rival: 'duckdb', atLeast: 5 },
  { what: /^bulk append/, rival: 'sqlite', atLeast: 5 },
  { what: /one at a time/, rival: 'sqlite', atLeast: 0.8 },
  { what: /64 in flight/, rival: 'sqlite', atLeast: 4 },
  { what: /\(Q6\)/, rival: 'duckdb', atLeast: 2 },
  { what: /\(Q1\)/, rival: 'duckdb', atLeast: 1.5 },
  { what: /^tpch geometric mean/, rival: 'duckdb', atLeast: 0.5 },
  { what: /^(tpch|ssb|clickbench|h2o) [A-Z]/, rival: 'duckdb', atLeast: 0.2 },
]

/** Bounds on our own figures. `most` for sizes and factors, `least` for rates. */
const LIMITS: readonly { readonly what: RegExp; readonly most?: number; readonly least?: number }[] = [
  { what: /^write amplification of bulk/, most: 2.5 },
  { what: /^write amplification of upserts/, most: 20 },
  { what: /^write amplification of random upserts/, most: 10 },
  { what: /^resident memory/, most: 506 },
  { what: /^pause, 99.9 %/, most: 10 },
  { what: /^dirty \/ clean/, most: 1.5 },
  { what: /^chosen \/ best/, most: 1.3 },
  { what: /^Arrow \/ file, zstd/, least: 3 },
  { what: /^file \/ DuckDB's, zstd/, most: 1 },
  { what: /^pool hit rate/, least: 0.8 },
  { what: /^index fit/, least: 20e6 },
  { what: /^index size, uniform/, most: 0.1 },
  { what: /^index size, (?!uniform)/, most: 1 },
]

export interface Comparison {
  readonly what: string
  readonly rival: string
  readonly ours: Measurement
  readonly theirs: Measurement | null
  /** How many times better we are; for limits, limit / figure or figure / limit. */
  readonly ratio: number
  readonly target: number | null
  readonly verdict: 'loss' | 'missed' | 'met' | 'no target'
  /** False when the two engines' answers differ. */
  readonly sameAnswers: boolean
}

/** Compares our measurements with every rival's and with the limits, losses first. */
export function compare(outcomes: readonly CaseOutcome[]): Comparison[] {
  const found: Comparison[] = []
  const ours = outcomes.filter((one) => one.order.engine === 'secantdb').flatMap((one) => one.measurements)
  for (const own of ours) {
    for (const outcome of outcomes) {
      const theirs = outcome.measurements.find((one) => one.what === own.what)
      if (theirs && outcome.order.engine !== 'secantdb') found.push(against(own, theirs, outcome))
    }
    const limit = LIMITS.find((one) => one.what.test(own.what))
    if (limit) found.push(within(own, limit))
  }
  const rank = { loss: 0, missed: 1, met: 2, 'no target': 3 }
  return found.sort((a, b) => rank[a.verdict] - rank[b.verdict])
}

function against(ours: Measurement, theirs: Measurement, outcome: CaseOutcome): Comparison {
  const ratio = smallerWins(ours.unit) ? theirs.median / ours.median : ours.median / theirs.median
  const rival = outcome.order.engine
  const target = TARGETS.find((one) => one.what.test(ours.what) && one.rival === rival)?.atLeast ?? null
  const verdict = ratio < Math.min(1, target ?? 1) ? 'loss'
    : target === null ? 'no target' : ratio < target ? 'missed' : 'met'
  const sameAnswers = ours.hash === theirs.hash
  return { what: ours.what, rival: outcome.label, ours, theirs, ratio, target, verdict, sameAnswers }
}

function within(ours: Measurement, limit: { most?: number; least?: number }): Comparison {
  const ratio = limit.most !== undefined ? limit.most / ours.median : ours.median / limit.least!
  const rival = limit.most !== undefined ? `at most ${limit.most}` : `at least ${limit.least}`
  const verdict = ratio < 1 ? 'missed' : 'met'
  return { what: ours.what, rival, ours, theirs: null, ratio, target: 1, verdict, sameAnswers: true }
}
