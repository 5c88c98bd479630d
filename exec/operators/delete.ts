// DELETE: materialises the keys of the rows to delete, then deletes them one by one (see change.ts for why).
// A key that is gone by then is not counted.
import type { Row, TableSchema } from '../../src/base/types.ts'
import { checkColumnCount } from './change.ts'
import { noRow } from './changed-rows.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { ChangeOperator } from './change.ts'
import { materialise } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { pointRows } from './point-rows.ts'
import { forEachRow } from './rows.ts'

/** Deletes the rows whose keys the input yields. */
export class DeleteOperator implements ChangeOperator {
  readonly output: readonly OutputColumn[] = []
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: string
  readonly returning: Operator | null
  readonly #schema: TableSchema

  constructor(
    input: Operator, target: { table: string; schema: TableSchema }, returning: Operator | null, estimate: Estimate,
  ) {
    this.children = [input]
    this.table = target.table
    this.estimate = estimate
    this.returning = returning
    this.#schema = target.schema
    checkColumnCount(input, target.schema.key.length)
  }

  describe(): Description {
    return { op: 'Delete', table: this.table }
  }

  change(run: Run): number {
    const { writer, memory } = run.context
    let count = 0
    const { returning } = this
    const width = this.#schema.key.length
    const nothing = noRow(this.#schema.columns.length)
    const remove = (values: Row): void => {
      if (!writer.delete(this.table, returning === null ? values : values.slice(0, width))) return
      count++
      if (returning !== null) run.changedRows.push([...nothing, ...values.slice(width)])
    }
    const few = pointRows(run, this.children[0]!)
    if (few !== null) few.forEach(remove)
    else materialise(run, this.children[0]!, (store) => {
      for (let c = 0; c < store.chunkCount(); c++) {
        run.check()
        forEachRow(memory, store.chunk(c), remove)
      }
    })
    return count
  }
}
