// Arrow IPC reader, file and stream format, through apache-arrow (loaded on first use: 170 ms). Record batches
// come one at a time and are handed on in slices, so memory is bounded by the file's own batch size. Buffers
// compressed with LZ4 or ZSTD, as pandas and Feather write them, are decoded.

import { open } from 'node:fs/promises'
import { fileError } from '../../storage/file/file.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import { arrowColumn, sqlTypeOfArrow, type Arrow } from './arrow-values.ts'
import type { ByteSource } from './byte-source.ts'
import type { Source, SourceBatch } from './format.ts'
import { uniqueNames } from './infer.ts'
import { decodeLz4Frame } from './lz4-frame.ts'

const SLICE_ROWS = 65_536
const MAGIC = 'ARROW1'

let loading: Promise<Arrow> | undefined

/** Loads apache-arrow once and teaches it the two codecs. */
export function loadArrow(): Promise<Arrow> {
  loading ??= (async () => {
    const arrow = await import('apache-arrow')
    const { decompressZstd } = await import('hyparquet-compressors')
    const { CompressionType, compressionRegistry } = arrow
    if (CompressionType !== undefined) {
      compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decodeLz4Frame })
      compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompressZstd(bytes) })
    }
    return arrow
  })()
  return loading
}

/** Opens an Arrow file or stream. Throws 22P02 when it is neither or is cut short. */
export async function openArrow(file: ByteSource): Promise<Source> {
  const arrow = await loadArrow()
  const isFile = await checkFraming(file)
  const reader = await openReader(arrow, file)
  try {
    const fields = reader.schema.fields
    const names = uniqueNames(fields.map((one) => one.name))
    const columns = fields.map((field, i): ColumnSchema =>
      ({ name: names[i]!, type: sqlTypeOfArrow(arrow, field.type), nullable: true }))
    const batchCount = isFile ? (reader as unknown as { numRecordBatches: number }).numRecordBatches : 1
    const first = await reader.next()
    const rowsEstimate = first.done ? 0 : first.value.numRows * batchCount
    return {
      format: 'arrow', columns, rowsEstimate, bytesTotal: file.size,
      batches: () => readBatches(arrow, file, Math.max(1, rowsEstimate)),
      close: () => file.close(),
    }
  } catch (cause) {
    throw notArrow(file, cause)
  } finally {
    await reader.cancel()
  }
}

/** True for the file format. The magic stands at both ends, so a missing tail is a truncated file. */
async function checkFraming(file: ByteSource): Promise<boolean> {
  const head = Buffer.from(await file.slice(0, 8))
  if (head.toString('latin1', 0, 6) !== MAGIC) {
    // A stream starts with a continuation mark, or in old files with a small metadata length.
    const mark = head.length >= 8 ? head.readUInt32LE(0) : 0
    if (mark !== 0xffffffff && !(mark > 0 && mark < 1 << 24)) throw notArrow(file, undefined)
    return false
  }
  const tail = Buffer.from(await file.slice(file.size - 6, file.size)).toString('latin1')
  if (tail !== MAGIC || file.size < 24) {
    throw new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" is cut short: the end of the Arrow file is missing`,
      { file: file.path, offset: file.size })
  }
  return true
}

function notArrow(file: ByteSource, cause: unknown): DatabaseError {
  if (cause instanceof DatabaseError) return cause
  const detail = cause instanceof Error ? cause.message : undefined
  return new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" is not an Arrow IPC file or is damaged`,
    { file: file.path, detail, cause })
}

/** Each pass reads through a handle of its own, which the reader closes. */
async function openReader(arrow: Arrow, file: ByteSource) {
  let handle
  try {
    handle = await open(file.path, 'r')
  } catch (cause) {
    throw fileError('open for reading', file.path, cause)
  }
  try {
    const reader = await arrow.RecordBatchReader.from(handle)
    await reader.open()
    return reader
  } catch (cause) {
    await handle.close()
    throw notArrow(file, cause)
  }
}

async function* readBatches(arrow: Arrow, file: ByteSource, rowsEstimate: number): AsyncGenerator<SourceBatch> {
  const reader = await openReader(arrow, file)
  let rows = 0
  try {
    for (;;) {
      const { done, value: batch } = await reader.next()
      if (done) return
      for (let begin = 0; begin < batch.numRows; begin += SLICE_ROWS) {
        const slice = batch.slice(begin, Math.min(begin + SLICE_ROWS, batch.numRows))
        rows += slice.numRows
        const columns = batch.schema.fields.map((_, i) => arrowColumn(arrow, slice.getChildAt(i)!))
        const bytesDone = Math.min(file.size, Math.round(file.size * (rows / rowsEstimate)))
        yield { rowCount: slice.numRows, columns, bytesDone }
      }
    }
  } catch (cause) {
    throw notArrow(file, cause)
  } finally {
    await reader.cancel()
  }
}
