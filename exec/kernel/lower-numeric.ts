// Catalogue functions that the kernel language can express itself, so that both printers have them:
// abs, sign-free rounding of doubles, sqrt is left to the catalogue because of its error.
import type { SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import { checkType, rescaleNode } from './lower-arithmetic.ts'
import type { Node } from './ir.ts'
import type { LoweringContext } from './lowering-context.ts'

/** Nodes of a catalogue call, or null when only the catalogue can run it. */
export function lowerNumericCall(
  lowering: LoweringContext, fn: string, nodes: readonly Node[], types: readonly SqlType[], type: SqlType,
): Node | null {
  const { graph } = lowering
  const arg = nodes[0]
  if (arg === undefined || nodes.length !== 1) return null
  const isFloat = physicalOf(types[0]!) === 'float'
  switch (fn) {
    case 'abs': return isFloat ? graph.make('fabs', 'float', [arg]) : absolute(lowering, arg, type)
    case 'floor': return isFloat ? graph.make('ffloor', 'float', [arg]) : null
    case 'ceil': return isFloat ? graph.make('fceil', 'float', [arg]) : null
    case 'trunc': return isFloat ? graph.make('ftrunc', 'float', [arg]) : null
    case 'round': return types[0]!.kind === 'decimal'
      ? checkType(graph, rescaleNode(graph, arg, -(types[0]!.scale ?? 0)), type) : null
    default: return null
  }
}

// CASE WHEN x < 0 THEN 0 - x ELSE x END
function absolute(lowering: LoweringContext, arg: Node, type: SqlType): Node | null {
  const { graph } = lowering
  if (arg.rep !== 'int') return null
  if (arg.lo >= 0) return arg
  const zero = graph.literal(0)
  const negated = checkType(graph, graph.integer('sub', [zero, arg], -arg.hi, -arg.lo), type)
  const hi = Math.max(-arg.lo, arg.hi)
  return graph.integer('case', [graph.test('lt', [arg, zero]), negated, arg], 0, hi, { nullable: arg.nullable })
}
