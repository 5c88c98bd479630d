// The catalogue a session's next statement sees: own tables, with what its transaction has made and dropped, and those
// of attached databases under their qualified names.
import type { TableSchema } from '../base/types.ts'
import type { Engine, Transaction } from '../../storage/mod.ts'
import type { Catalog } from '../sql/bind.ts'
import type { UniqueColumns } from '../sql/bind-context.ts'
import { attachedNames, attachedSchema, homeOf } from './attachments.ts'

/** Tables by name; `txn` is the open transaction. */
export function sessionCatalog(engine: Engine, txn: Transaction | null): Catalog {
  const own = ownCatalog(engine, txn)
  if (engine.attached.size === 0) return own
  return {
    schema: name => attachedSchema(engine, txn, name) ?? own.schema(name),
    uniques: name => uniquesOf(engine, txn, name),
    names: () => [...own.names(), ...attachedNames(engine)],
  }
}

function ownCatalog(engine: Engine, txn: Transaction | null): Catalog {
  if (txn === null) {
    const find = (name: string): TableSchema | undefined => {
      const schema = engine.catalog.relationOrNull(name)?.schema
      return schema?.index === undefined ? schema : undefined
    }
    const uniques = (name: string): UniqueColumns[] => uniquesOf(engine, null, name)
    return { schema: find, uniques, names: () => engine.catalog.userTables().map(table => table.schema.name) }
  }
  const schemas = new Map(txn.listTables().map(schema => [schema.name, schema]))
  return {
    schema: name => schemas.get(name), uniques: name => uniquesOf(engine, txn, name), names: () => schemas.keys(),
  }
}

function uniquesOf(engine: Engine, txn: Transaction | null, name: string): UniqueColumns[] {
  const home = homeOf(engine, name)
  const indexes = txn !== null ? txn.indexesOf(txn.table(name)) : home.engine.catalog.get(home.name).indexes
  return indexes.map(index => index.schema).filter(schema => schema.index!.unique)
    .map(({ name: index, index: of }) => ({ name: index, columns: of!.columns, isConstraint: of!.constraint === true }))
}
