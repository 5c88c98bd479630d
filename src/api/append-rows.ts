// append() for tables whose rows must be looked at one by one: with foreign keys, referred to by some, or with
// generated columns. The same rows as by the bulk path, as an INSERT would write them.
import type { Row, TableSchema } from '../base/types.ts'
import { stagedScalar } from '../../storage/mod.ts'
import type { Engine, OnConflict, StagedColumn, Transaction } from '../../storage/mod.ts'

/** True when rows of the table cannot be written as whole columns. */
export function isRowByRow(engine: Engine, name: string, schema: TableSchema): boolean {
  return schema.foreign !== undefined || schema.columns.some(({ generatedSql }) => generatedSql !== undefined)
    || engine.catalog.isReferred(name)
}

/** Writes staged rows, all or (when the caller's statement fails) none; returns how many were written. */
export function appendRows(
  txn: Transaction, name: string, columns: readonly StagedColumn[], onConflict: OnConflict,
): number {
  const count = columns[0]?.count ?? 0
  let written = 0
  for (let i = 0; i < count; i++) {
    const row: Row = columns.map(column => stagedScalar(column, i))
    if (onConflict === 'skip') {
      if (txn.insertUnless(name, row, [null]).inserted) written++
      continue
    }
    if (onConflict === 'replace') txn.put(name, row)
    else txn.insert(name, row)
    written++
  }
  return written
}
