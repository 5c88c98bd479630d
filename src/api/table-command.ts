// CREATE TABLE, CREATE TABLE AS and TRUNCATE. TRUNCATE drops the table and makes it anew, with its
// indexes, in one transaction: it costs the same for any number of rows, and a rollback has the old table back.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { BoundStatement } from '../../exec/plan/logical.ts'
import { assertCompression } from '../../storage/mod.ts'
import type { Transaction } from '../../storage/mod.ts'
import { holdReferred } from './foreign-keys.ts'
import { makeIndex } from './index-command.ts'
import { executionContext } from './result.ts'
import type { Session } from './session.ts'
import { sequencesIn } from './dependents.ts'
import { changeSequence, makeColumnSequences } from './sequence-command.ts'
import type { OwnedSequence } from '../sql/bind-generated.ts'
import { executorAccess } from './wide-key-access.ts'

type Bound<K extends BoundStatement['kind']> = Extract<BoundStatement, { kind: K }>

/** CREATE TABLE. */
export function createTable(session: Session, statement: Bound<'create_table'>): null {
  session.assertReady()
  if (statement.ifNotExists && session.catalog.named(statement.schema.name) !== null) return null
  const { compression } = statement.schema
  if (compression !== undefined) assertCompression(compression)
  session.define(txn => {
    makeColumnSequences(txn, statement.schema.name, statement.sequences as readonly OwnedSequence[])
    txn.createTable(statement.schema)
    holdReferred(txn, statement.schema.foreign ?? [], statement.schema.name)
    for (const index of statement.uniques) makeIndex(txn, statement.schema.name, index)
  })
  return null
}

/** CREATE TABLE AS: the table, and the rows of its query, in one transaction. */
export function createTableAs(
  session: Session, statement: Bound<'create_table_as'>, values: readonly Scalar[],
): null {
  session.assertReady()
  const { schema, fill, ifNotExists } = statement
  if (ifNotExists && session.catalog.named(schema.name) !== null) return null
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

/**
 * TRUNCATE. 55P03 while another transaction has changed the table, 0A000 while a table outside of the list refers to
 * it.
 */
export function truncateTables(session: Session, { tables, restart, cascade }: Bound<'truncate'>): null {
  session.define(txn => {
    const all = [...tables]
    for (let i = 0; i < all.length; i++) {
      const name = all[i]!
      for (const { name: other, foreign } of txn.listTables()) {
        if (all.includes(other) || foreign?.some(key => key.table === name) !== true) continue
        if (!cascade) throw isReferred(name, other)
        all.push(other)
      }
    }
    for (const name of all) {
      emptyTable(txn, name)
      if (!restart) continue
      for (const sequence of sequencesIn(txn)) {
        if (sequence.owner?.table === name) changeSequence(session, txn, sequence, [{ name: 'restart', value: null }])
      }
    }
  })
  return null
}

function isReferred(name: string, other: string): DatabaseError {
  return new DatabaseError(CODE.UNSUPPORTED, 'cannot truncate a table referenced in a foreign key constraint', {
    detail: `Table "${other}" references "${name}".`,
    hint: `Truncate table "${other}" at the same time, or use TRUNCATE ... CASCADE.`,
  })
}

/** Takes all rows of a table away by making it anew. */
export function emptyTable(txn: Transaction, name: string): void {
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
