// Rows of heap tuples straight from their frame (layout: row-codec.ts): what a point read of an updated row pays
// for. No view and no reader object is made per tuple, numbers come from the memory's one DataView, and short ASCII
// texts, of which updated rows tend to have few different ones, are kept as strings.
//
// Answers null for what it leaves to RowCodec.decode: types that need more (128-bit, bytes), text of 128 bytes or more,
// short text that is not ASCII, and tuples that run past their end, which is RowCodec's error to report.
import type { Row, Scalar } from '../../src/base/types.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { FIELD, FIELD_SIZE, sliceText } from './row-codec.ts'

/** Texts up to here are looked for among those that were read before. */
const TEXT_MAX = 32
const TEXTS = 256

/** Reads rows of one table. */
export class TupleReader {
  private readonly memory: LinearMemory
  private readonly fields: readonly number[]
  private readonly bitmapBytes: number
  private readonly isSimple: boolean
  private readonly texts: string[] = new Array<string>(TEXTS).fill('')

  /** `fields` by column, as RowCodec has them. */
  constructor(memory: LinearMemory, fields: readonly number[]) {
    this.memory = memory
    this.fields = fields
    this.bitmapBytes = (fields.length + 7) >> 3
    this.isSimple = fields.every((field) => field !== FIELD.I128 && field !== FIELD.BYTES)
  }

  /** The row of the tuple body at bytes [at, end) of the memory, or null: ask the codec. */
  read(at: number, end: number): Row | null {
    if (!this.isSimple || at + this.bitmapBytes > end) return null
    const { fields } = this
    const { u8 } = this.memory
    const bitmap = at
    let next = at + this.bitmapBytes
    const row: Row = new Array<Scalar>(fields.length)
    for (let c = 0; c < fields.length; c++) {
      if ((u8[bitmap + (c >> 3)]! >> (c & 7) & 1) !== 0) {
        row[c] = null
        continue
      }
      const field = fields[c]!
      const bytes = field === FIELD.TEXT ? 1 + u8[next]! : FIELD_SIZE[field]!
      if (next + bytes > end) return null
      const value = field === FIELD.TEXT ? this.text(next + 1, bytes - 1) : this.number(field, next)
      if (value === null) return null
      row[c] = value
      next += bytes
    }
    return row
  }

  private number(field: number, at: number): number | null {
    const { u8, view } = this.memory
    switch (field) {
      case FIELD.I8: return u8[at]!
      case FIELD.I16: return view.getInt16(at, true)
      case FIELD.I32: return view.getInt32(at, true)
      case FIELD.F32: return view.getFloat32(at, true)
      case FIELD.F64: return view.getFloat64(at, true)
      default: {
        const value = view.getInt32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
        return Number.isSafeInteger(value) ? value : null
      }
    }
  }

  // A varint of one byte is below 128; longer texts are not for here.
  private text(at: number, length: number): string | null {
    if (length >= 0x80) return null
    const { u8 } = this.memory
    if (length > TEXT_MAX) return sliceText(u8, at, length)
    let hash = length
    for (let i = 0; i < length; i++) hash = hash * 31 + u8[at + i]! | 0
    const place = (hash ^ hash >>> 8) & TEXTS - 1
    const known = this.texts[place]!
    if (known.length === length && isText(known, u8, at)) return known
    const text = asciiText(u8, at, length)
    if (text !== null) this.texts[place] = text
    return text
  }
}

function isText(text: string, u8: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== u8[at + i]) return false
  return true
}

function asciiText(u8: Uint8Array, at: number, length: number): string | null {
  let text = ''
  for (let i = 0; i < length; i++) {
    const byte = u8[at + i]!
    if (byte >= 0x80) return null
    text += String.fromCharCode(byte)
  }
  return text
}
