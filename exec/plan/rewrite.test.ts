// The rewrite rules, checked on the shape of the plans they give; that they keep the rows is checked by
// operators/pipeline.test.ts and the comparison with DuckDB.
import { describe, expect, test } from 'vitest'
import { BIGINT, BOOLEAN, INTEGER, TEXT } from '../../src/base/types.ts'
import { expressionText } from '../explain-expression.ts'
import { foldExpression } from './fold.ts'
import type { Expression, LogicalPlan } from './logical.ts'
import {
  aggregate, aggregateOf, ascending, call, cast, col, distinctOf, filterOf, inList, joinOf, limitOf, lit, param,
  projectOf, rightCol, scanOf, schemaOf, sortOf,
} from './logical.fixture.ts'
import { optimise } from './planner.ts'

const a = scanOf(schemaOf('a', { id: BIGINT, x: BIGINT, s: TEXT }))
const b = scanOf(schemaOf('b', { id: BIGINT, y: BIGINT }))
const c = scanOf(schemaOf('c', { id: BIGINT, z: BIGINT }))
const [x, s] = [col(a, 'x'), col(a, 's')]
const one = lit(1)

/** A plan as one line of text. */
function line(plan: LogicalPlan): string {
  const expressions = (list: readonly Expression[]): string => list.map(expressionText).join(', ')
  switch (plan.kind) {
    case 'scan': return `${plan.table}[${plan.columns.map((i) => plan.schema.columns[i]!.name).join(' ')}]`
    case 'filter': return `${line(plan.input)} where ${expressionText(plan.predicate)}`
    case 'project': return `${line(plan.input)} -> ${expressions(plan.expressions)}`
    case 'join': {
      const right = plan.rightKeys.map(expressionText)
      const keys = plan.leftKeys.map((key, i) => `${expressionText(key)}=${right[i]}`).join(' ')
      const residual = plan.residual === null ? '' : ` on ${expressionText(plan.residual)}`
      return `(${line(plan.left)} ${plan.join}(${keys}) ${line(plan.right)}${residual})`
    }
    case 'aggregate': {
      const calls = plan.aggregates.map((f) => f.fn).join(' ')
      return `${line(plan.input)} group ${expressions(plan.groups)} (${calls})`
    }
    case 'values': return 'values'
    case 'set': return plan.inputs.map(line).join(` ${plan.operation} `)
    case 'shared': return line(plan.source.plan)
    case 'working': return plan.table.name
    case 'recursive': return `recursive(${line(plan.seed)}, ${line(plan.step)})`
    default: return `${line(plan.input)} ${plan.kind}`
  }
}

const folded = (e: Expression): string => expressionText(foldExpression(e))

describe('constant folding', () => {
  test('calls and casts of literals become literals', () => {
    expect(folded(call('add', [one, lit(2)], BIGINT))).toBe('3')
    expect(folded(call('lt', [x, call('mul', [lit(6), lit(7)], BIGINT)]))).toBe('(x < 42)')
    expect(folded(cast(lit('12', TEXT), INTEGER))).toBe('12')
  })

  test('what fails is left for the execution', () => {
    expect(folded(call('div', [one, lit(0)], BIGINT))).toBe('(1 / 0)')
    expect(folded(cast(lit('x', TEXT), INTEGER))).toBe("'x'::integer")
  })

  test('AND and OR lose literals that decide nothing, and are decided by those that do', () => {
    const condition = call('gt', [x, one])
    expect(folded(call('and', [condition, lit(1, BOOLEAN)]))).toBe('(x > 1)')
    expect(folded(call('and', [condition, lit(0, BOOLEAN)]))).toBe('false')
    expect(folded(call('or', [condition, lit(0, BOOLEAN)]))).toBe('(x > 1)')
    expect(folded(call('or', [condition, lit(1, BOOLEAN)]))).toBe('true')
    expect(folded(call('and', [condition, lit(null, BOOLEAN)]))).toBe('((x > 1) AND NULL)')
  })

  test('ORs of equalities become IN; common parts of OR branches move out', () => {
    expect(folded(call('or', [call('eq', [x, one]), call('eq', [lit(2), x]),
      inList(x, [lit(3)])]))).toBe('(x IN (1, 2, 3))')
    expect(folded(call('or', [call('eq', [x, one]), call('eq', [s, lit('a', TEXT)])]))).toBe("((x = 1) OR (s = 'a'))")
    const shared = call('eq', [x, one])
    const or = call('or', [call('and', [shared, call('eq', [s, lit('a', TEXT)])]),
      call('and', [call('gt', [col(a, 'id'), one]), shared])])
    expect(folded(or)).toBe("((x = 1) AND ((s = 'a') OR (id > 1)))")
  })
})

describe('filter push-down', () => {
  test('through projection, sort and distinct, replacing columns by their expressions', () => {
    const sum = projectOf(a, [call('add', [x, one], BIGINT)])
    expect(line(optimise(filterOf(sum, call('gt', [col(sum, 0), lit(5)])))))
      .toBe('a[x] where ((x + 1) > 5) -> (x + 1)')
    const sorted = sortOf(distinctOf(projectOf(a, [x])), ascending(col(projectOf(a, [x]), 0)))
    expect(line(optimise(filterOf(sorted, call('gt', [col(sorted, 0),
      one]))))).toBe('a[x] where (x > 1) -> x distinct sort')
  })

  test('through GROUP BY for group columns, never for aggregates or without groups', () => {
    const grouped = aggregateOf(a, [x], [aggregate('count_star', [])])
    const having = filterOf(grouped, call('eq', [col(grouped, 0), one]), call('gt', [col(grouped, 1), lit(2)]))
    expect(line(optimise(having))).toBe('a[x] where (x = 1) group x (count_star) where (a1 > 2)')
    const total = aggregateOf(a, [], [aggregate('count_star', [])])
    expect(line(optimise(filterOf(total, lit(0, BOOLEAN))))).toBe('a[] group  (count_star) where false')
  })

  test('never through LIMIT', () => {
    const limited = limitOf(a, one)
    expect(line(optimise(projectOf(filterOf(limited, call('eq', [x, one])),
      [x])))).toBe('a[x] limit where (x = 1) -> x')
  })

  test('to the sides of an inner join; across sides becomes a key or stays as condition', () => {
    const join = joinOf('cross', a, b, [])
    const filter = filterOf(join, call('gt', [x, one]), call('eq', [rightCol(join, 'y'), lit(2)]),
      call('eq', [x, rightCol(join, 'y')]), call('lt', [col(join, 'id'), rightCol(join, 'id')]))
    expect(line(optimise(projectOf(filter, [s]))))
      .toBe('(a[id x s] where ((x > 1) AND (x = 2)) inner(x=y) b[id y] where ((y = 2) AND (y > 1)) on (id < id)) -> s')
  })

  test('only to the left of a left join, whose ON condition on the right goes to the right', () => {
    const join = joinOf('left', a, b, [['id', 'id']], null)
    const on = { ...join, residual: call('gt', [rightCol(join, 'y'), one]) }
    const filter = filterOf(on, call('gt', [x, one]), call('is_null', [rightCol(join, 'y')]))
    expect(line(optimise(projectOf(filter, [s]))))
      .toBe('(a[id x s] where (x > 1) left(id=id) b[id y] where (y > 1)) where (y IS NULL) -> s')
  })

  test('a condition that rejects NULL rows makes a left join an inner join', () => {
    const join = joinOf('left', a, b, [['id', 'id']])
    expect(line(optimise(projectOf(filterOf(join, call('gt', [rightCol(join, 'y'), one])), [s]))))
      .toBe('(a[id s] inner(id=id) b[id y] where (y > 1)) -> s')
    const coalesced = call('eq', [call('coalesce', [rightCol(join, 'y'), one], BIGINT), one])
    expect(line(optimise(projectOf(filterOf(join, coalesced), [s])))).toContain('left(')
  })
})

describe('other rules', () => {
  test('only columns that are read are scanned', () => {
    const grouped = aggregateOf(filterOf(a, call('gt', [x, one])), [],
      [aggregate('count_star', []), aggregate('max', [s], TEXT)])
    expect(line(optimise(projectOf(grouped, [col(grouped, 0)])))).toBe('a[x] where (x > 1) group  (count_star) -> a0')
    expect(line(optimise(aggregateOf(a, [], [aggregate('count_star', [])])))).toBe('a[] group  (count_star)')
  })

  test('columns that only a filter reads do not reach the result', () => {
    expect(optimise(filterOf(projectOf(a, [x]), call('gt', [col(projectOf(a, [x]), 0), one]))).output.map((o) =>
      o.name)).toEqual(['x'])
  })

  test('limits sink below projections', () => {
    expect(line(optimise(limitOf(projectOf(sortOf(a, ascending(x)), [s]), param(0))))).toBe('a[x s] sort limit -> s')
  })

  test('sorts that nobody sees are dropped, others stay', () => {
    const sorted = sortOf(a, ascending(x))
    expect(line(optimise(aggregateOf(sorted, [], [aggregate('count_star', [])])))).toBe('a[] group  (count_star)')
    expect(line(optimise(aggregateOf(limitOf(sorted, one), [], [aggregate('count_star', [])])))).toContain('sort limit')
    expect(line(optimise(aggregateOf(sorted, [], [aggregate('string_agg', [s, s], TEXT)])))).toContain('sort')
    expect(line(optimise(projectOf(sorted, [s])))).toContain('sort')
  })

  test('the extreme of the first key column needs one row, other extremes all of them', () => {
    const least = (fn: string, input: LogicalPlan, of: Expression): string =>
      line(optimise(aggregateOf(input, [], [aggregate(fn, [of], BIGINT)])))
    expect(least('max', a, col(a, 'id'))).toBe('a[id] sort limit group  (max)')
    expect(least('min', filterOf(a, call('gt', [x, one])),
      col(a, 'id'))).toBe('a[id x] where (x > 1) sort limit group  (min)')
    expect(least('max', a, x)).toBe('a[x] group  (max)')
    expect(least('sum', a, col(a, 'id'))).toBe('a[id] group  (sum)')
    const grouped = aggregateOf(a, [x], [aggregate('max', [col(a, 'id')])])
    expect(line(optimise(grouped))).toBe('a[id x] group x (max)')
  })

  test('tables are joined in an order that avoids a cross join', () => {
    const ab = joinOf('cross', a, b, [])
    const abc = joinOf('cross', ab, c, [])
    const where = filterOf(abc, call('eq', [col(abc, 1), rightCol(abc, 'z')]),
      call('eq', [col(abc, 4), rightCol(abc, 'id')]))
    expect(line(optimise(projectOf(where, [col(abc, 2), col(abc, 3)]))))
      .toBe('((a[x s] inner(x=z) c[id z]) inner(id=y) b[id y]) -> s, id')
    const connected = joinOf('inner', joinOf('inner', a, b, [['id', 'id']]), c, [['x', 'id']])
    expect(line(optimise(projectOf(connected, [s])))).toBe('((a[id x s] inner(id=id) b[id]) inner(x=id) c[id]) -> s')
  })
})
