// Casts between numbers, booleans and dates as nodes; every other cast calls castScalar, which throws what
// PostgreSQL's input functions throw.
import { decimalToDouble } from '../../src/base/decimal.ts'
import type { Integer } from '../../src/base/decimal.ts'
import { castScalar } from '../../src/base/scalar-cast.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isInteger, isNumeric, sameType } from '../../src/base/types.ts'
import { checkType, rescaleNode } from './lower-arithmetic.ts'
import type { Node } from './ir.ts'
import { isSafeRange } from './ir.ts'
import type { LoweringContext } from './lowering-context.ts'
import { repOf } from './lowering-context.ts'

const MICROS_PER_DAY = 86_400_000_000

/** Converts a node from one type to another. */
export function castNode(lowering: LoweringContext, node: Node, from: SqlType, to: SqlType): Node {
  if (sameType(from, to)) return node
  const { graph } = lowering
  if (node.op === 'null' || from.kind === 'null') {
    return graph.nothing(repOf(to, { lo: 0, hi: 0 }), to.kind === 'boolean')
  }
  const isFromInt = isInteger(from) || from.kind === 'decimal'
  const isToInt = isInteger(to) || to.kind === 'decimal'
  if (isFromInt && isToInt) return checkType(graph, rescaleNode(graph, node, scaleOf(to) - scaleOf(from)), to)
  if (from.kind === 'boolean' && isInteger(to)) return asInteger(lowering, node)
  if (isInteger(from) && to.kind === 'boolean' && node.rep === 'int') {
    return graph.test('ne', [node, graph.literal(0)])
  }
  if (isFromInt && to.kind === 'double') return toDouble(lowering, node, from)
  if (from.kind === 'real' && to.kind === 'double') return node
  if (from.kind === 'date' && (to.kind === 'timestamp' || to.kind === 'timestamptz')) {
    const lo = node.lo * MICROS_PER_DAY
    const hi = node.hi * MICROS_PER_DAY
    if (isSafeRange(lo, hi)) return graph.integer('mul', [node, graph.literal(MICROS_PER_DAY)], lo, hi)
  }
  if (isMoment(from) && to.kind === 'date' && node.rep === 'int') {
    return graph.integer('floored', [node], Math.floor(node.lo / MICROS_PER_DAY), Math.floor(node.hi / MICROS_PER_DAY),
      { value: MICROS_PER_DAY })
  }
  if (isMoment(from) && isMoment(to)) return node
  if (from.kind === to.kind && from.kind !== 'decimal' && to.maxLength === undefined && !isNumeric(to)) return node
  const run = (value: Scalar): Scalar => castScalar(from, to, value)
  return lowering.closureCall(run, [node], to, { strict: true, stable: true })
}

const scaleOf = (type: SqlType): number => type.kind === 'decimal' ? type.scale ?? 0 : 0
const isMoment = (type: SqlType): boolean => type.kind === 'timestamp' || type.kind === 'timestamptz'

// Booleans are i32 in WebAssembly: adding 0 makes an integer node of one.
function asInteger(lowering: LoweringContext, node: Node): Node {
  return lowering.graph.integer('add', [node, lowering.graph.literal(0)], 0, 1)
}

// Below 2^53 and 10^22 both operands are exact, so one division gives the nearest double.
function toDouble(lowering: LoweringContext, node: Node, from: SqlType): Node {
  const { graph } = lowering
  const scale = scaleOf(from)
  if (node.rep !== 'int' || scale > 15) {
    const run = (value: Integer): number => decimalToDouble(value, scale)
    return lowering.closureCall(run, [node], { kind: 'double' }, { strict: true, stable: true })
  }
  const float = graph.make('tofloat', 'float', [node])
  if (scale === 0) return float
  // value 2: a division that can neither fail nor overflow.
  const divisor = graph.make('tofloat', 'float', [graph.literal(10 ** scale)])
  return graph.make('fdiv', 'float', [float, divisor], { value: 2 })
}
