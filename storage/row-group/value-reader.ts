// Single values for point reads, one method per physical kind so that generated row constructors call
// straight into the right one. Like chunk-reader.ts, with the frame look-up written out; the caller reports the
// hits of a whole row at once.
import { BYTEA, decimalType, isInt32, isText, physicalOf } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { LAYOUT } from '../column-buffers.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { ENCODING } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import type { RowGroup } from './row-group.ts'

const WIDE = decimalType(38, 0)

/** Reads base values by row. */
export class ValueReader {
  readonly memory: LinearMemory
  private readonly pool: BufferPool
  private readonly reader: ChunkReader
  private readonly u8: Uint8Array
  private readonly u16: Uint16Array
  private readonly u32: Uint32Array
  private readonly f64: Float64Array

  constructor(reader: ChunkReader) {
    this.reader = reader
    this.memory = reader.memory
    this.pool = reader.pool
    this.u8 = reader.memory.u8
    this.u16 = reader.memory.u16
    this.u32 = reader.memory.u32
    this.f64 = reader.memory.f64
  }

  /** Name of the method for a type. */
  static methodFor(type: SqlType): 'readInt' | 'readInt32' | 'readFloat' | 'readText' | 'readWide' | 'readBytes' {
    const physical = physicalOf(type)
    if (physical === 'int') return isInt32(type) ? 'readInt32' : 'readInt'
    if (physical === 'float') return 'readFloat'
    return isText(type) ? 'readText' : physical === 'wide' ? 'readWide' : 'readBytes'
  }

  private at(group: RowGroup, offset: number): number {
    const { pool } = this
    const page = group.firstPage + (offset >>> 16)
    let frame = pool.frameOf[page]!
    if (frame >= 0) pool.referenced[frame] = 1
    else frame = pool.fetch(page)
    return frame * FRAME_SIZE + (offset & 0xffff)
  }

  private isNull(group: RowGroup, chunk: ColumnChunk, row: number): boolean {
    if (chunk.nullCount === group.rows) return true
    return ((this.u8[this.at(group, chunk.validityOffset + (row >>> 3))]! >>> (row & 7)) & 1) === 0
  }

  /** As a small integer for V8, however it was computed: fields that held a boxed number once hold boxes for good. */
  readInt32(group: RowGroup, chunk: ColumnChunk, row: number): number | null {
    const value = this.readInt(group, chunk, row) as number | null
    return value === null ? null : value | 0
  }

  readInt(group: RowGroup, chunk: ColumnChunk, row: number): number | bigint | null {
    if (chunk.nullCount !== 0 && this.isNull(group, chunk, row)) return null
    if (chunk.encoding === ENCODING.NARROW) {
      const base = chunk.base as number
      const offset = chunk.valuesOffset
      if (chunk.layout === LAYOUT.U8) return base + this.u8[this.at(group, offset + row)]!
      if (chunk.layout === LAYOUT.U16) return base + this.u16[this.at(group, offset + row * 2) >>> 1]!
      return base + this.u32[this.at(group, offset + row * 4) >>> 2]!
    }
    return this.reader.readInt(group, chunk, row)
  }

  readFloat(group: RowGroup, chunk: ColumnChunk, row: number): number | null {
    if (chunk.nullCount !== 0 && this.isNull(group, chunk, row)) return null
    if (chunk.encoding === ENCODING.PLAIN && chunk.layout === LAYOUT.F64) {
      return this.f64[this.at(group, chunk.valuesOffset + row * 8) >>> 3]!
    }
    return this.reader.readFloat(group, chunk, row)
  }

  readText(group: RowGroup, chunk: ColumnChunk, row: number): string | null {
    if (chunk.nullCount !== 0 && this.isNull(group, chunk, row)) return null
    if (chunk.encoding === ENCODING.DICTIONARY) {
      const offset = chunk.valuesOffset
      const code = chunk.layout === LAYOUT.U8 ? this.u8[this.at(group, offset + row)]!
        : this.u16[this.at(group, offset + row * 2) >>> 1]!
      return chunk.strings?.[code] ?? this.reader.dictionaryString(group, chunk, code)
    }
    if (chunk.encoding !== ENCODING.VIEW) {
      return this.reader.dictionaryString(group, chunk, this.reader.code(group, chunk, row))
    }
    const view = this.at(group, chunk.valuesOffset + row * 8) >>> 2
    return this.reader.readText(group, this.u32[view]!, this.u32[view + 1]!)
  }

  /** The string of a dictionary code. */
  dictionaryString(group: RowGroup, chunk: ColumnChunk, code: number): string {
    return this.reader.dictionaryString(group, chunk, code)
  }

  readWide(group: RowGroup, chunk: ColumnChunk, row: number): Scalar {
    return this.reader.read(group, chunk, WIDE, row)
  }

  /** Bytes, uuids and intervals. */
  readBytes(group: RowGroup, chunk: ColumnChunk, row: number): Scalar {
    return this.reader.read(group, chunk, BYTEA, row)
  }
}
