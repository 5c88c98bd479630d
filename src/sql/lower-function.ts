// Functions in FROM of libpg-query's tree to ours: f(…), ROWS FROM (f(…), g(…)), WITH ORDINALITY. Arguments of unnest
// that are ARRAY[…] become lists of expressions.
import type { Expr } from './ast.ts'
import type { FunctionRef, TableCall } from './ast-from.ts'
import { lowerAlias } from './lower-alias.ts'
import { lowerExpr } from './lower-expression.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'

/** Lowers a RangeFunction. LATERAL before a function changes nothing: it may refer to what stands before it anyway. */
export function lowerFunctions(node: NodeReader): FunctionRef {
  node.ignore('lateral', 'is_rowsfrom')
  const calls = node.nodes('functions').map(list => lowerTableCall(list.nodesOrGaps('items')[0]!))
  const ordinality = node.flag('ordinality')
  const { alias, columnAliases } = lowerAlias(node.bare('alias', 'Alias'))
  node.done()
  return { kind: 'function', calls, ordinality, alias, columnAliases, position: calls[0]?.position }
}

function lowerTableCall(node: NodeReader): TableCall {
  if (node.tag !== 'FuncCall') throw unsupported('this expression in FROM', node.position)
  const path = node.strings('funcname')
  const name = path[path.length - 1]!
  const args = node.nodes('args')
  node.ignore('funcformat')
  node.done()
  const { position } = node
  const isLists = name === 'unnest' && args.every(arg => arg.tag === 'A_ArrayExpr')
  if (!isLists) return { name, args: args.map(lowerExpr), lists: null, position }
  return { name, args: [], lists: args.map(arrayItems), position }
}

function arrayItems(node: NodeReader): Expr[] {
  const items = node.nodes('elements')
  node.ignore('list_start', 'list_end')
  node.done()
  return items.flatMap(item => item.tag === 'A_ArrayExpr' ? arrayItems(item) : [lowerExpr(item)])
}
