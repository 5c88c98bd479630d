// The values of one stored byte column (text, bytea, uuid, interval) of a ColumnStore, copied into its arena.
// As long as batches come dictionary-coded with few distinct values, rows are codes into one dictionary of
// the store, so that what follows (grouping, sorting, joining) works on codes; otherwise rows are views.
//
//   codes   u32 per row in the first half of each chunk, dictionary entries numbered by first appearance
//   views   (u32 address, u32 length) per row
//
// Turning codes into views is done once, in place, from the last row of a chunk to the first.
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Dictionary, Layout } from '../../storage/column-buffers.ts'
import { bufferOf } from '../vector/memory-access.ts'
import type { Vector } from '../vector/vector.ts'
import { BytesCopier } from './copy-bytes.ts'

/** More distinct values than this are kept as views. */
const MAX_ENTRIES = 20_000

// Storage numbers its dictionaries from 0 upwards; those of the executor count downwards.
let lastDictionaryId = -1000

/** What StoredBytes needs of its column. */
export interface BytesTarget {
  layout: Layout
  width: number
  dictionary: Dictionary | null
  /** Address of each chunk's values: 8 bytes per row in either form. */
  readonly values: readonly number[]
}

/** Codes or views of one column; see above. */
export class StoredBytes {
  readonly #memory: LinearMemory
  readonly #arena: Arena
  readonly #copier: BytesCopier
  readonly #column: BytesTarget
  readonly #codeOf: Map<string, number> = new Map()
  readonly #addresses: number[] = []
  readonly #lengths: number[] = []
  /** Per source dictionary: code + 1 of each of its entries, 0 = not met yet. */
  readonly #recoded: Map<number, Uint32Array> = new Map()

  constructor(memory: LinearMemory, arena: Arena, column: BytesTarget) {
    this.#memory = memory
    this.#arena = arena
    this.#copier = new BytesCopier(memory, arena)
    this.#column = column
  }

  /** Prepares for rows of `vector`; `rows` are stored already. Changes the column's form when it must. */
  prepare(vector: Vector, rows: number): void {
    const isCoded = this.#column.layout === LAYOUT.U32
    if (rows === 0 && vector.dictionary !== null && vector.dictionary.count <= MAX_ENTRIES) this.#setForm(true)
    else if (isCoded && (vector.dictionary === null || this.#addresses.length > MAX_ENTRIES)) this.#toViews(rows)
  }

  #setForm(codes: boolean): void {
    this.#column.layout = codes ? LAYOUT.U32 : LAYOUT.VIEW
    this.#column.width = codes ? 4 : 8
    if (!codes) this.#column.dictionary = null
  }

  /** Writes one code or view per row into chunk `chunk` from position `at` on. */
  copy(vector: Vector, rows: Int32Array, count: number, place: { chunk: number; at: number }): void {
    const start = this.#column.values[place.chunk]!
    if (this.#column.layout === LAYOUT.VIEW) this.#copier.copy(vector, rows, count, start + place.at * 8)
    else this.#copyCodes(vector, rows, count, (start >>> 2) + place.at)
  }

  #copyCodes(vector: Vector, rows: Int32Array, count: number, to: number): void {
    const { u8, u16, u32 } = this.#memory
    const dictionary = vector.dictionary!
    const { layout, valuesPtr } = vector
    const codes = layout === LAYOUT.U8 ? u8 : layout === LAYOUT.U16 ? u16 : u32
    const from = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
    const recoded = this.#recodedOf(dictionary)
    for (let i = 0; i < count; i++) {
      const code = codes[from + rows[i]!]!
      if (code >= dictionary.count) u32[to + i] = 0
      else u32[to + i] = (recoded[code]! !== 0 ? recoded[code]! : this.#recode(dictionary, recoded, code)) - 1
    }
  }

  #recodedOf(dictionary: Dictionary): Uint32Array {
    let recoded = this.#recoded.get(dictionary.id)
    if (recoded === undefined || recoded.length < dictionary.count) {
      const grown = new Uint32Array(dictionary.count)
      if (recoded !== undefined) grown.set(recoded)
      this.#recoded.set(dictionary.id, grown)
      recoded = grown
    }
    return recoded
  }

  #recode(dictionary: Dictionary, recoded: Uint32Array, code: number): number {
    const { u32 } = this.#memory
    const view = (dictionary.viewsPtr >>> 2) + code * 2
    const [address, length] = [u32[view]!, u32[view + 1]!]
    const key = bufferOf(this.#memory).toString('latin1', address, address + length)
    let mine = this.#codeOf.get(key)
    if (mine === undefined) {
      mine = this.#addresses.length
      this.#codeOf.set(key, mine)
      this.#addresses.push(this.#copier.bytes(address, length))
      this.#lengths.push(length)
    }
    return recoded[code] = mine + 1
  }

  /** The dictionary of the codes written so far; null for views. */
  dictionary(): Dictionary | null {
    const column = this.#column
    const count = this.#addresses.length
    if (column.layout !== LAYOUT.U32) return null
    if (column.dictionary !== null && column.dictionary.count === count) return column.dictionary
    const viewsPtr = this.#arena.allocate(Math.max(1, count) * 8)
    const { u32 } = this.#memory
    for (let code = 0; code < count; code++) {
      u32[(viewsPtr >>> 2) + code * 2] = this.#addresses[code]!
      u32[(viewsPtr >>> 2) + code * 2 + 1] = this.#lengths[code]!
    }
    return column.dictionary = { count, viewsPtr, id: --lastDictionaryId, sorted: false }
  }

  #toViews(rows: number): void {
    const { u32 } = this.#memory
    let left = rows
    for (const start of this.#column.values) {
      const inChunk = Math.min(left, 8192)
      for (let i = inChunk - 1; i >= 0; i--) {
        const code = u32[(start >>> 2) + i]!
        u32[(start >>> 2) + i * 2] = this.#addresses[code] ?? 0
        u32[(start >>> 2) + i * 2 + 1] = this.#lengths[code] ?? 0
      }
      left -= inChunk
    }
    this.#setForm(false)
  }
}
