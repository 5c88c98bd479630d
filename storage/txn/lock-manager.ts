// The locks of a database: which transactions hold something, and who waits for them (wait-graph.ts). Two things
// lock a row: an uncommitted version of it (delta.ts, D1) and an entry in its table's row locks (row-locks.ts).
// Both name their transaction, so a conflict can say whom it waits for.
import type { TableStore } from '../table/table-store.ts'
import { LockConflict } from './lock-conflict.ts'
import type { OpenTransactions } from './open-transactions.ts'
import type { Transaction } from './transaction.ts'
import { WaitGraph } from './wait-graph.ts'

/** Holders of locks and those who wait for them. */
export class LockManager {
  readonly waits = new WaitGraph()
  private readonly open: OpenTransactions

  /** `open` are the transactions of the database. */
  constructor(open: OpenTransactions) {
    this.open = open
  }

  /** A transaction has ended, and left the list: its locks are gone. */
  ended(txn: Transaction): void {
    if (txn.isWriter) this.waits.ended(txn)
  }

  /** The transaction behind the mark of an uncommitted version. */
  holderOf(mark: number): Transaction | null {
    return this.open.writers().find((txn) => txn.writeSet.mark === mark) ?? null
  }

  /** Locks held now: uncommitted versions and row locks. */
  get held(): number {
    let held = 0
    for (const txn of this.open.writers()) held += txn.writeSet.length + txn.locks.length
    return held
  }

  /** Transactions that hold locks. */
  get holders(): number {
    return this.open.writers().length
  }

  /**
   * 55P03 when another transaction has created a relation of this name and not ended: only its end says whether the
   * name is taken.
   */
  assertNameFree(name: string, by: Transaction): void {
    const creators = (): Transaction[] => this.open.writers().filter((txn) => txn !== by
      && (txn.ddl.some(({ kind, table }) => kind === 'create' && table.schema.name === name)
        || txn.objects.some(({ after }) => after !== null && after.kind !== 'schema' && after.name === name)))
    if (creators().length > 0) throw new LockConflict(`relation "${name}"`, 'being created', creators(), creators)
  }

  /** 55P03 when another transaction has written to the table, locked rows of it, or changes its indexes. */
  assertUnused(table: TableStore, by: Transaction | null): void {
    if (table.definer !== null && table.definer !== by) {
      throw new LockConflict(`table "${table.committed.name}"`, 'getting or losing an index', [table.definer],
        () => table.definer === null ? [] : [table.definer])
    }
    if (table.uncommittedWrites === 0 && (table.rowLocks === null || table.rowLocks.size === 0)) return
    const users = (): Transaction[] => this.open.writers().filter((txn) => txn !== by
      && (txn.writeSet.tables.includes(table) || txn.locks.some((lock) => lock.table === table)))
    if (users().length > 0) throw new LockConflict(`table "${table.committed.name}"`, 'being changed', users(), users)
  }
}
