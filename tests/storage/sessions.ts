// The model of the model test: committed rows, and sessions whose transactions see a snapshot and their own
// writes. Conflicts follow the rules of storage/txn: first updater wins, REPEATABLE READ refuses what changed.
import { CODE } from '../../src/base/errors.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import type { Row, Scalar } from '../../src/base/types.ts'
import type { IsolationLevel, Savepoint, Transaction } from '../../storage/mod.ts'
import { canonical, compareKeys } from './key-kinds.ts'
import { rowText } from './rows.ts'

/** Rows by the text of their key. */
export type Rows = Map<string, Row>

/** A key as a map key. */
export function keyText(key: readonly Scalar[]): string {
  return rowText(canonical(key))
}

interface ModelWrite {
  key: string
  row: Row | null
}

/** Committed rows and when each key changed last. */
export class Committed {
  rows: Rows = new Map()
  readonly changed = new Map<string, number>()
  commit = 0

  apply(writes: readonly ModelWrite[]): void {
    this.commit++
    const rows = new Map(this.rows)
    for (const { key, row } of writes) {
      if (row === null) rows.delete(key)
      else rows.set(key, row)
      this.changed.set(key, this.commit)
    }
    this.rows = rows
  }
}

/** One open transaction and what it must see. */
export class Session {
  readonly txn: Transaction
  readonly level: IsolationLevel
  readonly writes: ModelWrite[] = []
  readonly savepoints: { at: Savepoint; writes: number }[] = []
  private readonly committed: Committed
  private readonly snapshot: Rows
  private readonly since: number

  constructor(txn: Transaction, level: IsolationLevel, committed: Committed) {
    this.txn = txn
    this.level = level
    this.committed = committed
    this.snapshot = committed.rows
    this.since = committed.commit
  }

  /** Rows that reads see now; a new statement begins. */
  view(): Rows {
    this.txn.refresh()
    return this.over(this.level === 'repeatable read' ? this.snapshot : this.committed.rows)
  }

  private over(base: Rows): Rows {
    if (this.writes.length === 0) return base
    const rows = new Map(base)
    for (const { key, row } of this.writes) {
      if (row === null) rows.delete(key)
      else rows.set(key, row)
    }
    return rows
  }

  /** Rows that writes meet: the present. */
  present(): Rows {
    return this.over(this.committed.rows)
  }

  locks(key: string): boolean {
    return this.writes.some((write) => write.key === key)
  }

  /** The error that touching a key must raise, 'maybe' when a merge decides, null for none. */
  conflict(key: string, others: readonly Session[]): ErrorCode | 'maybe' | null {
    if (others.some((other) => other !== this && other.locks(key))) return CODE.LOCK_HELD
    if (this.level !== 'repeatable read' || this.locks(key)) return null
    if ((this.committed.changed.get(key) ?? 0) <= this.since) return null
    const before = rowText(this.snapshot.get(key) ?? null)
    const after = rowText(this.committed.rows.get(key) ?? null)
    return before === after ? 'maybe' : CODE.SERIALIZATION
  }
}

/** One end of a range. */
export interface Bound {
  key: readonly Scalar[]
  inclusive: boolean
}

/** Rows of a view inside a range, in key order. */
export function rowsBetween(
  rows: Rows, keyOf: (row: Row) => Scalar[], lower: Bound | null, upper: Bound | null,
): Row[] {
  const inside = [...rows.values()].filter((row) => {
    const key = keyOf(row)
    const low = lower === null ? 1 : compareKeys(key, lower.key)
    const high = upper === null ? -1 : compareKeys(key, upper.key)
    return (low > 0 || (low === 0 && lower!.inclusive)) && (high < 0 || (high === 0 && upper!.inclusive))
  })
  return inside.sort((a, b) => compareKeys(keyOf(a), keyOf(b)))
}
