// The one total order of every type, used by keys, sorting, grouping and the tests: NULL last and equal to
// itself, NaN after all other floats and equal to itself, -0 equal to 0, text by UTF-8 bytes, bytea and uuid
// by bytes, intervals by length with 30-day months.

import { parseArray } from './array-text.ts'
import { compareIntervals } from './interval.ts'
import { compareJsonb } from './jsonb.ts'
import { parseScalar } from './scalar-parse.ts'
import type { Scalar, SqlType } from './types.ts'
import { compareBytes, compareUtf8 } from './utf8.ts'

/** Three-way comparison of two Scalars of one type. */
export function compareScalars(type: SqlType, a: Scalar, b: Scalar): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  switch (type.kind) {
    case 'text': case 'json': return compareUtf8(a as string, b as string)
    case 'jsonb': return compareJsonb(a as string, b as string)
    case 'array': return compareArrays(type.element!, a as string, b as string)
    case 'bytea': case 'uuid': return compareBytes(a as Uint8Array, b as Uint8Array)
    case 'interval': return compareIntervals(a as Uint8Array, b as Uint8Array)
    case 'real': case 'double': return compareFloats(a as number, b as number)
    default: return a < b ? -1 : a > b ? 1 : 0
  }
}

// Element by element, then the shorter one first; NULL elements are equal and sort last.
function compareArrays(element: SqlType, a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [parseArray(a), parseArray(b)]
  const value = (text: string | null): Scalar => text === null ? null : parseScalar(element, text)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareScalars(element, value(left[i]!), value(right[i]!))
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Three-way comparison of floats with NaN last. */
export function compareFloats(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1
}
