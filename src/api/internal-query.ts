// SQL that the engine itself runs inside a transaction of a user's statement: are there rows that break a new
// constraint, which rows refer to one that goes. Results are Scalars, in full.
import type { Scalar } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { OutputColumn } from '../../exec/plan/logical.ts'
import { aliveRows } from '../../exec/vector/batch.ts'
import { readScalar } from '../../exec/vector/reader.ts'
import type { StoreAccess, Transaction } from '../../storage/mod.ts'
import { bind } from '../sql/bind.ts'
import { parse } from '../sql/parse.ts'
import type { ParsedStatement } from '../sql/parse.ts'
import { queryOf } from './prepared.ts'
import { executionContext } from './result.ts'
import type { Session } from './session.ts'
import { executorAccess } from './wide-key-access.ts'

/** Rows of a query, or nothing for a change, which is made. `tables` are those the transaction sees by default. */
export function queryIn(
  session: Session, txn: Transaction, sql: string,
  tables: (name: string) => StoreAccess = name => txn.tables(name),
): Scalar[][] {
  return runIn(session, txn, parse(sql)[0]!, tables).rows
}

/** The same of a syntax tree, with the columns. */
export function runIn(
  session: Session, txn: Transaction, parsed: ParsedStatement,
  tables: (name: string) => StoreAccess = name => txn.tables(name),
): { readonly columns: readonly OutputColumn[]; readonly rows: Scalar[][] } {
  const { memory } = session.engine
  const query = queryOf(bind(parsed, session.catalogOf(txn)))
  const columns = query.plan.output
  const plan = planStatement(query.plan, name => executorAccess(tables(name), memory))
  const context = executionContext(session, txn, [], tables)
  try {
    if (plan.changes) {
      plan.executeChanges(context)
      return { columns, rows: [] }
    }
    const rows: Scalar[][] = []
    const source = plan.execute(context)
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        const alive = new Int32Array(batch.windowRows)
        const count = aliveRows(memory, batch, alive)
        for (let i = 0; i < count; i++) {
          rows.push(batch.columns.map(column => readScalar(memory, column, alive[i]!)))
        }
      }
    } finally {
      source.close()
    }
    return { columns, rows }
  } finally {
    context.arena.release()
  }
}
