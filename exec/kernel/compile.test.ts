// Kernels against plain JavaScript expectations, on every back end: three-valued logic, exact arithmetic,
// errors, layouts, alive bitmaps.
import { describe, expect, test } from 'vitest'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import {
  BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, SMALLINT, TEXT, decimalType,
} from '../../src/base/types.ts'
import type { Expression } from '../plan/logical.ts'
import { bitmapBytes, countAlive } from '../vector/batch.ts'
import {
  arena, binary, cast, column, constant, environment, invoke, logic, makeBatch, memory, rowsIn,
  rowsOf,
} from './batch.fixture.ts'
import type { Form, TestColumn } from './batch.fixture.ts'
import { compileAggregate, compileFilter, compileProjection, evaluateConstant } from './compile.ts'
import type { Backend } from './compile.ts'

const BACKENDS: Backend[] = ['javascript', 'webassembly']
const int = (value: number): Expression => constant(value, INTEGER)
const text = (value: string): Expression => constant(value, TEXT)

function project(backend: Backend, expressions: Expression[], columns: TestColumn[], begin = 0): Scalar[][] {
  const batch = makeBatch(columns, { begin })
  const kernel = compileProjection(expressions, columns, environment(backend))
  return rowsOf(kernel.run(batch, arena))
}

function filter(backend: Backend, predicate: Expression, columns: TestColumn[], begin = 0): number[] {
  const batch = makeBatch(columns, { begin })
  const out = arena.allocate(bitmapBytes(batch.windowRows))
  const count = compileFilter(predicate, columns, environment(backend)).run(batch, out)
  const kept = { ...batch, alivePtr: out }
  expect(countAlive(memory, kept)).toBe(count)
  return rowsIn(out, batch.windowRows).map(row => row - begin)
}

function aggregate(backend: Backend, groups: Expression[], calls: { fn: string; args: Expression[]; type: SqlType;
  distinct?: boolean; filter?: Expression }[], columns: TestColumn[], predicate: Expression | null = null): Scalar[][] {
  const kernel = compileAggregate({
    filter: predicate, groups,
    aggregates: calls.map(call => ({ distinct: false, filter: null, ...call })),
  }, columns, environment(backend))
  kernel.consume(makeBatch(columns, { begin: 64 }))
  kernel.consume(makeBatch(columns, { begin: 3 }))
  return [...kernel.finish(arena)].flatMap(rowsOf)
}

describe.each(BACKENDS)('%s', backend => {
  test('three-valued logic', () => {
    const values: Scalar[] = [1, 0, null]
    const pairs = values.flatMap(a => values.map(b => [a, b] as const))
    const columns: TestColumn[] = [
      { type: BOOLEAN, values: pairs.map(pair => pair[0]), form: 'plain' },
      { type: BOOLEAN, values: pairs.map(pair => pair[1]), form: 'plain' },
    ]
    const [a, b] = [column(0, BOOLEAN), column(1, BOOLEAN)]
    const tests = [logic('and', a, b), logic('or', a, b), logic('not', a), logic('is_null', a)]
    const rows = project(backend, tests, columns)
    expect(rows).toEqual(pairs.map(([x, y]) => [
      x === 0 || y === 0 ? 0 : x === null || y === null ? null : 1,
      x === 1 || y === 1 ? 1 : x === null || y === null ? null : 0,
      x === null ? null : 1 - (x as number), x === null ? 1 : 0,
    ]))
  })

  test.each(['narrow', 'wide', 'plain'] as Form[])('filter on %s integers', form => {
    const values = Array.from({ length: 500 }, (_, i) => i % 7 === 0 ? null : i * 3 - 700)
    const columns: TestColumn[] = [{ type: INTEGER, values, form }]
    const x = column(0, INTEGER)
    const wanted = (test: (v: number) => boolean): number[] =>
      values.flatMap((v, i) => v !== null && test(v) ? [i] : [])
    expect(filter(backend, binary('<', x, int(-100)), columns, 5)).toEqual(wanted(v => v < -100))
    expect(filter(backend, binary('>=', x, int(2000)), columns, 64)).toEqual([])
    expect(filter(backend, binary('<>', x, int(-697)), columns)).toEqual(wanted(v => v !== -697))
    const between = logic('and', binary('>=', x, int(-100)), binary('<=', x, int(500)))
    expect(filter(backend, between, columns, 63)).toEqual(wanted(v => v >= -100 && v <= 500))
    expect(filter(backend, logic('not', between), columns, 1)).toEqual(wanted(v => v < -100 || v > 500))
    expect(filter(backend, binary('=', binary('%', x, int(5)), int(0)), columns)).toEqual(wanted(v => v % 5 === 0))
  })

  test.each(['coded', 'plain'] as Form[])('%s text predicates', form => {
    const values = ['apple', null, 'Banana', 'cherry', 'apricot', '', 'zz\u{1F600}', 'zz\uFFFD']
    const columns: TestColumn[] = [{ type: TEXT, values, form }]
    const x = column(0, TEXT)
    expect(filter(backend, binary('~~', x, text('ap%')), columns)).toEqual([0, 4])
    expect(filter(backend, binary('~~*', x, text('%AN%')), columns)).toEqual([2])
    expect(filter(backend, binary('=', x, text('cherry')), columns)).toEqual([3])
    expect(filter(backend, binary('>', x, text('zz\uFFFD')), columns)).toEqual([6])
    expect(filter(backend, logic('is_null', x), columns)).toEqual([1])
    expect(filter(backend, binary('=', invoke('coalesce', x, text('none')), text('none')), columns)).toEqual([1])
    expect(project(backend, [invoke('upper', x), invoke('length', x)], columns)[6]).toEqual(['ZZ\u{1F600}', 3])
  })

  test('arithmetic is exact and checked', () => {
    const big = 9007199254740993n
    const columns: TestColumn[] = [
      { type: BIGINT, values: [big, -5, null, 9223372036854775807n], form: 'plain' },
      { type: INTEGER, values: [2, 3, 4, 1], form: 'narrow' },
      { type: decimalType(12, 2), values: [12345, -1, 1000000, null], form: 'narrow' },
    ]
    const [x, y, z] = [column(0, BIGINT), column(1, INTEGER), column(2, decimalType(12, 2))]
    const results = [binary('-', x, int(1)), binary('*', z, z), binary('/', y, int(2)), binary('/', z, y)]
    expect(project(backend, results, columns))
      .toEqual([
        [9007199254740992n, 152399025, 1, 617250000000000000n],
        [-6, 1, 1, -33333333333333],
        [null, 1000000000000, 2, 25000000000000000000n],
        [9223372036854775806n, null, 0, null],
      ])
    expect(() => project(backend, [binary('+', x, int(1))], columns)).toThrow(/bigint out of range/)
    expect(() => project(backend, [binary('/', x, binary('-', y, y))], columns)).toThrow(/division by zero/)
    expect(() => project(backend, [cast(x, SMALLINT)], columns)).toThrow(/smallint out of range/)
    const guarded: Expression = {
      kind: 'case', type: BIGINT, otherwise: null,
      branches: [{ when: binary('<', x, constant(0, BIGINT)), then: binary('+', x, int(1)) }],
    }
    expect(project(backend, [guarded], columns)).toEqual([[null], [-4], [null], [null]])
  })

  test('floats: NaN is largest and equal to itself', () => {
    const values = [1.5, NaN, -0, Infinity, null]
    const columns: TestColumn[] = [{ type: DOUBLE, values, form: 'plain' }]
    const x = column(0, DOUBLE)
    expect(filter(backend, binary('>', x, constant(1, DOUBLE)), columns)).toEqual([0, 1, 3])
    expect(filter(backend, binary('=', x, constant(NaN, DOUBLE)), columns)).toEqual([1])
    expect(filter(backend, binary('<=', x, x), columns)).toEqual([0, 1, 2, 3])
    expect(filter(backend, binary('=', x, constant(0, DOUBLE)), columns)).toEqual([2])
    expect(project(backend, [binary('*', x, constant(2, DOUBLE))], columns).map(row => row[0]))
      .toEqual([3, NaN, 0, Infinity, null])
    const failing = [binary('*', x, constant(1e308, DOUBLE)), binary('/', x, constant(0, DOUBLE))]
    expect(() => project(backend, failing, columns))
      .toThrow(/division by zero/)
  })

  test('aggregates with and without groups', () => {
    const columns: TestColumn[] = [
      { type: TEXT, values: ['a', 'b', 'a', null, 'b', 'a'], form: 'coded' },
      { type: INTEGER, values: [1, 2, null, 4, 5, 1], form: 'narrow' },
      { type: decimalType(10, 2), values: [100, 250, 300, null, -50, 1], form: 'wide' },
    ]
    const [k, x, d] = [column(0, TEXT), column(1, INTEGER), column(2, decimalType(10, 2))]
    const calls = [
      { fn: 'count_star', args: [], type: BIGINT }, { fn: 'count', args: [x], type: BIGINT },
      { fn: 'sum', args: [x], type: BIGINT }, { fn: 'avg', args: [x], type: decimalType(38, 16) },
      { fn: 'min', args: [d], type: decimalType(10, 2) }, { fn: 'max', args: [k], type: TEXT },
      { fn: 'count', args: [x], type: BIGINT, distinct: true },
      { fn: 'sum', args: [d], type: decimalType(38, 2), filter: binary('>', x, int(1)) },
    ]
    expect(aggregate(backend, [], calls, columns)).toEqual([[12, 10, 26, 26000000000000000n, -50, 'b', 4, 400]])
    const grouped = aggregate(backend, [k], calls, columns)
    expect(grouped.sort((a, b) => String(a[0]) < String(b[0]) ? -1 : 1)).toEqual([
      ['a', 6, 4, 4, 10000000000000000n, 1, 'a', 1, null],
      ['b', 4, 4, 14, 35000000000000000n, -50, 'b', 2, 400],
      [null, 2, 2, 8, 40000000000000000n, null, null, 1, null],
    ])
    expect(aggregate(backend, [k, binary('+', x, int(1))], calls.slice(0, 1), columns).length).toBe(5)
    expect(aggregate(backend, [], calls.slice(0, 3), columns, binary('>', x, int(100)))).toEqual([[0, 0, null]])
  })

  test.each(['coded', 'plain'] as Form[])('count distinct sees only selected rows, %s', form => {
    const columns: TestColumn[] = [
      { type: TEXT, values: ['a', 'b', 'c', 'a', null], form },
      { type: INTEGER, values: [1, 2, 3, 1, 2], form: 'narrow' },
    ]
    const [k, x] = [column(0, TEXT), column(1, INTEGER)]
    const calls = [k, x].map(arg => ({ fn: 'count', args: [arg], type: BIGINT, distinct: true }))
    expect(aggregate(backend, [], calls, columns, binary('<', x, int(3)))).toEqual([[2, 2]])
    const byNumber = aggregate(backend, [x], calls, columns, binary('<', x, int(3)))
    expect(byNumber.sort()).toEqual([[1, 1, 1], [2, 1, 1]])
  })

  test('in lists', () => {
    const columns: TestColumn[] = [{ type: INTEGER, values: [1, 2, 3, null, 40], form: 'narrow' }]
    const x = column(0, INTEGER)
    const list = (values: Scalar[], negated: boolean): Expression =>
      ({ kind: 'in', arg: x, items: values.map(v => constant(v, INTEGER)), negated, type: BOOLEAN })
    const long = Array.from({ length: 20 }, (_, i) => i * 2)
    expect(filter(backend, list([1, 3], false), columns)).toEqual([0, 2])
    expect(filter(backend, list([1, 3], true), columns)).toEqual([1, 4])
    expect(filter(backend, list([1, null], true), columns)).toEqual([])
    expect(filter(backend, list(long, false), columns)).toEqual([1])
    expect(filter(backend, list(long, true), columns)).toEqual([0, 2, 4])
    expect(filter(backend, list([...long, null], true), columns)).toEqual([])
  })
})

test('constants fold without code generation where they can', () => {
  expect(evaluateConstant(binary('+', int(1), int(2)), [])).toBe(3)
  expect(evaluateConstant(binary('-', constant(10, DATE), int(3)), [])).toBe(7)
  expect(evaluateConstant(invoke('round', constant(12345, decimalType(8, 3)), int(1)), [])).toBe(12300)
  expect(() => evaluateConstant(binary('/', int(1), int(0)), [])).toThrow(/division by zero/)
})
