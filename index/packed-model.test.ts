import { expect, test } from 'vitest'
import { KEY_GENERATORS } from '../datasets/distributions.ts'
import { fitGroupModel } from './group-model.ts'
import { lowerBoundF64 } from './last-mile.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import { packModels } from './packed-model.ts'
import type { PackedModel } from './packed-model.ts'
import { gridCell, predictRow } from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

// What a reader of the records does (storage/table/warm-find.ts in WebAssembly): null = before every key.
function search(model: PackedModel, key: number): { part: number, pos: number, lo: number, hi: number } | null {
  const { doubles, grid, first, scale } = model
  if (!(key - first >= 0)) return null
  const cell = gridCell((key - first) * scale, grid.length - 1)
  let s = grid[cell]!
  while (s < grid[cell + 1]! && doubles[(s + 1) * 4]! <= key) s++
  const [rows, errors, part] = new Int32Array(doubles.buffer, s * 32 + 16, 3) as unknown as [number, number, number]
  const begin = rows & 0xffff
  const limit = (rows >>> 16) + 1
  const pos = predictRow(begin, limit, doubles[s * 4 + 1]!, key - doubles[s * 4]!)
  const lo = Math.max(begin, pos - (errors & 0xffff))
  return { part, pos, lo, hi: Math.min(limit, pos + (errors >>> 16) + 1) }
}

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
  expect(search(model, keys[0]! - 1)).toBeNull()
  const bound = createSearchBound()
  const wrong: number[] = []
  for (let i = 0; i < keys.length; i++) {
    for (const key of [keys[i]!, (keys[i]! + (keys[i + 1] ?? keys[i]! + 1)) / 2]) {
      const found = search(model, key)
      // The midpoint of neighbouring doubles may round up to the next key, and so into the next group.
      const row = lowerBoundF64(keys, 0, keys.length, key)
      const part = Math.floor((keys[row] === key ? row : row - 1) / GROUP_ROWS)
      searchBound(tables[part]!, key, bound)
      const isSame = found !== null && found.part === part && found.pos === bound.pos && found.lo === bound.lo
        && found.hi === bound.hi
      if (!isSame) wrong.push(key)
    }
  }
  expect(wrong).toEqual([])
})

test('a part of 65,536 rows, and one segment over all of them', () => {
  const keys = Float64Array.from({ length: 65_536 }, (_, i) => i * 3)
  const model = packModels([fitGroupModel(keys, keys.length)])!
  expect(search(model, 65_535 * 3)).toMatchObject({ pos: 65_535, hi: 65_536 })
  expect(search(model, 1e300)).toMatchObject({ pos: 65_535 })
})

test('what cannot be packed', () => {
  const finite = fitGroupModel(Float64Array.of(1, 2, 3), 3)
  const many = Float64Array.from({ length: 65_537 }, (_, i) => i)
  expect(packModels([])).toBeNull()
  expect(packModels([finite, fitGroupModel(Float64Array.of(4, Infinity), 2)])).toBeNull()
  expect(packModels([finite, fitGroupModel(Float64Array.of(), 0)])).toBeNull()
  expect(packModels([fitGroupModel(many, many.length)])).toBeNull()
})
