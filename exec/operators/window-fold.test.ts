// How folds move from frame to frame: whatever lo and hi do, the state is that of exactly the frame's rows, and a
// cancelled run is noticed after a bounded number of rows. Folds over values against plain loops over the frame.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Scalar } from '../../src/base/types.ts'
import { BIGINT, INTEGER } from '../../src/base/types.ts'
import type { Run } from '../run.ts'
import { Fold, foldFrames } from './window-fold.ts'
import { ExactFold, ExtremeFold, FloatFold, NO_RANK, countBefore, sumsBefore } from './window-folds.ts'
import { Frames } from './window-frames.ts'

/** A run that counts how often it was asked whether to stop. */
function countingRun(): { run: Run; checks: () => number } {
  let checks = 0
  const run = { check: () => { checks++ } } as unknown as Run
  return { run, checks: () => checks }
}

/** Remembers the rows it was given. */
class RowsFold extends Fold<string> {
  #rows: number[] = []

  override reset(): void {
    this.#rows = []
  }

  override add(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#rows.push(i)
  }

  override value(): string {
    return this.#rows.join()
  }
}

function randomFrames(random: Random, count: number, exclude: Frames['exclude']): Frames {
  const lo = new Int32Array(count)
  const hi = new Int32Array(count)
  const isMonotone = random.chance(0.7)
  for (let i = 0; i < count; i++) {
    const least = isMonotone && i > 0 ? lo[i - 1]! : 0
    lo[i] = Math.min(count, least + random.below(random.chance(0.2) ? count : 3))
    const atLeast = Math.max(lo[i]!, isMonotone && i > 0 ? hi[i - 1]! : 0)
    hi[i] = Math.min(count, atLeast + random.below(random.chance(0.2) ? count : 3))
  }
  const start = new Int32Array(count)
  const end = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    start[i] = i - i % 4
    end[i] = Math.min(count, start[i]! + 4)
  }
  return new Frames(lo, hi, exclude, { start, end })
}

/** The rows of a frame by the words of the standard. */
function rowsOf(frames: Frames, i: number): number[] {
  const rows: number[] = []
  for (let row = frames.lo[i]!; row < frames.hi[i]!; row++) {
    const isPeer = Math.floor(row / 4) === Math.floor(i / 4)
    const isOut = frames.exclude === 'current' ? row === i : frames.exclude === 'group' ? isPeer
      : frames.exclude === 'ties' ? isPeer && row !== i : false
    if (!isOut) rows.push(row)
  }
  return rows
}

const EXCLUDES = ['none', 'current', 'group', 'ties'] as const

test.each(EXCLUDES)('any frames, EXCLUDE %s: rows, sums and extremes', (exclude) => {
  const random = new Random(41)
  for (let round = 0; round < 60; round++) {
    const count = 1 + random.below(80)
    const frames = randomFrames(random, count, exclude)
    const { run } = countingRun()
    const counted = Uint8Array.from({ length: count }, () => random.chance(0.8) ? 1 : 0)
    const values = Array.from(counted, (isThere) => isThere === 0 ? 0 : random.below(100) - 50)
    // Far beyond safe integers every other time: the sums are Integers then.
    const scale = round % 2 === 0 ? 1n : 2n ** 58n
    const exact = values.map((value) => scale === 1n ? value : BigInt(value) * scale)
    const before = countBefore(counted)
    const found: Record<string, unknown[]> = { rows: [], exact: [], float: [], least: [] }
    const into = <T>(name: string): { append(value: T): void } => ({ append: (value) => found[name]!.push(value) })
    const decimal = { kind: 'decimal', precision: 38, scale: 0 } as const
    foldFrames(new RowsFold(), frames, into('rows'), run)
    foldFrames(new ExactFold(before, sumsBefore(exact), { isAverage: false, argument: BIGINT, type: decimal }), frames,
      into<Scalar>('exact'), run)
    foldFrames(new FloatFold(before, Float64Array.from(values), true), frames, into<Scalar>('float'), run)
    const ranks = Int32Array.from(values, (_, i) => counted[i] === 0 ? NO_RANK : (i * 7919) % count)
    const rowOf = Int32Array.from({ length: count }, (_, rank) => rank)
    foldFrames(new ExtremeFold(ranks, rowOf), frames, into<number>('least'), run)
    for (let i = 0; i < count; i++) {
      const rows = rowsOf(frames, i)
      const there = rows.filter((row) => counted[row] === 1)
      const sum = there.reduce((total, row) => total + values[row]!, 0)
      expect(found['rows']![i]).toBe(rows.join())
      const wanted = there.length === 0 ? 'null' : String(BigInt(sum) * scale)
      expect(String(found['exact']![i])).toBe(wanted)
      expect(found['float']![i]).toBe(there.length === 0 ? null : sum / there.length)
      expect(found['least']![i]).toBe(there.length === 0 ? -1 : Math.min(...there.map((row) => ranks[row]!)))
    }
  }
})

test('a sum that does not fit its type is 22003', () => {
  const before = countBefore(Uint8Array.of(1, 1))
  const { run } = countingRun()
  const none = { start: Int32Array.of(0, 0), end: Int32Array.of(2, 2) }
  const frames = new Frames(Int32Array.of(0, 0), Int32Array.of(1, 2), 'none', none)
  const values: Scalar[] = []
  const sink = { append: (value: Scalar) => { values.push(value) } }
  const big = sumsBefore([2n ** 62n, 2n ** 62n])
  const fold = new ExactFold(before, big, { isAverage: false, argument: INTEGER, type: BIGINT })
  expect(() => foldFrames(fold, frames, sink, run)).toThrow(expect.objectContaining({ code: '22003' }))
  expect(values).toEqual([2n ** 62n])
})

test('long frames that do not grow are interrupted', () => {
  const count = 4000
  const lo = Int32Array.from({ length: count }, (_, i) => i)
  const hi = new Int32Array(count).fill(count)
  class LongFold extends RowsFold {
    override add(): void {}
    override value(): string {
      return ''
    }
  }
  for (const exclude of ['none', 'current'] as const) {
    const { run, checks } = countingRun()
    foldFrames(new LongFold(), new Frames(lo, hi, exclude, { start: lo, end: hi }), { append: () => {} }, run)
    // Eight million rows are looked at, so 122 times at the least.
    expect(checks()).toBeGreaterThan(100)
  }
})
