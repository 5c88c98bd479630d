// What the parts of lowering (arithmetic, casts, logic) see of it: the graph, constants and closure calls. It
// exists so that lower.ts may import them and they need not import it.
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { ScalarFunction } from '../functions/entry.ts'
import type { ColumnShape, Graph, Node, Rep } from './ir.ts'
import { isSafeRange } from './ir.ts'
import type { Range } from './ranges.ts'

/** A constant slot: a Scalar, the set of an IN list, or the bytes of a match. */
export type Constant = Scalar | ReadonlySet<Scalar>

export interface CallTraits {
  /** NULL when an argument is NULL, and never called with null. */
  readonly strict: boolean
  readonly stable: boolean
}

export interface LoweringContext {
  readonly graph: Graph
  readonly constants: Constant[]
  readonly columns: readonly ColumnShape[]
  /** A kernel parameter with the range its magnitude has. */
  constant(value: Scalar, type: SqlType): Node
  /** A call of a function over Scalars, which may return null. */
  closureCall(run: ScalarFunction, nodes: readonly Node[], type: SqlType, traits: CallTraits): Node
}

/** Representation of values of a type, given their range. */
export function repOf(type: SqlType, range: Range): Rep {
  switch (physicalOf(type)) {
    case 'float': return 'float'
    case 'bytes': return isText(type) ? 'text' : 'bytes'
    default: return isSafeRange(range.lo, range.hi) ? 'int' : 'big'
  }
}
