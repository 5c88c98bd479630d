// Dense ranks of byte values (text, bytea, uuid, interval): equal values get equal ranks, ascending by
// bytes. Rows are radix-sorted by the eight bytes after the prefix all values share, then runs that agree
// in them are compared in full: a truncated prefix alone would lose order and equality.
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import { CHUNK_ROWS, CHUNK_SHIFT } from './column-store.ts'
import type { ColumnStore, StoredColumn } from './column-store.ts'
import { orderByWords } from './sort-order.ts'
import { allocateWords } from './sort-words.ts'

const SPACE = 32

/** The rank word of a stored column of layout VIEW; ranks of NULLs are meaningless. */
export function rankBytes(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array {
  if (column.type.kind === 'interval') return rankScalars(store, column, arena)
  const starts = allocateWords(store, arena)
  const lengths = allocateWords(store, arena)
  readViews(store, column, starts, lengths)
  const { u8 } = store.memory
  if (column.type.blankPadded === true) trimBlanks(u8, starts, lengths)
  const shared = sharedPrefix(u8, starts, lengths)
  const words = prefixWords(store, { starts, lengths, shared }, arena)
  const order = orderByWords(store.memory, words, store.rows, arena)
  const compare = (a: number, b: number): number => {
    const order = compareBytes(u8, starts[a]! + shared, lengths[a]! - shared, starts[b]! + shared, lengths[b]! - shared)
    return order !== 0 ? order : a - b
  }
  sortRuns(order, words, compare)
  return assignRanks(order, allocateWords(store, arena), (a, b) =>
    lengths[a] === lengths[b] && compareBytes(u8, starts[a]!, lengths[a]!, starts[b]!, lengths[b]!) === 0)
}

function readViews(store: ColumnStore, column: StoredColumn, starts: Uint32Array, lengths: Uint32Array): void {
  const { u32 } = store.memory
  for (let row = 0; row < store.rows; row++) {
    const at = (column.values[row >>> CHUNK_SHIFT]! >>> 2) + (row & (CHUNK_ROWS - 1)) * 2
    starts[row] = u32[at]!
    lengths[row] = u32[at + 1]!
  }
}

function trimBlanks(u8: Uint8Array, starts: Uint32Array, lengths: Uint32Array): void {
  for (let row = 0; row < starts.length; row++) {
    let length = lengths[row]!
    while (length > 0 && u8[starts[row]! + length - 1] === SPACE) length--
    lengths[row] = length
  }
}

/** Bytes that all values start with. */
function sharedPrefix(u8: Uint8Array, starts: Uint32Array, lengths: Uint32Array): number {
  if (starts.length === 0) return 0
  let shared = lengths[0]!
  for (let row = 1; row < starts.length && shared > 0; row++) {
    let same = 0
    const limit = Math.min(shared, lengths[row]!)
    while (same < limit && u8[starts[row]! + same] === u8[starts[0]! + same]) same++
    shared = same
  }
  return shared
}

function prefixWords(
  store: ColumnStore, views: { starts: Uint32Array; lengths: Uint32Array; shared: number }, arena: Arena,
): Uint32Array[] {
  const { starts, lengths, shared } = views
  const { u8 } = store.memory
  return [shared, shared + 4].map((skip) => {
    const word = allocateWords(store, arena)
    for (let row = 0; row < store.rows; row++) {
      let value = 0
      for (let b = skip; b < skip + 4; b++) value = (value << 8) | (b < lengths[row]! ? u8[starts[row]! + b]! : 0)
      word[row] = value
    }
    return word
  })
}

/** Sorts the runs of rows whose words are equal by the full comparison. */
function sortRuns(order: Int32Array, words: readonly Uint32Array[], compare: (a: number, b: number) => number): void {
  const [high, low] = words as [Uint32Array, Uint32Array]
  let from = 0
  while (from < order.length) {
    let to = from + 1
    const first = order[from]!
    while (to < order.length && high[order[to]!] === high[first] && low[order[to]!] === low[first]) to++
    if (to - from > 1) order.subarray(from, to).sort(compare)
    from = to
  }
}

function assignRanks(order: Int32Array, ranks: Uint32Array, same: (a: number, b: number) => boolean): Uint32Array {
  let rank = 0
  for (let i = 0; i < order.length; i++) {
    if (i > 0 && !same(order[i - 1]!, order[i]!)) rank++
    ranks[order[i]!] = rank
  }
  return ranks
}

/** Three-way comparison of bytes in memory: as unsigned bytes, the shorter first. */
export function compareBytes(
  u8: Uint8Array, a: number, aLength: number, b: number, bLength: number,
): number {
  const limit = Math.min(aLength, bLength)
  for (let i = 0; i < limit; i++) {
    const difference = u8[a + i]! - u8[b + i]!
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

/** Intervals order by length, which is not their bytes: compared as Scalars. */
function rankScalars(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array {
  const vector: Vector = {
    type: column.type, layout: column.layout, valuesPtr: 0, validityPtr: 0, base: 0, dictionary: null, min: null, max: null,
  }
  const values = new Array<Uint8Array>(store.rows)
  for (let row = 0; row < store.rows; row++) {
    vector.valuesPtr = column.values[row >>> CHUNK_SHIFT]!
    const bytes = readScalar(store.memory, vector, row & (CHUNK_ROWS - 1)) as Uint8Array
    values[row] = bytes.length === 16 ? bytes : new Uint8Array(16)
  }
  const compare = (a: number, b: number): number => compareScalars(column.type, values[a]!, values[b]!)
  const order = Int32Array.from(values.keys()).sort((a, b) => compare(a, b) || a - b)
  return assignRanks(order, allocateWords(store, arena), (a, b) => compare(a, b) === 0)
}
