// The rival with no index at all: binary search over the sorted keys. Zero bytes, an exact answer, and
// log2(n) dependent cache misses. Keeps a reference to the keys.
import type { KeyIndex, KeyIndexStats } from '../key-index.ts'
import { dropTail, skipNegativeInfinity } from '../fit.ts'
import { lowerBoundF64, upperBoundF64 } from '../last-mile.ts'
import type { SearchBound } from '../learned-index.ts'

/** Plain binary search; the bound it returns is exactly the rows of the key. */
export class SortedArrayIndex implements KeyIndex {
  readonly bytes = 0
  private readonly keys: Float64Array
  private readonly count: number
  private readonly begin: number
  private readonly end: number

  constructor(keys: Float64Array, count: number) {
    this.keys = keys
    this.count = count
    this.begin = skipNegativeInfinity(keys, count)
    this.end = dropTail(keys, this.begin, count)
  }

  search(key: number, out: SearchBound): void {
    const { keys, begin, end } = this
    if (!(key < Infinity)) {
      out.pos = out.lo = end
      out.hi = this.count
    } else if (key === -Infinity) {
      out.pos = out.lo = 0
      out.hi = begin
    } else {
      const lo = lowerBoundF64(keys, begin, end, key)
      // Distinct keys are the rule: look one row on before searching for the end of a run.
      const isRun = lo + 1 < end && keys[lo + 1] === key
      out.pos = out.lo = lo
      out.hi = isRun ? upperBoundF64(keys, lo, end, key) : lo < end && keys[lo] === key ? lo + 1 : lo
    }
  }

  stats(): KeyIndexStats {
    return { kind: 'sorted-array', keys: this.count, bytes: 0, windowRows: 1 }
  }
}
