// The choice between early and late column reads: by the share of absent keys, with a gap that does not switch.
import { expect, test } from 'vitest'
import { EARLY_PERIOD, EarlyReads } from './early-reads.ts'

function period(reads: EarlyReads, absent: number): boolean {
  reads.absent = absent
  reads.left = 0
  reads.decide()
  expect(reads.left).toBe(EARLY_PERIOD)
  expect(reads.absent).toBe(0)
  return reads.isEarly
}

test('many absent keys make reads late, few make them early, a share between keeps the choice', () => {
  const reads = new EarlyReads()
  expect(reads.isEarly).toBe(true)
  expect(period(reads, 0)).toBe(true)
  expect(period(reads, 150)).toBe(true)
  expect(period(reads, 193)).toBe(false)
  expect(period(reads, 150)).toBe(false)
  expect(period(reads, EARLY_PERIOD)).toBe(false)
  expect(period(reads, 95)).toBe(true)
})

test('a fixed choice stays', () => {
  for (const fixed of [true, false]) {
    const reads = new EarlyReads(fixed)
    expect(period(reads, EARLY_PERIOD)).toBe(fixed)
    expect(period(reads, 0)).toBe(fixed)
  }
})
