// The delta: committed and uncommitted row versions that are not in the base yet. In memory it is a hash
// index from key to a chain of versions (newest first); committed versions have their rows as heap tuples,
// uncommitted ones keep the row here until commit.
//
//   slots     open addressing, power of two, load <= 1/2: 0 = empty, else tag (8 bits of hash) << 24 | entry + 1
//   entry     key · newest version · base position of the key (row group and row, or none)
//   version   commit id or uncommitted mark · older version · tuple address | pending row | tombstone ·
//             merged: number of the first root whose base holds it, 0 = none      (version-table.ts)
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
import { VersionTable } from './version-table.ts'

const INITIAL_SLOTS = 1024
const MAX_ENTRIES = 0xfffffe
/** Entries copied in one step of a compaction. */
const STEP_ENTRIES = 2048

/** The mark of a reader that has written nothing: equal to no version's. */
export const NO_MARK = -1

/** Versions of one table that the base does not have. */
export class Delta {
  private slots = new Uint32Array(INITIAL_SLOTS)
  private keys: (KeyValue | undefined)[] = []
  private head: number[] = []
  baseGroup: (RowGroup | null)[] = []
  baseRow: number[] = []
  versions = new VersionTable()
  /** Committed versions that a newer commit has replaced or a new root holds, in that order: images catch up by it. */
  superseded: number[] = []
  private entries = 0
  /** Entries changed since the compaction under way began; null = there is none. */
  private touched: number[] | null = null
  /** Bumped when a compaction renumbers entries and versions. */
  generation = 0
  /** Changes with every visible change; caches of decoded delta rows compare it. */
  changes = 0
  get entryCount(): number {
    return this.entries
  }

  get versionCount(): number {
    return this.versions.count
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
  push(entry: number, begin: number, row: Row | null, isTombstone: boolean): number {
    const version = this.versions.add(begin, this.head[entry]!, entry, row, isTombstone)
    this.head[entry] = version
    this.changes++
    this.touched?.push(entry)
    return version
  }

  /** Takes the newest version off (rollback) and returns its number. The entry stays, possibly empty. */
  pop(entry: number): number {
    const { versions } = this
    const version = this.head[entry]!
    assert(version >= 0 && versions.begin(version) >= UNCOMMITTED, 'only uncommitted versions are taken back')
    this.head[entry] = versions.older(version)
    versions.setRow(version, null)
    this.changes++
    this.touched?.push(entry)
    return version
  }

  /**
   * The version of an entry that a snapshot sees under rule D2: -1 when the base decides (no visible
   * version, or the visible one is merged into the base of `rootNumber`).
   */
  visible(entry: number, commitId: number, ownMark: number, rootNumber: number): number {
    const { versions } = this
    for (let v = this.head[entry]!; v >= 0; v = versions.older(v)) {
      const begin = versions.begin(v)
      if (begin <= commitId || begin === ownMark) {
        const merged = versions.merged(v)
        return merged !== 0 && merged <= rootNumber ? -1 : v
      }
    }
    return -1
  }

  /** An entry's chain has changed: a compaction that is under way copies it again. */
  touch(entry: number): void {
    this.touched?.push(entry)
  }

  /**
   * Renumbers: keeps the chains whose head is not merged, each back to the first version that a snapshot of
   * `oldestCommit` sees; no older snapshot and no older root may be in use. Works in steps on a copy that takes the
   * delta's place in the last one; what was written between the steps is copied again then. Whoever holds entry or
   * version numbers must look keys up again afterwards (`generation` changes). Given up in between, it changes nothing.
   */
  * compactSteps(oldestCommit: number, stepEntries = STEP_ENTRIES): Generator<void> {
    const touched: number[] = this.touched = []
    try {
      const next = new Delta()
      // A delta that was full will be so again, and growing is one long step; one that was not gives room back.
      const isFull = this.entries * 8 > this.slots.length
      next.slots = new Uint32Array(isFull ? this.slots.length : Math.max(INITIAL_SLOTS, this.slots.length / 2))
      for (let entry = 0; entry < this.entries; entry++) {
        this.copyChain(entry, next, oldestCommit, false)
        if (entry % stepEntries === stepEntries - 1) yield
      }
      // What is copied again in a step may be touched behind it, but less and less.
      for (let done = 0; done < touched.length; done++) {
        this.copyChain(touched[done]!, next, oldestCommit, true)
        if (done % stepEntries === stepEntries - 1) yield
      }
      this.adopt(next)
    } finally {
      this.touched = null
    }
  }

  /** The same at once. */
  compact(oldestCommit: number): void {
    const steps = this.compactSteps(oldestCommit)
    while (steps.next().done !== true);
  }

  // The chain of an entry into another delta, in place of what is there of it.
  private copyChain(entry: number, next: Delta, oldestCommit: number, isAgain: boolean): void {
    const { versions } = this
    const head = this.head[entry]!
    const isNeeded = head >= 0 && versions.merged(head) === 0
    let copy = isAgain ? next.find(this.keys[entry]!) : -1
    if (copy >= 0) next.head[copy] = -1
    if (!isNeeded) return
    if (copy < 0) copy = next.addEntry(this.keys[entry]!, this.baseGroup[entry]!, this.baseRow[entry]!)
    const chain: number[] = []
    for (let v = head; v >= 0; v = versions.older(v)) {
      chain.push(v)
      if (versions.begin(v) <= oldestCommit) break
    }
    while (chain.length > 0) {
      next.head[copy] = next.versions.addCopy(versions, chain.pop()!, next.head[copy]!, copy)
    }
  }

  private adopt(next: Delta): void {
    this.slots = next.slots
    this.keys = next.keys
    this.head = next.head
    this.baseGroup = next.baseGroup
    this.baseRow = next.baseRow
    this.versions = next.versions
    this.superseded = next.superseded
    this.entries = next.entries
    this.changes++
    this.generation++
  }
}
