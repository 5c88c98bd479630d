// Measurements: a few rounds of the same work, the median reported and the spread kept beside it.
// Two warm-up rounds come first and are thrown away. Every measurement carries a hash of the answers,
// so a fast wrong answer is found by comparing engines.

/** Rounds thrown away: the just-in-time compiler settles and caches fill. */
export const WARM_UP_ROUNDS = 2

/** Lower is better for times, higher for rates; plain numbers are facts without a winner. */
export type Unit =
  | 'ns' | 'us' | 'ms' | 'rows/s' | 'keys/s' | 'commits/s' | 'bytes/key' | 'MB' | 'MiB' | 'MB/s' | 'factor' | 'fraction'

export interface Measurement {
  /** What was measured, equal between engines: `get, present keys, 1,000,000 rows`. */
  readonly what: string
  readonly unit: Unit
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
  /** Hash of the answers, or '' where there is nothing to compare. */
  readonly hash: string
}

/** True when a smaller figure wins. */
export function smallerWins(unit: Unit): boolean {
  return unit === 'ns' || unit === 'us' || unit === 'ms' || unit === 'bytes/key' || unit === 'MB'
    || unit === 'MiB' || unit === 'factor'
}

/** Summary of one figure per round. */
export function summarize(what: string, unit: Unit, figures: readonly number[], hash = ''): Measurement {
  const sorted = [...figures].sort((a, b) => a - b)
  const median = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
  const max = sorted[sorted.length - 1]!
  return { what, unit, median, min: sorted[0]!, max, rounds: figures.length, hash }
}

/** Milliseconds that one call takes. */
export async function timeMs(work: () => void | Promise<void>): Promise<number> {
  const begin = performance.now()
  const pending = work()
  if (pending) await pending
  return performance.now() - begin
}

/** Runs the work twice to warm up, then `rounds` times; milliseconds of each round. */
export async function roundsMs(rounds: number, work: () => void | Promise<void>): Promise<number[]> {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await timeMs(work)
  const figures: number[] = []
  for (let i = 0; i < rounds; i++) figures.push(await timeMs(work))
  return figures
}

/** A running hash (FNV-1a over 32-bit words) of the answers, in order. */
export class AnswerHash {
  private state = 0x811c9dc5

  /** Adds the integer part of a number below 2^53, or -1 for "no row". */
  number(value: number): void {
    this.word(value | 0)
    this.word(Math.floor(value / 0x1_0000_0000) | 0)
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i))
  }

  digest(): string {
    return (this.state >>> 0).toString(16).padStart(8, '0')
  }

  private word(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) {
      this.state = Math.imul(this.state ^ ((value >>> shift) & 0xff), 0x01000193)
    }
  }
}

/** `1234567` as `1,234,567`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}
