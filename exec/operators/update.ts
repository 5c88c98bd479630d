// UPDATE: materialises old rows and new values, then replaces row by row. Keys may change; a key that is
// taken at that moment is 23505 at once, as in PostgreSQL (see change.ts).
import type { Row, TableSchema } from '../../src/base/types.ts'
import { checkColumnCount } from './change.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { ChangeOperator } from './change.ts'
import { materialise } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { pointRows } from './point-rows.ts'
import { forEachRow } from './rows.ts'

/** Replaces the rows the input yields, each with its new values behind it. */
export class UpdateOperator implements ChangeOperator {
  readonly output: readonly OutputColumn[] = []
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: string
  readonly #schema: TableSchema
  readonly #assignments: readonly number[]

  constructor(
    input: Operator, target: { table: string; schema: TableSchema; assignments: readonly number[] }, estimate: Estimate,
  ) {
    this.children = [input]
    this.table = target.table
    this.estimate = estimate
    this.#schema = target.schema
    this.#assignments = target.assignments
    checkColumnCount(input, target.schema.columns.length + target.assignments.length)
  }

  describe(): Description {
    const names = this.#assignments.map((ordinal) => this.#schema.columns[ordinal]!.name)
    return { op: 'Update', table: this.table, details: [['set', names.join(', ')]] }
  }

  change(run: Run): number {
    const { writer, memory } = run.context
    const { columns, key } = this.#schema
    let count = 0
    const replace = (values: Row): void => {
      const oldKey = key.map((ordinal) => values[ordinal]!)
      const row = values.slice(0, columns.length)
      this.#assignments.forEach((ordinal, i) => {
        row[ordinal] = values[columns.length + i]!
      })
      if (writer.update(this.table, oldKey, row)) count++
    }
    const few = pointRows(run, this.children[0]!)
    if (few !== null) few.forEach(replace)
    else materialise(run, this.children[0]!, (store) => {
      for (let c = 0; c < store.chunkCount(); c++) {
        run.check()
        forEachRow(memory, store.chunk(c), replace)
      }
    })
    return count
  }
}
