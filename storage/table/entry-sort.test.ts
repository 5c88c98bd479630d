// Sorted entries against a plain sort of the keys: numbers, numbers beside bigints, NaN, infinities and text, in order
// already, in pieces that are, backwards, and at random; more than one piece, and counts around the pieces' edges.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { Delta } from '../delta/delta.ts'
import { sortEntries } from './entry-sort.ts'
import { KeyOrder } from './key.ts'
import type { KeyValue } from './key.ts'
import type { TableStore } from './table-store.ts'

function sorted(keys: readonly KeyValue[], kind: 'bigint' | 'double' | 'text'): KeyValue[] {
  const columns = [{ name: 'id', type: { kind }, nullable: false }]
  const order = new KeyOrder({ name: 't', columns, key: [0] })
  const delta = new Delta()
  for (const key of keys) delta.addEntry(key, null, -1)
  const steps = sortEntries({ delta, order } as unknown as TableStore)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return Array.from(value, (entry) => delta.keyOf(entry))
  }
}

function expected(keys: readonly KeyValue[]): KeyValue[] {
  return [...keys].sort((a, b) => a !== a ? 1 : b !== b ? -1 : a < b ? -1 : a > b ? 1 : 0)
}

test.each([0, 1, 2, 2047, 2048, 2049, 4096, 9000])('%d entries in every order', (count) => {
  const ascending = Array.from({ length: count }, (_, i) => i * 3 - 5000)
  const random = new Random(count)
  const shuffled = random.shuffle([...ascending])
  const pieces = [...ascending.slice(count >> 1), ...ascending.slice(0, count >> 1)]
  for (const keys of [ascending, ascending.toReversed(), shuffled, pieces]) {
    expect(sorted(keys, 'bigint')).toEqual(ascending)
    const texts = keys.map((key) => `key ${key}`)
    expect(sorted(texts, 'text')).toEqual(expected(texts))
  }
})

test('bigints beside numbers, NaN and infinities', () => {
  const random = new Random(8)
  const bigints: KeyValue[] = Array.from({ length: 5000 }, (_, i) => i % 3 === 0 ? 2n ** 60n + BigInt(i) : i)
  const shuffled = random.shuffle(bigints)
  expect(sorted(shuffled, 'bigint')).toEqual(expected(shuffled))
  const doubles = random.shuffle([...Array.from({ length: 5000 }, (_, i) => i / 7), Infinity, -Infinity])
  expect(sorted(doubles, 'double')).toEqual(expected(doubles))
  expect(sorted([...doubles, NaN], 'double')).toEqual(expected([...doubles, NaN]))
})
