// What one transaction reads: its level, its snapshot, and what SERIALIZABLE remembers of it.
//
//   READ COMMITTED    none ──statement──► snapshot of the present ──its end──► idle ──still the present──► snapshot …
//                                                                      └── something has changed ──► none
//   the stricter      none ──first statement──► snapshot ──end of the transaction──► none
//
// An idle snapshot keeps nothing alive; it only spares a session that runs statement after statement a new one.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Engine } from '../engine.ts'
import type { IsolationLevel, TransactionModes, TransactionOptions } from './isolation.ts'
import { ReadSet } from './read-set.ts'
import type { Snapshot } from './snapshot.ts'
import type { Transaction } from './transaction.ts'

/** The reading side of a transaction. */
export class ReadView {
  level: IsolationLevel
  isReadOnly: boolean
  /** A statement has run: the level is fixed. */
  hasRun = false
  /** What was read; null unless the transaction is SERIALIZABLE and may write. */
  reads: ReadSet | null = null
  private readonly engine: Engine
  private readonly owner: Transaction
  private snapshot: Snapshot | null = null

  constructor(engine: Engine, owner: Transaction, level: IsolationLevel, options: TransactionOptions) {
    this.engine = engine
    this.owner = owner
    this.level = level
    this.isReadOnly = options.readOnly ?? false
  }

  /** As SET TRANSACTION: the level before the first statement, READ ONLY any time. 25001. */
  configure({ level, readOnly }: TransactionModes): void {
    if (this.hasRun && level !== null && level !== this.level) {
      throw new DatabaseError(CODE.ACTIVE_TRANSACTION,
        'the isolation level of a transaction must be set before its first statement')
    }
    if (this.hasRun && readOnly === false && this.isReadOnly) {
      throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'READ WRITE must be set before the first statement')
    }
    this.level = level ?? this.level
    this.isReadOnly = readOnly ?? this.isReadOnly
  }

  /** True when one snapshot serves the whole transaction. */
  get keepsSnapshot(): boolean {
    return this.level === 'repeatable read' || this.level === 'serializable'
  }

  /** The snapshot that statements read, taken when one needs it. */
  current(): Snapshot {
    if (this.snapshot?.isIdle === true) this.awake(this.snapshot)
    if (this.snapshot !== null) return this.snapshot
    const { engine, owner } = this
    this.hasRun = true
    if (this.level === 'serializable' && !this.isReadOnly) {
      this.reads = new ReadSet()
      engine.recentCommits.register(owner, engine.commitId)
    }
    return this.snapshot = engine.snapshots.take(
      engine.commitId, owner.writeSet.mark, engine.rootNumber, owner.session)
  }

  /** The snapshot if one is open, else null. */
  get open(): Snapshot | null {
    return this.snapshot
  }

  /** A statement begins: at the present, or at the one snapshot of the stricter levels. */
  beginStatement(): void {
    this.hasRun = true
    if (this.keepsSnapshot) this.current()
    else if (this.snapshot !== null) this.awake(this.snapshot)
  }

  // The snapshot of an earlier statement, if it still shows the present.
  private awake(snapshot: Snapshot): void {
    const { commitId, rootNumber } = this.engine
    if (snapshot.commitId === commitId && snapshot.rootNumber === rootNumber) snapshot.isIdle = false
    else this.close()
  }

  /** A statement has ended: READ COMMITTED keeps nothing old alive until the next one. */
  endStatement(): void {
    const { snapshot, engine } = this
    if (this.keepsSnapshot || snapshot === null) return
    // One of the present costs nobody anything while no garbage waits for it.
    if (snapshot.commitId === engine.commitId && !engine.hasGarbage) snapshot.isIdle = true
    else this.close()
  }

  /** 40001 when what a SERIALIZABLE transaction read has changed since its snapshot. */
  validate(): void {
    if (this.reads !== null) this.engine.recentCommits.validate(this.reads, this.snapshot!.commitId)
  }

  /** Lets the snapshot go. */
  close(): void {
    this.snapshot?.close()
    this.snapshot = null
  }

  /** The transaction has ended. */
  end(): void {
    this.close()
    if (this.reads !== null) this.engine.recentCommits.unregister(this.owner)
  }
}
