// Reads single values of a row group straight from pool frames: the bottom of table.get, of key searches
// and of merges. No pins: everything here is synchronous, and a frame address is used before the next
// fetch. Fixed-width values never straddle pages, so one value is one frame look-up.
import { corruption } from '../../src/base/errors.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { DELTA_BLOCK_ROWS, ENCODING, NO_PART, RUN_BLOCK_ROWS, runDirectoryBytes } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { safeInteger } from './staged-column.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { RowGroup } from './row-group.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
/** Dictionaries up to this size keep their decoded strings with the chunk. */
const CACHED_DICTIONARY_MAX = 4096

/** The decoders that Node's Buffer has beside its documented `toString(encoding, begin, end)`. */
interface SlicedBuffer {
  latin1Slice(begin: number, end: number): string
  utf8Slice(begin: number, end: number): string
}

/** Reads values of base rows. One per engine. */
export class ChunkReader {
  readonly memory: LinearMemory
  readonly pool: BufferPool
  /** Asks for pages before scans need them; null = nobody does. */
  ahead: ReadAhead | null = null
  private readonly bytes: SlicedBuffer

  private readonly file: string

  constructor(memory: LinearMemory, pool: BufferPool, file: string) {
    this.memory = memory
    this.pool = pool
    this.file = file
    this.bytes = Buffer.from(memory.memory.buffer) as unknown as SlicedBuffer
  }

  /** Address of stream byte `offset`; valid until the next pool operation. */
  address(group: RowGroup, offset: number): number {
    const page = group.firstPage + (offset >>> 16)
    const frame = this.pool.fetch(page)
    return frame * FRAME_SIZE + (offset & 0xffff)
  }

  /** Copies stream bytes [offset, offset + length) to `target`, across pages. */
  copy(group: RowGroup, offset: number, length: number, target: Uint8Array, at = 0): void {
    let done = 0
    while (done < length) {
      const from = this.address(group, offset + done)
      const count = Math.min(length - done, FRAME_SIZE - (from & (FRAME_SIZE - 1)))
      target.set(this.memory.u8.subarray(from, from + count), at + done)
      done += count
    }
  }

  /** Raises XX001: something inside the group points outside of it. */
  failInside(group: RowGroup, what: string): never {
    throw corruption(`row group at page ${group.firstPage}: ${what}`, { file: this.file, page: group.firstPage })
  }

  isNull(group: RowGroup, chunk: ColumnChunk, row: number): boolean {
    if (chunk.nullCount === 0) return false
    if (chunk.nullCount === group.rows) return true
    const at = this.address(group, chunk.validityOffset + (row >> 3))
    return ((this.memory.u8[at]! >> (row & 7)) & 1) === 0
  }

  /** Value as a Scalar of `type`. */
  read(group: RowGroup, chunk: ColumnChunk, type: SqlType, row: number): Scalar {
    if (this.isNull(group, chunk, row)) return null
    switch (physicalOf(type)) {
      case 'int': return this.readInt(group, chunk, row)
      case 'float': return this.readFloat(group, chunk, row)
      case 'wide': {
        const at = this.address(group, chunk.valuesOffset + row * 16) / 8
        return (this.memory.i64[at + 1]! << 64n) | BigInt.asUintN(64, this.memory.i64[at]!)
      }
      case 'bytes': return this.readBytes(group, chunk, row, isText(type))
    }
  }

  /** An int value; NULL slots give an arbitrary one. */
  readInt(group: RowGroup, chunk: ColumnChunk, row: number): number | bigint {
    const base = chunk.base as number
    if (chunk.encoding === ENCODING.CONSTANT) return base
    if (chunk.encoding === ENCODING.DELTA) return this.sumDeltas(group, chunk, row)
    const place = chunk.encoding === ENCODING.RUNS ? this.runOf(group, chunk, row) : row
    switch (chunk.layout) {
      case LAYOUT.U8: return base + this.memory.u8[this.address(group, chunk.valuesOffset + place)]!
      case LAYOUT.U16: return base + this.memory.u16[this.address(group, chunk.valuesOffset + place * 2) >>> 1]!
      case LAYOUT.U32: return base + this.memory.u32[this.address(group, chunk.valuesOffset + place * 4) >>> 2]!
      default: {
        const at = this.address(group, chunk.valuesOffset + place * 8) >>> 2
        const high = this.memory.i32[at + 1]!
        if (high >= -0x1fffff && high < 0x200000) return high * 0x1_0000_0000 + this.memory.u32[at]!
        return safeInteger(this.memory.i64[at >>> 1]!)
      }
    }
  }

  /** Run that holds a row: at most 9 steps in the runs of 256 rows, as the directory says (light-encoder.ts). */
  runOf(group: RowGroup, chunk: ColumnChunk, row: number): number {
    const { u16 } = this.memory
    const last = chunk.auxCount - 1
    const begin = chunk.auxOffset
    const starts = begin + runDirectoryBytes(group.rows)
    if (begin >>> 16 === (starts + 2 * last) >>> 16) return this.runInPage(group, chunk, row)
    const entry = begin + 2 * Math.floor(row / RUN_BLOCK_ROWS)
    // Clamped, because the bytes may be hostile.
    let lo = Math.min(last, u16[this.address(group, entry) >>> 1]!)
    let hi = Math.min(last, u16[this.address(group, entry + 2) >>> 1]!)
    while (lo < hi) {
      const mid = (lo + hi + 1) >>> 1
      if (u16[this.address(group, starts + 2 * mid) >>> 1]! <= row) lo = mid
      else hi = mid - 1
    }
    return lo
  }

  // The same where directory and first rows lie in one page: one frame look-up instead of one a step.
  private runInPage(group: RowGroup, chunk: ColumnChunk, row: number): number {
    const { u16 } = this.memory
    const last = chunk.auxCount - 1
    const directory = this.address(group, chunk.auxOffset) >>> 1
    const starts = directory + (runDirectoryBytes(group.rows) >>> 1)
    const entry = directory + Math.floor(row / RUN_BLOCK_ROWS)
    let lo = Math.min(last, u16[entry]!)
    let hi = Math.min(last, u16[entry + 1]!)
    while (lo < hi) {
      const mid = (lo + hi + 1) >>> 1
      if (u16[starts + mid]! <= row) lo = mid
      else hi = mid - 1
    }
    return lo
  }

  // The base of the row's block plus at most 63 differences. The 64 differences of a block lie in one page.
  private sumDeltas(group: RowGroup, chunk: ColumnChunk, row: number): number {
    const block = Math.floor(row / DELTA_BLOCK_ROWS)
    const first = block * DELTA_BLOCK_ROWS
    let value = this.memory.f64[this.address(group, chunk.auxOffset + 8 * block) >>> 3]! + (row - first) * chunk.step
    if (chunk.stored === LAYOUT.U8) {
      const at = this.address(group, chunk.valuesOffset + first)
      for (let i = at + 1; i <= at + row - first; i++) value += this.memory.u8[i]!
    } else {
      const at = this.address(group, chunk.valuesOffset + first * 2) >>> 1
      for (let i = at + 1; i <= at + row - first; i++) value += this.memory.u16[i]!
    }
    return value
  }

  readFloat(group: RowGroup, chunk: ColumnChunk, row: number): number {
    const place = chunk.encoding === ENCODING.RUNS ? this.runOf(group, chunk, row) : row
    const at = this.address(group, chunk.valuesOffset + place * LAYOUT_WIDTH[chunk.layout]!)
    return chunk.layout === LAYOUT.F32 ? this.memory.f32[at >>> 2]! : this.memory.f64[at >>> 3]!
  }

  private readBytes(group: RowGroup, chunk: ColumnChunk, row: number, asText: boolean): Scalar {
    if (chunk.dictionaryOffset !== NO_PART) return this.dictionaryString(group, chunk, this.code(group, chunk, row))
    const at = this.address(group, chunk.valuesOffset + row * 8) >>> 2
    const offset = this.memory.u32[at]!
    const length = this.memory.u32[at + 1]!
    if (asText) return this.readText(group, offset, length)
    if (offset + length > group.streamBytes) this.failInside(group, 'a value lies outside')
    const bytes = new Uint8Array(length)
    this.copy(group, offset, length, bytes)
    return bytes
  }

  /** Where the bytes of a row lie in the stream; only of chunks encoded as views, and not of NULLs. */
  viewAt(group: RowGroup, chunk: ColumnChunk, row: number): { offset: number; length: number } {
    const at = this.address(group, chunk.valuesOffset + row * 8) >>> 2
    const [offset, length] = [this.memory.u32[at]!, this.memory.u32[at + 1]!]
    if (offset + length > group.metaOffset) this.failInside(group, 'a value lies outside of its row group')
    return { offset, length }
  }

  /** Dictionary code of a row. */
  code(group: RowGroup, chunk: ColumnChunk, row: number): number {
    const place = chunk.encoding === ENCODING.RUNS ? this.runOf(group, chunk, row) : row
    if (chunk.layout === LAYOUT.U8) return this.memory.u8[this.address(group, chunk.valuesOffset + place)]!
    return this.memory.u16[this.address(group, chunk.valuesOffset + place * 2) >>> 1]!
  }

  /** String of a dictionary code, decoded once for small dictionaries. */
  dictionaryString(group: RowGroup, chunk: ColumnChunk, code: number): string {
    if (chunk.dictionaryCount > CACHED_DICTIONARY_MAX) return this.decodeEntry(group, chunk, code)
    const cache = chunk.strings ??= new Array<string | undefined>(chunk.dictionaryCount)
    return cache[code] ??= this.decodeEntry(group, chunk, code)
  }

  private decodeEntry(group: RowGroup, chunk: ColumnChunk, code: number): string {
    const at = this.address(group, chunk.dictionaryOffset + code * 8) >>> 2
    return this.readText(group, this.memory.u32[at]!, this.memory.u32[at + 1]!)
  }

  /** Text at a stream offset. Short ASCII goes through latin1Slice, about four times faster than a decoder. */
  readText(group: RowGroup, offset: number, length: number): string {
    if (length === 0) return ''
    if (offset + length > group.streamBytes) this.failInside(group, 'a text lies outside')
    const room = FRAME_SIZE - (offset & (FRAME_SIZE - 1))
    if (length > room) {
      const bytes = new Uint8Array(length)
      this.copy(group, offset, length, bytes)
      return utf8.decode(bytes)
    }
    const at = this.address(group, offset)
    if (length <= 64 && this.isAscii(at, length)) return this.bytes.latin1Slice(at, at + length)
    return this.bytes.utf8Slice(at, at + length)
  }

  private isAscii(at: number, length: number): boolean {
    const { u8 } = this.memory
    let seen = 0
    for (let i = at; i < at + length; i++) seen |= u8[i]!
    return seen < 0x80
  }

  /** Compares the bytes of a text or bytes value with `key`: negative when the row's value is smaller. */
  compareBytes(group: RowGroup, chunk: ColumnChunk, row: number, key: Uint8Array, keyLength: number): number {
    let viewAt: number
    if (chunk.dictionaryOffset !== NO_PART) {
      const code = this.code(group, chunk, row)
      viewAt = this.address(group, chunk.dictionaryOffset + code * 8) >>> 2
    } else viewAt = this.address(group, chunk.valuesOffset + row * 8) >>> 2
    const offset = this.memory.u32[viewAt]!
    const length = this.memory.u32[viewAt + 1]!
    if (offset + length > group.streamBytes) this.failInside(group, 'a key lies outside')
    const shared = Math.min(length, keyLength)
    const { u8 } = this.memory
    for (let done = 0; done < shared;) {
      const at = this.address(group, offset + done)
      const end = done + Math.min(shared - done, FRAME_SIZE - (at & (FRAME_SIZE - 1)))
      for (let i = done, p = at; i < end; i++, p++) {
        const difference = u8[p]! - key[i]!
        if (difference !== 0) return difference
      }
      done = end
    }
    return length - keyLength
  }

  /** True when a chunk has neither values nor validity to read: constant or all NULL. */
  static isImplicit(chunk: ColumnChunk): boolean {
    return chunk.valuesOffset === NO_PART
  }
}
