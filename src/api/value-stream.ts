// item.readStream and item.writeStream: one long TEXT, JSON or BYTEA value as chunks of bytes.
//
//   readStream   chunks of the value as of the call; a merged value is read page by page, one chunk in memory
//   writeStream  chunks go to pages of the file as they come, unless they are few; close() commits the row: readers see
//                all or nothing, and what is never closed is free space
//
// Outside of a transaction a written value needs a window of memory, not its length (storage/long-row.ts says what else
// goes through memory). Lengths and UTF-8 are checked with every chunk.
import { ReadableStream, WritableStream } from 'node:stream/web'
import { CODE, DatabaseError } from '../base/errors.ts'
import { fromJs } from '../base/scalar-js.ts'
import { isText } from '../base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../base/types.ts'
import type { LongRow, StoreAccess, ValueLimits } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { Session } from './session.ts'
import type { OpenResult } from './session-parts.ts'

/** Bytes of a chunk that readStream hands out. */
const CHUNK_BYTES = 64 * 1024
/** A written value of this many bytes goes to the file. */
const SPOOL_BYTES = 1 << 20
const EMPTY = new Uint8Array(0)
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

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

/** What a write stream writes to: one column of one row. */
export interface ValueTarget {
  readonly type: SqlType
  readonly limits: ValueLimits
  /** Throws where a write would be refused, and says whether the value may go to the file before close(). */
  mayStream(): boolean
  /** The value on its way to the file; null when it has to be in memory. */
  begin(): LongRow | null
  /** Commits a value that is on the file; false when it has to be put from memory after all. */
  commit(long: LongRow): boolean
  /** Commits a value from memory. */
  put(value: Scalar): void
}

/** A stream whose chunks become one value when it is closed; abort() drops them. 54000 as soon as it is too long. */
export function writeStream(target: ValueTarget): WritableStream<Uint8Array> {
  const value = new WrittenValue(target)
  return new WritableStream<Uint8Array>({
    write: chunk => value.write(chunk), close: () => value.close(), abort: () => value.drop(),
  })
}

// The value so far: chunks in memory, or pages of the file once there are many.
class WrittenValue {
  readonly #target: ValueTarget
  readonly #limit: number
  // Text is checked as it comes; JSON is parsed, so it comes whole.
  readonly #checker: InstanceType<typeof TextDecoder> | null
  #chunks: Uint8Array[] = []
  #length = 0
  #long: LongRow | null = null
  #staysInMemory: boolean

  constructor(target: ValueTarget) {
    const { type, limits } = target
    this.#target = target
    this.#limit = isText(type) ? limits.textBytes : limits.binaryBytes
    this.#checker = isText(type) ? new TextDecoder('utf-8', { fatal: true }) : null
    this.#staysInMemory = ['json', 'jsonb', 'array'].includes(type.kind) || type.maxLength !== undefined
  }

  write(chunk: Uint8Array): void {
    try {
      this.#take(chunk)
    } catch (error) {
      this.drop()
      throw error
    }
  }

  #take(chunk: Uint8Array): void {
    const { type } = this.#target
    if (!(chunk instanceof Uint8Array)) {
      throw new DatabaseError(CODE.DATATYPE_MISMATCH, `a chunk is a Uint8Array, not ${typeof chunk}`)
    }
    this.#length += chunk.length
    if (this.#length > this.#limit) {
      const text = `the value is too long: ${type.kind} has at most ${this.#limit} bytes`
      throw new DatabaseError(CODE.PROGRAM_LIMIT, text)
    }
    this.#check(chunk, true)
    if (this.#long !== null) return this.#long.write(chunk)
    // The writer may use its buffer again.
    this.#chunks.push(chunk.slice())
    if (this.#length >= SPOOL_BYTES && !this.#staysInMemory) this.#spool()
  }

  #check(chunk: Uint8Array, more: boolean): void {
    if (this.#checker === null) return
    try {
      this.#checker.decode(chunk, { stream: more })
    } catch (cause) {
      throw new DatabaseError(CODE.INVALID_ENCODING, 'the bytes written to a text column are not UTF-8', { cause })
    }
  }

  #spool(): void {
    this.#staysInMemory = !this.#target.mayStream()
    this.#long = this.#staysInMemory ? null : this.#target.begin()
    if (this.#long === null) return
    for (const chunk of this.#chunks) this.#long.write(chunk)
    this.#chunks = []
  }

  close(): void {
    const { type } = this.#target
    try {
      this.#check(EMPTY, false)
      if (this.#long !== null && this.#target.mayStream() && this.#target.commit(this.#long)) return
      const bytes = this.#bytes()
      this.#target.put(isText(type) ? fromJs(type, decoder.decode(bytes)) : bytes)
    } finally {
      this.drop()
    }
  }

  #bytes(): Uint8Array {
    if (this.#long !== null) return this.#long.takeBack()
    const bytes = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes
  }

  drop(): void {
    this.#chunks = []
    this.#long?.abort()
    this.#long = null
  }
}
