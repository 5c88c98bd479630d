import { describe, expect, test } from 'vitest'
import { BIGINT, INTEGER, SMALLINT, TEXT, decimalType } from '../../src/base/types.ts'
import type { Row, Scalar } from '../../src/base/types.ts'
import type { Expression, LogicalPlan } from '../plan/logical.ts'
import {
  ascending, call, cast, col, descending, filterOf, inList, limitOf, lit, param, projectOf, scanOf, schemaOf, sortOf,
} from '../plan/logical.fixture.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const single = schemaOf('t', { id: BIGINT, name: TEXT })
const pair = schemaOf('p', { a: INTEGER, b: TEXT, c: INTEGER }, 2)

function database(seed = 1): MemoryDatabase {
  const db = new MemoryDatabase(seed)
  db.add(single, Array.from({ length: 300 }, (_, i): Row => [i * 3, i % 7 === 0 ? null : `name ${i}`]))
  const rows: Row[] = []
  for (let a = 0; a < 10; a++) for (const b of ['x', 'y', 'z']) rows.push([a, b, a * 100])
  db.add(pair, rows, 8)
  return db
}

function access(db: MemoryDatabase, plan: LogicalPlan): { op: string; access: string; reason: string; table: string } {
  let node = JSON.parse(db.plan(plan).explain('json'))[0].plan
  while (node.children.length > 0) node = node.children[0]
  return node
}

function ids(db: MemoryDatabase, plan: LogicalPlan, parameters: Scalar[] = []): Scalar[] {
  return db.query(plan, 'javascript', parameters).map((row) => row[0]!).sort((x, y) => Number(x) - Number(y))
}

const t = scanOf(single)
const id = col(t, 'id')
const p = scanOf(pair)

function on(...conditions: Expression[]): LogicalPlan {
  return filterOf(t, ...conditions)
}

describe('access paths', () => {
  test('a whole scan delivers every row once, whatever the layouts', () => {
    for (let seed = 0; seed < 20; seed++) {
      const db = database(seed)
      const rows = db.query(t, 'javascript').sort((x, y) => Number(x[0]) - Number(y[0]))
      expect(rows).toEqual(db.access('t').rows)
      expect(db.openCursors).toBe(0)
    }
  })

  test('POINT for key = constant, key = parameter and IN lists, duplicates looked up once', () => {
    const db = database()
    expect(access(db, on(call('eq', [id, lit(9)])))).toMatchObject({ access: 'point', op: 'Point', table: 't' })
    expect(ids(db, on(call('eq', [id, lit(9)])))).toEqual([9])
    expect(ids(db, on(call('eq', [lit(9), id])))).toEqual([9])
    expect(ids(db, on(call('eq', [id, param(0)])), [12])).toEqual([12])
    const list = on(inList(id, [param(0), param(1), lit(3), lit(4)]))
    expect(access(db, list).access).toBe('point')
    const before = db.indexCounters.probes
    expect(ids(db, list, [3, 6])).toEqual([3, 6])
    expect(db.indexCounters.probes - before).toBe(3)
  })

  test('a prepared plan serves different parameters; a NULL key gives nothing', () => {
    const db = database()
    const plan = db.plan(on(call('eq', [id, param(0)])))
    expect(db.query(plan, 'javascript', [3])).toHaveLength(1)
    expect(db.query(plan, 'javascript', [null])).toEqual([])
    expect(db.query(plan, 'javascript', [4])).toEqual([])
    expect(db.query(plan, 'javascript', [6])[0]![0]).toBe(6)
    expect(ids(db, on(inList(id, [param(0), param(1)])), [null, 6])).toEqual([6])
    expect(ids(db, on(call('gt', [id, param(0)])), [null])).toEqual([])
  })

  test('RANGE for intervals: half-open, BETWEEN, AND-combined, contradictory', () => {
    const db = database()
    const below = on(call('lt', [id, lit(10)]))
    expect(access(db, below).access).toBe('range')
    expect(ids(db, below)).toEqual([0, 3, 6, 9])
    expect(ids(db, on(call('le', [id, lit(9)])))).toEqual([0, 3, 6, 9])
    expect(ids(db, on(call('gt', [id, lit(891)])))).toEqual([894, 897])
    expect(ids(db, on(call('ge', [id, param(0)]), call('le', [id, param(1)])), [6, 12])).toEqual([6, 9, 12])
    const tight = on(call('ge', [id, lit(3)]), call('gt', [id, lit(3)]), call('lt', [id, lit(12)]),
      call('lt', [lit(5), id]))
    expect(access(db, tight).reason).toContain('1 range')
    expect(ids(db, tight)).toEqual([6, 9])
    expect(ids(db, on(call('gt', [id, param(0)]), call('lt', [id, param(1)])), [50, 40])).toEqual([])
    expect(ids(db, on(call('eq', [id, lit(3)]), call('lt', [id, lit(2)])))).toEqual([])
  })

  test('many ranges for OR, which merge where they touch', () => {
    const db = database()
    const between = (low: number, high: number): Expression => call('and',
      [call('ge', [id, lit(low)]), call('le', [id, lit(high)])])
    const plan = on(call('or', [between(600, 606), between(0, 6), between(5, 12), call('eq', [id, lit(300)])]))
    expect(access(db, plan)).toMatchObject({ access: 'range' })
    expect(access(db, plan).reason).toContain('3 ranges')
    expect(ids(db, plan)).toEqual([0, 3, 6, 9, 12, 300, 600, 603, 606])
  })

  test('comparisons through widening casts keep the key path', () => {
    const db = database()
    const small = schemaOf('s', { k: SMALLINT })
    db.add(small, [[1], [2], [3]])
    const s = scanOf(small)
    const wide = cast(col(s, 'k'), BIGINT)
    const equal = filterOf(s, call('eq', [wide, lit(2)]))
    expect(access(db, equal).access).toBe('point')
    expect(db.query(equal, 'javascript')).toEqual([[2]])
    expect(db.query(filterOf(s, call('eq', [wide, lit(100_000)])), 'javascript')).toEqual([])
    const decimal = cast(col(s, 'k'), decimalType(6, 1))
    expect(db.query(filterOf(s, call('lt', [decimal, lit(25, decimalType(6, 1))])), 'javascript')).toEqual([[1], [2]])
  })

  test('composite keys: whole key, prefix, prefix with interval, IN on the prefix', () => {
    const db = database()
    const [a, b] = [col(p, 'a'), col(p, 'b')]
    const whole = filterOf(p, call('eq', [b, lit('y', TEXT)]), call('eq', [a, lit(4, INTEGER)]))
    expect(access(db, whole).access).toBe('point')
    expect(db.query(whole, 'javascript')).toEqual([[4, 'y', 400]])
    const grid = filterOf(p, inList(a, [lit(7, INTEGER), lit(2, INTEGER)]), inList(b, [lit('z', TEXT), lit('x', TEXT)]))
    expect(access(db, grid).reason).toContain('4 lookups')
    expect(db.query(grid, 'javascript')).toEqual([[2, 'x', 200], [2, 'z', 200], [7, 'x', 700], [7, 'z', 700]])
    const prefix = filterOf(p, call('eq', [a, param(0, INTEGER)]))
    expect(access(db, prefix).access).toBe('range')
    expect(db.query(prefix, 'javascript', [3])).toHaveLength(3)
    const halfOpen = filterOf(p, call('eq', [a, lit(3, INTEGER)]), call('gt', [b, lit('x', TEXT)]))
    expect(access(db, halfOpen).reason).toContain('about 2 of 30 rows')
    expect(db.query(halfOpen, 'javascript').map((row) => row[1]).sort()).toEqual(['y', 'z'])
    const several = filterOf(p, inList(a, [lit(8, INTEGER), lit(1, INTEGER)]), call('lt', [b, lit('z', TEXT)]))
    expect(access(db, several).reason).toContain('2 ranges')
    expect(db.query(several, 'javascript')).toHaveLength(4)
    const leading = filterOf(p, call('ge', [a, lit(8, INTEGER)]))
    expect(access(db, leading).access).toBe('range')
    expect(db.query(leading, 'javascript')).toHaveLength(6)
  })

  test('SCAN when the key is not bounded, and when there are more keys to look up than it costs to scan', () => {
    const db = database()
    expect(access(db, t).access).toBe('scan')
    expect(access(db, on(call('eq', [col(t, 'name'), lit('name 1', TEXT)]))).access).toBe('scan')
    const many = on(inList(id, Array.from({ length: 200 }, (_, i) => lit(i))))
    expect(access(db, many)).toMatchObject({ access: 'scan' })
    expect(access(db, many).reason).toContain('for a point')
    const few = on(inList(id, [lit(3), lit(6)]))
    expect(access(db, few).access).toBe('point')
  })

  test('an unselective range on a secondary column prunes row groups by zone map', () => {
    const db = database()
    const plan = filterOf(p, call('lt', [col(p, 'c'), lit(200, INTEGER)]))
    expect(access(db, plan)).toMatchObject({ access: 'scan' })
    expect(access(db, plan).reason).toContain('zone maps leave 25% of 4 row groups')
  })
})

describe('order and limits', () => {
  test('ORDER BY key needs no sort, in either direction', () => {
    const db = database()
    for (const [key, order] of [[ascending(id), 1], [descending(id), -1]] as const) {
      const plan = db.plan(sortOf(t, key))
      expect(plan.explain('text')).not.toContain('Sort')
      const rows = db.query(plan, 'javascript')
      expect(rows).toEqual([...db.access('t').rows].sort((x, y) => order * (Number(x[0]) - Number(y[0]))))
    }
  })

  test('points and ranges come in key order too', () => {
    const db = database()
    const list = on(inList(id, [lit(9), lit(3), lit(600)]))
    expect(db.query(sortOf(list, descending(id)), 'javascript').map((row) => row[0])).toEqual([600, 9, 3])
    expect(db.query(sortOf(list, ascending(id)), 'javascript').map((row) => row[0])).toEqual([3, 9, 600])
    const either = on(call('or', [call('lt', [id, lit(4)]), call('gt', [id, lit(893)])]))
    expect(db.query(sortOf(either, descending(id)), 'javascript').map((row) => row[0])).toEqual([897, 894, 3, 0])
  })

  test('a fixed prefix and trailing columns still use the key order; others sort', () => {
    const db = database()
    const [a, b, c] = [col(p, 'a'), col(p, 'b'), col(p, 'c')]
    const fixed = filterOf(p, call('eq', [a, lit(3, INTEGER)]))
    expect(db.plan(sortOf(fixed, ascending(b))).explain('text')).not.toContain('Sort')
    expect(db.plan(sortOf(p, ascending(a), ascending(b), ascending(c))).explain('text')).not.toContain('Sort')
    expect(db.plan(sortOf(p, ascending(b))).explain('text')).toContain('Sort')
    expect(db.plan(sortOf(p, ascending(a), descending(b))).explain('text')).toContain('Sort')
  })

  test('LIMIT and OFFSET cut across batches and stop the scan', () => {
    const db = database()
    const plan = limitOf(sortOf(projectOf(t, [id]), ascending(col(projectOf(t, [id]), 'id'))), param(0), param(1))
    expect(db.query(plan, 'javascript', [3, 98]).map((row) => row[0])).toEqual([294, 297, 300])
    expect(db.query(plan, 'javascript', [null, 299])).toHaveLength(1)
    expect(db.query(plan, 'javascript', [0, 0])).toEqual([])
    expect(() => db.query(plan, 'javascript', [-1, 0])).toThrow(/LIMIT must not be negative/)
    const profile = db.plan(limitOf(t, lit(1))).analyze(db.context('javascript'))
    const notes = [...profile.values()].flatMap((entry) => [...entry.notes.values()])
    expect(notes.some((note) => /^(4\d|50|\d) base/.test(note))).toBe(true)
    expect(db.openCursors).toBe(0)
  })

  test('the point form of a query is recognised only when it is one lookup of plain columns', () => {
    const db = database()
    const byKey = projectOf(on(call('eq', [id, param(0)])), [col(t, 'name'), id])
    expect(db.plan(byKey).point).toMatchObject({ table: 't', columns: [1, 0] })
    expect(db.plan(on(inList(id, [lit(3), lit(6)]))).point).toBe(null)
    expect(db.plan(on(call('eq', [id, lit(3)]), call('eq', [col(t, 'name'), lit('a', TEXT)]))).point).toBe(null)
  })

  test('cancellation and deadlines stop a query with 57014', () => {
    const db = database()
    const plan = db.plan(t)
    const controller = new AbortController()
    const source = plan.execute(db.context('javascript', [], { signal: controller.signal }))
    expect(source.next()).not.toBe(null)
    controller.abort()
    expect(() => source.next()).toThrow(expect.objectContaining({ code: '57014' }))
    expect(db.openCursors).toBe(0)
    expect(source.next()).toBe(null)
    const late = plan.execute(db.context('javascript', [], { deadlineMs: -1 }))
    expect(() => late.next()).toThrow(expect.objectContaining({ code: '57014' }))
  })
})
