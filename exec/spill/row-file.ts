// Rows in a temporary file: blocks of at most BLOCK_ROWS rows in the layouts of a ColumnStore, so that a block that
// is read back is a dense batch as it stands, but for the addresses of its texts.
//
//   block    u32 bytes behind these two words · u32 crc32c of them · u32 rows · u32 0, then per column:
//            u32 flags (1 = has NULLs) · u32 heap bytes · values · [validity bitmap] · [heap]
//   values   rows * width of the layout, rounded up to 64 bytes; texts are (u32 offset in the heap, u32 length)
//
// Everything is aligned to 64 bytes. A checksum that does not fit is XX001 with the file and the offset.
import { assert } from '../../src/base/assert.ts'
import { corruption } from '../../src/base/errors.ts'
import type { SqlType } from '../../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { TempFile } from '../../storage/file/temp-space.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'
import { bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { canonicalLayout, emptyVector } from '../vector/vector.ts'
import type { Vector } from '../vector/vector.ts'
import { ColumnStore } from '../operators/column-store.ts'
import type { SpillSpace } from './spill.ts'

const ALIGN = 64
const HEADER = 64
/** Rows of a block: what a merge holds of every run. A multiple of 64. */
const BLOCK_ROWS = 1024

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN

/** A temporary file that several lists of rows share, made when the first block is written. */
export class SharedFile {
  readonly #run: Run
  readonly #space: SpillSpace
  #file: TempFile | null = null
  #users = 0

  constructor(run: Run, space: SpillSpace) {
    this.#run = run
    this.#space = space
  }

  get file(): TempFile {
    if (this.#file === null) {
      this.#file = this.#space.create()
      this.#run.keep(this.#file)
    }
    return this.#file
  }

  /** One more list of rows is in the file. */
  use(): void {
    this.#users++
  }

  /** A list of rows is not read any more; the last one takes the file with it. */
  leave(): void {
    if (--this.#users > 0 || this.#file === null) return
    this.#run.drop(this.#file)
    this.#file = null
  }
}

interface Block {
  readonly offset: number
  readonly bytes: number
}

/** Collects rows and writes them to a file, its own or a shared one. */
export class RowFile {
  rows = 0
  readonly types: readonly SqlType[]
  readonly #run: Run
  readonly #arena: Arena
  readonly #shared: SharedFile
  readonly #blocks: Block[] = []
  #isDiscarded = false
  #store: ColumnStore

  constructor(run: Run, types: readonly SqlType[], shared: SharedFile) {
    this.#run = run
    this.types = types
    this.#arena = run.newArena()
    this.#store = new ColumnStore(run.context.memory, this.#arena, types)
    this.#shared = shared
    shared.use()
  }

  /** Copies all alive rows of a batch. */
  append(batch: Batch): void {
    this.rows += this.#store.append(batch)
    if (this.#store.rows >= BLOCK_ROWS) this.#write()
  }

  /** Copies the given rows of vectors. */
  appendRows(vectors: readonly Vector[], rows: Int32Array, count: number): void {
    if (count === 0) return
    this.#store.appendRows(vectors, rows, count)
    this.rows += count
    if (this.#store.rows >= BLOCK_ROWS) this.#write()
  }

  /** No more rows come: writes the last ones and gives the memory back. */
  finish(): void {
    if (this.#store.rows > 0) this.#write()
    this.#run.releaseArena(this.#arena)
  }

  /**
   * The rows in the order they came; may be called again. Sources that are given an arena reset it for every batch and
   * leave it to the caller.
   */
  read(arena: Arena | null = null): BatchSource {
    return new BlockSource(this.#run, this.#shared, this.#blocks, { types: this.types, arena })
  }

  /** Gives the space of the file back; nothing reads it any more. */
  discard(): void {
    if (!this.#isDiscarded) this.#shared.leave()
    this.#isDiscarded = true
  }

  #write(): void {
    for (let c = 0; c < this.#store.chunkCount(); c++) {
      const chunk = this.#store.chunk(c)
      for (let at = 0; at < chunk.windowRows; at += BLOCK_ROWS) this.#blocks.push(this.#writeBlock(blockOf(chunk, at)))
    }
    this.#arena.reset()
    this.#store = new ColumnStore(this.#run.context.memory, this.#arena, this.types)
  }

  #writeBlock(batch: Batch): Block {
    const { memory } = this.#run.context
    const rows = batch.windowRows
    const heaps = batch.columns.map((vector) => heapBytes(memory.u8, memory.u32, vector, rows))
    const bytes = batch.columns.reduce((sum, vector, c) => sum + sectionBytes(vector, rows, heaps[c]!), HEADER)
    const address = this.#arena.allocateZeroed(bytes)
    const { u8, u32 } = memory
    u32[address / 4] = bytes - 8
    u32[address / 4 + 2] = rows
    let at = address + HEADER
    batch.columns.forEach((vector, c) => {
      u32[at / 4] = vector.validityPtr === 0 ? 0 : 1
      u32[at / 4 + 1] = heaps[c]!
      copySection(u8, u32, vector, rows, at + ALIGN)
      at += sectionBytes(vector, rows, heaps[c]!)
    })
    u32[address / 4 + 1] = memory.crc32c(address + 8, bytes - 8)
    return { offset: this.#shared.file.append(u8.subarray(address, address + bytes)), bytes }
  }
}

/** The rows of a chunk from `first` on, a multiple of BLOCK_ROWS, as a batch of their own. */
function blockOf(chunk: Batch, first: number): Batch {
  const windowRows = Math.min(BLOCK_ROWS, chunk.windowRows - first)
  const columns = chunk.columns.map((vector): Vector => ({
    ...vector, valuesPtr: vector.valuesPtr + first * LAYOUT_WIDTH[vector.layout]!,
    validityPtr: vector.validityPtr === 0 ? 0 : vector.validityPtr + (first >>> 3),
  }))
  return { windowRows, begin: 0, end: windowRows, alivePtr: 0, columns }
}

function widthOf(vector: Vector): number {
  return LAYOUT_WIDTH[canonicalLayout(vector.type)]!
}

function isBytes(vector: Vector): boolean {
  return canonicalLayout(vector.type) === LAYOUT.VIEW
}

function isValid(u8: Uint8Array, validityPtr: number, row: number): boolean {
  return validityPtr === 0 || (u8[validityPtr + (row >>> 3)]! & (1 << (row & 7))) !== 0
}

/** Index in u32 of the view of a row of a stored byte column. */
function viewOf(u32: Uint32Array, { dictionary, valuesPtr }: Vector, row: number): number {
  return dictionary === null ? (valuesPtr >>> 2) + row * 2
    : (dictionary.viewsPtr >>> 2) + u32[(valuesPtr >>> 2) + row]! * 2
}

function heapBytes(u8: Uint8Array, u32: Uint32Array, vector: Vector, rows: number): number {
  if (!isBytes(vector)) return 0
  let bytes = 0
  for (let row = 0; row < rows; row++) {
    if (isValid(u8, vector.validityPtr, row)) bytes += u32[viewOf(u32, vector, row) + 1]!
  }
  return bytes
}

function sectionBytes(vector: Vector, rows: number, heap: number): number {
  return ALIGN + aligned(rows * widthOf(vector)) + (vector.validityPtr === 0 ? 0 : aligned(bitmapBytes(rows)))
    + aligned(heap)
}

function copySection(u8: Uint8Array, u32: Uint32Array, vector: Vector, rows: number, to: number): void {
  const valueBytes = aligned(rows * widthOf(vector))
  const hasNulls = vector.validityPtr !== 0
  if (hasNulls) u8.copyWithin(to + valueBytes, vector.validityPtr, vector.validityPtr + bitmapBytes(rows))
  if (!isBytes(vector)) {
    u8.copyWithin(to, vector.valuesPtr, vector.valuesPtr + rows * widthOf(vector))
    return
  }
  const heap = to + valueBytes + (hasNulls ? aligned(bitmapBytes(rows)) : 0)
  let used = 0
  for (let row = 0; row < rows; row++) {
    const target = (to >>> 2) + row * 2
    if (!isValid(u8, vector.validityPtr, row)) continue
    const view = viewOf(u32, vector, row)
    const [from, length] = [u32[view]!, u32[view + 1]!]
    u8.copyWithin(heap + used, from, from + length)
    u32[target] = used
    u32[target + 1] = length
    used += length
  }
}

/** Blocks of a file, one batch each. */
class BlockSource implements BatchSource {
  readonly #run: Run
  readonly #shared: SharedFile
  readonly #blocks: readonly Block[]
  readonly #types: readonly SqlType[]
  readonly #arena: Arena
  readonly #ownsArena: boolean
  #next = 0

  constructor(
    run: Run, shared: SharedFile, blocks: readonly Block[],
    { types, arena }: { types: readonly SqlType[]; arena: Arena | null },
  ) {
    this.#run = run
    this.#shared = shared
    this.#blocks = blocks
    this.#types = types
    this.#ownsArena = arena === null
    this.#arena = arena ?? run.newArena()
  }

  next(): Batch | null {
    if (this.#next >= this.#blocks.length) return null
    this.#run.check()
    const { offset, bytes } = this.#blocks[this.#next++]!
    const { file } = this.#shared
    this.#arena.reset()
    const address = this.#arena.allocate(bytes)
    const { memory } = this.#run.context
    const { u8, u32 } = memory
    const read = file.read(offset, u8.subarray(address, address + bytes))
    const isWhole = read === bytes && u32[address / 4] === bytes - 8
    if (!isWhole || memory.crc32c(address + 8, bytes - 8) !== u32[address / 4 + 1]) {
      throw corruption('a block of a temporary file is damaged', { file: file.path, offset })
    }
    return this.#batchAt(address)
  }

  #batchAt(address: number): Batch {
    const { u32 } = this.#run.context.memory
    const rows = u32[address / 4 + 2]!
    let at = address + HEADER
    const columns = this.#types.map((type): Vector => {
      const vector: Vector = emptyVector(type)
      const hasNulls = u32[at / 4]! === 1
      const heap = u32[at / 4 + 1]!
      vector.valuesPtr = at + ALIGN
      const behind = vector.valuesPtr + aligned(rows * widthOf(vector))
      if (hasNulls) vector.validityPtr = behind
      const heapAt = behind + (hasNulls ? aligned(bitmapBytes(rows)) : 0)
      if (isBytes(vector)) {
        for (let row = 0, view = vector.valuesPtr >>> 2; row < rows; row++, view += 2) u32[view]! += heapAt
      }
      at = heapAt + aligned(heap)
      return vector
    })
    assert(rows > 0, 'a spilled block has rows')
    return { windowRows: rows, begin: 0, end: rows, alivePtr: 0, columns }
  }

  close(): void {
    this.#next = Infinity
    if (this.#ownsArena) this.#run.releaseArena(this.#arena)
  }
}
