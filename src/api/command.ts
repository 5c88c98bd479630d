// Statements that are not queries: DDL, transaction control, PRAGMA, SHOW, DESCRIBE, EXPLAIN. Those that
// return rows return them as a plan of literal rows, so that every result takes the same way out.
import { unreachable } from '../base/assert.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import { BIGINT, BOOLEAN, JSON_TYPE, TEXT, typeName } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { PhysicalPlan } from '../../exec/mod.ts'
import type { BoundStatement, LogicalPlan } from '../../exec/plan/logical.ts'
import { attachNow, detach } from './attachments.ts'
import { BACKUP_COLUMNS, RESTORE_COLUMNS, backupNow, restoreNow } from './backup.ts'
import { runPragma } from './pragma.ts'
import { queryOf } from './prepared.ts'
import type { Prepared } from './prepared.ts'
import { executionContext } from './result.ts'
import { definitionColumns, runDefinition } from './definition-command.ts'
import { createIndex, dropIndexes, reindex } from './index-command.ts'
import type { Session } from './session.ts'
import { createTable, createTableAs, truncateTables } from './table-command.ts'

/** Literal rows under named columns. */
export interface Listing {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[]
  readonly rows: readonly (readonly Scalar[])[]
}

const TABLES = [{ name: 'name', type: TEXT }, { name: 'rows', type: BIGINT }, { name: 'key', type: TEXT }]
const COLUMNS = [
  { name: 'column', type: TEXT }, { name: 'type', type: TEXT }, { name: 'nullable', type: BOOLEAN },
  { name: 'key', type: BIGINT }, { name: 'default', type: TEXT },
]
const PRAGMA = [{ name: 'name', type: TEXT }, { name: 'value', type: TEXT }]

/** Columns of a statement's rows; empty for statements without rows. */
export function columnsOf(statement: BoundStatement): readonly {
  readonly name: string; readonly type: SqlType; readonly nullable: boolean,
}[] {
  const listed = (columns: Listing['columns']): { name: string; type: SqlType; nullable: boolean }[] =>
    columns.map(column => ({ ...column, nullable: true }))
  switch (statement.kind) {
    case 'query': return statement.plan.output
    case 'explain': return listed(explainColumns(statement.format))
    case 'show_tables': return listed(TABLES)
    case 'show': return listed([{ name: statement.name, type: TEXT }])
    case 'describe': return listed(COLUMNS)
    case 'pragma': return listed(PRAGMA)
    case 'backup': return listed(BACKUP_COLUMNS)
    case 'restore': return listed(RESTORE_COLUMNS)
    case 'definition': return statement.output.length > 0 ? statement.output
      : listed(definitionColumns(statement.definition))
    default: return []
  }
}

function explainColumns(format: 'text' | 'json'): Listing['columns'] {
  return [{ name: 'QUERY PLAN', type: format === 'json' ? JSON_TYPE : TEXT }]
}

/** A plan that returns the rows of a listing. */
export function listingPlan(listing: Listing): PhysicalPlan {
  const output = listing.columns.map(column => ({ ...column, nullable: true }))
  const rows = listing.rows.map(row => row.map((value, i) =>
    ({ kind: 'constant' as const, type: listing.columns[i]!.type, value })))
  const plan: LogicalPlan = { kind: 'values', rows, output }
  return planStatement(plan, () => unreachable('a listing reads no table'))
}

/** Runs a statement that is not a query. Returns its rows, or null when it has none. */
export function runCommand(
  session: Session, statement: Exclude<BoundStatement, { kind: 'query' }>, prepared: Prepared,
  values: readonly Scalar[],
): Listing | null {
  switch (statement.kind) {
    case 'begin': session.begin(statement.modes); return null
    case 'set_transaction':
      if (statement.scope === 'transaction') session.setTransaction(statement.modes)
      else session.setDefaults(statement.modes)
      return null
    case 'show': {
      session.assertReady()
      return { columns: [{ name: statement.name, type: TEXT }], rows: [[session.settings.show(statement.name, false)]] }
    }
    case 'commit': session.commit(); return null
    case 'rollback': session.rollback(); return null
    case 'savepoint': session.savepoint(statement.name); return null
    case 'release': session.release(statement.name); return null
    case 'rollback_to': session.rollbackTo(statement.name); return null
    case 'create_table': return createTable(session, statement)
    case 'create_table_as': return createTableAs(session, statement, values)
    case 'truncate': return truncateTables(session, statement)
    case 'definition': return runDefinition(session, statement)
    case 'create_index': return createIndex(session, statement)
    case 'drop_index': return dropIndexes(session, statement)
    case 'reindex': return reindex(session, statement)
    case 'explain': return explain(session, statement, prepared, values)
    case 'backup': return backupNow(session, statement)
    case 'restore': return restoreNow(session, statement)
    case 'attach':
      attachNow(session, statement.path, statement.name, { readOnly: statement.readOnly, create: statement.create })
      return null
    case 'detach':
      detach(session.database, statement.name)
      return null
    case 'show_tables': return showTables(session)
    case 'describe': return describe(statement)
    case 'pragma': {
      const { name, value, argument } = statement
      return { columns: PRAGMA, rows: runPragma(session, name, value, argument) }
    }
  }
}

function explain(
  session: Session, statement: Extract<BoundStatement, { kind: 'explain' }>, prepared: Prepared,
  values: readonly Scalar[],
): Listing {
  const columns = explainColumns(statement.format)
  const rows = (text: string): Scalar[][] => statement.format === 'json'
    ? [[text]]
    : text.split('\n').map(line => [line])
  if (statement.statement.kind !== 'query') {
    throw new DatabaseError(
      CODE.UNSUPPORTED, `EXPLAIN of ${statement.statement.kind.replace('_', ' ').toUpperCase()} is not supported`
    )
  }
  const query = queryOf(statement.statement)
  if (!statement.analyze) {
    return session.read(txn => ({ columns, rows: rows(prepared.plan(query, txn, values).explain(statement.format)) }))
  }
  const isChange = ['insert', 'update', 'delete'].includes(query.plan.kind)
  const run: Session['read'] = isChange ? body => session.write(body) : body => session.read(body)
  return run(txn => {
    const plan = prepared.plan(query, txn, values)
    const context = executionContext(session, txn, values)
    try {
      const profile = plan.analyze(context)
      return { columns, rows: rows(plan.explain(statement.format, profile)) }
    } finally {
      context.arena.release()
    }
  })
}

function showTables(session: Session): Listing {
  return session.read(txn => ({
    columns: TABLES,
    rows: session.schemas().map(schema => {
      const keys = schema.key.map(i => schema.columns[i]!).filter(column => column.hidden !== true)
      return [schema.name, txn.tables(schema.name).estimateRows(), keys.map(column => column.name).join(', ')]
    }),
  }))
}

function describe(statement: Extract<BoundStatement, { kind: 'describe' }>): Listing {
  const { schema, columns } = statement
  return {
    columns: COLUMNS,
    rows: columns.map(column => {
      const place = schema.key.findIndex(i => schema.columns[i] === column)
      return [
        column.name, typeName(column.type), column.nullable ? 1 : 0, place < 0 ? null : place + 1,
        column.defaultSql ?? null,
      ]
    }),
  }
}
