// What foreign keys have to look at: rows that may refer to a row that is not there, and rows that others may refer to
// and that go or change. A transaction notes them as it writes; whoever runs its statements looks at them when a
// statement has ended, or at the commit where a key is deferred (src/api/foreign-keys.ts).
//
// K1  After a statement (a deferred key: at the commit) every committed row refers, by each of its foreign keys
//     without a NULL, to a row of the referred table; who refers holds a share lock on that row until its commit.
import type { Row } from '../../src/base/types.ts'
import type { Engine } from '../engine.ts'
import type { TableStore } from '../table/table-store.ts'
import type { Transaction } from './transaction.ts'

/** A row before and after; null = there is none. */
export interface RowChange {
  readonly table: string
  readonly before: Row | null
  readonly after: Row | null
}

/** The changes of one transaction that foreign keys are about. */
export class ForeignChanges {
  private changes: RowChange[] = []
  /** Whether foreign keys are about a table, at one state of the catalogue. */
  private readonly concerned = new Map<TableStore, boolean>()
  private version = -1
  /** Rows are only moved: ALTER TABLE makes a table anew. */
  isSuspended = false

  // True when a table has foreign keys, or is referred to by some.
  private concerns(engine: Engine, txn: Transaction, table: TableStore): boolean {
    if (this.isSuspended || table.schema.index !== undefined) return false
    const version = engine.catalog.version * 65536 + txn.definitions
    if (version !== this.version) {
      this.concerned.clear()
      this.version = version
    }
    let isConcerned = this.concerned.get(table)
    if (isConcerned === undefined) {
      const { name, foreign } = table.schema
      isConcerned = foreign !== undefined || engine.catalog.isReferred(name)
        || (txn.ddl.length > 0 && txn.listTables().some((other) => other.foreign?.some((key) => key.table === name)))
      this.concerned.set(table, isConcerned)
    }
    return isConcerned
  }

  /** A row changes; `before` reads it as it is (null: there is none), where somebody wants to know. */
  note(engine: Engine, txn: Transaction, table: TableStore, before: (() => Row | null) | null,
    after: Row | null): void {
    if (!this.concerns(engine, txn, table)) return
    this.changes.push({ table: table.schema.name, before: before === null ? null : before(), after })
  }

  /** What was noted since the last time, in order. */
  take(): readonly RowChange[] {
    const taken = this.changes
    if (taken.length > 0) this.changes = []
    return taken
  }
}
