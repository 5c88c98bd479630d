// Join keys of selected rows as fixed-width words plus a hash, the same for every layout a key column may
// have, so that build and probe sides compare word by word:
//
//   int, float   2 words: low and high half of the int64 / double (-0 as 0, one NaN)
//   wide         4 words
//   bytes        2 words: address and length; equal when the bytes are equal (CHAR without its blanks)
//
// A row with a NULL in any key column is marked: NULL keys never match.
import { physicalOf } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { Vector } from '../vector/vector.ts'
import { copyIntegers } from './copy-integers.ts'

/** Words of all key columns of a row, by type. */
function keyWidth(types: readonly SqlType[]): number {
  return types.reduce((sum, type) => sum + wordsOf(type), 0)
}

function wordsOf(type: SqlType): number {
  return physicalOf(type) === 'wide' ? 4 : 2
}

/** Where extracted keys go; arrays of at least `count` rows (words: count * keyWidth). */
export interface KeyTarget {
  readonly words: Int32Array
  readonly hashes: Int32Array
  /** 1 = some key column is NULL. */
  readonly nulls: Uint8Array
}

/** Extracts the keys of batches; owns scratch for one batch. */
export class KeyExtractor {
  readonly width: number
  readonly #memory: LinearMemory
  readonly #types: readonly SqlType[]
  readonly #arena: Arena
  /** Per key column: hashes of dictionary entries by dictionary id. */
  readonly #dictionaryHashes: Map<number, Int32Array>[]
  #scratch = 0
  #scratchRows = 0

  constructor(memory: LinearMemory, arena: Arena, types: readonly SqlType[]) {
    this.#memory = memory
    this.#types = types
    this.#arena = arena
    this.width = keyWidth(types)
    this.#dictionaryHashes = types.map(() => new Map<number, Int32Array>())
  }

  /** Writes keys of rows[0..count) to `target` starting at row `at`; hashes are left out when not `hashed`. */
  extract(
    vectors: readonly Vector[], rows: Int32Array, count: number, target: KeyTarget, at: number, hashed: boolean,
  ): void {
    if (hashed) target.hashes.fill(0x2545_f491, at, at + count)
    target.nulls.fill(0, at, at + count)
    let offset = 0
    for (let k = 0; k < vectors.length; k++) {
      const vector = vectors[k]!
      const type = this.#types[k]!
      const words = { into: target.words, at: at * this.width + offset, stride: this.width }
      switch (physicalOf(type)) {
        case 'int': this.#integers(vector, rows, count, words); break
        case 'float': this.#floats(vector, rows, count, words); break
        case 'wide': this.#wides(vector, rows, count, words); break
        default: this.#bytes(vector, rows, count, words)
      }
      offset += wordsOf(type)
      markNulls(this.#memory.u8, vector.validityPtr, rows, count, target.nulls, at)
      if (!hashed) continue
      if (physicalOf(type) === 'bytes') this.#hashBytes(k, vector, rows, count, { target, at, words })
      else hashWords(words, wordsOf(type), count, target.hashes, at)
    }
  }

  #integers(vector: Vector, rows: Int32Array, count: number, words: WordSlots): void {
    if (count > this.#scratchRows) {
      this.#scratchRows = Math.max(8192, count)
      this.#scratch = this.#arena.allocate(this.#scratchRows * 8)
    }
    copyIntegers(this.#memory, vector, rows, count, this.#scratch)
    const { i32 } = this.#memory
    const from = this.#scratch >>> 2
    const { into, stride } = words
    for (let i = 0, to = words.at; i < count; i++, to += stride) {
      into[to] = i32[from + i * 2]!
      into[to + 1] = i32[from + i * 2 + 1]!
    }
  }

  #floats(vector: Vector, rows: Int32Array, count: number, words: WordSlots): void {
    const { f32, f64 } = this.#memory
    const single = vector.layout === LAYOUT.F32
    const from = single ? vector.valuesPtr >>> 2 : vector.valuesPtr >>> 3
    const { into, stride } = words
    for (let i = 0, to = words.at; i < count; i++, to += stride) {
      const value = single ? f32[from + rows[i]!]! : f64[from + rows[i]!]!
      doubleBits[0] = value === 0 ? 0 : value !== value ? NaN : value
      into[to] = doubleWords[0]!
      into[to + 1] = doubleWords[1]!
    }
  }

  #wides(vector: Vector, rows: Int32Array, count: number, words: WordSlots): void {
    const { i32 } = this.#memory
    const from = vector.valuesPtr >>> 2
    const { into, stride } = words
    for (let i = 0, to = words.at; i < count; i++, to += stride) {
      for (let w = 0; w < 4; w++) into[to + w] = i32[from + rows[i]! * 4 + w]!
    }
  }

  #bytes(vector: Vector, rows: Int32Array, count: number, words: WordSlots): void {
    const { u8, u16, u32 } = this.#memory
    const { into, stride } = words
    const { dictionary, layout, valuesPtr, validityPtr } = vector
    const isPadded = vector.type.blankPadded === true
    const views = (dictionary === null ? valuesPtr : dictionary.viewsPtr) >>> 2
    const codes = layout === LAYOUT.U8 ? u8 : layout === LAYOUT.U16 ? u16 : u32
    const codesAt = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
    for (let i = 0, to = words.at; i < count; i++, to += stride) {
      const row = rows[i]!
      const valid = validityPtr === 0 || (u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) !== 0
      const view = dictionary === null ? row : codes[codesAt + row]!
      const address = valid ? u32[views + view * 2]! : 0
      let length = valid ? u32[views + view * 2 + 1]! : 0
      if (isPadded) while (length > 0 && u8[address + length - 1] === SPACE) length--
      into[to] = address
      into[to + 1] = length
    }
  }

  #hashBytes(
    k: number, vector: Vector, rows: Int32Array, count: number,
    slots: { target: KeyTarget; at: number; words: WordSlots },
  ): void {
    const { target: { hashes }, at, words } = slots
    const { u8, u16, u32 } = this.#memory
    const { dictionary, layout, valuesPtr } = vector
    if (dictionary === null || vector.type.blankPadded === true) {
      for (let i = 0, w = words.at; i < count; i++, w += words.stride) {
        hashes[at + i] = mix(hashes[at + i]!, hashRange(u8, words.into[w]! >>> 0, words.into[w + 1]!))
      }
      return
    }
    let known = this.#dictionaryHashes[k]!.get(dictionary.id)
    if (known === undefined || known.length < dictionary.count) {
      known = new Int32Array(dictionary.count)
      const views = dictionary.viewsPtr >>> 2
      for (let code = 0; code < dictionary.count; code++) {
        known[code] = hashRange(u8, u32[views + code * 2]!, u32[views + code * 2 + 1]!)
      }
      this.#dictionaryHashes[k]!.set(dictionary.id, known)
    }
    const codes = layout === LAYOUT.U8 ? u8 : layout === LAYOUT.U16 ? u16 : u32
    const from = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
    for (let i = 0; i < count; i++) hashes[at + i] = mix(hashes[at + i]!, known[codes[from + rows[i]!]!] ?? 0)
  }
}

/** Word slots of one key column: `into[at + i * stride]`. */
interface WordSlots {
  readonly into: Int32Array
  readonly at: number
  readonly stride: number
}

const SPACE = 32
const doubleBits = new Float64Array(1)
const doubleWords = new Int32Array(doubleBits.buffer)

function hashWords(words: WordSlots, width: number, count: number, hashes: Int32Array, at: number): void {
  const { into, stride } = words
  for (let i = 0, w = words.at; i < count; i++, w += stride) {
    let hash = hashes[at + i]!
    for (let part = 0; part < width; part++) hash = mix(hash, into[w + part]!)
    hashes[at + i] = hash
  }
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0x9e37_79b1)
  h ^= h >>> 15
  h = Math.imul(h, 0x85eb_ca77)
  return h ^ (h >>> 13)
}

function hashRange(u8: Uint8Array, from: number, length: number): number {
  let hash = 0x811c_9dc5 ^ length
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ u8[from + i]!, 0x0100_0193)
  return hash ^ (hash >>> 15)
}

function markNulls(
  u8: Uint8Array, validityPtr: number, rows: Int32Array, count: number, nulls: Uint8Array, at: number,
): void {
  if (validityPtr === 0) return
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if ((u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) === 0) nulls[at + i] = 1
  }
}
