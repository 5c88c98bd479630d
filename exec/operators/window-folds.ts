// The folds: counts and exact sums by prefix sums, float sums and extremes by running values or a segment tree,
// everything else by accumulator objects. Rows that do not count (NULL, or left out by FILTER) are 0 in `counted`.
//
// A segment tree over n leaves is an array of 2 n entries: leaves at n + i, parents at half the place.
import { addIntegers, subtractIntegers } from '../../src/base/decimal.ts'
import type { Integer } from '../../src/base/decimal.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { finishAverage, finishSum } from '../kernel/accumulators.ts'
import type { Accumulator } from '../kernel/accumulators.ts'
import { Fold } from './window-fold.ts'

/** Number of counted rows before each place. */
export function countBefore(counted: Uint8Array): Int32Array {
  const before = new Int32Array(counted.length + 1)
  for (let i = 0; i < counted.length; i++) before[i + 1] = before[i]! + counted[i]!
  return before
}

/** count(*) and count(x). */
export class CountFold extends Fold<Scalar> {
  readonly #before: Int32Array
  #count = 0

  constructor(before: Int32Array) {
    super()
    this.#before = before
  }

  override reset(): void {
    this.#count = 0
  }

  override add(from: number, to: number): void {
    this.#count += this.#before[to]! - this.#before[from]!
  }

  override value(): Scalar {
    return this.#count
  }
}

/** Exact sums before each place: doubles while all of them are safe integers, else Integers. */
export type SumsBefore = Float64Array | readonly Integer[]

/** Prefix sums of integers; NULLs and rows left out are 0. */
export function sumsBefore(values: readonly Integer[]): SumsBefore {
  const sums = new Float64Array(values.length + 1)
  let size = 0
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]!)
    size += Math.abs(value)
    sums[i + 1] = sums[i]! + value
  }
  if (size <= Number.MAX_SAFE_INTEGER) return sums
  const wide: Integer[] = [0]
  for (let i = 0; i < values.length; i++) wide.push(addIntegers(wide[i]!, values[i]!))
  return wide
}

/** sum and avg of integers and decimals. */
export class ExactFold extends Fold<Scalar> {
  readonly #before: Int32Array
  readonly #sums: SumsBefore
  readonly #spec: { readonly isAverage: boolean; readonly argument: SqlType; readonly type: SqlType }
  #count = 0
  #sum: Integer = 0

  constructor(
    before: Int32Array, sums: SumsBefore,
    spec: { readonly isAverage: boolean; readonly argument: SqlType; readonly type: SqlType },
  ) {
    super()
    this.#before = before
    this.#sums = sums
    this.#spec = spec
  }

  override reset(): void {
    this.#count = 0
    this.#sum = 0
  }

  override add(from: number, to: number): void {
    this.#count += this.#before[to]! - this.#before[from]!
    this.#sum = addIntegers(this.#sum, subtractIntegers(this.#sums[to]!, this.#sums[from]!))
  }

  override value(): Scalar {
    if (this.#count === 0) return null
    const { isAverage, argument, type } = this.#spec
    return isAverage ? finishAverage(this.#sum, this.#count, argument, type) : finishSum(this.#sum, type)
  }
}

/** sum and avg of floats: nothing is ever subtracted, so no digits and no infinities are left behind. */
export class FloatFold extends Fold<Scalar> {
  readonly #before: Int32Array
  readonly #values: Float64Array
  readonly #isAverage: boolean
  #tree: Float64Array | null = null
  #count = 0
  #sum = 0

  constructor(before: Int32Array, values: Float64Array, isAverage: boolean) {
    super()
    this.#before = before
    this.#values = values
    this.#isAverage = isAverage
  }

  override reset(): void {
    this.#count = 0
    this.#sum = 0
  }

  override add(from: number, to: number): void {
    this.#count += this.#before[to]! - this.#before[from]!
    for (let i = from; i < to; i++) this.#sum += this.#values[i]!
  }

  override merge(from: number, to: number): void {
    this.#count += this.#before[to]! - this.#before[from]!
    const n = this.#values.length
    const tree = this.#tree ??= this.#grow()
    let left = from + n
    let right = to + n
    let sum = 0
    while (left < right) {
      if ((left & 1) === 1) sum += tree[left++]!
      if ((right & 1) === 1) sum += tree[--right]!
      left >>>= 1
      right >>>= 1
    }
    this.#sum += sum
  }

  #grow(): Float64Array {
    const n = this.#values.length
    const tree = new Float64Array(n * 2)
    tree.set(this.#values, n)
    for (let at = n - 1; at > 0; at--) tree[at] = tree[at * 2]! + tree[at * 2 + 1]!
    return tree
  }

  override value(): Scalar {
    if (this.#count === 0) return null
    return (this.#isAverage ? this.#sum / this.#count : this.#sum) + 0
  }
}

/** Rank of rows that do not count. */
export const NO_RANK = 0x7fff_ffff

/** The row with the smallest rank, or -1: min and max of any type, over ranks in their order. */
export class ExtremeFold extends Fold<number> {
  readonly #ranks: Int32Array
  readonly #rowOf: Int32Array
  #tree: Int32Array | null = null
  #best = NO_RANK

  constructor(ranks: Int32Array, rowOf: Int32Array) {
    super()
    this.#ranks = ranks
    this.#rowOf = rowOf
  }

  override reset(): void {
    this.#best = NO_RANK
  }

  override add(from: number, to: number): void {
    let best = this.#best
    for (let i = from; i < to; i++) if (this.#ranks[i]! < best) best = this.#ranks[i]!
    this.#best = best
  }

  override merge(from: number, to: number): void {
    const n = this.#ranks.length
    const tree = this.#tree ??= this.#grow()
    let left = from + n
    let right = to + n
    let best = this.#best
    while (left < right) {
      if ((left & 1) === 1) {
        if (tree[left]! < best) best = tree[left]!
        left++
      }
      if ((right & 1) === 1) {
        right--
        if (tree[right]! < best) best = tree[right]!
      }
      left >>>= 1
      right >>>= 1
    }
    this.#best = best
  }

  #grow(): Int32Array {
    const n = this.#ranks.length
    const tree = new Int32Array(n * 2)
    tree.set(this.#ranks, n)
    for (let at = n - 1; at > 0; at--) tree[at] = Math.min(tree[at * 2]!, tree[at * 2 + 1]!)
    return tree
  }

  override value(): number {
    return this.#best === NO_RANK ? -1 : this.#rowOf[this.#best]!
  }
}

/** Any other aggregate: rows are fed to an accumulator object, a new one for each frame that is not a longer one. */
export class AccumulatorFold extends Fold<Scalar> {
  readonly #values: readonly Scalar[]
  readonly #seconds: readonly Scalar[]
  readonly #make: () => Accumulator
  #accumulator: Accumulator

  constructor(values: readonly Scalar[], seconds: readonly Scalar[], make: () => Accumulator) {
    super()
    this.#values = values
    this.#seconds = seconds
    this.#make = make
    this.#accumulator = make()
  }

  override reset(): void {
    this.#accumulator = this.#make()
  }

  override add(from: number, to: number): void {
    for (let i = from; i < to; i++) this.#accumulator.add(0, this.#values[i]!, this.#seconds[i] ?? null)
  }

  override value(): Scalar {
    return this.#accumulator.result(0)
  }
}
