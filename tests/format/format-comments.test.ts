// Two descriptions of the same bytes drift apart unless a test reads both. The offset tables of
// docs/FORMAT.md and the pictures in the source files are read as text and held against what the encoders
// write.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ, UUID, decimalType,
} from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { ByteWriter } from '../../src/base/bytes.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { PAGE_KIND } from '../../storage/page/page-store.ts'
import { ENCODING_NAMES } from '../../storage/row-group/column-chunk.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { RECORD } from '../../storage/wal/record.ts'
import { headerOf, headingsOfTables, pictureOf, sectionOf, tableRows } from './descriptions.ts'
import type { Described } from './descriptions.ts'
import { measure } from './layout.ts'
import type { Layout } from './layout.ts'
import { allLayouts } from './layouts.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const format = readFileSync(join(root, 'docs/FORMAT.md'), 'utf8')
const layouts = allLayouts()

/** Every way in which a description differs from the bytes. */
function differences(layout: Layout, rows: readonly Described[]): string[] {
  const found: string[] = []
  const told = new Set<string>()
  const measured = measure(layout)
  for (const row of rows) {
    if (/^(reserved|zero)\b/.test(row.label)) {
      const bytes = layout.sample.subarray(row.offset!, row.offset! + row.size!)
      if (bytes.some((byte) => byte !== 0)) found.push(`${row.label} at ${row.offset} is not zero`)
      continue
    }
    const fields = layout.fields.filter(({ label }) => label.test(row.label))
    if (fields.length !== 1) {
      found.push(`"${row.label}" names ${fields.length} fields of the ${layout.name}`)
      continue
    }
    const is = measured.find(({ name }) => name === fields[0]!.name)!
    told.add(is.name)
    const { offset, size } = row
    if (offset !== null && offset !== is.offset) found.push(`${is.name} is at ${is.offset}, not ${offset}`)
    if (size !== null && size !== is.size) found.push(`${is.name} has ${is.size} bytes, not ${size}`)
  }
  for (const { name } of layout.fields) if (!told.has(name)) found.push(`${name} is not described`)
  return found
}

/** False for "entries": what follows a header has a table of its own. */
function isField({ label }: Described): boolean {
  return !/^(directory )?entries/.test(label)
}

/** Fixed fields leave no hole: each begins where the one before it ends. */
function holes(rows: readonly Described[], allowed: readonly number[]): number[] {
  return rows.flatMap((row, i) => {
    const before = rows[i - 1]
    const { offset } = row
    if (before === undefined || before.size === null || before.offset === null || offset === null) return []
    return before.offset + before.size === offset || allowed.includes(offset) ? [] : [offset]
  })
}

describe('docs/FORMAT.md', () => {
  test.each(layouts)('$name', (layout) => {
    const rows = tableRows(sectionOf(format, layout.heading)).filter(isField)
    expect(differences(layout, rows)).toEqual([])
    // The checksum of a copy of 2 KiB stands at its end, behind bytes that are not used.
    expect(holes(rows, layout.sample.length === 2048 ? [2044] : [])).toEqual([])
  })

  test('has no offset table that nothing checks', () => {
    expect(headingsOfTables(format)).toEqual(expect.arrayContaining(layouts.map(({ heading }) => heading)))
    expect(layouts.map(({ heading }) => heading)).toEqual(expect.arrayContaining(headingsOfTables(format)))
  })

  test('lists the codes the engine uses', () => {
    const codes = (text: string): Record<string, number> =>
      Object.fromEntries([...text.matchAll(/(\d+) ([a-z]\w+)/g)].map(([, code, name]) => [name, Number(code)]))
    const lower = (codes: Record<string, number>): Record<string, number> =>
      Object.fromEntries(Object.entries(codes).map(([name, code]) => [name.toLowerCase(), code]))
    const label = (heading: string, start: string): string =>
      tableRows(sectionOf(format, heading)).find((row) => row.label.startsWith(start))!.label
    const { CATALOG, ...kinds } = PAGE_KIND
    expect(codes(label('Page map', 'kind'))).toEqual({ ...lower(kinds), catalogue: CATALOG })
    expect(codes(label('Log records', 'type'))).toEqual(lower(RECORD))
    const encodings = sectionOf(format, 'Encodings')
    expect([...encodings.matchAll(/^\| (\d) (\w+) /gm)].map(([, , name]) => name)).toEqual(ENCODING_NAMES)
    expect(codes(/Layouts name the width: ([^.]*)\./.exec(encodings)![1]!)).toEqual(lower(LAYOUT))
  })
})

describe('pictures in the source', () => {
  test.each(layouts)('$source: $name', (layout) => {
    const header = headerOf(readFileSync(join(root, layout.source), 'utf8'))
    expect(differences(layout, pictureOf(header, layout.picture).filter(isField))).toEqual([])
  })
})

describe('rows', () => {
  const zeros = new Uint8Array(16)
  const CASES: readonly [string, SqlType, Scalar][] = [
    ['boolean', BOOLEAN, 0], ['smallint', SMALLINT, 0], ['integer', INTEGER, 0], ['date', DATE, 0],
    ['bigint', BIGINT, 0],
    ['decimal of up to 18 digits', decimalType(18, 0), 0], ['time', TIME, 0], ['timestamp', TIMESTAMP, 0],
    ['timestamptz', TIMESTAMPTZ, 0], ['real', REAL, 0], ['double', DOUBLE, 0],
    ['decimal of more than 18 digits', decimalType(19, 0), 0n], ['uuid', UUID, zeros],
    ['interval', INTERVAL, zeros],
    ['text', TEXT, 'abc'], ['json', JSON_TYPE, 'abc'], ['bytea', BYTEA, zeros.subarray(0, 3)],
  ]
  const table = [...sectionOf(format, 'Rows').matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm)]
    .filter(([, types]) => types !== 'types' && !types!.startsWith('-'))
    .map(([, types, size]) => ({ types: types!.split(', '), size: size! }))

  test.each(CASES)('%s', (name, type, value) => {
    const out = new ByteWriter()
    new RowCodec([type]).encode([value], out)
    const row = table.find(({ types }) => types.includes(name))!
    const parts = row.size === '1 to 8 + n' ? ['1', '3'] : row.size.split(' + ')
    expect(out.length - 1).toBe(parts.reduce((sum, part) => sum + Number(part), 0))
  })

  test('every type that is described is one of these', () => {
    expect(table.flatMap(({ types }) => types).sort()).toEqual(CASES.map(([name]) => name).sort())
  })
})

describe('the comparison', () => {
  const layout = layouts.find(({ name }) => name === 'table root')!
  const rows = tableRows(sectionOf(format, 'Table roots')).filter(isField)

  test('finds a wrong offset, a wrong size, a field that is left out and one that does not exist', () => {
    expect(differences(layout, rows.map((row) => (row.label === 'table id' ? { ...row, offset: 8 } : row))))
      .toEqual(['tableId is at 4, not 8'])
    expect(differences(layout, rows.map((row) => (row.label === 'table id' ? { ...row, size: 8 } : row))))
      .toEqual(['tableId has 4 bytes, not 8'])
    expect(differences(layout, rows.slice(1))).toEqual(['magic is not described'])
    expect(differences(layout, [...rows, { offset: 28, size: 4, label: 'colour' }]))
      .toEqual(['"colour" names 0 fields of the table root'])
    expect(holes([rows[0]!, rows[2]!], [])).toEqual([8])
  })
})
