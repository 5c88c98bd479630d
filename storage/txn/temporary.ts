// Temporary tables and what else is called `pg_temp_<session>.…`: ordinary relations that nobody but their session sees
// and that end with it. Those of a session that ended with its process are dropped when the file is opened for writing.
//
// T1  A database that has just been opened for writing has no temporary relations.
import type { Engine } from '../engine.ts'
import { objectKey } from '../catalog/objects.ts'
import type { Transaction } from './transaction.ts'

/** Drops the temporary relations in `schema`, or (null) of all sessions. */
export function dropTemporary(txn: Transaction, schema: string | null): void {
  const isOurs = (name: string): boolean =>
    schema === null ? /^pg_temp_\d+\./.test(name) : name.startsWith(`${schema}.`)
  for (const { name, temporary } of txn.listTables()) if (temporary !== undefined && isOurs(name)) txn.dropTable(name)
  for (const { kind, name } of txn.listObjects()) {
    const about = kind === 'comment' ? name.slice(name.indexOf(':') + 1) : name
    if (isOurs(about)) txn.setObject(objectKey(kind, name), null)
  }
}

/** What sessions of an earlier process have left (T1). */
export function dropLeftTemporary(engine: Engine): void {
  const { catalog } = engine
  const isLeft = catalog.userTables().some(({ schema }) => schema.temporary !== undefined)
    || catalog.objects.all().some(({ name }) => name.includes('pg_temp_'))
  if (!isLeft) return
  const txn = engine.begin()
  try {
    dropTemporary(txn, null)
    txn.commit()
  } finally {
    txn.rollback()
  }
}
