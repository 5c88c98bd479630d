// Which keys recent commits have changed, so that SERIALIZABLE transactions can be validated when they commit:
// one fails (40001) when a commit after its snapshot changed something it has read. Every committed one has then
// read exactly what it would have read at the moment of its commit, so the order of the commits is a serial order.
// A transaction that wrote nothing saw the state of its snapshot, which is a place in that order: it never fails.
//
//   commit ─► { commit id, table ─► keys | all } … oldest first     kept while a SERIALIZABLE transaction is open
//
// V2  The log covers every commit after the oldest open SERIALIZABLE snapshot.
// V3  Memory is bounded: a commit of more than KEYS_MAX keys of a table counts as "all", and past LOG_KEYS_MAX
//     keys the oldest entries do.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { KeyValue } from '../table/key.ts'
import type { TableStore } from '../table/table-store.ts'
import type { ReadSet } from './read-set.ts'
import type { Transaction } from './transaction.ts'
import { describeKey } from './write-set.ts'

const KEYS_MAX = 16_384
const LOG_KEYS_MAX = 262_144

interface CommitEntry {
  readonly commitId: number
  /** Changed keys by table; null = any key may have changed. */
  readonly tables: Map<TableStore, KeyValue[] | null>
}

/** Changes of the commits since the oldest SERIALIZABLE snapshot. */
export class RecentCommits {
  /** Transactions refused with 40001 since open, at commit or at a write. */
  failures = 0
  private readonly open = new Map<Transaction, number>()
  private readonly log: CommitEntry[] = []
  private keys = 0

  /** Commits in the log. */
  get size(): number {
    return this.log.length
  }

  /** A SERIALIZABLE transaction took its snapshot: commits are remembered from now on. */
  register(txn: Transaction, commitId: number): void {
    this.open.set(txn, commitId)
  }

  /** It ended: what only it needed is dropped. */
  unregister(txn: Transaction): void {
    if (!this.open.delete(txn)) return
    let oldest = Infinity
    for (const since of this.open.values()) oldest = Math.min(oldest, since)
    let done = 0
    while (done < this.log.length && this.log[done]!.commitId <= oldest) this.keys -= keysOf(this.log[done++]!)
    this.log.splice(0, done)
  }

  /** Remembers what a transaction changed; called when it becomes visible. */
  note(txn: Transaction, commitId: number): void {
    if (this.open.size === 0) return
    const tables: CommitEntry['tables'] = new Map()
    const { writeSet } = txn
    for (let i = 0; i < writeSet.length; i++) {
      const table = writeSet.tables[i]!
      const key = writeSet.keys[i]!
      const keys = tables.get(table)
      if (keys === undefined) tables.set(table, [key])
      else if (keys !== null && keys.push(key) > KEYS_MAX) tables.set(table, null)
    }
    for (const { table } of txn.ddl) tables.set(table, null)
    this.push({ commitId, tables })
  }

  /** Remembers a bulk change of a table. */
  noteTable(table: TableStore, commitId: number): void {
    if (this.open.size > 0) this.push({ commitId, tables: new Map([[table, null]]) })
  }

  private push(entry: CommitEntry): void {
    this.log.push(entry)
    this.keys += keysOf(entry)
    for (let i = 0; this.keys > LOG_KEYS_MAX && i < this.log.length; i++) {
      const old = this.log[i]!
      this.keys -= keysOf(old)
      for (const table of old.tables.keys()) old.tables.set(table, null)
    }
  }

  /** 40001 when a commit after `since` changed what the transaction has read. Cost: the keys of those commits. */
  validate(reads: ReadSet, since: number): void {
    for (let i = this.log.length - 1; i >= 0 && this.log[i]!.commitId > since; i--) {
      for (const [table, keys] of this.log[i]!.tables) {
        if (!reads.touches(table)) continue
        const key = keys?.find((changed) => reads.covers(table, changed))
        if (keys === null || key !== undefined) this.fail(table, key)
      }
    }
  }

  private fail(table: TableStore, key: KeyValue | undefined): never {
    this.failures++
    const what = key === undefined ? 'rows' : `row ${describeKey(table, key)}`
    throw new DatabaseError(CODE.SERIALIZATION,
      'could not serialize access due to read/write dependencies among transactions', {
        detail: `${what} of table "${table.schema.name}", which this transaction has read, changed after its snapshot.`,
        hint: 'The transaction might succeed if it is tried again.',
      })
  }
}

function keysOf(entry: CommitEntry): number {
  let keys = 0
  for (const changed of entry.tables.values()) keys += changed?.length ?? 0
  return keys
}
