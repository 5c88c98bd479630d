// The temporary relations of a session: gone when it ends, and what ON COMMIT says when a transaction does. Without ON
// COMMIT rows stay until the session ends.
import type { TableSchema } from '../base/types.ts'
import { dropTemporary } from '../../storage/mod.ts'
import type { Engine, Transaction } from '../../storage/mod.ts'
import { isTemporaryName, temporarySchema } from '../sql/relation-name.ts'
import { dropTargets } from './drop-command.ts'
import type { SessionNames } from './session-names.ts'
import { emptyTable } from './table-command.ts'

/** ON COMMIT DROP and DELETE ROWS, as part of the transaction that commits. */
export function atCommit(txn: Transaction, names: SessionNames): void {
  if (!names.hasTemporary) return
  const own = `${temporarySchema(names.session)}.`
  const due = txn.listTables().filter(({ name, temporary }) =>
    temporary !== undefined && temporary !== 'preserve' && name.startsWith(own))
  if (due.length === 0) return
  const dropped = due.filter(({ temporary }) => temporary === 'drop')
  dropTargets(txn, dropped.map(({ name }) => ({ kind: 'table' as const, name })), true)
  for (const { name, temporary } of due) {
    if (temporary === 'delete' && txn.tables(name).estimateRows() > 0) emptyTable(txn, name)
  }
}

/** The session ends: nothing temporary of it stays. */
export function endTemporary(engine: Engine, names: SessionNames): void {
  if (!names.hasTemporary || !engine.isUsable || engine.isReadOnly) return
  const txn = engine.begin()
  try {
    dropTemporary(txn, temporarySchema(names.session))
    if (txn.definitions > 0) txn.commit()
  } finally {
    txn.rollback()
  }
}

/** Schemas without the temporary tables of other sessions. */
export function withoutOthers(schemas: readonly TableSchema[], names: SessionNames): TableSchema[] {
  const own = `${temporarySchema(names.session)}.`
  return schemas.filter(({ name }) => !isTemporaryName(name) || name.startsWith(own))
}
