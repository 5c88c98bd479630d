// Ranges of types, columns and integer operations: what lets kernels use plain number arithmetic and skip
// overflow checks. All results are conservative; doubles beyond 2^53 are only ever compared with slack.
import type { SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Vector } from '../vector/vector.ts'
import { SAFE, isSafeRange, quantize } from './ir.ts'

export interface Range { readonly lo: number; readonly hi: number }

const INT64: Range = { lo: -(2 ** 63), hi: 2 ** 63 }
const MICROS_PER_DAY = 86_400_000_000

/** Every value of a type. */
export function typeRange(type: SqlType): Range {
  switch (type.kind) {
    case 'null': case 'boolean': return { lo: 0, hi: 1 }
    case 'smallint': return { lo: -32768, hi: 32767 }
    case 'integer': return { lo: -2147483648, hi: 2147483647 }
    case 'date': return { lo: -2147483648, hi: 2147483647 }
    case 'time': return { lo: 0, hi: MICROS_PER_DAY }
    case 'decimal': {
      const limit = 10 ** (type.precision ?? 38)
      return limit <= SAFE ? { lo: 1 - limit, hi: limit - 1 } : { lo: -limit, hi: limit }
    }
    default: return INT64
  }
}

/** Exact limits of an integer or decimal type, for overflow checks. */
export function typeLimits(type: SqlType): { lo: number | bigint; hi: number | bigint } {
  if (type.kind === 'decimal') {
    const limit = 10n ** BigInt(type.precision ?? 38) - 1n
    return limit <= BigInt(SAFE) ? { lo: -Number(limit), hi: Number(limit) } : { lo: -limit, hi: limit }
  }
  if (type.kind === 'smallint' || type.kind === 'integer') return typeRange(type)
  return { lo: -(2n ** 63n), hi: 2n ** 63n - 1n }
}

/**
 * Quantised range of a column in one window: from the layout's width and the chunk's min and max, else
 * from the type. An unproven int64 column is looked at once, because kernels over safe numbers are
 * many times faster than exact slow ones.
 */
export function columnRange(memory: LinearMemory, vector: Vector, begin: number, end: number): Range {
  const physical = physicalOf(vector.type)
  if (physical !== 'int' && physical !== 'wide') return { lo: -Infinity, hi: Infinity }
  const ofType = typeRange(vector.type)
  let { lo, hi } = ofType
  if (vector.layout <= LAYOUT.U32) {
    const base = Number(vector.base)
    lo = Math.max(lo, base)
    hi = Math.min(hi, base + 2 ** (8 * (1 << vector.layout)) - 1)
  }
  if (vector.min !== null) lo = Math.max(lo, outward(vector.min, -1))
  if (vector.max !== null) hi = Math.min(hi, outward(vector.max, 1))
  if (!isSafeRange(lo, hi) && (vector.layout === LAYOUT.I64 || vector.layout === LAYOUT.I128)) {
    const seen = probe(memory, vector, begin, end)
    lo = Math.max(lo, seen.lo)
    hi = Math.min(hi, seen.hi)
  }
  return { lo: Math.max(quantize(lo, -1), ofType.lo), hi: Math.min(quantize(hi, 1), ofType.hi) }
}

/** A bound as a double that is not inside the true one. */
function outward(bound: number | bigint, direction: 1 | -1): number {
  if (typeof bound === 'number') return bound
  const near = Number(bound)
  if (BigInt(near) === bound) return near
  return near + direction * Math.abs(near) * Number.EPSILON
}

// High words bound the values: rows that are NULL or not alive are included, which only loosens the range.
function probe(memory: LinearMemory, vector: Vector, begin: number, end: number): Range {
  const { i32 } = memory
  let low = 0x7fffffff
  let high = -0x80000000
  if (vector.layout === LAYOUT.I64) {
    const first = (vector.valuesPtr >>> 2) + 1
    for (let at = first + 2 * begin, stop = first + 2 * end; at < stop; at += 2) {
      const word = i32[at]!
      if (word < low) low = word
      if (word > high) high = word
    }
    return low > high ? { lo: 0, hi: 0 } : { lo: low * 2 ** 32, hi: (high + 1) * 2 ** 32 }
  }
  const first = (vector.valuesPtr >>> 2) + 1
  for (let at = first + 4 * begin, stop = first + 4 * end; at < stop; at += 4) {
    const word = i32[at]!
    const sign = word >> 31
    if (i32[at + 1] !== sign || i32[at + 2] !== sign) return { lo: -Infinity, hi: Infinity }
    if (word < low) low = word
    if (word > high) high = word
  }
  return low > high ? { lo: 0, hi: 0 } : { lo: low * 2 ** 32, hi: (high + 1) * 2 ** 32 }
}

/** Range of a product. */
export function productRange(a: Range, b: Range): Range {
  const products = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi]
  return { lo: Math.min(...products), hi: Math.max(...products) }
}

/** Range of a truncated remainder: the sign of the dividend, smaller than the divisor. */
export function remainderRange(a: Range, b: Range): Range {
  const limit = Math.max(Math.abs(b.lo), Math.abs(b.hi))
  return { lo: a.lo < 0 ? Math.max(a.lo, -limit) : 0, hi: a.hi > 0 ? Math.min(a.hi, limit) : 0 }
}
