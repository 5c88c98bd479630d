// Row groups in key order with the table model over their first keys: how a key finds its row group. The base of
// a table is one directory, and so is every sealed run. Immutable.
//
// G1 of row-group/row-group.ts holds inside one directory: its groups do not overlap.
import { assert } from '../../src/base/assert.ts'
import {
  commonPrefixLength, findGroup, fitTableModel, projectBinaryStringInGroup, projectNumber, projectStringInGroup,
} from '../../index/mod.ts'
import type { TableModel } from '../../index/mod.ts'
import type { KeyOrder, KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'

const encoder = new TextEncoder()

/** Groups in key order, and the model that finds the one for a key. */
export class GroupDirectory {
  readonly groups: readonly RowGroup[]
  readonly order: KeyOrder
  /** Projected first keys and the model over them. */
  readonly firstKeys: Float64Array
  readonly model: TableModel
  /** Rows of all groups, dead ones included. */
  readonly rows: number
  private readonly prefix: Uint8Array

  constructor(groups: readonly RowGroup[], order: KeyOrder) {
    this.groups = groups
    this.order = order
    this.prefix = sharedPrefix(groups, order)
    this.firstKeys = Float64Array.from(groups, (group) => this.project(group.firstKey))
    this.model = fitTableModel(this.firstKeys, groups.length)
    let rows = 0
    for (let g = 0; g < groups.length; g++) {
      rows += groups[g]!.rows
      if (g === 0) continue
      assert(order.compare(groups[g - 1]!.lastKey, groups[g]!.firstKey) < 0, 'violates G1: row groups overlap')
    }
    this.rows = rows
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
