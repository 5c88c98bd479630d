// item.readStream and item.writeStream: one long TEXT, JSON or BYTEA value as chunks of bytes.
//
//   readStream   chunks of the value as of the call; a merged value is read page by page, one chunk in memory
//   writeStream  chunks are kept until close(), which checks the value and commits the row: readers see all or nothing
//
// What is written is in memory once before it becomes the row's value; its length is checked with every chunk.
import { ReadableStream, WritableStream } from 'node:stream/web'
import { CODE, DatabaseError } from '../base/errors.ts'
import { fromJs } from '../base/scalar-js.ts'
import { isText } from '../base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../base/types.ts'
import type { StoreAccess, ValueLimits } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { OpenResult, Session } from './session.ts'

/** Bytes of a chunk that readStream hands out. */
const CHUNK_BYTES = 64 * 1024
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Ordinal of a column that can be streamed. Throws 42703, 42804. */
export function streamColumn(schema: TableSchema, name: string): number {
  const column = schema.columns.findIndex(known => known.name === name && known.hidden !== true)
  if (column < 0) {
    const hint = didYouMean(String(name), schema.columns.map(known => known.name))
    throw new DatabaseError(CODE.UNDEFINED_COLUMN, `column "${name}" of table "${schema.name}" does not exist`,
      hint === undefined ? {} : { hint })
  }
  const { type } = schema.columns[column]!
  if (isText(type) || type.kind === 'bytea') return column
  throw new DatabaseError(CODE.DATATYPE_MISMATCH, `column "${name}" is ${type.kind}: only text, json and bytea stream`)
}

/** The value as a stream of chunks; null for NULL, undefined without a row. Holds the snapshot until it ends. */
export function readStream(
  session: Session, name: string, key: readonly Scalar[], column: number,
): ReadableStream<Uint8Array> | null | undefined {
  const read = session.startRead()
  let chunks: ReturnType<StoreAccess['chunks']>
  try {
    chunks = read.tables(name).chunks(key, column, CHUNK_BYTES)
  } catch (error) {
    read.end()
    throw error
  }
  if (chunks === null || chunks === undefined) {
    read.end()
    return chunks
  }
  const source = chunks
  let controller: { error(cause: unknown): void } | null = null
  const result: OpenResult = {
    close: () => {
      controller?.error(new DatabaseError(CODE.CANCELLED, 'the stream was cancelled because the database was closed'))
      end()
    },
  }
  let isOver = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    read.end()
    session.ended(result)
  }
  session.openResults.add(result)
  return new ReadableStream<Uint8Array>({
    start: given => { controller = given },
    pull: given => {
      try {
        const next = source.next()
        if (next.done !== true) return given.enqueue(next.value)
        end()
        given.close()
      } catch (error) {
        end()
        throw error
      }
    },
    cancel: end,
  }, { highWaterMark: 0 })
}

/** Where a stream writes: called once, at close(), with the whole value. */
export type PutValue = (value: Scalar) => void

/** A stream whose chunks become one value when it is closed; abort() drops them. 54000 as soon as it is too long. */
export function writeStream(type: SqlType, limits: ValueLimits, put: PutValue): WritableStream<Uint8Array> {
  const limit = isText(type) ? limits.textBytes : limits.binaryBytes
  let chunks: Uint8Array[] = []
  let length = 0
  return new WritableStream<Uint8Array>({
    write: chunk => {
      if (!(chunk instanceof Uint8Array)) {
        throw new DatabaseError(CODE.DATATYPE_MISMATCH, `a chunk is a Uint8Array, not ${typeof chunk}`)
      }
      length += chunk.length
      if (length > limit) {
        chunks = []
        throw new DatabaseError(CODE.PROGRAM_LIMIT, `the value is too long: ${type.kind} has at most ${limit} bytes`)
      }
      // The writer may use its buffer again.
      chunks.push(chunk.slice())
    },
    close: () => {
      const bytes = new Uint8Array(length)
      let at = 0
      for (const chunk of chunks) {
        bytes.set(chunk, at)
        at += chunk.length
      }
      chunks = []
      put(isText(type) ? fromJs(type, decode(bytes)) : bytes)
    },
    abort: () => { chunks = [] },
  })
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new DatabaseError(CODE.INVALID_ENCODING, 'the bytes written to a text column are not UTF-8', { cause })
  }
}
