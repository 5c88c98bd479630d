// Pictures: sizes, corners, a straight line, and that predictions are drawn beside the points.
import { expect, test } from 'vitest'
import { lognormalKeys, sequentialKeys, uniformKeys } from '../datasets/distributions.ts'
import { drawErrors, drawFit, sampleFit } from './fit-picture.ts'
import { fitSegments } from './fit.ts'
import { errorHistogram } from './index-stats.ts'

test('a straight run of keys draws the diagonal', () => {
  const keys = Float64Array.from({ length: 16 }, (_, i) => 100 + i)
  const lines = drawFit(sampleFit(fitSegments(keys, 16, {}), keys, 16), { columns: 8, rows: 4 })
  expect(lines).toEqual([
    'row',
    '15 │⠀⠀⠀⠀⠀⠀⡠⠊',
    '   │⠀⠀⠀⠀⡠⠊⠀⠀',
    '   │⠀⠀⡠⠊⠀⠀⠀⠀',
    ' 0 │⡠⠊⠀⠀⠀⠀⠀⠀',
    '   └──────── key',
    '    100  115',
  ])
})

test('any table draws within its size, with the ends named', () => {
  const few = [Float64Array.of(-1.7e308, 0, 1.7e308), Float64Array.of(7)]
  for (const keys of [uniformKeys(9_000, 1), lognormalKeys(9_000, 1), ...few]) {
    {
  }
    const lines = drawFit(sampleFit(fitSegments(keys, keys.length, {}), keys, 400), { columns: 40, rows: 10 })
    expect(lines).toHaveLength(13)
    const margin = String(keys.length - 1).length
    for (const line of lines.slice(1, 11)) {
      expect(line.length).toBeLessThanOrEqual(Math.max(3, margin) + 2 + 40)
    }
    expect(lines[1]!.trimStart().startsWith(String(keys.length - 1))).toBe(true)
  }
})

test('rows of a later group keep their place in the table', () => {
  const keys = sequentialKeys(1_000, 2)
  const picture = sampleFit(fitSegments(keys, 1_000, {}), keys, 10, 65_536)
  expect([picture.rows[0], picture.rows[9]]).toEqual([65_536, 66_535])
  expect([picture.lineRows[0], picture.lineRows[9]]).toEqual([65_536, 66_535])
})

test('nothing to draw is said, infinite runs are left out', () => {
  const empty = new Float64Array(0)
  const model = fitSegments(empty, 0, {})
  expect(drawFit(sampleFit(model, empty, 10), { columns: 10, rows: 3 })).toEqual(['(no finite keys)'])
  expect(drawErrors(errorHistogram(model, empty, 5), 10)).toEqual(['(no finite keys)'])
  const keys = Float64Array.of(-Infinity, 1, 2, 3, Infinity, NaN)
  expect(drawFit(sampleFit(fitSegments(keys, 6, {}), keys, 9), { columns: 9, rows: 2 })[1]).toMatch(/^ *3 │/)
})

test('error bars are in proportion and count every key', () => {
  expect(drawErrors({ edges: Float64Array.of(-1, 0, 1, 2), counts: Float64Array.of(1, 4, 3) }, 4)).toEqual([
    '-1 │█ 1 (12.5 %)', ' 0 │████ 4 (50.0 %)', ' 1 │███ 3 (37.5 %)',
  ])
  const keys = uniformKeys(5_000, 3)
  const model = fitSegments(keys, 5_000, { epsilon: 16 })
  const lines = drawErrors(errorHistogram(model, keys, 9), 20)
  const counted = lines.map((line) => Number(/ (\d+) \(/.exec(line)![1]))
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(5_000)
})
