// The interface of the three operators that write: INSERT, UPDATE and DELETE. They are the root of a plan,
// produce no batches and return the number of rows they touched.
//
// Order and checks are PostgreSQL's: all rows to change are found and materialised first (so a statement
// never sees its own effects: no Halloween problem), then written one by one in the order found, and a
// duplicate key is an error at once (23505), not at the end of the statement. `UPDATE t SET id = id + 1`
// over adjacent keys therefore fails as it does in PostgreSQL; the caller undoes the partial statement.
import { assert } from '../../src/base/assert.ts'
import type { Operator, PlanNode } from './operator.ts'
import type { Run } from '../run.ts'

/** An operator that changes a table instead of producing rows. */
export interface ChangeOperator extends PlanNode {
  /** RETURNING: reads the rows that change() noted in the run; null without. */
  readonly returning: Operator | null
  /** Runs to the end; returns the number of rows inserted, updated or deleted. */
  change(run: Run): number
}

/** Asserts that the binder gave a DML statement the input columns its operator needs. */
export function checkColumnCount(input: Operator, expected: number): void {
  assert(input.output.length >= expected, 'change: the input has other columns than the statement needs')
}
