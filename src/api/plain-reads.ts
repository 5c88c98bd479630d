// When a read outside of transactions may go straight to the storage of its table: the session is open and has no
// transaction, the database works, and no other process decides what there is. Whatever of it changes, and every
// change of the catalogue or of the attached databases, advances the epoch of the catalogue; so a reader that has found
// all of it true compares one number from then on.
import type { Epoch } from '../base/epoch.ts'
import type { Session } from './session.ts'

/** What one reader of one table has found out. */
export class PlainReads {
  readonly #session: Session
  readonly #epoch: Epoch
  #checkedAt = -1

  constructor(session: Session) {
    this.#session = session
    this.#epoch = session.engine.catalog.epoch
  }

  /** True while nothing has changed since `check` found everything as it should be. */
  get isOpen(): boolean {
    return this.#checkedAt === this.#epoch.value
  }

  /** To be called when `isOpen` is false; `isReady`: the reader is one of a table of the session's own database. */
  check(isReady: boolean): void {
    const { engine, isOpen, transaction } = this.#session
    const isPlain = isReady && isOpen && transaction === null && engine.isUsable && engine.follower === null
    this.#checkedAt = isPlain ? this.#epoch.value : -1
  }
}
