// Zone maps may only skip: whatever rows a group has, a predicate that one of them satisfies is never skipped;
// and the clear cases are skipped.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BYTEA, DOUBLE, INTEGER, TEXT } from '../../src/base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { ZonePredicate } from '../column-buffers.ts'
import { planChunk } from './chunk-encoder.ts'
import type { GroupMeta } from './row-group.ts'
import { RowGroup } from './row-group.ts'
import { ColumnStage } from './staged-column.ts'
import { groupMayMatch } from './zone-map.ts'

const OPS = ['=', '<', '<=', '>', '>=', 'in', 'is null', 'is not null'] as const

function mayMatch(type: SqlType, values: readonly Scalar[], zones: readonly ZonePredicate[]): boolean {
  const column = new ColumnStage(type, values.length)
  for (const value of values) column.append(value)
  const { chunk } = planChunk(column, 0, values.length)
  const group = new RowGroup({ firstPage: 1, pageCount: 1, streamBytes: 64, metaOffset: 0, rows: values.length,
    firstKeyValues: [0], lastKeyValues: [1] }, 0, 1)
  const schema: TableSchema = { name: 't', columns: [{ name: 'v', type, nullable: true }], key: [0] }
  return groupMayMatch({ chunks: [chunk] } as unknown as GroupMeta, group, schema, zones)
}

function compare(a: Scalar, b: Scalar): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a !== a ? (b !== b ? 0 : 1) : b !== b ? -1 : Math.sign(a - b) || (a < b ? -1 : a > b ? 1 : 0)
  }
  const bytes = (value: Scalar): Uint8Array => (typeof value === 'string' ? Buffer.from(value) : value as Uint8Array)
  return Buffer.compare(bytes(a), bytes(b))
}

function satisfies(value: Scalar, { op, values }: ZonePredicate): boolean {
  if (op === 'is null') return value === null
  if (value === null) return false
  const order = op === 'is not null' ? 0 : compare(value, values[0]!)
  switch (op) {
    case 'is not null': return true
    case 'in': return values.some((other) => compare(value, other) === 0)
    case '=': return order === 0
    case '<': return order < 0
    case '<=': return order <= 0
    case '>': return order > 0
    case '>=': return order >= 0
  }
}

const DOMAINS: [SqlType, (number | string | Uint8Array)[]][] = [
  [INTEGER, [-2, -1, 0, 1, 2, 3]],
  [DOUBLE, [-Infinity, -1, 0, 0.5, Infinity, NaN]],
  [TEXT, ['', 'a', 'b', '\uffff', '\u{1f600}', 'b'.repeat(65)]],
  [BYTEA, [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1), Uint8Array.of(1, 0), Uint8Array.of(255)]],
]

describe('zone maps', () => {
  test.each(DOMAINS)('$kind: a matching row is never skipped', (type, domain) => {
    const random = new Random(2)
    let skipped = 0
    for (let i = 0; i < 3000; i++) {
      const values = Array.from({ length: random.between(1, 4) }, () =>
        (random.chance(0.2) ? null : random.pick(domain)))
      const zone: ZonePredicate = {
        column: 0, op: random.pick(OPS),
        values: Array.from({ length: random.between(1, 3) }, () => random.pick(domain)),
      }
      const may = mayMatch(type, values, [zone])
      if (!may) {
        skipped++
        expect(values.filter((value) => satisfies(value, zone))).toEqual([])
      }
    }
    expect(skipped).toBeGreaterThan(300)
  })

  test('skips what lies outside, and nothing on the borders', () => {
    const check = (op: ZonePredicate['op'], ...values: number[]): boolean =>
      mayMatch(INTEGER, [10, 20], [{ column: 0, op, values }])
    expect([check('=', 9), check('=', 21), check('=', 10), check('=', 20), check('=', 15)])
      .toEqual([false, false, true, true, true])
    expect([check('<', 10), check('<=', 10), check('>', 20), check('>=', 20)]).toEqual([false, true, false, true])
    expect([check('in', 5, 25), check('in', 5, 12), check('is null'), check('is not null')])
      .toEqual([false, true, false, true])
  })

  test('every predicate of a conjunction must be possible', () => {
    const zone = (op: ZonePredicate['op'], value: number): ZonePredicate => ({ column: 0, op, values: [value] })
    expect(mayMatch(INTEGER, [10, 20], [zone('>', 12), zone('<', 15)])).toBe(true)
    expect(mayMatch(INTEGER, [10, 20], [zone('>', 12), zone('<', 5)])).toBe(false)
    expect(mayMatch(INTEGER, [10, 20], [])).toBe(true)
  })

  test('blank-padded text is never compared', () => {
    const zones: ZonePredicate[] = [{ column: 0, op: '=', values: ['zz'] }]
    expect(mayMatch({ kind: 'text', maxLength: 4, blankPadded: true }, ['a   ', 'b   '], zones)).toBe(true)
    expect(mayMatch(TEXT, ['a   ', 'b   '], zones)).toBe(false)
  })
})
