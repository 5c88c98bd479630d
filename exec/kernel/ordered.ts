// Aggregates whose result depends on the order of their rows: ORDER BY inside an aggregate and WITHIN GROUP. The values
// of a group are kept with their sort keys, sorted once when the result is asked for, and handed on in that order.
//
//   add(group, argument, second argument, key, …)   kept flat, one run of `width` Scalars for each row
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Accumulator } from './accumulators.ts'

/** One sort key of an aggregate's rows. */
export interface RowOrder {
  readonly type: SqlType
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** Sorts the rows of every group before `inner` sees them. The keys are the last arguments. */
export class OrderedAccumulator implements Accumulator {
  private readonly groups: Scalar[][] = []
  private readonly inner: Accumulator
  private readonly order: readonly RowOrder[]
  /** Arguments before the keys. */
  private readonly args: number
  private readonly distinct: SqlType | null

  /** `distinct`: type of the argument of which equal values count once; they are neighbours in the order. */
  constructor(inner: Accumulator, order: readonly RowOrder[], args: number, distinct: SqlType | null) {
    this.inner = inner
    this.order = order
    this.args = args
    this.distinct = distinct
  }

  add(group: number, ...values: Scalar[]): void {
    const rows = this.groups[group]
    if (rows === undefined) this.groups[group] = values
    else for (const value of values) rows.push(value)
  }

  result(group: number): Scalar {
    const rows = this.groups[group]
    if (rows !== undefined) {
      this.feed(group, rows)
      this.groups[group] = []
    }
    return this.inner.result(group)
  }

  private feed(group: number, rows: readonly Scalar[]): void {
    const width = this.args + this.order.length
    const starts = Array.from({ length: rows.length / width }, (_, row) => row * width)
    starts.sort((a, b) => this.compare(rows, a, b))
    let before: Scalar = null
    for (const at of starts) {
      const value = rows[at]!
      const isAgain = this.distinct !== null && value !== null && before !== null
        && compareScalars(this.distinct, value, before) === 0
      if (isAgain) continue
      before = value
      this.inner.add(group, value, this.args > 1 ? rows[at + 1]! : null)
    }
  }

  private compare(rows: readonly Scalar[], a: number, b: number): number {
    for (let key = 0; key < this.order.length; key++) {
      const { type, descending, nullsFirst } = this.order[key]!
      const [x, y] = [rows[a + this.args + key]!, rows[b + this.args + key]!]
      if (x === null || y === null) {
        if (x === y) continue
        return (x === null) === nullsFirst ? -1 : 1
      }
      const difference = compareScalars(type, x, y)
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  }
}

/** percentile_cont and percentile_disc of values that come in order; the fraction is the second argument. */
export class PercentileAccumulator implements Accumulator {
  private readonly values: Scalar[][] = []
  private readonly fractions: Scalar[] = []
  private readonly isContinuous: boolean

  constructor(isContinuous: boolean) {
    this.isContinuous = isContinuous
  }

  add(group: number, value: Scalar, fraction: Scalar = null): void {
    this.fractions[group] = fraction
    if (value === null) return
    const values = this.values[group]
    if (values === undefined) this.values[group] = [value]
    else values.push(value)
  }

  result(group: number): Scalar {
    const fraction = this.fractions[group] ?? null
    if (fraction !== null && !(Number(fraction) >= 0 && Number(fraction) <= 1)) {
      throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `percentile value ${Number(fraction)} is not between 0 and 1`)
    }
    const values = this.values[group]
    if (values === undefined || fraction === null) return null
    const share = Number(fraction)
    if (!this.isContinuous) return values[Math.max(0, Math.ceil(share * values.length) - 1)]!
    const at = share * (values.length - 1)
    const [low, high] = [values[Math.floor(at)] as number, values[Math.ceil(at)] as number]
    return low === high ? low : low + (high - low) * (at - Math.floor(at))
  }
}

/** mode() of values that come in order: the first of those that come most often. */
export class ModeAccumulator implements Accumulator {
  private readonly states: { best: Scalar; most: number; value: Scalar; count: number }[] = []
  private readonly type: SqlType

  constructor(type: SqlType) {
    this.type = type
  }

  add(group: number, value: Scalar): void {
    if (value === null) return
    const state = this.states[group] ??= { best: null, most: 0, value: null, count: 0 }
    if (state.value === null || compareScalars(this.type, value, state.value) !== 0) {
      state.value = value
      state.count = 0
    }
    if (++state.count > state.most) {
      state.most = state.count
      state.best = value
    }
  }

  result(group: number): Scalar {
    return this.states[group]?.best ?? null
  }
}
