import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, BOOLEAN, DOUBLE, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import { call, col, filterOf, limitOf, lit, projectOf, scanOf, schemaOf } from '../plan/logical.fixture.ts'
import type { LogicalPlan, SetPlan } from '../plan/logical.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const TYPES: readonly [string, SqlType, (random: Random) => Scalar][] = [
  ['integers', INTEGER, (random) => random.below(9)],
  ['int64 beyond 2^53', BIGINT, (random) => 2n ** 60n + BigInt(random.below(9))],
  ['doubles', DOUBLE, (random) => random.pick([0, 1.5, -1.5, NaN, 1e300, Infinity])],
  ['texts', TEXT, (random) => random.pick(['', 'a', 'aa', 'b', 'long text that is the same'])],
  ['wide decimals', decimalType(30, 2), (random) => random.pick([10n ** 25n, -(10n ** 25n), 5n, 6n])],
  ['booleans', BOOLEAN, (random) => random.below(2)],
]
const OPERATIONS = [['union', true], ['intersect', false], ['intersect', true], ['except', false],
  ['except', true]] as const

function setOf(operation: SetPlan['operation'], all: boolean, ...inputs: LogicalPlan[]): SetPlan {
  return { kind: 'set', operation, all, inputs, output: inputs[0]!.output }
}

function texts(rows: readonly Row[]): string[] {
  return rows.map((row) => row.map(String).join('|')).sort()
}

/** The definition: how often each row is in the result. */
function reference(operation: SetPlan['operation'], all: boolean, left: string[], right: string[]): string[] {
  if (operation === 'union') return [...left, ...right].sort()
  return [...new Set(left)].flatMap((row) => {
    const [l, r] = [left, right].map((list) => list.filter((other) => other === row).length) as [number, number]
    const times = operation === 'intersect' ? Math.min(l, r) : Math.max(0, all ? l - r : r === 0 ? l : 0)
    return Array.from({ length: all ? times : Math.min(1, times) }, () => row)
  }).sort()
}

describe('set operations', () => {
  test.each(TYPES)('on %s count rows as they are defined, NULL equal to NULL', (_, type, draw) => {
    for (let seed = 0; seed < 4; seed++) {
      const db = new MemoryDatabase(seed)
      const random = new Random(seed + 300)
      const rows = (count: number): Row[] => Array.from({ length: count }, (__, i) =>
        [i, random.chance(0.2) ? null : draw(random), random.chance(0.2) ? null : `s${random.below(3)}`])
      const left = db.add(schemaOf('l', { id: BIGINT, k: type, s: TEXT }), rows(seed === 3 ? 0 : 150))
      const right = db.add(schemaOf('r', { id: BIGINT, k: type, s: TEXT }), rows(seed * 40))
      const [l, r] = [left, right].map(({ schema }) => {
        const scan = scanOf(schema)
        return projectOf(scan, [col(scan, 'k'), col(scan, 's')])
      }) as [LogicalPlan, LogicalPlan]
      const [a, b] = [left, right].map((table) => texts(table.rows.map((row) => row.slice(1)))) as [string[], string[]]
      for (const [operation, all] of OPERATIONS) {
        for (const backend of ['javascript', 'webassembly'] as const) {
          expect(texts(db.query(setOf(operation, all, l, r), backend))).toEqual(reference(operation, all, a, b))
        }
      }
      expect(db.openCursors).toBe(0)
    }
  })

  test('a limit does not open the inputs it does not reach, and conditions sink into all of them', () => {
    const db = new MemoryDatabase(1)
    const table = db.add(schemaOf('t', { id: BIGINT }), Array.from({ length: 100 }, (_, i) => [i]))
    const scan = scanOf(table.schema)
    const zero = call('sub', [col(scan, 'id'), col(scan, 'id')], BIGINT)
    const failing = projectOf(scan, [call('div', [lit(1), zero], BIGINT)])
    expect(db.query(limitOf(setOf('union', true, scan, failing), lit(3)), 'javascript')).toHaveLength(3)
    expect(() => db.query(setOf('union', true, scan, failing), 'javascript')).toThrow(/division by zero/)
    const union = setOf('union', true, scan, scan)
    const text = db.plan(filterOf(union, call('eq', [col(union, 0), lit(7)]))).explain('text')
    expect(text).toMatch(/^Append.*\n {2}-> Point t .*\n.*\n {2}-> Point t /)
    expect(db.openCursors).toBe(0)
  })
})
