// CREATE INDEX, DROP INDEX and REINDEX inside a transaction.
//
// The definer of a table is the transaction that changes its indexes: until it ends, no other transaction
// writes the table or defines anything on it (55P03), and it becomes definer only when no other transaction has
// uncommitted writes there. So the rows an index is built from are those its first commit has, and nobody's
// change can slip past an index that is not in the catalogue yet.
//
// An index over existing rows is built as row groups on free pages. A transaction that has built some commits
// by a checkpoint instead of log records (rule W3); when it rolls back, the pages are given up.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { IndexDefinition, TableSchema } from '../../src/base/types.ts'
import type { Engine } from '../engine.ts'
import { IndexBuilder } from '../index-build.ts'
import { indexSchema } from '../table/index-schema.ts'
import { TableRoot } from '../table/table-root.ts'
import type { TableStore } from '../table/table-store.ts'
import { bareName } from './linked.ts'
import type { Transaction } from './transaction.ts'
import type { DdlChange } from './visible-tables.ts'

/** What CREATE INDEX says beside the names; `columns` are ordinals of the table. */
type IndexSpec = Omit<IndexDefinition, 'of'>

/** One change of the indexes. */
export type IndexChange =
  | { readonly kind: 'create'; readonly name: string; readonly table: string; readonly spec: IndexSpec }
  /** `force`: also an index that a constraint made. */
  | { readonly kind: 'drop' | 'rebuild'; readonly name: string; readonly force?: boolean }

/** The change as the attached database that it names knows it. */
export function bareChange(change: IndexChange): IndexChange {
  if (change.kind === 'create') return { ...change, table: bareName(change.table) }
  return { ...change, name: bareName(change.name) }
}

/**
 * Makes the change. 42P07 for a name that is taken, 23505 when the rows break UNIQUE, 0A000 for types without an
 * order, 42704 and 42809 for a name that is no index, 2BP01 for an index that a constraint made.
 */
export function defineIndex(engine: Engine, txn: Transaction, change: IndexChange): void {
  if (change.kind === 'create') createIndex(engine, txn, change.name, txn.table(change.table), change.spec)
  else if (change.kind === 'drop') dropIndex(engine, txn, change.name, change.force === true)
  else rebuildIndex(engine, txn, change.name)
}

/** Makes the transaction the definer of a table; 55P03 when another one writes or defines it. */
function becomeDefiner(engine: Engine, txn: Transaction, table: TableStore): void {
  txn.assertNotDropped(table)
  engine.locks.assertUnused(table, txn)
  table.definer = txn
  if (!txn.defines.includes(table)) txn.defines.push(table)
}

/** The table gets another schema with the same types in the same places (O2). */
export function alterTable(engine: Engine, txn: Transaction, table: TableStore, after: TableSchema): void {
  becomeDefiner(engine, txn, table)
  const before = table.schema
  if (after.name !== before.name) txn.checkFree(after.name)
  table.committedSchema ??= before
  table.alter(after)
  txn.ddl.push({ kind: 'alter', table, before, after })
}

/** The transaction has ended. */
export function endDefinitions(txn: Transaction): void {
  for (const table of txn.defines) table.definer = null
  txn.defines.length = 0
}

/** The table with this id as the transaction sees the catalogue, or null. */
export function tableById(engine: Engine, txn: Transaction, id: number): TableStore | null {
  const created = txn.ddl.find(({ kind, table }) => kind === 'create' && table.id === id)
  return created?.table ?? engine.catalog.byIdOrNull(id)
}

function createIndex(engine: Engine, txn: Transaction, name: string, table: TableStore, spec: IndexSpec): void {
  checkTypes(table, spec.columns)
  if (txn.relationOrNull(name) !== null) {
    throw new DatabaseError(CODE.DUPLICATE_TABLE, `relation "${name}" already exists`)
  }
  txn.checkFree(name)
  becomeDefiner(engine, txn, table)
  const definition: IndexDefinition = { of: table.id, ...spec }
  const index = engine.makeTable(indexSchema(name, table.schema, definition))
  txn.ddl.push({ kind: 'create', table: index })
  build(engine, txn, table, index)
}

// Interval bytes do not sort like their durations; texts of JSON and arrays not like the values.
function checkTypes(table: TableStore, columns: readonly number[]): void {
  const bad = columns.map((c) => table.schema.columns[c]!).find(({ type }) =>
    ['interval', 'json', 'jsonb', 'array'].includes(type.kind))
  if (bad === undefined) return
  throw new DatabaseError(CODE.UNSUPPORTED, `column "${bad.name}" of type ${bad.type.kind} cannot be indexed`)
}

function build(engine: Engine, txn: Transaction, table: TableStore, index: TableStore): void {
  const now = { commitId: engine.commitId, ownMark: txn.writeSet.mark, rootNumber: engine.rootNumber }
  const builder = new IndexBuilder(engine, table, index)
  try {
    builder.addTable(table, now)
    const groups = builder.finish()
    index.replaceRoots(new TableRoot(0, groups, index.order))
  } catch (error) {
    builder.abort()
    throw error
  }
  index.liveRows = index.root.rows
  index.visibleFrom = engine.commitId
}

function dropIndex(engine: Engine, txn: Transaction, name: string, force: boolean): void {
  const index = indexNamed(txn, name)
  const table = tableOf(engine, txn, index)
  if (index.schema.index!.constraint === true && !force) {
    throw new DatabaseError(CODE.DEPENDENT_OBJECTS,
      `cannot drop index "${name}": a UNIQUE constraint of table "${table.schema.name}" requires it`)
  }
  becomeDefiner(engine, txn, table)
  txn.ddl.push({ kind: 'drop', table: index })
}

function rebuildIndex(engine: Engine, txn: Transaction, name: string): void {
  const index = indexNamed(txn, name)
  const table = tableOf(engine, txn, index)
  becomeDefiner(engine, txn, table)
  const fresh = engine.makeTable(index.schema)
  txn.ddl.push({ kind: 'drop', table: index }, { kind: 'create', table: fresh })
  build(engine, txn, table, fresh)
}

/** The hidden table of an index as the transaction sees it. */
function indexNamed(txn: Transaction, name: string): TableStore {
  const index = txn.relationOrNull(name)
  if (index === null) throw new DatabaseError(CODE.UNDEFINED_OBJECT, `index "${name}" does not exist`)
  if (index.schema.index === undefined) throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is not an index`)
  return index
}

/** The table of an index. */
function tableOf(engine: Engine, txn: Transaction, index: TableStore): TableStore {
  const table = tableById(engine, txn, index.schema.index!.of)
  if (table === null) throw new DatabaseError(CODE.UNDEFINED_TABLE, `index "${index.schema.name}" has lost its table`)
  return table
}

/** True when the transaction has row groups that only a checkpoint can make durable. */
export function hasBuiltGroups(txn: Transaction): boolean {
  return txn.ddl.some((change) => change.kind === 'create' && change.table.root.groups.length > 0)
}

/** A change of the catalogue is taken back. */
export function undoChange(engine: Engine, change: DdlChange): void {
  const { kind, table } = change
  if (kind === 'drop') table.dropper = null
  else if (kind === 'create') undoDefinition(engine, table)
  else {
    table.alter(change.before)
    if (table.committedSchema === change.before) table.committedSchema = null
  }
}

// What was built for a definition goes when no reader of it is left.
function undoDefinition(engine: Engine, table: TableStore): void {
  if (table.root.groups.length === 0 || !engine.isUsable) return
  engine.rootNumber++
  engine.retired.push({ rootNumber: engine.rootNumber, groups: table.root.groups })
  engine.hasGarbage = true
}
