// CREATE TABLE, CREATE TABLE AS, DROP TABLE and TRUNCATE. TRUNCATE drops the table and makes it anew, with its
// indexes, in one transaction: it costs the same for any number of rows, and a rollback has the old table back.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { BoundStatement } from '../../exec/plan/logical.ts'
import { assertCompression, attachmentOf } from '../../storage/mod.ts'
import type { Transaction } from '../../storage/mod.ts'
import { makeIndex, notATable } from './index-command.ts'
import { executionContext } from './result.ts'
import type { Session } from './session.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { executorAccess } from './wide-key-access.ts'

type Bound<K extends BoundStatement['kind']> = Extract<BoundStatement, { kind: K }>

/** CREATE TABLE. */
export function createTable(session: Session, statement: Bound<'create_table'>): null {
  session.assertReady()
  refuseFarDefinition(session, statement.schema.name)
  if (statement.ifNotExists && session.catalog.schema(statement.schema.name) !== undefined) return null
  const { compression } = statement.schema
  if (compression !== undefined) assertCompression(compression)
  session.define(txn => {
    txn.createTable(statement.schema)
    for (const index of statement.uniques) makeIndex(txn, statement.schema.name, index)
  })
  return null
}

// The catalogue of an attached database changes at its own commit, which a plan of this transaction would not notice.
function refuseFarDefinition(session: Session, name: string): void {
  if (session.transaction === null || attachmentOf(session.engine, name) === null) return
  throw new DatabaseError(
    CODE.UNSUPPORTED, `table "${name}" of an attached database cannot be made or dropped inside a transaction`
  )
}

/** DROP TABLE. */
export function dropTables(session: Session, statement: Bound<'drop_table'>): null {
  session.define(txn => {
    for (const name of statement.tables) {
      refuseFarDefinition(session, name)
      const { catalog } = session
      if (catalog.schema(name) !== undefined) txn.dropTable(name)
      else if (txn.relationOrNull(name) !== null) throw notATable(name)
      else if (!statement.ifExists) {
        const hint = didYouMean(name, catalog.names())
        throw new DatabaseError(
          CODE.UNDEFINED_TABLE, `table "${name}" does not exist`, hint === undefined ? {} : { hint }
        )
      }
    }
  })
  return null
}

/** CREATE TABLE AS: the table, and the rows of its query, in one transaction. */
export function createTableAs(
  session: Session, statement: Bound<'create_table_as'>, values: readonly Scalar[],
): null {
  session.assertReady()
  const { schema, fill, ifNotExists } = statement
  refuseFarDefinition(session, schema.name)
  if (ifNotExists && session.catalog.schema(schema.name) !== undefined) return null
  if (schema.compression !== undefined) assertCompression(schema.compression)
  session.define(txn => {
    txn.createTable(schema)
    if (fill === null) return
    const { memory } = session.engine
    const plan = planStatement(fill, name => executorAccess(txn.tables(name), memory))
    const context = executionContext(session, txn, values)
    try {
      plan.executeChanges(context)
    } finally {
      context.arena.release()
    }
  })
  return null
}

/** TRUNCATE. 55P03 while another transaction has changed the table. */
export function truncateTables(session: Session, { tables }: Bound<'truncate'>): null {
  session.define(txn => {
    for (const name of tables) {
      refuseFarDefinition(session, name)
      truncate(txn, name)
    }
  })
  return null
}

function truncate(txn: Transaction, name: string): void {
  const table = txn.table(name)
  const indexes = txn.indexesOf(table).map(index => index.schema)
  txn.dropTable(name)
  const { compression } = table
  txn.createTable({ ...table.schema, name, ...(compression === null ? {} : { compression }) })
  for (const { name: index, index: definition } of indexes) {
    const { of: _, ...spec } = definition!
    txn.defineIndex({ kind: 'create', name: index, table: name, spec })
  }
}
