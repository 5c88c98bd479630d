// Box tables, splitting scripts, and how errors are printed.
import { describe, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../base/errors.ts'
import { BIGINT, BOOLEAN, DATE, decimalType, TEXT, type ColumnSchema } from '../base/types.ts'
import { appendColumns } from '../formats/append-columns.ts'
import { formatTable } from './format-table.ts'
import { describeError } from './report-error.ts'
import { isComplete, splitSql } from './split-sql.ts'

const columns = [{ name: 'id', isNumber: true }, { name: 'name', isNumber: false }]

describe('formatTable', () => {
  test('alignment, wide characters, NULL and line breaks', () => {
    expect(formatTable(columns, [['1', '漢字'], ['-22', null], ['3', 'a\nb\u0000']], { maxWidth: Infinity }))
      .toStrictEqual([
      '┌─────┬────────────┐',
      '│  id │ name       │',
      '├─────┼────────────┤',
      '│   1 │ 漢字       │',
      '│ -22 │ NULL       │',
      '│   3 │ a\\nb\\u0000 │',
      '└─────┴────────────┘',
    ])
  })

  test('a gap marks elided rows', () => {
    expect(formatTable(columns, [['1', 'a'], ['9', 'z']], { maxWidth: Infinity, gapAfter: 1 }).slice(3, 6))
      .toStrictEqual(['│  1 │ a    │', '│  · │ ·    │', '│  9 │ z    │'])
  })

  test('long cells are cut to the terminal, then columns are dropped', () => {
    const lines = formatTable(columns, [['1', 'x'.repeat(100)]], { maxWidth: 30 })
    expect(new Set(lines.map((line) => line.length))).toStrictEqual(new Set([30]))
    expect(lines[3]).toBe('│  1 │ ' + 'x'.repeat(20) + '… │')
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `column_${i}`, isNumber: false }))
    const cut = formatTable(many, [many.map(() => 'value')], { maxWidth: 60 })
    expect(cut.every((line) => line.length <= 60)).toBe(true)
    expect(cut[1]).toMatch(/^│ column_0 .* … .* column_29 │$/)
  })

  test('no rows', () => {
    expect(formatTable(columns, [], { maxWidth: Infinity }).length).toBe(4)
  })
})

describe('scripts', () => {
  test('statements keep their place', () => {
    expect(splitSql("select 1; -- a ; b\n  select ';' ;\n;"))
      .toStrictEqual(['select 1', '                  \n  select \';\' '])
    expect(splitSql(' \n ')).toStrictEqual([])
  })

  test('a shell waits for the semicolon', () => {
    expect(isComplete('select 1')).toBe(false)
    expect(isComplete("select ';")).toBe(false)
    expect(isComplete('select 1; -- done')).toBe(true)
    expect(isComplete('/* open ;')).toBe(false)
    expect(isComplete('  ')).toBe(true)
  })
})

test('errors show code, detail and hint', () => {
  const error = new DatabaseError(CODE.UNDEFINED_TABLE, 'relation "ordes" does not exist',
    { hint: 'Did you mean "orders"?' })
  expect(describeError(error, false).split('\n'))
    .toStrictEqual(['ERROR: relation "ordes" does not exist', 'SQLSTATE: 42P01', 'HINT: Did you mean "orders"?'])
})

test('batches of a reader become columns of append', () => {
  const schema = [['a', BIGINT], ['b', BOOLEAN], ['c', DATE], ['d', decimalType(5, 2)], ['e', TEXT]] as const
  const list = schema.map(([name, type]): ColumnSchema => ({ name, type, nullable: true }))
  const batch = [Float64Array.of(1, 2), Int32Array.of(1, 0), [0, null], [125, null], ['x', null]]
  expect(appendColumns(list, batch)).toStrictEqual({
    a: Float64Array.of(1, 2), b: [true, false], c: ['1970-01-01', null], d: ['1.25', null], e: ['x', null],
  })
})
