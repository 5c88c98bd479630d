// Which rows of one row group are superseded, and since which commit (rule S3). Two kinds of marks:
//
//   noted    row -> commit id (or uncommitted mark) of the first version that superseded it: derived from the
//            delta, filled as writes commit, rebuilt at open, dropped with the group at a merge
//   sealed   the delta no longer knows the row's key: its successor is in a sealed run, or the row was deleted
//            (rule R2). Durable in the table root. A sealed row keeps its note while a snapshot older than
//            that commit is open (`settle`); without one it is dead for everybody
//
// `writeAlive` answers the common question (a snapshot that sees every listed commit) with a ready bitmap;
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
  /** Bitmap of rows with no mark at all, 1 = alive; null while nothing is dead. */
  private bitmap: Uint8Array | null = null
  private readonly commits = new Map<number, number>()
  /** Listed rows by scan window of 8,192 rows, so that a scan need not count bits. */
  private readonly listed = new Uint16Array(65536 / BATCH_ROWS)
  private sealed: Uint8Array | null = null
  /** So many sealed rows as a table root stores them (root-codec.ts); null = they have not been needed. */
  stored: { readonly count: number; readonly bytes: Uint8Array } | null = null
  /** Sealed rows. The common group has none, which is all that a point read asks. */
  sealedCount = 0
  /** Sealed rows that have no note any more. */
  private settledCount = 0
  /** Largest commit id in the list: a snapshot at or above it may use the bitmap, unless there are marks. */
  private newest = 0
  /** Entries that are uncommitted marks. */
  private marks = 0

  constructor(rows: number) {
    this.rows = rows
  }

  /** Rows with a mark of either kind. */
  get count(): number {
    return this.commits.size + this.settledCount
  }

  /** Sealed rows whose notes wait for old snapshots. */
  get unsettledCount(): number {
    return this.sealedCount - this.settledCount
  }

  /** A copy with marks of its own: a new root's view of a group that older roots go on reading. */
  clone(): DeletionVector {
    const copy = new DeletionVector(this.rows)
    copy.bitmap = this.bitmap?.slice() ?? null
    for (const [row, since] of this.commits) copy.commits.set(row, since)
    copy.sealed = this.sealed?.slice() ?? null
    copy.sealedCount = this.sealedCount
    copy.stored = this.stored
    copy.listed.set(this.listed)
    copy.settledCount = this.settledCount
    copy.newest = this.newest
    copy.marks = this.marks
    return copy
  }

  /** Notes that `row` is superseded from `commitId` (or an uncommitted mark) on; the first note stands. */
  add(row: number, commitId: number): void {
    if (this.commits.has(row) || this.isSealed(row)) return
    this.commits.set(row, commitId)
    if (commitId >= UNCOMMITTED) this.marks++
    else if (commitId > this.newest) this.newest = commitId
    this.clearAlive(row)
  }

  private clearAlive(row: number): void {
    if (this.has(row)) return
    this.listed[Math.floor(row / BATCH_ROWS)]!++
    this.bitmap ??= new Uint8Array(((this.rows + 63) >> 6) * 8).fill(0xff)
    this.bitmap[row >> 3]! &= ~(1 << (row & 7))
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

  /** True when the row is dead for everybody who reads the present, whatever the delta says. */
  isSealed(row: number): boolean {
    return this.sealed !== null && ((this.sealed[row >> 3]! >> (row & 7)) & 1) === 1
  }

  /** Seals a row. Its note goes at once when no snapshot is older than `oldestCommit`. */
  seal(row: number, oldestCommit: number): void {
    if (this.isSealed(row)) return
    this.sealed ??= new Uint8Array(((this.rows + 63) >> 6) * 8)
    this.sealed[row >> 3]! |= 1 << (row & 7)
    this.sealedCount++
    this.clearAlive(row)
    const since = this.commits.get(row)
    if (since === undefined) this.settledCount++
    else if (since <= oldestCommit) this.dropNote(row)
  }

  private dropNote(row: number): void {
    if (this.commits.get(row)! >= UNCOMMITTED) this.marks--
    this.commits.delete(row)
    this.settledCount++
  }

  /** Seals rows [begin, end): their contents are in a newer group of the same root. */
  sealSpan(begin: number, end: number): void {
    if (this.commits.size > 0 || this.sealedCount > 0) {
      for (let row = begin; row < end; row++) this.seal(row, Infinity)
      return
    }
    // Nothing is marked yet: the bits are enough.
    const bytes = ((this.rows + 63) >> 6) * 8
    this.sealed ??= new Uint8Array(bytes)
    this.bitmap ??= new Uint8Array(bytes).fill(0xff)
    for (let row = begin; row < end; row++) {
      this.sealed[row >> 3]! |= 1 << (row & 7)
      this.bitmap[row >> 3]! &= ~(1 << (row & 7))
      this.listed[Math.floor(row / BATCH_ROWS)]!++
    }
    this.sealedCount += end - begin
    this.settledCount += end - begin
  }

  /** Drops the notes of sealed rows that no snapshot older than `oldestCommit` needs. */
  settle(oldestCommit: number): void {
    if (this.unsettledCount === 0) return
    for (const [row, since] of this.commits) if (since <= oldestCommit && this.isSealed(row)) this.dropNote(row)
  }

  /** Rows that are noted but not sealed: each has an entry in the delta. */
  * notedRows(): Iterable<number> {
    for (const row of this.commits.keys()) if (!this.isSealed(row)) yield row
  }

  /** Rows of [begin, end) with a mark of either kind. */
  markedIn(begin: number, end: number): number {
    if (this.count === 0) return 0
    let marked = 0
    for (let row = begin; row < end; row++) if (this.has(row)) marked++
    return marked
  }

  /** First sealed row at or after `row`, or `end`. */
  nextSealed(row: number, end: number): number {
    const { sealed } = this
    if (sealed === null) return end
    for (let at = row; at < end; at++) {
      if ((at & 7) === 0 && sealed[at >> 3] === 0) at += 7
      else if (((sealed[at >> 3]! >> (at & 7)) & 1) === 1) return at
    }
    return end
  }

  /** First row at or after `row` that is not sealed, or `end`. */
  nextUnsealed(row: number, end: number): number {
    let at = row
    while (at < end && this.isSealed(at)) at++
    return at
  }

  /** The sealed rows as a bitmap of whole 8-byte words; null = none. */
  sealedBitmap(): Uint8Array | null {
    return this.sealed
  }

  /** Commit id or mark from which the row is superseded, 0 when it is not, or has been for everybody. */
  since(row: number): number {
    return this.commits.get(row) ?? 0
  }

  /** True when the row is dead for the snapshot. */
  isDead(row: number, commitId: number, ownMark: number): boolean {
    const since = this.commits.get(row)
    return since === undefined ? this.isSealed(row) : since <= commitId || since === ownMark
  }

  /**
   * Writes the alive bits of rows [begin, end) to `target` (begin is a multiple of 64). Returns the number
   * of dead rows among them; 0 = all alive, nothing written.
   */
  writeAlive(target: Uint8Array, begin: number, end: number, commitId: number, ownMark: number): number {
    if (this.bitmap === null || this.count === 0) return 0
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
    if (this.sealed === null) target.fill(0xff, 0, bytes)
    else for (let i = 0; i < bytes; i++) target[i] = ~this.sealed[(begin >> 3) + i]!
    for (const [row, since] of this.commits) {
      if (row < begin || row >= end) continue
      if (since <= commitId || since === ownMark) target[(row - begin) >> 3]! &= ~(1 << (row & 7))
      else target[(row - begin) >> 3]! |= 1 << (row & 7)
    }
    return countZeros(target, end - begin)
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
