// Finds keys in one row group: the group model predicts, the last mile compares full keys in the key
// columns' pages. Used by point lookups of every key type but the generated integer path, by range ends
// and by merges; point-reader.ts inlines the same steps for integer keys. In a secondary index made USING
// btree a B+-tree stands in for the model.
import {
  BTreeIndex, createSearchBound, projectBinaryStringInGroup, projectNumber, projectStringInGroup, searchBound,
} from '../../index/mod.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { IndexCounters } from '../access.ts'
import type { ChunkReader } from '../row-group/chunk-reader.ts'
import type { KeyOrder, KeyValue } from './key.ts'
import type { GroupMeta, RowGroup } from '../row-group/row-group.ts'

const encoder = new TextEncoder()
/** Characters up to which ASCII is encoded here. */
const SHORT_TEXT = 64

/** Searches keys of one table; keeps the scratch that a search needs, so searching allocates nothing. */
export class KeySearch {
  readonly order: KeyOrder
  private readonly schema: TableSchema
  private readonly reader: ChunkReader
  /** Whether the row that lowerBound found has the very key. */
  private isExact = false
  private readonly counters: IndexCounters
  private readonly bound = createSearchBound()
  private readonly usesTree: boolean
  private keyBytes = new Uint8Array(256)
  private keyLength = 0
  private readonly compareRow: (group: RowGroup, meta: GroupMeta, row: number, key: KeyValue) => number

  constructor(schema: TableSchema, order: KeyOrder, reader: ChunkReader, counters: IndexCounters) {
    this.schema = schema
    this.order = order
    this.reader = reader
    this.counters = counters
    this.usesTree = schema.index?.kind === 'btree'
    if (order.mode === 'number') this.compareRow = this.compareNumber
    else if (order.mode === 'text') this.compareRow = this.compareText
    else this.compareRow = this.compareEncoded
  }

  /** A key as the group's model sees it. */
  project(meta: GroupMeta, key: KeyValue): number {
    if (this.order.mode === 'text') return projectStringInGroup(key as string, meta.prefix)
    if (this.order.mode === 'binary') return projectBinaryStringInGroup(key as string, meta.prefix)
    if (meta.keyBase !== null) return Number(BigInt(key as number | bigint) - meta.keyBase)
    return projectNumber(Number(key))
  }

  /** First row of the group whose key is >= `key` (group.rows when none). Counts one index probe. */
  lowerBound(group: RowGroup, meta: GroupMeta, key: KeyValue): number {
    const { bound, counters } = this
    if (this.usesTree) this.treeOf(group, meta).search(this.project(meta, key), bound)
    else searchBound(meta.model, this.project(meta, key), bound)
    this.prepare(key)
    let lo = bound.lo
    let hi = bound.hi
    counters.probes++
    counters.windowRows += hi - lo
    this.isExact = false
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      const order = this.compareRow(group, meta, mid, key)
      if (order < 0) lo = mid + 1
      else hi = mid
      // Keys of a group are distinct: there is none before it that is as large.
      if (order !== 0) continue
      this.isExact = true
      lo = mid
      break
    }
    const error = Math.abs(lo - bound.pos)
    if (error > counters.maxError) counters.maxError = error
    return lo
  }

  // The tree of a group is made of its keys when it is first searched, and lives as long as the group's meta.
  private treeOf(group: RowGroup, meta: GroupMeta): BTreeIndex {
    if (meta.tree !== undefined) return meta.tree
    const keys = new Float64Array(group.rows)
    for (let row = 0; row < group.rows; row++) keys[row] = this.project(meta, this.keyAt(group, meta, row))
    return meta.tree = new BTreeIndex(keys, group.rows)
  }

  /** Row with exactly this key, or -1. */
  find(group: RowGroup, meta: GroupMeta, key: KeyValue): number {
    const row = this.lowerBound(group, meta, key)
    return this.isExact ? row : -1
  }

  /** Key of a row, as a KeyValue. */
  keyAt(group: RowGroup, meta: GroupMeta, row: number): KeyValue {
    return this.order.fromValues(this.valuesAt(group, meta, row))
  }

  valuesAt(group: RowGroup, meta: GroupMeta, row: number): Scalar[] {
    return this.order.columns.map((c) => this.reader.read(group, meta.chunks[c]!, this.schema.columns[c]!.type, row))
  }

  private prepare(key: KeyValue): void {
    if (this.order.mode !== 'text') return
    const text = key as string
    const { length } = text
    if (length * 3 > this.keyBytes.length) this.keyBytes = new Uint8Array(length * 6)
    const { keyBytes } = this
    this.keyLength = length
    // The encoder costs more than a short ASCII text has characters.
    let seen = length > SHORT_TEXT ? 0x80 : 0
    for (let i = 0; i < length && seen < 0x80; i++) {
      const unit = text.charCodeAt(i)
      seen |= unit
      keyBytes[i] = unit
    }
    if (seen >= 0x80) this.keyLength = encoder.encodeInto(text, keyBytes).written
  }

  private compareNumber(group: RowGroup, meta: GroupMeta, row: number, key: KeyValue): number {
    const c = this.order.columns[0]!
    return this.order.compare(this.reader.read(group, meta.chunks[c]!, this.order.types[0]!, row) as KeyValue, key)
  }

  private compareText(group: RowGroup, meta: GroupMeta, row: number): number {
    return this.reader.compareBytes(group, meta.chunks[this.order.columns[0]!]!, row, this.keyBytes, this.keyLength)
  }

  private compareEncoded(group: RowGroup, meta: GroupMeta, row: number, key: KeyValue): number {
    return this.order.compare(this.keyAt(group, meta, row), key)
  }
}
