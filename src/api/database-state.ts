// What the sessions of one open database share: the engine, and who is still using it.
//
//   open ──close()──► closing ──last running result ends──► closed (the engine's files are closed)
//
// Every session has its own transaction and running results (session.ts); the engine is closed when the database
// is closing and no session runs a result any more.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Backend } from '../../exec/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { detachAll } from './attachments.ts'
import { SequenceValues } from './sequence-values.ts'
import { closeSpillSpace } from './spill-space.ts'
import { Session } from './session.ts'

/** An open database and its sessions. */
export class DatabaseState {
  readonly engine: Engine
  readonly backend: Backend
  readonly sequences: SequenceValues
  /** Sessions that are open or still run a result. */
  readonly sessions = new Set<Session>()
  /** Statements that waited, may run again and have not yet: those that begin now let them go first. */
  woken = 0
  /** Grows with every attachment and detachment. */
  attachments = 0
  #lastSession = 0
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(engine: Engine, backend: Backend) {
    this.engine = engine
    this.backend = backend
    this.sequences = new SequenceValues(engine)
  }

  /** False from close() on. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Changes whenever tables of attached databases may have changed. */
  get farVersion(): number {
    const { attached } = this.engine
    if (attached.size === 0) return this.attachments
    let version = this.attachments
    for (const { catalog, follower } of attached.values()) {
      follower?.follow()
      version += catalog.version
    }
    return version
  }

  /** Throws 55000 when closed or closing. */
  assertOpen(): void {
    if (this.#state === 'open') return
    throw new DatabaseError(CODE.NOT_OPEN, `database "${this.engine.parts.path}" is closed`)
  }

  /** A new session. */
  connect(): Session {
    const session = new Session(this, ++this.#lastSession)
    this.sessions.add(session)
    return session
  }

  /** Closes every session and, when the last running result ends, the engine. `force` ends running results now. */
  close(force: boolean): void {
    if (this.#state === 'open') this.#state = 'closing'
    for (const session of [...this.sessions]) session.close(force)
    this.#closeWhenIdle()
  }

  /** A closed session may have ended its last result. */
  ended(session: Session): void {
    if (session.openResults.size > 0) return
    this.sessions.delete(session)
    if (this.#state === 'closing') this.#closeWhenIdle()
  }

  #closeWhenIdle(): void {
    if (this.#state === 'closed' || this.sessions.size > 0) return
    this.#state = 'closed'
    try {
      detachAll(this.engine)
      this.sequences.settle()
      closeSpillSpace(this.engine)
    } finally {
      this.engine.close()
    }
  }
}
