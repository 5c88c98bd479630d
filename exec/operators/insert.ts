// INSERT: rows of VALUES go straight from their expressions to the writer; rows of a query are streamed,
// or materialised first when the query reads the table it fills (see change.ts).
import type { Row } from '../../src/base/types.ts'
import type { InsertPlan, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { ChangeOperator } from './change.ts'
import { noRow } from './changed-rows.ts'
import { materialise, readsTable } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { forEachRow } from './rows.ts'
import { Upsert } from './upsert.ts'
import { ValuesOperator, rowValues } from './values.ts'

/** Inserts the rows of the input; 23505 and 23502 come from the writer. */
export class InsertOperator implements ChangeOperator {
  readonly output: readonly OutputColumn[] = []
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: string
  readonly returning: Operator | null
  readonly #upsert: Upsert | null
  readonly #columnCount: number
  /** Ordinals of the columns the input has, in its order. */
  readonly #targets: readonly number[]

  constructor(input: Operator, plan: InsertPlan, returning: Operator | null, estimate: Estimate) {
    const { table, schema } = plan
    this.children = [input]
    this.table = table
    this.estimate = estimate
    this.returning = returning
    this.#upsert = plan.conflict === undefined ? null : new Upsert(table, schema, plan.conflict)
    this.#columnCount = schema.columns.length
    this.#targets = schema.columns.flatMap((column, ordinal) => column.hidden === true ? [] : [ordinal])
  }

  describe(): Description {
    return { op: 'Insert', table: this.table, details: this.#upsert?.details ?? [] }
  }

  change(run: Run): number {
    const input = this.children[0]!
    const { memory } = run.context
    let count = 0
    const write = this.#writing(run)
    const insert = (values: Row): void => {
      if (write(this.#row(values))) count++
    }
    if (input instanceof ValuesOperator) {
      for (const expressions of input.rows) insert(rowValues(run, expressions))
      return count
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

  /** How a row is written: true when that changed the table. What RETURNING shows is noted. */
  #writing(run: Run): (row: Row) => boolean {
    const { writer } = run.context
    const { returning, table } = this
    if (this.#upsert !== null) return this.#upsert.writing(run, returning !== null)
    if (returning === null) {
      return (row) => {
        writer.insert(table, row)
        return true
      }
    }
    const nothing = noRow(this.#columnCount)
    return (row) => {
      writer.insert(table, row)
      run.changedRows.push([...writer.fit(table, row), ...nothing])
      return true
    }
  }

  /** The full row: hidden columns are NULL, which makes the writer assign them. */
  #row(values: Row): Row {
    if (values.length === this.#columnCount) return values
    const row: Row = new Array(this.#columnCount).fill(null)
    for (let i = 0; i < values.length; i++) row[this.#targets[i]!] = values[i]!
    return row
  }
}
