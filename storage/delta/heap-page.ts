// A heap page: slotted tuples inside one frame. Pure byte work on linear memory; which page to use, and
// what a tuple means, is heap.ts's business.
//
//   offset  size  meaning
//   0       4     magic "HEAP"
//   4       4     page id
//   8       4     table id
//   12      4     number of slots
//   16      4     dataBegin: offset of the lowest tuple byte (tuples grow down from 65,536)
//   20      4     live bytes: sum of the lengths of live tuples
//   24      4     number of free slots
//   28      4     reserved, zero
//   32      4*n   slots: offset u16, length u16; offset 0 = free slot
//
// H1  slots end at or before dataBegin, and every live tuple lies in [dataBegin, 65536).
// H2  a slot number stays valid until its tuple is removed: compaction moves tuples, not slots.
import { assert } from '../../src/base/assert.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

const HEAP_MAGIC = 0x50414548
const HEAP_HEADER_BYTES = 32
const SLOT_BYTES = 4
/** Longest tuple that fits an empty page; longer bodies go to overflow pages. */
export const HEAP_TUPLE_MAX = 16_000

const AT = { MAGIC: 0, PAGE: 4, TABLE: 8, SLOTS: 12, DATA: 16, LIVE: 20, FREE_SLOTS: 24 } as const

/** Writes the header of an empty heap page at `base`. */
export function initHeapPage(memory: LinearMemory, base: number, pageId: number, tableId: number): void {
  const { view } = memory
  view.setUint32(base + AT.MAGIC, HEAP_MAGIC, true)
  view.setUint32(base + AT.PAGE, pageId, true)
  view.setUint32(base + AT.TABLE, tableId, true)
  view.setUint32(base + AT.SLOTS, 0, true)
  view.setUint32(base + AT.DATA, FRAME_SIZE, true)
  view.setUint32(base + AT.LIVE, 0, true)
  view.setUint32(base + AT.FREE_SLOTS, 0, true)
}

/** Why the header at `base` cannot be the one of heap page `pageId`, or null when it is sound. */
export function checkHeapPage(memory: LinearMemory, base: number, pageId: number): string | null {
  const { view } = memory
  if (view.getUint32(base + AT.MAGIC, true) !== HEAP_MAGIC) return 'not a heap page'
  if (view.getUint32(base + AT.PAGE, true) !== pageId) return 'heap page carries another page id'
  const slots = view.getUint32(base + AT.SLOTS, true)
  const data = view.getUint32(base + AT.DATA, true)
  if (data > FRAME_SIZE || HEAP_HEADER_BYTES + slots * SLOT_BYTES > data) return 'violates H1: slots overlap tuples'
  let freeSlots = 0
  let live = 0
  for (let slot = 0; slot < slots; slot++) {
    const offset = view.getUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES, true)
    const length = view.getUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES + 2, true)
    if (offset === 0) freeSlots++
    else if (offset < data || offset + length > FRAME_SIZE) return 'violates H1: tuple outside its page'
    else live += length
  }
  if (view.getUint32(base + AT.FREE_SLOTS, true) !== freeSlots) return 'heap page counts other free slots than it has'
  if (view.getUint32(base + AT.LIVE, true) !== live) return 'heap page counts other live bytes than it has'
  if (live > FRAME_SIZE - data) return 'violates H1: tuples overlap'
  return null
}

/** Table of the page at `base`. */
export function heapTableId(memory: LinearMemory, base: number): number {
  return memory.view.getUint32(base + AT.TABLE, true)
}

/** Slots of the page at `base`, free ones included. */
export function heapSlotCount(memory: LinearMemory, base: number): number {
  return memory.view.getUint32(base + AT.SLOTS, true)
}

/** Offset of the tuple in the page, 0 when the slot is free. */
export function heapTupleOffset(memory: LinearMemory, base: number, slot: number): number {
  return memory.view.getUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES, true)
}

/** Bytes of the tuple in a slot. */
export function heapTupleLength(memory: LinearMemory, base: number, slot: number): number {
  return memory.view.getUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES + 2, true)
}

/** Bytes a new tuple may have, after compaction if need be, counting a new slot. */
export function heapFreeBytes(memory: LinearMemory, base: number): number {
  const { view } = memory
  const slots = view.getUint32(base + AT.SLOTS, true)
  return FRAME_SIZE - HEAP_HEADER_BYTES - (slots + 1) * SLOT_BYTES - view.getUint32(base + AT.LIVE, true)
}

/** True when no tuple is left. */
export function isHeapPageEmpty(memory: LinearMemory, base: number): boolean {
  return memory.view.getUint32(base + AT.LIVE, true) === 0
}

/** Makes room for a tuple of `length` bytes, which the caller writes, and returns its slot. Requires heapFreeBytes. */
export function addHeapTuple(memory: LinearMemory, base: number, length: number): number {
  const { view } = memory
  assert(length > 0 && length <= heapFreeBytes(memory, base), 'tuple does not fit its heap page')
  const slots = view.getUint32(base + AT.SLOTS, true)
  const slot = takeFreeSlot(memory, base, slots)
  const slotEnd = HEAP_HEADER_BYTES + Math.max(slots, slot + 1) * SLOT_BYTES
  if (view.getUint32(base + AT.DATA, true) - length < slotEnd) compactHeapPage(memory, base)
  const data = view.getUint32(base + AT.DATA, true) - length
  assert(data >= slotEnd, 'heap page has less room than it counted')
  view.setUint32(base + AT.DATA, data, true)
  view.setUint32(base + AT.LIVE, view.getUint32(base + AT.LIVE, true) + length, true)
  if (slot === slots) view.setUint32(base + AT.SLOTS, slots + 1, true)
  view.setUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES, data, true)
  view.setUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES + 2, length, true)
  return slot
}

// A free slot's number, or `slots` for a new one.
function takeFreeSlot(memory: LinearMemory, base: number, slots: number): number {
  const free = memory.view.getUint32(base + AT.FREE_SLOTS, true)
  if (free === 0) return slots
  let slot = 0
  while (slot < slots && heapTupleOffset(memory, base, slot) !== 0) slot++
  assert(slot < slots, 'heap page counts free slots it does not have')
  memory.view.setUint32(base + AT.FREE_SLOTS, free - 1, true)
  return slot
}

/** Frees a slot; its bytes come back at the next compaction. */
export function removeHeapTuple(memory: LinearMemory, base: number, slot: number): void {
  const { view } = memory
  const at = base + HEAP_HEADER_BYTES + slot * SLOT_BYTES
  assert(view.getUint16(at, true) !== 0, 'heap slot is free already')
  view.setUint32(base + AT.LIVE, view.getUint32(base + AT.LIVE, true) - view.getUint16(at + 2, true), true)
  view.setUint32(at, 0, true)
  view.setUint32(base + AT.FREE_SLOTS, view.getUint32(base + AT.FREE_SLOTS, true) + 1, true)
}

/** Slides live tuples to the end of the page, highest first, so that free bytes are contiguous. */
function compactHeapPage(memory: LinearMemory, base: number): void {
  const { view, u8 } = memory
  const slots = view.getUint32(base + AT.SLOTS, true)
  const live: number[] = []
  for (let slot = 0; slot < slots; slot++) if (heapTupleOffset(memory, base, slot) !== 0) live.push(slot)
  live.sort((a, b) => heapTupleOffset(memory, base, b) - heapTupleOffset(memory, base, a))
  let end = FRAME_SIZE
  for (const slot of live) {
    const offset = heapTupleOffset(memory, base, slot)
    const length = heapTupleLength(memory, base, slot)
    end -= length
    u8.copyWithin(base + end, base + offset, base + offset + length)
    view.setUint16(base + HEAP_HEADER_BYTES + slot * SLOT_BYTES, end, true)
  }
  view.setUint32(base + AT.DATA, end, true)
}
