// SET, SET LOCAL, RESET and SHOW of libpg-query's tree to ours. Values are kept as text, lists with their names
// quoted where they need it; what a value means is the setting's business (src/api/setting-list.ts).
import type { Statement } from './ast.ts'
import type { Definition } from './ast-definition.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { quoteName } from './quote-name.ts'

/** SET and RESET of anything but a transaction's modes. */
export function lowerSetting(node: NodeReader): Statement {
  const kind = node.text('kind')
  const name = node.text('name')
  const position = node.position ?? node.context.source.ofIndex(0)
  const isLocal = node.flag('is_local')
  const values = node.nodes('args').map(arg => valueText(arg, name))
  node.ignore('jumble_args')
  node.done()
  const of = (definition: Definition): Statement => ({ kind: 'definition', definition, position })
  switch (kind) {
    case 'VAR_SET_VALUE': return of({ kind: 'set', name, value: values.join(', '), isLocal, position })
    case 'VAR_SET_DEFAULT': case 'VAR_RESET': return of({ kind: 'set', name, value: null, isLocal, position })
    case 'VAR_RESET_ALL': return of({ kind: 'reset_all', position })
    default: throw unsupported(`SET ${name}${kind === 'VAR_SET_CURRENT' ? ' FROM CURRENT' : ''}`, position)
  }
}

function valueText(arg: NodeReader, name: string): string {
  if (arg.tag === 'TypeCast') throw unsupported('an interval as a time zone', arg.position)
  if (arg.tag !== 'A_Const') throw arg.unsupported()
  if (arg.has('ival')) return String(arg.bare('ival', 'Integer')!.number('ival'))
  if (arg.has('fval')) return arg.bare('fval', 'Float')!.text('fval')
  if (arg.has('boolval')) return String(arg.bare('boolval', 'Boolean')!.flag('boolval'))
  const text = arg.bare('sval', 'String')!.text('sval')
  // One word of a list stays one word; a single value such as 'a, b' is a list itself.
  return name === 'search_path' && /[^a-z0-9_, ]/.test(text) && !text.includes('"') && text !== '$user'
    ? quoteName(text) : text
}

/** SHOW name and SHOW ALL. */
export function lowerShow(node: NodeReader): Statement {
  const name = node.text('name')
  const position = node.position ?? node.context.source.ofIndex(0)
  node.done()
  if (name === 'all') return { kind: 'definition', definition: { kind: 'show_all', position }, position }
  return { kind: 'show', name, position }
}
