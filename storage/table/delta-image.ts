// The delta's rows for scans: the versions one snapshot sees, in key order, encoded like row groups into
// blocks in linear memory, so that the executor meets delta rows through the same kernels as base rows.
// Built on the first scan after a change and shared by all later scans until the delta changes again.
import type { Row } from '../../src/base/types.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { DELTA_BLOCK_ROWS, nextBlockId } from './delta-block.ts'
import type { KeyValue } from './key.ts'
import { ColumnStage } from './staged-column.ts'
import { planStream, writeStream } from './stream.ts'
import type { TableStore, Visibility } from './table-store.ts'

/** Rows of a delta image in the layout of a row group's stream, contiguous in memory. */
export interface DeltaBlock {
  readonly id: number
  readonly rows: number
  readonly address: number
  readonly chunks: readonly ColumnChunk[]
}

/** Visible delta rows of one table for one snapshot. Reference-counted: cursors outlive changes. */
export class DeltaImage {
  readonly keys: readonly KeyValue[]
  readonly blocks: readonly DeltaBlock[]
  private readonly memory: LinearMemory
  private readonly frames: number[]
  private references = 1

  constructor(memory: LinearMemory, keys: KeyValue[], blocks: DeltaBlock[], frames: number[]) {
    this.memory = memory
    this.keys = keys
    this.blocks = blocks
    this.frames = frames
  }

  retain(): DeltaImage {
    this.references++
    return this
  }

  release(): void {
    if (--this.references > 0) return
    this.blocks.forEach((block, i) => this.memory.releaseRun(block.address, this.frames[i]!))
  }
}

/** Collects, sorts and encodes what `visibility` sees of the table's delta. */
export function buildDeltaImage(table: TableStore, visibility: Visibility): DeltaImage {
  const { delta } = table
  const entries = table.deltaOrder.entries(delta)
  const memory = table.services.reader.memory
  const keys: KeyValue[] = []
  const blocks: DeltaBlock[] = []
  const frames: number[] = []
  const stages = table.schema.columns.map((column) => new ColumnStage(column.type, 1024))
  for (const entry of entries) {
    const version = delta.visible(entry, visibility.commitId, visibility.ownMark, visibility.rootNumber)
    if (version < 0 || delta.content[version]!.isTombstone) continue
    keys.push(delta.keyOf(entry))
    appendRow(stages, table.rowOf(delta.content[version]!))
    if (stages[0]!.count === DELTA_BLOCK_ROWS) flushBlock(memory, stages, blocks, frames)
  }
  if (stages[0]!.count > 0) flushBlock(memory, stages, blocks, frames)
  return new DeltaImage(memory, keys, blocks, frames)
}

function appendRow(stages: readonly ColumnStage[], row: Row): void {
  for (let c = 0; c < stages.length; c++) stages[c]!.append(row[c]!)
}

function flushBlock(memory: LinearMemory, stages: ColumnStage[], blocks: DeltaBlock[], frames: number[]): void {
  const rows = stages[0]!.count
  const plan = planStream(stages, 0, rows)
  // One frame more than the stream: batches may read up to 64 rows past their end.
  const frameCount = Math.ceil(plan.end / FRAME_SIZE) + 1
  const address = memory.allocateRun(frameCount)
  writeStream(plan, memory, address)
  blocks.push({ id: nextBlockId(), rows, address, chunks: plan.chunks })
  frames.push(frameCount)
  for (const stage of stages) stage.clear()
}

/** Keeps the latest image of one table for reuse. */
export class DeltaImageCache {
  private image: DeltaImage | null = null
  private changes = -1
  private rootNumber = -1

  /** The image for `visibility`; the caller releases it. Only images of the latest state are kept. */
  acquire(table: TableStore, visibility: Visibility): DeltaImage {
    const isLatest = visibility.commitId >= table.lastCommit && visibility.rootNumber >= table.root.number
      && table.uncommittedWrites === 0
    if (!isLatest) return buildDeltaImage(table, visibility)
    if (this.image === null || this.changes !== table.delta.changes || this.rootNumber !== table.root.number) {
      this.drop()
      this.image = buildDeltaImage(table, visibility)
      this.changes = table.delta.changes
      this.rootNumber = table.root.number
    }
    return this.image.retain()
  }

  drop(): void {
    this.image?.release()
    this.image = null
  }
}
