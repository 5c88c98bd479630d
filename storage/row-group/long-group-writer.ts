// Writes a row group of one row whose long value comes piece by piece, before it is known how long it is and what the
// rest of the row is: the value's pages go to the file as they fill, and the pages before and behind them when the
// row is complete.
//
//   stream   [ fixed parts: the first pages, written last ][ the long value ][ other text ][ meta ]
//              page ids are reserved for the longest value; those left over are given back
//
// Until a root names the group its pages belong to nobody: after a crash they are free (open-engine.ts).
import { ByteWriter } from '../../src/base/bytes.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { planChunk } from './chunk-encoder.ts'
import { finishSteps } from './chunk-plan.ts'
import { fitKeys } from './key-fit.ts'
import { LONG_VALUE_BYTES, LongValue } from './long-value.ts'
import { encodeGroupMeta } from './row-group.ts'
import type { RowGroup } from './row-group.ts'
import { finishGroup } from './row-group-writer.ts'
import type { GroupTarget } from './row-group-writer.ts'
import type { StagedColumn } from './staged-column.ts'
import { placeStream, writeFixedSteps } from './stream.ts'
import { StreamWindow, putText } from './stream-window.ts'

/** Bytes that the fixed parts of one row may take: values, views and validity of a column, each aligned to 64. */
const COLUMN_BYTES = 3 * 64

/** True for a row group of one long row. */
export function isLoneLong(group: RowGroup): boolean {
  return group.rows === 1 && group.streamBytes >= LONG_VALUE_BYTES
}

/** One row group in the making. Ends with `finish` or `abort`. */
export class LongGroupWriter {
  private readonly target: GroupTarget
  private readonly pool: BufferPool
  private readonly headPages: number
  private readonly window: StreamWindow
  /** Reserved ids. */
  readonly firstPage: number
  private pages: number
  private isOpen = true
  /** Bytes of the value so far. */
  length = 0

  /** `rowBytes`: the most that all values of the row together may have. */
  constructor(target: GroupTarget, pool: BufferPool, rowBytes: number) {
    const columns = target.schema.columns.length
    this.target = target
    this.pool = pool
    this.headPages = Math.ceil((columns * COLUMN_BYTES) / FRAME_SIZE)
    // Every other long value begins on a page boundary; the meta takes some hundred bytes a column.
    this.pages = this.headPages + Math.ceil(rowBytes / FRAME_SIZE) + 2 * columns + 16
    this.firstPage = target.pages.allocatePageIds(this.pages)
    try {
      this.window = new StreamWindow(target, this.firstPage, this.headPages * FRAME_SIZE)
    } catch (error) {
      target.pages.ids.releaseNow(this.firstPage, this.pages)
      throw error
    }
  }

  /** Page ids this writer has, for checks. */
  get pageCount(): number {
    return this.pages
  }

  /** The next bytes of the value. 53100 and 58030 as the file gives them; then only `abort` is left. */
  write(bytes: Uint8Array): void {
    this.window.put(bytes.length, (from, piece) => piece.set(bytes.subarray(from, from + piece.length)))
    this.length += bytes.length
  }

  /**
   * Completes the row: `columns` has its values, one row each, and anything in the place of column `ordinal`, which
   * becomes the written value. The group is not in any root yet.
   */
  finish(columns: readonly StagedColumn[], ordinal: number): RowGroup {
    const { target, length } = this
    const begin = this.headPages * FRAME_SIZE
    // In place already: what is planned has its length, and is put where it is.
    const stored = new LongValue(length, () => {})
    const all = columns.map((column, c) => c === ordinal ? { ...column, values: [stored], nulls: null } : column)
    const plans = all.map((column) => planChunk(column, 0, 1))
    const own = plans[ordinal]!.text!
    const others = placeStream(plans.map((plan, c) => c === ordinal ? { ...plan, text: null } : plan), begin + length)
    own.offsets[0] = begin
    const meta = { chunks: others.chunks, ...finishSteps(fitKeys(target, all, 0, 1)) }
    const metaBytes = new ByteWriter(4096)
    encodeGroupMeta(meta, 1, target.schema, metaBytes)
    const streamBytes = others.end + metaBytes.length
    const pageCount = Math.ceil(streamBytes / FRAME_SIZE)
    if (pageCount > this.pages) {
      throw new DatabaseError(CODE.PROGRAM_LIMIT, `a row of ${streamBytes} bytes is too long for a row group`)
    }
    for (const text of others.texts) for (const _ of putText(this.window, text));
    this.window.seek(others.end)
    const bytes = metaBytes.finish()
    this.window.put(bytes.length, (from, piece) => piece.set(bytes.subarray(from, from + piece.length)))
    this.window.finish()
    const head = new StreamWindow(target, this.firstPage, 0, this.headPages)
    try {
      for (const _ of writeFixedSteps(others, target.memory, head.address));
      head.skip(begin)
      head.finish()
    } finally {
      head.close()
    }
    this.giveBack(pageCount)
    this.end()
    const place = { firstPage: this.firstPage, pageCount, streamBytes, metaOffset: others.end }
    return finishGroup(target, all, 0, 1, place, meta)
  }

  /** The bytes written so far, in memory. The window is written out first. */
  readBack(): Uint8Array {
    this.window.finish()
    const bytes = new Uint8Array(this.length)
    const { u8 } = this.target.memory
    for (let at = 0; at < bytes.length; at += FRAME_SIZE) {
      const frame = this.pool.fetch(this.firstPage + this.headPages + at / FRAME_SIZE) * FRAME_SIZE
      bytes.set(u8.subarray(frame, frame + Math.min(FRAME_SIZE, bytes.length - at)), at)
    }
    return bytes
  }

  // Ids behind the stream, none of them ever written.
  private giveBack(pageCount: number): void {
    if (pageCount < this.pages) this.target.pages.ids.releaseNow(this.firstPage + pageCount, this.pages - pageCount)
    this.pages = pageCount
  }

  private end(): void {
    this.isOpen = false
    this.window.close()
  }

  /** Gives everything back. Does nothing after `finish`. */
  abort(): void {
    if (!this.isOpen) return
    this.end()
    const { pages } = this.target
    let written = this.pages
    while (written > 0 && pages.pageBytes(this.firstPage + written - 1) === 0) written--
    if (written > 0) {
      this.pool.discard(this.firstPage, written)
      pages.freePages(this.firstPage, written)
    }
    if (written < this.pages) pages.ids.releaseNow(this.firstPage + written, this.pages - written)
  }
}
