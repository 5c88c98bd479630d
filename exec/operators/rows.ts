// Batches as rows of Scalars: the slow path for DML, subqueries and tests. Nothing that reads more than
// a result's worth of rows should use it.
import type { Row } from '../../src/base/types.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { readScalar } from '../vector/reader.ts'

/** Calls `visit` with a fresh row for every row of the batch, in order. */
export function forEachRow(memory: LinearMemory, batch: Batch, visit: (row: Row) => void): void {
  const selection = new Int32Array(batch.windowRows)
  const count = aliveRows(memory, batch, selection)
  const { columns } = batch
  for (let i = 0; i < count; i++) {
    const row: Row = new Array(columns.length)
    for (let c = 0; c < columns.length; c++) row[c] = readScalar(memory, columns[c]!, selection[i]!)
    visit(row)
  }
}
