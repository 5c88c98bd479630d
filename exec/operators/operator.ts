// The one interface of every physical operator, and what operators share.
//
// A plan is a tree of immutable Operators, built once by plan/planner.ts and reused by every execution of
// a prepared statement. open() makes the running half, a pull BatchSource that owns its arenas and
// kernels; two executions of one plan never share anything mutable. Rules for sources:
//   O1  next() returns a batch with at least one alive row, or null at the end, and null again after it.
//   O2  a batch is valid until the producer's next call of next() or close().
//   O3  close() may be called at any time and more than once; it closes the children and frees arenas.
//   O4  next() checks for cancellation once per batch it pulls (Run.check).
import type { OutputColumn } from '../plan/logical.ts'
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'

/** What the planner expects of an operator: rows out, and microseconds including its inputs. */
export interface Estimate {
  readonly rows: number
  readonly cost: number
}

/** How a table's rows are reached. */
export type AccessKind = 'point' | 'range' | 'scan'

/** What EXPLAIN prints of one operator beside its estimate. */
export interface Description {
  readonly op: string
  readonly table?: string
  readonly access?: AccessKind
  /** Why the planner chose this. */
  readonly reason?: string
  /** Further facts in print order, such as `filter: (a > 1)`. */
  readonly details?: readonly (readonly [label: string, text: string])[]
}

/** A node of a physical plan: what EXPLAIN walks over. */
export interface PlanNode {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  describe(): Description
}

export interface Operator extends PlanNode {
  /** Starts an execution. Children are opened through `run.open(child)`, so that they are measured. */
  open(run: Run): BatchSource
}
