// What a committed transaction has altered in the catalogue, made real: schemas of tables, and catalogue objects.
// Tables that it has created and dropped are engine.ts's own.
import type { Engine } from '../engine.ts'
import type { Transaction } from './transaction.ts'

/** Applies alterations and object changes in their order. The transaction is in the log, or comes from there. */
export function applyAlterations(engine: Engine, txn: Transaction): void {
  const { catalog } = engine
  for (const change of txn.ddl) {
    if (change.kind !== 'alter') continue
    const { table, before } = change
    if (catalog.byIdOrNull(table.id) !== table) continue
    table.committedSchema = null
    catalog.altered(table, before.name)
    table.lastCommit = engine.commitId
  }
  if (txn.objects.length === 0) return
  for (const { key, after } of txn.objects) catalog.objects.set(key, after)
  catalog.version++
}
