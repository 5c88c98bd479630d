// Whole plans over all operators, on both back ends, over randomly drawn layouts; expected rows are computed
// in plain JavaScript.
import { describe, expect, test } from 'vitest'
import { BIGINT, BOOLEAN, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Row, Scalar } from '../../src/base/types.ts'
import type { Expression, LogicalPlan, SubqueryExpression } from '../plan/logical.ts'
import {
  aggregate, aggregateOf, ascending, call, col, descending, distinctOf, filterOf, inList, joinOf, limitOf, lit, param,
  projectOf, rightCol, scanOf, schemaOf, sortOf, valuesOf,
} from '../plan/logical.fixture.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const item = schemaOf('item', { id: BIGINT, kind: TEXT, price: INTEGER, shop: BIGINT })
const shop = schemaOf('shop', { id: BIGINT, city: TEXT })
const items = scanOf(item)
const shops = scanOf(shop)
const [id, kind, price, shopOf] = items.output.map((_, i) => col(items, i)) as [Expression, Expression,
  Expression, Expression]

const rows: Row[] = Array.from({ length: 500 }, (_, i): Row =>
  [i, i % 11 === 0 ? null : `kind ${i % 4}`, i % 13 === 0 ? null : (i * 37) % 100, i % 9])

function database(seed: number): MemoryDatabase {
  const db = new MemoryDatabase(seed)
  db.add(item, rows, 120)
  db.add(shop, Array.from({ length: 7 }, (_, i): Row => [i, `city ${i % 3}`]), 4)
  return db
}

const text = (list: Row[]): string[] => list.map((row) => row.map(String).join('|')).sort()

/** Runs a plan on every back end and several layouts and expects the same rows (in any order). */
function expectRows(plan: LogicalPlan, want: Row[], parameters: Scalar[] = []): void {
  for (const backend of ['javascript', 'webassembly', 'auto'] as const) {
    for (let seed = 0; seed < 4; seed++) {
      const db = database(seed)
      const before = db.memory.usedFrames
      expect(text(db.query(plan, backend, parameters))).toEqual(text(want))
      expect(db.openCursors).toBe(0)
      expect(db.memory.usedFrames).toBe(before)
    }
  }
}

const isCheap = call('lt', [price, lit(30, INTEGER)])
const cheap = rows.filter((row) => row[2] !== null && Number(row[2]) < 30)

describe('pipelines', () => {
  test('filter on other columns, with and without a key range', () => {
    expectRows(filterOf(items, isCheap), cheap)
    expectRows(filterOf(items, isCheap, call('ge', [id, param(0)]), call('is_null', [kind])),
      cheap.filter((row) => Number(row[0]) >= 250 && row[1] === null), [250])
    expectRows(filterOf(items, call('or', [isCheap, call('eq', [kind, lit('kind 1', TEXT)])])),
      rows.filter((row) => (row[2] !== null && Number(row[2]) < 30) || row[1] === 'kind 1'))
  })

  test('projection of computed and plain columns above a filter', () => {
    const doubled = call('mul', [price, lit(2, INTEGER)], INTEGER)
    expectRows(projectOf(filterOf(items, isCheap), [doubled, kind, id]),
      cheap.map((row) => [Number(row[2]) * 2, row[1]!, row[0]!]))
  })

  test('aggregates without groups, over all rows and over none', () => {
    const calls = [aggregate('count_star', []), aggregate('count', [price]), aggregate('min', [price], INTEGER),
      aggregate('sum', [price])]
    const priced = rows.filter((row) => row[2] !== null)
    const sum = priced.reduce((total, row) => total + Number(row[2]), 0)
    expectRows(aggregateOf(items, [], calls), [[500, priced.length, 0, sum]])
    expectRows(aggregateOf(filterOf(items, call('lt', [id, lit(0)])), [], calls), [[0, 0, null, null]])
  })

  test('GROUP BY with a fused filter, HAVING on groups is pushed below, HAVING on aggregates is not', () => {
    const grouped = aggregateOf(filterOf(items, isCheap), [kind], [aggregate('count_star', [])])
    const counts = new Map<Scalar, number>()
    for (const row of cheap) counts.set(row[1]!, (counts.get(row[1]!) ?? 0) + 1)
    expectRows(grouped, [...counts])
    const having = filterOf(grouped, call('eq', [col(grouped, 0), lit('kind 2', TEXT)]),
      call('gt', [col(grouped, 1), lit(5)]))
    expectRows(having, [...counts].filter(([key, count]) => key === 'kind 2' && count > 5))
    const plan = database(0).plan(having).explain('text')
    expect(plan).toMatch(/Filter[\s\S]*Aggregate[\s\S]*filter: .*kind = 'kind 2'/)
  })

  test('DISTINCT, and DISTINCT below a LIMIT', () => {
    const kinds = projectOf(items, [kind])
    expectRows(distinctOf(kinds), [[null], ['kind 0'], ['kind 1'], ['kind 2'], ['kind 3']])
    const ordered = sortOf(distinctOf(kinds), descending(col(kinds, 0)))
    expectRows(limitOf(ordered, lit(2)), [[null], ['kind 3']])
  })

  test('ORDER BY an expression that is not selected', () => {
    const key = call('mod', [price, lit(10, INTEGER)], INTEGER)
    const plan = projectOf(limitOf(sortOf(items, ascending(key), ascending(id)), lit(3)), [id])
    const want = rows.filter((row) => row[2] !== null && Number(row[2]) % 10 === 0).slice(0, 3).map((row) => [row[0]!])
    expectRows(plan, want)
  })

  test('joins with a residual condition: inner, left, and without keys', () => {
    const pairs = (match: (a: Row, b: Row) => boolean, keep: boolean): Row[] => rows.flatMap((a) => {
      const partners = database(0).access('shop').rows.filter((b) => match(a, b)).map((b) => [...a, ...b])
      return partners.length === 0 && keep ? [[...a, null, null]] : partners
    })
    const inner = joinOf('inner', items, shops, [['shop', 'id']])
    const over = (join: typeof inner): Expression => call('gt',
      [col(join, 'price'), call('mul', [rightCol(join, 'id'), lit(10)], BIGINT)])
    const matches = (a: Row, b: Row): boolean => a[3] === b[0] && a[2] !== null && Number(a[2]) > Number(b[0]) * 10
    expectRows({ ...inner, residual: over(inner) }, pairs(matches, false))
    const outer = joinOf('left', items, shops, [['shop', 'id']])
    expectRows({ ...outer, residual: over(outer) }, pairs(matches, true))
    const loop = joinOf('inner', items, shops, [])
    const condition = call('lt', [col(loop, 'price'), rightCol(loop, 'id')])
    expectRows({ ...loop, residual: condition }, pairs((a, b) => a[2] !== null && Number(a[2]) < Number(b[0]), false))
    const leftLoop = joinOf('left', items, shops, [])
    expectRows({ ...leftLoop, residual: condition }, pairs((a, b) => a[2] !== null
      && Number(a[2]) < Number(b[0]), true))
  })

  test('joins on computed keys', () => {
    const join = { ...joinOf('inner', items, shops, []), leftKeys: [call('add', [shopOf, lit(1)], BIGINT)],
      rightKeys: [col(shops, 'id')] }
    expectRows(projectOf(join, [col(join, 0), rightCol(join, 'city')]),
      rows.filter((row) => Number(row[3]) + 1 < 7).map((row) => [row[0]!, `city ${(Number(row[3]) + 1) % 3}`]))
  })

  test('VALUES with expressions and parameters', () => {
    const plan: LogicalPlan = {
      kind: 'values', output: [{ name: 'a', type: BIGINT, nullable: true }],
      rows: [[call('add', [param(0), lit(1)], BIGINT)], [lit(null)]],
    }
    expectRows(plan, [[42], [null]], [41])
    expectRows(filterOf(valuesOf([BIGINT, TEXT], [[1, 'a'], [2, null]]), lit(1, BOOLEAN)), [[1, 'a'], [2, null]])
  })

  test('a filter that is constant FALSE or NULL', () => {
    expectRows(filterOf(items, lit(0, BOOLEAN)), [])
    expectRows(filterOf(items, lit(null, BOOLEAN)), [])
  })
})

describe('subqueries', () => {
  const subquery = (mode: SubqueryExpression['mode'], plan: LogicalPlan,
    rest: Partial<SubqueryExpression> = {}): SubqueryExpression => ({
    kind: 'subquery', mode, plan, type: mode === 'scalar' ? plan.output[0]!.type : BOOLEAN, ...rest,
  })
  const maxPrice = aggregateOf(items, [], [aggregate('max', [price], INTEGER)])

  test('a scalar subquery in a filter, in a projection and as a key bound', () => {
    const top = Math.max(...rows.map((row) => Number(row[2])))
    expectRows(filterOf(items, call('eq', [price, subquery('scalar', maxPrice)])), rows.filter((row) => row[2] === top))
    expectRows(projectOf(valuesOf([], [[]]), [subquery('scalar', maxPrice)]), [[top]])
    const byKey = filterOf(items, call('eq', [id, subquery('scalar',
      aggregateOf(shops, [], [aggregate('max', [col(shops, 0)])]))]))
    expect(database(0).plan(byKey).explain('text')).toContain('Point item')
    expectRows(byKey, [rows[6]!])
  })

  test('no row is NULL, two rows are 21000', () => {
    const none = projectOf(filterOf(shops, call('lt', [col(shops, 0), lit(0)])), [col(shops, 0)])
    expectRows(projectOf(valuesOf([], [[]]), [subquery('scalar', none)]), [[null]])
    const all = projectOf(shops, [col(shops, 0)])
    for (const backend of ['javascript', 'webassembly'] as const) {
      const db = database(1)
      expect(() => db.query(projectOf(valuesOf([], [[]]), [subquery('scalar', all)]), backend))
        .toThrow(expect.objectContaining({ code: '21000' }))
      expect(db.openCursors).toBe(0)
    }
  })

  test('EXISTS and NOT EXISTS', () => {
    expectRows(filterOf(shops, subquery('exists', shops)), database(0).access('shop').rows)
    expectRows(filterOf(shops, subquery('exists', shops, { negated: true })), [])
    expectRows(filterOf(shops, subquery('exists', filterOf(shops, lit(0, BOOLEAN)))), [])
  })

  test('IN and NOT IN with NULL semantics', () => {
    const prices = (limit: number): LogicalPlan => projectOf(filterOf(items, call('lt', [id, lit(limit)])), [price])
    const found = new Set(rows.slice(0, 30).map((row) => row[2]))
    const withNull = subquery('in', prices(30), { arg: price })
    expectRows(filterOf(items, withNull), rows.filter((row) => row[2] !== null && found.has(row[2]!)))
    expectRows(filterOf(items, { ...withNull, negated: true }), [])
    const noNull = projectOf(filterOf(items, call('lt', [id, lit(30)]), call('is_not_null', [price])), [price])
    expectRows(filterOf(items, subquery('in', noNull, { arg: price, negated: true })),
      rows.filter((row) => row[2] !== null && !found.has(row[2]!)))
  })

  test('the key IN a subquery becomes key lookups', () => {
    const keys = projectOf(shops, [col(shops, 0)])
    const plan = filterOf(items, subquery('in', keys, { arg: id }))
    expect(database(0).plan(plan).explain('text')).toContain('Point item')
    expectRows(plan, rows.slice(0, 7))
  })

  test('a subquery is run once per execution', () => {
    const db = database(0)
    const keys = filterOf(shops, call('eq', [col(shops, 0), lit(3)]))
    const one = subquery('scalar', projectOf(keys, [col(shops, 0)]))
    const plan = filterOf(items, call('eq', [shopOf, one]), call('gt', [id, one]))
    const before = db.indexCounters.probes
    db.query(plan, 'javascript')
    expect(db.indexCounters.probes - before).toBe(1)
  })
})

test('IN lists of constants and wide decimals keep their NULL semantics', () => {
  const schema = schemaOf('w', { id: BIGINT, d: decimalType(30, 0) })
  for (const backend of ['javascript', 'webassembly'] as const) {
    const db = new MemoryDatabase(4)
    db.add(schema, [[1, 10n ** 25n], [2, 5], [3, null]])
    const scan = scanOf(schema)
    const d = col(scan, 'd')
    const list = [lit(10n ** 25n, d.type), lit(null, d.type)]
    expect(db.query(filterOf(scan, inList(d, list)), backend).map((row) => row[0])).toEqual([1])
    expect(db.query(filterOf(scan, inList(d, list, true)), backend)).toEqual([])
  }
})
