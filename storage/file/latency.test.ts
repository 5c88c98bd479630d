// The histogram of call durations: buckets, quantiles, the longest call.
import { expect, test } from 'vitest'
import { LatencyHistogram } from './latency.ts'

test('buckets are powers of two microseconds', () => {
  const histogram = new LatencyHistogram()
  for (const us of [0, 0.5, 1, 1.9, 2, 3.99, 4, 1000, 1e15]) histogram.note(us / 1000)
  const { count, buckets, maxUs } = histogram.figures()
  expect(count).toBe(9)
  expect(buckets.slice(0, 4)).toEqual([2, 2, 2, 1])
  expect(buckets[10]).toBe(1)
  expect(buckets.length).toBe(33)
  expect(buckets[32]).toBe(1)
  expect(maxUs).toBe(1e15)
})

test('quantiles are upper edges, never above the longest call', () => {
  const histogram = new LatencyHistogram()
  expect(histogram.figures()).toEqual({ count: 0, p50Us: 0, p99Us: 0, maxUs: 0, meanUs: 0, buckets: [] })
  for (let i = 0; i < 98; i++) histogram.note(0.003)
  histogram.note(0.09)
  histogram.note(0.1)
  expect(histogram.figures()).toMatchObject({ count: 100, p50Us: 4, p99Us: 100 })
  expect(histogram.quantileUs(1)).toBe(100)
})
