// What one execution of a plan is given from outside: memory, the tables of one snapshot, the writer of
// the transaction, parameter values and the means to stop it. The API layer makes one per statement.
// Nothing here is kept after close(): prepared plans hold no context and may run many at a time.
import type { Scalar } from '../src/base/types.ts'
import type { IndexCounters, TableAccess, TableWriter } from '../storage/access.ts'
import type { Arena } from '../storage/memory/arena.ts'
import type { LinearMemory } from '../storage/memory/linear-memory.ts'
import type { Backend } from './kernel/kernel.ts'
import type { SpillSpace } from './spill/spill.ts'
import type { Batch } from './vector/batch.ts'


/** Buffer-pool counters since open; EXPLAIN ANALYZE takes differences. */
export interface PoolCounters {
  readonly hits: number
  readonly misses: number
}

export interface ExecutionContext {
  readonly memory: LinearMemory
  /** Scratch of this execution. The caller resets or releases it after the source is closed. */
  readonly arena: Arena
  /** The table at the statement's snapshot. */
  tables(name: string): TableAccess
  /** Writes of the current transaction; only DML uses it. */
  readonly writer: TableWriter
  readonly indexCounters: IndexCounters
  poolCounters(): PoolCounters
  /** One Scalar per statement parameter, already of the parameter's type. */
  readonly parameters: readonly Scalar[]
  /** Which back end runs kernels. 'auto': WebAssembly where it pays, JavaScript elsewhere. */
  readonly backend: Backend
  /** Where operators put rows that are more than their share of the memory; absent: they fail with 53200. */
  readonly spill?: SpillSpace
  readonly signal?: AbortSignal | undefined
  /** Point in time, in the milliseconds of performance.now(), after which the statement fails with 57014. */
  readonly deadlineMs?: number | undefined
  /** Time of now() in microseconds since 1970 UTC; the clock at the start of the statement when absent. */
  readonly nowMicros?: number
}

/** A running query. A batch is valid until the next call of next() or close(). close() is idempotent. */
export interface BatchSource {
  next(): Batch | null
  close(): void
}
