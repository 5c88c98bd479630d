// Copies page images between files through a few frames of linear memory, checking each against its checksum on
// the way, so that damage is never copied. Neighbours on the source are read by one call, and a full buffer is
// written by one. Without a target it only checks.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'

// A slice of 256 KiB: a larger one is hardly faster and holds up the event loop. Less when memory is nearly used up.
const FRAME_COUNTS = [4, 1]

/** A page image: where it is, and what its bytes must be. */
export interface PageImage {
  readonly pageId: number
  readonly block: number
  readonly blocks: number
  readonly crc: number
}

/** Copies images one behind the other. `close` gives the frames back. */
export class ImageCopier {
  /** Block of the target that is written next. */
  nextBlock: number
  private readonly source: FileHandle
  private readonly target: FileHandle | null
  private readonly memory: LinearMemory
  private readonly address: number
  private readonly frames: number
  private waiting: PageImage[] = []
  private filled = 0

  constructor(source: FileHandle, target: FileHandle | null, memory: LinearMemory, nextBlock = 0) {
    this.source = source
    this.target = target
    this.memory = memory
    this.nextBlock = nextBlock
    const { address, frames } = someFrames(memory)
    this.address = address
    this.frames = frames
  }

  /** False: flush first. */
  fits(image: PageImage): boolean {
    return this.filled + image.blocks <= this.frames * (FRAME_SIZE / BLOCK_SIZE)
  }

  /** Takes an image into the next flush. */
  add(image: PageImage): void {
    assert(this.fits(image), 'an image fits the buffer')
    this.waiting.push(image)
    this.filled += image.blocks
  }

  /** Reads, checks and writes what was added. XX001 names the page that does not match. Returns the bytes. */
  flush(): number {
    const { memory, waiting, filled } = this
    const bytes = filled * BLOCK_SIZE
    for (let i = 0, at = this.address; i < waiting.length;) {
      const first = waiting[i]!
      let end = i
      let blocks = 0
      while (end < waiting.length && waiting[end]!.block === first.block + blocks) blocks += waiting[end++]!.blocks
      const length = blocks * BLOCK_SIZE
      const count = this.source.read(first.block * BLOCK_SIZE, memory.u8.subarray(at, at + length))
      if (count < length) throw this.damaged(waiting[end - 1]!, 'lies beyond the end of the file')
      for (; i < end; i++) {
        const size = waiting[i]!.blocks * BLOCK_SIZE
        if (memory.crc32c(at, size) !== waiting[i]!.crc) throw this.damaged(waiting[i]!, 'does not match its checksum')
        at += size
      }
    }
    if (bytes > 0) {
      this.target?.write(this.nextBlock * BLOCK_SIZE, memory.u8.subarray(this.address, this.address + bytes))
    }
    this.nextBlock += filled
    this.waiting = []
    this.filled = 0
    return bytes
  }

  private damaged({ pageId, block }: PageImage, what: string): DatabaseError {
    const { path } = this.source
    const offset = block * BLOCK_SIZE
    return corruption(`"${path}": page ${pageId} at offset ${offset} ${what}`, { file: path, page: pageId, offset })
  }

  close(): void {
    this.memory.releaseRun(this.address, this.frames)
  }
}

function someFrames(memory: LinearMemory): { address: number; frames: number } {
  for (let i = 0; ; i++) {
    const frames = FRAME_COUNTS[i]!
    try {
      return { address: memory.allocateRun(frames), frames }
    } catch (error) {
      const isFull = error instanceof DatabaseError && error.code === CODE.OUT_OF_MEMORY
      if (!isFull || i + 1 === FRAME_COUNTS.length) throw error
    }
  }
}
