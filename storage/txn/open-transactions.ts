// The transactions of a database that have begun and not ended. Every commit joins and leaves, and looking somebody up
// is rare, so it is a list in which each knows its place: the last one takes the place of one that leaves.
import type { Transaction } from './transaction.ts'

/** Open transactions, in no order. */
export class OpenTransactions {
  private readonly list: Transaction[] = []

  add(txn: Transaction): void {
    txn.place = this.list.length
    this.list.push(txn)
  }

  /** Takes one out; nothing happens when it is not there. */
  remove(txn: Transaction): void {
    const { place } = txn
    if (place < 0) return
    txn.place = -1
    const last = this.list.pop()!
    if (last === txn) return
    this.list[place] = last
    last.place = place
  }

  /** Ids, ascending. */
  ids(): number[] {
    return this.list.map((txn) => txn.id).sort((a, b) => a - b)
  }

  /** Those that have written or locked, or are about to. */
  writers(): Transaction[] {
    return this.list.filter((txn) => txn.isWriter)
  }
}
