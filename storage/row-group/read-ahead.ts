// Reading ahead of scans. A scan reads page after page on the calling thread; where pages come from the disk and not
// from the cache of the system, it would wait for each. So while it works on one row group, the pages that it will need
// of the next ones are asked for on other threads, and are at hand when their turn comes.
//
//   group   g: read     g + 1, g + 2: columns asked for     g + 3: its meta asked for, which says where its columns are
//
// Only when it pays: reads that take no longer than a copy from the cache need no help, and asking costs as much. The
// time of recent reads decides, and stays decided for some groups, since what was asked for is then read quickly.
import type { IoQueue } from '../file/io-queue.ts'
import type { IoCounters } from '../file/file.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../column-buffers.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'
import type { PageStore } from '../page/page-store.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { NO_PART } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import type { RowGroup } from './row-group.ts'

const PAGE_SHIFT = 16
/** A read of a page from the system's cache takes 10 to 60 microseconds. */
const SLOW_READ_MS = 0.12
/** Reads that must have been made to judge by them. */
const JUDGED_READS = 4
/** Bytes asked for of one group: long values are not for everybody who passes by. */
const GROUP_BYTES = 8 << 20
/** Groups asked for before reads are judged again. */
const GROUPS_PER_JUDGEMENT = 32

/** Asks for pages that scans will need. One for a database: its scans read the same disk. */
export class ReadAhead {
  private readonly pages: PageStore
  private readonly pool: BufferPool
  private readonly io: IoQueue
  private readonly counters: IoCounters
  private readsSeen = 0
  private msSeen = 0
  private groupsLeft = 0

  constructor(pages: PageStore, pool: BufferPool, io: IoQueue, counters: IoCounters) {
    this.pages = pages
    this.pool = pool
    this.io = io
    this.counters = counters
  }

  /** True when reads have been slow of late. */
  pays(): boolean {
    const { counters } = this
    const reads = counters.reads - this.readsSeen
    if (reads >= JUDGED_READS) {
      if (counters.readMs - this.msSeen > SLOW_READ_MS * reads) this.groupsLeft = GROUPS_PER_JUDGEMENT
      this.readsSeen = counters.reads
      this.msSeen = counters.readMs
    }
    return this.groupsLeft > 0
  }

  /** Asks for the meta of a group that is not loaded. */
  meta(group: RowGroup): void {
    if (group.meta === null) this.ask(group, [[group.metaOffset, group.streamBytes]])
  }

  /** Asks for some columns of a group; its meta is known. */
  columns(group: RowGroup, columns: readonly number[]): void {
    this.groupsLeft--
    const { chunks } = group.meta!
    const ranges: [begin: number, end: number][] = []
    let hasText = false
    for (const c of columns) {
      const chunk = chunks[c]!
      const { valuesOffset, validityOffset, dictionaryOffset } = chunk
      hasText ||= chunk.layout === LAYOUT.VIEW || dictionaryOffset !== NO_PART
      if (valuesOffset !== NO_PART) ranges.push([valuesOffset, valuesEnd(chunk, group.rows)])
      if (validityOffset !== NO_PART) ranges.push([validityOffset, validityOffset + (group.rows >> 3)])
    }
    if (hasText) ranges.push([textBegin(chunks, group.rows), group.metaOffset])
    this.ask(group, ranges)
  }

  // The pages of byte ranges of a group's stream that have no frame, runs of blocks in one piece.
  private ask(group: RowGroup, ranges: [begin: number, end: number][]): void {
    const { pool: { frameOf }, pages: { map, file } } = this
    let block = 0
    let blocks = 0
    let next = 0
    let left = GROUP_BYTES / FRAME_SIZE
    ranges.sort((a, b) => a[0] - b[0])
    for (const [begin, end] of ranges) {
      const last = Math.max(begin, end - 1) >>> PAGE_SHIFT
      for (next = Math.max(next, begin >>> PAGE_SHIFT); next <= last; next++) {
        const page = group.firstPage + next
        if (page < frameOf.length && frameOf[page]! >= 0) continue
        if (left-- === 0) return
        if (blocks > 0 && block + blocks === map.blockOf(page)) blocks += map.blocksOf(page)
        else {
          if (blocks > 0) this.io.prefetch(file, block * BLOCK_SIZE, blocks * BLOCK_SIZE)
          block = map.blockOf(page)
          blocks = map.blocksOf(page)
        }
      }
    }
    if (blocks > 0) this.io.prefetch(file, block * BLOCK_SIZE, blocks * BLOCK_SIZE)
  }
}

function valuesEnd(chunk: ColumnChunk, rows: number): number {
  if (chunk.auxOffset !== NO_PART) return chunk.valuesOffset + 1
  return chunk.valuesOffset + rows * LAYOUT_WIDTH[chunk.layout]!
}

// Text lies behind all other parts of the stream.
function textBegin(chunks: readonly ColumnChunk[], rows: number): number {
  let end = 0
  for (const chunk of chunks) if (chunk.valuesOffset !== NO_PART) end = Math.max(end, valuesEnd(chunk, rows))
  return end
}
