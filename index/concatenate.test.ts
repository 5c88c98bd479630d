import { expect, test } from 'vitest'
import { KEY_GENERATORS } from '../datasets/distributions.ts'
import { concatenateTables } from './concatenate.ts'
import { fitGroupModel } from './group-model.ts'
import { lowerBoundF64 } from './last-mile.ts'
import { createSearchBound, searchBound } from './learned-index.ts'

const GROUP_ROWS = 1500

test.each(Object.keys(KEY_GENERATORS))('one table over groups of %s keys bounds every key and every gap', (name) => {
  const generate = KEY_GENERATORS[name as keyof typeof KEY_GENERATORS]!
  const keys = Float64Array.from(new Set(generate(20_000, 11))).sort()
  const tables = []
  for (let begin = 0; begin < keys.length; begin += GROUP_ROWS) {
    const group = keys.slice(begin, begin + GROUP_ROWS)
    tables.push(fitGroupModel(group, group.length))
  }
  const table = concatenateTables(tables)!
  expect(table.keys).toBe(keys.length)
  const bound = createSearchBound()
  for (let i = 0; i < keys.length; i++) {
    for (const key of [keys[i]!, (keys[i]! + (keys[i + 1] ?? keys[i]! + 1)) / 2]) {
      searchBound(table, key, bound)
      const row = lowerBoundF64(keys, 0, keys.length, key)
      expect(bound.lo <= bound.pos && bound.pos <= bound.hi && bound.hi <= keys.length).toBe(true)
      if (keys[row] === key) expect(row >= bound.lo && row < bound.hi, `${name} ${key}`).toBe(true)
    }
  }
})

test('what cannot be one table', () => {
  const finite = fitGroupModel(Float64Array.of(1, 2, 3), 3)
  expect(concatenateTables([])).toBeNull()
  expect(concatenateTables([finite, fitGroupModel(Float64Array.of(4, Infinity), 2)])).toBeNull()
  expect(concatenateTables([finite, fitGroupModel(Float64Array.of(), 0)])).toBeNull()
})
