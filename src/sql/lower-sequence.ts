// CREATE SEQUENCE and ALTER SEQUENCE of libpg-query's tree to ours, and the options of identity columns. Numbers come
// as text: they may be beyond 2^53.
import type { Definition, SequenceOption } from './ast-definition.ts'
import { lowerTable } from './lower-query.ts'
import { lowerType } from './lower-type.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { qualifiedName } from './relation-name.ts'

/** CREATE SEQUENCE. */
export function lowerCreateSequence(node: NodeReader): Definition {
  const sequence = lowerTable(node.bare('sequence', 'RangeVar')!)
  const options = lowerSequenceOptions(node.nodes('options'))
  const ifNotExists = node.flag('if_not_exists')
  node.done()
  return {
    kind: 'create_sequence', name: sequence.name, temporary: sequence.temporary === true, ifNotExists, options,
    position: sequence.position,
  }
}

/** ALTER SEQUENCE. */
export function lowerAlterSequence(node: NodeReader): Definition {
  const sequence = lowerTable(node.bare('sequence', 'RangeVar')!)
  const options = lowerSequenceOptions(node.nodes('options'))
  const ifExists = node.flag('missing_ok')
  node.done()
  return { kind: 'alter_sequence', name: sequence.name, ifExists, options, position: sequence.position }
}

/** The options in their order. */
export function lowerSequenceOptions(nodes: readonly NodeReader[]): SequenceOption[] {
  return nodes.map(lowerOption)
}

function lowerOption(node: NodeReader): SequenceOption {
  const name = node.text('defname')
  const arg = node.node('arg')
  const { position } = node
  node.ignore('defaction')
  node.done()
  switch (name) {
    case 'as': return { name: 'as', value: lowerType(arg!).name, position }
    case 'increment': case 'minvalue': case 'maxvalue': case 'start': case 'cache': case 'restart':
      return { name, value: arg === null ? null : numberText(arg), position }
    case 'cycle': return { name: 'cycle', value: arg === null || arg.flag('boolval') ? 'true' : 'false', position }
    case 'owned_by': {
      const path = arg!.strings('items')
      if (path.length === 1 && path[0] === 'none') return { name: 'owned_by', value: null, position }
      const table = path.slice(0, -1)
      return {
        name: 'owned_by', value: path.at(-1)!, table: qualifiedName(table.length > 1 ? table[0]! : '', table.at(-1)!),
        position,
      }
    }
    default: throw unsupported(`sequence option ${name}`, position)
  }
}

function numberText(arg: NodeReader): string {
  if (arg.tag === 'Integer') return String(arg.number('ival'))
  if (arg.tag === 'Float') return arg.text('fval')
  throw arg.unsupported()
}
