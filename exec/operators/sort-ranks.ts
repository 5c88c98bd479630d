// Dense ranks of byte values (text, bytea, uuid, interval): equal values get equal ranks, ascending by
// bytes. Values are radix-sorted by the eight bytes after the prefix all of them share, then runs that
// agree in these are compared in full: a truncated prefix alone would lose order and equality.
// A dictionary-coded column ranks its dictionary, not its rows.
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isText } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { readBytes, readText } from '../vector/memory-access.ts'
import { CHUNK_ROWS, CHUNK_SHIFT } from './column-store.ts'
import type { ColumnStore } from './column-store.ts'
import { allocateWords, orderByWords } from './radix-order.ts'

const SPACE = 32

/** Views of values in memory. */
interface Views {
  readonly memory: LinearMemory
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
}

/** The rank word of a stored byte column; ranks of NULLs are meaningless. */
export function rankBytes(store: ColumnStore, c: number, arena: Arena): Uint32Array {
  const { memory, rows, check } = store
  const { type, values } = store.columns[c]!
  const { u32 } = memory
  const dictionary = store.dictionaryOf(c)
  if (dictionary === null) {
    const views = allocateViews(memory, rows, arena)
    for (let row = 0; row < rows; row++) {
      readView(views, row, (values[row >>> CHUNK_SHIFT]! >>> 2) + (row & (CHUNK_ROWS - 1)) * 2)
    }
    return rankViews(views, type, arena, check)
  }
  const entries = allocateViews(memory, dictionary.count, arena)
  for (let code = 0; code < dictionary.count; code++) readView(entries, code, (dictionary.viewsPtr >>> 2) + code * 2)
  const rankOf = rankViews(entries, type, arena, check)
  const ranks = allocateWords(memory, rows, arena)
  for (let row = 0; row < rows; row++) {
    ranks[row] = rankOf[u32[(values[row >>> CHUNK_SHIFT]! >>> 2) + (row & (CHUNK_ROWS - 1))]!] ?? 0
  }
  return ranks
}

function allocateViews(memory: LinearMemory, count: number, arena: Arena): Views {
  return { memory, starts: allocateWords(memory, count, arena), lengths: allocateWords(memory, count, arena) }
}

function readView(views: Views, i: number, at: number): void {
  views.starts[i] = views.memory.u32[at]!
  views.lengths[i] = views.memory.u32[at + 1]!
}

/** Comparisons between two checks for cancellation. */
const CHECK_MASK = 0xffff

function rankViews(views: Views, type: SqlType, arena: Arena, check: () => void): Uint32Array {
  if (type.kind === 'interval' || type.kind === 'jsonb' || type.kind === 'array') return rankScalars(views, type, arena)
  check()
  const { memory, starts, lengths } = views
  const { u8 } = memory
  if (type.blankPadded === true) trimBlanks(u8, starts, lengths)
  const shared = sharedPrefix(u8, starts, lengths)
  const words = prefixWords(views, shared, arena)
  const order = orderByWords({ memory, rows: starts.length, check }, words, arena)
  let compared = 0
  const compare = (a: number, b: number): number => {
    if ((++compared & CHECK_MASK) === 0) check()
    const result = compareBytes(u8, starts[a]! + shared, lengths[a]! - shared, starts[b]! + shared,
      lengths[b]! - shared)
    return result !== 0 ? result : a - b
  }
  sortRuns(order, words, compare)
  return assignRanks(order, allocateWords(memory, starts.length, arena), (a, b) =>
    lengths[a] === lengths[b] && compareBytes(u8, starts[a]!, lengths[a]!, starts[b]!, lengths[b]!) === 0)
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

function prefixWords({ memory, starts, lengths }: Views, shared: number, arena: Arena): Uint32Array[] {
  const { u8 } = memory
  return [shared, shared + 4].map((skip) => {
    const word = allocateWords(memory, starts.length, arena)
    for (let row = 0; row < starts.length; row++) {
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
function compareBytes(u8: Uint8Array, a: number, aLength: number, b: number, bLength: number): number {
  const limit = Math.min(aLength, bLength)
  for (let i = 0; i < limit; i++) {
    const difference = u8[a + i]! - u8[b + i]!
    if (difference !== 0) return difference
  }
  return aLength - bLength
}

/** Intervals order by length, which is not their bytes: compared as Scalars. */
function rankScalars({ memory, starts, lengths }: Views, type: SqlType, arena: Arena): Uint32Array {
  const empty: Scalar = type.kind === 'jsonb' ? 'null' : '{}'
  const values = Array.from(starts, (start, i): Scalar => isText(type)
    ? lengths[i] === 0 ? empty : readText(memory, start, lengths[i]!)
    : lengths[i] === 16 ? readBytes(memory, start, 16) : new Uint8Array(16))
  const compare = (a: number, b: number): number => compareScalars(type, values[a]!, values[b]!)
  const order = Int32Array.from(values.keys()).sort((a, b) => compare(a, b) || a - b)
  return assignRanks(order, allocateWords(memory, starts.length, arena), (a, b) => compare(a, b) === 0)
}
