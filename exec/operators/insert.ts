// INSERT: rows of VALUES go straight from their expressions to the writer; rows of a query are streamed,
// or materialised first when the query reads the table it fills (see change.ts).
import type { Row, TableSchema } from '../../src/base/types.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { ChangeOperator } from './change.ts'
import { materialise, readsTable } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { forEachRow } from './rows.ts'
import { ValuesOperator, rowValues } from './values.ts'

/** Inserts the rows of the input; 23505 and 23502 come from the writer. */
export class InsertOperator implements ChangeOperator {
  readonly output: readonly OutputColumn[] = []
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: string
  readonly #columnCount: number
  /** Ordinals of the columns the input has, in its order. */
  readonly #targets: readonly number[]

  constructor(input: Operator, table: string, schema: TableSchema, estimate: Estimate) {
    this.children = [input]
    this.table = table
    this.estimate = estimate
    this.#columnCount = schema.columns.length
    this.#targets = schema.columns.flatMap((column, ordinal) => column.hidden === true ? [] : [ordinal])
  }

  describe(): Description {
    return { op: 'Insert', table: this.table }
  }

  change(run: Run): number {
    const input = this.children[0]!
    const { writer, memory } = run.context
    if (input instanceof ValuesOperator) {
      for (const expressions of input.rows) writer.insert(this.table, this.#row(rowValues(run, expressions)))
      return input.rows.length
    }
    let count = 0
    const insert = (values: Row): void => {
      writer.insert(this.table, this.#row(values))
      count++
    }
    if (readsTable(input, this.table)) {
      materialise(run, input, (store) => {
        for (let c = 0; c < store.chunkCount(); c++) forEachRow(memory, store.chunk(c), insert)
      })
      return count
    }
    const source = run.open(input)
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        run.check()
        forEachRow(memory, batch, insert)
      }
    } finally {
      source.close()
    }
    return count
  }

  /** The full row: hidden columns are NULL, which makes the writer assign them. */
  #row(values: Row): Row {
    if (values.length === this.#columnCount) return values
    const row: Row = new Array(this.#columnCount).fill(null)
    for (let i = 0; i < values.length; i++) row[this.#targets[i]!] = values[i]!
    return row
  }
}
