// Log bytes that are not in the file yet: encoded records, one after another, of which the last transaction may
// still be open and be taken back. The buffer grows by doubling and gives the memory of a large transaction
// back when it has been written.
//
//   0 ......... open ......... length          records before `open` have their place, those behind it do not yet
//
// A record is encoded where it will be written from, so that appending costs one copy of its body.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { MAX_BODY_BYTES, RECORD_HEADER_BYTES, encodeHeader } from './record.ts'

const INITIAL_BYTES = 64 * 1024
// A buffer that a large transaction made grow beyond this is dropped after it was written.
const MAX_KEPT_BYTES = 4 * 1024 * 1024
// Up to here a loop is cheaper than a view and a native copy.
const COPIED_BY_BYTE = 32

/** Growing buffer of records. */
export class RecordBuffer {
  bytes = new Uint8Array(INITIAL_BYTES)
  view = new DataView(this.bytes.buffer)
  length = 0

  /** Adds a record whose body is copied from `body`. 54000 for one too large. */
  append(type: number, txnId: number, tableId: number, body: Uint8Array, offset: number, length: number): void {
    const target = this.open(type, txnId, tableId, length)
    if (length > COPIED_BY_BYTE) this.bytes.set(body.subarray(offset, offset + length), target)
    else for (let i = 0; i < length; i++) this.bytes[target + i] = body[offset + i]!
  }

  /** Adds a record whose body of `length` bytes the caller writes; returns where it goes. 54000 for one too large. */
  open(type: number, txnId: number, tableId: number, length: number): number {
    if (length > MAX_BODY_BYTES) {
      throw new DatabaseError(CODE.PROGRAM_LIMIT, `a log record of ${length} bytes is too large`)
    }
    const at = this.reserve(RECORD_HEADER_BYTES + length)
    encodeHeader(this.view, at, type, txnId, tableId, length)
    return at + RECORD_HEADER_BYTES
  }

  /** Makes room for `count` bytes and returns where they begin. */
  reserve(count: number): number {
    const at = this.length
    if (at + count > this.bytes.length) {
      let capacity = this.bytes.length * 2
      while (capacity < at + count) capacity *= 2
      this.replace(capacity)
    }
    this.length = at + count
    return at
  }

  /** The bytes to write: a view. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Everything is in the file. */
  clear(): void {
    this.length = 0
    if (this.bytes.length > MAX_KEPT_BYTES) this.replace(INITIAL_BYTES)
  }

  private replace(capacity: number): void {
    const replaced = new Uint8Array(capacity)
    replaced.set(this.bytes.subarray(0, this.length))
    this.bytes = replaced
    this.view = new DataView(replaced.buffer)
  }
}
