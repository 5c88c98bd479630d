// Statements of libpg-query's tree to ours: CREATE TABLE AS, DROP, EXPLAIN, and the door to all others. What nobody
// lowers is refused by name.
import type { Statement } from './ast.ts'
import { lowerDelete, lowerInsert, lowerUpdate } from './lower-change.ts'
import { lowerDefinition, lowerDropObjects } from './lower-definition.ts'
import { lowerCreateIndex, lowerDropIndex, lowerReindex } from './lower-index.ts'
import { lowerPrepare } from './lower-prepared.ts'
import { lowerQuery, lowerTable } from './lower-query.ts'
import { lowerShow } from './lower-setting.ts'
import { lowerSet, lowerTransaction } from './lower-transaction.ts'
import { lowerCreate, lowerLifetime, lowerOptions, optionValue } from './lower-table.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import { qualifiedName } from './relation-name.ts'
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
    case 'PrepareStmt': {
      const definition = lowerPrepare(node, inner => lowerStatement(inner, text))
      return { kind: 'definition', definition, position: text.source.ofIndex(0) }
    }
    default: {
      const definition = lowerDefinition(node, text)
      if (definition === null) throw node.unsupported()
      return definition
    }
  }
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

function lowerTruncate(node: NodeReader): Statement {
  const tables = node.nodes('relations').map(lowerTable)
  const restart = node.flag('restart_seqs')
  const cascade = node.text('behavior') === 'DROP_CASCADE'
  node.done()
  return { kind: 'truncate', tables, restart, cascade, position: tables[0]?.position }
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

function isOn(value: string): boolean {
  return !['false', 'off', '0'].includes(value)
}
