// What a session does before a transaction commits, as part of it: foreign keys that waited for the commit, then what
// temporary tables ask for. A failure is the failure of the COMMIT, and rolls back.
import type { Transaction } from '../../storage/mod.ts'
import { enforceForeignKeys } from './foreign-keys.ts'
import type { Session } from './session.ts'
import { atCommit } from './temporary-tables.ts'

/** Runs these duties in the transaction. */
export function beforeCommit(session: Session, txn: Transaction): void {
  const before = session.alone
  // COMMIT has set the transaction aside already.
  session.alone = txn
  try {
    enforceForeignKeys(session, txn, true)
    atCommit(txn, session.names)
    if (before === null) session.cursors.hold()
  } finally {
    session.alone = before
  }
}
