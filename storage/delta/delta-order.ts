// Entries of a delta in key order, for range scans and merges. New entries collect in a tail that is sorted
// and merged in on the next ordered read, so writing costs nothing and reading O(tail log tail + n).
import type { Delta } from './delta.ts'
import type { KeyOrder, KeyValue } from '../table/key.ts'

/** Sorted view of a delta's entries. */
export class DeltaOrder {
  private readonly order: KeyOrder
  private sorted: Int32Array = new Int32Array(0)

  constructor(order: KeyOrder) {
    this.order = order
  }

  /** Entries by ascending key. The array is replaced, not changed, when entries are added. */
  entries(delta: Delta): Int32Array {
    const known = this.sorted.length
    const count = delta.entryCount
    if (known === count) return this.sorted
    const tail = new Int32Array(count - known)
    for (let i = 0; i < tail.length; i++) tail[i] = known + i
    tail.sort((a, b) => this.order.compare(delta.keyOf(a), delta.keyOf(b)))
    this.sorted = this.mergeTail(delta, tail)
    return this.sorted
  }

  private mergeTail(delta: Delta, tail: Int32Array): Int32Array {
    const old = this.sorted
    const out = new Int32Array(old.length + tail.length)
    let i = 0
    let j = 0
    for (let k = 0; k < out.length; k++) {
      const takeOld = j === tail.length
        || (i < old.length && this.order.compare(delta.keyOf(old[i]!), delta.keyOf(tail[j]!)) < 0)
      out[k] = takeOld ? old[i++]! : tail[j++]!
    }
    return out
  }

  /** Forgets everything: entry numbers have changed. */
  reset(): void {
    this.sorted = new Int32Array(0)
  }

  /** First index in `entries` whose key is >= key (> key when `after`). */
  position(delta: Delta, entries: Int32Array, key: KeyValue, after: boolean): number {
    let lo = 0
    let hi = entries.length
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      const order = this.order.compare(delta.keyOf(entries[mid]!), key)
      if (order < 0 || (after && order === 0)) lo = mid + 1
      else hi = mid
    }
    return lo
  }
}
