// A text column of an Arrow table as Dictionary<Int32, Utf8>. While all batches have the same stored dictionary, it is
// handed out whole and as it is stored: its bytes are copied, and codes are widened without a look at them. From the
// first batch with other entries on (another row group, rows of the delta) there is one dictionary of all texts: each
// stored dictionary is mapped once, after that a row costs one array look-up.
import type { Data, DataType, Dictionary as ArrowDictionary, Utf8 } from 'apache-arrow'
import { dictionaryText, isNull, readCode, readScalar } from '../../exec/vector/reader.ts'
import type { Vector } from '../../exec/vector/vector.ts'
import type { LinearMemory } from '../../storage/mod.ts'
import { countBits, gatherValidity } from './arrow-gather.ts'
import type { ColumnGatherer, RowList } from './arrow-gather.ts'
import type { ArrowObjects, ColumnChunk } from './arrow-objects.ts'

type StoredDictionary = NonNullable<Vector['dictionary']>
interface Texts { readonly data: Uint8Array; readonly valueOffsets: Int32Array }

/** A stored dictionary is handed out whole up to this many bytes, and up to so many more per row. */
const WHOLE_BYTES = 4096
const WHOLE_BYTES_PER_ROW = 8

/** Collects the chunks of one column. */
export class DictionaryColumn {
  readonly #memory: LinearMemory
  readonly #gatherer: ColumnGatherer
  readonly #chunks: ColumnChunk[] = []
  /** Ids of stored dictionaries whose codes are the column's. */
  readonly #same: number[] = []
  /** The dictionary as it was stored; null once there are texts of others. */
  #whole: Texts | null = null
  readonly #codeOf = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #maps = new Map<number, Int32Array>()

  constructor(memory: LinearMemory, gatherer: ColumnGatherer) {
    this.#memory = memory
    this.#gatherer = gatherer
  }

  /** Adds the rows of one batch; plain text is coded too. */
  add(vector: Vector, list: RowList): void {
    const { count } = list
    const validity = gatherValidity(this.#memory, vector, list)
    const nullCount = validity === undefined ? 0 : count - countBits(validity)
    const data = this.#isWhole(vector.dictionary, count) ? this.#gatherer.codes(vector, list) : this.#map(vector, list)
    this.#chunks.push({ length: count, nullCount, nullBitmap: nullCount === 0 ? undefined : validity, data })
  }

  /** Whether codes of this stored dictionary can be handed out as they are. */
  #isWhole(dictionary: StoredDictionary | null, rows: number): boolean {
    if (dictionary === null) return this.#mapped()
    if (this.#same.includes(dictionary.id)) return this.#whole !== null
    if (this.#chunks.length > 0 && this.#whole === null) return false
    const bytes = textBytes(this.#memory, dictionary)
    if (this.#whole === null) {
      if (bytes > WHOLE_BYTES + WHOLE_BYTES_PER_ROW * rows) return false
      this.#whole = copyTexts(this.#memory, dictionary, bytes)
    } else if (!equalTexts(this.#whole, this.#memory, dictionary, bytes)) return this.#mapped()
    this.#same.push(dictionary.id)
    return true
  }

  // From here on texts are looked up; those of the whole dictionary keep their codes.
  #mapped(): false {
    if (this.#whole === null) return false
    const { data, valueOffsets } = this.#whole
    for (let i = 0; i + 1 < valueOffsets.length; i++) {
      this.#code(decoder.decode(data.subarray(valueOffsets[i]!, valueOffsets[i + 1]!)))
    }
    this.#whole = null
    return false
  }

  #map(vector: Vector, { rows, count, first }: RowList): Int32Array {
    const { dictionary } = vector
    const memory = this.#memory
    const codes = new Int32Array(count)
    const map = dictionary === null ? null : this.#mapOf(dictionary.id, dictionary.count)
    for (let i = 0; i < count; i++) {
      const row = first < 0 ? rows[i]! : first + i
      if (isNull(memory, vector, row)) continue
      if (map === null) codes[i] = this.#code(readScalar(memory, vector, row) as string)
      else {
        const local = readCode(memory, vector, row)
        let code = map[local]!
        if (code < 0) map[local] = code = this.#code(dictionaryText(memory, dictionary!, local))
        codes[i] = code
      }
    }
    return codes
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
  finish(objects: ArrowObjects): { type: DataType; data: Data[] } {
    const { arrow } = objects
    const { data: bytes, valueOffsets } = this.#whole ?? encodeTexts(this.#texts)
    const { utf8, int32 } = typesOf(objects)
    const texts = { length: valueOffsets.length - 1, nullCount: 0, nullBitmap: undefined, valueOffsets, data: bytes }
    const dictionary = new arrow.Vector<Utf8>([objects.column(utf8, 1, texts) as Data<Utf8>])
    const type: ArrowDictionary<Utf8> = new arrow.Dictionary(utf8, int32)
    return { type, data: this.#chunks.map((chunk) => objects.column(type, 1, chunk, dictionary)) }
  }
}

let known: { of: ArrowObjects; utf8: Utf8; int32: InstanceType<ArrowObjects['arrow']['Int32']> } | null = null

function typesOf(of: ArrowObjects): NonNullable<typeof known> {
  if (known?.of !== of) known = { of, utf8: new of.arrow.Utf8(), int32: new of.arrow.Int32() }
  return known
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function textBytes({ u32 }: LinearMemory, { viewsPtr, count }: StoredDictionary): number {
  let bytes = 0
  for (let i = 0, at = (viewsPtr >>> 2) + 1; i < count; i++, at += 2) bytes += u32[at]!
  return bytes
}

function copyTexts({ u8, u32 }: LinearMemory, { viewsPtr, count }: StoredDictionary, bytes: number): Texts {
  const valueOffsets = new Int32Array(count + 1)
  const data = new Uint8Array(bytes)
  let total = 0
  for (let i = 0, at = viewsPtr >>> 2; i < count; i++, at += 2) {
    const from = u32[at]!
    const length = u32[at + 1]!
    if (length > 24) data.set(u8.subarray(from, from + length), total)
    else for (let b = 0; b < length; b++) data[total + b] = u8[from + b]!
    total += length
    valueOffsets[i + 1] = total
  }
  return { data, valueOffsets }
}

function equalTexts(texts: Texts, memory: LinearMemory, dictionary: StoredDictionary, bytes: number): boolean {
  if (texts.valueOffsets.length !== dictionary.count + 1 || texts.data.length !== bytes) return false
  const other = copyTexts(memory, dictionary, bytes)
  return Buffer.compare(other.data, texts.data) === 0
    && other.valueOffsets.every((offset, i) => offset === texts.valueOffsets[i])
}

// Texts behind one another. As many bytes as chars: all of it is ASCII, and the offsets are known.
function encodeTexts(texts: readonly string[]): Texts {
  const valueOffsets = new Int32Array(texts.length + 1)
  const data = encoder.encode(texts.join(''))
  for (let i = 0; i < texts.length; i++) valueOffsets[i + 1] = valueOffsets[i]! + texts[i]!.length
  if (valueOffsets[texts.length] === data.length) return { data, valueOffsets }
  const parts = texts.map(text => encoder.encode(text))
  parts.forEach((part, i) => { valueOffsets[i + 1] = valueOffsets[i]! + part.length })
  return { data: new Uint8Array(Buffer.concat(parts)), valueOffsets }
}
