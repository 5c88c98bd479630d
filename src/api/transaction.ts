// db.transaction and db.transact: transactions around functions. The body is synchronous in both, so nothing
// else can run inside it and no lock is ever held across an await.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Session } from './session.ts'

/** Runs `body` in a transaction, or in a savepoint of the open one. See {@link Database.transaction}. */
export function transaction<T>(session: Session, body: () => T): T {
  if (session.transaction !== null) return nested(session, body)
  session.begin()
  try {
    const result = checkSynchronous(body())
    session.commit()
    return result
  } catch (error) {
    if (session.isOpen && session.transaction !== null) session.rollback()
    throw error
  }
}

function nested<T>(session: Session, body: () => T): T {
  session.assertReady()
  const block = session.nested()
  try {
    const result = checkSynchronous(body())
    block.keep()
    return result
  } catch (error) {
    if (session.isOpen) block.undo()
    throw error
  }
}

/** Runs `body` now; resolves when durable. See {@link Database.transact}. */
export async function transact<T>(session: Session, body: () => T): Promise<T> {
  session.begin()
  let durable: Promise<void>
  let result: T
  try {
    result = checkSynchronous(body())
    durable = session.commitSoon()
  } catch (error) {
    if (session.isOpen && session.transaction !== null) session.rollback()
    throw error
  }
  await durable
  return result
}

function checkSynchronous<T>(result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return result
  // The promise's own outcome no longer matters: its work is rolled back.
  Promise.resolve(result).catch(() => undefined)
  throw new DatabaseError(CODE.INVALID_PARAMETER, 'the body of a transaction must not be asynchronous', {
    hint: 'Await before the transaction, and do only database work inside it.',
  })
}
