// Loads one column of a scan window by window: points ColumnBuffers at the values. Base values stay in their
// pinned frame when allowed; everything else goes through this loader's scratch in the query's arena.
import type { SqlType } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import type { ColumnBuffers, Dictionary } from '../column-buffers.ts'
import type { Arena } from '../memory/arena.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { ChunkReader } from './chunk-reader.ts'
import { ENCODING, NO_PART } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { decodeWindow, isLight } from './light-decoder.ts'
import type { DeltaBlock } from '../delta/delta-image.ts'
import type { GroupMeta, RowGroup } from './row-group.ts'
import type { TableStore } from '../table/table-store.ts'

/** The zero frame: constant columns read their narrow values from it. */
const ZEROS = FRAME_SIZE
const MAX_COLUMNS = 4096

/** Scratch that grows by reallocation and is kept for the whole scan. */
class Scratch {
  address = 0
  private bytes = 0
  private readonly arena: Arena

  constructor(arena: Arena) {
    this.arena = arena
  }

  ensure(bytes: number): number {
    if (bytes > this.bytes) {
      this.bytes = Math.max(bytes, this.bytes * 2)
      this.address = this.arena.allocate(this.bytes)
    }
    return this.address
  }
}

/** One column of one scan. */
export class ColumnLoader {
  readonly buffers: ColumnBuffers = {
    layout: LAYOUT.U8, valuesPtr: ZEROS, validityPtr: 0, base: 0, dictionary: null, min: null, max: null,
  }
  private readonly type: SqlType
  private readonly column: number
  private readonly memory: LinearMemory
  private readonly reader: ChunkReader
  private readonly mayPin: boolean
  private readonly values: Scratch
  private readonly validity: Scratch
  private readonly text: Scratch
  private readonly entries: Scratch
  private pinned = -1
  private dictionary: Dictionary | null = null

  constructor(table: TableStore, column: number, arena: Arena, mayPin: boolean) {
    this.type = table.schema.columns[column]!.type
    this.column = column
    this.reader = table.services.reader
    this.memory = this.reader.memory
    this.mayPin = mayPin
    this.values = new Scratch(arena)
    this.validity = new Scratch(arena)
    this.text = new Scratch(arena)
    this.entries = new Scratch(arena)
  }

  /** Points at rows [begin, begin + rows) of a row group; begin is a multiple of 64. */
  loadBase(group: RowGroup, meta: GroupMeta, begin: number, rows: number): void {
    const chunk = meta.chunks[this.column]!
    this.describe(chunk, group.rows)
    if (chunk.nullCount > 0 && chunk.nullCount < group.rows) {
      const bytes = (rows + 7) >> 3
      const at = this.validity.ensure(BATCH_ROWS / 8 + 64)
      this.reader.copy(group, chunk.validityOffset + (begin >> 3), bytes, this.memory.u8, at)
      this.buffers.validityPtr = at
    }
    if (chunk.encoding === ENCODING.CONSTANT) return this.loadConstant(chunk)
    this.buffers.valuesPtr = this.baseValues(group, chunk, begin, rows)
    if (chunk.dictionaryOffset !== NO_PART) {
      this.buffers.dictionary = this.baseDictionary(group, chunk)
    } else if (chunk.encoding === ENCODING.VIEW) this.loadViews(group, begin, rows)
  }

  private describe(chunk: ColumnChunk, rows: number): void {
    const { buffers } = this
    const isNumber = typeof chunk.min === 'number' || typeof chunk.min === 'bigint'
    buffers.layout = chunk.layout
    buffers.base = chunk.base
    buffers.dictionary = null
    buffers.min = isNumber ? chunk.min as number | bigint : null
    buffers.max = isNumber ? chunk.max as number | bigint : null
    // All NULL: the zero frame says "invalid" for every row.
    buffers.validityPtr = chunk.nullCount === rows ? ZEROS : 0
  }

  // Constant ints are base + 0; all-NULL bytes columns read empty views from the zero frame.
  private loadConstant(chunk: ColumnChunk): void {
    this.buffers.valuesPtr = ZEROS
    const isBytes = chunk.min === null && this.type.kind !== 'boolean' && !this.isIntLike()
    if (!isBytes) return
    this.buffers.layout = this.nullLayout()
    this.buffers.base = 0
  }

  private isIntLike(): boolean {
    return this.nullLayout() === LAYOUT.U8
  }

  private nullLayout(): ColumnBuffers['layout'] {
    switch (this.type.kind) {
      case 'text': case 'json': case 'bytea': case 'uuid': case 'interval': case 'jsonb': case 'array':
        return LAYOUT.VIEW
      case 'double': return LAYOUT.F64
      case 'real': return LAYOUT.F32
      case 'decimal': return (this.type.precision ?? 18) > 18 ? LAYOUT.I128 : LAYOUT.U8
      default: return LAYOUT.U8
    }
  }

  private baseValues(group: RowGroup, chunk: ColumnChunk, begin: number, rows: number): number {
    const width = LAYOUT_WIDTH[chunk.layout]!
    const offset = chunk.valuesOffset + begin * width
    const bytes = rows * width
    if (isLight(chunk)) {
      const at = this.values.ensure(BATCH_ROWS * width + 64 * width)
      decodeWindow(this.reader, group, chunk, begin, rows, this.memory, at)
      return at
    }
    const crosses = (offset & (FRAME_SIZE - 1)) + bytes > FRAME_SIZE
    if (this.mayPin && !crosses && chunk.encoding !== ENCODING.VIEW) {
      return this.pin(group.firstPage + (offset >>> 16)) * FRAME_SIZE + (offset & (FRAME_SIZE - 1))
    }
    const at = this.values.ensure(BATCH_ROWS * width + 64 * width)
    this.reader.copy(group, offset, bytes, this.memory.u8, at)
    return at
  }

  private pin(page: number): number {
    const { pool } = this.reader
    if (page === this.pinned) return pool.frameOf[page]!
    this.unpin()
    const frame = pool.pin(page)
    this.pinned = page
    return frame
  }

  private unpin(): void {
    if (this.pinned >= 0) this.reader.pool.unpin(this.pinned)
    this.pinned = -1
  }

  private baseDictionary(group: RowGroup, chunk: ColumnChunk): Dictionary {
    const id = group.id * MAX_COLUMNS + this.column
    if (this.dictionary !== null && this.dictionary.id === id) return this.dictionary
    const count = chunk.dictionaryCount
    const viewsPtr = this.entries.ensure(count * 8)
    this.reader.copy(group, chunk.dictionaryOffset, count * 8, this.memory.u8, viewsPtr)
    this.copyText(group, viewsPtr, count)
    return this.dictionary = { count, viewsPtr, id, sorted: true }
  }

  private loadViews(group: RowGroup, begin: number, rows: number): void {
    // The strings take the place of those of a dictionary loaded before.
    this.dictionary = null
    this.copyText(group, this.buffers.valuesPtr, rows)
  }

  // Replaces stream offsets by addresses of copied text. Views are in stream order, so the bytes between
  // the first and the last one are one copy.
  private copyText(group: RowGroup, viewsPtr: number, count: number): void {
    const { u32 } = this.memory
    const at = viewsPtr >>> 2
    let first = -1
    let end = 0
    for (let i = 0; i < count; i++) {
      const length = u32[at + 2 * i + 1]!
      if (length === 0) continue
      const offset = u32[at + 2 * i]!
      if (first < 0) first = offset
      if (offset < first || offset + length > group.streamBytes) this.reader.failInside(group, 'a text lies outside')
      if (offset + length > end) end = offset + length
    }
    if (first < 0) return
    const target = this.text.ensure(end - first)
    this.reader.copy(group, first, end - first, this.memory.u8, target)
    const shift = target - first
    for (let i = 0; i < count; i++) u32[at + 2 * i] = u32[at + 2 * i + 1] === 0 ? 0 : u32[at + 2 * i]! + shift
  }

  /** Points at rows of a delta block, whose stream is contiguous in memory. */
  loadBlock(block: DeltaBlock, begin: number, rows: number): void {
    const chunk = block.chunks[this.column]!
    this.describe(chunk, block.rows)
    if (chunk.nullCount > 0 && chunk.nullCount < block.rows) {
      this.buffers.validityPtr = block.address + chunk.validityOffset + (begin >> 3)
    }
    if (chunk.encoding === ENCODING.CONSTANT) return this.loadConstant(chunk)
    this.buffers.valuesPtr = block.address + chunk.valuesOffset + begin * LAYOUT_WIDTH[chunk.layout]!
    if (chunk.encoding === ENCODING.DICTIONARY) this.buffers.dictionary = this.blockDictionary(block, chunk)
    else if (chunk.encoding === ENCODING.VIEW) {
      const at = this.values.ensure(BATCH_ROWS * 8 + 512)
      this.shiftViews(this.buffers.valuesPtr, at, rows, block.address)
      this.buffers.valuesPtr = at
    }
  }

  private blockDictionary(block: DeltaBlock, chunk: ColumnChunk): Dictionary {
    const id = block.id * MAX_COLUMNS + this.column
    if (this.dictionary !== null && this.dictionary.id === id) return this.dictionary
    const count = chunk.dictionaryCount
    const viewsPtr = this.entries.ensure(count * 8)
    this.shiftViews(block.address + chunk.dictionaryOffset, viewsPtr, count, block.address)
    return this.dictionary = { count, viewsPtr, id, sorted: true }
  }

  private shiftViews(from: number, to: number, count: number, shift: number): void {
    const { u32 } = this.memory
    for (let i = 0; i < count; i++) {
      u32[(to >>> 2) + 2 * i] = u32[(from >>> 2) + 2 * i]! + shift
      u32[(to >>> 2) + 2 * i + 1] = u32[(from >>> 2) + 2 * i + 1]!
    }
  }

  close(): void {
    this.unpin()
  }
}
