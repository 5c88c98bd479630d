// Which rows of one row group are superseded by the delta, and since which commit. Derived data (rule S3):
// filled as writes commit, rebuilt from the delta at open, dropped with the group at a merge.
//
// `alive` answers the common question (a snapshot that sees every listed commit) with a ready bitmap;
// older snapshots and foreign uncommitted writes filter the list.
import { BATCH_ROWS } from '../column-buffers.ts'

/** Commit ids at or above this mark are "uncommitted by transaction (id - mark)". */
export const UNCOMMITTED = 2 ** 52

/** The transaction's mark, used as commit id of versions it has not committed. */
export function uncommittedMark(txnId: number): number {
  return UNCOMMITTED + txnId
}

/** Rows of one group with the commit id from which they are dead. */
export class DeletionVector {
  private readonly rows: number
  /** Bitmap of rows with no entry at all, 1 = alive; null while nothing is dead. */
  private bitmap: Uint8Array | null = null
  private readonly commits = new Map<number, number>()
  /** Listed rows by scan window of 8,192 rows, so that a scan need not count bits. */
  private readonly listed = new Uint16Array(65536 / BATCH_ROWS)
  /** Largest commit id in the list: a snapshot at or above it may use the bitmap, unless there are marks. */
  private newest = 0
  /** Entries that are uncommitted marks. */
  private marks = 0

  constructor(rows: number) {
    this.rows = rows
  }

  get count(): number {
    return this.commits.size
  }

  /** Notes that `row` is superseded from `commitId` (or an uncommitted mark) on; the first note stands. */
  add(row: number, commitId: number): void {
    if (this.commits.has(row)) return
    this.commits.set(row, commitId)
    if (commitId >= UNCOMMITTED) this.marks++
    else if (commitId > this.newest) this.newest = commitId
    this.bitmap ??= new Uint8Array(((this.rows + 63) >> 6) * 8).fill(0xff)
    this.bitmap[row >> 3]! &= ~(1 << (row & 7))
    this.listed[Math.floor(row / BATCH_ROWS)]!++
  }

  /** Replaces an uncommitted mark by the commit id. */
  commit(row: number, mark: number, commitId: number): void {
    if (this.commits.get(row) !== mark) return
    this.commits.set(row, commitId)
    this.marks--
    if (commitId > this.newest) this.newest = commitId
  }

  /** Takes back an entry with this mark (rollback). */
  remove(row: number, mark: number): void {
    if (this.commits.get(row) !== mark) return
    this.commits.delete(row)
    this.bitmap![row >> 3]! |= 1 << (row & 7)
    this.listed[Math.floor(row / BATCH_ROWS)]!--
    this.marks--
  }

  /** True when the row is listed, committed or not: the delta has something to say about it. */
  has(row: number): boolean {
    return this.bitmap !== null && (this.bitmap[row >> 3]! >> (row & 7) & 1) === 0
  }

  /** Commit id or mark from which the row is superseded, 0 when it is not. */
  since(row: number): number {
    return this.commits.get(row) ?? 0
  }

  /** True when the row is dead for the snapshot. */
  isDead(row: number, commitId: number, ownMark: number): boolean {
    const since = this.commits.get(row)
    return since !== undefined && (since <= commitId || since === ownMark)
  }

  /**
   * Writes the alive bits of rows [begin, end) to `target` (begin is a multiple of 64). Returns the number
   * of dead rows among them; 0 = all alive, nothing written.
   */
  writeAlive(target: Uint8Array, begin: number, end: number, commitId: number, ownMark: number): number {
    if (this.bitmap === null || this.commits.size === 0) return 0
    const bytes = (end - begin + 7) >> 3
    if (this.marks === 0 && this.newest <= commitId) {
      const isWindow = begin % BATCH_ROWS === 0 && (end === begin + BATCH_ROWS || end === this.rows)
        && end <= begin + BATCH_ROWS
      const listed = isWindow ? this.listed[begin / BATCH_ROWS]! : -1
      if (listed === 0) return 0
      const slice = this.bitmap.subarray(begin >> 3, (begin >> 3) + bytes)
      target.set(slice)
      return listed > 0 ? listed : countZeros(slice, end - begin)
    }
    target.fill(0xff, 0, bytes)
    let dead = 0
    for (const [row, since] of this.commits) {
      if (row < begin || row >= end || !(since <= commitId || since === ownMark)) continue
      target[(row - begin) >> 3]! &= ~(1 << (row & 7))
      dead++
    }
    return dead
  }
}

function countZeros(bytes: Uint8Array, bits: number): number {
  let zeros = 0
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) {
    let v = bytes[i]! ^ 0xff
    while (v !== 0) {
      v &= v - 1
      zeros++
    }
  }
  for (let bit = whole * 8; bit < bits; bit++) zeros += ((bytes[bit >> 3]! >> (bit & 7)) & 1) ^ 1
  return zeros
}
