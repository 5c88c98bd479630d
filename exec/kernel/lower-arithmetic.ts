// Arithmetic nodes. Decimals are scaled integers: + and - rescale to the larger scale, * adds scales, %
// rescales, / is exact division in the catalogue style (rounded half away from zero at the result's scale).
import type { Integer } from '../../src/base/decimal.ts'
import { checkPrecision, divideDecimals } from '../../src/base/decimal.ts'
import type { SqlType } from '../../src/base/types.ts'
import { isInteger, isNumeric, physicalOf } from '../../src/base/types.ts'
import type { Graph, Node } from './ir.ts'
import type { LoweringContext } from './lowering-context.ts'
import type { Range } from './ranges.ts'
import { productRange, remainderRange, typeLimits, typeRange } from './ranges.ts'

/** Range of what a function returns, as known from its type only. */
export function fromScalarResult(type: SqlType): Range {
  const physical = physicalOf(type)
  return physical === 'int' || physical === 'wide' ? typeRange(type) : { lo: -Infinity, hi: Infinity }
}

/** Multiplies by 10^digits, or divides with rounding half away from zero. */
export function rescaleNode(graph: Graph, node: Node, digits: number): Node {
  if (digits === 0) return node
  if (digits > 15) return rescaleNode(graph, rescaleNode(graph, node, 15), digits - 15)
  if (digits < -15) return graph.integer('rounded', [node], divided(node.lo, -digits), divided(node.hi, -digits),
    { value: 10 ** -digits })
  const factor = 10 ** Math.abs(digits)
  if (digits > 0) {
    const literal = graph.literal(factor)
    const range = productRange(node, literal)
    return graph.integer('mul', [node, literal], range.lo, range.hi)
  }
  return graph.integer('rounded', [node], divided(node.lo, -digits), divided(node.hi, -digits), { value: factor })
}

function divided(bound: number, digits: number): number {
  return bound < 0 ? Math.floor(bound / 10 ** digits) : Math.ceil(bound / 10 ** digits)
}

/** Enforces the range of an integer or decimal type. */
export function checkType(graph: Graph, node: Node, type: SqlType): Node {
  const limits = typeLimits(type)
  return graph.check(node, type, limits.lo, limits.hi)
}

const scaleOf = (type: SqlType): number => type.kind === 'decimal' ? type.scale ?? 0 : 0

/** + - * / % on two numbers, or null when the operands are not numbers (dates and intervals). */
export function arithmetic(
  lowering: LoweringContext, fn: 'add' | 'sub' | 'mul' | 'div' | 'mod',
  nodes: readonly Node[], types: readonly SqlType[], type: SqlType,
): Node | null {
  if (!types.every(isNumeric)) return dateArithmetic(lowering, fn, nodes, types)
  const { graph } = lowering
  if (physicalOf(type) === 'float') return floatArithmetic(graph, fn, nodes, type)
  const [left, right] = nodes as [Node, Node]
  switch (fn) {
    case 'mul': {
      const range = productRange(left, right)
      const product = graph.integer('mul', [left, right], range.lo, range.hi)
      const excess = scaleOf(type) - scaleOf(types[0]!) - scaleOf(types[1]!)
      return checkType(graph, rescaleNode(graph, product, excess), type)
    }
    case 'div':
      if (isInteger(types[0]!) && isInteger(types[1]!)) return integerQuotient(graph, left, right, type)
      return decimalQuotient(lowering, nodes, types, type)
    default: return alignedArithmetic(graph, fn, nodes, types, type)
  }
}

function alignedArithmetic(
  graph: Graph, fn: 'add' | 'sub' | 'mod', nodes: readonly Node[], types: readonly SqlType[], type: SqlType,
): Node {
  const scale = Math.max(scaleOf(types[0]!), scaleOf(types[1]!))
  const left = rescaleNode(graph, nodes[0]!, scale - scaleOf(types[0]!))
  const right = rescaleNode(graph, nodes[1]!, scale - scaleOf(types[1]!))
  if (fn === 'mod') {
    const range = remainderRange(left, right)
    return graph.integer('remainder', [left, right], range.lo, range.hi)
  }
  const sum = fn === 'add' ? graph.integer('add', [left, right], left.lo + right.lo, left.hi + right.hi)
    : graph.integer('sub', [left, right], left.lo - right.hi, left.hi - right.lo)
  return checkType(graph, sum, type)
}

// Truncates toward zero; only the smallest integer divided by -1 can overflow.
function integerQuotient(graph: Graph, left: Node, right: Node, type: SqlType): Node {
  const limit = Math.max(Math.abs(left.lo), Math.abs(left.hi))
  const canBeNegative = left.lo < 0 || right.lo < 0
  const lo = canBeNegative ? -limit : 0
  const hi = right.lo >= 0 ? Math.max(0, left.hi) : limit
  return checkType(graph, graph.integer('quotient', [left, right], lo, hi), type)
}

function decimalQuotient(
  lowering: LoweringContext, nodes: readonly Node[], types: readonly SqlType[], type: SqlType,
): Node {
  const [leftScale, rightScale, scale] = [scaleOf(types[0]!), scaleOf(types[1]!), scaleOf(type)]
  const run = (a: Integer, b: Integer): Integer =>
    checkPrecision(divideDecimals(a, leftScale, b, rightScale, scale), type.precision!, scale)
  return lowering.closureCall(run, nodes, type, { strict: true, stable: true })
}

const FLOAT_OPS = { add: 'fadd', sub: 'fsub', mul: 'fmul', div: 'fdiv', mod: null } as const

function floatArithmetic(
  graph: Graph, fn: 'add' | 'sub' | 'mul' | 'div' | 'mod', nodes: readonly Node[], type: SqlType,
): Node | null {
  const op = FLOAT_OPS[fn]
  if (op === null) return null
  // value 1: single precision, rounded and checked after the operation.
  return graph.make(op, 'float', nodes, { value: type.kind === 'real' ? 1 : 0 })
}

/** date - date, date ± integer: plain integers as long as no check of the calendar is needed. */
function dateArithmetic(
  lowering: LoweringContext, fn: string, nodes: readonly Node[], types: readonly SqlType[],
): Node | null {
  const [left, right] = nodes as [Node, Node]
  if (fn === 'sub' && types[0]!.kind === 'date' && types[1]!.kind === 'date') {
    return lowering.graph.integer('sub', [left, right], left.lo - right.hi, left.hi - right.lo)
  }
  const isShift = (fn === 'add' || fn === 'sub') && types[0]!.kind === 'date' && isInteger(types[1]!)
  if (!isShift) return null
  const lo = fn === 'add' ? left.lo + right.lo : left.lo - right.hi
  const hi = fn === 'add' ? left.hi + right.hi : left.hi - right.lo
  const isProven = lo > -2_440_588 && hi < 2_145_042_905
  return isProven ? lowering.graph.integer(fn as 'add' | 'sub', [left, right], lo, hi) : null
}

/** Unary minus. */
export function negate(lowering: LoweringContext, node: Node, type: SqlType): Node {
  const { graph } = lowering
  if (physicalOf(type) === 'float') return graph.make('fneg', 'float', [node])
  const zero = graph.literal(0)
  return checkType(graph, graph.integer('sub', [zero, node], -node.hi, -node.lo), type)
}
