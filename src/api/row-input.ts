// Row objects of put() as rows of Scalars. The properties are read by a function generated once per table version, so
// that reading `{ id, note }` is a read of known places and not a search by name for every column of every row.
//
//   { id: 7, note: 'x' } ─pick─► [7, 'x'] ─fromJs by column─► Row       a column that is missing takes its default
import { CODE, DatabaseError } from '../base/errors.ts'
import { fromJs } from '../base/scalar-js.ts'
import type { ColumnSchema, Row, TableSchema } from '../base/types.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import type { ColumnDefaults } from './column-defaults.ts'
import { fitRow, needsFitting } from './fit-row.ts'
import type { RowObject } from './row-shape.ts'

type Pick = (given: RowObject) => unknown[]

/** Makes rows of one table. */
export class RowInput {
  readonly #name: string
  readonly #schema: TableSchema
  readonly #defaults: ColumnDefaults
  readonly #pick: Pick
  readonly #fits: boolean

  /** `name` is the table's, for messages. */
  constructor(name: string, schema: TableSchema, defaults: ColumnDefaults) {
    this.#name = name
    this.#schema = schema
    this.#defaults = defaults
    this.#fits = needsFitting(schema)
    const values = schema.columns.map(column =>
      column.hidden === true ? 'null' : `given[${JSON.stringify(column.name)}]`)
    this.#pick = new Function('given', `return [${values.join(', ')}]`) as Pick
  }

  /** The row in the form that storage keeps. 42703 for a property that is no column; what fromJs and fitRow throw. */
  row(given: RowObject): Row {
    if (typeof given !== 'object' || given === null) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `put takes a row object, not ${String(given)}`)
    }
    const { columns } = this.#schema
    const row = this.#pick(given) as Row
    let used = 0
    for (let c = 0; c < row.length; c++) {
      const column = columns[c]!
      if (column.hidden === true) continue
      const value: unknown = row[c]
      if (value === undefined && !Object.hasOwn(given, column.name)) row[c] = this.#defaults.valueOf(column)
      else {
        used++
        row[c] = convert(column, value)
      }
    }
    if (used !== Object.keys(given).length) throw this.#unknownColumn(given)
    return this.#fits ? fitRow(this.#schema, row) : row
  }

  #unknownColumn(given: RowObject): DatabaseError {
    const known = this.#schema.columns.filter(column => column.hidden !== true).map(column => column.name)
    const name = Object.keys(given).find(key => !known.includes(key)) ?? ''
    const hint = didYouMean(name, known)
    return new DatabaseError(
      CODE.UNDEFINED_COLUMN, `column "${name}" of table "${this.#name}" does not exist`,
      hint === undefined ? {} : { hint }
    )
  }
}

function convert(column: ColumnSchema, value: unknown): Row[number] {
  try {
    return fromJs(column.type, value)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    throw new DatabaseError(error.code, `column "${column.name}": ${error.message}`, { cause: error })
  }
}
