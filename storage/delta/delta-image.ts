// Delta rows for scans: versions in key order, encoded like row groups into blocks in linear memory, so that
// the executor meets delta rows through the same kernels as base rows. delta-image-cache.ts decides which
// versions go into which image, and keeps them from scan to scan.
import type { Row } from '../../src/base/types.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { ColumnChunk } from '../row-group/column-chunk.ts'
import { DELTA_BLOCK_ROWS, nextBlockId } from './delta-block.ts'
import type { KeyValue } from '../table/key.ts'
import { ColumnStage } from '../row-group/staged-column.ts'
import { planStream, writeStream } from '../row-group/stream.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'

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

/** Encodes versions (rows, none a tombstone) sorted by key. */
export function encodeVersions(table: TableStore, versions: number[]): DeltaImage {
  const { delta, order } = table
  const keyOf = (version: number): KeyValue => delta.keyOf(delta.versions.entry(version))
  versions.sort((a, b) => order.compare(keyOf(a), keyOf(b)))
  const memory = table.services.reader.memory
  const keys: KeyValue[] = []
  const blocks: DeltaBlock[] = []
  const frames: number[] = []
  const stages = table.schema.columns.map((column) => new ColumnStage(column.type, Math.max(16, versions.length)))
  for (const version of versions) {
    keys.push(keyOf(version))
    appendRow(stages, table.rowOf(version))
    if (stages[0]!.count === DELTA_BLOCK_ROWS) flushBlock(memory, stages, blocks, frames)
  }
  if (stages[0]!.count > 0) flushBlock(memory, stages, blocks, frames)
  return new DeltaImage(memory, keys, blocks, frames)
}

/** The versions a snapshot sees, one per live delta row. */
export function visibleVersions(table: TableStore, visibility: Visibility): number[] {
  const { delta } = table
  const versions: number[] = []
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const version = delta.visible(entry, visibility.commitId, visibility.ownMark, visibility.rootNumber)
    if (version >= 0 && !delta.versions.isTombstone(version)) versions.push(version)
  }
  return versions
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
