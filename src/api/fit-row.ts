// Rows on the way into a table, where a value's form depends on its column:
//   VARCHAR(n), CHAR(n)   too long is 22001, CHAR drops trailing blanks; casts cannot do it, because an explicit
//                         cast cuts silently and an assignment must not
//   DECIMAL(p > 18)       storage keeps a bigint, the executor computes with numbers while they are exact
import { fitText } from '../base/scalar-parse.ts'
import { DatabaseError } from '../base/errors.ts'
import type { ColumnSchema, Row, Scalar, SqlType, TableSchema } from '../base/types.ts'
import { physicalOf } from '../base/types.ts'
import type { Arbiters, LockStrength, TableWriter, Transaction } from '../../storage/mod.ts'

function isLimited({ type }: ColumnSchema): boolean {
  return type.maxLength !== undefined || type.blankPadded === true
}

/** True for tables with columns whose values need {@link fitRow}. */
export function needsFitting(schema: TableSchema): boolean {
  return schema.columns.some(column => isLimited(column) || physicalOf(column.type) === 'wide')
}

/** The row in the form that storage keeps. Throws 22001 that names the column. */
export function fitRow(schema: TableSchema, row: Row): Row {
  return row.map((value, c) => {
    const column = schema.columns[c]!
    if (value === null) return null
    return isLimited(column) ? fitValue(column, value as string) : storedScalar(column.type, value)
  })
}

/** A value in the form that storage keeps: wide decimals are always bigints. */
export function storedScalar(type: SqlType, value: Scalar): Scalar {
  return typeof value === 'number' && physicalOf(type) === 'wide' ? BigInt(value) : value
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

/** A stored row as the executor has it: wide decimals are numbers while they are exact, and there is no -0. */
function executorRow(schema: TableSchema, row: Row): Row {
  return row.map((value, c) => {
    if (value === 0) return 0
    if (typeof value !== 'bigint' || physicalOf(schema.columns[c]!.type) !== 'wide') return value
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value
  })
}

/** A key, or a prefix of one, in the form that storage keeps. */
export function storedKey(schema: TableSchema, key: readonly Scalar[]): readonly Scalar[] {
  return key.map((value, i) => storedScalar(schema.columns[schema.key[i]!]!.type, value))
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
    return this.#txn.update(table, storedKey(this.#txn.table(table).schema, key), this.#fit(table, row))
  }

  /** As the transaction's insertUnless. */
  insertUnless(table: string, row: Row, arbiters: Arbiters): { readonly row: Row; readonly inserted: boolean } {
    const { row: stored, inserted } = this.#txn.insertUnless(table, this.#fit(table, row), arbiters)
    return { row: executorRow(this.#txn.table(table).schema, stored), inserted }
  }

  /** As the transaction's update. */
  replace(table: string, key: readonly Scalar[], row: Row): boolean {
    return this.update(table, key, row)
  }

  /** The row as it is stored, in the executor's form. */
  fit(table: string, row: Row): Row {
    const store = this.#txn.table(table)
    const fitted = this.#fit(table, row).slice()
    store.checks?.generate(fitted)
    return executorRow(store.schema, fitted)
  }

  /** As the transaction's delete. */
  delete(table: string, key: readonly Scalar[]): boolean {
    return this.#txn.delete(table, storedKey(this.#txn.table(table).schema, key))
  }

  /** As the transaction's lock. */
  lock(table: string, key: readonly Scalar[], strength: LockStrength): boolean {
    return this.#txn.lock(table, storedKey(this.#txn.table(table).schema, key), strength)
  }
}
