// Normalised sort keys: each key column becomes one or more arrays of unsigned 32-bit words in linear
// memory, most significant first, such that comparing words compares rows in the wanted direction.
//
//   int      value - min when the range is below 2^32, else (high ^ sign, low)
//   float    bits with the sign flipped (all bits when negative); -0 as 0; NaN above everything
//   wide     four words, sign flipped
//   bytes    dense rank of the value (sort-ranks.ts), so that later keys compare exactly
//   NULLs    one leading word of 0 / 1 when the column has any; DESC inverts the value words
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { CHUNK_ROWS, CHUNK_SHIFT } from './column-store.ts'
import type { ColumnStore, StoredColumn } from './column-store.ts'
import type { ColumnSortKey } from './sort.ts'
import { allocateWords, orderByWords } from './radix-order.ts'
import { rankBytes } from './sort-ranks.ts'

const TWO_32 = 0x1_0000_0000
const MASK = CHUNK_ROWS - 1

/** Row numbers of the store in key order; equal keys keep their order. Owned by the caller. */
export function sortedOrder(store: ColumnStore, keys: readonly ColumnSortKey[], arena: Arena): Int32Array {
  return orderByWords(store, sortWords(store, keys, arena), arena)
}

/**
 * The order as {@link sortedOrder} gives it and, for each place in it, the number of leading keys in which the row
 * equals the row before it. `equal[0]` is 0.
 */
export function orderWithRuns(
  store: ColumnStore, keys: readonly ColumnSortKey[], arena: Arena,
): { order: Int32Array; equal: Uint16Array } {
  const words = keys.map((key) => sortWords(store, [key], arena))
  const order = orderByWords(store, words.flat(), arena)
  const equal = new Uint16Array(order.length).fill(keys.length, 1)
  for (let k = words.length - 1; k >= 0; k--) for (const word of words[k]!) {
    store.check()
    markChanges(word, order, k, equal)
  }
  return { order, equal }
}

function markChanges(word: Uint32Array, order: Int32Array, key: number, equal: Uint16Array): void {
  for (let i = 1; i < order.length; i++) if (word[order[i]!] !== word[order[i - 1]!]) equal[i] = key
}

/** The words of all keys, most significant first, one entry per row. */
function sortWords(store: ColumnStore, keys: readonly ColumnSortKey[], arena: Arena): Uint32Array[] {
  const words: Uint32Array[] = []
  for (const key of keys) {
    store.check()
    const column = store.columns[key.column]!
    if (column.hasNulls) words.push(nullWord(store, column, key.nullsFirst, arena))
    const values = valueWords(store, key, arena)
    if (key.descending) for (const word of values) invert(word)
    if (column.hasNulls) for (const word of values) clearNulls(store, column, word)
    words.push(...values)
  }
  return words
}

function valueWords(store: ColumnStore, key: ColumnSortKey, arena: Arena): Uint32Array[] {
  const column = store.columns[key.column]!
  switch (column.layout) {
    case LAYOUT.U8: return [byteWord(store, column, arena)]
    case LAYOUT.I64: return integerWords(store, column, arena)
    case LAYOUT.F32: return [floatWord(store, column, arena)]
    case LAYOUT.F64: return doubleWords(store, column, arena)
    case LAYOUT.I128: return wideWords(store, column, arena)
    default: return [rankBytes(store, key.column, arena)]
  }
}

/** Whether row `row` of a stored column is NULL. */
function isStoredNull(store: ColumnStore, column: StoredColumn, row: number): boolean {
  const at = column.validity[row >>> CHUNK_SHIFT]! + ((row & MASK) >>> 3)
  return (store.memory.u8[at]! & (1 << (row & 7))) === 0
}

function nullWord(store: ColumnStore, column: StoredColumn, nullsFirst: boolean, arena: Arena): Uint32Array {
  const word = allocateWords(store.memory, store.rows, arena)
  const ofNull = nullsFirst ? 0 : 1
  for (let row = 0; row < store.rows; row++) word[row] = isStoredNull(store, column, row) ? ofNull : 1 - ofNull
  return word
}

function clearNulls(store: ColumnStore, column: StoredColumn, word: Uint32Array): void {
  for (let row = 0; row < store.rows; row++) if (isStoredNull(store, column, row)) word[row] = 0
}

function invert(word: Uint32Array): void {
  for (let i = 0; i < word.length; i++) word[i] = ~word[i]!
}

function byteWord(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array {
  const word = allocateWords(store.memory, store.rows, arena)
  const { u8 } = store.memory
  for (let row = 0; row < store.rows; row++) word[row] = u8[column.values[row >>> CHUNK_SHIFT]! + (row & MASK)]!
  return word
}

function integerWords(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array[] {
  const high = allocateWords(store.memory, store.rows, arena)
  const low = allocateWords(store.memory, store.rows, arena)
  const { u32, i32 } = store.memory
  let min = Infinity
  let max = -Infinity
  for (let row = 0; row < store.rows; row++) {
    const at = (column.values[row >>> CHUNK_SHIFT]! >>> 2) + (row & MASK) * 2
    low[row] = u32[at]!
    high[row] = i32[at + 1]! ^ 0x8000_0000
    const value = i32[at + 1]! * TWO_32 + u32[at]!
    if (value < min) min = value
    if (value > max) max = value
  }
  const isExact = min >= Number.MIN_SAFE_INTEGER && max <= Number.MAX_SAFE_INTEGER
  if (!isExact || max - min >= TWO_32) return [high, low]
  const minLow = ((min % TWO_32) + TWO_32) % TWO_32
  for (let row = 0; row < store.rows; row++) low[row] = low[row]! - minLow
  return [low]
}

function floatWord(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array {
  const word = allocateWords(store.memory, store.rows, arena)
  const { u32, f32 } = store.memory
  for (let row = 0; row < store.rows; row++) {
    const at = (column.values[row >>> CHUNK_SHIFT]! >>> 2) + (row & MASK)
    const value = f32[at]!
    const bits = value === 0 ? 0 : u32[at]!
    word[row] = value !== value ? 0xffff_ffff : bits >>> 31 !== 0 ? ~bits : bits ^ 0x8000_0000
  }
  return word
}

function doubleWords(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array[] {
  const high = allocateWords(store.memory, store.rows, arena)
  const low = allocateWords(store.memory, store.rows, arena)
  const { u32, f64 } = store.memory
  for (let row = 0; row < store.rows; row++) {
    const at = (column.values[row >>> CHUNK_SHIFT]! >>> 3) + (row & MASK)
    const value = f64[at]!
    const top = value === 0 ? 0 : u32[at * 2 + 1]!
    const bottom = value === 0 ? 0 : u32[at * 2]!
    if (value !== value) {
      high[row] = 0xffff_ffff
      low[row] = 0xffff_ffff
    } else {
      const negative = top >>> 31 !== 0
      high[row] = negative ? ~top : top ^ 0x8000_0000
      low[row] = negative ? ~bottom : bottom
    }
  }
  return [high, low]
}

function wideWords(store: ColumnStore, column: StoredColumn, arena: Arena): Uint32Array[] {
  const words = [0, 1, 2, 3].map(() => allocateWords(store.memory, store.rows, arena))
  const { u32 } = store.memory
  for (let row = 0; row < store.rows; row++) {
    const at = (column.values[row >>> CHUNK_SHIFT]! >>> 2) + (row & MASK) * 4
    words[0]![row] = u32[at + 3]! ^ 0x8000_0000
    words[1]![row] = u32[at + 2]!
    words[2]![row] = u32[at + 1]!
    words[3]![row] = u32[at]!
  }
  return words
}
