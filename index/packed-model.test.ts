import { expect, test } from 'vitest'
import { KEY_GENERATORS } from '../datasets/distributions.ts'
import { fitGroupModel } from './group-model.ts'
import { lowerBoundF64 } from './last-mile.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import { packModels } from './packed-model.ts'
import type { SegmentTable } from './segment-table.ts'

const GROUP_ROWS = 1500

test.each(Object.keys(KEY_GENERATORS))('one model over groups of %s keys answers as each group does', (name) => {
  const generate = KEY_GENERATORS[name as keyof typeof KEY_GENERATORS]!
  const keys = Float64Array.from(new Set(generate(20_000, 11))).sort()
  const tables: SegmentTable[] = []
  for (let begin = 0; begin < keys.length; begin += GROUP_ROWS) {
    const group = keys.slice(begin, begin + GROUP_ROWS)
    tables.push(fitGroupModel(group, group.length))
  }
  const model = packModels(tables)!
  expect(model.segments).toBe(tables.reduce((sum, table) => sum + table.count, 0))
  expect(model.search(keys[0]! - 1)).toBe(false)
  const bound = createSearchBound()
  const wrong: number[] = []
  for (let i = 0; i < keys.length; i++) {
    for (const key of [keys[i]!, (keys[i]! + (keys[i + 1] ?? keys[i]! + 1)) / 2]) {
      const isFound = model.search(key)
      // The midpoint of neighbouring doubles may round up to the next key, and so into the next group.
      const row = lowerBoundF64(keys, 0, keys.length, key)
      const part = Math.floor((keys[row] === key ? row : row - 1) / GROUP_ROWS)
      searchBound(tables[part]!, key, bound)
      const isSame = model.part === part && model.pos === bound.pos && model.lo === bound.lo && model.hi === bound.hi
      if (!isFound || !isSame) wrong.push(key)
    }
  }
  expect(wrong).toEqual([])
})

test('a part of 65,536 rows, and one segment over all of them', () => {
  const keys = Float64Array.from({ length: 65_536 }, (_, i) => i * 3)
  const model = packModels([fitGroupModel(keys, keys.length)])!
  expect(model.search(65_535 * 3)).toBe(true)
  expect(model.pos).toBe(65_535)
  expect(model.hi).toBe(65_536)
  expect(model.search(1e300)).toBe(true)
  expect(model.pos).toBe(65_535)
})

test('what cannot be packed', () => {
  const finite = fitGroupModel(Float64Array.of(1, 2, 3), 3)
  const many = Float64Array.from({ length: 65_537 }, (_, i) => i)
  expect(packModels([])).toBeNull()
  expect(packModels([finite, fitGroupModel(Float64Array.of(4, Infinity), 2)])).toBeNull()
  expect(packModels([finite, fitGroupModel(Float64Array.of(), 0)])).toBeNull()
  expect(packModels([fitGroupModel(many, many.length)])).toBeNull()
})
