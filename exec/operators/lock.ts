// SELECT … FOR UPDATE and FOR SHARE: locks the base rows of every row before it passes it on. All locks are taken
// when the operator is opened, so that a row is locked in the state the statement's snapshot shows, and only as many
// rows are read and locked as a LIMIT above will let through.
//
//   held by another transaction: 'block' fails with a conflict that execute() waits for, 'error' fails for good
//   (NOWAIT), 'skip' leaves the row out (SKIP LOCKED); a row that is gone is left out
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { LockConflict } from '../../storage/txn/lock-conflict.ts'
import type { BatchSource } from '../context.ts'
import type { LimitPlan, LockTarget, OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { readScalar } from '../vector/reader.ts'
import { ColumnStore } from './column-store.ts'
import { rowCount } from './limit.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Locks rows of tables by their keys. */
export class LockOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly #targets: readonly LockTarget[]
  readonly #limit: LimitPlan | null

  constructor(input: Operator, targets: readonly LockTarget[], limit: LimitPlan | null) {
    this.output = input.output
    this.children = [input]
    this.estimate = input.estimate
    this.#targets = targets
    this.#limit = limit
  }

  describe(): Description {
    const texts = this.#targets.map(({ table, strength, wait }) =>
      `${table} for ${strength}${wait === 'skip' ? ' skip locked' : wait === 'error' ? ' nowait' : ''}`)
    return { op: 'LockRows', details: [['rows of', texts.join(', ')]] }
  }

  open(run: Run): BatchSource {
    const arena = run.newArena()
    const store = new ColumnStore(run.context.memory, arena, this.output.map((column) => column.type))
    const wanted = this.#limit === null ? Infinity
      : rowCount(run, this.#limit.limit, 'LIMIT', Infinity) + rowCount(run, this.#limit.offset, 'OFFSET', 0)
    const source = run.open(this.children[0]!)
    try {
      for (let batch = wanted > 0 ? source.next() : null; batch !== null; batch = source.next()) {
        run.check()
        const kept = this.#lockBatch(run, batch, wanted - store.rows)
        store.appendRows(batch.columns, kept, kept.length)
        if (store.rows >= wanted) break
      }
    } finally {
      source.close()
    }
    return new LockedRows(run, arena, store)
  }

  // The rows of a batch that are locked now, at most `wanted`.
  #lockBatch(run: Run, batch: Batch, wanted: number): Int32Array {
    const rows = new Int32Array(batch.windowRows)
    const count = aliveRows(run.context.memory, batch, rows)
    let kept = 0
    for (let i = 0; i < count && kept < wanted; i++) {
      if (this.#targets.every((target) => lockRow(run, batch, rows[i]!, target))) rows[kept++] = rows[i]!
    }
    return rows.subarray(0, kept)
  }
}

function lockRow(run: Run, batch: Batch, row: number, { table, columns, strength, wait }: LockTarget): boolean {
  const key = columns.map((column) => readScalar(run.context.memory, batch.columns[column]!, row))
  try {
    return run.context.writer.lock(table, key, strength)
  } catch (error) {
    const conflict = LockConflict.of(error)
    if (conflict === null || wait === 'block') throw error
    if (wait === 'skip') return false
    throw new DatabaseError(CODE.LOCK_HELD, `could not obtain lock on ${conflict.what}`, { cause: error })
  }
}

class LockedRows implements BatchSource {
  readonly #run: Run
  readonly #arena: Arena
  readonly #store: ColumnStore
  #next = 0

  constructor(run: Run, arena: Arena, store: ColumnStore) {
    this.#run = run
    this.#arena = arena
    this.#store = store
  }

  next(): Batch | null {
    this.#run.check()
    return this.#next < this.#store.chunkCount() ? this.#store.chunk(this.#next++) : null
  }

  close(): void {
    this.#next = Infinity
    this.#run.releaseArena(this.#arena)
  }
}
