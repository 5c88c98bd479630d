// The catalogue as one transaction sees it: what is committed, with what the transaction has created, altered and
// dropped so far on top. Later changes of a name hide earlier ones.
//
// O2  An altered table has its new schema at once; until the commit `committedSchema` keeps the old one for everybody
//     but the transaction that alters it, which is its definer (index-ddl.ts). That works because an alteration
//     changes neither the types nor the places of columns: names, nullability, defaults and constraints only.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { TableSchema } from '../../src/base/types.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { objectKey } from '../catalog/objects.ts'
import type { TableStore } from '../table/table-store.ts'
import type { Transaction } from './transaction.ts'

/** A catalogue change, applied at commit. */
export type DdlChange =
  | { readonly kind: 'create'; readonly table: TableStore }
  | { readonly kind: 'drop'; readonly table: TableStore }
  | {
    readonly kind: 'alter'; readonly table: TableStore
    /** Schemas on either side of the change. */
    readonly before: TableSchema; readonly after: TableSchema
  }

/** The table, or hidden table of an index, with this name, or null. */
export function relationIn(catalog: Catalog, ddl: readonly DdlChange[], name: string): TableStore | null {
  for (let i = ddl.length - 1; i >= 0; i--) {
    const change = ddl[i]!
    const { kind, table } = change
    if (table.schema.name === name) return kind === 'drop' ? null : table
    if (kind === 'alter' && change.before.name === name) return null
  }
  return catalog.relationOrNull(name)
}

/** The table with this name; 42P01 when there is none, 42809 for an index. */
export function tableIn(catalog: Catalog, ddl: readonly DdlChange[], name: string): TableStore {
  if (ddl.length === 0) return catalog.get(name)
  const table = relationIn(catalog, ddl, name)
  if (table === null) throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${name}" does not exist`)
  if (table.schema.index !== undefined) throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is an index`)
  return table
}

/** All tables a transaction sees, those of indexes left out. */
function storesIn(catalog: Catalog, ddl: readonly DdlChange[]): TableStore[] {
  const tables = new Set(catalog.userTables())
  for (const { kind, table } of ddl) {
    if (table.schema.index !== undefined) continue
    if (kind === 'create') tables.add(table)
    else if (kind === 'drop') tables.delete(table)
  }
  return [...tables]
}

/** Schemas of all tables that the transaction `by` sees, indexes left out. */
export function tablesIn(catalog: Catalog, ddl: readonly DdlChange[], by: TableStore['definer']): TableSchema[] {
  return storesIn(catalog, ddl).map((table) => table.definer === by ? table.schema : table.committed)
}

/** Indexes of a table. */
export function indexesIn(ddl: readonly DdlChange[], table: TableStore): readonly TableStore[] {
  let indexes = [...table.indexes]
  for (const { kind, table: index } of ddl) {
    if (index.schema.index?.of !== table.id) continue
    if (kind === 'create') indexes.push(index)
    else if (kind === 'drop') indexes = indexes.filter((other) => other !== index)
  }
  return indexes
}

/** 42P07 when a relation of any kind has this name. */
export function checkFree(txn: Transaction, catalog: Catalog, name: string): void {
  const object = txn.object(objectKey('view', name))
  const known = relationIn(catalog, txn.ddl, name)
  if (object === null && known === null) return
  const kind = object?.kind ?? (known!.schema.index === undefined ? 'table' : 'index')
  throw new DatabaseError(CODE.DUPLICATE_TABLE, `${kind} "${name}" already exists`)
}
