// The last mile: searches inside the half-open row range a SearchBound names, on typed arrays of keys.
// Branch-light binary search: the loop count depends only on the width of the range and the step is a
// conditional move, so a random key costs no mispredicted branch. NaN must not occur among the values
// searched; the finite part of a table (segment-table.ts) has none.

/** Sorted values a last-mile search can run on. */
export type SortedValues =
  | Float64Array | Float32Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

/** First row in [lo, hi) with values[row] >= key, or hi. O(log(hi - lo)), no allocation. */
export function lowerBoundF64(values: Float64Array, lo: number, hi: number, key: number): number {
  let rows = hi - lo
  while (rows > 1) {
    const half = rows >>> 1
    lo = values[lo + half - 1]! < key ? lo + half : lo
    rows -= half
  }
  return rows === 1 && values[lo]! < key ? lo + 1 : lo
}

/** First row in [lo, hi) with values[row] > key, or hi. O(log(hi - lo)), no allocation. */
export function upperBoundF64(values: Float64Array, lo: number, hi: number, key: number): number {
  let rows = hi - lo
  while (rows > 1) {
    const half = rows >>> 1
    lo = values[lo + half - 1]! <= key ? lo + half : lo
    rows -= half
  }
  return rows === 1 && values[lo]! <= key ? lo + 1 : lo
}

/** {@link lowerBoundF64} over 32-bit integers, without a conversion per step. */
export function lowerBoundI32(values: Int32Array, lo: number, hi: number, key: number): number {
  let rows = hi - lo
  while (rows > 1) {
    const half = rows >>> 1
    lo = values[lo + half - 1]! < key ? lo + half : lo
    rows -= half
  }
  return rows === 1 && values[lo]! < key ? lo + 1 : lo
}

/**
 * Exact 64-bit lower bound over int64 values kept as little-endian halves (the Int32 view of a BigInt64Array):
 * first row in [lo, hi) whose value is >= (keyHigh, keyLow), or hi. `keyHigh` signed, `keyLow` unsigned.
 */
export function lowerBoundI64(halves: Int32Array, lo: number, hi: number, keyHigh: number, keyLow: number): number {
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    const high = halves[mid * 2 + 1]!
    if (high < keyHigh || (high === keyHigh && halves[mid * 2]! >>> 0 < keyLow)) lo = mid + 1
    else hi = mid
  }
  return lo
}

/** Lower bound over any sorted typed array; for tests and cold paths (the access is polymorphic). */
export function lowerBound(values: SortedValues, lo: number, hi: number, key: number): number {
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    if (values[mid]! < key) lo = mid + 1
    else hi = mid
  }
  return lo
}
