// When a read outside of transactions may go straight to the storage of its table: the session is open and has no
// transaction, the database works, and no other process decides what there is. Whatever of it changes, and every
// change of the catalogue or of the attached databases, advances the epoch of the catalogue; so a reader that has found
// this true once compares one number from then on.
import type { Session } from './session.ts'

/** True when reads may go straight to tables of the session's own database until `catalog.epoch` advances. */
export function isPlainReader(session: Session): boolean {
  const { engine } = session
  return session.isOpen && session.transaction === null && engine.isUsable && engine.follower === null
}
