// A blocked Bloom filter over the keys of one sealed run: "not here" with one cache miss and no page. Keys go in
// by their 32-bit hash (key.ts); one half of a mixed hash picks a block of 64 bytes, the other half six bits in it.
//
//   bytes: magic "BLOM" u32 | blocks u32 | keys u32 | zero u32 | blocks of 64 bytes
//
// B1  Every key of the run's live rows passes. About 1 % of other keys do, at 12 bits per key.
// A filter only grows: roots that know the run with fewer rows may use it as well.
// Reference: F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007.
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { hashKey } from './key.ts'
import type { KeyValue } from './key.ts'

const BLOOM_MAGIC = 0x4d4f4c42
const BITS_PER_KEY = 12
const BLOCK_WORDS = 16
const HEADER_BYTES = 16

/** Approximate membership of keys. */
export class BloomFilter {
  private readonly words: Uint32Array
  private readonly blocks: number
  /** Keys added. */
  keys: number

  private constructor(words: Uint32Array, keys: number) {
    this.words = words
    this.blocks = words.length / BLOCK_WORDS
    this.keys = keys
  }

  /** An empty filter for up to `capacity` keys; more make it pass more. */
  static create(capacity: number): BloomFilter {
    const blocks = Math.max(1, Math.ceil((capacity * BITS_PER_KEY) / (BLOCK_WORDS * 32)))
    return new BloomFilter(new Uint32Array(blocks * BLOCK_WORDS), 0)
  }

  /** Reads a stored filter; damage is XX001. */
  static decode(bytes: Uint8Array, source: { file: string; page: number }): BloomFilter {
    const reader = new ByteReader(bytes, source)
    if (reader.u32() !== BLOOM_MAGIC) reader.fail('not a Bloom filter')
    const blocks = reader.u32()
    const keys = reader.u32()
    reader.u32()
    if (blocks === 0 || bytes.length !== HEADER_BYTES + blocks * BLOCK_WORDS * 4) {
      reader.fail('Bloom filter whose sizes disagree')
    }
    return new BloomFilter(new Uint32Array(bytes.slice(HEADER_BYTES).buffer), keys)
  }

  /** The bytes of the filter. */
  encode(): Uint8Array {
    const out = new ByteWriter(this.byteLength)
    out.u32(BLOOM_MAGIC)
    out.u32(this.blocks)
    out.u32(this.keys)
    out.u32(0)
    out.raw(new Uint8Array(this.words.buffer, this.words.byteOffset, this.words.byteLength))
    return out.finish()
  }

  /** Bytes of the stored form. */
  get byteLength(): number {
    return HEADER_BYTES + this.words.byteLength
  }

  add(key: KeyValue): void {
    const hash = hashKey(key)
    const mixed = mix(hash)
    const first = this.blockOf(hash)
    this.keys++
    for (let shift = 0; shift < 27; shift += 9) this.set(first, mixed >>> shift)
    const more = mix(mixed)
    for (let shift = 0; shift < 27; shift += 9) this.set(first, more >>> shift)
  }

  private set(first: number, bit: number): void {
    this.words[first + ((bit >>> 5) & 15)]! |= 1 << (bit & 31)
  }

  private isSet(first: number, bit: number): boolean {
    return ((this.words[first + ((bit >>> 5) & 15)]! >>> (bit & 31)) & 1) === 1
  }

  private blockOf(hash: number): number {
    return Math.floor(((hash >>> 0) / 0x1_0000_0000) * this.blocks) * BLOCK_WORDS
  }

  /** False when no such key was added. */
  mayContain(key: KeyValue): boolean {
    const hash = hashKey(key)
    const mixed = mix(hash)
    const first = this.blockOf(hash)
    if (!this.isSet(first, mixed) || !this.isSet(first, mixed >>> 9) || !this.isSet(first, mixed >>> 18)) return false
    const more = mix(mixed)
    return this.isSet(first, more) && this.isSet(first, more >>> 9) && this.isSet(first, more >>> 18)
  }
}

function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return (h ^ (h >>> 15)) >>> 0
}
