// Every codec: random and structured pages come back as they were, hostile images are refused within bounds.
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { FRAME_SIZE, LinearMemory } from '../memory/linear-memory.ts'
import { decodeLz4Block, encodeLz4Block } from './lz4-block.ts'
import { IMAGE_HEADER_BYTES, PAGE_CODEC, compressPage, decompressPage } from './page-codec.ts'
import { BLOCK_SIZE } from './page-map.ts'
import { loadWasmFrames, nativeFrames } from './zstd-frame.ts'

const CODECS = [PAGE_CODEC.LZ4, PAGE_CODEC.ZSTD, PAGE_CODEC.GZIP]
let memory: LinearMemory
let source: number
let image: number
let back: number

beforeAll(() => {
  memory = LinearMemory.create(32 * FRAME_SIZE)
  source = memory.allocateRun(1)
  image = memory.allocateRun(1)
  back = memory.allocateRun(1)
})
afterAll(() => memory.release())

/** Bytes with runs, repeats and noise; `noise` from 0 (all zeros) to 1. */
function pageBytes(random: Random, length: number, noise: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const count = Math.min(length - at, 1 + random.between(0, 300))
    if (random.chance(noise)) for (let i = 0; i < count; i++) bytes[at + i] = random.between(0, 255)
    else if (random.chance(0.5) && at > 0) {
      const distance = random.between(1, Math.min(at, 70_000))
      for (let i = 0; i < count; i++) bytes[at + i] = bytes[at + i - distance]!
    } else bytes.fill(random.between(0, 255), at, at + count)
    at += count
  }
  return bytes
}

describe.each(CODECS)('codec %i', (codec) => {
  test('any page comes back, filled up with zeros', () => {
    const random = new Random(codec)
    let compressed = 0
    for (let i = 0; i < 150; i++) {
      const length = random.chance(0.3) ? FRAME_SIZE : random.between(1, FRAME_SIZE)
      const bytes = pageBytes(random, length, random.next() ** 2)
      memory.u8.set(bytes, source)
      memory.u8.fill(0xee, image, image + FRAME_SIZE)
      const blocks = compressPage(codec, memory, source, length, image)
      if (blocks === 0) continue
      compressed++
      expect(blocks).toBeLessThan(Math.ceil(length / BLOCK_SIZE))
      memory.u8.fill(0xdd, back, back + FRAME_SIZE)
      const whole = Math.ceil(length / BLOCK_SIZE) * BLOCK_SIZE
      expect(decompressPage(codec, memory, image, blocks * BLOCK_SIZE, back)).toBe(whole)
      expect(Buffer.compare(memory.u8.slice(back, back + length), bytes)).toBe(0)
      expect(memory.u8.subarray(back + length, back + whole).every((byte) => byte === 0)).toBe(true)
    }
    expect(compressed).toBeGreaterThan(60)
  })

  test('pages that save no block, and pages of one block, are left as they are', () => {
    const random = new Random(7)
    for (let i = 0; i < FRAME_SIZE; i++) memory.u8[source + i] = random.between(0, 255)
    expect(compressPage(codec, memory, source, FRAME_SIZE, image)).toBe(0)
    memory.u8.fill(0, source, source + FRAME_SIZE)
    expect(compressPage(codec, memory, source, BLOCK_SIZE, image)).toBe(0)
    expect(compressPage(codec, memory, source, BLOCK_SIZE + 1, image)).toBe(1)
  })

  test('hostile images are refused and write nothing outside the frame', () => {
    const random = new Random(codec + 100)
    const bytes = pageBytes(random, 50_000, 0.2)
    memory.u8.set(bytes, source)
    const blocks = compressPage(codec, memory, source, bytes.length, image)
    expect(blocks).toBeGreaterThan(0)
    const good = memory.u8.slice(image, image + blocks * BLOCK_SIZE)
    const guard = memory.allocateRun(1)
    let refused = 0
    for (let i = 0; i < 400; i++) {
      memory.u8.set(good, image)
      const changes = random.between(1, 4)
      for (let k = 0; k < changes; k++) {
        const at = random.chance(0.3) ? random.between(0, 40) : random.between(0, good.length - 1)
        memory.u8[image + at] = random.between(0, 255)
      }
      memory.u8.fill(0x55, guard, guard + FRAME_SIZE)
      const length = decompressPage(codec, memory, image, good.length, back)
      if (length === 0) refused++
      expect(length).toBeLessThanOrEqual(FRAME_SIZE)
      expect(memory.u8.subarray(guard, guard + FRAME_SIZE).every((byte) => byte === 0x55)).toBe(true)
    }
    expect(refused).toBeGreaterThan(50)
    memory.releaseRun(guard, 1)
  })

  test('lengths that cannot be are refused', () => {
    memory.u8.fill(1, source, source + 20_000)
    const blocks = compressPage(codec, memory, source, 20_000, image)
    const header = image >>> 2
    const [raw, packed] = [memory.u32[header]!, memory.u32[header + 1]!]
    for (const [a, b] of [[0, packed], [65_537, packed], [raw - 1, packed], [raw + 1, packed], [raw, 0],
      [raw, packed - 1], [raw, blocks * BLOCK_SIZE - IMAGE_HEADER_BYTES + 1], [2 ** 32 - 1, 2 ** 32 - 1]]) {
      memory.u32[header] = a!
      memory.u32[header + 1] = b!
      expect(decompressPage(codec, memory, image, blocks * BLOCK_SIZE, back)).toBe(0)
    }
  })
})

test('a codec nobody knows is refused', () => {
  memory.u8.fill(1, source, source + 20_000)
  const blocks = compressPage(PAGE_CODEC.LZ4, memory, source, 20_000, image)
  expect(decompressPage(9, memory, image, blocks * BLOCK_SIZE, back)).toBe(0)
})

test('LZ4: lz4js reads what we store and we read what it writes, also long literals and matches', () => {
  const lz4 = createRequire(import.meta.url)('lz4js') as {
    decompressBlock(source: Uint8Array, target: Uint8Array, begin: number, length: number, at: number): number
  }
  const random = new Random(3)
  for (let i = 0; i < 60; i++) {
    const bytes = pageBytes(random, random.between(20, FRAME_SIZE), random.next())
    const packed = new Uint8Array(FRAME_SIZE * 2)
    const length = encodeLz4Block(bytes, packed)
    if (length === 0) continue
    const theirs = new Uint8Array(bytes.length)
    expect(lz4.decompressBlock(packed, theirs, 0, length, 0)).toBe(bytes.length)
    const ours = new Uint8Array(bytes.length + length)
    ours.set(packed.subarray(0, length), bytes.length)
    expect(decodeLz4Block(ours, bytes.length, bytes.length + length, 0, bytes.length)).toBe(true)
    expect(Buffer.compare(ours.subarray(0, bytes.length), bytes)).toBe(0)
    expect(Buffer.compare(theirs, bytes)).toBe(0)
  }
})

test('ZSTD: the producers of this process read each other', () => {
  const producers = [loadWasmFrames(), nativeFrames(), loadWasmFrames()].filter((one) => one !== null)
  const random = new Random(4)
  for (const writer of producers) {
    for (const reader of producers) {
      for (let i = 0; i < 20; i++) {
        const bytes = pageBytes(random, random.between(1, FRAME_SIZE), 0.3)
        const packed = new Uint8Array(FRAME_SIZE * 2)
        const length = writer.encode(bytes, packed)
        const target = new Uint8Array(bytes.length)
        expect(reader.decode(packed.subarray(0, length), target)).toBe(bytes.length)
        expect(Buffer.compare(target, bytes)).toBe(0)
        expect(reader.decode(packed.subarray(0, length), new Uint8Array(bytes.length - 1))).toBe(0)
      }
    }
  }
})
