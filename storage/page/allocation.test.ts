// The allocator against a plain model of one byte per number, including the delay of rule F2.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { DelayedSpace } from './delayed-space.ts'
import { ExtentAllocator } from './extent-allocator.ts'

describe('extent allocator', () => {
  test('random allocations and releases agree with a model; extents are disjoint and merged', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed)
      const space = new ExtentAllocator()
      const free = new Uint8Array(3000)
      space.release(0, 3000)
      free.fill(1)
      const held: [number, number][] = []
      for (let step = 0; step < 2000; step++) {
        if (random.chance(0.55) || held.length === 0) {
          const count = random.chance(0.9) ? random.between(1, 16) : random.between(17, 400)
          const start = space.allocate(count)
          if (start < 0) continue
          expect(free.subarray(start, start + count).every((is) => is === 1)).toBe(true)
          free.fill(0, start, start + count)
          held.push([start, count])
        } else {
          const [start, count] = held.splice(random.below(held.length), 1)[0]!
          space.release(start, count)
          free.fill(1, start, start + count)
        }
      }
      const seen = new Uint8Array(3001)
      for (const [start, length] of space.extents()) {
        expect(seen[start - 1] === 1 || seen[start + length] === 1).toBe(false)
        seen.fill(1, start, start + length)
      }
      expect(Buffer.compare(seen.subarray(0, 3000), free)).toBe(0)
      expect(space.freeCount).toBe(free.reduce((sum, is) => sum + is, 0))
    }
  })

  test('a small request takes the smallest extent that fits', () => {
    const space = new ExtentAllocator()
    space.release(0, 100)
    space.release(200, 3)
    space.release(300, 5)
    expect([space.allocate(4), space.allocate(3), space.allocate(3)]).toEqual([300, 200, 0])
  })

  test('freeing twice is refused', () => {
    const space = new ExtentAllocator()
    space.release(5, 2)
    expect(() => space.release(5, 2)).toThrow(/freed twice/)
  })
})

describe('delayed space', () => {
  test('what is released is reused after the second turn, never before', () => {
    const space = new DelayedSpace(0, () => 1)
    const first = space.allocate(4)
    space.release(first, 4)
    expect(space.allocate(4)).toBe(4)
    space.turn()
    expect(space.allocate(4)).toBe(8)
    expect(space.delayedCount).toBe(4)
    space.turn()
    expect(space.allocate(4)).toBe(first)
    expect(space.freeCount).toBe(0)
  })

  test('what a held root refers to waits for the end of the hold (F6)', () => {
    const space = new DelayedSpace(0, () => 1)
    const [before, during] = [space.allocate(1), space.allocate(2)]
    space.release(before, 1)
    space.turn()
    const release = space.hold()
    space.release(during, 2)
    for (let i = 0; i < 4; i++) space.turn()
    expect(space.freeCount).toBe(1)
    expect(space.delayedCount).toBe(2)
    release()
    release()
    space.turn()
    expect([space.freeCount, space.delayedCount]).toEqual([3, 0])
  })

  test('the oldest of several holds counts', () => {
    const space = new DelayedSpace(0, () => 1)
    const at = space.allocate(3)
    const older = space.hold()
    space.release(at, 1)
    space.turn()
    const newer = space.hold()
    space.release(at + 1, 2)
    newer()
    for (let i = 0; i < 3; i++) space.turn()
    expect(space.freeCount).toBe(0)
    older()
    space.turn()
    expect(space.freeCount).toBe(3)
  })

  test('growth merges with a free tail, and a free tail can be given up', () => {
    const space = new DelayedSpace(10, () => 8)
    expect(space.allocate(3)).toBe(10)
    expect(space.limit).toBe(18)
    expect(space.allocate(7)).toBe(13)
    expect(space.limit).toBe(26)
    expect(space.shrink(7)).toBe(false)
    expect(space.shrink(6)).toBe(true)
    expect([space.limit, space.freeCount]).toEqual([20, 0])
  })
})
