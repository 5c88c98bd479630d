// Parquet reader over hyparquet (loaded on first use), all codecs of hyparquet-compressors. Row groups are read
// one at a time, each column as one array, and handed on in slices; memory is bounded by the largest row group.

import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import type { ByteSource } from './byte-source.ts'
import type { Source, SourceBatch } from './format.ts'
import { uniqueNames } from './infer.ts'
import { parquetColumn, parquetValues, type ParquetColumn } from './parquet-values.ts'

const SLICE_ROWS = 65_536

/** Opens a Parquet file. Throws 22P02 when it is not one, is cut short or damaged. */
export async function openParquet(file: ByteSource): Promise<Source> {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const buffer = asyncBuffer(file)
  await checkFraming(file)
  let metadata: FileMetaData
  let layout: ParquetColumn[]
  let names: string[]
  try {
    metadata = await parquetMetadataAsync(buffer, { geoparquet: false })
    layout = parquetSchema(metadata).children.map((child) => parquetColumn(child.element))
    if (layout.length === 0) throw new Error('it has no columns')
    names = uniqueNames(layout.map((one) => one.name))
    checkChunks(file, metadata, layout.every((one) => one.element !== null))
  } catch (cause) {
    throw damaged(file, cause)
  }
  return {
    format: 'parquet',
    columns: layout.map((one, i): ColumnSchema => ({ name: names[i]!, type: one.type, nullable: true })),
    rowsEstimate: Number(metadata.num_rows),
    bytesTotal: file.size,
    batches: () => readBatches(file, buffer, withoutLogicalTypes(metadata, layout), layout),
    close: () => file.close(),
  }
}

async function checkFraming(file: ByteSource): Promise<void> {
  const head = Buffer.from(await file.slice(0, 4)).toString('latin1')
  const tail = Buffer.from(await file.slice(Math.max(0, file.size - 4), file.size)).toString('latin1')
  if (head === 'PARE' || tail === 'PARE') {
    throw new DatabaseError(CODE.UNSUPPORTED, `"${file.path}" is an encrypted Parquet file`, { file: file.path })
  }
  if (head !== 'PAR1') throw damaged(file, new Error('it does not start with PAR1'))
  if (tail !== 'PAR1' || file.size < 12) {
    throw new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" is cut short: the end of the Parquet file is missing`,
      { file: file.path, offset: file.size })
  }
}

/** Sizes that contradict each other would send the decoder on long walks over nothing. */
function checkChunks(file: ByteSource, metadata: FileMetaData, isFlat: boolean): void {
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows)
    const isSane = rows >= 0 && group.columns.every(({ meta_data: chunk }) => {
      if (chunk === undefined) return false
      const begin = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset)
      return begin >= 0 && begin + Number(chunk.total_compressed_size) <= file.size
        && (!isFlat || Number(chunk.num_values) === rows)
    })
    if (!isSane) throw new Error('sizes in its footer contradict each other')
  }
}

function damaged(file: ByteSource, cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" is not a Parquet file or is damaged: ${detail}`,
    { file: file.path, cause })
}

function asyncBuffer(file: ByteSource): AsyncBuffer {
  return {
    byteLength: file.size,
    async slice(begin: number, end = file.size) {
      const bytes = await file.slice(begin < 0 ? file.size + begin : begin, end)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
}

/** The metadata with flat top-level columns reduced to their physical types. */
function withoutLogicalTypes(metadata: FileMetaData, layout: readonly ParquetColumn[]): FileMetaData {
  const schema = [...metadata.schema]
  let column = 0
  // Top-level elements are those reached without counting down any group's children.
  for (let i = 1; i < schema.length; column++) {
    const flat = layout[column]!.element
    if (flat !== null) schema[i] = flat
    let pending = 1
    while (pending > 0) pending += (schema[i++]!.num_children ?? 0) - 1
  }
  return { ...metadata, schema }
}

async function* readBatches(
  file: ByteSource, buffer: AsyncBuffer, metadata: FileMetaData, layout: readonly ParquetColumn[],
): AsyncGenerator<SourceBatch> {
  const { parquetScan } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const parsers = { timestampFromNanoseconds: (nanos: bigint): bigint => nanos }
  let rowStart = 0
  let bytes = 0
  for (const group of metadata.row_groups) {
    const rowCount = Number(group.num_rows)
    const rowEnd = rowStart + rowCount
    let decoded: ArrayLike<unknown>[]
    try {
      // A scan of its own for each row group: it would otherwise keep the last arrays of every column.
      const scan = await parquetScan({ file: buffer, metadata, compressors, parsers, utf8: false })
      const range = { rowStart, rowEnd }
      decoded = rowCount === 0 ? []
        : await Promise.all(layout.map(({ name }) => scan.readColumn({ column: name, ...range })))
    } catch (cause) {
      throw damaged(file, cause)
    }
    for (const column of group.columns) bytes += Number(column.meta_data?.total_compressed_size ?? 0)
    for (let begin = 0; begin < rowCount; begin += SLICE_ROWS) {
      const end = Math.min(begin + SLICE_ROWS, rowCount)
      const columns = layout.map((column, i) => parquetValues(column, decoded[i]!, begin, end))
      yield { rowCount: end - begin, columns, bytesDone: Math.min(bytes, file.size) }
    }
    rowStart = rowEnd
  }
}
