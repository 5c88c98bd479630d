// Comparisons, AND / OR and IN as nodes, with the types' notions of order: decimals at a common scale,
// CHAR(n) without its padding, text by UTF-8 bytes, intervals by length, NaN last.
import type { Integer } from '../../src/base/decimal.ts'
import { rescale } from '../../src/base/decimal.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import { rescaleNode } from './lower-arithmetic.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { likeLiteral } from '../functions/like.ts'
import type { Graph, Node, Op } from './ir.ts'
import { MATCH } from './ir.ts'
import type { LoweringContext } from './lowering-context.ts'

export const COMPARISON_OPS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

// Up to this many items an IN list is a chain of comparisons, which both printers have; longer ones are sets.
const CHAIN_LIMIT = 8

const VERDICTS: Record<string, (order: number) => boolean> = {
  eq: order => order === 0, ne: order => order !== 0, lt: order => order < 0, le: order => order <= 0,
  gt: order => order > 0, ge: order => order >= 0,
}

/** eq ne lt le gt ge, is_distinct, is_not_distinct. */
export function compareNodes(
  lowering: LoweringContext, fn: string, nodes: readonly Node[], types: readonly SqlType[],
): Node {
  const { graph } = lowering
  let [left, right] = nodes as [Node, Node]
  if (fn === 'is_not_distinct') return graph.test('not', [compareNodes(lowering, 'is_distinct', nodes, types)])
  if (types[0]!.kind === 'decimal' || types[1]!.kind === 'decimal') {
    const scale = Math.max(types[0]!.scale ?? 0, types[1]!.scale ?? 0)
    left = rescaled(lowering, left, scale - (types[0]!.scale ?? 0))
    right = rescaled(lowering, right, scale - (types[1]!.scale ?? 0))
  }
  if (types[0]!.blankPadded || types[1]!.blankPadded) {
    left = trimmed(lowering, left)
    right = trimmed(lowering, right)
  }
  if (fn === 'is_distinct') return distinctNode(lowering, left, right, types)
  if (left.rep === 'bytes') return bytesComparison(lowering, fn, left, right, types[0]!)
  if (fn === 'eq' || fn === 'ne') {
    const match = equalText(lowering, left, right) ?? equalText(lowering, right, left)
    if (match !== null) return fn === 'eq' ? match : graph.test('not', [match])
  }
  return graph.test(fn as Op, [left, right])
}

function equalText(lowering: LoweringContext, column: Node, constant: Node): Node | null {
  if (constant.op !== 'constant' || constant.rep !== 'text') return null
  return matchNode(lowering, column, lowering.constants[constant.slot] as string, MATCH.whole)
}

/** Compares the bytes of a plain text column with a constant, without decoding them; null for anything else. */
function matchNode(lowering: LoweringContext, column: Node, text: string, kind: number): Node | null {
  if (column.op !== 'column' || column.rep !== 'text') return null
  const shape = lowering.columns[column.slot]!
  if (shape.coded || shape.layout !== LAYOUT.VIEW) return null
  const slot = lowering.constants.push(new TextEncoder().encode(text)) - 1
  return lowering.graph.test('match', [column], { slot, value: kind, nullable: shape.nullable })
}

/** LIKE and NOT LIKE of a plain text column and a constant pattern that is a literal; null for anything else. */
export function literalLike(lowering: LoweringContext, fn: string, nodes: readonly Node[]): Node | null {
  if (fn !== 'like' && fn !== 'not_like') return null
  const texts = nodes.slice(1).map(node => node.op === 'constant' ? lowering.constants[node.slot] as string : null)
  const [pattern, escape = '\\'] = texts
  if (typeof pattern !== 'string' || escape === null) return null
  const shape = likeLiteral(pattern, escape)
  if (shape === null) return null
  const { openStart, openEnd, literal } = shape
  const kind = openStart ? (openEnd ? MATCH.anywhere : MATCH.end) : openEnd ? MATCH.start : MATCH.whole
  const match = matchNode(lowering, nodes[0]!, literal, kind)
  return match === null || fn === 'like' ? match : lowering.graph.test('not', [match])
}

/** Rescales a constant's value instead of computing it per row, so that filters see column and constant. */
function rescaled(lowering: LoweringContext, node: Node, digits: number): Node {
  if (node.op !== 'constant' || digits === 0) return rescaleNode(lowering.graph, node, digits)
  const value = rescale(lowering.constants[node.slot] as Integer, 0, digits)
  return lowering.constant(value, { kind: 'decimal', precision: 38, scale: digits })
}

function distinctNode(lowering: LoweringContext, left: Node, right: Node, types: readonly SqlType[]): Node {
  const { graph } = lowering
  if (!left.nullable && !right.nullable) return compareNodes(lowering, 'ne', [left, right], types)
  const differ = left.rep === 'bytes' ? bytesComparison(lowering, 'ne', left, right, types[0]!)
    : graph.test('ne', [left, right])
  return graph.test('distinct', [left, right, differ], { nullable: false })
}

function trimmed(lowering: LoweringContext, node: Node): Node {
  const run = (text: string): string => text.replace(/ +$/, '')
  return lowering.closureCall(run, [node], { kind: 'text' }, { strict: true, stable: true })
}

function bytesComparison(lowering: LoweringContext, fn: string, left: Node, right: Node, type: SqlType): Node {
  const verdict = VERDICTS[fn]!
  const run = (a: Scalar, b: Scalar): number => verdict(compareScalars(type, a, b)) ? 1 : 0
  return lowering.closureCall(run, [left, right], { kind: 'boolean' }, { strict: true, stable: true })
}

/** n-ary AND / OR, flattened. */
export function conjunction(graph: Graph, op: 'and' | 'or', nodes: readonly Node[]): Node {
  const flat = nodes.flatMap(node => node.op === op ? [...node.args] : [node])
  if (flat.length === 1) return flat[0]!
  return graph.test(op, flat)
}

/** `arg IN (values)` for known values, with SQL's NULL rules. */
export function membership(
  lowering: LoweringContext, arg: Node, type: SqlType, values: readonly Scalar[], negated: boolean,
): Node {
  const { graph } = lowering
  const known = values.filter(value => value !== null)
  const hasNull = known.length < values.length
  if (values.length === 0) return lowering.constant(negated ? 1 : 0, { kind: 'boolean' })
  if (known.length > CHAIN_LIMIT && physicalOf(type) !== 'bytes' || known.length > CHAIN_LIMIT && arg.rep === 'text') {
    const subject = type.blankPadded ? trimmed(lowering, arg) : arg
    const items = type.blankPadded ? known.map(value => (value as string).replace(/ +$/, '')) : known
    const slot = lowering.constants.push(new Set<Scalar>(items)) - 1
    const test = graph.test('inset', [subject], { slot, nullable: arg.nullable || hasNull, value: hasNull ? 1 : 0 })
    return negated ? graph.test('not', [test]) : test
  }
  const tests = known.map(value => compareNodes(lowering, 'eq', [arg, lowering.constant(value, type)], [type, type]))
  if (hasNull) tests.push(graph.nothing('int', true))
  const test = conjunction(graph, 'or', tests)
  return negated ? graph.test('not', [test]) : test
}
