// Statements of libpg-query's tree to ours: CREATE and DROP TABLE, EXPLAIN, and the door to all others.
// Constraints that the engine does not enforce are refused by name.
import type {
  CheckClause, ColumnDefinition, CreateTableStatement, Expr, Statement, TableRef, TypeNode, UniqueConstraint,
} from './ast.ts'
import { lowerDelete, lowerInsert, lowerUpdate } from './lower-change.ts'
import { lowerDefinition, lowerDropObjects } from './lower-definition.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerCreateIndex, lowerDropIndex, lowerReindex } from './lower-index.ts'
import { lowerQuery, lowerTable } from './lower-query.ts'
import { lowerSet, lowerShow, lowerTransaction } from './lower-transaction.ts'
import { lowerType } from './lower-type.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { qualifiedName } from './relation-name.ts'
import { checkText, defaultText } from './default-text.ts'
import type { StatementText } from './statements.ts'

/** Lowers the one statement of a parse result. */
export function lowerStatement(node: NodeReader, text: StatementText): Statement {
  switch (node.tag) {
    case 'SelectStmt': return lowerQuery(node)
    case 'InsertStmt': return lowerInsert(node, text)
    case 'UpdateStmt': return lowerUpdate(node)
    case 'DeleteStmt': return lowerDelete(node)
    case 'CreateStmt': return lowerCreate(node, text)
    case 'CreateTableAsStmt': return lowerCreateAs(node)
    case 'TruncateStmt': return lowerTruncate(node)
    case 'DropStmt': return lowerDrop(node)
    case 'IndexStmt': return lowerCreateIndex(node, text)
    case 'ReindexStmt': return lowerReindex(node)
    case 'TransactionStmt': return lowerTransaction(node)
    case 'VariableSetStmt': return lowerSet(node)
    case 'VariableShowStmt': return lowerShow(node)
    case 'ExplainStmt': return lowerExplain(node, text)
    default: {
      const definition = lowerDefinition(node, text)
      if (definition === null) throw node.unsupported()
      return definition
    }
  }
}

function lowerCreate(node: NodeReader, text: StatementText): Statement {
  const relation = lowerTable(node.bare('relation', 'RangeVar')!)
  const columns: ColumnDefinition[] = []
  const keys: CreateTableStatement['keys'][number][] = []
  const uniques: UniqueConstraint[] = []
  const checks: CheckClause[] = []
  for (const element of node.nodes('tableElts')) {
    if (element.tag === 'ColumnDef') columns.push(lowerColumnDefinition(element, text, { uniques, checks }))
    else if (element.tag === 'Constraint') {
      const type = checkConstraint(element, ['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_CHECK'])
      const constraint = { columns: element.strings('keys'), position: element.position }
      if (type === 'CONSTR_CHECK') checks.push(lowerCheck(element, text))
      else if (type === 'CONSTR_UNIQUE') uniques.push({ name: element.text('conname') || null, ...constraint })
      else keys.push(constraint)
      element.done()
    } else throw element.unsupported()
  }
  const options = lowerOptions(node)
  const ifNotExists = node.flag('if_not_exists')
  const lifetime = lowerLifetime(relation, node.text('oncommit'))
  node.done()
  return {
    kind: 'create_table', table: relation.name, ...lifetime, ifNotExists, columns, keys, uniques, checks, options,
    position: relation.position,
  }
}

const ON_COMMIT: Readonly<Record<string, CreateTableStatement['onCommit']>> = {
  ONCOMMIT_PRESERVE_ROWS: 'preserve', ONCOMMIT_DELETE_ROWS: 'delete', ONCOMMIT_DROP: 'drop',
}

// TEMP and ON COMMIT.
function lowerLifetime(
  { temporary }: TableRef, onCommit: string,
): Pick<CreateTableStatement, 'temporary' | 'onCommit'> {
  const action = ON_COMMIT[onCommit]
  return { ...(temporary === true ? { temporary } : {}), ...(action === undefined ? {} : { onCommit: action }) }
}

function lowerOptions(node: NodeReader): CreateTableStatement['options'] {
  return node.nodes('options').map(option => {
    const name = option.text('defname').toLowerCase()
    const value = optionValue(option)
    if (option.text('defnamespace') !== '') throw unsupported('a namespace in WITH', option.position)
    return { name, value, position: option.position }
  })
}

function lowerCreateAs(node: NodeReader): Statement {
  const into = node.bare('into', 'IntoClause')!
  const relation = lowerTable(into.bare('rel', 'RangeVar')!)
  const columns = into.strings('colNames')
  const withData = !into.flag('skipData')
  const options = lowerOptions(into)
  const lifetime = lowerLifetime(relation, into.text('onCommit'))
  into.done()
  const body = node.need('query')
  if (body.tag !== 'SelectStmt') throw unsupported('CREATE TABLE AS anything but a query', relation.position)
  if (node.text('objtype') !== 'OBJECT_TABLE') throw unsupported('CREATE MATERIALIZED VIEW', relation.position)
  const query = lowerQuery(body)
  const ifNotExists = node.flag('if_not_exists')
  node.done()
  return {
    kind: 'create_table_as', table: relation.name, ...lifetime, columns, query, ifNotExists, withData, options,
    position: relation.position,
  }
}

// No sequences and no references from other tables: RESTART IDENTITY and CASCADE have nothing to add.
function lowerTruncate(node: NodeReader): Statement {
  const tables = node.nodes('relations').map(lowerTable)
  node.ignore('restart_seqs', 'behavior')
  node.done()
  return { kind: 'truncate', tables, position: tables[0]?.position }
}

const CONSTRAINT_WORDS: Readonly<Record<string, string>> = {
  CONSTR_ATTR_NOT_ENFORCED: 'NOT ENFORCED', CONSTR_FOREIGN: 'FOREIGN KEY / REFERENCES',
  CONSTR_IDENTITY: 'GENERATED … AS IDENTITY', CONSTR_GENERATED: 'a generated column', CONSTR_EXCLUSION: 'EXCLUDE',
  CONSTR_ATTR_DEFERRABLE: 'DEFERRABLE', CONSTR_ATTR_DEFERRED: 'INITIALLY DEFERRED', CONSTR_PRIMARY: 'PRIMARY KEY here',
}

const COLUMN_CONSTRAINTS = ['CONSTR_NOTNULL', 'CONSTR_NULL', 'CONSTR_PRIMARY', 'CONSTR_DEFAULT', 'CONSTR_UNIQUE',
  'CONSTR_CHECK']

/** Reads the type of a constraint; 0A000 when it is not one of `allowed`. */
function checkConstraint(node: NodeReader, allowed: readonly string[]): string {
  const type = node.text('contype')
  if (!allowed.includes(type)) throw unsupported(CONSTRAINT_WORDS[type] ?? type, node.position)
  node.ignore('conname', 'is_enforced', 'initially_valid')
  return type
}

function lowerCheck(node: NodeReader, text: StatementText): CheckClause {
  if (!node.flag('is_enforced')) throw unsupported('NOT ENFORCED', node.position)
  // Lowered for what the grammar allows and this engine does not; the text is what is kept.
  lowerExpr(node.need('raw_expr'))
  node.ignore('is_no_inherit', 'skip_validation')
  return { name: node.text('conname') || null, sql: checkText(text, node.position!), position: node.position }
}

function lowerColumnDefinition(
  node: NodeReader, text: StatementText,
  { uniques, checks }: { readonly uniques: UniqueConstraint[]; readonly checks: CheckClause[] },
): ColumnDefinition {
  const name = node.text('colname')
  const typeNode = node.bare('typeName', 'TypeName')
  if (typeNode === null) throw unsupported(`a column without a type ("${name}")`, node.position)
  const type: TypeNode = lowerType(typeNode)
  let [notNull, primaryKey] = [false, false]
  let defaultExpr: Expr | null = null
  let defaultSql: string | null = null
  for (const constraint of node.nodes('constraints')) {
    switch (checkConstraint(constraint, COLUMN_CONSTRAINTS)) {
      case 'CONSTR_NOTNULL': notNull = true; break
      case 'CONSTR_PRIMARY': primaryKey = true; break
      case 'CONSTR_UNIQUE':
        uniques.push({ name: constraint.text('conname') || null, columns: [name], position: constraint.position })
        break
      case 'CONSTR_CHECK': checks.push(lowerCheck(constraint, text)); break
      case 'CONSTR_DEFAULT':
        defaultExpr = lowerExpr(constraint.need('raw_expr'))
        defaultSql = defaultText(text, constraint.position!)
        break
      default:
    }
    constraint.done()
  }
  node.ignore('is_local')
  node.done()
  return { name, type, notNull, primaryKey, defaultExpr, defaultSql, position: node.position }
}

const DROPPED: Readonly<Record<string, 'schema' | 'view' | 'sequence' | 'table'>> = {
  OBJECT_TABLE: 'table', OBJECT_VIEW: 'view', OBJECT_SEQUENCE: 'sequence', OBJECT_SCHEMA: 'schema',
}

function lowerDrop(node: NodeReader): Statement {
  const type = node.text('removeType')
  const dropped = DROPPED[type]
  if (dropped !== undefined) return lowerDropObjects(node, dropped)
  if (type !== 'OBJECT_INDEX') {
    throw unsupported(`DROP ${type.replace('OBJECT_', '')}`, node.context.source.ofIndex(0))
  }
  const names = node.nodes('objects').map(object => {
    const path = object.strings('items')
    const [name, schema = '', database = ''] = path.reverse()
    return qualifiedName(schema, name!, database)
  })
  return lowerDropIndex(node, names)
}

function lowerExplain(node: NodeReader, text: StatementText): Statement {
  let analyze = false
  let format: 'text' | 'json' = 'text'
  for (const option of node.nodes('options')) {
    const name = option.text('defname')
    const value = optionValue(option)
    if (name === 'analyze') analyze = isOn(value)
    else if (name === 'format' && (value === 'text' || value === 'json')) format = value
    else if (!['costs', 'verbose', 'timing', 'summary', 'buffers'].includes(name)) {
      throw unsupported(`EXPLAIN option ${name.toUpperCase()}${value === '' ? '' : ' ' + value}`, option.position)
    }
  }
  const statement = lowerStatement(node.need('query'), text)
  node.done()
  return { kind: 'explain', analyze, format, statement, position: node.position }
}

function optionValue(option: NodeReader): string {
  const arg = option.node('arg')
  if (arg === null) return ''
  if (arg.tag === 'String') return arg.text('sval').toLowerCase()
  if (arg.tag === 'Integer') return String(arg.number('ival'))
  if (arg.tag === 'Boolean') return String(arg.flag('boolval'))
  throw arg.unsupported()
}

function isOn(value: string): boolean {
  return !['false', 'off', '0'].includes(value)
}
