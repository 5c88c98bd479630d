// The free-space map of one table's heap: which page has room for a tuple. Pages stand in 16 lists by their free bytes,
// 4 KiB to a list; the list's number is the fill byte of the page's map entry, so the map survives a restart (rule H3).
//
//   heads:  0 ─ … ─ 15 ─► page ─► page ─► …      doubly linked through arrays over page ids; new pages go to the end
//
// Everything is O(1): finding looks at the heads of at most 16 lists. (A JavaScript Set per list would not do: taking
// the first of a Set steps over the holes that earlier deletions left, up to half its size.)
import { FRAME_SIZE } from '../memory/linear-memory.ts'

const BUCKETS = 16
/** Bytes of one bucket: bucket b has at least b times as many free. */
export const BUCKET_BYTES = FRAME_SIZE / BUCKETS
const NONE = 0

/** Pages with room, by free-space bucket, oldest first. Page id 0 does not exist, which ends the lists. */
export class FreeSpaceMap {
  private readonly first = new Int32Array(BUCKETS)
  private readonly last = new Int32Array(BUCKETS)
  private next = new Int32Array(256)
  private previous = new Int32Array(256)

  /** A page with at least `bytes` free: the first of the lowest sufficient bucket; -1 when there is none. */
  find(bytes: number): number {
    for (let b = Math.floor(bytes / BUCKET_BYTES) + 1; b < BUCKETS; b++) {
      if (this.first[b] !== NONE) return this.first[b]!
    }
    return -1
  }

  /** Moves a page between buckets; -1 = it was in none, or leaves. */
  move(page: number, from: number, to: number): void {
    if (from >= 0) this.unlink(page, from)
    if (to >= 0) this.link(page, to)
  }

  private link(page: number, bucket: number): void {
    if (page >= this.next.length) this.grow(page + 1)
    const before = this.last[bucket]!
    this.next[page] = NONE
    this.previous[page] = before
    if (before === NONE) this.first[bucket] = page
    else this.next[before] = page
    this.last[bucket] = page
  }

  private unlink(page: number, bucket: number): void {
    const before = this.previous[page]!
    const after = this.next[page]!
    if (before === NONE) this.first[bucket] = after
    else this.next[before] = after
    if (after === NONE) this.last[bucket] = before
    else this.previous[after] = before
  }

  private grow(needed: number): void {
    const length = Math.max(needed, this.next.length * 2)
    for (const name of ['next', 'previous'] as const) {
      const grown = new Int32Array(length)
      grown.set(this[name])
      this[name] = grown
    }
  }
}
