// Bump allocator for the scratch of one query or one merge: hash tables, sort runs, string views. It takes
// runs of frames from linear memory as it grows (each about as large as all before it) and gives them
// back together, so nothing is ever freed one by one.
//
// Invariants: addresses stay valid until rewind past them, reset or release. The current run is the last.
import { assert } from '../../src/base/assert.ts'
import { FRAME_SIZE } from './linear-memory.ts'
import type { LinearMemory } from './linear-memory.ts'

// Runs grow up to this many frames (4 MiB) unless a single allocation needs more.
const MAX_GROWTH_FRAMES = 64

/** A position to rewind to. */
export interface ArenaMark {
  readonly runCount: number
  readonly next: number
}

interface Run {
  readonly address: number
  readonly frames: number
}

/** Scratch memory that is released as a whole. */
export class Arena {
  private readonly memory: LinearMemory
  private readonly runs: Run[] = []
  private next = 0
  private end = 0
  private frames = 0

  constructor(memory: LinearMemory) {
    this.memory = memory
  }

  /** Bytes of linear memory held. */
  get bytes(): number {
    return this.frames * FRAME_SIZE
  }

  /** Address of `bytes` uninitialised bytes, aligned to a power of two; 53200 when memory is used up. */
  allocate(bytes: number, align = 64): number {
    assert(bytes >= 0 && align > 0 && FRAME_SIZE % align === 0, 'arena sizes and alignments')
    let address = Math.ceil(this.next / align) * align
    if (this.runs.length === 0 || address + bytes > this.end) {
      this.addRun(bytes)
      address = this.next
    }
    this.next = address + bytes
    return address
  }

  allocateZeroed(bytes: number, align = 64): number {
    const address = this.allocate(bytes, align)
    this.memory.u8.fill(0, address, address + bytes)
    return address
  }

  private addRun(bytes: number): void {
    const needed = Math.max(1, Math.ceil(bytes / FRAME_SIZE))
    const frames = Math.max(needed, Math.min(this.frames, MAX_GROWTH_FRAMES))
    let run: Run
    try {
      run = { address: this.memory.allocateRun(frames), frames }
    } catch (error) {
      // Generous growth must not fail where the bare need would fit.
      if (frames === needed) throw error
      run = { address: this.memory.allocateRun(needed), frames: needed }
    }
    this.runs.push(run)
    this.frames += run.frames
    this.next = run.address
    this.end = run.address + run.frames * FRAME_SIZE
  }

  mark(): ArenaMark {
    return { runCount: this.runs.length, next: this.next }
  }

  /** Frees everything allocated since the mark. */
  rewind(mark: ArenaMark): void {
    assert(mark.runCount <= this.runs.length, 'mark is newer than the arena')
    while (this.runs.length > mark.runCount) {
      const run = this.runs.pop()!
      this.memory.releaseRun(run.address, run.frames)
      this.frames -= run.frames
    }
    const last = this.runs[this.runs.length - 1]
    this.next = mark.next
    this.end = last === undefined ? 0 : last.address + last.frames * FRAME_SIZE
  }

  /** Frees everything but keeps the first run for the next use. */
  reset(): void {
    const first = this.runs[0]
    if (first !== undefined) this.rewind({ runCount: 1, next: first.address })
  }

  /** Frees everything. The arena can be used again. */
  release(): void {
    this.rewind({ runCount: 0, next: 0 })
  }
}
