// Compressed pages: the image of a page on disk when its map entry names a codec. Written when it takes at least
// one 4 KiB block less than the page itself; unpacked into the frame when the page is read. What is in memory is
// never compressed.
//
//   image    raw length u32 | compressed length u32 | compressed bytes; zeros fill the last block
//   codecs   1 LZ4: one LZ4 block   2 ZSTD: one frame with its content size   3 GZIP: raw deflate, level 4
//
// The checksum of the map entry covers the blocks as they are on disk, so damaged bytes never reach a decoder;
// hostile ones can, and every decoder is bounded by the raw length, which is at most a page.
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { decodeLz4Block, encodeLz4Block } from './lz4-block.ts'
import { BLOCK_SIZE, MAX_PAGE_BYTES } from './page-map.ts'
import { zstdFrames } from './zstd-frame.ts'

/** Codec ids as page-map entries hold them. */
export const PAGE_CODEC = { NONE: 0, LZ4: 1, ZSTD: 2, GZIP: 3 } as const
export type PageCodec = (typeof PAGE_CODEC)[keyof typeof PAGE_CODEC]

/** Names by codec id. */
export const PAGE_CODEC_NAMES: readonly string[] = ['none', 'LZ4', 'ZSTD', 'GZIP']

/** Bytes in front of the compressed ones. */
export const IMAGE_HEADER_BYTES = 8
const DEFLATE_LEVEL = 4
// LZ4 is byte loops, and those are about three times faster over a buffer that is not shared.
const staging = new Uint8Array(2 * MAX_PAGE_BYTES)

/**
 * Writes the image of the page at `address` to `target` (a frame), zeros included, and returns its blocks; 0 when
 * the page is to be stored as it is.
 */
export function compressPage(
  codec: PageCodec, memory: LinearMemory, address: number, byteLength: number, target: number,
): number {
  const room = (Math.ceil(byteLength / BLOCK_SIZE) - 1) * BLOCK_SIZE - IMAGE_HEADER_BYTES
  if (codec === PAGE_CODEC.NONE || room <= 0) return 0
  const source = memory.u8.subarray(address, address + byteLength)
  const begin = target + IMAGE_HEADER_BYTES
  const length = encode(codec, source, memory.u8.subarray(begin, begin + room))
  if (length === 0) return 0
  memory.u32[target >>> 2] = byteLength
  memory.u32[(target >>> 2) + 1] = length
  const blocks = Math.ceil((IMAGE_HEADER_BYTES + length) / BLOCK_SIZE)
  memory.u8.fill(0, begin + length, target + blocks * BLOCK_SIZE)
  return blocks
}

/** Where one page of a run went: its first block counted from the run's, and what its map entry will say. */
export interface PackedPage {
  readonly block: number
  readonly blocks: number
  readonly crc: number
  readonly codec: PageCodec
}

/**
 * Images of the pages of a contiguous stream one after another in `images`, as they will be in the file. Each is
 * made in the frame at `scratch`, where its checksum can be taken.
 */
export function packRun(
  codec: PageCodec, stream: { memory: LinearMemory; address: number; byteLength: number; scratch: number },
  images: Uint8Array,
): { blocks: number; pages: PackedPage[] } {
  const { memory, scratch } = stream
  const pages: PackedPage[] = []
  let count = 0
  for (let done = 0; done < stream.byteLength; done += MAX_PAGE_BYTES) {
    const length = Math.min(MAX_PAGE_BYTES, stream.byteLength - done)
    const from = stream.address + done
    const packed = compressPage(codec, memory, from, length, scratch)
    const blocks = packed > 0 ? packed : Math.ceil(length / BLOCK_SIZE)
    if (packed === 0) {
      memory.u8.copyWithin(scratch, from, from + length)
      memory.u8.fill(0, scratch + length, scratch + blocks * BLOCK_SIZE)
    }
    images.set(memory.u8.subarray(scratch, scratch + blocks * BLOCK_SIZE), count * BLOCK_SIZE)
    const crc = memory.crc32c(scratch, blocks * BLOCK_SIZE)
    pages.push({ block: count, blocks, crc, codec: packed > 0 ? codec : PAGE_CODEC.NONE })
    count += blocks
  }
  return { blocks: count, pages }
}

/**
 * Makes sure that pages can be written with the codec in this process: 0A000 when not. Asked when a setting is made,
 * because a merge that finds out could only stop the engine.
 */
export function assertCodec(codec: PageCodec): void {
  if (codec === PAGE_CODEC.ZSTD) zstdFrames()
}

function encode(codec: PageCodec, source: Uint8Array, target: Uint8Array): number {
  switch (codec) {
    case PAGE_CODEC.LZ4: {
      staging.set(source)
      const length = encodeLz4Block(staging.subarray(0, source.length), staging.subarray(MAX_PAGE_BYTES))
      if (length === 0 || length > target.length) return 0
      target.set(staging.subarray(MAX_PAGE_BYTES, MAX_PAGE_BYTES + length))
      return length
    }
    case PAGE_CODEC.ZSTD: return zstdFrames().encode(source, target)
    case PAGE_CODEC.GZIP: {
      const bytes = deflateRawSync(source, { level: DEFLATE_LEVEL })
      if (bytes.length > target.length) return 0
      target.set(bytes)
      return bytes.length
    }
    case PAGE_CODEC.NONE: return 0
  }
}

/**
 * Unpacks the image at `source` (`imageBytes` long, whole blocks) into the frame at `target` and returns the bytes
 * of the page, filled up with zeros to whole blocks. 0 when the image is not one of this codec.
 */
export function decompressPage(
  codec: number, memory: LinearMemory, source: number, imageBytes: number, target: number,
): number {
  const rawLength = memory.u32[source >>> 2]!
  const length = memory.u32[(source >>> 2) + 1]!
  if (rawLength === 0 || rawLength > MAX_PAGE_BYTES || length > imageBytes - IMAGE_HEADER_BYTES) return 0
  const begin = source + IMAGE_HEADER_BYTES
  if (!decode(codec, memory.u8, begin, begin + length, target, rawLength)) return 0
  const whole = Math.ceil(rawLength / BLOCK_SIZE) * BLOCK_SIZE
  memory.u8.fill(0, target + rawLength, target + whole)
  return whole
}

/** The page of an image as bytes of its own, or null when it is not one of this codec. For tools. */
export function unpackImage(codec: number, image: Uint8Array): Uint8Array | null {
  const header = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const rawLength = header.getUint32(0, true)
  const length = header.getUint32(4, true)
  if (rawLength === 0 || rawLength > MAX_PAGE_BYTES || length > image.length - IMAGE_HEADER_BYTES) return null
  const bytes = new Uint8Array(MAX_PAGE_BYTES + length)
  bytes.set(image.subarray(IMAGE_HEADER_BYTES, IMAGE_HEADER_BYTES + length), MAX_PAGE_BYTES)
  const isPage = decode(codec, bytes, MAX_PAGE_BYTES, MAX_PAGE_BYTES + length, 0, rawLength)
  return isPage ? bytes.slice(0, Math.ceil(rawLength / BLOCK_SIZE) * BLOCK_SIZE).fill(0, rawLength) : null
}

function decode(
  codec: number, u8: Uint8Array, begin: number, end: number, target: number, rawLength: number,
): boolean {
  switch (codec) {
    case PAGE_CODEC.LZ4: {
      staging.set(u8.subarray(begin, end), MAX_PAGE_BYTES)
      const isDecoded = decodeLz4Block(staging, MAX_PAGE_BYTES, MAX_PAGE_BYTES + end - begin, 0, rawLength)
      if (isDecoded) u8.set(staging.subarray(0, rawLength), target)
      return isDecoded
    }
    case PAGE_CODEC.ZSTD:
      return zstdFrames().decode(u8.subarray(begin, end), u8.subarray(target, target + rawLength)) === rawLength
    case PAGE_CODEC.GZIP: return inflate(u8.subarray(begin, end), u8.subarray(target, target + rawLength))
    default: return false
  }
}

function inflate(source: Uint8Array, target: Uint8Array): boolean {
  try {
    const bytes = inflateRawSync(source, { maxOutputLength: target.length })
    if (bytes.length !== target.length) return false
    target.set(bytes)
    return true
  } catch (error) {
    // Damaged and over-long streams are the caller's to report; anything else is not.
    if (/^(Z_|ERR_BUFFER_TOO_LARGE)/.test(String((error as { code?: unknown }).code))) return false
    throw error
  }
}
