// PREPARE, EXECUTE, DEALLOCATE and cursors of libpg-query's tree to ours. A prepared statement is kept as a tree;
// EXECUTE puts its values in the place of the parameters and runs what comes out.
import type { Definition, Fetch } from './ast-definition.ts'
import type { Statement } from './ast.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerQuery } from './lower-query.ts'
import { lowerType } from './lower-type.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'

/** PREPARE; `lowerStatement` is handed in, because statements hold statements. */
export function lowerPrepare(node: NodeReader, lowerStatement: (node: NodeReader) => Statement): Definition {
  const name = node.text('name')
  const types = node.nodes('argtypes').map(lowerType)
  const statement = lowerStatement(node.need('query'))
  node.done()
  if (!['select', 'insert', 'update', 'delete'].includes(statement.kind)) {
    throw unsupported(`PREPARE of ${statement.kind.replaceAll('_', ' ').toUpperCase()}`, statement.position)
  }
  return { kind: 'prepare', name, types, statement }
}

/** EXECUTE. */
export function lowerExecute(node: NodeReader): Definition {
  const name = node.text('name')
  const args = node.nodes('params').map(lowerExpr)
  node.done()
  return { kind: 'execute', name, args }
}

/** DEALLOCATE. */
export function lowerDeallocate(node: NodeReader): Definition {
  const name = node.text('name')
  node.ignore('isall')
  node.done()
  return { kind: 'deallocate', name: name === '' ? null : name }
}

const OPTION = { NO_SCROLL: 4, HOLD: 32 }

/** DECLARE. BINARY, INSENSITIVE and SCROLL ask for what every cursor here is, or change nothing. */
export function lowerDeclare(node: NodeReader): Definition {
  const name = node.text('portalname')
  const options = node.number('options')
  const query = lowerQuery(node.need('query'))
  node.done()
  return {
    kind: 'declare', name, query, scroll: (options & OPTION.NO_SCROLL) === 0, hold: (options & OPTION.HOLD) !== 0,
  }
}

/** The grammar's number for ALL. */
const ALL = 2147483647

/** FETCH and MOVE. */
export function lowerFetch(node: NodeReader): Definition {
  const direction = node.text('direction').replace('FETCH_', '').toLowerCase() as Fetch['direction']
  const count = node.number('howMany')
  const name = node.text('portalname')
  const kind = node.flag('ismove') ? 'move' : 'fetch'
  node.ignore('direction_keyword')
  node.done()
  return { kind, name, direction, count: count >= ALL ? null : count }
}

/** CLOSE. */
export function lowerClose(node: NodeReader): Definition {
  const name = node.text('portalname')
  node.done()
  return { kind: 'close', name: name === '' ? null : name }
}
