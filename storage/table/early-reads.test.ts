// The choice between early and late column reads: by the share of absent keys, with a gap that does not switch.
import { expect, test } from 'vitest'
import { EarlyReads } from './early-reads.ts'

/** 20,000 lookups of which every so-many-th is absent (or present), as readers note them. */
function look(reads: EarlyReads, isAbsent: (i: number) => boolean, from: number): boolean {
  for (let i = 0; i < 20_000; i++) {
    if (isAbsent(i)) reads.noteAbsent(from + i)
    else reads.notePresent(from + i)
  }
  return reads.isEarly
}

test('many absent keys make reads late, few make them early, a share between keeps the choice', () => {
  const reads = new EarlyReads()
  const every = (n: number) => (i: number): boolean => i % n === 0
  const phases: readonly [(i: number) => boolean, boolean][] = [
    [() => false, true], [every(7), true], [every(5), false], [every(7), false], [() => true, false],
    [(i) => i % 2 === 0, false], [every(20), true], [every(7), true], [(i) => i % 3 !== 0, false], [() => false, true],
  ]
  phases.forEach(([isAbsent, isEarly], at) => expect(look(reads, isAbsent, at * 20_000), `phase ${at}`).toBe(isEarly))
})

test('a fixed choice stays', () => {
  for (const fixed of [true, false]) {
    const reads = new EarlyReads(fixed)
    expect(look(reads, () => true, 0)).toBe(fixed)
    expect(look(reads, () => false, 20_000)).toBe(fixed)
  }
})
