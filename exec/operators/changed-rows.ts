// RETURNING: the rows that a statement has changed, as the input of a projection. INSERT, UPDATE and DELETE note
// them in their run while they write; the projection is opened before the first write (its subqueries see the
// table as it was) and read after the last.
//
//   noted row = new row | old row | columns carried along       NULLs for a row that there is not
import type { Row } from '../../src/base/types.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** The rows noted in the run. */
export class ChangedRowsOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[] = []
  readonly estimate: Estimate

  constructor(output: readonly OutputColumn[], estimate: Estimate) {
    this.output = output
    this.estimate = estimate
  }

  describe(): Description {
    return { op: 'Changed rows' }
  }

  open(run: Run): BatchSource {
    const arena = run.newArena()
    const { memory } = run.context
    const { output } = this
    let next = 0
    return {
      next(): Batch | null {
        const rows = run.changedRows
        const count = Math.min(BATCH_ROWS, rows.length - next)
        if (count === 0) return null
        arena.reset()
        const builders = output.map(({ type }) => new VectorBuilder(memory, arena, type, count))
        for (let c = 0; c < builders.length; c++) {
          for (let i = 0; i < count; i++) builders[c]!.append(rows[next + i]![c]!)
        }
        next += count
        return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns: builders.map((b) => b.finish()) }
      },
      close: () => run.releaseArena(arena),
    }
  }
}

/** A row of NULLs: what stands for a row that there is not. */
export function noRow(width: number): Row {
  return new Array<null>(width).fill(null)
}

/** Text that differs for different keys: a statement's memory of the rows it has changed. */
export function keyText(key: Row): string {
  return key.map((value) => value instanceof Uint8Array ? `x${Buffer.from(value).toString('hex')}`
    : `${typeof value}${String(value).length}:${String(value)}`).join(',')
}
