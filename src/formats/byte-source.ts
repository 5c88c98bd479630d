// Positioned reads of a file for the format readers, with the errors users should see: missing file, folder,
// empty file, no permission. Reads are asynchronous so that a long import leaves the event loop alive.

import { open, type FileHandle } from 'node:fs/promises'
import { fileError } from '../../storage/file/file.ts'
import { CODE, DatabaseError } from '../base/errors.ts'

/** An open file of known size. */
export class ByteSource {
  readonly path: string
  readonly size: number
  readonly handle: FileHandle

  private constructor(path: string, handle: FileHandle, size: number) {
    this.path = path
    this.handle = handle
    this.size = size
  }

  /** Opens for reading. Throws 58P01, 42809 for a folder, 22P02 for an empty file, 58030. */
  static async open(path: string): Promise<ByteSource> {
    try {
      const handle = await open(path, 'r')
      const status = await handle.stat()
      if (!status.isDirectory() && status.size > 0) return new ByteSource(path, handle, status.size)
      await handle.close()
      if (status.isDirectory()) {
        throw new DatabaseError(CODE.WRONG_OBJECT, `cannot read "${path}": it is a directory`, { file: path })
      }
      throw new DatabaseError(CODE.INVALID_TEXT, `"${path}" is empty`, { file: path })
    } catch (cause) {
      throw fileError('open for reading', path, cause)
    }
  }

  /** Reads into `target` from `offset`; returns the bytes read, fewer only at the end of the file. */
  async readInto(target: Uint8Array, offset: number): Promise<number> {
    let filled = 0
    try {
      while (filled < target.length) {
        const { bytesRead } = await this.handle.read(target, filled, target.length - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
    } catch (cause) {
      throw fileError('read', this.path, cause)
    }
    return filled
  }

  /** The bytes [begin, end), cut at the end of the file. */
  async slice(begin: number, end: number): Promise<Uint8Array> {
    const target = new Uint8Array(Math.max(0, Math.min(end, this.size) - begin))
    const filled = await this.readInto(target, begin)
    return target.subarray(0, filled)
  }

  /** Closes the file; a second call does nothing. */
  async close(): Promise<void> {
    await this.handle.close()
  }
}

/** A growing window over a file: keeps the unconsumed tail and reads the next piece behind it. */
export class ByteWindow {
  bytes: Buffer
  /** Valid bytes in `bytes`. */
  end = 0
  /** File offset of `bytes[0]`. */
  offset = 0
  atEnd = false
  private readonly source: ByteSource
  private readonly limit: number

  /** Starts before the first byte; `limit` cuts the file for sampling. */
  constructor(source: ByteSource, windowBytes: number, limit = source.size) {
    this.source = source
    this.limit = Math.min(limit, source.size)
    this.bytes = Buffer.allocUnsafe(windowBytes)
  }

  /** Drops `consumed` bytes and fills the rest of the window, doubling it when nothing could be consumed. */
  async advance(consumed: number): Promise<void> {
    // A new buffer each time: batches handed out may still point into the old one.
    const rest = this.end - consumed
    const size = consumed === 0 && this.end === this.bytes.length ? this.bytes.length * 2 : this.bytes.length
    if (size > 2 ** 30) throw new DatabaseError(CODE.PROGRAM_LIMIT, `"${this.source.path}" has a record over 512 MiB`)
    const next = Buffer.allocUnsafe(size)
    this.bytes.copy(next, 0, consumed, this.end)
    this.bytes = next
    this.offset += consumed
    const want = Math.min(size - rest, this.limit - this.offset - rest)
    const filled = want <= 0 ? 0 : await this.source.readInto(next.subarray(rest, rest + want), this.offset + rest)
    this.end = rest + filled
    this.atEnd = this.offset + this.end >= this.limit || filled < want
  }
}
