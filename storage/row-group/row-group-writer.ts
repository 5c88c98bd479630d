// Writes staged rows as a row group: plans every column chunk, places all parts in one stream, fits the key
// model, and hands the stream to the page store in one run of consecutive pages. Nothing refers to the
// pages until a root with the group is checkpointed (rule W3).
import { ByteWriter } from '../../src/base/bytes.ts'
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { FLAG } from '../page/meta-slot.ts'
import { PAGE_CODEC } from '../page/page-codec.ts'
import type { PageCodec } from '../page/page-codec.ts'
import { PAGE_KIND } from '../page/page-store.ts'
import type { PageStore } from '../page/page-store.ts'
import type { KeyOrder } from '../table/key.ts'
import { finishSteps } from './chunk-plan.ts'
import { fitKeys } from './key-fit.ts'
import { isLight } from './light-decoder.ts'
import { RowGroup, encodeGroupMeta } from './row-group.ts'
import type { GroupMeta } from './row-group.ts'
import { stagedScalar } from './staged-column.ts'
import type { StagedColumn } from './staged-column.ts'
import { planStreamSteps, writeStreamSteps } from './stream.ts'
import type { StreamPlan } from './stream.ts'
import { writeWindowed } from './stream-window.ts'

/** The longest stream a row group may have; beyond it the group must hold fewer rows. */
const STREAM_MAX_BYTES = 0xffff0000

/** Everything needed to write groups of one table. */
export interface GroupTarget {
  readonly schema: TableSchema
  readonly order: KeyOrder
  readonly memory: LinearMemory
  readonly pages: PageStore
  /** Text and bytes of a group; the callers close it then (group-budget.ts). */
  readonly groupBytes: number
  /** How base pages are compressed; left out = not. */
  readonly codec?: PageCodec
  /** Columns outside the key may be encoded as runs and deltas. */
  readonly mayDecode?: boolean
}

/**
 * Writes rows [begin, begin + rows) of the staged columns (one per schema column, sorted by key, keys
 * distinct) as one row group.
 */
export function writeRowGroup(
  target: GroupTarget, columns: readonly StagedColumn[], begin: number, rows: number,
): RowGroup {
  return finishSteps(writeRowGroupSteps(target, columns, begin, rows))
}

/** Pages of a row group that one step writes, as they are and compressed. */
const STEP_PAGES = 8
const STEP_PAGES_COMPRESSED = 1

/** The same in steps of a slice of a column or some pages. Giving up between two of them leaves nothing behind. */
export function* writeRowGroupSteps(
  target: GroupTarget, columns: readonly StagedColumn[], begin: number, rows: number,
): Generator<void, RowGroup> {
  assert(rows > 0 && rows <= 65536, 'row group size out of range')
  const mayDecode = (c: number): boolean => target.mayDecode === true && !target.order.columns.includes(c)
  const stream = yield* planStreamSteps(columns, begin, rows, mayDecode)
  if (stream.chunks.some(isLight)) target.pages.require(FLAG.RUNS_AND_DELTAS)
  const metaOffset = stream.end
  const fit = yield* fitKeys(target, columns, begin, rows)
  const meta = { chunks: stream.chunks, ...fit }
  yield
  const metaBytes = new ByteWriter(4096)
  encodeGroupMeta(meta, rows, target.schema, metaBytes)
  const streamBytes = metaOffset + metaBytes.length
  if (streamBytes > STREAM_MAX_BYTES) {
    throw new DatabaseError(CODE.PROGRAM_LIMIT, `a row group of ${rows} rows would take ${streamBytes} bytes`)
  }
  const pageCount = Math.ceil(streamBytes / FRAME_SIZE)
  const place = { firstPage: 0, pageCount, streamBytes, metaOffset }
  const write = stream.texts.some((text) => text.longs !== null) ? writeInWindows : writeWhole
  place.firstPage = yield* write(target, stream, metaBytes.finish(), place)
  return finishGroup(target, columns, begin, rows, place, meta)
}

// Groups with long values: through a window of memory.
function* writeInWindows(
  target: GroupTarget, stream: StreamPlan, meta: Uint8Array, { pageCount }: GroupPlace,
): Generator<void, number> {
  const firstPage = target.pages.allocatePageIds(pageCount)
  let isWritten = false
  try {
    yield* writeWindowed(target, firstPage, stream, meta)
    isWritten = true
  } finally {
    if (!isWritten) target.pages.freePages(firstPage, pageCount)
  }
  return firstPage
}

// All others: the whole stream in memory first.
function* writeWhole(
  target: GroupTarget, stream: StreamPlan, meta: Uint8Array, { pageCount, streamBytes, metaOffset }: GroupPlace,
): Generator<void, number> {
  const address = target.memory.allocateRun(pageCount)
  const firstPage = target.pages.allocatePageIds(pageCount)
  let isWritten = false
  try {
    yield* writeStreamSteps(stream, target.memory, address)
    target.memory.u8.set(meta, address + metaOffset)
    const step = (target.codec ?? PAGE_CODEC.NONE) === PAGE_CODEC.NONE ? STEP_PAGES : STEP_PAGES_COMPRESSED
    for (let page = 0; page < pageCount; page += step) {
      const at = page * FRAME_SIZE
      const bytes = Math.min(step * FRAME_SIZE, streamBytes - at)
      target.pages.writeRun(firstPage + page, PAGE_KIND.BASE, address + at, bytes, target.codec)
      yield
    }
    isWritten = true
  } finally {
    target.memory.releaseRun(address, pageCount)
    if (!isWritten) target.pages.freePages(firstPage, pageCount)
  }
  return firstPage
}

/** Takes back groups that were written but will not be published. */
export function freeUnpublished(target: GroupTarget, groups: readonly RowGroup[]): void {
  for (const group of groups) target.pages.freePages(group.firstPage, group.pageCount)
}

/** Where a group's stream is. */
export interface GroupPlace {
  readonly firstPage: number
  readonly pageCount: number
  readonly streamBytes: number
  readonly metaOffset: number
}

/** The group of rows whose stream is written. */
export function finishGroup(
  target: GroupTarget, columns: readonly StagedColumn[], begin: number, rows: number,
  place: GroupPlace, meta: GroupMeta,
): RowGroup {
  const keyAt = (row: number): Scalar[] => target.order.columns.map((c) => stagedScalar(columns[c]!, row))
  const firstKeyValues = keyAt(begin)
  const lastKeyValues = keyAt(begin + rows - 1)
  const group = new RowGroup(
    { ...place, rows, firstKeyValues, lastKeyValues },
    target.order.fromValues(firstKeyValues), target.order.fromValues(lastKeyValues),
  )
  group.meta = meta
  return group
}
