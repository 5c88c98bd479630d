// The versions of one delta as fixed records in one array: no object per version, so that a write leaves nothing for
// the garbage collector to follow, and a reader of a version touches one cache line.
//
//   32 bytes a version:
//   0   f64   begin: commit id, or the mark of its uncommitted transaction
//   8   i32   older version of the same key, -1 = none
//   12  i32   entry
//   16  i32   heap page, -1 = not in the heap
//   20  i32   slot in the page; bit 16: tombstone (tombstones have a tuple too, so that they survive restart)
//   24  f64   merged: number of the first root whose base holds the version, 0 = none
//
// A version's row is kept beside it while it is uncommitted or an old snapshot needs it (a tombstone's row: its key
// columns' values); otherwise it is read from the heap.
import type { Row } from '../../src/base/types.ts'

const WORDS = 8
const DOUBLES = 4
const AT = { OLDER: 2, ENTRY: 3, PAGE: 4, SLOT: 5 } as const
const AT_MERGED = 3
const TOMBSTONE = 0x10000
const SLOT_MASK = 0xffff
const INITIAL_VERSIONS = 64

/** Versions by number, in the order in which they were added. */
export class VersionTable {
  count = 0
  private f64 = new Float64Array(INITIAL_VERSIONS * DOUBLES)
  private i32 = new Int32Array(this.f64.buffer)
  private readonly rows: (Row | null)[] = []

  /** Adds a version that has no place in the heap yet; returns its number. */
  add(begin: number, older: number, entry: number, row: Row | null, isTombstone: boolean): number {
    const version = this.count++
    if (this.count * DOUBLES > this.f64.length) this.grow()
    const at = version * WORDS
    this.f64[version * DOUBLES] = begin
    this.f64[version * DOUBLES + AT_MERGED] = 0
    this.i32[at + AT.OLDER] = older
    this.i32[at + AT.ENTRY] = entry
    this.i32[at + AT.PAGE] = -1
    this.i32[at + AT.SLOT] = isTombstone ? TOMBSTONE : 0
    this.rows.push(row)
    return version
  }

  private grow(): void {
    const f64 = new Float64Array(this.f64.length * 2)
    f64.set(this.f64)
    this.f64 = f64
    this.i32 = new Int32Array(f64.buffer)
  }

  /** Adds a copy of a version of another table, for another entry and with another older version. */
  addCopy(from: VersionTable, version: number, older: number, entry: number): number {
    const copy = this.add(from.begin(version), older, entry, from.row(version), from.isTombstone(version))
    this.i32[copy * WORDS + AT.PAGE] = from.page(version)
    this.i32[copy * WORDS + AT.SLOT] = from.i32[version * WORDS + AT.SLOT]!
    this.f64[copy * DOUBLES + AT_MERGED] = from.merged(version)
    return copy
  }

  /** Commit id, or the mark of an uncommitted transaction. */
  begin(version: number): number {
    return this.f64[version * DOUBLES]!
  }

  setBegin(version: number, begin: number): void {
    this.f64[version * DOUBLES] = begin
  }

  /** The version of the same key before it, -1 = none. */
  older(version: number): number {
    return this.i32[version * WORDS + AT.OLDER]!
  }

  setOlder(version: number, older: number): void {
    this.i32[version * WORDS + AT.OLDER] = older
  }

  entry(version: number): number {
    return this.i32[version * WORDS + AT.ENTRY]!
  }

  isTombstone(version: number): boolean {
    return (this.i32[version * WORDS + AT.SLOT]! & TOMBSTONE) !== 0
  }

  /** Heap page of its tuple, -1 = it has none. */
  page(version: number): number {
    return this.i32[version * WORDS + AT.PAGE]!
  }

  slot(version: number): number {
    return this.i32[version * WORDS + AT.SLOT]! & SLOT_MASK
  }

  /** Where its tuple is; page -1 = nowhere any more. */
  setPlace(version: number, page: number, slot: number): void {
    const at = version * WORDS
    this.i32[at + AT.PAGE] = page
    this.i32[at + AT.SLOT] = (this.i32[at + AT.SLOT]! & TOMBSTONE) | slot
  }

  /** First root whose base holds it, 0 = none. */
  merged(version: number): number {
    return this.f64[version * DOUBLES + AT_MERGED]!
  }

  setMerged(version: number, rootNumber: number): void {
    this.f64[version * DOUBLES + AT_MERGED] = rootNumber
  }

  /** Its row when it is kept here, else null. */
  row(version: number): Row | null {
    return this.rows[version]!
  }

  setRow(version: number, row: Row | null): void {
    this.rows[version] = row
  }
}
