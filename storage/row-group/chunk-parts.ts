// Where the parts of a column chunk lie in the stream of its row group, from the descriptor alone: for inspect and
// for the figures of how large a column is. Text is not in it: the descriptor does not say where it lies.
import { LAYOUT_WIDTH } from '../column-buffers.ts'
import { ENCODING, NO_PART, runDirectoryBytes } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'

/** A stretch of the stream. */
export interface ChunkPart {
  readonly name: string
  readonly offset: number
  readonly bytes: number
}

/** Parts of a chunk of a group with `rows` rows. */
export function chunkParts(chunk: ColumnChunk, rows: number): ChunkPart[] {
  const isRuns = chunk.encoding === ENCODING.RUNS
  const isDelta = chunk.encoding === ENCODING.DELTA
  const width = LAYOUT_WIDTH[isDelta ? chunk.stored : chunk.layout]!
  const values = isDelta ? 'differences' : 'values'
  const count = isRuns ? chunk.auxCount : rows
  const entries = chunk.dictionaryCount
  const parts: ChunkPart[] = [
    { name: `${values}, ${width} bytes each`, offset: chunk.valuesOffset, bytes: count * width },
    { name: 'validity bits', offset: chunk.validityOffset, bytes: (rows + 7) >> 3 },
    { name: `dictionary of ${entries}`, offset: chunk.dictionaryOffset, bytes: entries * 8 },
  ]
  if (isRuns) {
    const bytes = runDirectoryBytes(rows) + 2 * count
    parts.push({ name: `directory and first rows of ${count} runs`, offset: chunk.auxOffset, bytes })
  }
  if (isDelta) {
    parts.push({ name: `bases of ${chunk.auxCount} blocks`, offset: chunk.auxOffset, bytes: 8 * chunk.auxCount })
  }
  return parts.filter(({ offset }) => offset !== NO_PART)
}
