// Little-endian reading and writing of byte strings: the one codec behind page maps, catalogues and WAL
// bodies. A writer grows by doubling; a reader checks every access against its end and raises XX001, so
// bytes from a damaged or hostile file can never read outside themselves.
//
// varint: 7 bits per byte, low group first, high bit = more follows; up to 2^53 - 1 (8 bytes).
// string: varint byte length, then UTF-8. bytes: varint length, then the bytes.
import { assert } from './assert.ts'
import { corruption } from './errors.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** A buffer that grew beyond this is dropped by reset. */
const KEPT_BYTES = 4 * 1024 * 1024
const TWO_32 = 0x1_0000_0000
/** Texts up to this many units are tried as ASCII first. */
const SHORT_TEXT = 16
/** Texts of more units are encoded apart: room for three bytes a unit would be much. */
const LONG_TEXT = 0x4000

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

/** Growing little-endian byte string. `finish` gives a view, valid until the next write or reset. */
export class ByteWriter {
  bytes: Uint8Array
  length = 0
  private view: DataView

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for `count` more bytes and returns the offset where they go. */
  reserve(count: number): number {
    const at = this.length
    const end = at + count
    if (end > this.bytes.length) this.grow(end)
    this.length = end
    return at
  }

  private grow(needed: number): void {
    let capacity = Math.max(64, this.bytes.length * 2)
    while (capacity < needed) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.bytes[at] = value
  }

  u16(value: number): void {
    const at = this.reserve(2)
    this.view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.reserve(4)
    this.view.setUint32(at, value, true)
  }

  i32(value: number): void {
    const at = this.reserve(4)
    this.view.setInt32(at, value, true)
  }

  /** A non-negative safe integer in 8 bytes. */
  u64(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'u64 takes a non-negative safe integer')
    const at = this.reserve(8)
    this.view.setUint32(at, value % TWO_32, true)
    this.view.setUint32(at + 4, Math.floor(value / TWO_32), true)
  }

  /** A signed 64-bit integer. */
  i64(value: bigint): void {
    const at = this.reserve(8)
    this.view.setBigInt64(at, value, true)
  }

  f64(value: number): void {
    const at = this.reserve(8)
    this.view.setFloat64(at, value, true)
  }

  /** A non-negative safe integer in 1-8 bytes. */
  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'varint takes a non-negative safe integer')
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  /** The bytes alone, without a length. */
  raw(source: Uint8Array): void {
    const at = this.reserve(source.length)
    this.bytes.set(source, at)
  }

  /** Length-prefixed bytes. */
  blob(source: Uint8Array): void {
    this.varint(source.length)
    this.raw(source)
  }

  /** Length-prefixed UTF-8. Unpaired surrogates become U+FFFD, as TextEncoder has it. */
  string(value: string): void {
    const { length } = value
    if (length <= SHORT_TEXT && this.ascii(value)) return
    if (length > LONG_TEXT) this.blob(encoder.encode(value))
    else this.encodeInPlace(value)
  }

  // A short text of ASCII, byte by byte: a call of the encoder costs more. False = nothing was written.
  private ascii(value: string): boolean {
    const { length } = value
    const at = this.reserve(length + 1)
    const { bytes } = this
    bytes[at] = length
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) {
        this.length = at
        return false
      }
      bytes[at + 1 + i] = code
    }
    return true
  }

  // Behind a varint as long as ASCII needs it; text that needs a longer one is moved.
  private encodeInPlace(value: string): void {
    const begin = this.length
    this.varint(value.length)
    const at = this.length
    this.reserve(value.length * 3 + 1)
    const { written } = encoder.encodeInto(value, this.bytes.subarray(at))
    const target = begin + varintBytes(written)
    if (target !== at) this.bytes.copyWithin(target, at, at + written)
    this.length = begin
    this.varint(written)
    this.length = target + written
  }

  /** Overwrites a u32 written earlier at `offset`. */
  patchU32(offset: number, value: number): void {
    assert(offset + 4 <= this.length, 'patch outside the written bytes')
    this.view.setUint32(offset, value, true)
  }

  /** View of what was written. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Forgets what was written, and gives the memory of something large back. */
  reset(): void {
    this.length = 0
    if (this.bytes.length <= KEPT_BYTES) return
    this.bytes = new Uint8Array(KEPT_BYTES)
    this.view = new DataView(this.bytes.buffer)
  }
}

/** Where a reader's bytes come from, for its errors. */
export interface ByteSource {
  file: string
  page?: number
  /** File or page offset of the reader's first byte. */
  offset?: number
}

/** Bounds-checked little-endian reader; running past the end, bad UTF-8 or a bad varint is XX001. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  offset: number
  private readonly source: ByteSource
  private readonly view: DataView

  constructor(bytes: Uint8Array, source: ByteSource, offset = 0, end = bytes.length) {
    assert(offset >= 0 && offset <= end && end <= bytes.length, 'reader range outside its bytes')
    this.bytes = bytes
    this.source = source
    this.offset = offset
    this.end = end
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.offset
  }

  /** Raises XX001 naming file, page and offset. */
  fail(message: string): never {
    const { file, page } = this.source
    throw corruption(message, { file, page, offset: (this.source.offset ?? 0) + this.offset })
  }

  /** Steps over `count` bytes and returns where they start. */
  take(count: number): number {
    const at = this.offset
    if (count > this.end - at) this.fail('value runs past the end of its bytes')
    this.offset = at + count
    return at
  }

  u8(): number {
    return this.bytes[this.take(1)]!
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true)
  }

  /** A non-negative integer below 2^53; larger is XX001. */
  u64(): number {
    const at = this.take(8)
    const high = this.view.getUint32(at + 4, true)
    if (high >= 0x20_0000) this.fail('64-bit number out of range')
    return high * TWO_32 + this.view.getUint32(at, true)
  }

  i64(): bigint {
    return this.view.getBigInt64(this.take(8), true)
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true)
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) this.fail('varint out of range')
        return value
      }
      scale *= 0x80
    }
    return this.fail('varint longer than 8 bytes')
  }

  /** View of the next `count` bytes: no copy. */
  raw(count: number): Uint8Array {
    const at = this.take(count)
    return this.bytes.subarray(at, at + count)
  }

  /** View of length-prefixed bytes: no copy. */
  blob(): Uint8Array {
    return this.raw(this.varint())
  }

  string(): string {
    const at = this.offset
    const bytes = this.blob()
    try {
      return decoder.decode(bytes)
    } catch {
      this.offset = at
      return this.fail('text is not UTF-8')
    }
  }
}
