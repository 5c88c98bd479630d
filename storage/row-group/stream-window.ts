// Writes the stream of a row group through a window of some pages, so that a group with long values needs no more
// memory than the window: bytes come in ascending order of their offsets, and full windows go to the page store.
//
//   stream   [ fixed parts ][ text … long value … text ][ meta ]
//   window                        [ 16 pages ] ─ full ─► writeRun ─► the next 16 pages
//
// Gaps between what is put are zeros.
import { assert } from '../../src/base/assert.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { PAGE_KIND } from '../page/page-store.ts'
import type { PageStore } from '../page/page-store.ts'
import type { PageCodec } from '../page/page-codec.ts'
import type { TextPlan } from './chunk-plan.ts'
import type { LongValue } from './long-value.ts'
import { writeFixedSteps } from './stream.ts'
import type { StreamPlan } from './stream.ts'

/** Pages of a window, unless the fixed parts need more. */
const WINDOW_PAGES = 16

/** Where a window's pages go. */
export interface WindowTarget {
  readonly memory: LinearMemory
  readonly pages: PageStore
  readonly codec?: PageCodec
}

/** A window over the pages [firstPage, …) of a stream. */
export class StreamWindow {
  private readonly target: WindowTarget
  private readonly firstPage: number
  private readonly bytes: number
  /** Linear memory of the window. */
  readonly address: number
  /** Stream offset of the window's first byte, and of the first byte not put yet. */
  private begin: number
  private at: number

  /** Begins at stream offset `begin`, a page boundary. Takes `pageCount` frames of memory until `close`. */
  constructor(target: WindowTarget, firstPage: number, begin: number, pageCount = WINDOW_PAGES) {
    assert(begin % FRAME_SIZE === 0, 'a window begins on a page boundary')
    this.target = target
    this.firstPage = firstPage
    this.begin = this.at = begin
    this.bytes = pageCount * FRAME_SIZE
    this.address = target.memory.allocateRun(pageCount)
    target.memory.u8.fill(0, this.address, this.address + this.bytes)
  }

  /** The first `bytes` bytes of the window have been written in place. */
  skip(bytes: number): void {
    this.at = this.begin + bytes
  }

  /** Goes on at a later stream offset. */
  seek(offset: number): void {
    assert(offset >= this.at, 'a stream is written in ascending order')
    while (offset - this.begin >= this.bytes) this.flush(this.bytes)
    this.at = offset
  }

  /** The next `length` bytes, in pieces that fit the window. */
  put(length: number, copy: (from: number, target: Uint8Array) => void): void {
    const { u8 } = this.target.memory
    for (let done = 0; done < length;) {
      this.seek(this.at)
      const at = this.address + this.at - this.begin
      const count = Math.min(length - done, this.begin + this.bytes - this.at)
      copy(done, u8.subarray(at, at + count))
      done += count
      this.at += count
    }
  }

  /** Writes what is left; returns the offset behind the last byte. */
  finish(): number {
    if (this.at > this.begin) this.flush(this.at - this.begin)
    return this.at
  }

  private flush(bytes: number): void {
    const { pages, codec, memory } = this.target
    pages.writeRun(this.firstPage + this.begin / FRAME_SIZE, PAGE_KIND.BASE, this.address, bytes, codec)
    this.begin += this.bytes
    memory.u8.fill(0, this.address, this.address + this.bytes)
  }

  /** Gives the memory back. */
  close(): void {
    this.target.memory.releaseRun(this.address, this.bytes / FRAME_SIZE)
  }
}

/** Puts the values of a text plan; one step for each long value or some others. */
export function* putText(window: StreamWindow, text: TextPlan): Generator<void> {
  let from = 0
  for (let i = 0; i < text.lengths.length; i++) {
    const length = text.lengths[i]!
    const long: LongValue | undefined = text.longs?.get(i)
    if (length === 0) continue
    window.seek(text.offsets[i]!)
    if (long !== undefined) {
      window.put(length, long.copy)
      yield
    } else {
      const bytes = text.bytes.subarray(from, from + length)
      window.put(length, (begin, target) => target.set(bytes.subarray(begin, begin + target.length)))
      from += length
    }
  }
}

/** Writes a whole planned stream with its meta behind it to consecutive pages. */
export function* writeWindowed(
  target: WindowTarget, firstPage: number, plan: StreamPlan, metaBytes: Uint8Array,
): Generator<void> {
  const window = new StreamWindow(target, firstPage, 0, Math.max(WINDOW_PAGES, Math.ceil(plan.fixedEnd / FRAME_SIZE)))
  try {
    yield* writeFixedSteps(plan, target.memory, window.address)
    window.skip(plan.fixedEnd)
    for (const text of plan.texts) yield* putText(window, text)
    window.seek(plan.end)
    window.put(metaBytes.length, (from, piece) => piece.set(metaBytes.subarray(from, from + piece.length)))
    window.finish()
  } finally {
    window.close()
  }
}
