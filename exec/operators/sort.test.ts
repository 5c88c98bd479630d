import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DOUBLE, INTEGER, INTERVAL, REAL, TEXT, UUID, decimalType,
} from '../../src/base/types.ts'
import { decodeInterval, encodeInterval, intervalOrder } from '../../src/base/interval.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import type { SortKey } from '../plan/logical.ts'
import { col, limitOf, lit, param, scanOf, schemaOf, sortOf } from '../plan/logical.fixture.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const bytes = (length: number) => (random: Random): Scalar => Uint8Array.from({ length }, () => random.below(3))

const TAILS = ['', 'a', 'ab', 'ab\0', 'b', '\u{1F600}', '\uFFFD', 'longer than eight', 'longer than eighty']

const DRAWS: readonly [string, SqlType, (random: Random) => Scalar][] = [
  ['small integers', INTEGER, (random) => random.below(20) - 10],
  ['int64 over the whole range', BIGINT, (random) => random.pick([-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n,
    0, -1, 5])],
  ['booleans', BOOLEAN, (random) => random.below(2)],
  ['doubles with NaN', DOUBLE, (random) => random.pick([NaN, Infinity, -Infinity, 0, 1e-300, -5.5, 5.5])],
  ['reals', REAL, (random) => random.pick([NaN, 0, 1.5, -1.5, -2])],
  ['wide decimals', decimalType(38, 2), (random) => random.pick([-(10n ** 30n), 10n ** 30n, 10n ** 30n + 1n, 0, 7])],
  ['texts', TEXT, (random) => `shared prefix ${random.pick(TAILS)}`],
  ['bytea', BYTEA, (random) => bytes(random.below(4))(random)],
  ['uuid', UUID, bytes(16)],
  ['intervals', INTERVAL, (random) => encodeInterval({ months: random.below(2), days: random.below(3) * 15,
    micros: 0 })],
]

interface Key { column: number; descending: boolean; nullsFirst: boolean }

function expected(rows: Row[], types: SqlType[], keys: Key[]): Row[] {
  return [...rows].sort((a, b) => {
    for (const { column, descending, nullsFirst } of keys) {
      const [x, y] = [a[column]!, b[column]!]
      if (x === null || y === null) {
        if (x !== y) return (x === null) === nullsFirst ? -1 : 1
        continue
      }
      const order = compareScalars(types[column]!, x, y)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
}

/** Keys as comparable text; 16 bytes are an interval, of which equal lengths are equal, or a uuid. */
function keysOf(rows: Row[], columns: number[], type: SqlType = BIGINT): string[] {
  const text = (value: Scalar): string => value instanceof Uint8Array && type.kind === 'interval'
    ? String(intervalOrder(decodeInterval(value))) : String(value)
  return rows.map((row) => columns.map((c) => text(row[c]!)).join(' / '))
}

describe('sort', () => {
  for (const [label, type, draw] of DRAWS) {
    for (const count of [90, 1500]) {
      test(`${count} rows by ${label}, every direction and place of NULLs`, () => {
        const db = new MemoryDatabase(count)
        const random = new Random(5)
        const schema = schemaOf('t', { id: BIGINT, k: type, second: INTEGER })
        const table = db.add(schema, Array.from({ length: count }, (_, i) =>
          [i, random.chance(0.1) ? null : draw(random), random.below(5)]), 400)
        const scan = scanOf(schema)
        const types = schema.columns.map((column) => column.type)
        for (let variant = 0; variant < 4; variant++) {
          const flags = { descending: (variant & 1) === 1, nullsFirst: (variant & 2) === 2 }
          const keys: SortKey[] = [{ expression: col(scan, 'k'), ...flags },
            { expression: col(scan, 'second'), descending: !flags.descending, nullsFirst: false }]
          const columns = [{ column: 1, ...flags }, { column: 2, descending: !flags.descending, nullsFirst: false }]
          const want = expected(table.rows, types, columns)
          const got = db.query(sortOf(scan, ...keys), 'javascript')
          expect(keysOf(got, [1, 2], type)).toEqual(keysOf(want, [1, 2], type))
          expect(new Set(got.map((row) => row[0])).size).toBe(count)
          const top = db.query(limitOf(sortOf(scan, ...keys), lit(7), lit(2)), 'javascript')
          expect(keysOf(top, [1, 2], type)).toEqual(keysOf(want.slice(2, 9), [1, 2], type))
        }
      })
    }
  }

  test('equal keys keep their order', () => {
    const db = new MemoryDatabase(9)
    const schema = schemaOf('t', { id: BIGINT, k: INTEGER })
    db.add(schema, Array.from({ length: 3000 }, (_, i) => [i, i % 3]))
    const byId = sortOf(scanOf(schema), { expression: col(scanOf(schema), 'id'), descending: false, nullsFirst: false })
    const input = limitOf(byId, lit(10_000))
    const sorted = db.query(sortOf(input, { expression: col(input, 'k'), descending: false,
      nullsFirst: false }), 'javascript')
    for (let i = 1; i < sorted.length; i++) {
      if (sorted[i]![1] === sorted[i - 1]![1]) expect(Number(sorted[i]![0])).toBeGreaterThan(Number(sorted[i - 1]![0]))
    }
  })

  test('top-N over many batches keeps the best rows and drops most others at the gate', () => {
    const db = new MemoryDatabase(10)
    const random = new Random(10)
    const schema = schemaOf('t', { id: BIGINT, k: BIGINT, s: TEXT })
    const rows = Array.from({ length: 40_000 }, (_, i): Row => [i,
      random.chance(0.01) ? null : random.below(1e9), `text ${random.below(1000)}`])
    const table = db.add(schema, rows, 5000)
    const scan = scanOf(schema)
    for (const [column, name] of [[1, 'k'], [2, 's']] as const) {
      for (const descending of [false, true]) {
        const key = { expression: col(scan, name), descending, nullsFirst: descending }
        const plan = db.plan(limitOf(sortOf(scan, key), param(0)))
        expect(plan.explain('text')).toContain('TopN')
        const want = expected(table.rows, schema.columns.map((c) => c.type),
          [{ column, descending, nullsFirst: descending }])
        for (const limit of [1, 10, 1000]) {
          expect(keysOf(db.query(plan, 'javascript', [limit]), [column])).toEqual(keysOf(want.slice(0, limit),
            [column]))
        }
        expect(db.query(plan, 'javascript', [0])).toEqual([])
        expect(db.query(plan, 'javascript', [null])).toHaveLength(40_000)
      }
    }
  })
})
