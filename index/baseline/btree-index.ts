// The classic rival: a bulk-loaded B+-tree, full nodes, one level of typed arrays after the other.
//
//   level 1 (root)   [k0 | k4096 | ...]           inner nodes: the first key of each child, 64 per node
//   level 0 (inner)  [k0 | k64 | ...] ...
//   leaves           [(key, row) x 64] ...        distinct keys with the first row of each
//
// A node is 64 keys of 8 bytes: eight cache lines, searched by binary search. Children need no pointers,
// since full nodes stand in order: child c of entry e is entry e's own number. That is as kind to the rival
// as a B+-tree can be (no fill factor, no pointers, no page headers). Keys are copied, as a tree must.
import { assert } from '../../src/base/assert.ts'
import { dropTail, skipNegativeInfinity } from '../fit.ts'
import type { KeyIndex, KeyIndexStats } from '../key-index.ts'
import type { SearchBound } from '../learned-index.ts'

/** Keys per node. */
export const BTREE_FANOUT = 64

/** Bulk-loaded B+-tree; the bound it returns is exactly the rows of the key. */
export class BTreeIndex implements KeyIndex {
  readonly bytes: number
  /** levels[0] = the leaves' keys; each further level holds every 64th key of the one below. */
  readonly levels: readonly Float64Array[]
  private readonly leafRows: Uint32Array
  private readonly count: number
  private readonly begin: number
  private readonly end: number

  constructor(keys: Float64Array, count: number) {
    assert(count >= 0 && count <= keys.length, 'B+-tree: count exceeds the keys')
    this.count = count
    this.begin = skipNegativeInfinity(keys, count)
    this.end = dropTail(keys, this.begin, count)
    const { leafKeys, leafRows } = buildLeaves(keys, this.begin, this.end)
    const levels = [leafKeys]
    for (let below = leafKeys; below.length > BTREE_FANOUT;) {
      const next = new Float64Array(Math.ceil(below.length / BTREE_FANOUT))
      for (let i = 0; i < next.length; i++) next[i] = below[i * BTREE_FANOUT]!
      levels.push(next)
      below = next
    }
    this.levels = levels
    this.leafRows = leafRows
    this.bytes = levels.reduce((sum, level) => sum + level.byteLength, leafRows.byteLength)
  }

  search(key: number, out: SearchBound): void {
    if (!(key < Infinity)) {
      out.pos = out.lo = this.end
      out.hi = this.count
      return
    }
    if (key === -Infinity) {
      out.pos = out.lo = 0
      out.hi = this.begin
      return
    }
    const levels = this.levels
    let node = 0
    for (let level = levels.length - 1; level > 0; level--) {
      node = Math.max(0, lastAtMost(levels[level]!, node, key))
    }
    const leaf = levels[0]!
    const entry = lastAtMost(leaf, node, key)
    // leafRows has one more entry: the row after the last finite key.
    const isPresent = entry >= 0 && leaf[entry] === key
    const lo = this.leafRows[isPresent ? entry : entry + 1]!
    out.pos = out.lo = lo
    out.hi = isPresent ? this.leafRows[entry + 1]! : lo
  }

  stats(): KeyIndexStats {
    return { kind: 'btree', keys: this.count, bytes: this.bytes, windowRows: 1 }
  }
}

// Last entry of a node with level[entry] <= key; the entry before the node's first when there is none.
function lastAtMost(level: Float64Array, node: number, key: number): number {
  let lo = node * BTREE_FANOUT
  let rest = Math.min(BTREE_FANOUT, level.length - lo)
  while (rest > 1) {
    const half = rest >>> 1
    lo = level[lo + half]! <= key ? lo + half : lo
    rest -= half
  }
  return rest === 1 && level[lo]! <= key ? lo : lo - 1
}

function buildLeaves(
  keys: Float64Array, begin: number, end: number,
): { leafKeys: Float64Array, leafRows: Uint32Array } {
  let distinct = 0
  for (let row = begin; row < end; row++) if (row === begin || keys[row] !== keys[row - 1]) distinct++
  const leafKeys = new Float64Array(distinct)
  const leafRows = new Uint32Array(distinct + 1)
  let entry = 0
  for (let row = begin; row < end; row++) {
    if (row > begin && keys[row] === keys[row - 1]) continue
    leafKeys[entry] = keys[row]!
    leafRows[entry++] = row
  }
  leafRows[distinct] = end
  return { leafKeys, leafRows }
}
