// Masks: the part of a filter that SIMD evaluates, 64 rows at a time, straight from the encoded columns.
// A conjunct becomes a tree of AND / OR over leaves when its leaves compare a column with a constant; NOT is
// pushed into the leaves, where it is exact because a NULL row is in no leaf's mask either way.
//
//   range    narrow unsigned column (or dictionary-free boolean): lo <= x <= hi, possibly inverted. Bounds
//            are re-based and clamped to the lane per batch, since (x - lo) <=u (hi - lo) wraps otherwise.
//   range64  int64 column: the same in 64 bits
//   float    float64 column against a constant that is no NaN
//   table    dictionary-coded column: a lookup table of truth values
//   valid    the validity bitmap itself (IS [NOT] NULL)
import type { Scalar } from '../../src/base/types.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { ColumnShape, Node } from './ir.ts'

/** One bound of a range leaf: compare with a constant slot, or with a literal. */
export interface Bound {
  readonly op: 'eq' | 'lt' | 'le' | 'gt' | 'ge'
  readonly slot: number
  readonly literal: number
}

export type Mask =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Mask[] }
  | { readonly kind: 'range' | 'range64'; readonly leaf: number; readonly column: number }
  | { readonly kind: 'float'; readonly column: number; readonly slot: number; readonly op: string }
  | { readonly kind: 'table'; readonly lookup: number; readonly column: number; readonly truth: 0 | 1 }
  | { readonly kind: 'valid'; readonly column: number; readonly wanted: boolean }

/** What the host computes per batch for a range leaf. */
export interface LeafSpec { readonly column: number; readonly bounds: readonly Bound[]; readonly inverted: boolean }

const FLIPPED: Record<string, string> = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' }
const NEGATED: Record<string, string> = { eq: 'ne', ne: 'eq', lt: 'ge', le: 'gt', gt: 'le', ge: 'lt' }

/** Builds masks of conjuncts and collects their range leaves. */
export class MaskBuilder {
  readonly leaves: LeafSpec[] = []
  private readonly columns: readonly ColumnShape[]

  constructor(columns: readonly ColumnShape[]) {
    this.columns = columns
  }

  /** Masks of the conjuncts that have one, ranges of one column merged; the rest is returned as tests. */
  split(conjuncts: readonly Node[]): { masks: Mask[]; tests: Node[] } {
    const masks: Mask[] = []
    const tests: Node[] = []
    const ranges = new Map<string, number>()
    for (const node of conjuncts) {
      const leavesBefore = this.leaves.length
      const mask = this.mask(node, false)
      if (mask === null) {
        this.leaves.length = leavesBefore
        tests.push(node)
      } else if (!this.merge(mask, ranges)) masks.push(mask)
    }
    return { masks, tests }
  }

  // x >= a AND x < b is one range: the second leaf's bounds join the first's.
  private merge(mask: Mask, ranges: Map<string, number>): boolean {
    if (mask.kind !== 'range' && mask.kind !== 'range64') return false
    const spec = this.leaves[mask.leaf]!
    if (spec.inverted) return false
    const first = ranges.get(`${mask.kind}${mask.column}`)
    if (first === undefined || mask.leaf !== this.leaves.length - 1) {
      ranges.set(`${mask.kind}${mask.column}`, mask.leaf)
      return false
    }
    const known = this.leaves[first]!
    this.leaves[first] = { ...known, bounds: [...known.bounds, ...spec.bounds] }
    this.leaves.pop()
    return true
  }

  private mask(node: Node, negated: boolean): Mask | null {
    switch (node.op) {
      case 'not': return this.mask(node.args[0]!, !negated)
      case 'and': case 'or': {
        const parts: Mask[] = []
        for (const arg of node.args) {
          const part = this.mask(arg, negated)
          if (part === null) return null
          parts.push(part)
        }
        return { kind: (node.op === 'and') !== negated ? 'and' : 'or', parts }
      }
      case 'isnull': case 'notnull': {
        const arg = node.args[0]!
        if (arg.op !== 'column') return null
        return { kind: 'valid', column: arg.slot, wanted: (node.op === 'notnull') !== negated }
      }
      case 'column':
        return node.isBoolean ? this.range(node.slot, [{ op: 'eq', slot: -1, literal: negated ? 0 : 1 }], false) : null
      case 'lookup':
        return node.isBoolean
          ? { kind: 'table', lookup: node.slot, column: node.args[0]!.slot, truth: negated ? 0 : 1 } : null
      case 'eq': case 'ne': case 'lt': case 'le': case 'gt': case 'ge': return this.comparison(node, negated)
      default: return null
    }
  }

  private comparison(node: Node, negated: boolean): Mask | null {
    let [left, right] = node.args as [Node, Node]
    let op: string = negated ? NEGATED[node.op]! : node.op
    if (left.op !== 'column') {
      [left, right] = [right, left]
      op = FLIPPED[op]!
    }
    if (left.op !== 'column') return null
    const shape = this.columns[left.slot]!
    if (left.rep === 'float') {
      const isPlain = right.op === 'constant' && right.value === 1 && shape.layout === LAYOUT.F64
      return isPlain ? { kind: 'float', column: left.slot, slot: right.slot, op } : null
    }
    if (left.rep !== 'int' && left.rep !== 'big') return null
    if (right.op !== 'constant' && right.op !== 'literal') return null
    const bound = { op: op === 'ne' ? 'eq' : op, slot: right.op === 'constant' ? right.slot : -1, literal: right.value }
    return this.range(left.slot, [bound as Bound], op === 'ne')
  }

  private range(column: number, bounds: Bound[], inverted: boolean): Mask | null {
    const { layout } = this.columns[column]!
    if (layout > LAYOUT.I64) return null
    const leaf = this.leaves.push({ column, bounds, inverted }) - 1
    return { kind: layout === LAYOUT.I64 ? 'range64' : 'range', leaf, column }
  }
}

/** The closed interval of integers that satisfy all bounds; lo > hi when there is none. */
export function intervalOf(spec: LeafSpec, constants: readonly unknown[]): { lo: bigint; hi: bigint } {
  let lo = -(2n ** 70n)
  let hi = 2n ** 70n
  for (const { op, slot, literal } of spec.bounds) {
    const value = BigInt(slot < 0 ? literal : constants[slot] as Exclude<Scalar, null | Uint8Array>)
    if (op === 'eq' || op === 'ge') lo = value > lo ? value : lo
    if (op === 'gt') lo = value + 1n > lo ? value + 1n : lo
    if (op === 'eq' || op === 'le') hi = value < hi ? value : hi
    if (op === 'lt') hi = value - 1n < hi ? value - 1n : hi
  }
  return { lo, hi }
}
