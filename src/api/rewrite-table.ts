// A table made anew with other columns: ALTER TABLE where types, places or the key change. The old table steps aside
// under another name, the new one is filled from it by a plan, indexes are built again, and the old one goes; all of
// it in one transaction, so a rollback or a crash has the old table back.
//
//   t ─ alter ─► __altered_<id>      create t ◄─ insert … select expressions from __altered_<id>      drop
// __altered_<id>
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { Transaction } from '../../storage/mod.ts'
import { scanTable } from '../sql/bind-from.ts'
import { besideOf } from '../sql/relation-name.ts'
import { executionContext } from './result.ts'
import type { Session } from './session.ts'
import { executorAccess } from './wide-key-access.ts'

/** The new shape of a table. */
export interface NewShape {
  readonly schema: TableSchema
  /** For each visible column of the new table its value, over the visible columns of the old one. */
  readonly values: readonly Expression[]
  /** Place of each old column in the new table, by ordinal; null = it is gone. */
  readonly places: readonly (number | null)[]
}

/** Gives the table `name` another shape. 23505, 23502, 23514 and what the expressions throw. */
export function rewriteTable(session: Session, txn: Transaction, name: string, shape: NewShape): void {
  const old = txn.table(name)
  const indexes = [...txn.indexesOf(old)].map(({ schema }) => schema)
  const aside = besideOf(name, `__altered_${old.id}`)
  const { compression } = old
  txn.alterTable(old, { ...old.schema, name: aside })
  // Indexes keep their names only when nobody else has them.
  for (const index of indexes) txn.defineIndex({ kind: 'drop', name: index.name, force: true })
  txn.createTable({ ...shape.schema, name, ...(compression === null ? {} : { compression }) })
  txn.foreign.isSuspended = true
  try {
    fill(session, txn, aside, name, shape)
  } finally {
    txn.foreign.isSuspended = false
  }
  txn.dropTable(aside)
  for (const { name: index, index: definition } of indexes) {
    const columns = definition!.columns.map(c => shape.places[c] ?? null)
    if (columns.includes(null)) continue
    const { of: _, ...spec } = definition!
    txn.defineIndex({ kind: 'create', name: index, table: name, spec: { ...spec, columns: columns as number[] } })
  }
}

function fill(session: Session, txn: Transaction, from: string, to: string, shape: NewShape): void {
  const schema = txn.table(to).schema
  const output = schema.columns.filter(({ hidden }) => hidden !== true)
    .map(({ name, type }) => ({ name, type, nullable: true }))
  const scan = scanTable(txn.table(from).schema, false)
  const input: LogicalPlan = { kind: 'project', input: scan, expressions: shape.values, output }
  const insert: LogicalPlan = { kind: 'insert', table: to, schema, input, output: [] }
  const { memory } = session.engine
  const plan = planStatement(insert, name => executorAccess(txn.tables(name), memory))
  const context = executionContext(session, txn, [])
  try {
    plan.executeChanges(context)
  } finally {
    context.arena.release()
  }
}

/** A visible column of the old table as an expression over the scan of its visible columns. */
export function columnValue(schema: TableSchema, ordinal: number): Expression {
  const visible = schema.columns.flatMap(({ hidden }, i) => hidden === true ? [] : [i])
  const { name, type, nullable } = schema.columns[ordinal]!
  return { kind: 'column', index: visible.indexOf(ordinal), name, type, nullable }
}

/** The columns of a table with a hidden row id behind them when it has no key of its own. */
export function withRowId(columns: readonly ColumnSchema[], key: readonly number[]): Pick<TableSchema,
  'columns' | 'key'> {
  if (key.length > 0) return { columns, key }
  const hidden: ColumnSchema = { name: '__rowid', type: { kind: 'bigint' }, nullable: false, hidden: true }
  return { columns: [...columns, hidden], key: [columns.length] }
}
