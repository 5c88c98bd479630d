// VARCHAR(n) and CHAR(n) on the way into a table: too long is 22001, CHAR drops trailing blanks. Casts cannot
// do it, because an explicit cast cuts silently and an assignment must not.
import { fitText } from './base/scalar-parse.ts'
import { DatabaseError } from './base/errors.ts'
import type { ColumnSchema, Row, Scalar, TableSchema } from './base/types.ts'
import type { TableWriter, Transaction } from '../storage/mod.ts'

function isLimited(column: ColumnSchema): boolean {
  return column.type.maxLength !== undefined || column.type.blankPadded === true
}

/** True for tables with columns of limited length. */
export function needsFitting(schema: TableSchema): boolean {
  return schema.columns.some(isLimited)
}

/** The row with texts of limited columns in canonical form. Throws 22001 that names the column. */
export function fitRow(schema: TableSchema, row: Row): Row {
  return row.map((value, c) => {
    const column = schema.columns[c]!
    return value === null || !isLimited(column) ? value : fitValue(column, value as string)
  })
}

function fitValue(column: ColumnSchema, text: string): Scalar {
  try {
    return fitText(column.type, text)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    throw new DatabaseError(error.code, `column "${column.name}": ${error.message}`, {
      cause: error, ...(error.detail === undefined ? {} : { detail: error.detail }),
    })
  }
}

/** The transaction as the executor writes to it. */
export class FittingWriter implements TableWriter {
  readonly #txn: Transaction

  constructor(txn: Transaction) {
    this.#txn = txn
  }

  #fit(table: string, row: Row): Row {
    const { schema } = this.#txn.table(table)
    return needsFitting(schema) ? fitRow(schema, row) : row
  }

  /** As the transaction's insert. */
  insert(table: string, row: Row): void {
    this.#txn.insert(table, this.#fit(table, row))
  }

  /** As the transaction's update. */
  update(table: string, key: readonly Scalar[], row: Row): boolean {
    return this.#txn.update(table, key, this.#fit(table, row))
  }

  /** As the transaction's delete. */
  delete(table: string, key: readonly Scalar[]): boolean {
    return this.#txn.delete(table, key)
  }
}
