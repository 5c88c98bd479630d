// A table root: the immutable list of row groups that a snapshot reads, with the table model over their
// first keys. Replaced as a whole by a merge or a bulk append; old roots live on in the snapshots that
// captured them (rule S1).
//
//   bytes: magic "ROOT" u32 | table id u32 | groups u32 | next row id u64 | live rows u64 | entries (row-group.ts)
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { assert } from '../../src/base/assert.ts'
import {
  commonPrefixLength, findGroup, fitTableModel, projectBinaryStringInGroup, projectNumber, projectStringInGroup,
} from '../../index/mod.ts'
import type { TableModel } from '../../index/mod.ts'
import type { KeyOrder, KeyValue } from './key.ts'
import { RowGroup, decodeGroupEntry, encodeGroupEntry } from '../row-group/row-group.ts'
import type { RowCodec } from './row-codec.ts'

const ROOT_MAGIC = 0x544f4f52
const encoder = new TextEncoder()

/** Row groups in key order, and the model that finds the one for a key. */
export class TableRoot {
  /** Grows with every replaced root of the database; snapshots compare it (rule D2). */
  readonly number: number
  readonly groups: readonly RowGroup[]
  readonly order: KeyOrder
  /** Projected first keys and the model over them. */
  readonly firstKeys: Float64Array
  readonly model: TableModel
  private readonly prefix: Uint8Array

  constructor(number: number, groups: readonly RowGroup[], order: KeyOrder) {
    this.number = number
    this.groups = groups
    this.order = order
    this.prefix = sharedPrefix(groups, order)
    this.firstKeys = Float64Array.from(groups, (group) => this.project(group.firstKey))
    this.model = fitTableModel(this.firstKeys, groups.length)
    for (let g = 1; g < groups.length; g++) {
      assert(order.compare(groups[g - 1]!.lastKey, groups[g]!.firstKey) < 0, 'violates G1: row groups overlap')
    }
  }

  private project(key: KeyValue): number {
    if (this.order.mode === 'text') return projectStringInGroup(key as string, this.prefix)
    if (this.order.mode === 'binary') return projectBinaryStringInGroup(key as string, this.prefix)
    return projectNumber(Number(key))
  }

  /** Ordinal of the last group whose first key is <= key, -1 when the key lies before all of them. */
  groupOf(key: KeyValue): number {
    if (this.groups.length === 0) return -1
    let g = findGroup(this.model, this.firstKeys, this.project(key))
    // Projections may tie: go back to the group that really starts at or before the key.
    while (g >= 0 && this.order.compare(this.groups[g]!.firstKey, key) > 0) g--
    return g
  }

  /** Rows of all groups, dead ones included. */
  get rows(): number {
    let rows = 0
    for (const group of this.groups) rows += group.rows
    return rows
  }
}

// What all first keys share; group-level models go on from their own, longer prefixes.
function sharedPrefix(groups: readonly RowGroup[], order: KeyOrder): Uint8Array {
  if (order.mode === 'number' || groups.length === 0) return new Uint8Array(0)
  const bytes = (key: KeyValue): Uint8Array =>
    order.mode === 'text' ? encoder.encode(key as string) : Buffer.from(key as string, 'latin1')
  const first = bytes(groups[0]!.firstKey)
  const last = bytes(groups[groups.length - 1]!.firstKey)
  return first.slice(0, commonPrefixLength(first, last))
}

/** Counters of a table that are stored with its root. */
export interface RootFigures {
  nextRowId: number
  liveRows: number
}

/** The bytes of a root. */
export function encodeTableRoot(root: TableRoot, tableId: number, figures: RootFigures, codec: RowCodec): Uint8Array {
  const out = new ByteWriter(256)
  out.u32(ROOT_MAGIC)
  out.u32(tableId)
  out.u32(root.groups.length)
  out.u64(figures.nextRowId)
  out.u64(figures.liveRows)
  for (const group of root.groups) encodeGroupEntry(group, codec, out)
  return out.finish()
}

/** Reads a stored root; damage is XX001. */
export function decodeTableRoot(
  bytes: Uint8Array, tableId: number, number: number, order: KeyOrder, codec: RowCodec,
  source: { file: string; page: number },
): { root: TableRoot; figures: RootFigures } {
  const reader = new ByteReader(bytes, source)
  if (reader.u32() !== ROOT_MAGIC) reader.fail('not a table root')
  if (reader.u32() !== tableId) reader.fail('root of another table')
  const count = reader.u32()
  const figures = { nextRowId: reader.u64(), liveRows: reader.u64() }
  const groups: RowGroup[] = []
  for (let g = 0; g < count; g++) {
    const entry = decodeGroupEntry(reader, codec, order.nullable)
    const group = new RowGroup(entry, order.fromValues(entry.firstKeyValues), order.fromValues(entry.lastKeyValues))
    const before = groups[g - 1]
    const isAscending = order.compare(group.firstKey, group.lastKey) <= 0
      && (before === undefined || order.compare(before.lastKey, group.firstKey) < 0)
    if (!isAscending) reader.fail('violates G1: row groups overlap')
    groups.push(group)
  }
  return { root: new TableRoot(number, groups, order), figures }
}
