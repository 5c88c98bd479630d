// Places in a transaction to return to, and what it keeps for the way back: counts into its own lists. Going back
// undoes what stands behind the counts, newest first.
import type { Engine } from '../engine.ts'
import type { StoreAccess } from '../table/store-access.ts'
import type { KeyValue } from '../table/key.ts'
import type { TableStore } from '../table/table-store.ts'
import type { HeldBefore } from './row-locks.ts'
import { endDefinitions, undoChange } from './index-ddl.ts'
import type { Transaction } from './transaction.ts'

/** Place to return to within a transaction. */
export interface Savepoint {
  readonly writes: number
  readonly ddl: number
  readonly objects: number
  readonly locks: number
  /** Places in transactions of attached databases; those missing go back to their start. */
  readonly linked?: ReadonlyMap<Transaction, Savepoint>
}

const START: Savepoint = { writes: 0, ddl: 0, objects: 0, locks: 0 }

/** The tables of one snapshot, kept until close(). */
export interface TableView {
  tables(name: string): StoreAccess
  close(): void
}

/** A row lock this transaction took, and what it held before. */
export interface TakenLock {
  readonly table: TableStore
  readonly key: KeyValue
  readonly before: HeldBefore
}

/** Gives back locks and definitions behind these places, newest first. */
export function releaseTo(
  engine: Engine, txn: Transaction, to: Pick<Savepoint, 'ddl' | 'objects' | 'locks'>,
): void {
  while (txn.locks.length > to.locks) {
    const { table, key, before } = txn.locks.pop()!
    table.rowLocks?.release(key, txn, before)
  }
  while (txn.ddl.length > to.ddl) undoChange(engine, txn.ddl.pop()!)
  if (txn.objects.length > to.objects) txn.objects.length = to.objects
}

/** The transaction has ended: its locks go, and what it defined when it was aborted. */
export function releaseAll(engine: Engine, txn: Transaction, isAborted: boolean): void {
  if (isAborted) releaseTo(engine, txn, START)
  else if (txn.locks.length > 0) {
    releaseTo(engine, txn, { ddl: txn.ddl.length, objects: txn.objects.length, locks: 0 })
  }
  if (txn.defines.length > 0) endDefinitions(txn)
}
