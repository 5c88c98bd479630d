// The build side of a hash join: rows in a ColumnStore, chained by key. A single integer key whose range is
// small, or filled to a quarter, gets a direct array over the range (no hash, no comparison); everything
// else an array of 2^n chain heads by hash.
//
//   heads[slot] = row + 1 of the newest row of the chain, 0 = empty        next[row] = row + 1 of the next
//   keys[row * width …] = the words of join-keys.ts                        all in the operator's arena
import { physicalOf } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Vector } from '../vector/vector.ts'
import { CHUNK_ROWS, CHUNK_SHIFT } from './column-store.ts'
import type { ColumnStore } from './column-store.ts'
import { KeyExtractor } from './join-keys.ts'
import type { KeyTarget } from './join-keys.ts'

const TWO_32 = 0x1_0000_0000
/** A direct array may have this many slots per row, or this many altogether (1 MiB stays in a cache). */
const DIRECT_SLOTS_PER_ROW = 4
const DIRECT_ALWAYS = 1 << 18

/** Chains of build rows by key. */
export class JoinTable {
  readonly width: number
  /** True when slots are keys less `#min`: matches need no comparison. */
  readonly direct: boolean
  /** True when no key occurs twice: every chain has one row. */
  readonly unique: boolean
  readonly next: Int32Array
  readonly #memory: LinearMemory
  readonly #types: readonly SqlType[]
  readonly #keys: KeyTarget
  readonly #heads: Int32Array
  readonly #slotMask: number
  #min = 0
  #max = -1

  /** Chains the rows of `store` by its columns `keyColumns`. Cost: 20-40 ns per row. */
  constructor(store: ColumnStore, keyColumns: readonly number[], arena: Arena) {
    const { memory, rows } = store
    this.#memory = memory
    this.#types = keyColumns.map((c) => store.columns[c]!.type)
    const extractor = new KeyExtractor(memory, arena, this.#types)
    this.width = extractor.width
    this.#keys = {
      words: words(memory, arena, rows * this.width), hashes: words(memory, arena, rows),
      nulls: memory.u8.subarray(0, 0),
    }
    const nullsAt = arena.allocate(Math.max(1, rows))
    this.#keys = { ...this.#keys, nulls: memory.u8.subarray(nullsAt, nullsAt + rows) }
    const vectorsOf = (chunk: number): Vector[] => keyColumns.map((k) => store.chunk(chunk).columns[k]!)
    const mayBeDirect = this.#types.length === 1 && physicalOf(this.#types[0]!) === 'int'
    extractAll(store, vectorsOf, extractor, this.#keys, !mayBeDirect)
    this.next = words(memory, arena, rows)
    this.direct = mayBeDirect && this.#findRange(rows)
    if (mayBeDirect && !this.direct) extractAll(store, vectorsOf, extractor, this.#keys, true)
    const slots = this.direct ? this.#max - this.#min + 1 : 2 ** Math.ceil(Math.log2(Math.max(16, rows * 2)))
    this.#slotMask = slots - 1
    this.#heads = words(memory, arena, slots)
    this.#heads.fill(0)
    let chained = 0
    for (let row = 0; row < rows; row++) {
      if (this.#keys.nulls[row] === 1) continue
      const slot = this.direct ? this.#valueAt(row) - this.#min : this.#keys.hashes[row]! & this.#slotMask
      const head = this.#heads[slot]!
      this.next[row] = head
      chained |= head
      this.#heads[slot] = row + 1
    }
    this.unique = this.direct && chained === 0
  }

  /** Smallest and largest key of a single integer key; true when a direct array pays. */
  #findRange(rows: number): boolean {
    let min = Infinity
    let max = -Infinity
    for (let row = 0; row < rows; row++) {
      if (this.#keys.nulls[row] === 1) continue
      const value = this.#valueAt(row)
      if (value < min) min = value
      if (value > max) max = value
    }
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) return false
    this.#min = min
    this.#max = max
    return max - min < Math.max(DIRECT_ALWAYS, rows * DIRECT_SLOTS_PER_ROW)
  }

  #valueAt(row: number): number {
    return this.#keys.words[row * 2 + 1]! * TWO_32 + (this.#keys.words[row * 2]! >>> 0)
  }

  /** For each probe key i < count: row + 1 of its first match by hash, or 0. NULL keys have none. */
  firstMatches(probe: KeyTarget, count: number, out: Int32Array): void {
    const heads = this.#heads
    const mask = this.#slotMask
    for (let i = 0; i < count; i++) {
      const head = probe.nulls[i] === 1 ? 0 : heads[probe.hashes[i]! & mask]!
      out[i] = head === 0 ? 0 : this.nextMatch(probe, i, head)
    }
  }

  /** As firstMatches for a direct table, straight from the vector of the probe key. */
  directMatches(vector: Vector, rows: Int32Array, count: number, out: Int32Array): void {
    const { u8, u16, u32, i32 } = this.#memory
    const { layout, valuesPtr, base, validityPtr } = vector
    const heads = this.#heads
    const span = this.#max - this.#min
    if (layout === LAYOUT.I64 || typeof base === 'bigint') {
      const at = valuesPtr >>> 2
      for (let i = 0; i < count; i++) {
        const slot = i32[at + rows[i]! * 2 + 1]! * TWO_32 + u32[at + rows[i]! * 2]! - this.#min
        out[i] = slot >= 0 && slot <= span ? heads[slot]! : 0
      }
    } else {
      const codes = layout === LAYOUT.U8 ? u8 : layout === LAYOUT.U16 ? u16 : u32
      const at = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
      const shift = base - this.#min
      for (let i = 0; i < count; i++) {
        const slot = codes[at + rows[i]!]! + shift
        out[i] = slot >= 0 && slot <= span ? heads[slot]! : 0
      }
    }
    if (validityPtr === 0) return
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if ((u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) === 0) out[i] = 0
    }
  }

  /** The first match of probe key i in the chain from `link` on, as row + 1; 0 at the end. */
  nextMatch(probe: KeyTarget, i: number, link: number): number {
    if (this.direct) return link
    while (link !== 0) {
      if (this.#keys.hashes[link - 1] === probe.hashes[i] && this.#equal(probe, i, link - 1)) return link
      link = this.next[link - 1]!
    }
    return 0
  }

  #equal(probe: KeyTarget, i: number, row: number): boolean {
    const mine = this.#keys.words
    const theirs = probe.words
    let a = row * this.width
    let b = i * this.width
    for (const type of this.#types) {
      const physical = physicalOf(type)
      if (physical === 'bytes') {
        if (mine[a + 1] !== theirs[b + 1]) return false
        if (!sameBytes(this.#memory.u8, mine[a]! >>> 0, theirs[b]! >>> 0, mine[a + 1]!)) return false
      } else {
        if (mine[a] !== theirs[b] || mine[a + 1] !== theirs[b + 1]) return false
        if (physical === 'wide' && (mine[a + 2] !== theirs[b + 2] || mine[a + 3] !== theirs[b + 3])) return false
      }
      const width = physical === 'wide' ? 4 : 2
      a += width
      b += width
    }
    return true
  }
}

function words(memory: LinearMemory, arena: Arena, count: number): Int32Array {
  const at = arena.allocate(Math.max(4, count * 4)) >>> 2
  return memory.i32.subarray(at, at + count)
}

function extractAll(
  store: ColumnStore, vectorsOf: (chunk: number) => Vector[], extractor: KeyExtractor, target: KeyTarget,
  hashed: boolean,
): void {
  const everyRow = Int32Array.from({ length: Math.min(CHUNK_ROWS, store.rows) }, (_, i) => i)
  for (let c = 0; c < store.chunkCount(); c++) {
    const count = Math.min(CHUNK_ROWS, store.rows - c * CHUNK_ROWS)
    extractor.extract(vectorsOf(c), everyRow, count, target, c << CHUNK_SHIFT, hashed)
  }
}

function sameBytes(u8: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8[a + i] !== u8[b + i]) return false
  return true
}
