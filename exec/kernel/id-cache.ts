// Ids of integers by direct addressing, in front of a WordMap: a u32 per value of a contiguous domain, 0 where
// the value has not been seen. One look-up in a small array instead of a probe of a large hash table. Columns
// with a frame of reference address it by their raw codes, so the base is folded into the pointer.
//
//   id of value v   u32 at tablePtr + 4 * (v - origin)      origin <= v < origin + size
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Vector } from '../vector/vector.ts'

/** Domains up to this size are worth an array at once. */
const SMALL_DOMAIN = 1 << 16
/** 16 MiB of ids. */
const LARGEST_DOMAIN = 1 << 22
// A large domain needs this many rows per value before its array pays.
const VALUES_PER_ROW = 16

/** The ids of one key. */
export class IdCache {
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private tablePtr = 0
  private origin = 0
  private size = 0
  private rows = 0

  constructor(memory: LinearMemory, arena: Arena) {
    this.memory = memory
    this.arena = arena
  }

  /** Makes room for the values of a narrow integer column; false when it cannot be, or would not pay. */
  cover(vector: Vector, rows: number): boolean {
    this.rows += rows
    const { base, layout, dictionary } = vector
    if (physicalOf(vector.type) !== 'int' || dictionary !== null) return false
    if (layout > LAYOUT.U32 || typeof base !== 'number') return false
    const top = layout === LAYOUT.U32 ? null : base + (layout === LAYOUT.U8 ? 255 : 65535)
    const last = typeof vector.max === 'number' && (top === null || vector.max < top) ? vector.max : top
    return last !== null && last >= base && this.extend(base, last)
  }

  private extend(first: number, last: number): boolean {
    if (this.size > 0 && first >= this.origin && last < this.origin + this.size) return true
    const origin = this.size === 0 ? first : Math.min(first, this.origin)
    const end = this.size === 0 ? last + 1 : Math.max(last + 1, this.origin + this.size)
    const wanted = end - origin
    if (wanted > LARGEST_DOMAIN || (wanted > SMALL_DOMAIN && this.rows * VALUES_PER_ROW < wanted)) return false
    this.move(origin, Math.min(LARGEST_DOMAIN, Math.max(256, wanted + (wanted >> 2))))
    return true
  }

  private move(origin: number, size: number): void {
    const table = this.arena.allocateZeroed(size * 4)
    const shift = (this.origin - origin) * 4
    if (this.size > 0) this.memory.u8.copyWithin(table + shift, this.tablePtr, this.tablePtr + this.size * 4)
    this.tablePtr = table
    this.origin = origin
    this.size = size
  }

  /** Address of the id of code 0 of a covered column. */
  pointer(vector: Vector): number {
    return this.tablePtr + 4 * ((vector.base as number) - this.origin)
  }
}
