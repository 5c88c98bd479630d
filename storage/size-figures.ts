// How large the row groups of a table are: per column against plain Arrow buffers, per table against its own pages
// before a codec made them smaller. Rows in the delta are left out.
//
//   raw       what Arrow would take: values at the width of the type (a bit for booleans, an i32 offset and the
//             bytes for text), and a validity bitmap where there are NULLs
//   encoded   the chunk's parts in the streams of its row groups
//   stored    its share of the blocks on disk: a page that holds parts of several columns is shared out by their
//             encoded bytes, since a codec takes the page as a whole
import { physicalOf } from '../src/base/types.ts'
import type { SqlType } from '../src/base/types.ts'
import { LAYOUT, LAYOUT_WIDTH } from './column-buffers.ts'
import type { Engine } from './engine.ts'
import { FRAME_SIZE } from './memory/linear-memory.ts'
import { BLOCK_SIZE } from './page/page-map.ts'
import { chunkParts } from './row-group/chunk-parts.ts'
import type { ColumnChunk } from './row-group/column-chunk.ts'
import { decodeWindow, isLight, viewsOf } from './row-group/light-decoder.ts'
import type { RowGroup } from './row-group/row-group.ts'
import type { TableStore } from './table/table-store.ts'

/** Bytes of one column; ratio = raw / stored. */
export interface ColumnSize {
  readonly name: string
  rawBytes: number
  encodedBytes: number
  storedBytes: number
}

/** Bytes of the pages of a table's row groups, and what they take on disk. */
export interface TableSize {
  pageBytes: number
  storedBytes: number
  /** Pages that a codec made smaller. */
  compressedPages: number
}

/** Sums over the page map: 16 bytes per page of the table, nothing is read. */
export function tableSize(engine: Engine, table: TableStore): TableSize {
  const size: TableSize = { pageBytes: 0, storedBytes: 0, compressedPages: 0 }
  for (const group of table.root.groups) {
    for (let i = 0; i < group.pageCount; i++) {
      size.pageBytes += pageBytes(group, i)
      size.storedBytes += engine.pages.pageBytes(group.firstPage + i)
      if (engine.pages.map.codecOf(group.firstPage + i) !== 0) size.compressedPages++
    }
  }
  return size
}

// Whole blocks of the page as it is in memory.
function pageBytes(group: RowGroup, page: number): number {
  const bytes = Math.min(FRAME_SIZE, group.streamBytes - page * FRAME_SIZE)
  return Math.ceil(bytes / BLOCK_SIZE) * BLOCK_SIZE
}

/** Sizes of every column. Reads the meta of all row groups, and the views or codes of text columns. */
export function columnSizes(engine: Engine, table: TableStore): ColumnSize[] {
  const { columns } = table.schema
  const sizes = columns.map(({ name }): ColumnSize => ({ name, rawBytes: 0, encodedBytes: 0, storedBytes: 0 }))
  for (const group of table.root.groups) {
    const { chunks } = table.metaOf(group)
    const shares = columns.map(() => new Float64Array(group.pageCount))
    chunks.forEach((chunk, c) => {
      const { type } = columns[c]!
      const text = physicalOf(type) === 'bytes' ? textOf(table, group, chunk) : NO_TEXT
      sizes[c]!.rawBytes += arrowBytes(type, group.rows, chunk.nullCount, text.rawBytes)
      for (const { offset, bytes } of [...chunkParts(chunk, group.rows), ...text.parts]) {
        sizes[c]!.encodedBytes += bytes
        spread(shares[c]!, offset, bytes)
      }
    })
    for (let page = 0; page < group.pageCount; page++) {
      const total = shares.reduce((sum, share) => sum + share[page]!, 0)
      if (total === 0) continue
      const stored = engine.pages.pageBytes(group.firstPage + page)
      shares.forEach((share, c) => { sizes[c]!.storedBytes += stored * share[page]! / total })
    }
  }
  for (const size of sizes) size.storedBytes = Math.round(size.storedBytes)
  return sizes
}

function spread(share: Float64Array, offset: number, bytes: number): void {
  for (let done = 0; done < bytes;) {
    const at = offset + done
    const count = Math.min(bytes - done, FRAME_SIZE - at % FRAME_SIZE)
    share[Math.floor(at / FRAME_SIZE)]! += count
    done += count
  }
}

function arrowBytes(type: SqlType, rows: number, nulls: number, textBytes: number): number {
  const validity = nulls > 0 ? Math.ceil(rows / 8) : 0
  switch (physicalOf(type)) {
    case 'bytes': return validity + 4 * (rows + 1) + textBytes
    case 'wide': return validity + 16 * rows
    case 'float': return validity + (type.kind === 'real' ? 4 : 8) * rows
    case 'int':
      if (type.kind === 'boolean') return validity + Math.ceil(rows / 8)
      return validity + (type.kind === 'smallint' ? 2 : type.kind === 'integer' || type.kind === 'date' ? 4 : 8) * rows
  }
}

interface Text {
  /** Bytes of all values, one after another. */
  readonly rawBytes: number
  /** Where the text lies, one stretch from its first to its last byte. */
  readonly parts: readonly { readonly offset: number; readonly bytes: number }[]
}

const NO_TEXT: Text = { rawBytes: 0, parts: [] }

function textOf(table: TableStore, group: RowGroup, chunk: ColumnChunk): Text {
  const { reader } = table.services
  if (chunk.nullCount === group.rows) return NO_TEXT
  const isCoded = chunk.dictionaryCount > 0
  const count = isCoded ? chunk.dictionaryCount : group.rows
  const views = viewsOf(new ArrayBuffer(count * 8))
  reader.copy(group, isCoded ? chunk.dictionaryOffset : chunk.valuesOffset, count * 8, views.u8)
  let begin = Infinity
  let end = 0
  let rawBytes = 0
  for (let i = 0; i < count; i++) {
    const length = views.u32[2 * i + 1]!
    if (length === 0) continue
    begin = Math.min(begin, views.u32[2 * i]!)
    end = Math.max(end, views.u32[2 * i]! + length)
    rawBytes += length
  }
  if (end === 0 || end > group.streamBytes) return NO_TEXT
  if (isCoded) rawBytes = codedBytes(table, group, chunk, views.u32)
  return { rawBytes, parts: [{ offset: begin, bytes: end - begin }] }
}

function codedBytes(table: TableStore, group: RowGroup, chunk: ColumnChunk, views: Uint32Array): number {
  const { reader } = table.services
  const codes = viewsOf(new ArrayBuffer(group.rows * 8))
  if (isLight(chunk)) decodeWindow(reader, group, chunk, 0, group.rows, codes, 0)
  else reader.copy(group, chunk.valuesOffset, group.rows * LAYOUT_WIDTH[chunk.layout]!, codes.u8)
  const values = chunk.layout === LAYOUT.U8 ? codes.u8 : codes.u16
  let bytes = 0
  for (let row = 0; row < group.rows; row++) {
    if (chunk.nullCount > 0 && reader.isNull(group, chunk, row)) continue
    bytes += views[2 * values[row]! + 1] ?? 0
  }
  return bytes
}
