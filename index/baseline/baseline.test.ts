// The rivals against the conformance suite: a bench against a wrong rival would prove nothing.
import { expect, test } from 'vitest'
import { sequentialKeys } from '../../datasets/distributions.ts'
import { describeKeyIndex } from '../key-index.conformance.ts'
import { BTreeIndex } from './btree-index.ts'
import { SortedArrayIndex } from './sorted-array-index.ts'

describeKeyIndex('sorted array', (keys, count) => new SortedArrayIndex(keys, count))
describeKeyIndex('B+-tree', (keys, count) => new BTreeIndex(keys, count))

test('the B+-tree has inner levels and counts all its bytes', () => {
  const tree = new BTreeIndex(sequentialKeys(100_000, 1), 100_000)
  expect(tree.levels.map((level) => level.length)).toEqual([100_000, 1_563, 25])
  expect(tree.bytes).toBe((100_000 + 1_563 + 25) * 8 + 100_001 * 4)
})
