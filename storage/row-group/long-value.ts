// A long text or bytes value that is somewhere else: in the pages of a row group, or in bytes that the caller has.
// Merges and row-group writers pass it on by reference and copy it piece by piece, so that a value may be longer than
// the memory of the database.
//
//   row group (old) ─ view ─► LongValue ─ copy(from, piece) ─► window of the writer ─► row group (new)
//
// A reference is good as long as what it refers to: one step of a merge, in which the old groups are still there.

/** Values from this many bytes on are passed on by reference. */
export const LONG_VALUE_BYTES = 1 << 20

/** Fills `target` with the bytes of the value from byte `from` on. */
export type CopyBytes = (from: number, target: Uint8Array) => void

/** A value by reference. */
export class LongValue {
  /** In bytes. */
  readonly length: number
  readonly copy: CopyBytes

  constructor(length: number, copy: CopyBytes) {
    this.length = length
    this.copy = copy
  }

  /** Over bytes in memory, which must not change. */
  static of(bytes: Uint8Array): LongValue {
    return new LongValue(bytes.length, (from, target) => target.set(bytes.subarray(from, from + target.length)))
  }
}
