// Copies text and other byte values out of a batch into an arena, as views (u32 address, u32 length) of
// 8 bytes. A value of a dictionary is copied once, however many rows have its code.
//
// Bytes go into blocks of 16 KiB so that short strings do not each pay the arena's alignment.
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Dictionary } from '../../storage/column-buffers.ts'
import type { Vector } from '../vector/vector.ts'

const BLOCK_BYTES = 16384

/** Copies byte values of one column; remembers which dictionary entries it has. */
export class BytesCopier {
  readonly #memory: LinearMemory
  readonly #arena: Arena
  /** Per dictionary id: address of the copy of entry i, or 0. */
  readonly #copied: Map<number, Uint32Array> = new Map()
  #block = 0
  #left = 0

  constructor(memory: LinearMemory, arena: Arena) {
    this.#memory = memory
    this.#arena = arena
  }

  /** Writes one view per row at `to`. */
  copy(vector: Vector, rows: Int32Array, count: number, to: number): void {
    if (vector.dictionary !== null) this.#copyCodes(vector, vector.dictionary, rows, count, to >>> 2)
    else this.#copyViews(vector, rows, count, to >>> 2)
  }

  #copyViews(vector: Vector, rows: Int32Array, count: number, to: number): void {
    const u32 = this.#memory.u32
    const from = vector.valuesPtr >>> 2
    const { validityPtr } = vector
    const u8 = this.#memory.u8
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const valid = validityPtr === 0 || (u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) !== 0
      const length = valid ? u32[from + row * 2 + 1]! : 0
      u32[to + i * 2] = this.bytes(valid ? u32[from + row * 2]! : 0, length)
      u32[to + i * 2 + 1] = length
    }
  }

  #copyCodes(vector: Vector, dictionary: Dictionary, rows: Int32Array, count: number, to: number): void {
    const u32 = this.#memory.u32
    const codes = vector.layout === LAYOUT.U8 ? this.#memory.u8
      : vector.layout === LAYOUT.U16 ? this.#memory.u16 : u32
    const shift = vector.layout === LAYOUT.U8 ? 0 : vector.layout === LAYOUT.U16 ? 1 : 2
    const from = vector.valuesPtr >>> shift
    const views = dictionary.viewsPtr >>> 2
    const copied = this.#copies(dictionary)
    for (let i = 0; i < count; i++) {
      const code = codes[from + rows[i]!]!
      if (code >= dictionary.count) {
        u32[to + i * 2] = 0
        u32[to + i * 2 + 1] = 0
        continue
      }
      const length = u32[views + code * 2 + 1]!
      if (copied[code] === 0 && length > 0) copied[code] = this.bytes(u32[views + code * 2]!, length)
      u32[to + i * 2] = copied[code]!
      u32[to + i * 2 + 1] = length
    }
  }

  #copies(dictionary: Dictionary): Uint32Array {
    let copied = this.#copied.get(dictionary.id)
    if (copied === undefined || copied.length < dictionary.count) {
      const grown = new Uint32Array(dictionary.count)
      if (copied !== undefined) grown.set(copied)
      this.#copied.set(dictionary.id, grown)
      copied = grown
    }
    return copied
  }

  /** Copies bytes into the arena and returns their address; 0 bytes have address 0. */
  bytes(from: number, length: number): number {
    if (length === 0) return 0
    if (length > this.#left) {
      if (length > BLOCK_BYTES / 4) {
        const own = this.#arena.allocate(length)
        this.#memory.u8.copyWithin(own, from, from + length)
        return own
      }
      this.#block = this.#arena.allocate(BLOCK_BYTES)
      this.#left = BLOCK_BYTES
    }
    const at = this.#block
    const u8 = this.#memory.u8
    for (let i = 0; i < length; i++) u8[at + i] = u8[from + i]!
    this.#block += length
    this.#left -= length
    return at
  }
}
