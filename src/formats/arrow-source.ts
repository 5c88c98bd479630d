// Arrow IPC reader, file and stream format, through apache-arrow (loaded on first use: 170 ms). Record batches
// come one at a time and are handed on in slices, so memory is bounded by the file's own batch size. Buffers
// compressed with LZ4 or ZSTD, as pandas and Feather write them, are decoded.

import type { FileHandle } from 'node:fs/promises'
import type { RecordBatch } from 'apache-arrow'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import { arrowColumn, sqlTypeOfArrow, type Arrow } from './arrow-values.ts'
import type { ByteSource } from './byte-source.ts'
import type { Source, SourceBatch } from './format.ts'
import { uniqueNames } from './infer.ts'
import { decodeLz4Frame } from './lz4-frame.ts'

const SLICE_ROWS = 65_536
const READ_BYTES = 1 << 20
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
  const reader = await openReader(arrow, file, isFile)
  try {
    const fields = reader.schema.fields
    const names = uniqueNames(fields.map((one) => one.name))
    const columns = fields.map((field, i): ColumnSchema =>
      ({ name: names[i]!, type: sqlTypeOfArrow(arrow, field.type), nullable: true }))
    const first = await reader.next()
    const rowsEstimate = first.done ? 0 : estimateRows(first.value, file.size)
    return {
      format: 'arrow', columns, rowsEstimate, bytesTotal: file.size,
      batches: () => readBatches(arrow, file, isFile, Math.max(1, rowsEstimate)),
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

/** A reader of its own for each pass. */
async function openReader(arrow: Arrow, file: ByteSource, isFile: boolean) {
  try {
    const { RecordBatchReader } = arrow
    const reader = isFile ? await RecordBatchReader.from(guardedHandle(file))
      : await RecordBatchReader.from(readBytes(file))
    await reader.open()
    // Without a schema message at the front of a stream, apache-arrow makes up an empty one.
    if (reader.schema.fields.length === 0) throw new Error('it has no columns')
    return reader
  } catch (cause) {
    throw notArrow(file, cause)
  }
}

async function* readBytes(file: ByteSource): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += READ_BYTES) yield await file.slice(at, at + READ_BYTES)
}

/**
 * What apache-arrow uses of a file handle. It asks again as long as a read gives nothing, so in a file whose
 * footer is damaged a read outside the file has to be an error; and the file is ours to close.
 */
function guardedHandle(file: ByteSource): FileHandle {
  // A message takes at least 16 bytes and a few reads: more reads than this go round in circles.
  let readsLeft = 64 + file.size / 4
  const guarded: Pick<FileHandle, 'fd' | 'close'> & { stat: unknown; read: unknown } = {
    fd: file.handle.fd,
    stat: () => Promise.resolve({ size: file.size }),
    async read(buffer: Uint8Array, offset: number, length: number, position: number) {
      if (--readsLeft < 0) throw new Error('its footer refers to the same bytes again and again')
      if (!(position >= 0 && position < file.size)) throw new Error(`it points to byte ${position}, outside the file`)
      return { buffer, bytesRead: await file.readInto(buffer.subarray(offset, offset + length), position) }
    },
    close: () => Promise.resolve(),
  }
  return guarded as FileHandle
}

/** From the share of the file that the first batch takes. */
function estimateRows(batch: RecordBatch, bytesTotal: number): number {
  const bytes = batch.data.byteLength
  return bytes === 0 ? batch.numRows : Math.max(batch.numRows, Math.floor((batch.numRows * bytesTotal) / bytes))
}

async function* readBatches(
  arrow: Arrow, file: ByteSource, isFile: boolean, rowsEstimate: number,
): AsyncGenerator<SourceBatch> {
  const reader = await openReader(arrow, file, isFile)
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
