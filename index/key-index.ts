// What every key index does, so that the learned one can be measured against honest rivals: the same search,
// the same bound, the same accounting of bytes. Used by tests and benches; storage calls searchBound
// directly.
import type { SearchBound } from './learned-index.ts'

/** How large an index is and how well it predicts. */
export interface KeyIndexStats {
  readonly kind: string
  readonly keys: number
  /** Bytes beyond the sorted keys themselves. */
  readonly bytes: number
  /** Largest hi - lo a search can return for a finite key; 1 for an index whose answers are exact. */
  readonly windowRows: number
}

/** An index over sorted projected keys (key-order.ts). */
export interface KeyIndex {
  /** Writes a bound with the promises L1 and L2 of learned-index.ts into `out`. No allocation. */
  search(key: number, out: SearchBound): void
  /** Bytes beyond the sorted keys themselves. */
  readonly bytes: number
  stats(): KeyIndexStats
}

/** Builds an index over non-decreasing keys[0 .. count-1], which it may keep but not change. */
export type KeyIndexBuilder = (keys: Float64Array, count: number) => KeyIndex
