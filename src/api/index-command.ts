// CREATE INDEX, DROP INDEX, REINDEX, and what PRAGMA index_list and index_info show of indexes. A name is looked up
// as the transaction sees the catalogue; indexes and tables share one name space, as in PostgreSQL.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import type { BoundStatement, NewIndex } from '../../exec/plan/logical.ts'
import type { TableStore, Transaction } from '../../storage/mod.ts'
import type { Session } from './session.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { indexText } from './definition-text.ts'

type Bound<K extends BoundStatement['kind']> = Extract<BoundStatement, { kind: K }>

/** CREATE INDEX. Reads the whole table; the index exists, complete, when it returns. */
export function createIndex(session: Session, statement: Bound<'create_index'>): null {
  session.define(txn => {
    const { name } = statement.index
    if (statement.ifNotExists && name !== null && session.catalog.relation(name) !== null) return
    makeIndex(txn, statement.table, statement.index)
  })
  return null
}

/** Makes an index in a transaction, under a free name when it has none. */
export function makeIndex(txn: Transaction, table: string, { name, baseName, spec }: NewIndex): void {
  let free = name ?? baseName
  for (let n = 1; name === null && txn.relationOrNull(free) !== null; n++) free = `${baseName}${n}`
  txn.defineIndex({ kind: 'create', name: free, table, spec })
}

/** DROP INDEX. */
export function dropIndexes(session: Session, statement: Bound<'drop_index'>): null {
  session.define(txn => {
    for (const name of statement.names) {
      const found = session.catalog.relation(name)
      if (found === null && statement.ifExists) continue
      if (found === null) throw undefinedIndex(txn, name)
      txn.defineIndex({ kind: 'drop', name: found.name })
    }
  })
  return null
}

/** REINDEX INDEX | TABLE | DATABASE, or a name that is looked for among both. */
export function reindex(session: Session, statement: Bound<'reindex'>): null {
  const { target, name } = statement
  session.define(txn => {
    const found = name === null ? null : session.catalog.relation(name)
    if (target === 'index' || (target === 'any' && found?.kind !== 'table')) {
      if (found === null) throw undefinedIndex(txn, name!)
      return txn.defineIndex({ kind: 'rebuild', name: found.name })
    }
    const names = target !== 'database' ? [found?.name ?? name!] : txn.listTables().map(schema => schema.name)
    const tables = names.map(each => txn.table(each))
    for (const table of tables) {
      for (const index of [...txn.indexesOf(table)]) txn.defineIndex({ kind: 'rebuild', name: index.schema.name })
    }
  })
  return null
}

function undefinedIndex(txn: Transaction, name: string): DatabaseError {
  const known = txn.listTables().flatMap(schema => txn.indexesOf(txn.table(schema.name)).map(i => i.schema.name))
  const hint = didYouMean(name, known)
  return new DatabaseError(CODE.UNDEFINED_OBJECT, `index "${name}" does not exist`, hint === undefined ? {} : { hint })
}

/** 42809 for DROP TABLE of an index. */
export function notATable(name: string): DatabaseError {
  const hint = 'Use DROP INDEX to remove an index.'
  return new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is not a table`, { hint })
}

/** Indexes of a table, by name, as the session sees them. Throws 42P01. */
function tableIndexes(session: Session, table: string): TableStore[] {
  return session.read(txn => [...txn.indexesOf(txn.table(table))])
    .sort((a, b) => a.schema.name < b.schema.name ? -1 : 1)
}

/** PRAGMA index_list(table): one row per index. */
export function indexList(session: Session, value: Scalar): Scalar[][] {
  if (value === null) throw new DatabaseError(CODE.INVALID_PARAMETER, 'PRAGMA index_list needs a table: index_list(t)')
  return tableIndexes(session, String(value)).map(index => [index.schema.name, indexText(String(value), index.schema)])
}

/** PRAGMA index_info(index): its columns in order. */
export function indexInfo(session: Session, value: Scalar): Scalar[][] {
  if (value === null) throw new DatabaseError(CODE.INVALID_PARAMETER, 'PRAGMA index_info needs an index: index_info(i)')
  const name = String(value)
  return session.read(txn => {
    const schema = txn.relationOrNull(name)?.schema
    if (schema?.index === undefined) throw undefinedIndex(txn, name)
    return schema.index.columns.map((_, i) => [String(i), schema.columns[i]!.name])
  })
}
