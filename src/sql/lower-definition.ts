// Schemas, views and DROP from libpg-query's tree to ast-definition.ts. A view keeps its text: the tree has no way
// back to SQL.
import type { Statement } from './ast.ts'
import type { Definition, ViewStars } from './ast-definition.ts'
import { lowerAlterTable, lowerComment, lowerRename, lowerSetSchema } from './lower-alter.ts'
import { lowerAlterSequence, lowerCreateSequence } from './lower-sequence.ts'
import { lowerMerge } from './lower-merge.ts'
import { lowerClose, lowerDeallocate, lowerDeclare, lowerExecute, lowerFetch } from './lower-prepared.ts'
import { lowerQuery, lowerTable } from './lower-query.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { bareOf, qualifiedName } from './relation-name.ts'
import type { StatementText } from './statements.ts'

/** The statement, or null when it is none of these. */
export function lowerDefinition(node: NodeReader, text: StatementText): Statement | null {
  const definition = lower(node, text)
  if (definition === null) return null
  const position = definition.position ?? node.context.source.ofIndex(0)
  return { kind: 'definition', definition: { ...definition, position }, position }
}

function lower(node: NodeReader, text: StatementText): Definition | null {
  switch (node.tag) {
    case 'CreateSchemaStmt': return lowerCreateSchema(node)
    case 'ViewStmt': return lowerCreateView(node, text)
    case 'CreateSeqStmt': return lowerCreateSequence(node)
    case 'AlterSeqStmt': return lowerAlterSequence(node)
    case 'AlterTableStmt': return lowerAlterTable(node, text)
    case 'RenameStmt': return lowerRename(node)
    case 'AlterObjectSchemaStmt': return lowerSetSchema(node)
    case 'CommentStmt': return lowerComment(node)
    case 'ConstraintsSetStmt': return lowerSetConstraints(node)
    case 'ExecuteStmt': return lowerExecute(node)
    case 'DeallocateStmt': return lowerDeallocate(node)
    case 'DeclareCursorStmt': return lowerDeclare(node)
    case 'FetchStmt': return lowerFetch(node)
    case 'ClosePortalStmt': return lowerClose(node)
    case 'MergeStmt': return lowerMerge(node, text)
    case 'DiscardStmt': return lowerDiscard(node)
    default: return null
  }
}

function lowerSetConstraints(node: NodeReader): Definition {
  const names = node.nodes('constraints').map(constraint => bareOf(lowerTable(constraint).name))
  const deferred = node.flag('deferred')
  node.done()
  return { kind: 'set_constraints', names, deferred }
}

function lowerDiscard(node: NodeReader): Definition {
  const target = node.text('target').replace('DISCARD_', '')
  if (target !== 'ALL') throw unsupported(`DISCARD ${target}`)
  node.done()
  return { kind: 'discard_all' }
}

function lowerCreateSchema(node: NodeReader): Definition {
  const name = node.text('schemaname')
  const role = node.bare('authrole', 'RoleSpec')
  role?.ignore('roletype', 'rolename')
  if (name === '') throw unsupported('CREATE SCHEMA without a name', role?.position)
  if (node.has('schemaElts')) throw unsupported('CREATE SCHEMA with elements', node.position)
  const ifNotExists = node.flag('if_not_exists')
  node.done()
  return { kind: 'create_schema', name, ifNotExists }
}

/** DROP TABLE | VIEW | SEQUENCE | SCHEMA. */
export function lowerDropObjects(node: NodeReader, type: 'schema' | 'view' | 'sequence' | 'table'): Statement {
  const names = node.nodes('objects').map(object => {
    if (object.tag === 'String') return object.text('sval')
    const [name, schema = '', database = ''] = object.strings('items').reverse()
    return qualifiedName(schema, name!, database)
  })
  const ifExists = node.flag('missing_ok')
  const cascade = node.text('behavior') === 'DROP_CASCADE'
  node.done()
  const position = node.context.source.ofIndex(0)
  return {
    kind: 'definition', position, definition: { kind: 'drop_objects', type, names, ifExists, cascade, position },
  }
}

function lowerCreateView(node: NodeReader, text: StatementText): Definition {
  const view = lowerTable(node.bare('view', 'RangeVar')!)
  if (node.has('options')) throw unsupported('WITH (…) of a view', view.position)
  if (node.text('withCheckOption') !== 'NO_CHECK_OPTION' && node.text('withCheckOption') !== '') {
    throw unsupported('WITH CHECK OPTION', view.position)
  }
  const body = node.need('query')
  const query = lowerQuery(body)
  const columns = node.strings('aliases')
  const replace = node.flag('replace')
  node.done()
  if (text.parameterNames.length > 0) throw unsupported('a parameter in a view', view.position)
  return { kind: 'create_view', view, replace, columns, query, ...queryText(text), position: view.position }
}

/** The text behind the first AS outside of parentheses, with the places of its stars. */
function queryText(text: StatementText): { readonly sql: string; readonly stars: ViewStars } {
  const { tokens, source } = text
  const word = (i: number): string => source.slice(tokens[i]!.start, tokens[i]!.end)
  let first = 0
  for (let depth = 0; first < tokens.length; first++) {
    if (word(first) === '(') depth++
    if (word(first) === ')') depth--
    if (depth === 0 && tokens[first]!.kind === 'word' && word(first).toLowerCase() === 'as') break
  }
  first++
  const begin = tokens[first]!.start
  const stars = new Map<number, { begin: number; end: number }>()
  for (let i = first; i < tokens.length; i++) {
    if (word(i) !== '*') continue
    let from = i
    while (from - 2 >= first && word(from - 1) === '.') from -= 2
    stars.set(source.positionOf(tokens[from]!.start), {
      begin: tokens[from]!.start - begin, end: tokens[i]!.end - begin,
    })
  }
  return { sql: source.slice(begin, tokens[tokens.length - 1]!.end), stars }
}
