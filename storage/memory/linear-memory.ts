// The one shared WebAssembly.Memory of a database: page frames, query scratch, hash tables, everything
// whose size depends on data. Its size is the memory cap: nothing is allocated elsewhere, so nothing
// can exceed it. It is reserved in full at the start; the system backs pages only when they are touched.
//
//   frame 0          system frame: bytes 0-63 unused (so no valid address is 0), 64-95 counters
//                    (table/index-counters.ts), CRC tables at 16 KiB
//   frame 1          zero frame: 64 KiB of zeros nobody writes; constant columns point here
//   frame 2 ...      single frames are given from the low end, runs of frames from the high end, so that
//                    short-lived scratch does not cut the frames of the pool into pieces
//
// A frame is 64 KiB, exactly one WebAssembly page and one largest database page. Addresses are bytes
// from 0, up to 2^32, as JavaScript numbers; code that computes them with 32-bit operators needs `>>> 0`.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { checksumOver } from './checksum.ts'
import type { ChecksumFunction } from './checksum.ts'

/** Bytes of one frame. */
export const FRAME_SIZE = 65536
/** Address of 64 KiB of zeros that nobody writes. */
export const ZERO_ADDRESS: number = FRAME_SIZE
const FIRST_FRAME = 2
const CRC_TABLES_ADDRESS = 16384
const MIN_FRAMES = 32
const MAX_FRAMES = 65536

// A dropped WebAssembly.Memory lingers until a garbage collection that may never come, so memories of
// closed databases wait here, by size, for the next one that opens.
const recycled = new Map<number, WebAssembly.Memory[]>()

function obtainMemory(frames: number): WebAssembly.Memory {
  const kept = recycled.get(frames)?.pop()
  if (kept !== undefined) return kept
  try {
    return new WebAssembly.Memory({ initial: frames, maximum: frames, shared: true })
  } catch (cause) {
    const text = `cannot reserve ${frames * FRAME_SIZE} bytes of memory`
    throw new DatabaseError(CODE.OUT_OF_MEMORY, text, { hint: 'Open with a smaller `memory` option.', cause })
  }
}

/** Frames and runs of frames over one shared memory, with typed views of all of it. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory
  readonly u8: Uint8Array
  readonly i8: Int8Array
  readonly u16: Uint16Array
  readonly i16: Int16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
  readonly i64: BigInt64Array
  readonly view: DataView
  readonly frameCount: number
  /** Asked to make `frames` contiguous frames free; true when it has made some room. Set by the pool. */
  onPressure: ((frames: number) => boolean) | null = null
  private readonly checksum: ChecksumFunction
  // 1 = taken, by frame.
  private readonly taken: Uint8Array
  private takenCount = FIRST_FRAME
  // No frame below lowHint and none from highHint on is free.
  private lowHint = FIRST_FRAME
  private highHint: number
  private released = false

  private constructor(memory: WebAssembly.Memory, frames: number) {
    const buffer = memory.buffer
    this.memory = memory
    this.frameCount = frames
    this.u8 = new Uint8Array(buffer)
    this.i8 = new Int8Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.i16 = new Int16Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.i32 = new Int32Array(buffer)
    this.f32 = new Float32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.i64 = new BigInt64Array(buffer)
    this.view = new DataView(buffer)
    this.taken = new Uint8Array(frames)
    this.taken.fill(1, 0, FIRST_FRAME)
    this.highHint = frames
    this.checksum = checksumOver(memory, CRC_TABLES_ADDRESS)
  }

  /** Reserves `bytes`, rounded up to frames and kept between 2 MiB and 4 GiB; 53200 when refused. */
  static create(bytes: number): LinearMemory {
    const frames = Math.min(MAX_FRAMES, Math.max(MIN_FRAMES, Math.ceil(bytes / FRAME_SIZE)))
    const memory = obtainMemory(frames)
    const linear = new LinearMemory(memory, frames)
    linear.u8.fill(0, ZERO_ADDRESS, ZERO_ADDRESS + FRAME_SIZE)
    return linear
  }

  get usedFrames(): number {
    return this.takenCount
  }

  /** True when nobody holds the frame. */
  isFree(frame: number): boolean {
    return this.taken[frame] === 0
  }

  /** Takes the lowest free frame; -1 when there is none. Its bytes are whatever they were. */
  allocateFrame(): number {
    const frame = this.taken.indexOf(0, this.lowHint)
    if (frame < 0) {
      this.lowHint = this.frameCount
      return -1
    }
    this.taken[frame] = 1
    this.takenCount++
    this.lowHint = frame + 1
    return frame
  }

  releaseFrame(frame: number): void {
    assert(frame >= FIRST_FRAME && this.taken[frame] === 1, 'released frame was not taken')
    this.taken[frame] = 0
    this.takenCount--
    if (frame < this.lowHint) this.lowHint = frame
    if (frame >= this.highHint) this.highHint = frame + 1
  }

  /**
   * Takes contiguous frames and returns their address, asking the pool to evict when needed: unpinned
   * frames may be gone afterwards. 53200 when they cannot be had. The bytes are not zeroed.
   */
  allocateRun(frames: number): number {
    assert(frames > 0, 'a run has at least one frame')
    let first = this.findRun(frames)
    while (first < 0) {
      if (this.onPressure === null || !this.onPressure(frames)) throw this.exhausted(frames)
      first = this.findRun(frames)
    }
    this.taken.fill(1, first, first + frames)
    this.takenCount += frames
    if (first + frames === this.highHint) this.highHint = first
    return first * FRAME_SIZE
  }

  private exhausted(frames: number): DatabaseError {
    const free = this.frameCount - this.takenCount
    const text = `out of memory: ${frames * FRAME_SIZE} contiguous bytes wanted, `
      + `${free * FRAME_SIZE} of ${this.frameCount * FRAME_SIZE} free`
    return new DatabaseError(CODE.OUT_OF_MEMORY, text, { hint: 'Open with a larger `memory` option.' })
  }

  // The highest run of free frames that is long enough, or -1.
  private findRun(frames: number): number {
    const { taken } = this
    while (this.highHint > FIRST_FRAME && taken[this.highHint - 1] === 1) this.highHint--
    let end = this.highHint
    let at = end
    while (at > FIRST_FRAME) {
      at--
      if (taken[at] === 1) end = at
      else if (end - at === frames) return at
    }
    return -1
  }

  releaseRun(address: number, frames: number): void {
    const first = address / FRAME_SIZE
    for (let frame = first; frame < first + frames; frame++) this.releaseFrame(frame)
  }

  /** CRC-32C of bytes in this memory; `seed` is the CRC of what comes before them. */
  crc32c(address: number, length: number, seed = 0): number {
    return this.checksum(address, length, seed)
  }

  /** Hands the memory to the next database of the same size. Nothing may use this object afterwards. */
  release(): void {
    if (this.released) return
    this.released = true
    const kept = recycled.get(this.frameCount) ?? []
    kept.push(this.memory)
    recycled.set(this.frameCount, kept)
  }
}
