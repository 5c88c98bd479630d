// Free extents of a number space: blocks of the file, or page ids. Both ends of every free extent are in
// a map, so freeing merges with its neighbours in O(1); extents are also filed by size (1 to 16
// exactly, above that by powers of two), so a small request is answered from the smallest class that fits.
//
// Invariants
//   X1 extents are disjoint and never touch (neighbours are merged at once)
//   X2 every extent is in exactly one size class, and freeCount is the sum of their lengths
import { assert } from '../../src/base/assert.ts'

const EXACT_CLASSES = 16
const CLASS_COUNT = EXACT_CLASSES + 1 + 32
// Extents looked at inside one power-of-two class before taking any from a larger class.
const CLASS_PROBES = 16

/** Free numbers, handed out and taken back as runs. */
export class ExtentAllocator {
  private readonly lengthAt = new Map<number, number>()
  private readonly startOfEnd = new Map<number, number>()
  private readonly classes: Set<number>[] = []
  private free = 0

  constructor() {
    for (let i = 0; i < CLASS_COUNT; i++) this.classes.push(new Set())
  }

  /** Numbers that are free. */
  get freeCount(): number {
    return this.free
  }

  /** Free extents as [start, length], in no order. */
  extents(): IterableIterator<[number, number]> {
    return this.lengthAt.entries()
  }

  /** Start of a run of `count`, or -1 when no free extent is long enough. */
  allocate(count: number): number {
    assert(count > 0, 'allocation of no numbers')
    for (let at = classOf(count); at < CLASS_COUNT; at++) {
      const start = this.findIn(this.classes[at]!, count)
      if (start < 0) continue
      const length = this.lengthAt.get(start)!
      this.remove(start, length)
      if (length > count) this.insert(start + count, length - count)
      return start
    }
    return -1
  }

  /** Like allocate, from the lowest address that fits. Cost: a walk over all free extents. */
  allocateLowest(count: number): number {
    let lowest = -1
    for (const [start, length] of this.lengthAt) {
      if (length >= count && (lowest < 0 || start < lowest)) lowest = start
    }
    if (lowest < 0) return -1
    const length = this.lengthAt.get(lowest)!
    this.remove(lowest, length)
    if (length > count) this.insert(lowest + count, length - count)
    return lowest
  }

  private findIn(starts: Set<number>, count: number): number {
    let probes = 0
    for (const start of starts) {
      if (this.lengthAt.get(start)! >= count) return start
      if (++probes === CLASS_PROBES) break
    }
    return -1
  }

  /** Gives a run back, merging it with free neighbours. Freeing a free number is a bug (XX000). */
  release(start: number, count: number): void {
    assert(count > 0, 'release of no numbers')
    let first = start
    let length = count
    assert(!this.lengthAt.has(start), 'number freed twice')
    const before = this.startOfEnd.get(start)
    if (before !== undefined) {
      const beforeLength = this.lengthAt.get(before)!
      this.remove(before, beforeLength)
      first = before
      length += beforeLength
    }
    const afterLength = this.lengthAt.get(start + count)
    if (afterLength !== undefined) {
      this.remove(start + count, afterLength)
      length += afterLength
    }
    this.insert(first, length)
  }

  /** Takes the free extent that ends at `end` away, for shrinking; returns its start, or `end`. */
  takeTail(end: number): number {
    const start = this.startOfEnd.get(end)
    if (start === undefined) return end
    this.remove(start, end - start)
    return start
  }

  private insert(start: number, length: number): void {
    this.lengthAt.set(start, length)
    this.startOfEnd.set(start + length, start)
    this.classes[classOf(length)]!.add(start)
    this.free += length
  }

  private remove(start: number, length: number): void {
    this.lengthAt.delete(start)
    this.startOfEnd.delete(start + length)
    this.classes[classOf(length)]!.delete(start)
    this.free -= length
  }
}

function classOf(length: number): number {
  return length <= EXACT_CLASSES ? length : EXACT_CLASSES - 4 + (32 - Math.clz32(length))
}
