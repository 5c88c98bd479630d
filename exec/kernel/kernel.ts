// What operators see of the kernels: environment, the three kinds of kernel and their contracts.
// A kernel object belongs to one execution (its parameters and arena); the code behind it is cached by
// plan shape and input signature for the whole process, so making a kernel object is cheap.
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { AggregateCall, Expression, SubqueryExpression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'

/** Which printer makes the code. 'auto': WebAssembly where it can and enough rows come, else JavaScript (tier.ts). */
export type Backend = 'auto' | 'javascript' | 'webassembly'

/** Result of an uncorrelated subquery, computed by the operator layer before the kernel is made. */
export type SubqueryResult =
  | { readonly mode: 'scalar'; readonly value: Scalar }
  | { readonly mode: 'exists'; readonly value: boolean }
  | { readonly mode: 'in'; readonly values: readonly Scalar[]; readonly hasNull: boolean }

/** Rows handled by each back end, summed over kernels: EXPLAIN ANALYZE's wasmRowFraction. */
export interface KernelCounters { wasmRows: number; jsRows: number }

export interface KernelEnv {
  readonly memory: LinearMemory
  /** Lives as long as the kernel: bitmaps, lookup tables, hash tables. */
  readonly arena: Arena
  /** Values of the statement's parameters, already Scalars of the expression's type. */
  readonly parameters: readonly Scalar[]
  readonly backend: Backend
  readonly counters: KernelCounters
  /** Statement time in microseconds since 1970 UTC: now(), current_date. */
  readonly now: number
  /** By identity of the expression node; a missing entry is an internal error. */
  readonly subqueries: ReadonlyMap<SubqueryExpression, SubqueryResult>
}

/** Static facts about an input column. Layout, ranges and NULLs are read from each batch. */
export interface InputColumn { readonly type: SqlType }

export interface FilterKernel {
  /**
   * Writes the rows of the batch for which the predicate is TRUE as a bitmap at `out` (bitmapBytes(windowRows)
   * bytes, all written) and returns how many there are. `out` may be the batch's own alive bitmap.
   * Throws the statement's run-time errors (22003, 22012 …).
   */
  run(batch: Batch, out: number): number
}

export interface ProjectionKernel {
  /**
   * Evaluates the expressions for the rows of the batch, in row order, into a dense batch allocated in
   * `arena`; a plain column of a dense batch is passed through without copying, so the result is valid only
   * until the input's producer moves on. The returned object is reused by the next call.
   */
  run(batch: Batch, arena: Arena): Batch
}

export interface AggregateSpec {
  /** Applied before grouping (fused), or null. */
  readonly filter: Expression | null
  readonly groups: readonly Expression[]
  readonly aggregates: readonly AggregateCall[]
}

export interface AggregateKernel {
  /** Adds the rows of the batch. Throws run-time errors; the kernel is unusable afterwards. */
  consume(batch: Batch): void
  /** Groups seen so far (1 without GROUP BY). */
  readonly groupCount: number
  /**
   * Result rows as dense batches of at most BATCH_ROWS rows: group columns, then aggregates. Each batch is
   * allocated in `arena` and valid until the next one is taken. Without GROUP BY exactly one row.
   */
  finish(arena: Arena): Iterable<Batch>
}
