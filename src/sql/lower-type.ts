// Type names of libpg-query to our TypeNode, and the few type constructions that change their argument:
// INTERVAL '90' DAY carries its unit as a bit mask.
import type { Expr, TypeNode } from './ast.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'

/** Bits of PostgreSQL's INTERVAL_MASK for the one-field forms. */
const INTERVAL_UNITS: ReadonlyMap<number, string> = new Map([
  [1 << 2, 'year'], [1 << 1, 'month'], [1 << 3, 'day'], [1 << 10, 'hour'], [1 << 11, 'minute'], [1 << 12, 'second'],
])

/** Lowers a TypeName node. Modifiers must be integer constants. */
export function lowerType(node: NodeReader): TypeNode {
  const path = node.strings('names')
  const modifiers = node.nodes('typmods').map(modifier => {
    const value = modifier.tag === 'A_Const' ? modifier.bare('ival', 'Integer') : null
    if (value === null) throw unsupported('a type modifier that is not an integer', node.position)
    return value.number('ival')
  })
  const dimensions = node.nodes('arrayBounds').length
  if (dimensions > 1) throw unsupported('an array of more than one dimension', node.position)
  node.ignore('typemod')
  node.done()
  if (path.length > 2 || (path.length === 2 && path[0] !== 'pg_catalog' && path[0] !== 'public')) {
    throw unsupported(`type ${path.join('.')}`, node.position)
  }
  const plain = { name: path[path.length - 1]!, modifiers, position: node.position }
  return dimensions === 0 ? plain : { ...plain, isArray: true }
}

/** CAST, :: and typed literals. */
export function lowerCast(node: NodeReader, lowerExpr: (node: NodeReader) => Expr): Expr {
  const arg = lowerExpr(node.need('arg'))
  const type = lowerType(node.bare('typeName', 'TypeName')!)
  node.done()
  const position = node.position ?? type.position
  if (type.name === 'text' && arg.kind === 'call' && arg.name === 'regclass') return regclassCall('regclass_name', arg)
  if (type.name === 'regclass' && type.isArray !== true) return lowerRegclass(arg, position)
  if (type.name !== 'interval' || type.modifiers.length === 0) return { kind: 'cast', arg, type, position }
  const unit = type.modifiers.length === 1 ? INTERVAL_UNITS.get(type.modifiers[0]!) : undefined
  if (unit === undefined || arg.kind !== 'literal' || arg.form !== 'string') {
    throw unsupported('INTERVAL with several fields or a precision', position)
  }
  const text = /^\s*[+-]?[\d.]+\s*$/.test(arg.text) ? `${arg.text.trim()} ${unit}` : arg.text
  return { kind: 'cast', arg: { ...arg, text }, type: { ...type, modifiers: [] }, position }
}

/** A name as a relation's number; anything else is a number, shown as the name. */
function lowerRegclass(arg: Expr, position: number | undefined): Expr {
  const isName = (arg.kind === 'literal' && arg.form === 'string') || arg.kind === 'parameter'
  return regclassCall(isName ? 'regclass' : 'regclass_name', arg, position)
}

function regclassCall(name: string, arg: Expr, position = arg.position): Expr {
  return { kind: 'call', name, args: [arg], star: false, distinct: false, filter: null, position }
}
