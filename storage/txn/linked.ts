// Transactions in attached databases that begin with the first use of a table there and end with the transaction that
// used it. A table of an attached database is called `name.table`; everything else is the own database's.
//
//   own ──uses x.t──► begins a transaction in x ──own commits──► x commits, then own      (each file by itself)
//                                              └──own rolls back──► x rolls back
//
// Atomic per file: a crash between the commits leaves some files with the transaction and some without. All of them are
// validated before the first one commits, so that only a failing disk can do so without a crash.
import type { Engine } from '../engine.ts'
import type { Savepoint, TableView } from './savepoint.ts'
import type { Transaction } from './transaction.ts'

const START: Savepoint = { writes: 0, ddl: 0, objects: 0, locks: 0 }

/** The table's name in its own database. */
export function bareName(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

/** Name of the attached database that holds the table `name`, or null when it is an own table. */
export function attachmentOf(engine: Engine, name: string): string | null {
  if (engine.attached.size === 0) return null
  const dot = name.indexOf('.')
  const alias = dot < 0 ? '' : name.slice(0, dot)
  return engine.attached.has(alias) ? alias : null
}

/** The transactions of one transaction in attached databases. */
export class LinkedTransactions {
  private readonly engine: Engine
  private readonly own: Transaction
  private readonly byAlias = new Map<string, Transaction>()

  constructor(engine: Engine, own: Transaction) {
    this.engine = engine
    this.own = own
  }

  /** The transaction in the database that holds `name`, begun on first use like the own one; null for own tables. */
  find(name: string): Transaction | null {
    const alias = attachmentOf(this.engine, name)
    if (alias === null) return null
    let txn = this.byAlias.get(alias)
    if (txn === undefined) {
      const { level, session, isReadOnly: readOnly } = this.own
      txn = this.engine.attached.get(alias)!.begin(level, { session, readOnly, lazy: true, root: this.own })
      this.byAlias.set(alias, txn)
    }
    return txn
  }

  /** Those begun so far. */
  all(): Transaction[] {
    return [...this.byAlias.values()]
  }

  /** Catalogue changes of all. */
  get definitions(): number {
    return this.all().reduce((sum, txn) => sum + txn.definitions, 0)
  }

  savepoint(): ReadonlyMap<Transaction, Savepoint> {
    return new Map(this.all().map((txn) => [txn, txn.savepoint()]))
  }

  /** Those begun after the savepoint go back to their start. */
  rollbackTo(marks: ReadonlyMap<Transaction, Savepoint> | undefined): void {
    for (const txn of this.all()) txn.rollbackTo(marks?.get(txn) ?? START)
  }

  /** Commits all; what is thrown comes from the first that fails, those before it stay committed. */
  commit(): void {
    for (const txn of this.all()) txn.validate()
    for (const txn of this.all()) txn.commit()
  }

  /** As commit; resolves when all are durable. */
  async commitSoon(): Promise<void> {
    for (const txn of this.all()) txn.validate()
    await Promise.all(this.all().map((txn) => txn.commitSoon()))
  }
}

/** A pinned view whose tables of attached databases are pinned too, when they are asked for. */
export function viewWithLinked(own: Transaction, view: TableView): TableView {
  const views = new Map<Transaction, TableView>()
  return {
    tables: (name) => {
      const far = own.far(name)
      if (far === null) return view.tables(name)
      let farView = views.get(far)
      if (farView === undefined) {
        far.refresh()
        farView = far.pin()
        far.endStatement()
        views.set(far, farView)
      }
      return farView.tables(bareName(name))
    },
    close: () => {
      view.close()
      for (const farView of views.values()) farView.close()
    },
  }
}
