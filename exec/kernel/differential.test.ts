// Random expressions over random columns of every layout, with NULLs, dead rows and extreme values: both
// printers must agree with each other, in values and in errors, and with row-by-row evaluation of the same
// expression on constants (which has other ranges and representations, so other code).
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { DatabaseError } from '../../src/base/errors.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import {
  BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, REAL, SMALLINT, TEXT, TIMESTAMP, decimalType,
} from '../../src/base/types.ts'
import type { Expression } from '../plan/logical.ts'
import { bitmapBytes } from '../vector/batch.ts'
import {
  arena, binary, cast, column, constant, environment, invoke, logic, makeBatch, rowsIn, rowsOf,
} from './batch.fixture.ts'
import type { Form, TestColumn } from './batch.fixture.ts'
import { compileAggregate, compileFilter, compileProjection, evaluateConstant } from './compile.ts'
import type { Backend } from './compile.ts'
import { resolveAggregate } from '../functions/catalog.ts'

const PRICE = decimalType(12, 2)
const WIDE = decimalType(24, 3)
const TYPES: readonly SqlType[] = [
  INTEGER, BIGINT, SMALLINT, PRICE, WIDE, DOUBLE, REAL, BOOLEAN, DATE, TEXT, TIMESTAMP, INTEGER, PRICE,
]
const FORMS: readonly Form[] = ['narrow', 'wide', 'coded', 'plain']
const WORDS = ['', 'a', 'ab', 'Abc', 'zebra', 'z\u{1F600}', 'ü', 'x y', '12', '-7.5']

function randomValue(type: SqlType, random: Random, magnitude: number): Scalar {
  const spread = (limit: number): number => random.between(-Math.min(limit, magnitude), Math.min(limit, magnitude))
  switch (type.kind) {
    case 'boolean': return random.below(2)
    case 'smallint': return spread(32767)
    case 'integer': case 'date': return spread(2147483647)
    case 'bigint': {
      if (random.chance(0.05) && magnitude > 1e12) return random.pick([9223372036854775807n, -9223372036854775808n])
      return spread(2 ** 52)
    }
    case 'decimal':
      return type === WIDE && magnitude > 1e12 && random.chance(0.2) ? 10n ** 21n + 7n : spread(999999999999)
    case 'real': return Math.fround(spread(1e6) / 8)
    case 'double': return random.chance(0.05) ? random.pick([NaN, Infinity, -Infinity, 0, 1e308]) : spread(1e9) / 8
    case 'timestamp': return spread(4e15)
    default: return random.pick(WORDS)
  }
}

function randomColumns(random: Random, rows: number): TestColumn[] {
  return TYPES.map(type => {
    const magnitude = random.pick([3, 100, 40000, 2 ** 31, 2 ** 50])
    const nulls = random.pick([0, 0, 0.1, 0.6])
    const draw = (): Scalar => random.chance(nulls) ? null : randomValue(type, random, magnitude)
    const values = Array.from({ length: rows }, draw)
    const isText = type.kind === 'text'
    const form = isText ? random.pick(['coded', 'plain'] as Form[]) : random.pick(FORMS.filter(f => f !== 'coded'))
    return { type, values, form }
  })
}

const NUMBERS = TYPES.filter(type => !['boolean', 'date', 'text', 'timestamp'].includes(type.kind))
const COMPARE = ['=', '<>', '<', '<=', '>', '>=']

class Generator {
  private readonly random: Random
  constructor(random: Random) {
    this.random = random
  }

  private columnOf(type: SqlType): Expression {
    const choices = TYPES.map((_, i) => i).filter(i => TYPES[i] === type)
    return column(this.random.pick(choices), type)
  }

  value(type: SqlType, depth: number): Expression {
    const { random } = this
    if (depth <= 0 || random.chance(0.2)) {
      if (random.chance(0.7)) return this.columnOf(type)
      return constant(random.chance(0.08) ? null : randomValue(type, random, random.pick([3, 100, 100000])), type)
    }
    if (random.chance(0.15)) {
      return { kind: 'case', type, branches: [{ when: this.truth(depth - 1), then: this.value(type, depth - 1) }],
        otherwise: random.chance(0.5) ? null : this.value(type, depth - 1) }
    }
    if (random.chance(0.1)) {
      return { kind: 'call', fn: 'coalesce', args: [this.value(type, depth - 1), this.value(type, depth - 1)], type }
    }
    switch (type.kind) {
      case 'boolean': return this.truth(depth)
      case 'date': {
        const days = constant(random.between(-9, 9), INTEGER)
        return binary(random.pick(['+', '-']), this.value(DATE, depth - 1), days)
      }
      case 'text': return random.chance(0.5) ? binary('||', this.value(TEXT, depth - 1), this.columnOf(TEXT))
        : invoke('upper', this.value(TEXT, depth - 1))
      case 'timestamp': return cast(this.value(DATE, depth - 1), TIMESTAMP)
      default: return this.number(type, depth)
    }
  }

  private number(type: SqlType, depth: number): Expression {
    const { random } = this
    if (random.chance(0.1)) return invoke('abs', this.value(type, depth - 1))
    if (type === INTEGER && random.chance(0.1)) return invoke('length', this.value(TEXT, depth - 1))
    if (random.chance(0.08)) return cast(invoke('extract_year', this.value(DATE, depth - 1)), type)
    if (random.chance(0.08)) return cast(binary('/', this.value(PRICE, depth - 1), constant(7, INTEGER)), type)
    if (random.chance(0.1)) return cast(this.value(random.pick(NUMBERS), depth - 1), type)
    const isFloat = type.kind === 'real' || type.kind === 'double'
    const symbol = random.pick(isFloat ? ['+', '-', '*', '/'] : ['+', '-', '*', '/', '%'])
    const made = binary(symbol, this.value(type, depth - 1), this.value(type, depth - 1))
    return JSON.stringify(made.type) === JSON.stringify(type) ? made : cast(made, type)
  }

  truth(depth: number): Expression {
    const { random } = this
    if (depth <= 0 || random.chance(0.1)) return this.columnOf(BOOLEAN)
    const pick = random.below(10)
    if (pick < 2) return logic(random.pick(['and', 'or']), this.truth(depth - 1), this.truth(depth - 1))
    if (pick === 2) return logic('not', this.truth(depth - 1))
    const type = random.pick(TYPES)
    if (pick === 3) return logic(random.pick(['is_null', 'is_not_null']), this.value(type, depth - 1))
    if (pick === 4) {
      const pattern = constant(random.pick(['a%', '%b%', '%r%', '%c', 'ab', '%', '_', 'z_', 'a\\%']), TEXT)
      return binary('~~', this.value(TEXT, depth - 1), pattern)
    }
    if (pick === 5) {
      const items = Array.from({ length: random.pick([2, 12]) }, () => constant(randomValue(type, random, 50), type))
      return { kind: 'in', arg: this.value(type, depth - 1), items, negated: random.chance(0.3), type: BOOLEAN }
    }
    if (pick === 6) return logic('is_distinct', this.value(type, depth - 1), this.value(type, depth - 1))
    return binary(random.pick(COMPARE), this.value(type, depth - 1), this.value(type, depth - 1))
  }
}

/** What a run gives: its result, or the code of its error. */
function outcome<T>(run: () => T): { value: T } | { code: string } {
  try {
    return { value: run() }
  } catch (error) {
    const { code } = error as DatabaseError
    if (code === undefined || code === 'XX000') throw error
    return { code }
  }
}

// -0 and 0 are one value.
const plain = (rows: Scalar[][]): Scalar[][] => rows.map(row => row.map(value => value === 0 ? 0 : value))

function substitute(expression: Expression, row: readonly Scalar[]): Expression {
  const go = (e: Expression): Expression => substitute(e, row)
  switch (expression.kind) {
    case 'column': return constant(row[expression.index]!, expression.type)
    case 'call': return { ...expression, args: expression.args.map(go) }
    case 'cast': return { ...expression, arg: go(expression.arg) }
    case 'case': return {
      ...expression, branches: expression.branches.map(b => ({ when: go(b.when), then: go(b.then) })),
      otherwise: expression.otherwise === null ? null : go(expression.otherwise),
    }
    case 'in': return { ...expression, arg: go(expression.arg), items: expression.items.map(go) }
    default: return expression
  }
}

const BACKENDS: Backend[] = ['javascript', 'webassembly']
const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1)
let wasmRows = 0

test.each(SEEDS)('expressions, seed %i', seed => {
  const random = new Random(seed)
  const mark = arena.mark()
  const rows = random.pick([1, 63, 64, 150, 400])
  const columns = randomColumns(random, rows)
  const dead = random.pick([0, 0.3])
  const alive = dead === 0 ? undefined : (row: number): boolean => (row * 7919 + seed) % 10 >= 3
  const batch = makeBatch(columns, { begin: random.pick([0, 0, 5, 64, 100]), seed, ...(alive ? { alive } : {}) })
  const source = rowsOf(batch)
  const generator = new Generator(random)
  for (let i = 0; i < 12; i++) {
    const expression = generator.value(random.pick(TYPES), 3)
    const predicate = generator.truth(3)
    const results = BACKENDS.map(backend => {
      const env = environment(backend)
      const projection = compileProjection([expression, column(0, INTEGER)], columns, env)
      const projected = outcome(() => plain(rowsOf(projection.run(batch, arena))))
      const kept = outcome(() => {
        const out = arena.allocate(bitmapBytes(batch.windowRows))
        const count = compileFilter(predicate, columns, env).run(batch, out)
        const bits = rowsIn(out, batch.windowRows)
        expect(bits.length).toBe(count)
        return bits
      })
      wasmRows += env.counters.wasmRows
      return { projected, kept }
    })
    expect(results[1]).toEqual(results[0])
    const byRow = outcome(() => plain(source.map(row => [evaluateConstant(substitute(expression, row), []), row[0]!])))
    // A constant NULL hides the errors of its siblings, so only values are comparable.
    if ('value' in results[0]!.projected && 'value' in byRow) expect(results[0]!.projected).toEqual(byRow)
    const rowTruth = outcome(() => source.map(row => evaluateConstant(substitute(predicate, row), []) === 1))
    if ('value' in rowTruth && 'value' in results[0]!.kept) {
      expect(results[0]!.kept.value.length).toBe(rowTruth.value.filter(Boolean).length)
    }
  }
  arena.rewind(mark)
})

test.each(SEEDS)('aggregates, seed %i', seed => {
  const random = new Random(seed + 1000)
  const mark = arena.mark()
  const batches = [1, 2, 3].map(() => {
    const columns = randomColumns(random, random.pick([10, 200, 333]))
    return { columns, batch: makeBatch(columns, { begin: random.pick([0, 3, 64]), seed }) }
  })
  const generator = new Generator(random)
  const groups = Array.from({ length: random.below(4) }, () => generator.value(random.pick(TYPES), random.below(2)))
  const aggregates = Array.from({ length: 5 }, () => {
    const fn = random.pick(['sum', 'avg', 'min', 'max', 'count', 'count'])
    const type = fn === 'count' ? random.pick(TYPES) : random.pick(NUMBERS)
    const arg = generator.value(type, random.below(3))
    const resolved = resolveAggregate(fn, [arg.type], false)
    return { fn: resolved.fn, args: [arg], distinct: random.chance(0.3), type: resolved.result,
      filter: random.chance(0.2) ? generator.truth(1) : null }
  })
  const filter = random.chance(0.5) ? generator.truth(2) : null
  const results = BACKENDS.map(backend => {
    const env = environment(backend)
    const outcomeOf = outcome(() => {
      const kernel = compileAggregate({ filter, groups, aggregates }, TYPES.map(type => ({ type })), env)
      for (const { batch } of batches) kernel.consume(batch)
      return plain([...kernel.finish(arena)].flatMap(rowsOf)).map(row => JSON.stringify(row, showBig)).sort()
    })
    wasmRows += env.counters.wasmRows
    return outcomeOf
  })
  expect(results[1]).toEqual(results[0])
  arena.rewind(mark)
})

function showBig(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : Number.isNaN(value) ? 'NaN' : value
}

test('the WebAssembly printer did take part', () => {
  expect(wasmRows).toBeGreaterThan(10000)
})
