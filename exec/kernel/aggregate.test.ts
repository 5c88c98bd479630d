// Aggregates past the comfortable sizes: sums that leave 2^53 and 2^62, many groups, domains that move from
// batch to batch, and batches whose values need the exact slow path between batches that do not.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { BIGINT, DOUBLE, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Expression } from '../plan/logical.ts'
import { arena, binary, column, constant, environment, makeBatch, rowsOf } from './batch.fixture.ts'
import type { TestColumn } from './batch.fixture.ts'
import { compileAggregate } from './compile.ts'
import type { Backend } from './compile.ts'

const BACKENDS: Backend[] = ['javascript', 'webassembly']
const SUM = decimalType(38, 0)

interface Call { fn: string; args: Expression[]; type: SqlType; distinct?: boolean }

function run(backend: Backend, groups: Expression[], calls: Call[], batches: TestColumn[][]): Scalar[][] {
  const aggregates = calls.map(call => ({ distinct: false, filter: null, ...call }))
  const inputs = batches[0]!.map(({ type }) => ({ type }))
  const kernel = compileAggregate({ filter: null, groups, aggregates }, inputs, environment(backend))
  batches.forEach((columns, i) => kernel.consume(makeBatch(columns, { begin: i % 5, seed: i + 1 })))
  return [...kernel.finish(arena)].flatMap(rowsOf)
}

test.each(BACKENDS)('sums stay exact past every limit, %s', backend => {
  const random = new Random(7)
  const batches = Array.from({ length: 40 }, (_, i): TestColumn[] => {
    const magnitude = [2 ** 20, 2 ** 39, 2 ** 48, 2 ** 52][i % 4]!
    const values: Scalar[] = Array.from({ length: 500 }, () => Math.floor(random.next() * magnitude))
    if (i % 7 === 3) values[11] = 9223372036854775807n
    if (i % 3 === 0) values[5] = null
    return [{ type: BIGINT, values, form: i % 2 === 0 ? 'plain' : 'wide' }]
  })
  const all = batches.flatMap(columns => columns[0]!.values).filter((value): value is number | bigint => value !== null)
  const total = all.reduce<bigint>((sum, value) => sum + BigInt(value), 0n)
  const x = column(0, BIGINT)
  const [row] = run(backend, [], [
    { fn: 'sum', args: [x], type: SUM }, { fn: 'max', args: [x], type: BIGINT },
    { fn: 'count', args: [x], type: BIGINT },
    { fn: 'sum', args: [binary('*', binary('%', x, constant(1000, BIGINT)), constant(1000, BIGINT))], type: SUM },
  ], batches)
  expect(row!.slice(0, 3)).toEqual([total, 9223372036854775807n, all.length])
  const small = all.reduce<number>((sum, value) => sum + Number(BigInt(value) % 1000n) * 1000, 0)
  expect(row![3]).toBe(small)
})

test.each(BACKENDS)('float sums take nothing from NULL rows, whatever their slots hold, %s', backend => {
  const random = new Random(13)
  const values: Scalar[] = Array.from({ length: 1000 }, (_, i) =>
    i < 130 || random.chance(0.3) ? null : random.pick([-0, 0.1, -1e-9, 3e8, random.next()]))
  const names: Scalar[] = values.map((_, i) => i % 3 === 0 ? 'a' : 'b')
  const batches: TestColumn[][] = [
    [{ type: DOUBLE, values, form: 'plain' }, { type: TEXT, values: names, form: 'coded' }],
  ]
  const sumOf = (wanted: (i: number) => boolean): number =>
    values.reduce<number>((sum, value, i) => value === null || !wanted(i) ? sum : sum + (value as number), 0)
  const calls = [{ fn: 'sum', args: [column(0, DOUBLE)], type: DOUBLE }]
  expect(run(backend, [], calls, batches)).toEqual([[sumOf(() => true)]])
  expect(run(backend, [column(1, TEXT)], calls, batches).sort()).toEqual(
    [['a', sumOf(i => i % 3 === 0)], ['b', sumOf(i => i % 3 !== 0)]])
  const zeros: TestColumn[][] = [[{ type: DOUBLE, values: [-0, null, -0], form: 'plain' }]]
  expect(run(backend, [], calls, zeros)).toEqual([[0]])
  expect(run(backend, [], calls, [[{ type: DOUBLE, values: [null, null], form: 'plain' }]])).toEqual([[null]])
})

test.each(BACKENDS)('the sum of integers is a bigint, %s', backend => {
  const values = Array.from({ length: 10 }, () => 2147483647)
  const x = column(0, INTEGER)
  const batches = [[{ type: INTEGER, values, form: 'plain' as const }]]
  expect(run(backend, [], [{ fn: 'sum', args: [x], type: BIGINT }], batches)).toEqual([[21474836470]])
})

test.each(BACKENDS)('many groups over moving domains, %s', backend => {
  const random = new Random(3)
  const wanted = new Map<string, { count: number; sum: number; distinct: Set<Scalar> }>()
  const batches = Array.from({ length: 30 }, (_, i): TestColumn[] => {
    const keys = Array.from({ length: 700 }, () => random.chance(0.05) ? null : i * 150 + random.below(900))
    const names = Array.from({ length: 700 }, () => random.pick(['x', 'y', `only${i}`]))
    const values = Array.from({ length: 700 }, () => random.between(-50, 50))
    keys.forEach((key, row) => {
      const at = `${key} ${names[row]}`
      const group = wanted.get(at) ?? { count: 0, sum: 0, distinct: new Set() }
      const distinct = group.distinct.add(values[row]!)
      wanted.set(at, { count: group.count + 1, sum: group.sum + values[row]!, distinct })
    })
    return [
      { type: INTEGER, values: keys, form: i % 4 === 0 ? 'plain' : 'narrow' },
      { type: TEXT, values: names, form: i % 3 === 0 ? 'plain' : 'coded' },
      { type: INTEGER, values, form: 'narrow' },
    ]
  })
  const rows = run(backend, [column(0, INTEGER), column(1, TEXT)], [
    { fn: 'count_star', args: [], type: BIGINT }, { fn: 'sum', args: [column(2, INTEGER)], type: BIGINT },
    { fn: 'count', args: [column(2, INTEGER)], type: BIGINT, distinct: true },
  ], batches)
  expect(rows.length).toBe(wanted.size)
  for (const [key, name, count, sum, distinct] of rows) {
    const group = wanted.get(`${key} ${name}`)!
    expect([count, sum, distinct]).toEqual([group.count, group.sum, group.distinct.size])
  }
})

test.each(BACKENDS)('NaN and -0 as group keys, %s', backend => {
  const batches = [[{ type: DOUBLE, values: [NaN, 0, -0, NaN, 1.5, null], form: 'plain' as const }]]
  const rows = run(backend, [column(0, DOUBLE)], [{ fn: 'count_star', args: [], type: BIGINT }], batches)
  expect(rows.map(row => `${row}`).sort()).toEqual([',1', '0,2', '1.5,1', 'NaN,2'])
})
