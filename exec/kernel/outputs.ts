// Output columns of projections: which layout a value gets, and the buffers for it. Integers take the
// narrowest unsigned layout over a base that their proven range allows, so that what follows is fast.
import type { SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Layout } from '../../storage/column-buffers.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { bitmapBytes } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import { canonicalLayout } from '../vector/vector.ts'
import type { Node } from './ir.ts'

/** Layout and base of a computed value. */
export interface OutputShape { readonly layout: Layout; readonly base: number }

/** The layout for values of a node as a column of a type. */
export function outputShape(node: Node, type: SqlType): OutputShape {
  if (type.kind === 'boolean') return { layout: LAYOUT.U8, base: 0 }
  if (physicalOf(type) !== 'int' || node.rep !== 'int') return { layout: canonicalLayout(type), base: 0 }
  const span = node.hi - node.lo
  // A range that holds 0 and is positive needs no base at all.
  const base = node.lo >= 0 && node.hi < 2 ** 32 && (node.hi >= 65536 || node.lo === 0) ? 0 : node.lo
  const reach = base === 0 ? node.hi : span
  if (reach < 256) return { layout: LAYOUT.U8, base }
  if (reach < 65536) return { layout: LAYOUT.U16, base }
  if (reach < 2 ** 32) return { layout: LAYOUT.U32, base }
  return { layout: LAYOUT.I64, base: 0 }
}

/** Bytes of `rows` values, padded to whole 64-row words. */
function valueBytes(layout: Layout, rows: number): number {
  return Math.ceil(rows / 64) * 64 * LAYOUT_WIDTH[layout]!
}

/** Points an output vector at fresh buffers for `rows` rows. Validity starts all NULL, values uninitialised. */
export function allocateOutput(
  vector: Vector, shape: OutputShape, arena: Arena, rows: number, nullable: boolean,
): void {
  vector.layout = shape.layout
  vector.base = shape.base
  vector.valuesPtr = arena.allocate(valueBytes(shape.layout, rows))
  vector.validityPtr = nullable ? arena.allocateZeroed(bitmapBytes(rows)) : 0
  vector.dictionary = null
  vector.min = null
  vector.max = null
}
