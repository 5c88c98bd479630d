// The learned index against the conformance suite, and what only it promises.
import { expect, test } from 'vitest'
import { uniformKeys } from '../datasets/distributions.ts'
import { describeKeyIndex } from './key-index.conformance.ts'
import { LearnedKeyIndex } from './learned-key-index.ts'

describeKeyIndex('learned', (keys, count) => new LearnedKeyIndex(keys, count))
describeKeyIndex('learned, epsilon 2', (keys, count) => new LearnedKeyIndex(keys, count, { epsilon: 2 }))

test('uniform keys cost at most 0.1 byte each and err by at most epsilon and the rounding', () => {
  const index = new LearnedKeyIndex(uniformKeys(65_536, 1), 65_536)
  expect(index.bytes / 65_536).toBeLessThan(0.1)
  expect(index.table.epsilon).toBe(16)
  expect(index.table.maxError).toBeLessThanOrEqual(17)
})
