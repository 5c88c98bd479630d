// ALTER TABLE, RENAME, SET SCHEMA and COMMENT ON of libpg-query's tree to ours. The tree has no text for SET DEFAULT:
// it is cut out of the statement, whose actions are the parts between its outer commas.
import type { AlterAction, Definition, Rename } from './ast-definition.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerTable } from './lower-query.ts'
import { lowerSequenceOptions } from './lower-sequence.ts'
import { TableElements, lowerColumnDefinition, lowerConstraint, lowerIdentity } from './lower-table.ts'
import { lowerType } from './lower-type.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { qualifiedName } from './relation-name.ts'
import type { StatementText } from './statements.ts'

/** ALTER TABLE. */
export function lowerAlterTable(node: NodeReader, text: StatementText): Definition {
  const relation = lowerTable(node.bare('relation', 'RangeVar')!)
  const type = node.text('objtype')
  if (type !== 'OBJECT_TABLE') throw unsupported(`ALTER ${type.replace('OBJECT_', '')}`, relation.position)
  const parts = actionTexts(text)
  const actions = node.nodes('cmds').map((command, i) => lowerAction(command, text, parts[i] ?? ''))
  const ifExists = node.flag('missing_ok')
  node.done()
  return { kind: 'alter_table', table: relation.name, ifExists, actions, position: relation.position }
}

// The statement between its commas outside of parentheses.
function actionTexts({ tokens, source }: StatementText): string[] {
  const parts: string[] = []
  let depth = 0
  let begin = 0
  for (let i = 0; i <= tokens.length; i++) {
    const word = i < tokens.length ? source.slice(tokens[i]!.start, tokens[i]!.end) : ','
    if (word === '(' || word === '[') depth++
    if (word === ')' || word === ']') depth--
    if (word !== ',' || depth !== 0) continue
    parts.push(source.slice(tokens[begin]!.start, tokens[i - 1]!.end))
    begin = i + 1
  }
  return parts
}

function lowerAction(node: NodeReader, text: StatementText, part: string): AlterAction {
  const type = node.text('subtype').replace('AT_', '')
  const name = node.text('name')
  const cascade = node.text('behavior') === 'DROP_CASCADE'
  const missing = node.flag('missing_ok')
  const action = lowerKind(node, type, { text, part, name, cascade, missing })
  if (type !== 'SetStatistics' && type !== 'SetStorage' && type !== 'ChangeOwner') node.done()
  return action
}

interface ActionParts {
  readonly text: StatementText
  readonly part: string
  readonly name: string
  readonly cascade: boolean
  readonly missing: boolean
}

function lowerKind(node: NodeReader, type: string, parts: ActionParts): AlterAction {
  const { text, name, cascade, missing } = parts
  switch (type) {
    case 'AddColumn': {
      const elements = new TableElements()
      const column = lowerColumnDefinition(node.need('def'), text, elements)
      return { kind: 'add_column', elements, ifNotExists: missing, position: column.position }
    }
    case 'DropColumn': return { kind: 'drop_column', name, ifExists: missing, cascade }
    case 'AlterColumnType': {
      const def = node.need('def')
      const to = lowerType(def.bare('typeName', 'TypeName')!)
      const using = def.node('raw_default')
      def.done()
      return { kind: 'type', name, type: to, using: using === null ? null : lowerExpr(using), position: to.position }
    }
    case 'ColumnDefault': {
      const def = node.node('def')
      if (def !== null) lowerExpr(def)
      return { kind: 'default', name, sql: def === null ? null : /\bset\s+default\s+([\s\S]*)$/i.exec(parts.part)![1]! }
    }
    case 'SetNotNull': case 'DropNotNull': return { kind: 'not_null', name, notNull: type === 'SetNotNull' }
    case 'AddConstraint': {
      const elements = new TableElements()
      const constraint = node.need('def')
      const { position } = constraint
      lowerConstraint(constraint, text, elements)
      return { kind: 'add_constraint', elements, position }
    }
    case 'DropConstraint': return { kind: 'drop_constraint', name, ifExists: missing, cascade }
    case 'AddIdentity': {
      const def = node.need('def')
      return { kind: 'add_identity', name, identity: lowerIdentity(def), position: def.position }
    }
    case 'SetIdentity': return { kind: 'set_identity', name, ...lowerSetIdentity(node) }
    case 'DropIdentity': return { kind: 'drop_identity', name, ifExists: missing }
    case 'DropExpression': return { kind: 'drop_expression', name, ifExists: missing }
    // Every constraint has been validated; statistics and owners mean nothing here.
    case 'ValidateConstraint': case 'SetStatistics': case 'ChangeOwner': return { kind: 'nothing' }
    default: throw unsupported(`ALTER TABLE ${type.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase()}`)
  }
}

function lowerSetIdentity(node: NodeReader): Pick<Extract<AlterAction, { kind: 'set_identity' }>,
  'always' | 'options'> {
  let always: boolean | null = null
  const options = node.need('def').nodes('items').filter(option => {
    if (option.text('defname') !== 'generated') return true
    always = option.need('arg').number('ival') === 'a'.charCodeAt(0)
    return false
  })
  return { always, options: lowerSequenceOptions(options) }
}

const RENAMED: Readonly<Record<string, Rename['what']>> = {
  OBJECT_TABLE: 'table', OBJECT_VIEW: 'view', OBJECT_SEQUENCE: 'sequence', OBJECT_INDEX: 'index',
  OBJECT_SCHEMA: 'schema', OBJECT_COLUMN: 'column', OBJECT_TABCONSTRAINT: 'constraint',
}

/** ALTER … RENAME. */
export function lowerRename(node: NodeReader): Definition {
  const type = node.text('renameType')
  const what = RENAMED[type]
  const relation = node.bare('relation', 'RangeVar')
  const table = relation === null ? null : lowerTable(relation)
  if (what === undefined) throw unsupported(`ALTER ${type.replace('OBJECT_', '')} RENAME`, table?.position)
  const part = node.text('subname')
  const to = node.text('newname')
  const ifExists = node.flag('missing_ok')
  node.ignore('behavior', 'relationType')
  node.done()
  return { kind: 'rename', what, relation: table?.name ?? part, part, to, ifExists, position: table?.position }
}

/** ALTER … SET SCHEMA. */
export function lowerSetSchema(node: NodeReader): Definition {
  const relation = node.bare('relation', 'RangeVar')
  if (relation === null) throw node.unsupported()
  const table = lowerTable(relation)
  const schema = node.text('newschema')
  const ifExists = node.flag('missing_ok')
  node.ignore('objectType')
  node.done()
  return { kind: 'set_schema', relation: table.name, schema, ifExists, position: table.position }
}

const COMMENTED = ['TABLE', 'COLUMN', 'VIEW', 'SEQUENCE', 'INDEX', 'SCHEMA', 'TABCONSTRAINT']

/** COMMENT ON. */
export function lowerComment(node: NodeReader): Definition {
  const type = node.text('objtype').replace('OBJECT_', '')
  if (!COMMENTED.includes(type)) throw unsupported(`COMMENT ON ${type}`)
  const object = node.need('object')
  const path = object.tag === 'String' ? [object.text('sval')] : object.strings('items')
  const text = node.has('comment') ? node.text('comment') : null
  node.done()
  return { kind: 'comment', what: type === 'TABCONSTRAINT' ? 'constraint' : type.toLowerCase(), path, text }
}

/** Schema and name of a path of one or two words. */
export function relationOf(path: readonly string[]): string {
  return path.length > 1 ? qualifiedName(path[0]!, path[1]!) : qualifiedName('', path[0]!)
}
