// Row locks of one table, by primary key: what SELECT … FOR UPDATE and FOR SHARE hold until their transaction
// ends. A changed row needs no entry here: its uncommitted version is the lock.
//
//   key ─► { exclusive: one transaction | null, shared: transactions }
//
// R1  A key has at most one exclusive holder, and then no other shared holder.
// R2  Every entry belongs to a transaction that is active and lists it (Transaction.locks), newest last.
import type { KeyValue } from '../table/key.ts'
import type { Transaction } from './transaction.ts'

/** 'share' lets others share; 'update' stands in everybody's way. */
export type LockStrength = 'share' | 'update'

/** What a transaction held on a key before it took a lock, to go back to. */
export type HeldBefore = 'nothing' | LockStrength

interface RowLock {
  exclusive: Transaction | null
  shared: Transaction[]
}

/** Locks of one table. Memory: one entry per locked row. */
export class RowLocks {
  private readonly byKey = new Map<KeyValue, RowLock>()

  get size(): number {
    return this.byKey.size
  }

  /** Other transactions whose lock forbids `strength` on the key; empty when it is free. */
  blockers(key: KeyValue, by: Transaction, strength: LockStrength): readonly Transaction[] {
    const lock = this.byKey.get(key)
    if (lock === undefined) return NOBODY
    if (lock.exclusive !== null) return lock.exclusive === by ? NOBODY : [lock.exclusive]
    return strength === 'share' ? NOBODY : lock.shared.filter((holder) => holder !== by)
  }

  /** Takes a lock that nobody forbids; returns what was held before, for {@link release}. */
  acquire(key: KeyValue, by: Transaction, strength: LockStrength): HeldBefore {
    let lock = this.byKey.get(key)
    if (lock === undefined) this.byKey.set(key, lock = { exclusive: null, shared: [] })
    const before = lock.exclusive === by ? 'update' : lock.shared.includes(by) ? 'share' : 'nothing'
    if (strength === 'update') {
      lock.exclusive = by
      lock.shared = []
    } else if (before === 'nothing') lock.shared.push(by)
    return before
  }

  /** Goes back to what the transaction held before. */
  release(key: KeyValue, by: Transaction, before: HeldBefore): void {
    const lock = this.byKey.get(key)
    if (lock === undefined || before === 'update') return
    if (lock.exclusive === by) lock.exclusive = null
    lock.shared = lock.shared.filter((holder) => holder !== by)
    if (before === 'share') lock.shared.push(by)
    if (lock.exclusive === null && lock.shared.length === 0) this.byKey.delete(key)
  }
}

const NOBODY: readonly Transaction[] = []
