// The stepped sort against the built-in one: same order, stable, for lengths around the sizes of its pieces.
import { expect, test } from 'vitest'
import { Random } from './random.ts'
import { sortSteps } from './sort-steps.ts'

function finish<T>(steps: Generator<void, T>): { value: T; steps: number } {
  for (let count = 0; ; count++) {
    const { done, value } = steps.next()
    if (done === true) return { value, steps: count }
  }
}

test('sorts like Array.sort, equal values in their order', () => {
  const random = new Random(3)
  for (const count of [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100, 1000]) {
    const values = Array.from({ length: count }, (_, at) => ({ key: random.below(count), at }))
    const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key
    expect(finish(sortSteps(values, compare, 8)).value).toEqual([...values].sort(compare))
  }
})

test('comes back between pieces and passes', () => {
  const values = Array.from({ length: 40_000 }, (_, i) => (i * 7919) % 40_009)
  const { value, steps } = finish(sortSteps(values, (a, b) => a - b))
  expect(value).toEqual([...values].sort((a, b) => a - b))
  expect(steps).toBeGreaterThan(60)
})
