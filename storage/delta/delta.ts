// The delta: committed and uncommitted row versions that are not in the base yet. In memory it is a hash
// index from key to a chain of versions (newest first); committed versions have their rows as heap tuples,
// uncommitted ones keep the row here until commit.
//
//   slots     open addressing, power of two, load <= 1/2: 0 = empty, else tag (8 bits of hash) << 24 | entry + 1
//   entry     key · newest version · base position of the key (row group and row, or none)
//   version   commit id or uncommitted mark · older version · tuple address | pending row | tombstone ·
//             merged: number of the first root whose base holds it, 0 = none
//
// D1  Chains are ordered newest first; only the head can be uncommitted (first updater wins).
// D2  A reader of root r stops at the first version with commit id <= snapshot (or its own mark): a version
//     merged at or before r means "read the base", a tombstone "no row", else the row itself.
// D3  An entry's base position refers to the newest root that existed when it was noted.
import { assert } from '../../src/base/assert.ts'
import type { Row } from '../../src/base/types.ts'
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import { hashKey, sameKey } from '../table/key.ts'
import type { KeyValue } from '../table/key.ts'
import type { RowGroup } from '../row-group/row-group.ts'

const INITIAL_SLOTS = 1024
const MAX_ENTRIES = 0xfffffe

/** The mark of a reader that has written nothing: equal to no version's. */
export const NO_MARK = -1

export interface VersionContent {
  /** Heap address, when committed (tombstones have one too, so that they survive restart). */
  page: number
  slot: number
  /** The row (a tombstone's: its key columns' values) while uncommitted, or kept for old snapshots. */
  row: Row | null
  isTombstone: boolean
}

/** Versions of one table that the base does not have. */
export class Delta {
  private slots = new Uint32Array(INITIAL_SLOTS)
  private keys: (KeyValue | undefined)[] = []
  private head: number[] = []
  baseGroup: (RowGroup | null)[] = []
  baseRow: number[] = []
  // versions
  begin: number[] = []
  older: number[] = []
  content: VersionContent[] = []
  merged: number[] = []
  /** Entry of each version. */
  entryOf: number[] = []
  /** Committed versions that a newer commit has replaced or a new root holds, in that order: images catch up by it. */
  superseded: number[] = []
  private entries = 0
  /** Bumped when compact() renumbers entries and versions. */
  generation = 0
  /** Changes with every visible change; caches of decoded delta rows compare it. */
  changes = 0
  get entryCount(): number {
    return this.entries
  }

  get versionCount(): number {
    return this.begin.length
  }

  /** Entry of a key, or -1. The common answer for a key that is not here costs one or two cache misses. */
  find(key: KeyValue): number {
    if (this.entries === 0) return -1
    const hash = hashKey(key)
    const mask = this.slots.length - 1
    const tag = hash >>> 24
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = this.slots[at]!
      if (slot === 0) return -1
      if (slot >>> 24 === tag) {
        const entry = (slot & 0xffffff) - 1
        if (sameKey(this.keys[entry]!, key)) return entry
      }
    }
  }

  keyOf(entry: number): KeyValue {
    return this.keys[entry]!
  }

  headOf(entry: number): number {
    return this.head[entry]!
  }

  /** Adds an entry for a key that has none. */
  addEntry(key: KeyValue, baseGroup: RowGroup | null, baseRow: number): number {
    assert(this.entries < MAX_ENTRIES, 'delta has more entries than its slots can name')
    if ((this.entries + 1) * 2 > this.slots.length) this.rehash(this.slots.length * 2)
    const entry = this.entries++
    this.keys[entry] = key
    this.head[entry] = -1
    this.baseGroup[entry] = baseGroup
    this.baseRow[entry] = baseRow
    this.place(hashKey(key), entry)
    return entry
  }

  private place(hash: number, entry: number): void {
    const mask = this.slots.length - 1
    let at = hash & mask
    while (this.slots[at] !== 0) at = (at + 1) & mask
    this.slots[at] = (((hash >>> 24) << 24) | (entry + 1)) >>> 0
  }

  private rehash(size: number): void {
    this.slots = new Uint32Array(size)
    for (let entry = 0; entry < this.entries; entry++) this.place(hashKey(this.keys[entry]!), entry)
  }

  /** Puts a version in front of the entry's chain. */
  push(entry: number, begin: number, content: VersionContent): number {
    const version = this.begin.length
    this.begin.push(begin)
    this.older.push(this.head[entry]!)
    this.content.push(content)
    this.merged.push(0)
    this.entryOf.push(entry)
    this.head[entry] = version
    this.changes++
    return version
  }

  /** Takes the newest version off (rollback). The entry stays, possibly empty. */
  pop(entry: number): VersionContent {
    const version = this.head[entry]!
    assert(version >= 0 && this.begin[version]! >= UNCOMMITTED, 'only uncommitted versions are taken back')
    this.head[entry] = this.older[version]!
    this.changes++
    return this.content[version]!
  }

  /**
   * The version of an entry that a snapshot sees under rule D2: -1 when the base decides (no visible
   * version, or the visible one is merged into the base of `rootNumber`).
   */
  visible(entry: number, commitId: number, ownMark: number, rootNumber: number): number {
    for (let v = this.head[entry]!; v >= 0; v = this.older[v]!) {
      const begin = this.begin[v]!
      if (begin <= commitId || begin === ownMark) {
        const merged = this.merged[v]!
        return merged !== 0 && merged <= rootNumber ? -1 : v
      }
    }
    return -1
  }

  /** Drops everything behind version v of its chain and reports what was dropped. */
  truncate(version: number, dropped: (content: VersionContent) => void): void {
    for (let v = this.older[version]!; v >= 0; v = this.older[v]!) dropped(this.content[v]!)
    this.older[version] = -1
  }

  /**
   * Renumbers: keeps the chains whose head `isNeeded`, drops the other entries. Whoever holds entry or
   * version numbers must look keys up again (`generation` changes).
   */
  compact(isNeeded: (head: number) => boolean): void {
    const needed = new Uint8Array(this.entries)
    for (let e = 0; e < needed.length; e++) needed[e] = this.head[e]! >= 0 && isNeeded(this.head[e]!) ? 1 : 0
    const old = { keys: this.keys, head: this.head, begin: this.begin, older: this.older, content: this.content,
      merged: this.merged, baseGroup: this.baseGroup, baseRow: this.baseRow, entries: this.entries }
    this.keys = []
    this.head = []
    this.baseGroup = []
    this.baseRow = []
    this.begin = []
    this.older = []
    this.content = []
    this.merged = []
    this.entryOf = []
    this.superseded = []
    this.entries = 0
    this.slots = new Uint32Array(INITIAL_SLOTS)
    for (let e = 0; e < old.entries; e++) {
      if (needed[e] === 0) continue
      const chain: number[] = []
      for (let v = old.head[e]!; v >= 0; v = old.older[v]!) chain.push(v)
      const entry = this.addEntry(old.keys[e]!, old.baseGroup[e]!, old.baseRow[e]!)
      for (let i = chain.length - 1; i >= 0; i--) {
        const version = this.push(entry, old.begin[chain[i]!]!, old.content[chain[i]!]!)
        this.merged[version] = old.merged[chain[i]!]!
      }
    }
    this.changes++
    this.generation++
  }
}
