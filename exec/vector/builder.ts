// Builds a vector from Scalars, in the canonical layout of its type: VALUES, point lookups, slow paths.
// Values double in size as they grow; the validity bitmap exists from the first NULL on.
import { assert } from '../../src/base/assert.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Layout } from '../../storage/column-buffers.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { bitmapBytes } from './batch.ts'
import { textBytesBound, writeInt128, writeInt64, writeText } from './memory-access.ts'
import type { Vector } from './vector.ts'
import { canonicalLayout } from './vector.ts'

const CHUNK_BYTES = 16384

/** Bytes of texts and byte strings, carved from chunks of an arena. */
export class ByteHeap {
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private next = 0
  private end = 0
  /** Address of what was written last. */
  address = 0

  constructor(memory: LinearMemory, arena: Arena) {
    this.memory = memory
    this.arena = arena
  }

  private reserve(bytes: number): number {
    if (this.next + bytes > this.end) {
      const size = Math.max(bytes, CHUNK_BYTES)
      this.next = this.arena.allocate(size, 8)
      this.end = this.next + size
    }
    return this.next
  }

  /** Writes a text, sets `address` and returns its bytes. */
  writeText(text: string): number {
    this.address = this.reserve(textBytesBound(text))
    const length = writeText(this.memory, this.address, text)
    this.next += length
    return length
  }

  /** Writes bytes, sets `address` and returns their number. */
  writeBytes(bytes: Uint8Array): number {
    this.address = this.reserve(bytes.length)
    this.memory.u8.set(bytes, this.address)
    this.next += bytes.length
    return bytes.length
  }
}

/** Appends Scalars and gives a vector. */
export class VectorBuilder {
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private readonly type: SqlType
  private readonly layout: Layout
  private readonly heap: ByteHeap
  private readonly isText: boolean
  private readonly tracksRange: boolean
  private capacity: number
  private valuesPtr: number
  private validityPtr = 0
  private min = Infinity
  private max = -Infinity
  /** Rows appended. */
  count = 0

  constructor(memory: LinearMemory, arena: Arena, type: SqlType, capacity = 64) {
    this.memory = memory
    this.arena = arena
    this.type = type
    this.layout = canonicalLayout(type)
    this.isText = isText(type)
    this.tracksRange = physicalOf(type) === 'int' || physicalOf(type) === 'wide'
    this.heap = new ByteHeap(memory, arena)
    this.capacity = Math.ceil(Math.max(64, capacity) / 64) * 64
    this.valuesPtr = arena.allocateZeroed(this.capacity * LAYOUT_WIDTH[this.layout]!)
  }

  /** Appends a value in the canonical form of the type, or null. */
  append(value: Scalar): void {
    if (value === null) {
      this.appendNull()
      return
    }
    if (this.count === this.capacity) this.grow()
    const row = this.count++
    if (this.validityPtr !== 0) this.memory.u8[this.validityPtr + (row >>> 3)]! |= 1 << (row & 7)
    this.write(row, value)
  }

  appendNull(): void {
    if (this.count === this.capacity) this.grow()
    if (this.validityPtr === 0) this.startValidity()
    const row = this.count++
    this.memory.u8[this.validityPtr + (row >>> 3)]! &= ~(1 << (row & 7))
  }

  private write(row: number, value: Scalar): void {
    const { memory, valuesPtr } = this
    switch (this.layout) {
      case LAYOUT.U8: memory.u8[valuesPtr + row] = value as number; break
      case LAYOUT.I64: writeInt64(memory, valuesPtr + 8 * row, value as number | bigint); break
      case LAYOUT.F32: memory.f32[(valuesPtr >>> 2) + row] = value as number; break
      case LAYOUT.F64: memory.f64[valuesPtr / 8 + row] = value as number; break
      case LAYOUT.I128: writeInt128(memory, valuesPtr + 16 * row, value as number | bigint); break
      default: this.writeView(row, value)
    }
    if (this.tracksRange) {
      const approximate = Number(value)
      if (approximate < this.min) this.min = approximate
      if (approximate > this.max) this.max = approximate
    }
  }

  private writeView(row: number, value: Scalar): void {
    const { memory, heap } = this
    const length = this.isText ? heap.writeText(value as string) : heap.writeBytes(value as Uint8Array)
    const at = (this.valuesPtr >>> 2) + 2 * row
    memory.u32[at] = heap.address
    memory.u32[at + 1] = length
  }

  private startValidity(): void {
    const bytes = bitmapBytes(this.capacity)
    this.validityPtr = this.arena.allocate(bytes)
    this.memory.u8.fill(255, this.validityPtr, this.validityPtr + bytes)
  }

  private grow(): void {
    const { memory, arena, capacity } = this
    const width = LAYOUT_WIDTH[this.layout]!
    this.capacity = capacity * 2
    const values = arena.allocateZeroed(this.capacity * width)
    memory.u8.copyWithin(values, this.valuesPtr, this.valuesPtr + capacity * width)
    this.valuesPtr = values
    if (this.validityPtr === 0) return
    const before = this.validityPtr
    this.startValidity()
    memory.u8.copyWithin(this.validityPtr, before, before + bitmapBytes(capacity))
  }

  /** The vector of what was appended; the builder must not be used afterwards. */
  finish(): Vector {
    assert(this.valuesPtr !== 0, 'a builder finishes once')
    const hasRange = this.tracksRange && Number.isSafeInteger(this.min) && Number.isSafeInteger(this.max)
    const vector: Vector = {
      type: this.type, layout: this.layout, valuesPtr: this.valuesPtr, validityPtr: this.validityPtr, base: 0,
      dictionary: null, min: hasRange ? this.min : null, max: hasRange ? this.max : null,
    }
    this.valuesPtr = 0
    return vector
  }
}
