// What the WebAssembly printer has: the test every node passes before it is printed. Everything else runs in
// JavaScript: text, calls of the catalogue, and integers that could leave 64 bits before anything notices.
import { assert } from '../../src/base/assert.ts'
import { physicalOf } from '../../src/base/types.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { ColumnShape, Node } from './ir.ts'

// Results beyond this could wrap in 64 bits before anything notices.
const REACH = 2 ** 62
/** Operations on floats. */
export const FLOAT_OPS: ReadonlySet<string> = new Set([
  'fadd', 'fsub', 'fmul', 'fdiv', 'fneg', 'fround', 'fabs', 'fsqrt', 'ffloor', 'fceil', 'ftrunc', 'tofloat',
])
const INTEGER_OPS: ReadonlySet<string> = new Set([
  'add', 'sub', 'mul', 'quotient', 'remainder', 'rounded', 'floored', 'check',
])
/** Comparisons of two values. */
export const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])
const LOGIC: ReadonlySet<string> = new Set(['and', 'or', 'not', 'isnull', 'notnull', 'istrue', 'distinct'])

const printable = new WeakMap<Node, boolean>()

/** True when the printer has the node and everything below it. */
export function isPrintable(node: Node, columns: readonly ColumnShape[]): boolean {
  const known = printable.get(node)
  if (known !== undefined) return known
  const can = canPrint(node, columns)
  printable.set(node, can)
  return can
}

function canPrint(node: Node, columns: readonly ColumnShape[]): boolean {
  const isNumber = node.rep === 'int' || node.rep === 'big' || node.rep === 'float'
  switch (node.op) {
    case 'column': return isNumber && (node.rep !== 'big' || physicalOf(columns[node.slot]!.type) === 'int')
      && !(node.rep === 'big' && columns[node.slot]!.layout <= LAYOUT.U32)
    case 'constant': return isNumber && node.lo >= -REACH && node.hi <= REACH || node.rep === 'float'
    case 'literal': case 'null': return isNumber
    // Tables hold 64 bits; arithmetic on unproven ones is refused by its own ranges.
    case 'lookup': return isNumber && (node.rep !== 'big' || (node.lo >= -(2 ** 63) && node.hi <= 2 ** 63))
    case 'match': return true
    case 'argument': case 'call': case 'inset': return false
    case 'isnull': case 'notnull':
      return node.args[0]!.op === 'column' || isPrintable(node.args[0]!, columns)
    case 'case': case 'coalesce': break
    default:
      if (FLOAT_OPS.has(node.op) || COMPARISONS.has(node.op) || LOGIC.has(node.op)) break
      assert(INTEGER_OPS.has(node.op), 'the printers know every operation of the language')
      if (node.args.some(arg => arg.lo < -REACH || arg.hi > REACH)) return false
      if (node.op === 'rounded' && node.value > 1e15) return false
  }
  if (!isNumber) return false
  if (node.rep === 'big' && (node.lo < -REACH || node.hi > REACH)) return false
  return node.args.every(arg => isPrintable(arg, columns))
}
