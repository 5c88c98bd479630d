import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, BOOLEAN, DOUBLE, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import {
  call, cast, col, filterOf, joinOf, lit, projectOf, rightCol, scanOf, schemaOf,
} from '../plan/logical.fixture.ts'
import type { JoinPlan, LogicalPlan } from '../plan/logical.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

/** Key values of each type with duplicates and NULLs. */
const KEY_TYPES: readonly [string, SqlType, (random: Random) => Scalar][] = [
  ['dense integers', INTEGER, (random) => random.below(40)],
  ['sparse integers', BIGINT, (random) => random.below(40) * 1_000_003 - 20_000_000],
  ['int64 beyond 2^53', BIGINT, (random) => 2n ** 60n + BigInt(random.below(40))],
  ['doubles', DOUBLE, (random) => random.pick([0, 1.5, -1.5, NaN, 1e300, Infinity, 7])],
  ['texts', TEXT, (random) => random.pick(['', 'a', 'aa', 'b', 'long text that is the same',
    'long text that is other'])],
  ['wide decimals', decimalType(30, 2), (random) => random.pick([10n ** 25n, -(10n ** 25n), 5, 6, 7])],
]

function reference(left: Row[], right: Row[], keep: boolean, match: (l: Row, r: Row) => boolean): string[] {
  const out: Row[] = []
  for (const l of left) {
    const partners = right.filter((r) => match(l, r))
    for (const r of partners) out.push([...l, ...r])
    if (keep && partners.length === 0) out.push([...l, ...right[0]!.map(() => null)])
  }
  return canonical(out)
}

function canonical(rows: Row[]): string[] {
  return rows.map((row) => row.map(String).join('|')).sort()
}

const sameKey = (a: Scalar, b: Scalar): boolean => a !== null && b !== null && (a === b || Object.is(a, b))

describe('joins', () => {
  for (const [label, type, draw] of KEY_TYPES) {
    test(`inner and left hash joins on ${label} equal nested loops`, () => {
      for (let seed = 0; seed < 6; seed++) {
        const db = new MemoryDatabase(seed)
        const random = new Random(seed + 100)
        const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) =>
          [i, random.chance(0.1) ? null : draw(random), `row ${i}`])
        const left = db.add(schemaOf('l', { id: BIGINT, k: type, note: TEXT }), rows(seed % 2 === 0 ? 120 : 30))
        const right = db.add(schemaOf('r', { rid: BIGINT, rk: type, rnote: TEXT }), rows(seed % 2 === 0 ? 50 : 90))
        const [l, r] = [scanOf(left.schema), scanOf(right.schema)]
        const match = (a: Row, b: Row): boolean => sameKey(a[1]!, b[1]!)
        const inner = joinOf('inner', l, r, [['k', 'rk']])
        expect(canonical(db.query(inner, 'javascript'))).toEqual(reference(left.rows, right.rows, false, match))
        const outer = joinOf('left', l, r, [['k', 'rk']])
        expect(canonical(db.query(outer, 'javascript'))).toEqual(reference(left.rows, right.rows, true, match))
        expect(db.openCursors).toBe(0)
      }
    })
  }

  for (const [label, type, draw] of KEY_TYPES) {
    test(`semi and anti joins on ${label} equal nested loops`, () => {
      for (let seed = 0; seed < 4; seed++) {
        const db = new MemoryDatabase(seed)
        const random = new Random(seed + 200)
        const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) =>
          [i, random.chance(0.1) ? null : draw(random), i % 7])
        const left = db.add(schemaOf('l', { id: BIGINT, k: type, n: BIGINT }), rows(90))
        const right = db.add(schemaOf('r', { rid: BIGINT, rk: type, rn: BIGINT }), rows(seed * 20))
        const [l, r] = [scanOf(left.schema), scanOf(right.schema)]
        const less = call('lt', [col(l, 'n'), rightCol(joinOf('cross', l, r, []), 'rn')])
        const keyed = (a: Row, b: Row): boolean => sameKey(a[1]!, b[1]!)
        const smaller = (a: Row, b: Row): boolean => Number(a[2]) < Number(b[2])
        const cases = [
          [[['k', 'rk']], null, keyed], [[['k', 'rk']], less, (a: Row, b: Row) => keyed(a, b) && smaller(a, b)],
          [[], less, smaller], [[], null, () => true],
        ] as const
        for (const [keys, residual, match] of cases) {
          const has = (row: Row): boolean => right.rows.some((other) => match(row, other))
          for (const join of ['semi', 'anti'] as const) {
            const want = canonical(left.rows.filter((row) => has(row) === (join === 'semi')))
            for (const backend of ['javascript', 'webassembly'] as const) {
              expect(canonical(db.query(joinOf(join, l, r, keys, residual), backend))).toEqual(want)
            }
          }
        }
        expect(db.openCursors).toBe(0)
      }
    })
  }

  test('several keys must all match', () => {
    const db = new MemoryDatabase(3)
    const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => [i, i % 5, i % 3 === 0 ? 'x' : 'y'])
    const left = db.add(schemaOf('l', { id: BIGINT, k: INTEGER, s: TEXT }), rows(40))
    const right = db.add(schemaOf('r', { rid: BIGINT, rk: INTEGER, rs: TEXT }), rows(25))
    const join = joinOf('inner', scanOf(left.schema), scanOf(right.schema), [['k', 'rk'], ['s', 'rs']])
    const match = (a: Row, b: Row): boolean => a[1] === b[1] && a[2] === b[2]
    expect(canonical(db.query(join, 'javascript'))).toEqual(reference(left.rows, right.rows, false, match))
  })

  test('cross joins and joins with an empty side', () => {
    const db = new MemoryDatabase(4)
    const left = db.add(schemaOf('l', { id: BIGINT }), Array.from({ length: 130 }, (_, i) => [i]))
    const right = db.add(schemaOf('r', { rid: BIGINT }), Array.from({ length: 120 }, (_, i) => [i]))
    const none = db.add(schemaOf('n', { nid: BIGINT, v: TEXT }), [])
    const [l, r, n] = [scanOf(left.schema), scanOf(right.schema), scanOf(none.schema)]
    expect(db.query(joinOf('cross', l, r, []), 'javascript')).toHaveLength(130 * 120)
    expect(db.query(joinOf('cross', l, n, []), 'javascript')).toEqual([])
    expect(db.query(joinOf('inner', l, n, [['id', 'nid']]), 'javascript')).toEqual([])
    expect(db.query(joinOf('inner', n, l, [['nid', 'id']]), 'javascript')).toEqual([])
    const outer = db.query(joinOf('left', l, n, [['id', 'nid']]), 'javascript')
    expect(outer).toHaveLength(130)
    expect(outer.every((row) => row[1] === null && row[2] === null)).toBe(true)
  })

  test('the smaller side by estimate is kept in memory, and EXPLAIN says so', () => {
    const db = new MemoryDatabase(5)
    const large = db.add(schemaOf('l', { id: BIGINT }), Array.from({ length: 300 }, (_, i) => [i]))
    const small = db.add(schemaOf('s', { sid: BIGINT }), [[1], [2]])
    const [l, s] = [scanOf(large.schema), scanOf(small.schema)]
    const right = db.plan(joinOf('inner', l, s, [['id', 'sid']])).explain('text')
    expect(right).toContain('the right side is expected to be smaller')
    const left = db.plan(joinOf('inner', s, l, [['sid', 'id']])).explain('text')
    expect(left).toContain('the left side is expected to be smaller')
    const swapped = db.query(joinOf('inner', s, l, [['sid', 'id']]), 'javascript')
    expect(canonical(swapped)).toEqual(['1|1', '2|2'])
  })

  test('conditions of WHERE become keys of a cross join, and reject NULL rows of a left join', () => {
    const db = new MemoryDatabase(6)
    const left = db.add(schemaOf('l', { id: BIGINT, k: BIGINT }), [[1, 10], [2, 20], [3, null]])
    const right = db.add(schemaOf('r', { rid: BIGINT, v: BIGINT }), [[10, 5], [20, 6]])
    const cross = joinOf('cross', scanOf(left.schema), scanOf(right.schema), [])
    const where = call('eq', [rightCol(cross, 'rid'), col(cross, 'k')])
    const filtered = { kind: 'filter', input: cross, predicate: where, output: cross.output } as const
    expect(db.plan(filtered).explain('text')).toContain('HashJoin')
    expect(canonical(db.query(projectOf(filtered, [col(cross, 'id'), rightCol(cross, 'v')]),
      'javascript'))).toEqual(['1|5', '2|6'])
    const outer = joinOf('left', scanOf(left.schema), scanOf(right.schema), [['k', 'rid']])
    const rejecting = { kind: 'filter', input: outer, predicate: call('eq', [rightCol(outer, 'rid'), lit(20)]),
      output: outer.output } as const
    const text = db.plan(rejecting).explain('text')
    expect(text).toContain('HashJoin')
    expect(text).toContain('Point r')
    expect(canonical(db.query(rejecting, 'javascript'))).toEqual(['2|20|20|6'])
  })
})

test('integer keys of different widths join without computing casts', () => {
  const db = new MemoryDatabase(8)
  const narrow = db.add(schemaOf('n', { id: BIGINT, k: INTEGER }), [[1, 10], [2, -20], [3, null], [4, 30]])
  const wide = db.add(schemaOf('w', { wid: BIGINT }), [[10], [-20], [2 ** 40]])
  const [n, w] = [scanOf(narrow.schema), scanOf(wide.schema)]
  const join = { ...joinOf('inner', n, w, []), leftKeys: [cast(col(n, 'k'), BIGINT)], rightKeys: [col(w, 'wid')] }
  expect(db.plan(join).explain('text')).not.toContain('Project')
  expect(canonical(db.query(join, 'javascript'))).toEqual(['1|10|10', '2|-20|-20'])
})

describe('semi-joins', () => {
  const left = schemaOf('l', { id: BIGINT, k: INTEGER, s: TEXT })
  const right = schemaOf('r', { rid: BIGINT, rk: INTEGER, rs: TEXT })
  const [l, r] = [scanOf(left), scanOf(right)]

  function members(arg: string, of: string, negated: boolean): LogicalPlan {
    const plan = projectOf(r, [col(r, of)])
    const e = { kind: 'subquery', mode: 'in', plan, arg: col(l, arg), negated, type: BOOLEAN } as const
    return { kind: 'filter', input: l, predicate: e, output: l.output }
  }

  function ids(rights: Row[], arg: string, of: string, negated: boolean): unknown[] {
    const db = new MemoryDatabase(rights.length)
    db.add(left, [[1, 1, 'a'], [2, 2, 'b'], [3, null, null], [4, 4, 'd'], [5, 2, 'b']])
    db.add(right, rights)
    const plan = db.plan(members(arg, of, negated))
    expect(plan.explain('text')).toContain(negated ? 'HashAntiJoin' : 'HashSemiJoin')
    const before = db.memory.usedFrames
    const rows = db.query(plan, 'javascript').map((row) => Number(row[0])).sort()
    expect(db.memory.usedFrames).toBe(before)
    return rows
  }

  const found: Row[] = [[1, 2, 'b'], [2, 2, 'b'], [3, 9, 'z']]
  const withNull: Row[] = [...found, [4, null, null]]

  test('IN and NOT IN on integers and on text', () => {
    for (const [arg, of] of [['k', 'rk'], ['s', 'rs']] as const) {
      expect(ids(found, arg, of, false)).toEqual([2, 5])
      expect(ids(found, arg, of, true)).toEqual([1, 4])
    }
  })

  test('a NULL among the values makes NOT IN pass nothing; no values make it pass everything', () => {
    expect(ids(withNull, 'k', 'rk', false)).toEqual([2, 5])
    expect(ids(withNull, 'k', 'rk', true)).toEqual([])
    expect(ids([], 'k', 'rk', false)).toEqual([])
    expect(ids([], 'k', 'rk', true)).toEqual([1, 2, 3, 4, 5])
  })

  test('integers of different widths', () => {
    expect(ids(found, 'k', 'rid', false)).toEqual([1, 2, 5])
  })
})

describe('index joins', () => {
  const order = schemaOf('o', { id: BIGINT, customer: INTEGER, note: TEXT })
  const customer = schemaOf('c', { cid: BIGINT, name: TEXT, city: INTEGER })
  const [o, c] = [scanOf(order), scanOf(customer)]

  function database(): MemoryDatabase {
    const db = new MemoryDatabase(12)
    db.add(order, Array.from({ length: 400 }, (_, i): Row => [i, i % 9 === 0 ? null : (i * 7) % 600, `note ${i % 5}`]))
    db.add(customer, Array.from({ length: 500 }, (_, i): Row => [i, i % 4 === 0 ? null : `name ${i}`, i % 10]))
    return db
  }

  const fewOrders = (low: number, high: number): LogicalPlan =>
    filterOf(o, call('ge', [col(o, 'id'), lit(low)]), call('lt', [col(o, 'id'), lit(high)]))

  /** Join of some orders with customers, customers on either side. */
  function joined(kind: 'inner' | 'left', orders: LogicalPlan, swapped = false): JoinPlan {
    const key = cast(col(orders, 'customer'), BIGINT)
    const plain = swapped ? joinOf(kind, c, orders, []) : joinOf(kind, orders, c, [])
    const [mine, theirs] = [[key], [col(c, 'cid')]]
    return { ...plain, leftKeys: swapped ? theirs : mine, rightKeys: swapped ? mine : theirs }
  }

  test('few outer rows look their keys up, on either side, one probe each', () => {
    const db = database()
    const [orders, customers] = [db.access('o').rows.slice(9, 14), db.access('c').rows]
    const match = (a: Row, b: Row): boolean => a[1] === b[0]
    const plan = db.plan(joined('inner', fewOrders(9, 14)))
    expect(plan.explain('text')).toMatch(/IndexJoin c[\s\S]*learned index; cost/)
    const before = db.indexCounters.probes
    expect(canonical(db.query(plan, 'javascript'))).toEqual(reference(orders, customers, false, match))
    expect(db.indexCounters.probes - before).toBe(4)
    const left = joined('left', fewOrders(9, 14))
    expect(db.plan(left).explain('text')).toContain('IndexLeftJoin')
    expect(canonical(db.query(left, 'javascript'))).toEqual(reference(orders, customers, true, match))
    const swapped = joined('inner', fewOrders(9, 14), true)
    expect(db.plan(swapped).explain('text')).toContain('IndexJoin')
    const other = (a: Row, b: Row): boolean => a[0] === b[1]
    expect(canonical(db.query(swapped, 'javascript'))).toEqual(reference(customers, orders, false, other))
  })

  test('conditions on the table looked up are checked afterwards; with a left join they forbid it', () => {
    const db = database()
    const [orders, customers] = [db.access('o').rows.slice(1, 4), db.access('c').rows]
    const narrowed = filterOf(c, call('lt', [col(c, 'city'), lit(5, INTEGER)]))
    const inner = { ...joined('inner', fewOrders(1, 4)), right: narrowed }
    expect(db.plan(inner).explain('text')).toMatch(/Filter[\s\S]*IndexJoin/)
    const match = (a: Row, b: Row): boolean => a[1] === b[0] && Number(b[2]) < 5
    expect(canonical(db.query(inner, 'javascript'))).toEqual(reference(orders, customers, false, match))
    const left = { ...joined('left', fewOrders(1, 4)), right: narrowed }
    expect(db.plan(left).explain('text')).toContain('HashLeftJoin')
    expect(canonical(db.query(left, 'javascript'))).toEqual(reference(orders, customers, true, match))
  })

  test('many outer rows, or keys that are not the whole primary key, are hashed', () => {
    const db = database()
    expect(db.plan(joined('inner', o)).explain('text')).toContain('HashJoin')
    const byCity = joinOf('inner', fewOrders(0, 8), c, [['customer', 'city']])
    expect(db.plan(byCity).explain('text')).toContain('HashJoin')
  })
})
