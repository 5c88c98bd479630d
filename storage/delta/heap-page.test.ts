// A heap page against a map of its tuples: random inserts and removals until it is full, again and again, so
// that slots are reused and the page compacts; damaged headers are noticed.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { FRAME_SIZE, LinearMemory } from '../memory/linear-memory.ts'
import {
  addHeapTuple, checkHeapPage, heapFreeBytes, heapSlotCount, heapTableId, heapTupleLength, heapTupleOffset,
  initHeapPage, isHeapPageEmpty, removeHeapTuple,
} from './heap-page.ts'

const memory = LinearMemory.create(4 << 20)

function insert(base: number, tuple: Uint8Array): number {
  const slot = addHeapTuple(memory, base, tuple.length)
  memory.u8.set(tuple, base + heapTupleOffset(memory, base, slot))
  return slot
}

function newPage(): number {
  const base = memory.allocateFrame() * FRAME_SIZE
  memory.u8.fill(0xee, base, base + FRAME_SIZE)
  initHeapPage(memory, base, 17, 5)
  return base
}

function tupleAt(base: number, slot: number): Uint8Array {
  const at = base + heapTupleOffset(memory, base, slot)
  return memory.u8.slice(at, at + heapTupleLength(memory, base, slot))
}

describe('heap page', () => {
  test.each([20, 300, 9000])('random tuples of up to %d bytes', (longest) => {
    const random = new Random(longest)
    const base = newPage()
    const guard = memory.allocateFrame() * FRAME_SIZE
    memory.u8.fill(0xdd, guard, guard + FRAME_SIZE)
    const model = new Map<number, Uint8Array>()
    for (let step = 0; step < 3000; step++) {
      const bytes = Uint8Array.from({ length: random.between(1, longest) }, () => step & 0xff)
      if (random.chance(step % 1000 < 500 ? 0.8 : 0.3) && bytes.length <= heapFreeBytes(memory, base)) {
        const slot = insert(base, bytes)
        expect(model.has(slot)).toBe(false)
        model.set(slot, bytes)
      } else if (model.size > 0) {
        const slot = random.pick([...model.keys()])
        removeHeapTuple(memory, base, slot)
        model.delete(slot)
        expect(heapTupleOffset(memory, base, slot)).toBe(0)
      }
      if (step % 50 !== 0) continue
      let live = 0
      for (const [slot, expected] of model) {
        expect(Buffer.compare(tupleAt(base, slot), expected)).toBe(0)
        live += expected.length
      }
      expect(heapFreeBytes(memory, base)).toBe(FRAME_SIZE - 32 - 4 * (heapSlotCount(memory, base) + 1) - live)
      expect(checkHeapPage(memory, base, 17)).toBe(null)
      expect(isHeapPageEmpty(memory, base)).toBe(model.size === 0)
    }
    expect(memory.u8.subarray(guard, guard + FRAME_SIZE).every((byte) => byte === 0xdd)).toBe(true)
    expect(heapTableId(memory, base)).toBe(5)
  })

  test('a page takes tuples to the last byte, and after removals in the middle again', () => {
    const base = newPage()
    const slots: number[] = []
    while (heapFreeBytes(memory, base) >= 1000) slots.push(insert(base, new Uint8Array(1000).fill(1)))
    insert(base, new Uint8Array(heapFreeBytes(memory, base)).fill(2))
    expect(heapFreeBytes(memory, base)).toBe(-4)
    expect(() => insert(base, Uint8Array.of(1))).toThrow('does not fit')
    for (const slot of slots.filter((_, i) => i % 2 === 0)) removeHeapTuple(memory, base, slot)
    const room = heapFreeBytes(memory, base)
    const big = insert(base, new Uint8Array(room).fill(3))
    expect(tupleAt(base, big).every((byte) => byte === 3)).toBe(true)
    for (const slot of slots.filter((_, i) => i % 2 === 1)) {
      expect(tupleAt(base, slot)).toEqual(new Uint8Array(1000).fill(1))
    }
    expect(checkHeapPage(memory, base, 17)).toBe(null)
  })

  test('a slot is removed once', () => {
    const base = newPage()
    const slot = insert(base, Uint8Array.of(1))
    removeHeapTuple(memory, base, slot)
    expect(() => removeHeapTuple(memory, base, slot)).toThrow('free already')
  })

  test('damage is named', () => {
    const damaged = (offset: number, value: number): string | null => {
      const base = newPage()
      insert(base, new Uint8Array(100))
      memory.view.setUint32(base + offset, value, true)
      return checkHeapPage(memory, base, 17)
    }
    expect(damaged(0, 1)).toContain('not a heap page')
    expect(damaged(4, 18)).toContain('another page id')
    expect(damaged(12, 40000)).toContain('H1')
    expect(damaged(16, 65537)).toContain('H1')
    expect(damaged(20, 101)).toContain('other live bytes')
    expect(damaged(24, 1)).toContain('other free slots')
    expect(damaged(32, 40)).toContain('H1: tuple outside')
    expect(damaged(32, 0xffff_ffff)).toContain('H1: tuple outside')
  })
})
