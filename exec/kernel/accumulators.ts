// Accumulator objects: the general way to aggregate, fed Scalars row by row. Used for DISTINCT, text, wide
// integers and the rarer functions; the common numeric aggregates live in slots (aggregate-slots.ts).
// A NULL argument is ignored, as SQL says, except by count(*).
import { unreachable } from '../../src/base/assert.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { addIntegers, checkPrecision, divideDecimals } from '../../src/base/decimal.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { addIntervals, decodeInterval, encodeInterval, multiplyInterval } from '../../src/base/interval.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isInteger, physicalOf, typeName } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { ObjectMap } from './id-map.ts'
import { WordMap, makeIdMap } from './id-map.ts'
import {
  ArrayAccumulator, BitAccumulator, FirstAccumulator, JsonAccumulator, JsonObjectAccumulator, SketchAccumulator,
} from './collecting.ts'
import { ModeAccumulator, OrderedAccumulator, PercentileAccumulator } from './ordered.ts'
import type { RowOrder } from './ordered.ts'
import { MedianAccumulator, PAIR_STATISTICS, PairAccumulator } from './statistics.ts'

/** One aggregate of all groups. */
export interface Accumulator {
  add(group: number, value: Scalar, second?: Scalar): void
  result(group: number): Scalar
}

const INT64_MAX = 2n ** 63n - 1n

/** An exact sum as a value of the aggregate's result type; 22003 when it does not fit. */
export function finishSum(total: Integer, type: SqlType): Scalar {
  if (type.kind === 'decimal') return checkPrecision(total, type.precision!, type.scale ?? 0)
  if (typeof total === 'bigint' && (total > INT64_MAX || total < -INT64_MAX - 1n)) {
    throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `${typeName(type)} out of range: ${total}`)
  }
  return total
}

/** An exact average: sum of `argument`-typed values over their count, rounded at the result's scale. */
export function finishAverage(total: Integer, count: number, argument: SqlType, type: SqlType): Scalar {
  if (type.kind !== 'decimal') return Number(total) / count
  return divideDecimals(total, argument.scale ?? 0, count, 0, type.scale ?? 0)
}

class CountAccumulator implements Accumulator {
  private readonly counts: number[] = []
  private readonly countsNulls: boolean

  constructor(countsNulls: boolean) {
    this.countsNulls = countsNulls
  }

  add(group: number, value: Scalar): void {
    if (value !== null || this.countsNulls) this.counts[group] = (this.counts[group] ?? 0) + 1
  }

  result(group: number): Scalar {
    return this.counts[group] ?? 0
  }
}

/** Exact sums and averages of integers and decimals. */
class ExactAccumulator implements Accumulator {
  readonly sums: Integer[] = []
  readonly counts: number[] = []
  private readonly isAverage: boolean
  private readonly argument: SqlType
  private readonly type: SqlType

  constructor(isAverage: boolean, argument: SqlType, type: SqlType) {
    this.isAverage = isAverage
    this.argument = argument
    this.type = type
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    this.sums[group] = addIntegers(this.sums[group] ?? 0, value as Integer)
    this.counts[group] = (this.counts[group] ?? 0) + 1
  }

  result(group: number): Scalar {
    const count = this.counts[group] ?? 0
    if (count === 0) return null
    const sum = this.sums[group]!
    return this.isAverage ? finishAverage(sum, count, this.argument, this.type) : finishSum(sum, this.type)
  }
}

class FloatAccumulator implements Accumulator {
  private readonly sums: number[] = []
  private readonly counts: number[] = []
  private readonly isAverage: boolean

  constructor(isAverage: boolean) {
    this.isAverage = isAverage
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    this.sums[group] = (this.sums[group] ?? 0) + (value as number)
    this.counts[group] = (this.counts[group] ?? 0) + 1
  }

  result(group: number): Scalar {
    const count = this.counts[group] ?? 0
    if (count === 0) return null
    return (this.isAverage ? this.sums[group]! / count : this.sums[group]!) + 0
  }
}

/** min and max by the type's order; bool_and and bool_or are the extremes of booleans. */
class ExtremeAccumulator implements Accumulator {
  readonly best: Scalar[] = []
  private readonly sign: 1 | -1
  private readonly type: SqlType

  constructor(type: SqlType, sign: 1 | -1) {
    this.type = type
    this.sign = sign
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    const best = this.best[group] ?? null
    if (best === null || compareScalars(this.type, value, best) * this.sign > 0) this.best[group] = value
  }

  result(group: number): Scalar {
    return this.best[group] ?? null
  }
}

class IntervalAccumulator implements Accumulator {
  private readonly sums: Uint8Array[] = []
  private readonly counts: number[] = []
  private readonly isAverage: boolean

  constructor(isAverage: boolean) {
    this.isAverage = isAverage
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    const sum = this.sums[group]
    this.counts[group] = (this.counts[group] ?? 0) + 1
    this.sums[group] = sum === undefined ? value as Uint8Array
      : encodeInterval(addIntervals(decodeInterval(sum), decodeInterval(value as Uint8Array)))
  }

  result(group: number): Scalar {
    const sum = this.sums[group] ?? null
    if (sum === null || !this.isAverage) return sum
    return encodeInterval(multiplyInterval(decodeInterval(sum), 1 / this.counts[group]!))
  }
}

/** Variance by Welford's updates: one pass, no cancellation. */
class VarianceAccumulator implements Accumulator {
  private readonly counts: number[] = []
  private readonly means: number[] = []
  private readonly squares: number[] = []
  private readonly isSample: boolean
  private readonly isDeviation: boolean

  constructor(fn: string) {
    this.isSample = fn.endsWith('samp')
    this.isDeviation = fn.startsWith('stddev')
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    const count = (this.counts[group] ?? 0) + 1
    const mean = this.means[group] ?? 0
    const delta = (value as number) - mean
    const next = mean + delta / count
    this.counts[group] = count
    this.means[group] = next
    this.squares[group] = (this.squares[group] ?? 0) + delta * ((value as number) - next)
  }

  result(group: number): Scalar {
    const count = this.counts[group] ?? 0
    const divisor = this.isSample ? count - 1 : count
    if (divisor <= 0) return null
    const variance = this.squares[group]! / divisor
    return this.isDeviation ? Math.sqrt(variance) : variance
  }
}

class StringAccumulator implements Accumulator {
  private readonly texts: (string | undefined)[] = []

  add(group: number, value: Scalar, separator: Scalar = null): void {
    if (value === null) return
    const text = this.texts[group]
    this.texts[group] = text === undefined ? value as string : text + (separator ?? '') + (value as string)
  }

  result(group: number): Scalar {
    return this.texts[group] ?? null
  }
}

/** Passes each distinct value of a group on once: ids of values, then ids of (group, value id) pairs. */
class DistinctAccumulator implements Accumulator {
  private readonly inner: Accumulator
  private readonly values: WordMap | ObjectMap
  private readonly pairs: WordMap

  constructor(inner: Accumulator, type: SqlType, memory: LinearMemory, arena: Arena) {
    this.inner = inner
    this.values = makeIdMap(memory, arena, type)
    this.pairs = new WordMap(memory, arena)
  }

  add(group: number, value: Scalar, second?: Scalar): void {
    if (value === null) return
    const before = this.pairs.count
    this.pairs.pair(this.values.identify(value), group)
    if (this.pairs.count !== before) this.inner.add(group, value, second)
  }

  result(group: number): Scalar {
    return this.inner.result(group)
  }
}

/** What an accumulator is made for. */
export interface AccumulatorSpec {
  readonly fn: string
  readonly argument: SqlType
  /** Type of the second argument, where there is one. */
  readonly second?: SqlType
  readonly type: SqlType
  readonly distinct: boolean
  /** Keys that the rows of a group are sorted by, and how many arguments stand before them. */
  readonly order?: { readonly keys: readonly RowOrder[]; readonly args: number }
}

/** The accumulator of an aggregate call. */
export function makeAccumulator(spec: AccumulatorSpec, memory: LinearMemory, arena: Arena): Accumulator {
  const inner = plainAccumulator(spec)
  const { order } = spec
  if (order !== undefined) {
    return new OrderedAccumulator(inner, order.keys, order.args, spec.distinct ? spec.argument : null)
  }
  return spec.distinct ? new DistinctAccumulator(inner, spec.argument, memory, arena) : inner
}

function plainAccumulator({ fn, argument, second, type }: AccumulatorSpec): Accumulator {
  switch (fn) {
    case 'count_star': return new CountAccumulator(true)
    case 'count': return new CountAccumulator(false)
    case 'sum': case 'avg':
      if (argument.kind === 'interval') return new IntervalAccumulator(fn === 'avg')
      if (physicalOf(argument) === 'float') return new FloatAccumulator(fn === 'avg')
      return new ExactAccumulator(fn === 'avg', argument, type)
    case 'min': case 'bool_and': return new ExtremeAccumulator(argument, -1)
    case 'max': case 'bool_or': return new ExtremeAccumulator(argument, 1)
    case 'string_agg': return new StringAccumulator()
    case 'stddev_samp': case 'stddev_pop': case 'var_samp': case 'var_pop': return new VarianceAccumulator(fn)
    case 'median': return new MedianAccumulator()
    case 'percentile_cont': case 'percentile_disc': return new PercentileAccumulator(fn === 'percentile_cont')
    case 'mode': return new ModeAccumulator(argument)
    case 'array_agg': return new ArrayAccumulator(argument)
    case 'json_agg': case 'jsonb_agg': return new JsonAccumulator(argument, fn === 'jsonb_agg')
    case 'json_object_agg': case 'jsonb_object_agg':
      return new JsonObjectAccumulator(second!, fn === 'jsonb_object_agg')
    case 'bit_and': case 'bit_or': case 'bit_xor': return new BitAccumulator(fn)
    case 'any_value': return new FirstAccumulator()
    case 'approx_count_distinct': return new SketchAccumulator(argument)
    default:
      if (PAIR_STATISTICS.includes(fn)) return new PairAccumulator(fn)
      return unreachable('the binder resolved an aggregate that no accumulator knows')
  }
}

/** True for argument types whose sums are exact integers. */
export function isExact(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'decimal'
}
