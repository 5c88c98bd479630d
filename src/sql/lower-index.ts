// CREATE INDEX, DROP INDEX and REINDEX from libpg-query's tree.
//
// The grammar fills in `btree` where no method was written; the engine's default is the learned index, so the
// words of the statement decide. An index can be read in both directions: (a, b) serves ORDER BY a, b and
// ORDER BY a DESC, b DESC. Directions that differ between columns, and NULLs at the other end than ORDER BY
// puts them by default, would need another order of entries and are refused.
import type { CreateIndexStatement, Statement } from './ast.ts'
import { findTrailingMethod } from './index-method.ts'
import { lowerTable } from './lower-query.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import type { StatementText } from './statements.ts'

/** CREATE [UNIQUE] INDEX [IF NOT EXISTS] [name] ON table (column, …) [USING method] [WITH (epsilon = n)]. */
export function lowerCreateIndex(node: NodeReader, text: StatementText): Statement {
  const table = lowerTable(node.bare('relation', 'RangeVar')!)
  const columns = node.nodes('indexParams').map(lowerColumn)
  if (columns.some(column => column.descending !== columns[0]!.descending)) {
    throw unsupported('an index whose columns have different directions', table.position)
  }
  const method = node.text('accessMethod')
  const statement: CreateIndexStatement = {
    kind: 'create_index', name: node.text('idxname') || null, table: table.name,
    columns: columns.map(({ name, position }) => ({ name, position })),
    unique: node.flag('unique'), ifNotExists: node.flag('if_not_exists'),
    method: namesMethod(text) ? method : null,
    options: node.nodes('options').map(lowerOption), position: table.position,
  }
  node.done()
  return statement
}

// USING before the column list or behind it; a quoted name "using" is not the word.
function namesMethod(text: StatementText): boolean {
  if (findTrailingMethod(text.tokens, (start, end) => text.source.slice(start, end)) !== null) return true
  for (const { kind, start, end } of text.tokens) {
    const word = text.source.slice(start, end).toLowerCase()
    if (word === '(') return false
    if (kind === 'word' && word === 'using') return true
  }
  return false
}

function lowerColumn(node: NodeReader): { name: string; descending: boolean; position?: number } {
  const name = node.text('name')
  if (name === '') throw unsupported('an index on an expression', node.position)
  const descending = node.text('ordering') === 'SORTBY_DESC'
  const nulls = node.text('nulls_ordering')
  const isUsual = nulls === 'SORTBY_NULLS_DEFAULT' || (nulls === 'SORTBY_NULLS_FIRST') === descending
  if (!isUsual) throw unsupported('NULLS FIRST ascending or NULLS LAST descending in an index', node.position)
  node.done()
  return { name, descending, position: node.position }
}

function lowerOption(node: NodeReader): CreateIndexStatement['options'][number] {
  const name = node.text('defname')
  const arg = node.node('arg')
  const value = arg?.tag === 'Integer' ? arg.number('ival')
    : arg?.tag === 'Float' ? Number(arg.text('fval')) : arg?.tag === 'String' ? arg.text('sval') : null
  node.ignore('defaction', 'defnamespace')
  return { name, value, position: node.position }
}

/** DROP INDEX [IF EXISTS] name, …. */
export function lowerDropIndex(node: NodeReader, names: readonly string[]): Statement {
  const ifExists = node.flag('missing_ok')
  node.ignore('behavior')
  node.flag('concurrent')
  node.done()
  return { kind: 'drop_index', names, ifExists }
}

/** REINDEX INDEX name | TABLE name | DATABASE. */
export function lowerReindex(node: NodeReader): Statement {
  const kind = node.text('kind').replace('REINDEX_OBJECT_', '').toLowerCase()
  const relation = node.bare('relation', 'RangeVar')
  const target = relation === null ? null : lowerTable(relation)
  node.text('name')
  node.done()
  if (kind === 'index' || kind === 'table') {
    return { kind: 'reindex', target: kind, name: target!.name, position: target!.position }
  }
  if (kind !== 'database') throw unsupported(`REINDEX ${kind.toUpperCase()}`)
  return { kind: 'reindex', target: 'database', name: null }
}
