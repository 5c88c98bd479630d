// A text column of an Arrow table as Dictionary<Int32, Utf8>: the dictionaries of the row groups become one.
// Each stored dictionary is mapped once; after that a row costs one array look-up.
import type { Data, DataType, Dictionary, Utf8 } from 'apache-arrow'
import { dictionaryText, isNull, readCode, readScalar } from '../../exec/vector/reader.ts'
import type { Vector } from '../../exec/vector/vector.ts'
import { LAYOUT } from '../../storage/mod.ts'
import type { LinearMemory } from '../../storage/mod.ts'
import { gatherValidity } from './arrow-gather.ts'
import type { RowList } from './arrow-gather.ts'
import { arrowData } from './arrow-module.ts'
import type { Arrow } from './arrow-module.ts'

interface CodedChunk {
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap: Uint8Array | undefined
  readonly codes: Int32Array
}

/** Collects the chunks of one column. */
export class DictionaryColumn {
  readonly #codeOf = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #maps = new Map<number, Int32Array>()
  readonly #chunks: CodedChunk[] = []

  /** Adds the rows of one batch; plain text is coded too. */
  add(memory: LinearMemory, vector: Vector, list: RowList): void {
    const { rows, count } = list
    const codes = new Int32Array(count)
    const map = vector.dictionary === null ? null : this.#mapOf(vector.dictionary.id, vector.dictionary.count)
    const isPlain = vector.validityPtr === 0 && (vector.layout === LAYOUT.U8 || vector.layout === LAYOUT.U16)
    if (map !== null && isPlain) this.#addCodes(memory, vector, list, map, codes)
    else for (let i = 0; i < count; i++) {
      const row = rows[i]!
      if (isNull(memory, vector, row)) continue
      if (map === null) codes[i] = this.#code(readScalar(memory, vector, row) as string)
      else {
        const local = readCode(memory, vector, row)
        let code = map[local]!
        if (code < 0) map[local] = code = this.#code(dictionaryText(memory, vector.dictionary!, local))
        codes[i] = code
      }
    }
    this.#chunks.push({ length: count, ...gatherValidity(memory, vector, list), codes })
  }

  // The common case, without a call per row: narrow codes, nothing NULL.
  #addCodes(memory: LinearMemory, vector: Vector, list: RowList, map: Int32Array, codes: Int32Array): void {
    const { rows, count, isRun } = list
    const isByte = vector.layout === LAYOUT.U8
    const stored = isByte ? memory.u8 : memory.u16
    const origin = isByte ? vector.valuesPtr : vector.valuesPtr >>> 1
    const first = isRun && count > 0 ? rows[0]! : -1
    for (let i = 0; i < count; i++) {
      const local = stored[origin + (first < 0 ? rows[i]! : first + i)]!
      let code = map[local]!
      if (code < 0) map[local] = code = this.#code(dictionaryText(memory, vector.dictionary!, local))
      codes[i] = code
    }
  }

  #mapOf(id: number, count: number): Int32Array {
    let map = this.#maps.get(id)
    if (map === undefined) this.#maps.set(id, map = new Int32Array(count).fill(-1))
    return map
  }

  #code(text: string): number {
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      code = this.#texts.push(text) - 1
      this.#codeOf.set(text, code)
    }
    return code
  }

  /** The Arrow type and one Data per batch, all with the same dictionary. */
  finish(arrow: Arrow): { type: DataType; data: Data[] } {
    const { data: bytes, valueOffsets } = encodeTexts(this.#texts)
    const utf8 = new arrow.Utf8()
    const values = arrowData(
      arrow, utf8, { length: this.#texts.length, nullCount: 0, valueOffsets, data: bytes }
    ) as Data<Utf8>
    const dictionary = new arrow.Vector<Utf8>([values])
    const type: Dictionary<Utf8> = new arrow.Dictionary(utf8, new arrow.Int32())
    const data = this.#chunks.map(({ length, nullCount, nullBitmap, codes }) =>
      arrowData(arrow, type, { length, nullCount, nullBitmap, data: codes, dictionary }))
    return { type, data }
  }
}

const encoder = new TextEncoder()

// Texts behind one another. As many bytes as chars: all of it is ASCII, and the offsets are known.
function encodeTexts(texts: readonly string[]): { data: Uint8Array; valueOffsets: Int32Array } {
  const valueOffsets = new Int32Array(texts.length + 1)
  const data = encoder.encode(texts.join(''))
  for (let i = 0; i < texts.length; i++) valueOffsets[i + 1] = valueOffsets[i]! + texts[i]!.length
  if (valueOffsets[texts.length] === data.length) return { data, valueOffsets }
  const parts = texts.map(text => encoder.encode(text))
  parts.forEach((part, i) => { valueOffsets[i + 1] = valueOffsets[i]! + part.length })
  return { data: new Uint8Array(Buffer.concat(parts)), valueOffsets }
}
