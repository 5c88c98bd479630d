// Frames, runs, pressure, recycling, arenas, and the checksum in both implementations.
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../src/base/checksum.ts'
import { Random } from '../../src/base/random.ts'
import { Arena } from './arena.ts'
import { checksumOver } from './checksum.ts'
import { FRAME_SIZE, LinearMemory, ZERO_ADDRESS } from './linear-memory.ts'

const MIB = 1024 * 1024

describe('linear memory', () => {
  test('random frames and runs never overlap and the count is right', () => {
    const memory = LinearMemory.create(8 * MIB)
    const random = new Random(7)
    const held: [number, number][] = []
    const owner = new Uint8Array(memory.frameCount)
    for (let step = 0; step < 5000; step++) {
      if (random.chance(0.5) && held.length > 0) {
        const [first, count] = held.splice(random.below(held.length), 1)[0]!
        owner.fill(0, first, first + count)
        if (count === 1) memory.releaseFrame(first)
        else memory.releaseRun(first * FRAME_SIZE, count)
      } else {
        const count = random.between(1, 6)
        let first: number
        try {
          first = count === 1 ? memory.allocateFrame() : memory.allocateRun(count) / FRAME_SIZE
        } catch (error) {
          expect(error).toMatchObject({ code: '53200' })
          let longest = 0
          for (let at = 2, run = 0; at < owner.length; at++) longest = Math.max(longest, run = owner[at] ? 0 : run + 1)
          expect(longest).toBeLessThan(count)
          continue
        }
        if (first < 0) {
          expect(owner.subarray(2).every((taken) => taken === 1)).toBe(true)
          continue
        }
        for (let at = first; at < first + count; at++) expect(owner[at]).toBe(0)
        owner.fill(1, first, first + count)
        held.push([first, count])
      }
      expect(memory.usedFrames).toBe(2 + owner.reduce((sum, taken) => sum + taken, 0))
    }
    memory.release()
  })

  test('system and zero frame are never given out; the zero frame is zero also in recycled memory', () => {
    const first = LinearMemory.create(2 * MIB)
    first.u8.fill(0xff, ZERO_ADDRESS)
    first.release()
    const second = LinearMemory.create(2 * MIB)
    expect(second.memory).toBe(first.memory)
    expect(second.u8.subarray(ZERO_ADDRESS, ZERO_ADDRESS + FRAME_SIZE).every((byte) => byte === 0)).toBe(true)
    const frames = []
    for (let frame = second.allocateFrame(); frame >= 0; frame = second.allocateFrame()) frames.push(frame)
    expect([frames.length, Math.min(...frames)]).toEqual([30, 2])
  })

  test('a run that does not fit asks for room, and is refused with 53200', () => {
    const memory = LinearMemory.create(2 * MIB)
    const frames = Array.from({ length: 30 }, () => memory.allocateFrame())
    expect(() => memory.allocateRun(2)).toThrow(/out of memory: 131072 contiguous bytes/)
    memory.onPressure = (wanted) => {
      for (let i = 0; i < wanted; i++) memory.releaseFrame(frames.pop()!)
      return true
    }
    expect(memory.allocateRun(4)).toBe(28 * FRAME_SIZE)
    memory.release()
  })
})

describe('arena', () => {
  test('alignment, mark and rewind, reset and release give back every frame', () => {
    const memory = LinearMemory.create(16 * MIB)
    const before = memory.usedFrames
    const arena = new Arena(memory)
    const random = new Random(3)
    const one = arena.allocate(10, 8)
    const mark = arena.mark()
    let last = one + 10
    for (let i = 0; i < 200; i++) {
      const size = random.below(90_000)
      const address = arena.allocate(size)
      expect(address % 64).toBe(0)
      memory.u8.fill(1, address, address + size)
      last = address
    }
    expect(last).toBeGreaterThan(0)
    arena.rewind(mark)
    expect(arena.allocate(4, 4)).toBe(Math.ceil((one + 10) / 4) * 4)
    const zeroed = arena.allocateZeroed(200_000)
    expect(memory.u8.subarray(zeroed, zeroed + 200_000).every((byte) => byte === 0)).toBe(true)
    arena.reset()
    expect(arena.bytes).toBe(FRAME_SIZE)
    arena.release()
    expect([arena.bytes, memory.usedFrames]).toEqual([0, before])
    memory.release()
  })

  test('growth that does not fit falls back to the bare need', () => {
    const memory = LinearMemory.create(2 * MIB)
    const arena = new Arena(memory)
    arena.allocate(20 * FRAME_SIZE)
    arena.allocate(7 * FRAME_SIZE)
    expect(arena.bytes).toBe(27 * FRAME_SIZE)
    expect(() => arena.allocate(5 * FRAME_SIZE)).toThrow(/out of memory/)
    arena.release()
    memory.release()
  })
})

describe('checksum', () => {
  test('known values (RFC 3720, B.4)', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  test('WebAssembly, JavaScript and a seed give equal answers at every length and alignment', () => {
    const memory = LinearMemory.create(2 * MIB)
    const base = 4 * FRAME_SIZE
    const random = new Random(11)
    for (let i = 0; i < 4096; i++) memory.u8[base + i] = random.below(256)
    process.env['SECANTDB_CHECKSUM'] = 'js'
    const forced = checksumOver(memory.memory, 0)
    delete process.env['SECANTDB_CHECKSUM']
    for (let length = 0; length < 300; length++) {
      const at = base + random.below(64)
      const expected = crc32c(memory.u8.subarray(at, at + length))
      expect(memory.crc32c(at, length)).toBe(expected)
      expect(forced(at, length, 0)).toBe(expected)
      const cut = random.below(length + 1)
      expect(memory.crc32c(at + cut, length - cut, memory.crc32c(at, cut))).toBe(expected)
    }
    memory.release()
  })

  test('the last bytes of a 4 GiB memory', () => {
    const memory = LinearMemory.create(2 ** 32)
    memory.u8[2 ** 32 - 1] = 1
    const tail = memory.u8.subarray(2 ** 32 - 1000)
    expect(memory.crc32c(2 ** 32 - 1000, 1000)).toBe(crc32c(tail))
    memory.release()
  })
})
