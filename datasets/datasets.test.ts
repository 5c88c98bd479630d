// The two data sets of the demo: facts about Unicode that anyone can check, and orders that repeat exactly.
import { expect, test } from 'vitest'
import type { Scalar } from '../src/base/types.ts'
import { ordersTable } from './orders.ts'
import { unicodeTable, type TableData } from './unicode.ts'

function row(table: TableData, index: number): Record<string, Scalar> {
  return Object.fromEntries(table.columns.map((column, i) => [column.name, table.data[i]![index] as Scalar]))
}

test('every assigned character, with its properties', () => {
  const table = unicodeTable()
  const points = table.data[0] as Int32Array
  const at = (char: string): Record<string, Scalar> => row(table, points.indexOf(char.codePointAt(0)!))
  expect(table.rowCount).toBeGreaterThan(285_000)
  expect(new Set(points).size).toBe(table.rowCount)
  expect(points.every((point, i) => i === 0 || point > points[i - 1]!)).toBe(true)
  expect(table.data.every((data) => data.length === table.rowCount)).toBe(true)
  expect(at('ß')).toMatchObject({ category: 'Ll', script: 'Latin', upper: 'SS', lower: null, utf8_bytes: 2, plane: 0 })
  expect(at('é')).toMatchObject({ notation: 'U+00E9', decomposition: 'e\u0301', is_alphabetic: 1, width: 1 })
  expect(at('ﬁ')).toMatchObject({ decomposition: null, compatibility: 'fi' })
  expect(at('漢')).toMatchObject({ script: 'Han', category: 'Lo', is_ideographic: 1, width: 2 })
  expect(at('😀')).toMatchObject({ is_emoji: 1, utf8_bytes: 4, plane: 1, category: 'So', script: 'Common' })
  expect(at('٣')).toMatchObject({ digit: 3, category: 'Nd', script: 'Arabic' })
  expect(at('\u0301')).toMatchObject({ is_combining: 1, width: 0, script: 'Inherited' })
  expect(row(table, 0)).toMatchObject({ code_point: 0, char: '\0', category: 'Cc' })
  expect(row(table, table.rowCount - 1)).toMatchObject({ code_point: 0x10fffd, category: 'Co' })
  expect((table.data[3] as Scalar[]).includes('Cn')).toBe(false)
})

test('orders repeat by seed and have the promised shape', () => {
  const table = ordersTable(100_000)
  expect(ordersTable(100_000)).toStrictEqual(table)
  expect(ordersTable(1000, 7).data).not.toStrictEqual(ordersTable(1000, 8).data)
  const ids = table.data[0] as Float64Array
  expect(ids.every((id, i) => i === 0 || id > ids[i - 1]!)).toBe(true)
  expect(ids[99_999]! - ids[0]!).toBeGreaterThan(105_000)
  const notes = table.data[8] as Scalar[]
  const missing = notes.filter((note) => note === null).length
  expect(missing).toBeGreaterThan(9000)
  expect(missing).toBeLessThan(11_000)
  expect(new Set(table.data[2] as Scalar[]).size).toBe(5)
})
